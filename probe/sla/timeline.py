"""The spans of a check as sets: certainly down, perhaps down, unknown; and several checks as one.

S, Q and N of availability.md, section 2, over a universe that reaches beyond the period, because
runs are recognised whole. Whose fault, what is forgiven and how a provider counts come later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from probe.model import Span, SpanClass, State
from probe.sla.assessment import Ms
from probe.sla.interval import EMPTY, Intervals, Pair, at_least, pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What is known over [start_ms, end_ms): disjoint sets, the rest is certainly up.

    half: the halves of transitions that the best estimate takes for down. cuts: sorted instants at
    which the thing was certainly up although the sets touch there; no run reaches across one.
    observed: S ∪ Q, down if all unknown time had been up. worst: S ∪ Q ∪ N, the largest down-set
    that the samples allow.
    """

    start_ms: int
    end_ms: int
    down: Intervals = EMPTY
    maybe: Intervals = EMPTY
    unknown: Intervals = EMPTY
    half: Intervals = EMPTY
    cuts: tuple[Ms, ...] = ()
    observed: Intervals = field(init=False, repr=False)
    worst: Intervals = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out the two sums that every figure needs."""
        object.__setattr__(self, "observed", self.down | self.maybe)
        object.__setattr__(self, "worst", self.observed | self.unknown)

    @property
    def point(self) -> Intervals:
        """The best estimate: S and half of each transition."""
        return self.down | self.half

    @property
    def up(self) -> Intervals:
        """Certainly up."""
        return Intervals.span(self.start_ms, self.end_ms) - self.worst

    def at_resolution(self, resolution_ms: int) -> Intervals:
        """S and every run of S ∪ Q ∪ N, cut where certainly up, of at least that length (H_r)."""
        runs = pieces(self.worst, self.cuts)
        long_enough = [run for run in runs if run[1] - run[0] >= resolution_ms]
        return self.worst if len(long_enough) == len(runs) else self.down | Intervals.sorted_of(long_enough)

    def without(self, excused: Intervals) -> Timeline:
        """The same with nothing said against `excused`."""
        if not excused:
            return self
        return Timeline(
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            down=self.down - excused,
            maybe=self.maybe - excused,
            unknown=self.unknown - excused,
            half=self.half - excused,
            cuts=self.cuts,
        )


def of_spans(spans: Iterable[Span], start_ms: int, end_ms: int) -> Timeline:
    """The spans of one check, in time order, over [start_ms, end_ms); what none covers is unknown.

    Where spans overlap (a clock was corrected afterwards) nothing is known either.
    """
    sets: dict[SpanClass, list[Pair]] = {cls: [] for cls in SpanClass}
    holes: list[Pair] = []
    disputed: list[Pair] = []
    cuts: list[Ms] = []
    cursor, last = start_ms, State.UNKNOWN
    for start, end, cls, _, _, first, after, _ in spans:
        if start > cursor:
            holes.append((cursor, start))
            if last is State.UP:
                cuts.append(cursor)  # nothing is known after a good sample
        elif start < cursor:
            disputed.append((max(start, start_ms), min(cursor, end)))
        cursor, last = end if end > cursor else cursor, after
        if cls is not SpanClass.UP:
            sets[cls].append((start, end))
            if first is State.UP:
                cuts.append(start)
    holes.append((cursor, end_ms))
    if last is State.UP and cursor < end_ms:
        cuts.append(cursor)
    timeline = _of_sets(sets, holes, (start_ms, end_ms), tuple(cuts))
    doubt = Intervals.of(disputed).clip(start_ms, end_ms)
    return _doubted(timeline, doubt) if doubt else timeline


def combined(timelines: Sequence[Timeline], count: int) -> Timeline:
    """Several checks as one thing that is down while at least `count` of them are (Kleene logic)."""
    if len(timelines) == count == 1:
        return timelines[0]
    down = at_least([each.down for each in timelines], count)
    observed = at_least([each.observed for each in timelines], count)
    worsts = [each.worst for each in timelines]
    return Timeline(
        start_ms=timelines[0].start_ms,
        end_ms=timelines[0].end_ms,
        down=down,
        maybe=observed - down,
        unknown=at_least(worsts, count) - observed,
        half=at_least([each.point for each in timelines], count) - down,
        cuts=_common_cuts(timelines, worsts, len(timelines) - count + 1),
    )


def _of_sets(
    sets: dict[SpanClass, list[Pair]], holes: list[Pair], bounds: tuple[int, int], cuts: tuple[Ms, ...]
) -> Timeline:
    falls, rises = sets[SpanClass.TRANS_DOWN], sets[SpanClass.TRANS_UP]
    maybe = Intervals.of(falls + rises + sets[SpanClass.SUSPECT])
    half = [(_middle(a, b), b) for a, b in falls] + [(a, _middle(a, b)) for a, b in rises]
    start_ms, end_ms = bounds
    return Timeline(
        start_ms=start_ms,
        end_ms=end_ms,
        down=Intervals.of(sets[SpanClass.DOWN]).clip(start_ms, end_ms),
        maybe=maybe.clip(start_ms, end_ms),
        unknown=Intervals.of(sets[SpanClass.UNKNOWN] + holes).clip(start_ms, end_ms),
        half=Intervals.of(half).clip(start_ms, end_ms),
        cuts=cuts,
    )


def _doubted(timeline: Timeline, doubt: Intervals) -> Timeline:
    known = timeline.without(doubt)
    return Timeline(
        start_ms=known.start_ms,
        end_ms=known.end_ms,
        down=known.down,
        maybe=known.maybe,
        unknown=known.unknown | doubt,
        half=known.half,
        cuts=tuple(cut for cut in known.cuts if not doubt.covers(cut)),
    )


def _middle(start: Ms, end: Ms) -> Ms:
    total = start + end
    return total // 2 if total % 2 == 0 else Fraction(total, 2)


def _common_cuts(timelines: Sequence[Timeline], worsts: Sequence[Intervals], needed: int) -> tuple[Ms, ...]:
    """The cuts at which at least `needed` of the timelines are certainly up."""
    candidates = sorted({cut for each in timelines for cut in each.cuts})
    return tuple(
        cut
        for cut in candidates
        if sum(_is_cut(each, cut) or not worst.covers(cut) for each, worst in zip(timelines, worsts, strict=True))
        >= needed
    )


def _is_cut(timeline: Timeline, instant: Ms) -> bool:
    i = bisect_left(timeline.cuts, instant)
    return i < len(timeline.cuts) and timeline.cuts[i] == instant
