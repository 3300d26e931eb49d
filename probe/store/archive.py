"""Every outcome of a series, sealed or not, in order of its recorded instant: the one way that outcomes are read.

A stretch is read in one short transaction, so that what is being sealed just then is seen once. Nothing is held
between two stretches.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from probe.store import blocks
from probe.store.blocks import DAY_MS
from probe.store.codes import MANUAL
from probe.store.outcomes import COLUMNS, Row

HOUR_MS: Final = 3_600_000
KEPT: Final = 6
"""Blocks that stay decoded: a question and the next one mostly meet the same."""
FAR: Final = 1 << 62
ALL_HOT: Final = f"SELECT {COLUMNS} FROM hot WHERE at_ms >= ?"
IN_HOT: Final = f"SELECT {COLUMNS} FROM hot WHERE at_ms >= ? AND at_ms < ? AND series = ?"
NEXT_HOT: Final = "SELECT min(at_ms) FROM hot WHERE at_ms >= ?"
LAST_HOT: Final = "SELECT max(at_ms) FROM hot WHERE at_ms < ?"
NEXT_BLOCK: Final = "SELECT min(max(t0_ms, :low)) FROM block WHERE series = :series AND t1_ms >= :low"
LAST_BLOCK: Final = "SELECT max(min(t1_ms, :high - 1)) FROM block WHERE series = :series AND t0_ms < :high"


class Archive:
    """The outcomes of one record, read over one connection; a transaction of the caller's is used as it is."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Nothing is read yet."""
        self._connection = connection
        self._has_blocks = blocks.has_blocks(connection)
        self._decoded: OrderedDict[int, list[Row]] = OrderedDict()

    def between(self, series: int, low: int, high: int) -> Iterator[Row]:
        """The outcomes with a recorded instant in [low, high), in order of it."""
        length = HOUR_MS
        while (first := self._next(series, low)) is not None and first < high:
            low = min(high, first + length)
            yield from self.stretch(series, first, low)
            length = min(2 * length, DAY_MS)

    def backwards(self, series: int, high: int, low: int = -FAR) -> Iterator[Row]:
        """The outcomes with a recorded instant in [low, high), the last one first."""
        length = HOUR_MS
        while (last := self._last(series, high)) is not None and last >= low:
            high = max(low, last + 1 - length)
            yield from reversed(self.stretch(series, high, last + 1))
            length = min(2 * length, DAY_MS)

    def at(self, series: int, at_ms: int) -> list[Row]:
        """What was recorded at just that instant; of several clock segments there can be several."""
        return self.stretch(series, at_ms, at_ms + 1)

    def stretch(self, series: int, low: int, high: int) -> list[Row]:
        """The outcomes in [low, high) in one reading."""
        with self._one_moment():
            found = list(map(Row._make, self._connection.execute(IN_HOT, (low, high, series)).fetchall()))
            sealed = blocks.meeting(self._connection, series, low, high) if self._has_blocks else []
            if not sealed:
                return found
            parts = [self._rows(block.id) for block in sealed if not block.is_late]
            late = [self._rows(block.id) for block in sealed if block.is_late]
        if not found and not late and len(parts) == 1:
            return _within(parts[0], low, high)
        return _merged((found, *parts, *late), low, high)

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def _rows(self, number: int) -> list[Row]:
        if number in self._decoded:
            self._decoded.move_to_end(number)
            return self._decoded[number]
        rows = self._decoded[number] = blocks.read(self._connection, number)
        if len(self._decoded) > KEPT:
            self._decoded.popitem(last=False)
        return rows

    def _next(self, series: int, low: int) -> int | None:
        (hot,) = self._connection.execute(NEXT_HOT, (low,)).fetchone()
        return min(self._edges(hot, NEXT_BLOCK, {"series": series, "low": low}), default=None)

    def _last(self, series: int, high: int) -> int | None:
        (hot,) = self._connection.execute(LAST_HOT, (high,)).fetchone()
        return max(self._edges(hot, LAST_BLOCK, {"series": series, "high": high}), default=None)

    def _edges(self, hot: int | None, question: str, named: dict[str, int]) -> list[int]:
        (sealed,) = self._connection.execute(question, named).fetchone() if self._has_blocks else (None,)
        return [edge for edge in (hot, sealed) if edge is not None]


def samples(connection: sqlite3.Connection, series: Iterable[int], from_ms: int | None) -> dict[int, list[Row]]:
    """What samples are made of: by series, every outcome but manual ones, from a recorded instant on."""
    low = -FAR if from_ms is None else from_ms
    parts: dict[int, list[list[Row]]] = {each: [[]] for each in series}
    marks = ", ".join(map(str, parts))
    for row in map(Row._make, connection.execute(f"{ALL_HOT} AND series IN ({marks})", (low,)).fetchall()):
        parts[row.series][0].append(row)
    if blocks.has_blocks(connection):
        for each, mine in parts.items():
            sealed = blocks.meeting(connection, each, low, FAR)
            mine += [blocks.read(connection, block.id) for block in sealed if not block.is_late]
            mine += [blocks.read(connection, block.id) for block in sealed if block.is_late]
    return {
        each: [row for row in (_merged(mine, low, FAR) if mine[1:] else mine[0]) if row.origin != MANUAL]
        for each, mine in parts.items()
    }


def _within(rows: list[Row], low: int, high: int) -> list[Row]:
    if rows[:1] and rows[0].at_ms >= low and rows[-1].at_ms < high:
        return rows
    return [row for row in rows if low <= row.at_ms < high]


def _merged(parts: Iterable[list[Row]], low: int, high: int) -> list[Row]:
    """In order; of the same instant and segment the later part's."""
    found = {(row.at_ms, row.clock): row for part in parts for row in part if low <= row.at_ms < high}
    return [found[where] for where in sorted(found)]
