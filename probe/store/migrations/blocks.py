"""Sealed outcomes, what is counted of each day and month, and the chain that proves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probe.store.migrations.statements import iso, statements

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES: Final = """
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
BEGIN SELECT RAISE(ABORT, 'seal is append only'); END
"""

VIEWS: Final = f"""
CREATE VIEW days AS
SELECT series.vantage, series.key AS "check", date(daily.day * 86400, 'unixepoch') AS day, daily.n AS outcomes,
    daily.up, daily.down, daily.unknown, daily.sent, daily.sent - daily.answered AS lost,
    daily.sum_us / 1000.0 / nullif(daily.answered, 0) AS mean_ms, daily.min_us / 1000.0 AS least_ms,
    daily.max_us / 1000.0 AS largest_ms
FROM daily JOIN series ON series.id = daily.series WHERE NOT daily.is_stale;
CREATE VIEW blocks AS
SELECT block.id, series.vantage, series.key AS "check", {iso("block.t0_ms")} AS "first", {iso("block.t1_ms")} AS "last",
    block.n AS outcomes, length(block.data) AS bytes, block.is_late AS late, {iso("block.made_at_ms")} AS made,
    lower(hex(block.digest)) AS sha256
FROM block JOIN series ON series.id = block.series;
CREATE VIEW seals AS
SELECT date(seal.day * 86400, 'unixepoch') AS day, {iso("seal.made_at_ms")} AS made, seal.entries,
    lower(hex(seal.head)) AS head, lower(hex(seal.outcomes)) AS outcomes, lower(hex(seal.hash)) AS hash, seal.signature
FROM seal WHERE seal.hash IS NOT NULL ORDER BY seal.id
"""


def m0005_blocks(db: Database) -> None:
    """Places for sealed days, their counts and their proof. What is recorded stays where it is until it is sealed."""
    for script in (TABLES, VIEWS):
        for statement in statements(script):
            db.conn.execute(statement)
