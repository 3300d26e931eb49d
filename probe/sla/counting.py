"""How a provider turns downtime into a figure: the time rules of published terms.

A rule takes a down-set and the cuts at which it may not be joined, and gives the milliseconds that
count inside the period. It is monotone in the down-set, so evaluating it on the smallest and on the
largest possible set bounds the truth (metrology, section 2.4). Recognition looks at whole runs, also
outside the period; what counts is the part inside. No printed formula is parsed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from probe.sla import wallclock
from probe.sla.assessment import Ms
from probe.sla.frame import Frame
from probe.sla.interval import Intervals, Pair, pieces

GRIDS: Final = ("clock", "midnight", "period")
LEVELS: Final = ("outage", "day", "period")
MODES: Final = ("floor", "ceil")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Cells of `cell_ms`; one counts when wholly down, or with `touched` when partly; runs of `least` or more.

    anchor: "clock" or "midnight" (of the period's zone) or "period" (its start).
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
    are recognised, not after. edge: an outage over the period's edge counts for its part inside
    ("split"), or whole in the period in which it starts or ends. most_outages: more in a period are a
    miss, however short. day_edge: the same as edge of an outage over midnight, where days are counted.
    """

    archetype: str = "F1"
    shortest_ms: int = 0
    strict: bool = False
    excess: bool = False
    net: bool = False
    grid: Grid | None = None
    rounding: Rounding | None = None
    edge: str = "split"
    most_outages: int | None = None
    day_edge: str = "split"

    @property
    def is_plain(self) -> bool:
        """Whether it is the plain measure of downtime."""
        return self.archetype == "F1" and self.edge == "split" and not (self.shortest_ms or self.grid or self.rounding)

    @property
    def is_measure(self) -> bool:
        """Whether every stretch counts as it is, but for rounding."""
        return not (self.shortest_ms or self.grid)

    @property
    def rounds_up_each(self) -> bool:
        """Whether each outage is rounded up, so that joining two may cost less than leaving them apart."""
        return self.rounding is not None and (self.rounding.mode, self.rounding.level) == ("ceil", "outage")

    @property
    def is_per_event(self) -> bool:
        """Whether the figure is not monotone in the down-set and is bounded outage by outage."""
        return self.edge != "split" or self.rounds_up_each


def counted(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> Ms:
    """The milliseconds of `down` that count under the rule in that frame."""
    if not down:
        return 0
    if rule.is_measure and not rule.rounding:
        return frame.excuse(frame.inside(down)).measure
    runs = _runs(rule, down, cuts, frame)
    left = _left(rule, runs, frame)
    return _rounded(rule.rounding, runs, left, frame) if rule.rounding else left.measure


def counted_set(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> Intervals:
    """The stretches that count, before any rounding."""
    if rule.is_measure:
        return frame.excuse(frame.inside(down))
    return _left(rule, _runs(rule, down, cuts, frame), frame)


def bad_days(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> int:
    """F8: the local days of the period in which an outage, as far as it lies in that day, qualifies.

    Where outages are recognised gross, one that maintenance shortens qualifies by its whole length, unless
    nothing of it is left.
    """
    inside = frame.inside(down)
    left = frame.excuse(inside)
    seen = left if rule.net else inside
    found = 0
    for day in frame.days() if left else []:
        runs = pieces(seen.clip(*day), cuts)
        found += any(is_long_enough(run, rule) and bool(left.clip(*run)) for run in runs)
    return found


def cells(grid: Grid, frame: Frame) -> tuple[int, ...]:
    """The starts of the grid's cells in the period; the first and the last as far as they lie in it."""
    first = _floor(grid, frame.start_ms, frame)
    return (frame.start_ms, *range(int(first) + grid.cell_ms, frame.end_ms, grid.cell_ms))


def _runs(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> list[Pair]:
    """The stretches that the rule recognises, in time order, not yet cut to the period."""
    runs = pieces(frame.excuse(down) if rule.net else down, cuts)
    if rule.shortest_ms:
        runs = [run for run in runs if is_long_enough(run, rule)]
    if rule.excess:
        runs = [(start + rule.shortest_ms, end) for start, end in runs if end - start > rule.shortest_ms]
    if rule.grid:
        runs = [found for run in runs for found in _cells_of(rule.grid, run, cuts, frame)]
    return runs


def is_long_enough(run: Pair, rule: Counting) -> bool:
    """Whether a stretch lasts as long as an outage must to count."""
    length = run[1] - run[0]
    return length > rule.shortest_ms if rule.strict else length >= rule.shortest_ms


def _left(rule: Counting, runs: list[Pair], frame: Frame) -> Intervals:
    inside = frame.inside(Intervals.sorted_of(runs))
    return inside if rule.net else frame.excuse(inside)


def _cells_of(grid: Grid, run: Pair, cuts: Sequence[Ms], frame: Frame) -> list[Pair]:
    """The run of cells of the grid that one run makes bad, if there are enough."""
    start, end = _floor(grid, run[0], frame), _floor(grid, run[1], frame)
    if grid.touched:
        end += grid.cell_ms if run[1] > end else 0
    elif run[0] > start or _is_among(cuts, run[0]):
        start += grid.cell_ms  # it begins inside the cell, or a good sample opens it
    if end - start < grid.least * grid.cell_ms:
        return []
    return [(start, end)]


def _floor(grid: Grid, instant: Ms, frame: Frame) -> Ms:
    """Where the cell of an instant begins, on the wall clock of the zone or counted from the period's start."""
    if grid.anchor == "period":
        return instant - (instant - frame.start_ms) % grid.cell_ms
    offset = wallclock.offset_ms(int(instant), wallclock.zone(frame.zone))
    wall = instant + offset
    if grid.anchor == "midnight":
        wall %= wallclock.DAY_MS
    return instant - wall % grid.cell_ms


def _is_among(cuts: Sequence[Ms], instant: Ms) -> bool:
    i = bisect_left(cuts, instant)
    return i < len(cuts) and cuts[i] == instant


def _rounded(rounding: Rounding, runs: list[Pair], left: Intervals, frame: Frame) -> Ms:
    if rounding.level == "outage":
        parts = _lengths(runs, left)
    elif rounding.level == "day":
        parts = _lengths(frame.days(), left)
    else:
        parts = [left.measure]
    if rounding.mode == "ceil":
        return sum(-(-part // rounding.unit_ms) for part in parts) * rounding.unit_ms
    return sum(part // rounding.unit_ms for part in parts) * rounding.unit_ms


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
