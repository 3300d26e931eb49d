"""How a provider turns downtime into a figure: the archetypes of published terms, one function each.

A rule takes a down-set and the cuts at which it may not be joined, and gives the milliseconds that
count inside the period. It is monotone in the down-set, so evaluating it on the smallest and on the
largest possible set bounds the truth (metrology, section 2.4). Recognition looks at whole runs, also
outside the period; what counts is the part inside. No printed formula is parsed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from probe.sla import wallclock
from probe.sla.assessment import Ms
from probe.sla.interval import Intervals, Pair, pieces

GRIDS: Final = ("clock", "midnight", "period")
LEVELS: Final = ("outage", "day", "period")
MODES: Final = ("floor", "ceil")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Cells of `cell_ms`; one counts when wholly down, or with `touched` when partly; runs of `least` or more.

    anchor: "clock" (whole units since 1970 UTC), "midnight" (of the period's zone) or "period" (its start).
    """

    cell_ms: int
    anchor: str = "clock"
    touched: bool = False
    least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """Counted time is rounded to whole units, down or up, for each outage, local day or period."""

    unit_ms: int
    mode: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """The parameters of a time rule. strict: an outage must be longer than `shortest_ms`, not just as long.

    excess: only the part beyond `shortest_ms` counts. net: forgiven time is cut out before outages
    are recognised, not after.
    """

    archetype: str = "F1"
    shortest_ms: int = 0
    strict: bool = False
    excess: bool = False
    net: bool = False
    grid: Grid | None = None
    rounding: Rounding | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is the plain measure of downtime."""
        return not (self.shortest_ms or self.grid or self.rounding)


@dataclass(frozen=True, slots=True)
class Pardon:
    """Windows that are forgiven alike, at most `cap_ms` of downtime in the period, the earliest first."""

    windows: Intervals
    cap_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is counted inside: the period in ms, its zone, and what is forgiven in it."""

    start_ms: int
    end_ms: int
    zone: str = "UTC"
    pardons: tuple[Pardon, ...] = ()

    def excuse(self, down: Intervals) -> Intervals:
        """The down-set without what is forgiven."""
        for pardon in self.pardons:
            down -= self.forgiven(down, pardon)
        return down

    def forgiven(self, down: Intervals, pardon: Pardon) -> Intervals:
        """The part of a down-set that one pardon takes away."""
        if pardon.cap_ms is None:
            return pardon.windows
        return earliest(down.clip(self.start_ms, self.end_ms) & pardon.windows, pardon.cap_ms)


def earliest(whole: Intervals, length_ms: Ms) -> Intervals:
    """The first `length_ms` of a set."""
    kept: list[Pair] = []
    for start, end in whole:
        if length_ms <= 0:
            break
        kept.append((start, min(end, start + length_ms)))
        length_ms -= end - start
    return Intervals(tuple(kept))


def counted(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> Ms:
    """The milliseconds of `down` that count under the rule in that frame."""
    if not down:
        return 0
    return FORMULAS[rule.archetype](rule, down, cuts, frame)


def counted_set(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> Intervals:
    """The stretches that count, before any rounding."""
    return _left(rule, _runs(rule, down, cuts, frame), frame)


def _time_ratio(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> Ms:
    if rule.is_plain:
        return frame.excuse(down.clip(frame.start_ms, frame.end_ms)).measure
    runs = _runs(rule, down, cuts, frame)
    left = _left(rule, runs, frame)
    return _rounded(rule.rounding, runs, left, frame) if rule.rounding else left.measure


FORMULAS: Final[Mapping[str, Callable[[Counting, Intervals, Sequence[Ms], Frame], Ms]]] = {
    "F1": _time_ratio,
    "F2": _time_ratio,  # a bad bucket is a cell of the grid; the share of cells is the share of time
}
"""The archetypes that are evaluated; terms of another are undecided, and the assessment says so."""


def _runs(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> list[Pair]:
    """The stretches that the rule recognises, in time order, not yet cut to the period."""
    runs = pieces(frame.excuse(down) if rule.net else down, cuts)
    if rule.shortest_ms:
        runs = [run for run in runs if _is_long_enough(run, rule)]
    if rule.excess:
        runs = [(start + rule.shortest_ms, end) for start, end in runs if end - start > rule.shortest_ms]
    if rule.grid:
        runs = [cells for run in runs for cells in _cells(rule.grid, run, cuts, frame)]
    return runs


def _is_long_enough(run: Pair, rule: Counting) -> bool:
    length = run[1] - run[0]
    return length > rule.shortest_ms if rule.strict else length >= rule.shortest_ms


def _left(rule: Counting, runs: list[Pair], frame: Frame) -> Intervals:
    inside = Intervals.sorted_of(runs).clip(frame.start_ms, frame.end_ms)
    return inside if rule.net else frame.excuse(inside)


def _cells(grid: Grid, run: Pair, cuts: Sequence[Ms], frame: Frame) -> list[Pair]:
    """The run of cells of the grid that one run makes bad, if there are enough."""
    anchor = _anchor(grid, frame)
    start, end = run[0] - anchor, run[1] - anchor
    if grid.touched:
        low, high = start // grid.cell_ms, -(-end // grid.cell_ms)
    else:
        low, high = -(-start // grid.cell_ms), end // grid.cell_ms
        if start % grid.cell_ms == 0 and _is_among(cuts, run[0]):
            low += 1  # a good sample opens this cell
    if high - low < grid.least:
        return []
    return [(anchor + low * grid.cell_ms, anchor + high * grid.cell_ms)]


def _anchor(grid: Grid, frame: Frame) -> int:
    if grid.anchor == "clock":
        return 0
    if grid.anchor == "period":
        return frame.start_ms
    where = wallclock.zone(frame.zone)
    return wallclock.midnight(wallclock.local(frame.start_ms, where).date(), where)


def _is_among(cuts: Sequence[Ms], instant: Ms) -> bool:
    i = bisect_left(cuts, instant)
    return i < len(cuts) and cuts[i] == instant


def _rounded(rounding: Rounding, runs: list[Pair], left: Intervals, frame: Frame) -> Ms:
    if rounding.level == "outage":
        parts = _lengths(runs, left)
    elif rounding.level == "day":
        parts = _lengths(_days(frame), left)
    else:
        parts = [left.measure]
    if rounding.mode == "ceil":
        return sum(-(-part // rounding.unit_ms) for part in parts) * rounding.unit_ms
    return sum(part // rounding.unit_ms for part in parts) * rounding.unit_ms


def _days(frame: Frame) -> list[Pair]:
    where = wallclock.zone(frame.zone)
    day = wallclock.local(frame.start_ms, where).date()
    edges = [frame.start_ms]
    while edges[-1] < frame.end_ms:
        day += timedelta(days=1)
        edges.append(min(wallclock.midnight(day, where), frame.end_ms))
    return list(pairwise(edges))


def _lengths(runs: list[Pair], left: Intervals) -> list[Ms]:
    """How much of `left` lies in each of the sorted, disjoint runs."""
    lengths: list[Ms] = []
    i = 0
    for start, end in runs:
        while i < len(left.pairs) and left.pairs[i][1] <= start:
            i += 1
        total: Ms = 0
        k = i
        while k < len(left.pairs) and left.pairs[k][0] < end:
            total += min(end, left.pairs[k][1]) - max(start, left.pairs[k][0])
            k += 1
        lengths.append(total)
    return lengths
