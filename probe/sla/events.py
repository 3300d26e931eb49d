"""Figures that hang on single outages, bounded: per-event credits, rounding up, numbers of outages.

They are not monotone in the down-set: two outages that may be one pay otherwise than one. So each
cluster (a run of S ∪ Q ∪ N without a good sample) is bounded by itself, over every way to join
consecutive pieces of S into outages, each at its shortest and its longest (availability.md, section 2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from probe.sla.assessment import Figures, Ms
from probe.sla.frame import Frame
from probe.sla.interval import Intervals, Pair, pieces
from probe.sla.timeline import Timeline

EDGES: Final = ("split", "start", "end")
NOTHING: Final[tuple[Ms, Ms]] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What outages are worth. of: the least and the most of one whose counted length is from … to ….

    hidden: the most that so many outages of their own in a stretch of that length are worth together.
    """

    of: Callable[[Ms, Ms], tuple[Ms, Ms]]
    hidden: Callable[[int, Ms], Ms]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Which outages count and to which period they belong. edge: split, or by their start or end.

    net: forgiven time is cut out before outages are recognised.
    """

    shortest_ms: int = 0
    strict: bool = False
    edge: str = "split"
    net: bool = False

    def holds(self, length: Ms) -> bool:
        """Whether an outage of that length counts."""
        return length > self.shortest_ms if self.strict else length >= self.shortest_ms


class Ground(NamedTuple):
    """Where time counts: the frame, and the instants that count when most and when least is forgiven."""

    frame: Frame
    least: Intervals
    most: Intervals


class Box(NamedTuple):
    """An outage as far as it is known: it starts in [first, latest] and ends in [soonest, last]."""

    first: Ms
    latest: Ms
    soonest: Ms
    last: Ms


def tally(line: Timeline, frame: Frame, rule: Recognition, worth: Worth, resolution_ms: int) -> Figures:
    """The worth of the outages in the frame: proven, best estimate, highest; high None where unbounded."""
    ground = _ground(line, frame, rule)
    low, high = _bounds(line, ground, rule, worth)
    known = Timeline(
        start_ms=line.start_ms, end_ms=line.end_ms, down=line.down, maybe=line.maybe, half=line.half, cuts=line.cuts
    )
    _, observed = _bounds(known, ground, rule, worth)
    fine = _at_resolution(line, resolution_ms)
    coarse = Recognition(
        shortest_ms=max(rule.shortest_ms, resolution_ms), strict=rule.strict, edge=rule.edge, net=rule.net
    )
    _, at_resolution = _bounds(fine, ground, rule, worth, coarse.shortest_ms)
    point = max(_estimate(line, ground, rule, worth), low)
    most = point if observed is None else max(observed, low)
    if high is not None:
        point = min(point, most)
    return Figures(low, point, most, high, at_resolution)


def _ground(line: Timeline, frame: Frame, rule: Recognition) -> Ground:
    """A capped pardon forgives nothing in the highest figure and everything in the lowest: both are bounds."""
    universe = Intervals.span(line.start_ms, line.end_ms)
    if rule.edge == "split":
        universe = universe.clip(frame.start_ms, frame.end_ms)
    if frame.hours is not None:
        universe &= frame.hours
    least = most = universe
    for pardon in frame.pardons:
        least -= pardon.windows
        if pardon.cap_ms is None:
            most -= pardon.windows
    return Ground(frame, least, most)


def _bounds(
    line: Timeline, ground: Ground, rule: Recognition, worth: Worth, hidden_ms: int | None = None
) -> tuple[Ms, Ms | None]:
    """The least and the most over all clusters. hidden_ms: the shortest outage that unknown time may hide."""
    shortest = rule.shortest_ms if hidden_ms is None else hidden_ms
    low: Ms = 0
    high: Ms | None = 0
    for cluster in _clusters(_recognised(line, ground.least, rule)):
        low += _joined(cluster, ground, rule, worth)[0]
    for cluster in _clusters(_recognised(line, ground.most, rule)):
        hidden = _hidden(cluster, ground, shortest, worth)
        if high is None or hidden is None:
            high = None
        else:
            high += _joined(cluster, ground, rule, worth)[1] + hidden
    return low, high


def _recognised(line: Timeline, counting: Intervals, rule: Recognition) -> Timeline:
    """The time line in which outages are recognised: with `net` without what is forgiven."""
    if not rule.net:
        return line
    return line.without(Intervals.span(line.start_ms, line.end_ms) - counting)


def _clusters(line: Timeline) -> list[tuple[Pair, tuple[Pair, ...]]]:
    """Each run of S ∪ Q ∪ N between good samples, with the pieces of S in it."""
    return [(run, line.down.clip(*run).pairs) for run in pieces(line.worst, line.cuts)]


def _joined(cluster: tuple[Pair, tuple[Pair, ...]], ground: Ground, rule: Recognition, worth: Worth) -> tuple[Ms, Ms]:
    """The least and the most over every way to join consecutive pieces into outages."""
    (start, end), sure = cluster
    lows: list[Ms] = [0]
    highs: list[Ms] = [0]
    edges = [start, *(b for _, b in sure)], [*(a for a, _ in sure), end]
    for j in range(len(sure)):
        ways = [
            _worth_of(Box(edges[0][i], sure[i][0], sure[j][1], edges[1][j + 1]), ground, rule, worth)
            for i in range(j + 1)
        ]
        lows.append(min(lows[i] + way[0] for i, way in enumerate(ways)))
        highs.append(max(highs[i] + way[1] for i, way in enumerate(ways)))
    return lows[-1], highs[-1]


def _worth_of(box: Box, ground: Ground, rule: Recognition, worth: Worth) -> tuple[Ms, Ms]:
    """What one outage is worth at its shortest and longest, in whatever place the box allows."""
    if not rule.holds(box.last - box.first):
        return NOTHING
    placed, is_surely_here = _placed(box, ground.frame, rule.edge)
    if placed is None:
        return NOTHING
    most = ground.most.clip(placed.first, placed.last).measure
    if not most:
        return NOTHING
    least = ground.least.clip(placed.latest, placed.soonest).measure if placed.latest < placed.soonest else 0
    low, high = worth.of(least, most)
    return (low if is_surely_here and least and rule.holds(box.soonest - box.latest) else 0), high


def _placed(box: Box, frame: Frame, edge: str) -> tuple[Box | None, bool]:
    """The part of a box that belongs to the period, None when nothing does, and whether all of it does."""
    first, latest, soonest, last = box
    if edge == "start":
        inside = Box(max(first, frame.start_ms), min(latest, frame.end_ms), soonest, last)
        is_here = inside.first < frame.end_ms and latest >= frame.start_ms
        return (inside if is_here else None), frame.start_ms <= first and latest < frame.end_ms
    if edge == "end":
        inside = Box(first, latest, max(soonest, frame.start_ms), min(last, frame.end_ms))
        is_here = inside.last > frame.start_ms and soonest <= frame.end_ms
        return (inside if is_here else None), frame.start_ms < soonest and last <= frame.end_ms
    return box, True


def _hidden(cluster: tuple[Pair, tuple[Pair, ...]], ground: Ground, shortest_ms: int, worth: Worth) -> Ms | None:
    """The most that outages of their own in the unsure time of a cluster are worth; None: any number fits."""
    run, sure = cluster
    total: Ms = 0
    frame = ground.frame
    for gap in Intervals.span(*run) - Intervals(sure):
        length = ground.most.clip(*gap).clip(frame.start_ms, frame.end_ms).measure
        if length and not shortest_ms:
            return None
        count = int(length // shortest_ms) if shortest_ms else 0
        total += worth.hidden(count, length) if count else 0
    return total


def _at_resolution(line: Timeline, resolution_ms: int) -> Timeline:
    fine = line.at_resolution(resolution_ms)
    return Timeline(
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        down=line.down,
        maybe=line.maybe & fine,
        unknown=line.unknown & fine,
        cuts=line.cuts,
    )


def _estimate(line: Timeline, ground: Ground, rule: Recognition, worth: Worth) -> Ms:
    """The worth of the outages of the best estimate, each as it stands."""
    best = Timeline(start_ms=line.start_ms, end_ms=line.end_ms, down=line.point, cuts=line.cuts)
    runs = pieces(_recognised(best, ground.least, rule).down, line.cuts)
    total: Ms = 0
    for start, end in runs:
        total += _worth_of(Box(start, start, end, end), ground, rule, worth)[0]
    return total


def number() -> Worth:
    """Outages by number."""
    return Worth(of=lambda _least, _most: (1, 1), hidden=lambda count, _length: count)


def length(unit_ms: int, excess_ms: int = 0) -> Worth:
    """Outages by length, each rounded up to whole units, or what exceeds `excess_ms` of it."""

    def up(span: Ms) -> Ms:
        return -(-max(span - excess_ms, 0) // unit_ms) * unit_ms if unit_ms else max(span - excess_ms, 0)

    return Worth(
        of=lambda least, most: (up(least), up(most)),
        hidden=lambda count, span: span + count * unit_ms,
    )


def lookup(ranged: Callable[[Ms, Ms], tuple[Ms, Ms]], shortest_ms: int) -> Worth:
    """Outages by a table: `ranged` gives the least and the most that lengths from … to … are paid."""
    return Worth(of=ranged, hidden=lambda count, span: count * ranged(shortest_ms, span)[1])
