"""Letting sealed outcomes go after their time, a few blocks at once, and never what a claim could rest on.

Spans, counts, digests, the chain and every block's header stay. Of the outcomes those that failed or are unknown stay
with their neighbours, in a block of their own. What is old is told by the days that were closed since, each by a clock
reading of its own: one wrong clock lets nothing go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from probe.store import blocks, chain, days
from probe.store.blocks import DAY_MS
from probe.store.outcomes import Row

LEAST_DAYS: Final = 100
"""Whatever the setting says: a month, and the time to claim for it."""
NEIGHBOURS: Final = 3
"""Outcomes on either side of a failing one that stay with it."""
AT_ONCE: Final = 4
"""Blocks in one transaction."""
OLD: Final = "SELECT id FROM block WHERE data IS NOT NULL AND NOT is_late AND t1_ms < ? ORDER BY id LIMIT ?"
LEFT: Final = "SELECT count(*) FROM block WHERE data IS NOT NULL AND NOT is_late AND t1_ms < ?"
CLOSED: Final = "SELECT day FROM seal WHERE hash IS NOT NULL ORDER BY day DESC LIMIT 1 OFFSET ?"


class Pruned(NamedTuple):
    """What a slice let go: blocks and outcomes; how many blocks are left to do."""

    blocks: int
    outcomes: int
    left: int


def prune(connection: sqlite3.Connection, keep_ms: int, now_ms: int) -> Pruned:
    """Let a few blocks go that are older than `keep_ms`; nothing where too few days have been closed since."""
    until = horizon(connection, keep_ms, now_ms)
    if until is None:
        return Pruned(0, 0, 0)
    gone = 0
    numbers = [number for (number,) in connection.execute(OLD, (until, AT_ONCE)).fetchall()]
    for number in numbers:
        rows = blocks.read(connection, number)
        kept = worth(rows)
        if kept:
            blocks.keep_late(connection, kept)
        connection.execute("UPDATE block SET data = NULL WHERE id = ?", (number,))
        gone += len(rows) - len(kept)
    if numbers:
        chain.extend(connection)
    (left,) = connection.execute(LEFT, (until,)).fetchone()
    return Pruned(len(numbers), gone, left)


def due(connection: sqlite3.Connection, keep_ms: int, now_ms: int) -> int:
    """How many blocks may go."""
    until = horizon(connection, keep_ms, now_ms)
    return 0 if until is None else int(connection.execute(LEFT, (until,)).fetchone()[0])


def horizon(connection: sqlite3.Connection, keep_ms: int, now_ms: int) -> int | None:
    """The instant before which outcomes may go; None when nothing may."""
    keep_days = max(LEAST_DAYS, -(-keep_ms // DAY_MS))
    row = connection.execute(CLOSED, (keep_days - 1,)).fetchone()
    return None if row is None else min(row[0] * DAY_MS, now_ms - keep_days * DAY_MS)


def worth(rows: Sequence[Row]) -> list[Row]:
    """Those that failed or are unknown, and their neighbours."""
    places: set[int] = set()
    for place, row in enumerate(rows):
        if row.state:
            places.update(range(max(0, place - NEIGHBOURS), min(len(rows), place + NEIGHBOURS + 1)))
    return [rows[place] for place in sorted(places)]


def oldest_day(connection: sqlite3.Connection) -> str | None:
    """The earliest sealed day whose outcomes are all there, as an ISO date; None when there is none."""
    (first,) = connection.execute("SELECT min(t0_ms) FROM block WHERE data IS NOT NULL AND NOT is_late").fetchone()
    return None if first is None else days.named(days.day_of(first))
