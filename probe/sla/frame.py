"""Inside what is counted: the period, its service hours, and what is forgiven in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from probe.sla import wallclock
from probe.sla.assessment import Ms
from probe.sla.interval import Intervals, Pair


@dataclass(frozen=True, slots=True)
class Pardon:
    """Windows that are forgiven alike, at most `cap_ms` of downtime in the period, the earliest first."""

    windows: Intervals
    cap_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is counted inside: the period in ms, its zone, its service hours (None: all), what is forgiven."""

    start_ms: int
    end_ms: int
    zone: str = "UTC"
    pardons: tuple[Pardon, ...] = ()
    hours: Intervals | None = None

    def inside(self, whole: Intervals) -> Intervals:
        """The part of a set that lies in the period, in its service hours."""
        part = whole.clip(self.start_ms, self.end_ms)
        return part if self.hours is None else part & self.hours

    def excuse(self, down: Intervals) -> Intervals:
        """The down-set without what is forgiven."""
        for pardon in self.pardons:
            down -= self.forgiven(down, pardon)
        return down

    def forgiven(self, down: Intervals, pardon: Pardon) -> Intervals:
        """The part of a down-set that one pardon takes away."""
        if pardon.cap_ms is None:
            return pardon.windows
        return earliest(self.inside(down) & pardon.windows, pardon.cap_ms)

    def days(self) -> list[Pair]:
        """The local days of the period, the first and the last as far as they lie in it."""
        where = wallclock.zone(self.zone)
        day = wallclock.local(self.start_ms, where).date()
        edges = [self.start_ms]
        while edges[-1] < self.end_ms:
            day += timedelta(days=1)
            edges.append(min(wallclock.midnight(day, where), self.end_ms))
        return list(pairwise(edges))


def earliest(whole: Intervals, length_ms: Ms) -> Intervals:
    """The first `length_ms` of a set."""
    kept: list[Pair] = []
    for start, end in whole:
        if length_ms <= 0:
            break
        kept.append((start, min(end, start + length_ms)))
        length_ms -= end - start
    return Intervals(tuple(kept))
