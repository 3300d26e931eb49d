"""What a miss pays, and until when and how it must be asked for (availability.md, section 7).

Amounts are exact until the last step, then rounded half up to the hundredth of the currency, as the
published examples are. What is certain comes from the proven downtime, what is possible from the
highest. A value in a hole of the published rows pays nothing that can be named: None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from dateutil.relativedelta import relativedelta

from probe.sla import wallclock
from probe.sla.assessment import Bounds, Claim, Credit, Outage, PeriodSpan
from probe.sla.clauses import ClaimRule, CreditRow, Remedy
from probe.sla.quantities import percent

WORDS: Final = {"pro_rata": "the share of the period that counts as down", "lost_time": "the lost time at its price"}
CENT: Final = Decimal("0.01")


class Owed(NamedTuple):
    """What one reading pays for: the range of availability, and the lost time as a share of the period."""

    availability: Bounds
    lost_least: Fraction
    lost_most: Fraction


def credit(remedy: Remedy, target: Fraction, fee: tuple[Decimal, str], owed: Sequence[Owed]) -> Credit:
    """What the terms owe under every reading: the least that is certain, the most that is possible."""
    amount, currency = fee
    certain = [_share(remedy, target, each.availability.high, each.lost_least) for each in owed]
    possible = [_share(remedy, target, each.availability.low, each.lost_most) for each in owed]
    values = [each.availability.high for each in owed] + [each.availability.low for each in owed]
    rule = _rule(remedy, [value for value in values if value < target])
    return Credit(_money(amount, _only(min, certain)), _money(amount, _only(max, possible)), currency, rule)


def claim(rule: ClaimRule | None, period: PeriodSpan, outages: Sequence[Outage]) -> Claim:
    """The deadline of a claim as the last day in the period's zone, what it must hold, and what is missing."""
    deadline = _deadline(rule, period, outages) if rule else None
    missing = []
    if rule is None or rule.within is None:
        missing.append("the terms do not state a deadline")
    elif deadline is None:
        anchor = (rule.after or "").replace("_", " ")
        missing.append(f"the deadline is {rule.within} {(rule.unit or '').replace('_', ' ')} after {anchor}")
    if rule and rule.authority:
        missing.append(f"the terms let {rule.authority} decide")
    return Claim(deadline, rule.needs if rule else None, tuple(missing))


def is_claimable(asked: Claim, period: PeriodSpan, as_of_ms: int) -> bool:
    """Whether a miss can still be claimed: no deadline is known, or it has not passed."""
    today = wallclock.local(as_of_ms, wallclock.zone(period.timezone)).date()
    return asked.deadline is None or today <= date.fromisoformat(asked.deadline)


def _share(remedy: Remedy, target: Fraction, availability: Fraction, lost: Fraction) -> Fraction | None:
    """The share of the fee that an availability pays; None in a hole of the rows."""
    if availability >= target:
        return Fraction(0)
    if remedy.kind == "pro_rata":
        return 1 - availability
    if remedy.kind == "lost_time":
        return lost
    row = next((row for row in remedy.rows if _is_in(row, availability)), None)
    return row.credit if row else None


def _is_in(row: CreditRow, value: Fraction) -> bool:
    return not (
        (row.at_least is not None and value < row.at_least)
        or (row.above is not None and value <= row.above)
        or (row.up_to is not None and value > row.up_to)
        or (row.below is not None and value >= row.below)
    )


def _only(pick: Callable[[Iterable[Fraction]], Fraction], shares: Sequence[Fraction | None]) -> Fraction | None:
    """The picked share; None where any is not known."""
    known = [share for share in shares if share is not None]
    return pick(known) if len(known) == len(shares) else None


def _money(fee: Decimal, share: Fraction | None) -> Decimal | None:
    if share is None:
        return None
    cents = (Fraction(fee) * share * 100 + Fraction(1, 2)) // 1
    return Decimal(cents).scaleb(-2).quantize(CENT)


def _rule(remedy: Remedy, missing: Sequence[Fraction]) -> str:
    """The rule that decides, in words: of rows that of the first value which one pays for."""
    if remedy.kind != "rows":
        return WORDS[remedy.kind]
    for value in missing:
        row = next((row for row in remedy.rows if _is_in(row, value)), None)
        if row:
            return f"row {_edges(row)} → {percent(row.credit)}"
    return "no row"


def _edges(row: CreditRow) -> str:
    marks = (("≥", row.at_least), (">", row.above), ("≤", row.up_to), ("<", row.below))
    return " and ".join(f"{mark} {percent(edge)}" for mark, edge in marks if edge is not None)


def _deadline(rule: ClaimRule, period: PeriodSpan, outages: Sequence[Outage]) -> str | None:
    anchor = _anchor(rule, period, outages)
    if rule.within is None or anchor is None:
        return None
    if rule.unit == "days":
        return (anchor + timedelta(days=rule.within)).isoformat()
    return (anchor + relativedelta(months=rule.within)).isoformat()


def _anchor(rule: ClaimRule, period: PeriodSpan, outages: Sequence[Outage]) -> date | None:
    """The day from which the deadline runs; of several outages the first, so that none is late."""
    where = wallclock.zone(period.timezone)
    if rule.after == "period_end":
        return wallclock.local(period.end_ms - 1, where).date()
    is_start = rule.after == "incident_start"
    ends = [each.start_earliest_ms if is_start else each.end_earliest_ms for each in outages if each.counted_ms]
    known = [instant for instant in ends if instant is not None]
    if rule.after == "eligibility" or not known:
        return None
    return wallclock.local(min(known), where).date()
