-- What the migrations build. A test compares; UPDATE_GOLDEN=1 writes it anew.
PRAGMA application_id = 1886547810;
PRAGMA user_version = 5;

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
, uid TEXT, impact TEXT) STRICT;

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
) STRICT, WITHOUT ROWID;

CREATE TRIGGER window_is_never_changed BEFORE UPDATE ON window
BEGIN SELECT RAISE(ABORT, 'window is append only: add a row'); END;

CREATE TRIGGER window_is_never_deleted BEFORE DELETE ON window
BEGIN SELECT RAISE(ABORT, 'window is append only: add a row'); END;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'event is append only: add a row'); END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'event is append only: add a row'); END;

CREATE VIEW outcomes AS
SELECT series.vantage, series.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (hot.at_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS at,
    CASE hot.state WHEN 0 THEN 'up' WHEN 1 THEN 'down' ELSE 'unknown' END AS state, hot.reason, hot.latency_us / 1000.0 AS latency_ms,
    CASE hot.origin WHEN 0 THEN 'grid' WHEN 1 THEN 'recheck' WHEN 2 THEN 'manual' WHEN 3 THEN 'push' ELSE 'import' END AS origin, strftime('%Y-%m-%dT%H:%M:%fZ', (hot.due_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS due, revision.digest AS revision,
    CASE WHEN clock.is_synced OR clock.corrected_by THEN 'synchronised' ELSE 'unsynced' END AS clock_quality, hot.more
FROM hot JOIN series ON series.id = hot.series JOIN clock ON clock.id = hot.clock
    JOIN revision ON revision.id = hot.revision;

CREATE VIEW spans AS
SELECT series.vantage, series.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (span.t0_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS start,
    strftime('%Y-%m-%dT%H:%M:%fZ', (span.t1_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS "end", CASE span.class WHEN 0 THEN 'up' WHEN 1 THEN 'down' WHEN 2 THEN 'trans_down' WHEN 3 THEN 'trans_up' WHEN 4 THEN 'suspect' ELSE 'unknown' END AS class,
    (span.t1_ms - span.t0_ms) / 1000.0 AS seconds, span.n AS samples,
    span.max_spacing_ms / 1000.0 AS largest_spacing, revision.digest AS revision
FROM span JOIN series ON series.id = span.series JOIN clock ON clock.id = span.clock
    JOIN revision ON revision.id = span.revision;

CREATE VIEW checks AS
SELECT series.vantage, series.key AS "check", series.kind, series.target, series.role, series.service,
    CASE latest.state WHEN 0 THEN 'up' WHEN 1 THEN 'down' ELSE 'unknown' END AS state, strftime('%Y-%m-%dT%H:%M:%fZ', (latest.at_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS at,
    strftime('%Y-%m-%dT%H:%M:%fZ', (latest.since_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS since, latest.reason, latest.detail,
    latest.latency_us / 1000.0 AS latency_ms, latest.run_bad AS failures
FROM latest JOIN series ON series.id = latest.series JOIN clock ON clock.id = latest.clock;

CREATE VIEW windows AS
SELECT window.id, window.provider, window.service, window.checks, window.kind, strftime('%Y-%m-%dT%H:%M:%fZ', (window.start_ms) / 1000.0, 'unixepoch') AS start,
    strftime('%Y-%m-%dT%H:%M:%fZ', (window.end_ms) / 1000.0, 'unixepoch') AS "end", window.every, window.from_time, window.lasts_ms / 60000.0 AS lasts_minutes,
    window.zone, window.starts, window.until, strftime('%Y-%m-%dT%H:%M:%fZ', (window.announced_at_ms) / 1000.0, 'unixepoch') AS announced,
    strftime('%Y-%m-%dT%H:%M:%fZ', (window.entered_at_ms) / 1000.0, 'unixepoch') AS entered, window.entered_by, window.source, window.reason,
    strftime('%Y-%m-%dT%H:%M:%fZ', (removal.entered_at_ms) / 1000.0, 'unixepoch') AS removed, removal.entered_by AS removed_by
FROM window LEFT JOIN window AS removal ON removal.removes = window.id WHERE window.removes IS NULL;

CREATE VIEW agent_events AS
SELECT event.vantage, strftime('%Y-%m-%dT%H:%M:%fZ', (event.at_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS at, event.kind,
    event.lasted_ms / 1000.0 AS seconds, event.facts
FROM event JOIN clock ON clock.id = event.clock;

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

CREATE TRIGGER ticket_is_never_changed BEFORE UPDATE ON ticket
BEGIN SELECT RAISE(ABORT, 'ticket is append only: add a row'); END;

CREATE TRIGGER ticket_is_never_deleted BEFORE DELETE ON ticket
BEGIN SELECT RAISE(ABORT, 'ticket is append only: add a row'); END;

CREATE VIEW tickets AS
SELECT ticket.service, ticket.number, ticket.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.outage_ms) / 1000.0, 'unixepoch') AS outage,
    strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.opened_ms) / 1000.0, 'unixepoch') AS opened, strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.answered_ms) / 1000.0, 'unixepoch') AS answered,
    strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.closed_ms) / 1000.0, 'unixepoch') AS closed, ticket.is_withdrawn AS withdrawn, ticket.note,
    strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.entered_at_ms) / 1000.0, 'unixepoch') AS entered, ticket.entered_by
FROM ticket;

CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    key TEXT NOT NULL,
    clock INTEGER NOT NULL REFERENCES clock (id),
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (vantage, key, at_ms, clock, kind)
) STRICT;

CREATE TRIGGER evidence_is_never_changed BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is append only: add a row'); END;

CREATE TRIGGER evidence_is_never_deleted BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is append only: add a row'); END;

CREATE VIEW evidences AS
SELECT evidence.vantage, evidence.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (evidence.at_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS at, evidence.kind,
    evidence.document
FROM evidence JOIN clock ON clock.id = evidence.clock;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    idempotency TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    service TEXT,
    key TEXT,
    at_ms INTEGER NOT NULL,
    entered_at_ms INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE delivery (
    outbox INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at_ms INTEGER,
    delivered_at_ms INTEGER,
    error TEXT,
    PRIMARY KEY (outbox, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_waits ON delivery (channel, outbox) WHERE delivered_at_ms IS NULL AND next_at_ms IS NOT NULL;

CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL,
    t0_ms INTEGER NOT NULL,
    t1_ms INTEGER NOT NULL CHECK (t1_ms >= t0_ms),
    n INTEGER NOT NULL CHECK (n > 0),
    first_clock INTEGER NOT NULL,
    last_clock INTEGER NOT NULL,
    is_late INTEGER NOT NULL CHECK (is_late IN (0, 1)),
    made_at_ms INTEGER NOT NULL,
    codec INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    digest BLOB NOT NULL,
    shipped_at_ms INTEGER,
    data BLOB,
    UNIQUE (series, t0_ms, t1_ms, crc)
) STRICT;

CREATE TABLE daily (
    series INTEGER NOT NULL,
    day INTEGER NOT NULL,
    n INTEGER NOT NULL,
    up INTEGER NOT NULL,
    down INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    sum_us INTEGER NOT NULL,
    min_us INTEGER,
    max_us INTEGER,
    sketch BLOB NOT NULL,
    is_stale INTEGER NOT NULL DEFAULT 0 CHECK (is_stale IN (0, 1)),
    PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX daily_is_stale ON daily (day) WHERE is_stale;

CREATE TABLE monthly (
    series INTEGER NOT NULL,
    month INTEGER NOT NULL,
    n INTEGER NOT NULL,
    up INTEGER NOT NULL,
    down INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    sum_us INTEGER NOT NULL,
    min_us INTEGER,
    max_us INTEGER,
    sketch BLOB NOT NULL,
    PRIMARY KEY (series, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE digest (
    day INTEGER NOT NULL,
    series INTEGER NOT NULL,
    n INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (day, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE sweep (
    series INTEGER PRIMARY KEY,
    t0_ms INTEGER NOT NULL,
    t1_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE chain (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    row INTEGER NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (kind, row)
) STRICT;

CREATE TABLE seal (
    id INTEGER PRIMARY KEY,
    day INTEGER NOT NULL UNIQUE,
    closed_at_ms INTEGER NOT NULL,
    made_at_ms INTEGER,
    entries INTEGER,
    head BLOB,
    outcomes BLOB,
    hash BLOB,
    signature TEXT
) STRICT;

CREATE TRIGGER block_is_never_changed BEFORE UPDATE OF
    id, series, t0_ms, t1_ms, n, first_clock, last_clock, is_late, made_at_ms, codec, crc, digest ON block
BEGIN SELECT RAISE(ABORT, 'a block is never changed'); END;

CREATE TRIGGER block_is_pruned_or_kept BEFORE UPDATE OF data ON block WHEN NEW.data IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a block is never changed'); END;

CREATE TRIGGER block_is_never_deleted BEFORE DELETE ON block
BEGIN SELECT RAISE(ABORT, 'a block is never deleted; only its data is'); END;

CREATE TRIGGER chain_is_never_changed BEFORE UPDATE ON chain
BEGIN SELECT RAISE(ABORT, 'chain is append only'); END;

CREATE TRIGGER chain_is_never_deleted BEFORE DELETE ON chain
BEGIN SELECT RAISE(ABORT, 'chain is append only'); END;

CREATE TRIGGER seal_is_never_deleted BEFORE DELETE ON seal
BEGIN SELECT RAISE(ABORT, 'seal is append only'); END;

CREATE VIEW days AS
SELECT series.vantage, series.key AS "check", date(daily.day * 86400, 'unixepoch') AS day, daily.n AS outcomes,
    daily.up, daily.down, daily.unknown, daily.sent, daily.sent - daily.answered AS lost,
    daily.sum_us / 1000.0 / nullif(daily.answered, 0) AS mean_ms, daily.min_us / 1000.0 AS least_ms,
    daily.max_us / 1000.0 AS largest_ms
FROM daily JOIN series ON series.id = daily.series WHERE NOT daily.is_stale;

CREATE VIEW blocks AS
SELECT block.id, series.vantage, series.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (block.t0_ms) / 1000.0, 'unixepoch') AS "first", strftime('%Y-%m-%dT%H:%M:%fZ', (block.t1_ms) / 1000.0, 'unixepoch') AS "last",
    block.n AS outcomes, length(block.data) AS bytes, block.is_late AS late, strftime('%Y-%m-%dT%H:%M:%fZ', (block.made_at_ms) / 1000.0, 'unixepoch') AS made,
    lower(hex(block.digest)) AS sha256
FROM block JOIN series ON series.id = block.series;

CREATE VIEW seals AS
SELECT date(seal.day * 86400, 'unixepoch') AS day, strftime('%Y-%m-%dT%H:%M:%fZ', (seal.made_at_ms) / 1000.0, 'unixepoch') AS made, seal.entries,
    lower(hex(seal.head)) AS head, lower(hex(seal.outcomes)) AS outcomes, lower(hex(seal.hash)) AS hash, seal.signature
FROM seal WHERE seal.hash IS NOT NULL ORDER BY seal.id;
