"""What a miss pays: certain from the proven downtime, possible from the highest (availability.md, section 7).

Amounts are exact until the last step, then rounded half up to the hundredth of the currency, as the
published examples are. A value in a hole of the published rows pays nothing that can be named: None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from probe.sla import rows
from probe.sla.assessment import Credit
from probe.sla.bill import Bill, Owed, Range, unpriced
from probe.sla.clauses import CreditRow, Remedy
from probe.sla.payments import paid, stacked
from probe.sla.quantities import in_words, percent

WORDS: Final = {"pro_rata": "the share of the period that counts as down", "lost_time": "the lost time at its price"}
IN_A_HOLE: Final = "the figure may lie in a hole between the rows: no credit is certain"
CENT: Final = Decimal("0.01")
Fees = Mapping[str, tuple[Decimal, str]]
NO_OTHER: Final[Fees] = MappingProxyType({})


def credit(remedies: Sequence[Remedy], fee: tuple[Decimal, str], owed: Sequence[Owed], fees: Fees = NO_OTHER) -> Credit:
    """What the terms owe under every reading: the least that is certain, the most that is possible.

    fees: others than the monthly one, by the terms' words for them.
    """
    money = next((each.currency for each in remedies if each.currency), fee[1])
    billed = [bills(remedies, fee, read, fees) for each in owed for read in _priced(remedies, each)]
    found = [_of_reading(each, fee[1]) for each in billed]
    least, most = _least([each.least for each in found]), _extreme(max, [each.most for each in found])
    why = tuple(dict.fromkeys(says for bill in billed[0] for says in unpriced(bill))) if most != 0 else ()
    if least is None and any(_may_lie_in_a_hole(bill) for each in billed for bill in each):
        why = (*why, IN_A_HOLE)
    return Credit(_money(least), _money(most), money, _rule(remedies, owed), why)


def _priced(remedies: Sequence[Remedy], owed: Owed) -> list[Owed]:
    """Every reading of the time that the fee is paid for."""
    spans = dict.fromkeys(span for each in remedies for span in each.fee_spans)
    return [replace(owed, base_ms=span) for span in spans] or [owed]


def bills(remedies: Sequence[Remedy], fee: tuple[Decimal, str], owed: Owed, fees: Fees = NO_OTHER) -> list[Bill]:
    """One bill for each remedy; fees in another currency are not known."""
    known = {words: Fraction(amount) for words, (amount, currency) in fees.items() if currency == fee[1]}
    return [Bill(each, owed, Fraction(fee[0]), known) for each in remedies]


def _of_reading(billed: Sequence[Bill], currency: str) -> Range:
    found = [_settled(bill.remedy, paid(bill), currency) for bill in billed]
    return stacked(found, next((bill.remedy.stacking for bill in billed if bill.remedy.stacking), None))


def _settled(remedy: Remedy, found: Range, currency: str) -> Range:
    """What is left after the least amount that is paid out."""
    if remedy.min_credit and remedy.min_credit[1] == currency:
        floor = remedy.min_credit[0]
        found = Range(*(Fraction(0) if each is not None and each <= floor else each for each in found))
    return found


def _least(values: Sequence[Fraction | None]) -> Fraction | None:
    """The least of all readings: one that surely pays nothing settles it, whatever the others cannot name."""
    return Fraction(0) if Fraction(0) in values else _extreme(min, values)


def _may_lie_in_a_hole(bill: Bill) -> bool:
    """Whether the availability or the downtime of the period may be a value that no row names."""
    low, high = bill.owed.downtime if bill.remedy.lookup == "cumulative_duration" else bill.owed.availability[::2]
    is_looked_up = bill.remedy.kind == "rows" and bill.remedy.lookup in {None, "availability", "cumulative_duration"}
    return is_looked_up and bool(rows.neighbours(bill.remedy.rows, low, low if high is None else high))


def _extreme(pick: Callable[[list[Fraction]], Fraction], values: Sequence[Fraction | None]) -> Fraction | None:
    """The picked value; None where any is not known."""
    known = [value for value in values if value is not None]
    return pick(known) if len(known) == len(values) else None


def _money(value: Fraction | None) -> Decimal | None:
    if value is None:
        return None
    cents = (value * 100 + Fraction(1, 2)) // 1
    return Decimal(cents).scaleb(-2).quantize(CENT)


def _rule(remedies: Sequence[Remedy], owed: Sequence[Owed]) -> str:
    """The rule that decides, in words: of rows that of the first value which one pays for."""
    return "; ".join(
        f"{_one_rule(each, owed)}{', at the provider’s discretion' if each.discretionary else ''}" for each in remedies
    )


def _one_rule(remedy: Remedy, owed: Sequence[Owed]) -> str:
    if remedy.kind in {"flat", "per_unit"}:
        each = _credited(remedy.credit or Fraction(0), remedy.credit_unit or "share", remedy.currency)
        step = remedy.per_unit or Fraction(1)
        piece = percent(step) if remedy.per_unit_of == "%" else in_words(int(step))
        return each if remedy.kind == "flat" else f"{each} per {piece}"
    if remedy.kind != "rows":
        return WORDS[remedy.kind]
    if remedy.lookup not in {None, "availability"}:
        return f"rows by {(remedy.lookup or '').replace('_', ' ')}"
    for value in [each.availability.high for each in owed] + [each.availability.low for each in owed]:
        row = rows.row_of(remedy.rows, value)
        if row:
            return f"row {_edges(row)} → {_credited(row.credit, row.credit_unit)}"
    return "no row"


def _credited(amount: Fraction, unit: str, currency: str | None = None) -> str:
    if unit == "share":
        return percent(amount)
    if unit == "waived":
        return "the fee waived"
    plain = percent(amount / 100)[:-2]
    if currency:
        return f"{plain} {currency}{' an ampere' if unit == 'currency_per_amp' else ''}"
    words = unit.replace("_of_fee", " of the fee").replace("_", " ")
    return f"{plain} {words.replace('s of', ' of') if amount == 1 else words}"


def _edges(row: CreditRow) -> str:
    marks = (("≥", row.at_least), (">", row.above), ("≤", row.up_to), ("<", row.below))
    said = " and ".join(f"{mark} {percent(edge)}" for mark, edge in marks if edge is not None)
    return said or "of any availability"
