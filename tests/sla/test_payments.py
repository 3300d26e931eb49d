"""What each kind of remedy pays, as a range."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from probe.sla import events
from probe.sla.assessment import Bounds, Measured
from probe.sla.bill import Bill, Owed, Range
from probe.sla.clauses import Cap, CreditRow, Remedy
from probe.sla.events import Worth
from probe.sla.payments import paid, stacked
from probe.sla.remedy import credit

F = Fraction
HOUR = 3_600_000
MONTH = 720 * HOUR


def owed(**more: Any) -> Owed:
    """A month of 720 hours with two hours surely down and three perhaps."""
    settings: dict[str, Any] = {
        "availability": Bounds(1 - F(3, 720), None, 1 - F(2, 720)),
        "lost": (2 * HOUR, 3 * HOUR),
        "downtime": (2 * HOUR, 3 * HOUR),
        "base_ms": MONTH,
        "budget_ms": HOUR,
        "missed": (True, True),
    }
    return Owed(**{**settings, **more})


def pays(found: Owed | None = None, **clauses: Any) -> Range:
    """What a remedy pays of a fee of 720."""
    return paid(Bill(Remedy(**clauses), found or owed(), F(720)))


def lengths(*spans: int, high: bool = True) -> Any:
    """Outages of exactly these lengths in ms."""

    def of_all(worth: Worth) -> tuple[Any, Any]:
        found = [worth.of(span, span) for span in spans]
        hidden = worth.hidden(1, HOUR) if not spans else 0
        return sum(low for low, _ in found), sum(top for _, top in found) + hidden if high else None

    return of_all


LONG = tuple(
    CreditRow(at_least=F(low * HOUR), below=F(top * HOUR), credit=F(amount), credit_unit="hours_of_fee")
    for low, top, amount in ((1, 2, 5), (2, 4, 10), (5, 9, 20))
)


@pytest.mark.parametrize(
    ("clauses", "found", "expected"),
    [
        ({"kind": "pro_rata"}, None, (2, 3)),
        ({"kind": "pro_rata"}, owed(missed=(False, True)), (0, 3)),
        ({"kind": "lost_time", "credit": F(50)}, None, (100, 150)),
        ({"kind": "lost_time"}, owed(lost=(HOUR, None)), (1, None)),
        (
            {"kind": "lost_time", "credit": F(10), "trigger": "each_event"},
            owed(per_event=lengths(HOUR, HOUR)),
            (20, 20),
        ),
        ({"kind": "flat", "credit": F(1, 10), "credit_unit": "share"}, None, (72, 72)),
        ({"kind": "flat", "credit": F(1), "credit_unit": "waived"}, owed(missed=(False, False)), (0, 0)),
        ({"kind": "flat", "credit": F(1), "credit_unit": "months_of_fee"}, None, (720, 720)),
        ({"kind": "flat", "credit": F(30), "credit_unit": "currency"}, None, (30, 30)),
        ({"kind": "flat", "credit": F(30), "credit_unit": "currency_per_amp"}, None, (None, None)),
        (
            {"kind": "flat", "credit": F(1), "credit_unit": "days_of_fee", "trigger": "each_day"},
            owed(days=(2, 3)),
            (48, 72),
        ),
        (
            {"kind": "flat", "credit": F(1), "credit_unit": "days_of_fee", "trigger": "each_day"},
            owed(days=(2, None)),
            (48, None),
        ),
        (
            {"kind": "flat", "credit": F(5), "credit_unit": "currency", "trigger": "each_event"},
            owed(per_event=lengths(9, 0)),
            (5, 10),
        ),
        ({"kind": "flat", "credit": F(5), "credit_unit": "currency", "trigger": "each_event"}, None, (None, None)),
        ({"kind": "flat", "credit": F(1), "credit_unit": "hours_of_fee", "trigger": "each_hour"}, None, (None, None)),
        ({"kind": "rows", "rows": LONG, "lookup": "cumulative_duration"}, None, (10, 10)),
        ({"kind": "rows", "rows": LONG, "lookup": "cumulative_duration"}, owed(downtime=(2 * HOUR, None)), (10, None)),
        ({"kind": "rows", "rows": LONG, "lookup": "cumulative_duration"}, owed(downtime=(HOUR // 2, HOUR)), (0, 5)),
        (
            {"kind": "rows", "rows": LONG, "lookup": "cumulative_duration"},
            owed(downtime=(4 * HOUR, 4 * HOUR)),
            (None, None),
        ),
        (
            {"kind": "rows", "rows": LONG, "lookup": "cumulative_duration"},
            owed(downtime=(3 * HOUR, 4 * HOUR)),
            (None, 20),
        ),
        ({"kind": "rows", "rows": LONG, "lookup": "event_duration"}, owed(per_event=lengths(HOUR, 3 * HOUR)), (15, 15)),
        (
            {"kind": "rows", "rows": LONG, "lookup": "event_duration"},
            owed(per_event=lengths(HOUR, high=False)),
            (5, None),
        ),
        ({"kind": "rows", "rows": LONG, "lookup": "event_duration"}, owed(per_event=lengths()), (0, 5)),
        ({"kind": "rows", "rows": LONG, "lookup": "metric"}, None, (None, None)),
    ],
)
def test_a_remedy_pays_at_least_and_at_most(
    clauses: dict[str, Any], found: Owed | None, expected: tuple[int | None, int | None]
) -> None:
    """None where the log does not bound it or the terms tie it to what nobody handed in."""
    assert pays(found, **clauses) == Range(*(None if each is None else F(each) for each in expected))


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        ({"per_unit": F(HOUR), "unit_round": "ceil"}, (3, 4)),
        ({"per_unit": F(HOUR), "unit_round": "floor"}, (2, 3)),
        ({"per_unit": F(HOUR)}, (2, 4)),
        ({"per_unit": F(HOUR), "unit_round": "exact"}, (F(5, 2), F(7, 2))),
        ({"per_unit": F(HOUR), "unit_round": "floor", "unit_base": "excess"}, (1, 2)),
        ({"per_unit": F(HOUR), "unit_round": "floor", "allowance_ms": 2 * HOUR}, (0, 1)),
        ({"per_unit": F(1, 100), "per_unit_of": "%", "unit_round": "ceil"}, (1, 1)),
        ({"per_unit": F(HOUR), "unit_round": "ceil", "trigger": "each_event", "allowance_ms": HOUR // 2}, (2, 2)),
        (
            {"per_unit": F(HOUR), "unit_round": "ceil", "caps": (Cap(amount=F(1, 240), unit="share", per="period"),)},
            (3, 3),
        ),
    ],
)
def test_a_credit_per_unit_counts_full_or_begun_pieces(clauses: dict[str, Any], expected: tuple[Any, Any]) -> None:
    """Of the whole or of the excess; both where the text does not say which."""
    found = owed(
        downtime=(5 * HOUR // 2, 7 * HOUR // 2),
        availability=Bounds(1 - F(7, 1440), None, 1 - F(5, 1440)),
        per_event=lengths(HOUR, HOUR),
    )
    assert pays(found, kind="per_unit", credit=F(1), credit_unit="currency", **clauses) == Range(*map(F, expected))


def test_a_credit_per_unit_of_a_metric_counts_its_excess() -> None:
    """One day per additional 3 ms; unbounded where the metric is."""
    clauses: dict[str, Any] = {
        "kind": "per_unit",
        "credit": F(1),
        "credit_unit": "days_of_fee",
        "per_unit": F(3),
        "unit_round": "ceil",
    }
    slow = owed(measured=Measured("ms", F(7), F(8), F(9), 5), target=F(3))
    assert pays(slow, unit_base="excess", **clauses) == Range(F(48), F(48))
    assert pays(slow, **clauses) == Range(F(72), F(72))
    endless = owed(measured=Measured("ms", F(7), F(8), None, 5), target=F(3))
    assert pays(endless, unit_base="excess", **clauses) == Range(F(48), None)
    assert pays(endless, kind="per_unit", credit=F(1), credit_unit="currency_per_amp", per_unit=F(3)) == Range(
        None, None
    )


def test_rows_by_a_metric_are_looked_up_on_it() -> None:
    """45.01 to 55 ms pays 5 %."""
    rows = (CreditRow(above=F(45), up_to=F(55), credit=F(1, 20)), CreditRow(above=F(55), credit=F(1, 10)))
    for low, high, expected in ((50, 50, (36, 36)), (50, 60, (36, 72)), (40, 50, (0, 36)), (50, None, (36, None))):
        found = Measured("ms", F(low), None, None if high is None else F(high), 9)
        missed = (low > 45, True)
        result = pays(owed(measured=found, missed=missed), kind="rows", rows=rows, lookup="metric")
        assert result == Range(*(None if each is None else F(each) for each in expected))


def test_clock_hours_are_waived_by_their_downtime() -> None:
    """More than six minutes of an hour, or rows by the minutes."""
    found = owed(per_hour=lambda worth: (worth(7 * 60_000) + worth(6 * 60_000), worth(HOUR) * 2))
    flat: dict[str, Any] = {
        "kind": "flat",
        "trigger": "each_hour",
        "credit": F(1),
        "credit_unit": "hours_of_fee",
        "allowance_ms": 360_000,
    }
    assert pays(found, **flat) == Range(F(1), F(2))
    assert pays(found, kind="rows", trigger="each_hour", rows=LONG) == Range(F(0), F(10))


def test_caps_hold_for_each_event_and_for_the_period() -> None:
    """A cap also bounds what the log does not."""
    caps = (Cap(amount=F(1, 10), unit="share", per="event"),)
    clauses: dict[str, Any] = {"kind": "lost_time", "credit": F(100), "trigger": "each_event"}
    assert pays(owed(per_event=lengths(HOUR, HOUR // 2)), caps=caps, **clauses) == Range(F(122), F(122))
    whole = (Cap(amount=F(30), unit="days_of_fee", per="period"),)
    assert pays(owed(lost=(HOUR, None)), kind="lost_time", caps=whole) == Range(F(1), F(720))


def test_several_remedies_add_up_or_do_not() -> None:
    """Where the text is silent the best one is certain and the sum possible."""
    found = [Range(F(1), F(2)), Range(F(3), F(4))]
    assert stacked(found, "sum") == Range(F(4), F(6))
    assert stacked(found, "best_of") == Range(F(3), F(4))
    assert stacked(found, None) == Range(F(3), F(6))
    assert stacked([Range(F(1), None), *found], "sum") == Range(F(5), None)
    assert stacked([], None) == Range(F(0), F(0))


def test_a_credit_below_the_least_that_is_paid_out_is_none() -> None:
    """Only above one dollar; other currencies are not compared."""
    one = Remedy(kind="pro_rata", min_credit=(F(2), "USD"), discretionary=True)
    found = credit([one], (Decimal("720"), "USD"), [owed()])
    assert (found.certain, found.possible) == (Decimal("0.00"), Decimal("3.00"))
    assert found.rule == "the share of the period that counts as down, at the provider’s discretion"
    assert credit([one], (Decimal("720"), "EUR"), [owed()]).certain == Decimal("2.00")
    money = Remedy(kind="flat", credit=F(5), credit_unit="currency", currency="USD")
    found = credit([money], (Decimal("9"), "EUR"), [owed()])
    assert (found.currency, found.rule) == ("USD", "5 USD")
    steps = [
        Remedy(kind="per_unit", credit=F(1, 20), credit_unit="share", per_unit=F(HOUR)),
        Remedy(kind="per_unit", credit=F(1), credit_unit="days_of_fee", per_unit=F(1, 100), per_unit_of="%"),
        Remedy(kind="rows", rows=LONG, lookup="event_duration"),
    ]
    assert (
        credit(steps, (Decimal("9"), "EUR"), [owed()]).rule
        == "5 % per 1 h; 1 day of the fee per 1 %; rows by event duration"
    )


def test_a_lookup_in_events_takes_holes_both_ways() -> None:
    """Nothing that can be named at least, a neighbour's credit at most."""
    worth = events.lookup(lambda low, high: (low, high), 5)
    assert (worth.of(1, 2), worth.hidden(3, 9)) == ((1, 2), 27)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ((3, 0), (3, 30), (10, 10)),
        ((3, 0), (4, 30), (0, 20)),
        ((4, 10), (4, 30), (0, 0)),
        ((3, 59), (5, 0), (0, 20)),
        ((0, 10), (4, 30), (0, 20)),
    ],
)
def test_an_outage_that_may_lie_in_a_hole_earns_nothing_for_certain(
    low: tuple[int, int], high: tuple[int, int], expected: tuple[int, int]
) -> None:
    """At most it earns what the next row does; a provider that pays nothing in the hole has the text on its side."""
    shortest, longest = (hours * HOUR + minutes * HOUR // 60 for hours, minutes in (low, high))
    found = owed(per_event=lambda worth: worth.of(shortest, longest))
    assert pays(found, kind="rows", rows=LONG, lookup="event_duration") == Range(*map(F, expected))
