"""What one reading owes for: the figures that remedies are worked out from, gathered from its judgement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from probe.sla import events, formula, period, wallclock
from probe.sla.assessment import Bounds, Ms, PeriodSpan, Promise, Verdict
from probe.sla.basis import Basis
from probe.sla.bill import Owed
from probe.sla.clauses import Remedy
from probe.sla.events import Worth
from probe.sla.interval import Intervals
from probe.sla.period import PeriodKind
from probe.sla.quantities import rounded
from probe.sla.terms import Terms
from probe.sla.verdict import Judgement, Part, totalled

HOUR_MS: Final = 3_600_000
SHORTEST_MONTH_MS: Final = 28 * 24 * HOUR_MS - HOUR_MS
LONGEST_MONTH_MS: Final = 31 * 24 * HOUR_MS + HOUR_MS
NOTHING: Final = Bounds(Fraction(0), None, Fraction(1))


def owed(
    parts: Sequence[Part], found: Judgement, promise: Promise | None, base_ms: Ms, remedies: Sequence[Remedy]
) -> Owed:
    """Everything that these remedies may ask of one reading. base_ms: the time that the fee is paid for."""
    basis = found.basis
    lost = found.downtime
    if any(each.kind == "lost_time" for each in remedies):
        lost = totalled(parts, replace(basis, rule=replace(basis.rule, grid=None, rounding=None)))
    return Owed(
        availability=_compared(found.availability or NOTHING, basis),
        lost=(lost.low, lost.high),
        downtime=(found.downtime.low, found.downtime.high),
        base_ms=base_ms,
        budget_ms=found.budget_ms or 0,
        missed=(found.verdict is Verdict.MISSED, _may_be_missed(found, promise)),
        per_event=_per_event(parts, basis),
        per_hour=_per_hour(parts, basis),
        days=_days(parts, basis),
        shortest_ms=basis.rule.shortest_ms,
        round_result=basis.round_result,
    )


def fee_span(terms: Terms, span: PeriodSpan) -> Ms:
    """The time that a monthly fee is paid for: the terms' own, else a month of the period, or the one it begins in."""
    if terms.fixed_period_ms:
        return terms.fixed_period_ms
    length, months = span.end_ms - span.start_ms, period.months_of(terms.period)
    if span.is_calendar and months > 1:
        return Fraction(length, months)
    if SHORTEST_MONTH_MS <= length <= LONGEST_MONTH_MS:
        return length
    month = period.containing(PeriodKind("calendar_month"), span.start_ms, span.timezone, span.end_ms)
    return month.end_ms - month.start_ms


def _compared(bounds: Bounds, basis: Basis) -> Bounds:
    """The availability as the terms compare it."""
    if basis.round_result is None:
        return bounds
    decimals = basis.round_result + 2
    return Bounds(rounded(bounds.low, decimals), bounds.point, rounded(bounds.high, decimals))


def _may_be_missed(found: Judgement, promise: Promise | None) -> bool:
    """Whether the highest downtime breaks the promise, or what decides otherwise leaves that open."""
    if found.verdict is not Verdict.MET or promise is None or found.availability is None:
        return found.verdict is not Verdict.MET
    low = found.availability.low
    return low <= promise.target if promise.op == ">" else low < promise.target


def _per_event(parts: Sequence[Part], basis: Basis) -> Callable[[Worth], tuple[Ms, Ms | None]]:
    rule = replace(basis.recognition, edge="start" if basis.rule.edge == "split" else basis.rule.edge)

    def worth_of_all(worth: Worth) -> tuple[Ms, Ms | None]:
        found = [events.tally(part.known, basis.frame, rule, worth, basis.resolution_ms) for part in parts]
        whole = formula.total(found) or found[0]
        return whole.low, whole.high

    return worth_of_all


def _per_hour(parts: Sequence[Part], basis: Basis) -> Callable[[Callable[[Ms], Ms]], tuple[Ms, Ms]]:
    def worth_of_all(worth: Callable[[Ms], Ms]) -> tuple[Ms, Ms]:
        ends: list[Ms] = [0, 0]
        for part in parts:
            for i, down in enumerate((part.known.down, part.known.worst)):
                ends[i] += sum((worth(each) for each in by_hour(down, basis)), Fraction(0))
        return ends[0], ends[1]

    return worth_of_all


def by_hour(down: Intervals, basis: Basis) -> list[Ms]:
    """The downtime in each clock hour of the period that has any, on the wall clock of its zone."""
    frame = basis.frame
    where = wallclock.zone(frame.zone)
    hours: dict[int, Ms] = {}
    for first, end in frame.excuse(frame.inside(down)):
        start = first
        while start < end:
            wall = start + wallclock.offset_ms(int(start), where)
            until = min(end, start - wall % HOUR_MS + HOUR_MS)
            key = int(start - wall % HOUR_MS)
            hours[key] = hours.get(key, 0) + until - start
            start = until
    return list(hours.values())


def _days(parts: Sequence[Part], basis: Basis) -> tuple[Ms, Ms | None]:
    if basis.rule.archetype != "F8":
        return 0, 0
    found = formula.total([formula.qualifying_days(part.known, basis) for part in parts])
    return (found.low, found.high) if found else (0, 0)
