"""F8: local days with an outage that qualifies, where one that crosses midnight belongs to the day of one end.

Which of the two, `edge` says; where it says "split", each day's part counts by itself (`counting.bad_days`).
These counts are not monotone in the down-set: two outages that may be one may fall on one day, not two.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from probe.sla.assessment import Figures, Ms
from probe.sla.counting import Counting, is_long_enough
from probe.sla.frame import Frame
from probe.sla.interval import Intervals, Pair, pieces
from probe.sla.timeline import Timeline

NOWHERE: Final = -1


def placed(rule: Counting, line: Timeline, frame: Frame, resolution_ms: int) -> Figures:
    """The days of the period with an outage that belongs to them: surely, as estimated, at most."""
    return Figures(
        _surely(rule, line, frame),
        len(_of(rule, line.point, line.cuts, frame)),
        _at_most(rule, line, line.observed, frame),
        _at_most(rule, line, line.worst, frame),
        _at_most(rule, line, line.at_resolution(resolution_ms), frame),
    )


def crosses_midnight(down: Intervals, frame: Frame) -> bool:
    """Whether anything in a down-set lies over a midnight of the period."""
    midnights = [start for start, _ in frame.days()]
    return any(
        start < midnight < end for start, end in down.clip(frame.start_ms, frame.end_ms) for midnight in midnights
    )


def _surely(rule: Counting, line: Timeline, frame: Frame) -> int:
    """The fewest days on which the outages that are proven can fall, each anywhere between its bounds."""
    down = _seen(rule, line.down, frame)
    left = _left(line.down, frame)
    ranges: list[tuple[int, int]] = []
    for run in pieces(line.worst, line.cuts):
        long_enough = [piece for piece in down.clip(*run) if _qualifies(piece, rule, left)]
        if long_enough:
            first, last = _bounds(rule, run, long_enough)
            days = _day(rule, first, frame), _day(rule, last, frame)
            if NOWHERE not in days:
                ranges.append(days)
    found, reached = 0, NOWHERE
    for first_day, last_day in sorted(ranges, key=lambda each: each[1]):
        if first_day > reached:
            found, reached = found + 1, last_day
    return found


def _bounds(rule: Counting, run: Pair, sure: Sequence[Pair]) -> Pair:
    """Between which instants the outage of a cluster begins, or ends."""
    return (run[0], sure[0][0]) if rule.day_edge == "start" else (sure[-1][1], run[1])


def _of(rule: Counting, down: Intervals, cuts: Sequence[Ms], frame: Frame) -> set[int]:
    """The days to which the qualifying outages of one down-set belong."""
    left = _left(down, frame)
    runs = [run for run in pieces(_seen(rule, down, frame), cuts) if _qualifies(run, rule, left)]
    edge = 0 if rule.day_edge == "start" else 1
    return {day for run in runs if (day := _day(rule, run[edge], frame)) != NOWHERE}


def _at_most(rule: Counting, line: Timeline, down: Intervals, frame: Frame) -> int:
    """The most days that a down-set allows: a run that is proven whole has one, any other all that it reaches into."""
    days: set[int] = set()
    left = _left(down, frame)
    for run in pieces(_seen(rule, down, frame), line.cuts):
        if not _qualifies(run, rule, left):
            continue
        if line.down.clip(*run).pairs == (run,):
            days.add(_day(rule, run[0 if rule.day_edge == "start" else 1], frame))
        else:
            whole = Intervals.span(*run)
            days |= {i for i, day in enumerate(frame.days()) if whole.clip(*day)}
    return len(days - {NOWHERE})


def _qualifies(run: Pair, rule: Counting, left: Intervals) -> bool:
    """Whether an outage is long enough, and something of it is not forgiven."""
    return is_long_enough(run, rule) and bool(left.clip(*run))


def _seen(rule: Counting, down: Intervals, frame: Frame) -> Intervals:
    """That in which outages are recognised: gross, or what maintenance leaves of it."""
    return _left(down, frame) if rule.net else _served(down, frame)


def _left(down: Intervals, frame: Frame) -> Intervals:
    """What is not forgiven, in service hours, not yet cut to the period."""
    return frame.excuse(_served(down, frame))


def _served(down: Intervals, frame: Frame) -> Intervals:
    return down if frame.hours is None else down & frame.hours


def _day(rule: Counting, instant: Ms, frame: Frame) -> int:
    """The number of the day that an outage belongs to which begins, or ends, at an instant; NOWHERE outside."""
    days = frame.days()
    starts = [start for start, _ in days]
    is_start = rule.day_edge == "start"
    found = (bisect_right(starts, instant) if is_start else bisect_left(starts, instant)) - 1
    is_past = instant >= frame.end_ms if is_start else instant > frame.end_ms
    return NOWHERE if is_past else found
