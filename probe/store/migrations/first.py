"""The first two steps of the schema: the record, then tickets and what notices name.

Integers that stand for words are listed in codes.py and spelled out by the views. `hot`, `span` and
`latest` carry no foreign keys: the writer resolves every id itself, and they are the hot path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probe.store.migrations.statements import append_only, iso, statements

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES: Final = """
CREATE TABLE clock (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    offset_ms INTEGER NOT NULL,
    is_synced INTEGER NOT NULL CHECK (is_synced IN (0, 1)),
    shift_ms INTEGER NOT NULL DEFAULT 0,
    corrected_by INTEGER REFERENCES clock (id)
) STRICT;
INSERT INTO clock (id, vantage, boot_id, opened_at_ms, offset_ms, is_synced) VALUES (0, '', '', 0, 0, 1);
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('check', 'reference', 'gateway')),
    service TEXT,
    network TEXT,
    is_configured INTEGER NOT NULL CHECK (is_configured IN (0, 1)),
    UNIQUE (vantage, key)
) STRICT;
CREATE TABLE former (
    series INTEGER NOT NULL REFERENCES series (id),
    until_ms INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (series, until_ms, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE revision (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL REFERENCES series (id),
    digest TEXT NOT NULL,
    meaning TEXT NOT NULL,
    clock INTEGER NOT NULL REFERENCES clock (id),
    from_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX revision_by_series ON revision (series, id);
CREATE TABLE setting (
    series INTEGER NOT NULL REFERENCES series (id),
    clock INTEGER NOT NULL REFERENCES clock (id),
    from_ms INTEGER NOT NULL,
    interval_ms INTEGER NOT NULL CHECK (interval_ms > 0),
    timeout_ms INTEGER,
    recheck_ms INTEGER,
    confirm INTEGER NOT NULL CHECK (confirm > 0),
    g_max_ms INTEGER NOT NULL CHECK (g_max_ms > 0),
    PRIMARY KEY (series, clock, from_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE hot (
    at_ms INTEGER NOT NULL,
    series INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    origin INTEGER NOT NULL CHECK (origin BETWEEN 0 AND 4),
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    reason TEXT,
    latency_us INTEGER,
    due_ms INTEGER,
    more TEXT,
    PRIMARY KEY (at_ms, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE span (
    series INTEGER NOT NULL,
    t0_ms INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    t1_ms INTEGER NOT NULL CHECK (t1_ms > t0_ms),
    class INTEGER NOT NULL CHECK (class BETWEEN 0 AND 5),
    n INTEGER NOT NULL,
    max_spacing_ms INTEGER NOT NULL,
    first INTEGER NOT NULL CHECK (first BETWEEN 0 AND 2),
    last INTEGER NOT NULL CHECK (last BETWEEN 0 AND 2),
    revision INTEGER NOT NULL,
    shipped_at_ms INTEGER,
    PRIMARY KEY (series, t0_ms, clock)
) STRICT, WITHOUT ROWID;
CREATE INDEX span_by_clock ON span (clock);
CREATE TABLE latest (
    series INTEGER PRIMARY KEY,
    clock INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    reason TEXT,
    detail TEXT NOT NULL,
    latency_us INTEGER,
    due_ms INTEGER,
    since_ms INTEGER NOT NULL,
    run_clock INTEGER NOT NULL,
    run_at_ms INTEGER NOT NULL,
    run_g_max_ms INTEGER NOT NULL,
    run_confirm INTEGER NOT NULL,
    run_t0_ms INTEGER NOT NULL,
    run_first INTEGER NOT NULL,
    run_n INTEGER NOT NULL,
    run_spacing_ms INTEGER NOT NULL,
    run_bad INTEGER NOT NULL,
    run_first_bad_ms INTEGER NOT NULL,
    run_bad_confirm INTEGER NOT NULL
) STRICT;
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    clock INTEGER NOT NULL REFERENCES clock (id),
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lasted_ms INTEGER,
    facts TEXT NOT NULL,
    UNIQUE (vantage, at_ms, clock, kind, facts)
) STRICT;
CREATE INDEX event_by_kind ON event (kind, id);
CREATE TABLE window (
    id INTEGER PRIMARY KEY,
    removes INTEGER REFERENCES window (id),
    provider TEXT,
    service TEXT,
    checks TEXT NOT NULL DEFAULT '[]',
    kind TEXT CHECK (kind IN ('scheduled', 'emergency')),
    start_ms INTEGER,
    end_ms INTEGER,
    every TEXT,
    from_time TEXT,
    lasts_ms INTEGER,
    zone TEXT,
    starts TEXT,
    until TEXT,
    announced_at_ms INTEGER,
    entered_at_ms INTEGER,
    entered_by TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX window_is_removed_once ON window (removes) WHERE removes IS NOT NULL;
CREATE TABLE config (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE TABLE standing (
    service TEXT NOT NULL,
    key TEXT NOT NULL,
    period_start_ms INTEGER NOT NULL,
    period_end_ms INTEGER NOT NULL,
    token TEXT NOT NULL,
    as_of_ms INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (service, key, period_start_ms)
) STRICT, WITHOUT ROWID
"""

STATE_WORD: Final = "CASE {column} WHEN 0 THEN 'up' WHEN 1 THEN 'down' ELSE 'unknown' END"
ORIGIN_WORD: Final = (
    "CASE hot.origin WHEN 0 THEN 'grid' WHEN 1 THEN 'recheck' WHEN 2 THEN 'manual' WHEN 3 THEN 'push' ELSE 'import' END"
)
CLASS_WORD: Final = (
    "CASE span.class WHEN 0 THEN 'up' WHEN 1 THEN 'down' WHEN 2 THEN 'trans_down'"
    " WHEN 3 THEN 'trans_up' WHEN 4 THEN 'suspect' ELSE 'unknown' END"
)


VIEWS: Final = f"""
CREATE VIEW outcomes AS
SELECT series.vantage, series.key AS "check", {iso("hot.at_ms + clock.shift_ms")} AS at,
    {STATE_WORD.format(column="hot.state")} AS state, hot.reason, hot.latency_us / 1000.0 AS latency_ms,
    {ORIGIN_WORD} AS origin, {iso("hot.due_ms + clock.shift_ms")} AS due, revision.digest AS revision,
    CASE WHEN clock.is_synced OR clock.corrected_by THEN 'synchronised' ELSE 'unsynced' END AS clock_quality, hot.more
FROM hot JOIN series ON series.id = hot.series JOIN clock ON clock.id = hot.clock
    JOIN revision ON revision.id = hot.revision;
CREATE VIEW spans AS
SELECT series.vantage, series.key AS "check", {iso("span.t0_ms + clock.shift_ms")} AS start,
    {iso("span.t1_ms + clock.shift_ms")} AS "end", {CLASS_WORD} AS class,
    (span.t1_ms - span.t0_ms) / 1000.0 AS seconds, span.n AS samples,
    span.max_spacing_ms / 1000.0 AS largest_spacing, revision.digest AS revision
FROM span JOIN series ON series.id = span.series JOIN clock ON clock.id = span.clock
    JOIN revision ON revision.id = span.revision;
CREATE VIEW checks AS
SELECT series.vantage, series.key AS "check", series.kind, series.target, series.role, series.service,
    {STATE_WORD.format(column="latest.state")} AS state, {iso("latest.at_ms + clock.shift_ms")} AS at,
    {iso("latest.since_ms + clock.shift_ms")} AS since, latest.reason, latest.detail,
    latest.latency_us / 1000.0 AS latency_ms, latest.run_bad AS failures
FROM latest JOIN series ON series.id = latest.series JOIN clock ON clock.id = latest.clock;
CREATE VIEW windows AS
SELECT window.id, window.provider, window.service, window.checks, window.kind, {iso("window.start_ms")} AS start,
    {iso("window.end_ms")} AS "end", window.every, window.from_time, window.lasts_ms / 60000.0 AS lasts_minutes,
    window.zone, window.starts, window.until, {iso("window.announced_at_ms")} AS announced,
    {iso("window.entered_at_ms")} AS entered, window.entered_by, window.source, window.reason,
    {iso("removal.entered_at_ms")} AS removed, removal.entered_by AS removed_by
FROM window LEFT JOIN window AS removal ON removal.removes = window.id WHERE window.removes IS NULL;
CREATE VIEW agent_events AS
SELECT event.vantage, {iso("event.at_ms + clock.shift_ms")} AS at, event.kind,
    event.lasted_ms / 1000.0 AS seconds, event.facts
FROM event JOIN clock ON clock.id = event.clock
"""


def m0001_the_record(db: Database) -> None:
    """Every table and view of the first release."""
    for statement in statements(TABLES):
        db.conn.execute(statement)
    for table in ("window", "event"):
        append_only(db, table)
    for statement in statements(VIEWS):
        db.conn.execute(statement)


TICKETS: Final = """
CREATE TABLE ticket (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    number TEXT NOT NULL,
    key TEXT,
    outage_ms INTEGER,
    opened_ms INTEGER,
    answered_ms INTEGER,
    closed_ms INTEGER,
    is_withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (is_withdrawn IN (0, 1)),
    entered_at_ms INTEGER NOT NULL,
    entered_by TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX ticket_by_service ON ticket (service, number);
ALTER TABLE window ADD COLUMN uid TEXT;
ALTER TABLE window ADD COLUMN impact TEXT
"""
TICKETS_VIEW: Final = f"""
CREATE VIEW tickets AS
SELECT ticket.service, ticket.number, ticket.key AS "check", {iso("ticket.outage_ms")} AS outage,
    {iso("ticket.opened_ms")} AS opened, {iso("ticket.answered_ms")} AS answered,
    {iso("ticket.closed_ms")} AS closed, ticket.is_withdrawn AS withdrawn, ticket.note,
    {iso("ticket.entered_at_ms")} AS entered, ticket.entered_by
FROM ticket
"""


def m0002_tickets_and_notices(db: Database) -> None:
    """What providers were told and answered; the event and the impact that a window's notice named."""
    for statement in statements(TICKETS):
        db.conn.execute(statement)
    append_only(db, "ticket")
    db.conn.execute(TICKETS_VIEW)
