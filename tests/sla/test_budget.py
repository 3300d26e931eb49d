"""Budget, burn rate and the worst window (V28)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from probe.sla.assessment import Figures
from probe.sla.budget import ALERTS, BURN_WINDOWS_MS, burn, left, worst_window
from probe.sla.interval import Intervals

SURE = Intervals.span(600_000, 720_000)
MOST = Intervals.span(540_000, 780_000)


@pytest.mark.parametrize(
    ("seconds", "low", "high"),
    [
        (60, Fraction(0), Fraction(0)),
        (120, Fraction(0), Fraction(0)),
        (300, Fraction(1, 5), Fraction(3, 5)),
        (600, Fraction(3, 5), Fraction(4, 5)),
        (1800, Fraction(13, 15), Fraction(14, 15)),
        (3600, Fraction(14, 15), Fraction(29, 30)),
    ],
)
def test_the_worst_window_is_exact(seconds: int, low: Fraction, high: Fraction) -> None:
    """V28: many short outages and one long one look alike in a month, not in its worst hour."""
    window = seconds * 1000
    worst = [worst_window(down, 0, 3_600_000, window) for down in (MOST, SURE)]
    assert [1 - Fraction(down) / window for down in worst] == [low, high]


def test_the_budget_left_is_a_range() -> None:
    """At worst everything unknown was down."""
    assert left(Fraction(100), Figures(10, 20, 30, 40)) == (Fraction(60), Fraction(90))
    assert left(Fraction(100), Figures(10, 20, 130, None)) == (Fraction(-30), Fraction(90))


def test_a_burn_rate_of_one_spends_the_budget_exactly() -> None:
    """36 s of downtime in the last hour under 99.9 % is ten times too fast."""
    rates = burn(Intervals.span(0, 36_000), 3_600_000, Fraction(999, 1000))
    assert rates == {"1h": 10, "6h": Fraction(10, 6), "3d": Fraction(10, 72)}
    assert rates.keys() == BURN_WINDOWS_MS.keys() == ALERTS.keys()


def test_a_promise_of_all_the_time_has_no_rate() -> None:
    """Nothing can be spent of nothing."""
    assert burn(SURE, 3_600_000, Fraction(1)) == {}
