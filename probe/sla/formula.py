"""The ten archetypes of published terms, one small function each, in one table (availability.md, section 5).

Each takes a time line and a reading of the terms, and gives the downtime that counts in ms with its
bounds. Rules about requests give their share of the denominator, so that one budget judges them all.
`DECIDES` holds what decides instead, for the archetypes that never compare a percentage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from probe.sla import days, events, forgiving, rows
from probe.sla.assessment import Figures, Ms
from probe.sla.basis import Basis
from probe.sla.counting import Grid, bad_days, cells, counted
from probe.sla.interval import Intervals
from probe.sla.requests import Bucket, BucketRule, Requests, Share, as_time, bad_share, buckets, mean_rate, pooled
from probe.sla.timeline import Timeline

Formula = Callable[[Timeline, Basis], Figures]


def measured(line: Timeline, basis: Basis) -> Figures:
    """Counted downtime in ms: proven, best estimate, and the bounds above it."""
    return FORMULAS[basis.rule.archetype](line, basis)


def decisive(line: Timeline, basis: Basis) -> Figures | None:
    """What decides where no percentage does: anything above zero is a miss. None: the budget decides."""
    decides = DECIDES.get(basis.rule.archetype) if basis.rows or basis.rule.archetype == "F8" else None
    return decides(line, basis) if decides else None


def is_per_event(basis: Basis) -> bool:
    """Whether outages are bounded one by one, not by the down-sets."""
    return basis.rule.is_per_event or (basis.rule.archetype == "F5" and bool(basis.rows))


def counts_requests(basis: Basis) -> bool:
    """Whether requests are counted, not time."""
    return basis.rule.archetype in {"F3", "F4"} or (basis.requests is not None and basis.bucket_rule is not None)


def total(found: Sequence[Figures | None], weights: Sequence[Fraction] | None = None) -> Figures | None:
    """Figures of several subjects added up, each by its weight; None where one is; not bounded where one is not."""
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None
    if len(known) == 1 and (weights is None or weights[0] == 1):
        return known[0]
    by = weights or [Fraction(1)] * len(known)
    low, point, observed, high, fine = (_bounded(known, by, place) for place in range(5))
    return Figures(low or 0, point or 0, observed or 0, high, fine)


def interruptions(line: Timeline, basis: Basis) -> Figures:
    """The number of outages in the period, however short, bounded; one belongs where it starts."""
    every = events.Recognition(edge="start", net=basis.rule.net)
    return events.tally(line, basis.frame, every, events.number(), basis.resolution_ms)


def each_set(line: Timeline, resolution_ms: int, count: Callable[[Intervals], Ms]) -> Figures:
    """A monotone figure on S, on the best estimate, on S ∪ Q, on S ∪ Q ∪ N and at the declared resolution."""
    worst, fine = line.worst, line.at_resolution(resolution_ms)
    low, observed = count(line.down), count(line.observed)
    high = count(worst) if line.unknown else observed
    at_resolution = high if fine is worst else count(fine)
    return Figures(low, count(line.point), observed, high, at_resolution)


def time_ratio(line: Timeline, basis: Basis) -> Figures:
    """F1: downtime as the rule recognises and rounds it."""
    rule, frame = basis.rule, basis.frame
    if rule.is_per_event:
        unit = rule.rounding.unit_ms if rule.rounding and rule.rounds_up_each else 0
        worth = events.length(unit, rule.shortest_ms if rule.excess else 0)
        return events.tally(line, frame, basis.recognition, worth, basis.resolution_ms)
    return each_set(line, basis.resolution_ms, lambda down: counted(rule, down, line.cuts, frame))


def bad_buckets(line: Timeline, basis: Basis) -> Figures:
    """F2: bad intervals, by their error rate where requests are counted, else by the time line."""
    if basis.bucket_rule is None or basis.requests is None:
        return time_ratio(line, basis)
    rule = basis.bucket_rule
    return _of_requests(basis, basis.requests, lambda found: bad_share(found, rule))


def mean_of_buckets(line: Timeline, basis: Basis) -> Figures:
    """F3: the unweighted mean of the intervals' error rates."""
    del line
    empty = (basis.bucket_rule or BucketRule()).empty
    return _of_requests(basis, basis.requests or Requests(), lambda found: mean_rate(found, empty))


def pooled_requests(line: Timeline, basis: Basis) -> Figures:
    """F4: failed requests among all."""
    del line
    return _of_requests(basis, basis.requests or Requests(), pooled)


def affected_share(line: Timeline, basis: Basis) -> Figures:
    """F9: downtime weighted with the share of customers that it hit."""
    least, most = basis.share
    figures = time_ratio(line, basis)
    high = None if figures.high is None else figures.high * most
    fine = None if figures.at_resolution is None else figures.at_resolution * most
    point = figures.point * (least + most) / 2
    return Figures(figures.low * least, point, figures.observed_high * most, high, fine)


def in_intervals(basis: Basis, given: Requests, excused: Intervals) -> tuple[Bucket, ...]:
    """The requests by the intervals of the period that a reading counts them in."""
    frame = basis.frame
    found = buckets(given, starts(basis, given), frame.end_ms, excused)
    return found if frame.hours is None else tuple(each for each in found if frame.hours.covers(each.start_ms))


def starts(basis: Basis, given: Requests) -> tuple[int, ...]:
    """Where the intervals begin, also those outside service hours."""
    grid = basis.rule.grid or Grid(cell_ms=given.interval_ms, anchor="period")
    return cells(grid, basis.frame)


def _of_requests(basis: Basis, given: Requests, share_of: Callable[..., Share]) -> Figures:
    excused = forgiving.excused(basis.frame, given)
    least = forgiving.excused(basis.frame, given, at_worst=True)
    share = share_of(in_intervals(basis, given, excused))
    if least != excused:
        share = share._replace(high=share_of(in_intervals(basis, given, least)).high)
    low, point, high = as_time(share, basis.denominator_ms)
    return Figures(low, low if point is None else min(max(point, low), high), low, high, high)


def _bounded(known: Sequence[Figures], weights: Sequence[Fraction], place: int) -> Fraction | None:
    values = [each[place] for each in known]
    if None in values:
        return None
    return sum(((value or 0) * weight for value, weight in zip(values, weights, strict=True)), Fraction(0))


def _paid_events(line: Timeline, basis: Basis) -> Figures:
    """F5: outages that some row pays for, by number."""
    worth = events.lookup(lambda least, most: rows.pays(basis.rows, least, most), basis.rule.shortest_ms)
    recognition = replace(basis.recognition, edge="start")
    return events.tally(line, basis.frame, recognition, worth, basis.resolution_ms)


def _paid_total(line: Timeline, basis: Basis) -> Figures:
    """F6: whether a row pays for the downtime of the whole period."""
    figures = time_ratio(line, basis)
    high = figures.high
    least = rows.pays(basis.rows, figures.low, figures.low if high is None else high)[0]
    most = None if high is None else rows.pays(basis.rows, figures.low, high)[1]
    fine = None if figures.at_resolution is None else rows.pays(basis.rows, figures.low, figures.at_resolution)[1]
    point = rows.pays(basis.rows, figures.point, figures.point)[0]
    return Figures(least, point, rows.pays(basis.rows, figures.low, figures.observed_high)[1], most, fine)


def qualifying_days(line: Timeline, basis: Basis) -> Figures:
    """F8: local days with a qualifying outage."""
    if basis.rule.day_edge != "split":
        return days.placed(basis.rule, line, basis.frame, basis.resolution_ms)
    return each_set(line, basis.resolution_ms, lambda down: bad_days(basis.rule, down, line.cuts, basis.frame))


FORMULAS: Final[Mapping[str, Formula]] = {
    "F1": time_ratio,
    "F2": bad_buckets,
    "F3": mean_of_buckets,
    "F4": pooled_requests,
    "F5": time_ratio,
    "F6": time_ratio,
    "F7": time_ratio,
    "F8": time_ratio,
    "F9": affected_share,
    "F10": time_ratio,
}
"""Counted downtime by archetype; of F10 it only stands beside the metric (`probe.sla.metrics`)."""

DECIDES: Final[Mapping[str, Formula]] = {
    "F5": _paid_events,
    "F6": _paid_total,
    "F8": qualifying_days,
}
