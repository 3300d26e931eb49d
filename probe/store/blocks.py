"""Blocks: outcomes of one series, sealed. Compressed, checked, never changed; what comes late is a block of its own.

A day is closed once (days.py); from then on nothing of it enters `hot`. An outcome that comes later (an import, a
spool replay, a clock that was set back) goes into a late block at once. Of two outcomes of one series with the same
instant and clock segment the one in the latest late block counts: so what comes twice is one outcome, and what is
found to be contradicted is told by a new row, beside the old one.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from probe.errors import StoreDamaged
from probe.store.outcomes import Row

DAY_MS: Final = 86_400_000
SINCE: Final = 5
"""The step of the schema that blocks came with."""
COLUMNS: Final = "series, t0_ms, t1_ms, n, first_clock, last_clock, is_late, made_at_ms, codec, crc, digest, data"
NOW: Final = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
KEEP: Final = f"""
    INSERT INTO block ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, coalesce(?, {NOW}), ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
MEETING: Final = """
    SELECT id, series, t0_ms, t1_ms, n, is_late, crc FROM block
    WHERE series = ? AND t0_ms <= ? AND t1_ms >= ? AND data IS NOT NULL ORDER BY is_late, id
"""
DATA: Final = "SELECT series, crc, data, t0_ms, t1_ms FROM block WHERE id = ?"
REMEDY: Final = "`probe store check` tells more, restore a backup"
FORMAT: Final = 1
"""The codec's number; a released one is never edited."""
PIECE: Final = 1 << 16
"""Outcomes in a late block at most."""


class Block(NamedTuple):
    """A block without its data. Instants are those of its first and last outcome, as recorded."""

    id: int
    series: int
    t0_ms: int
    t1_ms: int
    n: int
    is_late: int
    crc: int


class Made(NamedTuple):
    """A block that is compressed and proven to give the same outcomes back, but not yet kept."""

    series: int
    t0_ms: int
    t1_ms: int
    n: int
    clocks: tuple[int, int]
    data: bytes


def has_blocks(connection: sqlite3.Connection) -> bool:
    """Whether the record has the fifth step of the schema; one that is only read may not have it yet."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] >= SINCE)


def make(rows: Sequence[Row]) -> Made:
    """The block of these rows (one series, in order of time), compressed, read back and compared."""
    from probe.store import codec

    data = codec.encode(rows)
    series = rows[0].series
    if not codec.is_of(data, rows):
        raise AssertionError(f"outcomes of series {series} from {rows[0].at_ms} on do not come back as they were")
    clocks = [row.clock for row in rows]
    return Made(series, rows[0].at_ms, max(row.at_ms for row in rows), len(rows), (min(clocks), max(clocks)), data)


def keep(connection: sqlite3.Connection, made: Made, made_at_ms: int | None = None, *, is_late: bool = False) -> bool:
    """Keep a block, made now if nothing else is said; False when the same one is there already."""
    from hashlib import sha256

    said = made.series, made.t0_ms, made.t1_ms, made.n, *made.clocks, int(is_late), made_at_ms, FORMAT
    checked = zlib.crc32(made.data), sha256(made.data).digest(), made.data
    return connection.execute(KEEP, (*said, *checked)).rowcount > 0


def keep_late(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Keep outcomes of closed days, in blocks of their own, one series a block."""
    of: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.series, row.at_ms, row.clock)):
        of.setdefault(row.series, []).append(row)
    for mine in of.values():
        for start in range(0, len(mine), PIECE):
            keep(connection, make(mine[start : start + PIECE]), is_late=True)


def meeting(connection: sqlite3.Connection, series: int, low: int, high: int) -> list[Block]:
    """The blocks with data that may hold outcomes in [low, high), late ones last."""
    rows = connection.execute(MEETING, (series, high - 1, low)).fetchall()
    return [Block._make(row) for row in rows]


def read(connection: sqlite3.Connection, number: int) -> list[Row]:
    """The outcomes of a block; none once they are pruned. StoreDamaged when they are not what was kept."""
    from probe.store import codec  # what only looks at spans must start fast

    series, data, where = checked(connection, number)
    try:
        return codec.decode(data, series) if data else []
    except ValueError as error:
        raise StoreDamaged(f"{where}: {error}; {REMEDY}") from error


def checked(connection: sqlite3.Connection, number: int) -> tuple[int, bytes | None, str]:
    """The series of a block, its data as the checksum says, and what a damaged one is called."""
    series, crc, data, t0_ms, t1_ms = connection.execute(DATA, (number,)).fetchone()
    where = f"block {number} (series {series}, outcomes from {t0_ms} to {t1_ms} ms) is damaged"
    if data is not None and zlib.crc32(data) != crc:
        raise StoreDamaged(f"{where}: its checksum is another; {REMEDY}")
    return series, data, where
