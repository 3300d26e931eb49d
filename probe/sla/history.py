"""What the preceding periods add to a judgement: caps over several periods, rights to leave, misses in a row.

The earlier assessments are handed in, the latest first. A cap over several periods is applied only where each of
them was judged; else the credit stands uncapped and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from probe.sla import period, wallclock
from probe.sla.assessment import Assessment, Credit, PeriodSpan, Right, Verdict, Why
from probe.sla.bill import Bill
from probe.sla.clauses import Cap, Remedy, Termination
from probe.sla.terms import Terms

MONTHS: Final = {"quarter": 3, "12_months": 12}
"""How many months a cap over several periods spans."""
NOTHING: Final = Decimal("0.00")
Earlier = Sequence[Assessment | None]


def reach(terms: Terms | None) -> int:
    """How many preceding periods a judgement by these terms asks for; mostly none."""
    if terms is None:
        return 0
    caps = [_periods(cap, terms) for each in terms.remedies for cap in each.caps]
    rights = [_span(right) for each in terms.remedies for right in each.termination]
    rows = [each.consecutive_periods or 1 for each in terms.promises]
    return max([1, *caps, *rights, *rows]) - 1


def earlier_of(before: Sequence[Sequence[Assessment]], check: str | None, metric: str | None, number: int) -> Earlier:
    """The same promise for the same check in so many periods before, the latest first; None where it is not there."""
    found = [
        next((one for one in each if one.check == check and _metric(one) == metric), None) for each in before[:number]
    ]
    return [*found, *[None] * (number - len(found))]


def capped(credit: Credit, bills: Sequence[Bill], terms: Terms, span: PeriodSpan, earlier: Earlier) -> Credit:
    """The credit under the caps that hold for this and the periods before it together."""
    for bill in bills:
        for cap in bill.remedy.caps:
            if _periods(cap, terms) > 1:
                credit = _capped(credit, cap, bill, _within(cap, terms, span, earlier), alone=len(bills) == 1)
    return credit


def rights(terms: Terms, one: Assessment, before: Sequence[Sequence[Assessment]]) -> tuple[Right, ...]:
    """Every right to leave that belongs to an assessment's promise, and whether it is reached; None: open."""
    metric = _metric(one)
    found = []
    for each in terms.remedies:
        for right in each.termination:
            if _about(right, each, terms) == metric:
                seen = [one, *earlier_of(before, one.check, metric, _span(right) - 1)]
                found.append(Right(right.condition, _reached(right, seen)))
    return tuple(found)


def said(found: Sequence[Right]) -> tuple[str, ...]:
    """The rights that are reached or open, as sentences."""
    words = {True: "reached", None: "cannot be told"}
    return tuple(f"right to leave ({each.condition}): {words[each.reached]}" for each in found if each.reached in words)


def _periods(cap: Cap, terms: Terms) -> int:
    return max(MONTHS.get(cap.per or "", 1) // period.months_of(terms.period), 1)


def _span(right: Termination) -> int:
    return max(right.consecutive_periods or 1, right.periods or 1)


def _metric(one: Assessment) -> str | None:
    return one.promise.metric if one.promise else None


def _about(right: Termination, remedy: Remedy, terms: Terms) -> str | None:
    """The metric that a right to leave is about: its own, that of its remedy's promise, else of the first."""
    if right.metric:
        return right.metric
    named = [each.metric for each in terms.promises if remedy.promise in {each.name, each.metric}]
    return next(iter(named), terms.promise.metric if terms.promise else None)


def _within(cap: Cap, terms: Terms, span: PeriodSpan, earlier: Earlier) -> Earlier:
    """The earlier periods under the same cap: eleven months, or those of the same calendar quarter."""
    count = _periods(cap, terms) - 1
    if cap.per == "quarter":
        count = (wallclock.local(span.start_ms, wallclock.zone(span.timezone)).month - 1) % 3
    return earlier[:count]


def _capped(credit: Credit, cap: Cap, bill: Bill, earlier: Earlier, *, alone: bool) -> Credit:
    limit = bill.limit(cap)
    named = f"the cap per {(cap.per or '').replace('_', ' ')} is not applied"
    if limit is None:
        return credit  # said where the fee is missing
    paid = [_paid(one) for one in earlier]
    if not alone:
        return _noted(credit, f"{named}: it is for one of several credits")
    if None in paid:
        return _noted(credit, f"{named}: not all of the {len(paid)} periods before were judged")
    known = [each for each in paid if each is not None]
    least = limit - sum((top for _, top in known), Fraction(0))
    most = limit - sum((low for low, _ in known), Fraction(0))
    return credit._replace(certain=_under(credit.certain, least), possible=_under(credit.possible, most))


def _noted(credit: Credit, why: str) -> Credit:
    return credit._replace(why=tuple(dict.fromkeys((*credit.why, why))))


def _paid(one: Assessment | None) -> tuple[Fraction, Fraction] | None:
    """What an earlier period pays at least and at most; None where that is not known."""
    if one is None:
        return None
    if one.credit is None:
        is_settled = one.verdict is Verdict.MET or one.reason is Why.NO_TIME
        return (Fraction(0), Fraction(0)) if is_settled else None
    ends = one.credit.certain, one.credit.possible
    return None if None in ends or not one.coverage else (Fraction(ends[0] or 0), Fraction(ends[1] or 0))


def _under(amount: Decimal | None, limit: Fraction) -> Decimal | None:
    if amount is None or Fraction(amount) <= limit:
        return amount
    cents = max(limit, Fraction(0)) * 100 // 1
    return Decimal(cents).scaleb(-2).quantize(NOTHING)


def _reached(right: Termination, seen: Earlier) -> bool | None:
    """Whether a right is reached: the condition held now, in each of some periods, or in so many of them."""
    found = [None if one is None else _holds(right, one) for one in seen]
    sure, perhaps = found.count(True), len(found) - found.count(False)
    needed = right.misses or len(found)
    if sure >= needed:
        return True
    return None if perhaps >= needed else False


def _holds(right: Termination, one: Assessment) -> bool | None:
    low, high, limit = _figures(right, one)
    if limit is None:
        return _is_miss(one) if right.misses else None
    if low > limit:
        return True
    is_over = one.period.is_complete and high is not None and high <= limit
    return False if is_over else None


def _is_miss(one: Assessment) -> bool | None:
    return {Verdict.MISSED: True, Verdict.MET: False}.get(one.verdict)


def _figures(right: Termination, one: Assessment) -> tuple[Fraction, Fraction | None, Fraction | None]:
    """The least and the most of what a condition is about, and its limit; None: it has none in figures."""
    low, high = Fraction(one.downtime.low), one.downtime.high
    if right.total_ms is not None:
        return low, None if high is None else Fraction(high), Fraction(right.total_ms)
    if right.share is None:
        return low, None, None
    if one.measured is not None:
        return one.measured.low, one.measured.high, right.share
    total = one.denominator_ms
    if not total:
        return Fraction(0), None, right.share
    return low / total, None if high is None else Fraction(high) / total, right.share


def in_a_row(broken: Sequence[bool | None], reason: Why | None) -> tuple[Verdict, Why | None]:
    """The verdict on a promise that is missed only when it is broken in each of these periods, this one first."""
    if all(broken):
        return Verdict.MISSED, None
    if False in broken:
        return Verdict.MET, None
    return Verdict.UNDECIDED, reason or Why.COVERAGE
