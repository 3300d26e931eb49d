"""What charts show of one assessment: slices of time with what each holds, and latencies by slice.

Nothing here decides a verdict. A slice holds milliseconds of each sort, so that a chart and the table behind it
say the same; the rest of a slice was certainly up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from probe.sla import beside, wallclock
from probe.sla.assessment import Exclusion, Ms
from probe.sla.beside import Latency
from probe.sla.interval import Intervals
from probe.sla.requests import Request
from probe.sla.timeline import Timeline

HOURS: Final = 24
SLICES: Final = 480
"""How many slices the time line of a period is drawn in."""

WIDTHS_MS: Final = (3_600_000, 21_600_000, 86_400_000, 604_800_000)
"""Lengths of a slice of latencies: an hour, six, a day, a week."""
MOST_BANDS: Final = 130
WANTED: Final = 59
"""Attempts from which a slice bounds its p95 (beside.QUANTILES)."""


class Sort(StrEnum):
    """What a slice of time is shown as."""

    DOWN = "down"
    PLANNED = "planned"  # failures inside declared windows that the terms did not refuse
    MAYBE = "maybe"
    UNKNOWN = "unknown"
    UP = "up"


class Slice(NamedTuple):
    """A stretch of time and how many milliseconds of it were what; what is left was up."""

    start_ms: int
    end_ms: int
    down_ms: Ms
    planned_ms: Ms
    maybe_ms: Ms
    unknown_ms: Ms

    @property
    def sort(self) -> Sort:
        """The gravest sort that it holds any of, of uncertain and unknown time the longer: no doubt is shown as up."""
        if self.down_ms or self.planned_ms:
            return Sort.DOWN if self.down_ms else Sort.PLANNED
        if self.maybe_ms or self.unknown_ms:
            return Sort.MAYBE if self.maybe_ms >= self.unknown_ms else Sort.UNKNOWN
        return Sort.UP


class Day(NamedTuple):
    """A local day: as a whole, and its hours by the wall clock; None where the hour was skipped or not judged."""

    day: date
    whole: Slice
    hours: tuple[Slice | None, ...]


class Band(NamedTuple):
    """The latencies of one slice of time."""

    start_ms: int
    end_ms: int
    seen: Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All charts of one assessment. [start_ms, end_ms): what was judged of the period. bands: by check."""

    start_ms: int
    end_ms: int
    days: tuple[Day, ...]
    line: tuple[Slice, ...]
    bands: tuple[tuple[str, tuple[Band, ...]], ...] = ()


class Layers:
    """The sorts of one time line as disjoint sets, to be asked for slices."""

    def __init__(self, known: Timeline, windows: Intervals, start_ms: int, end_ms: int) -> None:
        """windows: declared maintenance that was not refused. Only what lies in [start_ms, end_ms) is asked for."""
        self.start_ms, self.end_ms = start_ms, end_ms
        failing = known.observed.clip(start_ms, end_ms)
        self._sets = (
            known.down.clip(start_ms, end_ms) - windows,
            failing & windows,
            known.maybe.clip(start_ms, end_ms) - windows,
            known.unknown.clip(start_ms, end_ms),
        )

    def slice(self, start_ms: int, end_ms: int) -> Slice:
        """What lies between two instants."""
        return Slice(start_ms, end_ms, *(each.clip(start_ms, end_ms).measure for each in self._sets))

    def judged(self, start_ms: int, end_ms: int) -> Slice | None:
        """The same as far as it was judged; None where nothing of it was."""
        start_ms, end_ms = max(start_ms, self.start_ms), min(end_ms, self.end_ms)
        return self.slice(start_ms, end_ms) if start_ms < end_ms else None

    def line(self, slices: int = SLICES) -> tuple[Slice, ...]:
        """Slices of one length over all of it."""
        length = self.end_ms - self.start_ms
        edges = [self.start_ms + length * i // slices for i in range(slices + 1)]
        return tuple(self.slice(start, end) for start, end in pairwise(edges) if start < end)

    def days(self, zone: str) -> tuple[Day, ...]:
        """The local days that it touches, each with its hours."""
        return tuple(
            Day(day, self._inside(*_edges(day, zone)), tuple(self.judged(*edges) for edges in _hours(day, zone)))
            for day in _days(self.start_ms, self.end_ms, zone)
        )

    def _inside(self, start_ms: int, end_ms: int) -> Slice:
        return self.slice(max(start_ms, self.start_ms), min(end_ms, self.end_ms))


def windows_of(exclusions: Iterable[Exclusion]) -> Intervals:
    """The declared windows that were not refused."""
    return Intervals.of((one.start_ms, one.end_ms) for one in exclusions if one.refused is None)


def bands(attempts: Sequence[Request], start_ms: int, end_ms: int) -> tuple[Band, ...]:
    """Latencies in slices long enough for their quantiles and few enough to be drawn."""
    if not attempts or start_ms >= end_ms:
        return ()
    width = _width(len(attempts), end_ms - start_ms)
    instants = [each.at_ms for each in attempts]
    found = []
    for since in range(start_ms, end_ms, width):
        until = min(since + width, end_ms)
        part = attempts[bisect_left(instants, since) : bisect_left(instants, until)]
        found.append(Band(since, until, beside.latency((each.state, each.latency_us) for each in part)))
    return tuple(found)


def _width(attempts: int, length_ms: int) -> int:
    """The shortest length of a slice that holds enough attempts and makes few enough slices; else the longest."""
    return next(
        (width for width in WIDTHS_MS if length_ms <= width * MOST_BANDS and attempts * width >= WANTED * length_ms),
        next((width for width in WIDTHS_MS if length_ms <= width * MOST_BANDS), WIDTHS_MS[-1]),
    )


def _days(start_ms: int, end_ms: int, zone: str) -> Iterator[date]:
    where = wallclock.zone(zone)
    day, last = wallclock.local(start_ms, where).date(), wallclock.local(end_ms - 1, where).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _edges(day: date, zone: str) -> tuple[int, int]:
    where = wallclock.zone(zone)
    return wallclock.midnight(day, where), wallclock.midnight(day + timedelta(days=1), where)


def _hours(day: date, zone: str) -> Iterator[tuple[int, int]]:
    """The hours of a local day; one that the zone repeats is twice as long, one that it skips has no length."""
    where = wallclock.zone(zone)
    starts = [wallclock.first(datetime.combine(day, time(hour)), where) for hour in range(HOURS)]
    return pairwise([*starts, _edges(day, zone)[1]])
