"""How many outcomes, what was lost and how long answers took, over any stretch: whole days and months from their rows.

What is not counted yet, and the ragged ends, is counted from the outcomes themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from probe.store import clocks, days, tally
from probe.store.archive import Archive
from probe.store.blocks import DAY_MS, has_blocks
from probe.store.codes import MANUAL
from probe.store.tally import Tally

IN_HOT: Final = f"""
    SELECT hot.series, (hot.at_ms + clock.shift_ms) / {DAY_MS} AS day, count(*)
    FROM hot JOIN clock ON clock.id = hot.clock JOIN series ON series.id = hot.series AND series.vantage = :vantage
    WHERE hot.origin <> {MANUAL} AND hot.at_ms BETWEEN :low AND :high
        AND hot.at_ms + clock.shift_ms >= :start AND hot.at_ms + clock.shift_ms < :end
    GROUP BY hot.series, day
"""
SEALED: Final = "SELECT t0_ms, t1_ms FROM block WHERE series = ? AND t0_ms < ? AND t1_ms >= ? AND data IS NOT NULL"

SUMS: Final = """
    SELECT series.key, count(daily.day), sum(daily.n), sum(up), sum(down), sum(unknown), sum(sent), sum(answered),
        sum(sum_us), min(min_us), max(max_us)
    FROM daily JOIN series ON series.id = daily.series
    WHERE series.vantage = ? AND day >= ? AND day < ? AND NOT is_stale GROUP BY daily.series
"""


class Sums(NamedTuple):
    """A Tally without its sketch: everything but quantiles."""

    n: int
    up: int
    down: int
    unknown: int
    sent: int
    answered: int
    sum_us: int
    min_us: int | None
    max_us: int | None


def sums(connection: sqlite3.Connection, archive: Archive, vantage: str, between: tuple[int, int]) -> dict[str, Sums]:
    """What is counted of [start, end) of every series: one question where each of its days is counted."""
    start, end = between
    first, last = start // DAY_MS, end // DAY_MS
    found: dict[str, Sums] = {}
    if has_blocks(connection) and not (start % DAY_MS or end % DAY_MS):
        for key, counted, *rest in connection.execute(SUMS, (vantage, first, last)).fetchall():
            if counted == last - first:
                found[key] = Sums(*rest)
    known = connection.execute("SELECT key, id FROM series WHERE vantage = ? ORDER BY id", (vantage,)).fetchall()
    return {
        key: found[key] if key in found else Sums(*over(connection, archive, number, between)[:-1])
        for key, number in known
    }


def over(connection: sqlite3.Connection, archive: Archive, series: int, between: tuple[int, int]) -> Tally:
    """What is counted of [start, end)."""
    return tally.together(_parts(connection, archive, series, between))


class Samples(Mapping[str, int]):
    """How many outcomes each series of a vantage point has in [start, end), manual ones left out."""

    def __init__(
        self, connection: sqlite3.Connection, archive: Archive, vantage: str, between: tuple[int, int]
    ) -> None:
        """`hot` is looked at now, all at once; what is sealed when it is asked for."""
        self._connection, self._archive = connection, archive
        self._start, self._end = between
        self._ids: dict[str, int] = dict(
            connection.execute("SELECT key, id FROM series WHERE vantage = ?", (vantage,)).fetchall()
        )
        self._hot: dict[int, dict[int, int]] = {}
        for series, day, n in connection.execute(IN_HOT, self._asked(vantage)).fetchall():
            self._hot.setdefault(series, {})[day] = n

    def __getitem__(self, key: str) -> int:
        """Of one series."""
        series = self._ids[key]
        hot = self._hot.get(series, {})
        if not has_blocks(self._connection):
            return sum(hot.values())
        first, last = -(-self._start // DAY_MS), self._end // DAY_MS
        counted = {day: one.n for day, one in days.of_days(self._connection, series, first, last).items()}
        rest = {day: n for day, n in hot.items() if day not in counted}
        if len(counted) < last - first or self._start % DAY_MS or self._end % DAY_MS:
            rest |= self._sealed(series, counted)
        return sum(counted.values()) + sum(rest.values())

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        return iter(self._ids)

    def __len__(self) -> int:
        """How many series."""
        return len(self._ids)

    def _asked(self, vantage: str) -> dict[str, object]:
        shifts = [segment.shift_ms for segment in clocks.load(self._connection).values()]
        edges = {"low": self._start - max(shifts), "high": self._end - min(shifts)}
        return {"vantage": vantage, "start": self._start, "end": self._end, **edges}

    def _sealed(self, series: int, counted: Mapping[int, int]) -> dict[int, int]:
        """Days that are not counted and meet a block: from the outcomes."""
        segments = clocks.load(self._connection)
        most = max(abs(segment.shift_ms) for segment in segments.values())
        found: dict[int, int] = {}
        for t0, t1 in self._connection.execute(SEALED, (series, self._end + most, self._start - most)).fetchall():
            for day in range(days.day_of(t0 - most), days.day_of(t1 + most) + 1):
                low, high = max(self._start, day * DAY_MS), min(self._end, (day + 1) * DAY_MS)
                if day not in counted and day not in found and low < high:
                    rows = days.corrected(self._archive, segments, series, (low, high))
                    found[day] = sum(row.origin != MANUAL for row in rows)
        return found


def sealed(connection: sqlite3.Connection) -> int:
    """How many outcomes lie in blocks."""
    if not has_blocks(connection):
        return 0
    return int(connection.execute("SELECT coalesce(sum(n), 0) FROM block WHERE data IS NOT NULL").fetchone()[0])


def _parts(connection: sqlite3.Connection, archive: Archive, series: int, between: tuple[int, int]) -> Iterator[Tally]:
    start, end = between
    segments = clocks.load(connection)
    first, last = -(-start // DAY_MS), end // DAY_MS
    if first >= last:
        yield tally.of(days.corrected(archive, segments, series, between))
        return
    for edge in ((start, first * DAY_MS), (last * DAY_MS, end)):
        if edge[0] < edge[1]:
            yield tally.of(days.corrected(archive, segments, series, edge))
    months = _whole_months(connection, series, first, last)
    yield from months.values()
    counted = days.of_days(connection, series, first, last)
    for day in range(first, last):
        if days.month_of(day) not in months:
            known = counted.get(day)
            yield days.recount(connection, archive, series, day) if known is None else known


def _whole_months(connection: sqlite3.Connection, series: int, first: int, last: int) -> dict[int, Tally]:
    low, high = days.month_of(first), days.month_of(last)
    return days.of_months(connection, series, low if days.first_day(low) == first else low + 1, high)
