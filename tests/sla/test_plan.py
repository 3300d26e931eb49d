"""Planning by metrology 2.6 and 2.8: widths, largest intervals, chances, and what the agent may be off."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from probe.sla.assessment import PeriodSpan, Promise
from probe.sla.plan import COUNTS, SHARE, Plan, Schedule, chance, largest_interval, rows, sights, width

MINUTE = Schedule(60_000, 5_000, 5_000, 3)
GRID = MINUTE._replace(recheck_ms=None)
BUDGET = Fraction(2_592_000)
"""99.9 % of 30 days."""


def a_plan(schedule: Schedule = MINUTE, **more: object) -> Plan:
    """A month of 99.9 %, two outages expected."""
    plan = Plan(
        service="shop",
        check="shop-front",
        provider=None,
        agreement=None,
        promise=Promise("availability", ">=", Fraction(999, 1000)),
        rule="time",
        period=PeriodSpan(0, 30 * 86_400_000, "UTC", "a month", False),
        schedule=schedule,
        budget_ms=BUDGET,
        outages=2,
        seen=0,
        unknown_ms=0,
        spent_ms=0,
        share=SHARE,
        rows=rows(schedule, BUDGET, SHARE, 0, COUNTS),
        sights=(),
    )
    return replace(plan, **more)  # type: ignore[arg-type]


def test_v33_the_largest_interval_for_a_tenth_of_the_budget() -> None:
    """B = 2592 s, N = 2, T_f = 5 s: 124.6 s, and 74.6 s with 100 s of unknown time."""
    assert largest_interval(MINUTE, SHARE * BUDGET, 2, 0) == 124_600
    assert largest_interval(MINUTE, SHARE * BUDGET, 2, 100_000) == 74_600


@pytest.mark.parametrize(
    ("target", "count", "alone", "fast"),
    [
        ("999/1000", 1, 129_600, 254_200),
        ("999/1000", 5, 25_920, 46_840),
        ("9995/10000", 2, 32_400, 59_800),
        ("9995/10000", 10, 6_480, 7_960),
        ("9999/10000", 1, 12_960, 20_920),
        ("9999/10000", 10, 1_296, None),
    ],
)
def test_the_planner_s_table(target: str, count: int, alone: int, fast: int | None) -> None:
    """Largest T for a width of a tenth of the budget of 30 days, without rechecks and with them every 5 s."""
    budget = (1 - Fraction(target)) * 30 * 86_400_000
    assert largest_interval(GRID, budget / 10, count, 0) == alone
    assert largest_interval(MINUTE, budget / 10, count, 0) == fast


@pytest.mark.parametrize(("schedule", "expected"), [((60, 60), 360), ((60, 5), 195), ((20, 2), 66)])
def test_the_width_is_what_the_simulation_found(schedule: tuple[int, int], expected: int) -> None:
    """Three outages: 360, 195 and 66 s."""
    interval, finish = schedule
    assert width(Schedule(interval * 1000, finish * 1000, 1, 3), 3, 0) == expected * 1000
    assert width(GRID, 3, 7) == 360_007


@pytest.mark.parametrize(
    ("lasting", "interval", "expected"),
    [
        (30_000, 60_000, Fraction(1, 2)),
        (20_000, 60_000, Fraction(1, 3)),
        (0, 60_000, Fraction(0)),
        (-1, 60_000, Fraction(0)),
        (54_000, 60_000, Fraction(9, 10)),
        (60_000, 60_000, 1 - Fraction(1, 60)),
        (66_000, 60_000, Fraction(1)),
        (10**9, 60_000, Fraction(1)),
    ],
)
def test_the_chance_to_meet_an_outage(lasting: int, interval: int, expected: Fraction) -> None:
    """d/T up to nine tenths of the interval, certain from eleven tenths on."""
    assert chance(lasting, interval) == expected


def test_the_chance_grows_with_the_length() -> None:
    """Also across the edges of the dither."""
    found = [chance(lasting, 1000) for lasting in range(1200)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("recheck", "confirm", "timeout", "expected"),
    [
        (5_000, 1, 5_000, 0),
        (5_000, 2, 5_000, 7_000),
        (5_000, 3, 5_000, 12_000),
        (5_000, 3, 1_000, 6_000),
        (5_000, 5, 5_000, 22_000),
        (None, 3, 5_000, 132_000),
    ],
)
def test_the_time_to_confirm(recheck: int | None, confirm: int, timeout: int, expected: int) -> None:
    """The first recheck 2 s after the end, the second 3 s later, then at the pace of rechecks; else on the grid."""
    assert Schedule(60_000, recheck, timeout, confirm).confirmation_ms == expected


def test_an_outage_must_outlive_its_confirmation_to_be_confirmed() -> None:
    """42 s meet a sample with 70 %, and are confirmed with 50 % when every attempt takes 5 s to time out."""
    (found,) = sights(MINUTE, [42_000, 42_000])
    assert found == (42_000, Fraction(7, 10), Fraction(1, 2))


def test_a_plan_says_whether_it_can_decide_and_what_it_can_spare() -> None:
    """Two outages of a minute's grid leave 130 s open, of 2592 s that are allowed."""
    plan = a_plan()
    assert plan.headline == (2, 130_000, Fraction(1_291_000), Fraction(124_600))
    assert plan.can_decide is True
    assert (plan.spare_ms, plan.spare_with_outages_ms) == (BUDGET, BUDGET - 130_000)
    spent = replace(plan, spent_ms=2_500_000)
    assert [spent.spare_ms, spent.spare_with_outages_ms] == [92_000, 0]


def test_terms_without_a_budget_cannot_be_planned_by_time() -> None:
    """What is counted per event has no seconds to spare."""
    plan = a_plan(budget_ms=None, rows=rows(MINUTE, None, SHARE, 0, [2]))
    assert plan.headline == (2, 130_000, None, None)
    assert (plan.can_decide, plan.spare_ms, plan.spare_with_outages_ms) == (None, None, None)
