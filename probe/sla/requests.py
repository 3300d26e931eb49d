"""Rules about requests, not time: buckets, their error rates, and the share that counts as down.

The low figure takes every unseen or unknown request as good, the high one as bad. What an empty
bucket is worth is for the terms to say, and only of one that is provably empty (metrology, V26).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter
from typing import Final, NamedTuple

from probe.model import State
from probe.sla.assessment import Ms
from probe.sla.interval import Intervals

EMPTY_BUCKETS: Final = ("up", "down", "skip")
BACKOFF_MS: Final = (1000, 2000, 4000, 8000, 16_000, 32_000)
"""How long a retry must wait after each failure in a row to count (rule `honour_backoff`)."""


class Request(NamedTuple):
    """One attempt of the grid. burst_us: the round trips of its packets in µs, None for a lost one."""

    at_ms: int
    state: State
    latency_us: int | None = None
    burst_us: tuple[int | None, ...] = ()


class Bucket(NamedTuple):
    """The requests of one interval. unknown: not judged or not seen; all zero: provably none were made."""

    start_ms: int
    requests: int
    errors: int
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """The requests of one check: its grid attempts in time order, or counts handed in.

    interval_ms: the spacing of the grid. timeout_ms: no answer came later. buckets: counts by
    interval, from whoever sees the requests; an interval that is not in them had none.
    """

    samples: Sequence[Request] = ()
    interval_ms: int = 60_000
    timeout_ms: int | None = None
    buckets: Sequence[Bucket] | None = None


class Share(NamedTuple):
    """A share between 0 and 1: at least, as seen (None: nothing was), at most."""

    low: Fraction
    point: Fraction | None
    high: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketRule:
    """When an interval is bad. more_than: the error rate that must be exceeded; None: all must fail.

    any_fail: one failure suffices. empty: what an empty interval is; None: not stated.
    """

    more_than: Fraction | None = None
    any_fail: bool = False
    min_requests: int = 0
    empty: str | None = None

    def is_bad(self, requests: int, errors: int) -> bool:
        """Whether so many errors among so many requests make an interval bad."""
        if requests < max(self.min_requests, 1):
            return False
        if self.any_fail:
            return errors > 0
        return errors == requests if self.more_than is None else errors > self.more_than * requests


def buckets(given: Requests, cells: Sequence[int], end_ms: int, excused: Intervals) -> tuple[Bucket, ...]:
    """The requests by interval; `cells` are the sorted starts, the last ends at `end_ms`. Excused failures are good."""
    counts = [[0, 0, 0] for _ in cells]
    for bucket in given.buckets or ():
        i = bisect_right(cells, bucket.start_ms) - 1
        if i >= 0 and bucket.start_ms < end_ms:
            is_excused = excused.covers(bucket.start_ms)
            judged = bucket.requests + (bucket.unknown if is_excused else 0)
            _add(counts[i], (judged, 0, 0) if is_excused else bucket[1:])
    if given.buckets is None:
        _of_samples(given, cells, end_ms, excused, counts)
    return tuple(Bucket(start, *count) for start, count in zip(cells, counts, strict=True))


def _of_samples(
    given: Requests, cells: Sequence[int], end_ms: int, excused: Intervals, counts: list[list[int]]
) -> None:
    if not cells:
        return
    for at_ms, state in attempts(given, cells[0], end_ms):
        is_good = state is State.UP or excused.covers(at_ms)
        seen = (1, 0, 0) if is_good else (1, 1, 0) if state is State.DOWN else (0, 0, 1)
        _add(counts[bisect_right(cells, at_ms) - 1], seen)
    for start, count in zip(cells, counts, strict=True):
        if not any(count):
            _add(count, (1, 0, 0) if excused.covers(start) else (0, 0, 1))


def _add(count: list[int], more: Iterable[int]) -> None:
    for i, each in enumerate(more):
        count[i] += each


def attempts(given: Requests, start_ms: int, end_ms: int) -> Iterator[tuple[int, State]]:
    """Every attempt of the grid in [start_ms, end_ms), those that were due and are missing as unknown."""
    inside = [each for each in given.samples if start_ms <= each.at_ms < end_ms]
    yield from ((each.at_ms, each.state) for each in inside)
    step = given.interval_ms
    edges = [start_ms - step, *(each.at_ms for each in inside), end_ms]
    for before, after in pairwise(edges):
        at_ms = before + step
        while 2 * (after - at_ms) >= step:
            yield max(at_ms, start_ms), State.UNKNOWN
            at_ms += step


def charged(given: Requests, witnessed: Intervals, wait_ms: int) -> Requests:
    """The requests as a claim: one that failed while no reference was certainly up, until its timeout, is unknown."""
    if all(each.state is not State.DOWN for each in given.samples):
        return given
    return replace(given, samples=[_charged(each, witnessed, wait_ms) for each in given.samples])


def _charged(each: Request, witnessed: Intervals, wait_ms: int) -> Request:
    is_theirs = each.state is not State.DOWN or witnessed.holds(each.at_ms, each.at_ms + wait_ms)
    return each if is_theirs else Request(each.at_ms, State.UNKNOWN)


def merged(given: Sequence[Requests]) -> Requests:
    """The requests of several checks as those of one; counts are used where any are handed in."""
    if len(given) == 1:
        return given[0]
    counts = [bucket for each in given for bucket in each.buckets or ()]
    return Requests(
        samples=sorted((sample for each in given for sample in each.samples), key=itemgetter(0)),
        interval_ms=max(each.interval_ms for each in given),
        timeout_ms=max((each.timeout_ms for each in given if each.timeout_ms is not None), default=None),
        buckets=counts if any(each.buckets is not None for each in given) else None,
    )


def backed_off(samples: Sequence[Request]) -> tuple[Request, ...]:
    """The samples without retries that came sooner after a failure than the duty to back off allows."""
    kept: list[Request] = []
    failures, allowed_ms = 0, None
    for each in samples:
        if each.state is State.DOWN:
            if allowed_ms is not None and each.at_ms < allowed_ms:
                continue
            allowed_ms = each.at_ms + BACKOFF_MS[min(failures, len(BACKOFF_MS) - 1)]
            failures += 1
        else:
            failures, allowed_ms = 0, None
        kept.append(each)
    return tuple(kept)


def mean_rate(cells: Sequence[Bucket], empty: str | None) -> Share:
    """F3: the unweighted mean of the intervals' error rates."""
    return _mean([rate for rate in rates(cells, empty) if rate is not None])


def rates(cells: Sequence[Bucket], empty: str | None) -> list[Share | None]:
    """The error rate of each interval; None for one that is left out."""
    return [_rate(cell, empty) for cell in cells]


def bad_share(cells: Sequence[Bucket], rule: BucketRule) -> Share:
    """F2: the share of intervals that are bad."""
    return _mean([bad for bad in bads(cells, rule) if bad is not None])


def bads(cells: Sequence[Bucket], rule: BucketRule) -> list[Share | None]:
    """Whether each interval is bad, as a share of 0 or 1; None for one that is left out."""
    return [_bad(cell, rule) for cell in cells]


def pooled(cells: Sequence[Bucket]) -> Share:
    """F4: errors among all requests, whenever they were made."""
    requests, errors, unknown = (sum(cell[i] for cell in cells) for i in (1, 2, 3))
    total = requests + unknown
    if not total:
        return Share(Fraction(0), None, Fraction(0))
    point = Fraction(errors, requests) if requests else None
    return Share(Fraction(errors, total), point, Fraction(errors + unknown, total))


def per_error(cells: Sequence[Bucket], shares: Sequence[Share | None]) -> tuple[Fraction, ...]:
    """What one error of each interval adds to the mean of the low shares; all errors together are that mean.

    shares: of each interval, None for one that is left out.
    """
    number = sum(share is not None for share in shares)
    return tuple(
        share.low / cell.errors / number if share and cell.errors else Fraction(0)
        for cell, share in zip(cells, shares, strict=True)
    )


def per_pooled_error(cells: Sequence[Bucket]) -> tuple[Fraction, ...]:
    """The same for all requests as one."""
    total = sum(cell.requests + cell.unknown for cell in cells)
    return (Fraction(1, total) if total else Fraction(0),) * len(cells)


def _rate(cell: Bucket, empty: str | None) -> Share | None:
    total = cell.requests + cell.unknown
    if not total:
        return _empty(empty)
    point = Fraction(cell.errors, cell.requests) if cell.requests else None
    return Share(Fraction(cell.errors, total), point, Fraction(cell.errors + cell.unknown, total))


def _bad(cell: Bucket, rule: BucketRule) -> Share | None:
    total = cell.requests + cell.unknown
    if not total:
        return _empty(rule.empty)
    if not cell.requests:
        return Share(Fraction(0), None, Fraction(1))
    low = cell.requests >= rule.min_requests and rule.is_bad(total, cell.errors)
    point, high = rule.is_bad(cell.requests, cell.errors), rule.is_bad(total, cell.errors + cell.unknown)
    return Share(Fraction(low), Fraction(point), Fraction(high))


def _empty(word: str | None) -> Share | None:
    """What an interval without any request is: a share, any share where unstated, None when it is left out."""
    if word == "skip":
        return None
    if word is None:
        return Share(Fraction(0), None, Fraction(1))
    value = Fraction(word == "down")
    return Share(value, value, value)


def _mean(shares: Sequence[Share]) -> Share:
    if not shares:
        return Share(Fraction(0), None, Fraction(0))
    seen = [share.point for share in shares if share.point is not None]
    low = sum((share.low for share in shares), Fraction(0)) / len(shares)
    high = sum((share.high for share in shares), Fraction(0)) / len(shares)
    return Share(low, sum(seen, Fraction(0)) / len(seen) if seen else None, high)


def as_time(share: Share, whole_ms: Ms) -> tuple[Ms, Ms | None, Ms]:
    """A share as milliseconds of the denominator, so that one budget judges time and requests."""
    point = None if share.point is None else share.point * whole_ms
    return share.low * whole_ms, point, share.high * whole_ms
