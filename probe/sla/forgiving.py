"""Which failed requests are forgiven, and what a cap leaves of windows that speak of some of the checks.

A cap counts forgiven downtime, not the length of windows: under a rule about requests a failed one stands for the
time until the next is due, and the first of them in the windows use the cap up (availability.md, section 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from probe.model import State
from probe.sla.frame import Frame, Pardon, earliest
from probe.sla.interval import EMPTY, Intervals
from probe.sla.requests import Bucket, Request, Requests, attempts
from probe.sla.timeline import Timeline


def excused(frame: Frame, given: Requests, *, at_worst: bool = False) -> Intervals:
    """The instants of the period at which a failure is forgiven. at_worst: if all that is unknown had failed too."""
    whole = Intervals.span(frame.start_ms, frame.end_ms)
    is_capped = any(each.cap_ms is not None for each in frame.pardons)
    failing = frame.inside(_failing(given, frame.start_ms, frame.end_ms, at_worst=at_worst)) if is_capped else EMPTY
    found = EMPTY
    for pardon in frame.pardons:
        found |= _until_used_up(failing - found, pardon) & whole
    return found


def pardoned(given: Requests, pardons: Iterable[Pardon], start_ms: int, end_ms: int) -> Requests:
    """The requests with those forgiven that lie in windows; under a cap the failed ones only, as long as it lasts."""
    failing = _failing(given, start_ms, end_ms, at_worst=False).clip(start_ms, end_ms)
    free = sure = EMPTY
    for pardon in pardons:
        if pardon.cap_ms is None:
            free |= pardon.windows
        sure |= _until_used_up(failing - sure, pardon)
    counts = given.buckets
    return replace(
        given,
        samples=[_forgiven(each, free, sure) for each in given.samples],
        buckets=None if counts is None else [_without_errors(each, free, sure) for each in counts],
    )


def excuse(line: Timeline, pardon: Pardon, start_ms: int, end_ms: int) -> Timeline:
    """A check's time line without what windows forgive it; under a cap each bound by itself, the earliest first."""
    if pardon.cap_ms is None:
        return line.without(pardon.windows)
    inside, cap_ms = pardon.windows.clip(start_ms, end_ms), pardon.cap_ms
    down, observed, worst, point = (
        each - earliest(each & inside, cap_ms) for each in (line.down, line.observed, line.worst, line.point)
    )
    return Timeline(
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        down=down,
        maybe=observed - down,
        unknown=worst - observed,
        half=point - down,
        cuts=line.cuts,
    )


def _until_used_up(failing: Intervals, pardon: Pardon) -> Intervals:
    """The windows as far as their cap lasts."""
    if pardon.cap_ms is None:
        return pardon.windows
    meant = failing & pardon.windows
    beyond = meant - earliest(meant, pardon.cap_ms)
    return pardon.windows.clip(pardon.windows.pairs[0][0], beyond.pairs[0][0]) if beyond else pardon.windows


def _failing(given: Requests, start_ms: int, end_ms: int, *, at_worst: bool) -> Intervals:
    """The time that failed requests stand for."""
    if given.buckets is not None:
        starts = [each.start_ms for each in given.buckets]
        step = min((after - before for before, after in pairwise(sorted(set(starts)))), default=given.interval_ms)
        bad = [each.start_ms for each in given.buckets if each.errors or (at_worst and each.unknown)]
        return Intervals.of((at_ms, at_ms + step) for at_ms in bad)
    wanted = {State.DOWN, State.UNKNOWN} if at_worst else {State.DOWN}
    step = given.interval_ms
    return Intervals.of((at_ms, at_ms + step) for at_ms, state in attempts(given, start_ms, end_ms) if state in wanted)


def _forgiven(each: Request, free: Intervals, sure: Intervals) -> Request:
    is_forgiven = free.covers(each.at_ms) or (each.state is State.DOWN and sure.covers(each.at_ms))
    return each._replace(state=State.UP) if is_forgiven else each


def _without_errors(each: Bucket, free: Intervals, sure: Intervals) -> Bucket:
    if free.covers(each.start_ms):
        return Bucket(each.start_ms, each.requests + each.unknown, 0)
    return each._replace(errors=0) if sure.covers(each.start_ms) else each
