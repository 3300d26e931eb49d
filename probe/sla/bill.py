"""What a credit is in money: the fees that it hangs on, and what one reading of the terms pays for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple

from probe.sla.assessment import Bounds, Measured, Ms
from probe.sla.clauses import Cap, CreditRow, Remedy
from probe.sla.events import Worth

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
OTHER: Final = re.compile(r"annual|year|renewal|quarter|preceding|feature|12 months", re.IGNORECASE)
"""Words of a fee that is not the one of this service for this month."""


class Range(NamedTuple):
    """What is paid at least and at most; None: cannot be named, or not bounded by the log."""

    least: Fraction | None
    most: Fraction | None


NIL: Final = Range(Fraction(0), Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What one reading pays for, each as the least and the most.

    lost: the plain downtime; downtime: what counts. base_ms: the time that the fee is paid for.
    missed: whether the promise is surely broken, and whether it may be. per_event: the worth of all
    outages, per_hour: of all clock hours by their downtime. days: how many qualify. round_result:
    decimals to which the terms round what they multiply the fee with.
    """

    availability: Bounds
    lost: tuple[Ms, Ms | None]
    downtime: tuple[Ms, Ms | None]
    base_ms: Ms
    budget_ms: Ms
    missed: tuple[bool, bool]
    per_event: Callable[[Worth], tuple[Ms, Ms | None]] | None = None
    per_hour: Callable[[Callable[[Ms], Ms]], tuple[Ms, Ms]] | None = None
    days: tuple[Ms, Ms | None] = (0, 0)
    measured: Measured | None = None
    target: Fraction | None = None
    shortest_ms: int = 0
    round_result: int | None = None


class Bill(NamedTuple):
    """One remedy for one reading, of a monthly fee. fees: other fees, by the words that the terms have for them."""

    remedy: Remedy
    owed: Owed
    fee: Fraction
    fees: Mapping[str, Fraction] = MappingProxyType({})

    def worth(self, credit: Fraction, unit: str) -> Fraction | None:
        """What a credit is in money; None where the terms tie it to something that nobody handed in."""
        return self._of(self.remedy.fee_base, credit, unit)

    def limit(self, cap: Cap) -> Fraction | None:
        """What a cap is in money; None where it hangs on a fee that nobody handed in."""
        return self._of(cap.of or self.remedy.fee_base, cap.amount, cap.unit)

    def _of(self, words: str | None, credit: Fraction, unit: str) -> Fraction | None:
        """A credit or cap of the fee that the terms name."""
        if unit == "currency":
            return credit
        given = self.fees.get(words or "")
        if unit in {"share", "waived"} and given is not None:
            return credit * given
        if is_other(words):
            return None
        if unit in {"share", "waived", "months_of_fee"}:
            return credit * self.fee
        length = {"hours_of_fee": HOUR_MS, "days_of_fee": DAY_MS}.get(unit)
        return None if length is None else credit * self.fee * length / self.owed.base_ms

    def of_row(self, row: CreditRow) -> Fraction | None:
        """What a row pays."""
        return self.worth(row.credit, row.credit_unit)

    @property
    def each(self) -> Fraction | None:
        """What one piece of a flat or stepped credit is."""
        return self.worth(self.remedy.credit or Fraction(0), self.remedy.credit_unit or "share")


def is_other(words: str | None) -> bool:
    """Whether the terms' words for a fee mean another than that of this service for a month."""
    return words is not None and OTHER.search(words) is not None


def unpriced(bill: Bill) -> tuple[str, ...]:
    """The fees that a remedy hangs on and nobody handed in, as sentences."""
    remedy, says = bill.remedy, "is not known; set it with `fees` of the service"
    found = [f"the cap hangs on {cap.of}, which {says}" for cap in remedy.caps if cap.of and bill.limit(cap) is None]
    if is_other(remedy.fee_base) and remedy.fee_base not in bill.fees:
        found.append(f"the credit is of {remedy.fee_base}, which {says}")
    return tuple(found)
