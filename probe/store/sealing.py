"""Sealing: closes days that are over, counts and proves them, and moves their outcomes from `hot` into blocks.

It is done in small steps. What costs time (reading, compressing, comparing) is done on a connection that only reads,
since the outcomes of a closed day no longer change; what is written goes through `write`, a few checks a transaction.
Killed at any point it goes on from there: a block and the note that its outcomes may leave `hot` are one transaction.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from probe.store import blocks, chain, clocks, database, days, months, tally
from probe.store.archive import Archive
from probe.store.blocks import DAY_MS, Made
from probe.store.staging import ENOUGH, grouped, opened, parted, staged
from probe.store.tally import Tally

log = logging.getLogger(__name__)

T = TypeVar("T")
Write = Callable[[Callable[[sqlite3.Connection], Any]], Any]
"""Does something in a transaction of its own and gives what that gave."""
Counted = tuple[int, int, bytes, Tally | None]
"""A series on a day: how many outcomes, their digest, and what is counted; None when other days must be looked at."""

LONGEST_DAYS: Final = 8
"""So old a closed day is sealed however few outcomes its check has."""
GRACE_MS: Final = 600_000
"""A day is closed so long after it is over: what is in flight or spooled for a moment is still of it."""
STEPS: Final = 4
"""Parts of sealing that are done at once where no agent runs."""
FAR: Final = 1 << 62
AT_ONCE: Final = 2_000_000
"""Outcomes looked at in one pass: bounds the temporary file."""
CHECKS: Final = 8
"""Blocks in one transaction."""
COUNTED: Final = 100
"""Days of checks counted in one transaction."""
SWEPT: Final = 2_000
"""Rows of `hot` looked at in one transaction of deleting."""

CLOSED: Final = f"at_ms / {DAY_MS} IN (SELECT day FROM seal WHERE hash IS NOT NULL)"
SEALED: Final = "SELECT DISTINCT series FROM block WHERE t0_ms < ? AND t1_ms >= ? AND NOT is_late AND data IS NOT NULL"
RIPE: Final = f"""
    SELECT series, count(*) FROM hot WHERE at_ms < :until AND {CLOSED} GROUP BY series
    HAVING count(*) >= {ENOUGH} OR min(at_ms) < :old
"""
SWEEP: Final = f"""
    DELETE FROM hot WHERE at_ms >= ? AND at_ms < ? AND {CLOSED} AND EXISTS
        (SELECT 1 FROM sweep WHERE sweep.series = hot.series AND hot.at_ms BETWEEN sweep.t0_ms AND sweep.t1_ms)
"""
NOTE: Final = """
    INSERT INTO sweep (series, t0_ms, t1_ms) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET t0_ms = min(t0_ms, excluded.t0_ms), t1_ms = max(t1_ms, excluded.t1_ms)
"""


class Sealed(NamedTuple):
    """What a run of steps did: days closed, blocks made, outcomes that left `hot`; is_done: nothing is left to do."""

    days: int
    blocks: int
    outcomes: int
    is_done: bool

    def and_then(self, later: Sealed) -> Sealed:
        """What both did."""
        sums = self.days + later.days, self.blocks + later.blocks, self.outcomes + later.outcomes
        return Sealed(*sums, later.is_done)


class Sealer:
    """Seals one record. `reading` is a connection of its own; `step` does a little and says whether there is more."""

    def __init__(
        self, reading: sqlite3.Connection, write: Write, is_stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """Nothing is done before `step`, and nothing new is begun once `is_stopped` says so."""
        self._reading, self._write, self._is_stopped = reading, write, is_stopped
        self.days = self.blocks = self.outcomes = 0

    def step(self, now_ms: int) -> bool:
        """Do the next thing; False when there was nothing to do."""
        return self._sweep() or self._end_day(now_ms) or self._recount() or self._add_up() or self._seal(now_ms)

    def run(self, now_ms: int, goes_on: Callable[[], bool] = lambda: True) -> Sealed:
        """Step until nothing is left or `goes_on` says no."""
        is_done = False
        while not is_done and goes_on() and not self._is_stopped():
            is_done = not self.step(now_ms)
        return Sealed(self.days, self.blocks, self.outcomes, is_done)

    def _sweep(self) -> bool:
        """Delete from `hot`, a slice at a time, what lies in blocks that can be read back."""
        noted = self._all("SELECT series, t0_ms, t1_ms FROM sweep")
        if not noted:
            return False
        for series, t0, t1 in noted:
            for block in blocks.meeting(self._reading, series, t0, t1 + 1):
                blocks.checked(self._reading, block.id)
        low, end = min(t0 for _, t0, _ in noted), max(t1 for _, _, t1 in noted) + 1
        while low < end:
            (after,) = self._one("SELECT at_ms FROM hot WHERE at_ms >= ? ORDER BY at_ms LIMIT 1 OFFSET ?", low, SWEPT)
            until = end if after is None else min(end, after)
            self.outcomes += self._write(_deleting(low, max(until, low + 1)))
            low = max(until, low + 1)
            if self._is_stopped():
                return True
        self._write(lambda connection: connection.execute("DELETE FROM sweep"))
        return True

    def _end_day(self, now_ms: int) -> bool:
        """Close the earliest day that is over, count and prove it, make its head."""
        if days.unclosed(self._reading):
            self._write(partial(days.close_imported, now_ms=now_ms))
        day = self._unfinished()
        day = self._next_day(now_ms) if day is None else day
        if day is None:
            return False
        self._write(lambda connection: days.close(connection, day, now_ms))
        for group in grouped(self._counted(day), COUNTED):
            self._write(_counting(day, group))
            if self._is_stopped():
                return True
        head = self._write(partial(_heading, day=day, now_ms=now_ms))
        log.info("a day is sealed", extra={"day": days.named(day), "head": head.hash.hex(), "entries": head.entries})
        self.days += 1
        return True

    def _unfinished(self) -> int | None:
        (day,) = self._one("SELECT day FROM seal WHERE hash IS NULL ORDER BY id LIMIT 1")
        return None if day is None else int(day)

    def _next_day(self, now_ms: int) -> int | None:
        """The earliest day that is over, has outcomes in `hot` and is not closed."""
        closed = days.closed(self._reading)
        over = (day for day in self._days_in_hot(now_ms) if (day + 1) * DAY_MS + GRACE_MS <= now_ms)
        return min((day for day in over if day not in closed), default=None)

    def _days_in_hot(self, now_ms: int) -> Iterator[int]:
        low: int | None = -(1 << 62)
        while low is not None and low < now_ms:
            (first,) = self._one("SELECT min(at_ms) FROM hot WHERE at_ms >= ?", low)
            if first is not None:
                yield days.day_of(first)
            low = None if first is None else (days.day_of(first) + 1) * DAY_MS

    def _counted(self, day: int) -> Iterator[Counted]:
        """Each series with outcomes on a day: how many, their digest, and their counts if these tell them."""
        segments, between = clocks.load(self._reading), (day * DAY_MS, (day + 1) * DAY_MS)
        has_moved = days.moved(segments, day)
        sealed = {series for (series,) in self._all(SEALED, (between[1], between[0]))}
        with staged(self._reading, between, "1") as of_series:
            for series, rows in of_series:
                if series not in sealed:
                    mine = [row for row in rows if not segments[row.clock].shift_ms]
                    yield series, len(rows), days.digest(rows), None if has_moved else tally.of(mine)
        for series in sorted(sealed):
            if rows := days.on_time(self._reading, series, day):
                yield series, len(rows), days.digest(rows), None

    def _recount(self) -> bool:
        """Count stale days anew."""
        stale = self._all(days.STALE, (COUNTED,))
        archive = Archive(self._reading)
        for series, day in stale:
            counted = days.recount(self._reading, archive, series, day)
            self._write(partial(days.count, series=series, day=day, counted=counted))
        return bool(stale)

    def _add_up(self) -> bool:
        """Put the days of a month that is over together."""
        found = months.unsummed(self._reading, CHECKS)
        for series, month, summed in found:
            self._write(partial(months.keep, series=series, month=month, summed=summed))
        return bool(found)

    def _seal(self, now_ms: int) -> bool:
        """Put what is ripe into blocks: outcomes of closed days, of some checks at a time."""
        old = now_ms - LONGEST_DAYS * DAY_MS
        ripe = self._ripe(old)
        if not ripe:
            return False
        of = f"{CLOSED} AND series IN ({', '.join(map(str, ripe))})"
        with staged(self._reading, (-FAR, self._end_of_closed()), of) as of_series:
            pieces = (blocks.make(piece) for _, rows in of_series for piece in parted(rows, old))
            for group in grouped(pieces, CHECKS):
                self._write(_keeping(group, now_ms))
                self.blocks += len(group)
                if self._is_stopped():
                    break
        return True

    def _ripe(self, old: int) -> list[int]:
        """The checks that have enough outcomes for a block, or old ones; so many that one pass is bounded."""
        asked = {"until": self._end_of_closed(), "old": old}
        chosen: list[int] = []
        outcomes = 0
        for series, n in self._all(RIPE, asked):
            chosen.append(series)
            outcomes += n
            if outcomes >= AT_ONCE:
                break
        return chosen

    def _end_of_closed(self) -> int:
        (day,) = self._one("SELECT max(day) FROM seal WHERE hash IS NOT NULL")
        return -FAR if day is None else (int(day) + 1) * DAY_MS

    def _all(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
        return self._reading.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: object) -> tuple[Any, ...]:
        return self._reading.execute(sql, values).fetchone() or (None,)


def do_part(path: Path, connection: sqlite3.Connection, now_ms: int) -> Sealed:
    """Seal a part of a record that no agent runs on; `connection` writes to it under the lock."""
    steps = iter(range(STEPS))
    with database.guarded(path), closing(opened(path)) as reading:
        return Sealer(reading, writing(connection)).run(now_ms, lambda: next(steps, None) is not None)


def writing(connection: sqlite3.Connection) -> Write:
    """Each thing that is to be done in a transaction of its own on this connection."""

    def write(action: Callable[[sqlite3.Connection], Any]) -> Any:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            return action(connection)

    return write


def _heading(connection: sqlite3.Connection, day: int, now_ms: int) -> chain.Head:
    days.close_imported(connection, now_ms)  # what came since the day was closed: this head covers its blocks
    return chain.head(connection, day, now_ms)


def _deleting(low: int, until: int) -> Callable[[sqlite3.Connection], int]:
    return lambda connection: connection.execute(SWEEP, (low, until)).rowcount


def _keeping(group: Iterable[Made], now_ms: int) -> Callable[[sqlite3.Connection], int]:
    def keep(connection: sqlite3.Connection) -> int:
        for made in group:
            blocks.keep(connection, made, now_ms)
            connection.execute(NOTE, (made.series, made.t0_ms, made.t1_ms))
        return chain.extend(connection)

    return keep


def _counting(day: int, group: Sequence[Counted]) -> Callable[[sqlite3.Connection], None]:
    def count(connection: sqlite3.Connection) -> None:
        days.prove(connection, day, (each[:3] for each in group))
        for series, _, _, counted in group:
            if counted is None:
                days.spoil(connection, [(series, day)])
            else:
                days.count(connection, series, day, counted)

    return count
