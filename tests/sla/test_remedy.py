"""Credits by the row, and deadlines by the day."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from probe.model import Cause
from probe.sla import period
from probe.sla.assessment import Bounds, Claim, Outage
from probe.sla.bill import Owed
from probe.sla.claims import claim, is_open
from probe.sla.clauses import ClaimRule, CreditRow, Remedy
from probe.sla.remedy import IN_A_HOLE, credit

AS_OF = period.moment("2026-11-22T12:00:00Z", "UTC")
OCTOBER = period.parse("2026-10", "UTC", AS_OF)
TARGET = Fraction(999, 1000)


def row(credit: int, **edges: int) -> CreditRow:
    """A row whose edges are given in tenths of a percent."""
    shares: dict[str, Any] = {key: Fraction(value, 1000) for key, value in edges.items()}
    return CreditRow(**shares, credit=Fraction(credit, 100))


ROWS = Remedy(kind="rows", rows=(row(10, at_least=990, below=999), row(25, above=950, up_to=980), row(100, below=950)))


def owed(high: Fraction, low: Fraction | None = None) -> Owed:
    """What a range of availability owes."""
    low = high if low is None else low
    return Owed(
        availability=Bounds(low, None, high),
        lost=(1 - high, 1 - low),
        downtime=(1 - high, 1 - low),
        base_ms=1,
        budget_ms=1 - TARGET,
        missed=(high < TARGET, low < TARGET),
    )


@pytest.mark.parametrize(
    ("tenths", "expected", "rule"),
    [
        (999, "0.00", "no row"),
        (998, "5.00", "row ≥ 99 % and < 99.9 % → 10 %"),
        (990, "5.00", "row ≥ 99 % and < 99.9 % → 10 %"),
        (985, None, "no row"),
        (980, "12.50", "row > 95 % and ≤ 98 % → 25 %"),
        (950, None, "no row"),
        (949, "50.00", "row < 95 % → 100 %"),
    ],
)
def test_a_row_pays_exactly_between_its_edges(tenths: int, expected: str | None, rule: str) -> None:
    """Published rows have holes; a value in one is reported as such, not moved to a neighbour."""
    found = credit([ROWS], (Decimal("50.00"), "EUR"), [owed(Fraction(tenths, 1000))])
    assert (found.certain, found.currency, found.rule) == (expected and Decimal(expected), "EUR", rule)
    assert found.why == (() if expected else (IN_A_HOLE,))


def test_the_certain_credit_is_the_least_of_all_readings() -> None:
    """What is claimed must hold under every reading of the text."""
    many = [owed(Fraction(999, 1000), Fraction(990, 1000)), owed(Fraction(995, 1000), Fraction(940, 1000))]
    found = credit([ROWS], (Decimal("10"), "USD"), many)
    assert (found.certain, found.possible) == (Decimal("0.00"), Decimal("10.00"))


def test_a_share_is_rounded_to_the_hundredth_at_the_last_step() -> None:
    """0.516204 of 100 is 0.52, as the published examples print it."""
    for kind, rule in (
        ("pro_rata", "the share of the period that counts as down"),
        ("lost_time", "the lost time at its price"),
    ):
        found = credit([Remedy(kind=kind)], (Decimal("100"), "USD"), [owed(1 - Fraction(223, 43_200))])
        assert (found.certain, found.rule) == (Decimal("0.52"), rule)


def an_outage(day: str, counted: int = 1, ended: bool = True) -> Outage:
    """An outage of an hour on that day."""
    start = period.moment(f"{day}T10:00:00Z", "UTC")
    end = start + 3_600_000 if ended else None
    return Outage("a", start - 60_000, start, end, end, Cause.PROVIDER_OR_PATH, True, 3, counted, 0)


def rule(**more: Any) -> ClaimRule:
    """A claim rule."""
    return ClaimRule(**more)


@pytest.mark.parametrize(
    ("asked", "deadline"),
    [
        (rule(within=3, unit="months", after="period_end"), "2027-01-31"),
        (rule(within=2, unit="billing_cycles", after="period_end"), "2026-12-31"),
        (rule(within=14, unit="days", after="incident_start"), "2026-10-19"),
        (rule(within=14, unit="days", after="incident_end"), "2026-10-19"),
        (rule(within=30, unit="days", after="eligibility"), None),
        (rule(), None),
        (None, None),
    ],
)
def test_the_deadline_is_the_first_that_any_outage_sets(asked: ClaimRule | None, deadline: str | None) -> None:
    """A claim in time for the first outage is in time for all."""
    outages = [an_outage("2026-10-02", counted=0), an_outage("2026-10-05"), an_outage("2026-10-20")]
    assert claim(asked, OCTOBER, outages).deadline == deadline


def test_a_claim_says_what_it_needs_and_what_is_missing() -> None:
    """The gap is named, not filled."""
    silent = claim(None, OCTOBER, [])
    assert silent == Claim(None, None, ("no deadline was seen in the terms",))
    asked = rule(within=30, unit="days", after="eligibility", needs=("log files",), authority="the provider's monitor")
    assert claim(asked, OCTOBER, []) == Claim(
        None,
        ("log files",),
        ("the deadline is 30 days after eligibility", "the terms let the provider's monitor decide"),
    )
    still_down = claim(
        rule(within=5, unit="days", after="incident_end"), OCTOBER, [an_outage("2026-10-31", ended=False)]
    )
    assert still_down.missing == ("the deadline is 5 days after incident end",)


def test_a_miss_can_be_claimed_until_the_end_of_its_last_day() -> None:
    """Today is the day in the period's own zone."""
    for deadline, expected in ((None, True), ("2026-11-22", True), ("2026-11-21", False)):
        assert is_open(Claim(deadline, None, ()), OCTOBER, AS_OF) is expected


def test_the_rule_of_a_credit_is_short_and_in_plain_words() -> None:
    """A thirtieth is cut at six digits and says so; one hour is one hour."""

    def said(amount: Fraction, unit: str) -> str:
        flat = Remedy(kind="flat", credit=amount, credit_unit=unit)
        return credit([flat], (Decimal("10"), "USD"), [owed(Fraction(99, 100))]).rule

    assert said(Fraction(1, 30), "share") == "3.333333… %"
    assert (said(Fraction(1), "hours_of_fee"), said(Fraction(12), "hours_of_fee")) == (
        "1 hour of the fee",
        "12 hours of the fee",
    )
    assert said(Fraction(1), "waived") == "the fee waived"
    ampere = Remedy(kind="flat", credit=Fraction(30), credit_unit="currency_per_amp", currency="USD")
    assert credit([ampere], (Decimal("10"), "USD"), [owed(Fraction(99, 100))]).rule == "30 USD an ampere"
