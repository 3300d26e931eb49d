"""What one remedy pays under one reading, as a range of money; None where it cannot be named.

One function for each kind of remedy. Amounts are exact fractions of the currency unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from probe.sla import rows
from probe.sla.assessment import Measured, Ms
from probe.sla.bill import NIL, Bill, Range
from probe.sla.events import Worth
from probe.sla.quantities import rounded

UNDER: Final = 1
"""A duration in no row pays nothing when all rows lie above it, an availability when all lie below."""


def paid(bill: Bill) -> Range:
    """What the remedy pays, its caps applied."""
    found = KINDS[bill.remedy.kind](bill)
    for cap in bill.remedy.caps:
        limit = bill.limit(cap)
        if limit is None:
            found = Range(found.least if found.least == 0 else None, found.most)
        elif cap.per != "event":
            found = Range(*(None if each is None else min(each, limit) for each in found))
    return found if found.most is not None else Range(found.least, _total_cap(bill))


def _total_cap(bill: Bill) -> Fraction | None:
    """The most that is paid in a period whatever happens, where the terms cap it."""
    limits = [bill.limit(cap) for cap in bill.remedy.caps if cap.per != "event"]
    return min((limit for limit in limits if limit is not None), default=None)


def by_rows(bill: Bill, low: Ms, high: Ms, free: int) -> Range:
    """What rows pay for values from `low` to `high`. free: the side of all rows on which nothing is paid.

    In a hole nothing is certain: the least cannot be named unless another of the values surely pays nothing.
    """
    places = rows.looked_up(bill.remedy.rows, low, high)
    named = [_of_place(bill, place, free) for place in places]
    known = [each for each in named if each is not None]
    has_hole = any(place.is_hole for place in places)
    beside = [bill.of_row(row) for row in rows.neighbours(bill.remedy.rows, low, high)] if known and has_hole else []
    most = max((each for each in [*known, *beside] if each is not None), default=None)
    return Range(min(known) if len(known) == len(named) or 0 in known else None, most)


def _of_place(bill: Bill, place: rows.Place, free: int) -> Fraction | None:
    if place.row:
        return bill.of_row(place.row)
    return Fraction(0) if place.side == free else None


def _rows(bill: Bill) -> Range:
    owed, lookup = bill.owed, bill.remedy.lookup
    if bill.remedy.trigger == "each_hour":
        return _hours(bill)
    if lookup == "event_duration":
        return _events(bill, lambda low, high: by_rows(bill, low, high, UNDER))
    if lookup == "cumulative_duration":
        low, high = owed.downtime
        found = by_rows(bill, low, low if high is None else high, UNDER)
        return found if high is not None else Range(found.least, None)
    if lookup == "metric":
        return _metric_rows(bill)
    return by_rows(bill, owed.availability.low, owed.availability.high, -UNDER)


def _metric_rows(bill: Bill) -> Range:
    found = bill.owed.measured
    if found is None:
        return Range(None, None)
    free = 0 if bill.owed.missed[0] else UNDER
    if found.high is None:
        return Range(by_rows(bill, found.low, found.low, free).least, None)
    return by_rows(bill, found.low, found.high, free)


def _pro_rata(bill: Bill) -> Range:
    bounds = bill.owed.availability
    return _missed(bill, Range((1 - bounds.high) * bill.fee, (1 - bounds.low) * bill.fee))


def _lost_time(bill: Bill) -> Range:
    owed, times = bill.owed, bill.remedy.credit or Fraction(1)
    if bill.remedy.trigger == "each_event":
        price = times * bill.fee / owed.base_ms
        return _events(bill, lambda low, high: Range(low * price, high * price))
    shares = [None if lost is None else Fraction(times * lost) / owed.base_ms for lost in owed.lost]
    if owed.round_result is not None:
        shares = [None if share is None else rounded(share, owed.round_result) for share in shares]
    low, high = (None if share is None else share * bill.fee for share in shares)
    return _missed(bill, Range(low, high))


def _flat(bill: Bill) -> Range:
    each, trigger = bill.each, bill.remedy.trigger
    if each is None:
        return Range(None, None)
    if trigger == "each_hour":
        return _hours(bill)
    if trigger == "each_day":
        low, high = bill.owed.days
        return Range(low * each, None if high is None else high * each)
    if trigger == "each_event":
        return _events(bill, lambda low, high: Range(each if low else Fraction(0), each))
    return _missed(bill, Range(each, each))


def _per_unit(bill: Bill) -> Range:
    remedy, owed, each = bill.remedy, bill.owed, bill.each
    if each is None:
        return Range(None, None)
    if owed.measured is not None:
        return _stepped(bill, each, _excess_of_metric(bill, owed.measured))
    if remedy.trigger == "each_event":
        beyond = remedy.allowance_ms or 0
        return _events(bill, lambda low, high: _stepped(bill, each, (low - beyond, high - beyond)))
    if remedy.per_unit_of == "%":
        bounds = owed.availability
        return _stepped(bill, each, (1 - bounds.high, 1 - bounds.low))
    allowed = remedy.allowance_ms
    if allowed is None:
        allowed = int(owed.budget_ms) if remedy.unit_base == "excess" and owed.budget_ms % 1 == 0 else None
    beyond_ms = owed.budget_ms if remedy.unit_base == "excess" and allowed is None else allowed or 0
    low, high = owed.downtime
    return _stepped(bill, each, (low - beyond_ms, None if high is None else high - beyond_ms))


def _excess_of_metric(bill: Bill, found: Measured) -> tuple[Ms, Ms | None]:
    """How far a metric is beyond its target, or the whole of it."""
    target = bill.owed.target if bill.remedy.unit_base == "excess" else None
    if target is None:
        return found.low, found.high
    return found.low - target, None if found.high is None else found.high - target


def _stepped(bill: Bill, each: Fraction, quantity: tuple[Ms, Ms | None]) -> Range:
    """So much for each piece; where the text does not say whether begun pieces count, both."""
    step, word = bill.remedy.per_unit or Fraction(1), bill.remedy.unit_round
    low, high = (None if value is None else max(Fraction(value), Fraction(0)) / step for value in quantity)
    least = None if low is None else _rounded(low, word or "floor") * each
    return Range(least, None if high is None else _rounded(high, word or "ceil") * each)


def _rounded(pieces: Fraction, word: str) -> Fraction:
    if word == "exact":
        return pieces
    return Fraction(pieces // 1 if word == "floor" else -(-pieces // 1))


def _events(bill: Bill, ranged: Callable[[Ms, Ms], Range]) -> Range:
    """The sum over outages, each looked up by its length, each under the cap for one event."""
    if bill.owed.per_event is None:
        return Range(None, None)
    limits = [bill.limit(cap) for cap in bill.remedy.caps if cap.per == "event"]
    limit = min((each for each in limits if each is not None), default=None)

    def worth(low: Ms, high: Ms) -> tuple[Ms, Ms]:
        found = ranged(low, high)
        ends = found.least or Fraction(0), found.most or Fraction(0)
        return ends if limit is None else (min(ends[0], limit), min(ends[1], limit))

    shortest = bill.owed.shortest_ms
    least, most = bill.owed.per_event(Worth(of=worth, hidden=lambda count, span: count * worth(shortest, span)[1]))
    return Range(Fraction(least), None if most is None else Fraction(most))


def _hours(bill: Bill) -> Range:
    """The sum over clock hours: rows looked up by the downtime in the hour, or one credit beyond the allowance."""
    each, beyond = bill.each, bill.remedy.allowance_ms or 0
    if bill.owed.per_hour is None or (each is None and not bill.remedy.rows):
        return Range(None, None)

    def worth(down: Ms) -> Ms:
        if bill.remedy.rows:
            return by_rows(bill, down, down, UNDER).least or Fraction(0)
        return (each or Fraction(0)) if down > beyond else Fraction(0)

    least, most = bill.owed.per_hour(worth)
    return Range(Fraction(least), Fraction(most))


def _missed(bill: Bill, found: Range) -> Range:
    """Nothing unless the promise is broken."""
    surely, perhaps = bill.owed.missed
    return Range(found.least if surely else Fraction(0), found.most if perhaps else Fraction(0))


KINDS: Final[Mapping[str, Callable[[Bill], Range]]] = {
    "rows": _rows,
    "pro_rata": _pro_rata,
    "lost_time": _lost_time,
    "per_unit": _per_unit,
    "flat": _flat,
}


def stacked(found: Sequence[Range], stacking: str | None) -> Range:
    """Several remedies for one reading: the best, or the sum; where the text is silent the best is certain."""
    if not found:
        return NIL
    lows, highs = [each.least for each in found], [each.most for each in found]
    adds_least, adds_most = stacking == "sum", stacking not in {"best_of", "one_per_time"}
    return Range(_joined(lows, adds=adds_least), _joined(highs, adds=adds_most))


def _joined(values: Sequence[Fraction | None], *, adds: bool) -> Fraction | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return sum(known, Fraction(0)) if adds else max(known)
