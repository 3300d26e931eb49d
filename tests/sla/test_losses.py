"""V32 and V35 (RFC 3357): how sure a ratio is, and how losses lie."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from probe.model import State
from probe.sla import losses
from probe.sla.beside import latency

F = Fraction
PERIOD_S = 43_200 * 60


@pytest.mark.parametrize(
    ("bad", "low", "high"),
    [(2, "14.5", "433.5"), (10, "287.7", "1103.3"), (43, "1867.4", "3474.6"), (60, "2747.6", "4633.0")],
)
def test_v32_downtime_from_bad_samples(bad: int, low: str, high: str) -> None:
    """43,200 samples a minute apart: the 95 % bounds in seconds, to the tenth."""
    found = [share * PERIOD_S for share in losses.bounds(bad, 43_200)]
    assert [abs(each - F(told)) < F(8, 100) for each, told in zip(found, (low, high), strict=True)] == [True, True]


def test_v32_half_of_sixty() -> None:
    """30 of 60 slots: 22.08 to 37.92, as far above the half as below."""
    low, high = losses.bounds(30, 60)
    assert (round(60 * low, 2), round(60 * high, 2)) == (F("22.08"), F("37.92"))
    assert low + high == 1


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (0, 20), (20, 20), (1, 20), (19, 20), (7, 30), (23, 30)])
def test_bounds_are_on_the_safe_side_and_close(hits: int, of: int) -> None:
    """At each bound what was seen is as unlikely as 1 in 40 at most; a step of the precision inside, it is not."""

    def at_least(least: int, p: Fraction) -> Fraction:
        return sum((comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(least, of + 1)), F(0))

    low, high = losses.bounds(hits, of)
    step = F(1, 1 << losses.PRECISION_BITS)
    assert low == 0 if not hits else at_least(hits, low) <= F(1, 40) < at_least(hits, low + step)
    inner = high - step
    assert high == 1 if hits == of else 1 - at_least(hits + 1, high) <= F(1, 40) < 1 - at_least(hits + 1, inner)


def test_v35_the_example_of_rfc_3357() -> None:
    """Its loss vector, its distance stream and its period stream."""
    lost = [bool(each) for each in (0, 1, 0, 0, 1, 0, 1, 0, 1, 1)]
    assert losses.distances(lost) == [0, 0, 0, 0, 3, 0, 2, 0, 2, 1]
    assert losses.periods(lost) == [0, 1, 0, 0, 2, 0, 3, 0, 4, 4]
    assert losses.pattern(lost) == (4, 2, 1)
    assert losses.pattern([False]) == (0, 0, None)


def test_an_unknown_attempt_ends_a_run_of_losses() -> None:
    """What was not seen lengthens no run."""
    seen = [(State.UP, 9), *[(State.DOWN, None)] * 2, (State.UNKNOWN, None), (State.DOWN, None)]
    assert latency(seen).pattern == (2, 2, 1)


def test_few_attempts_have_bounds_and_many_need_none() -> None:
    """Nothing lost of 20 is no proof of no loss; without attempts there is nothing to bound."""
    found = latency([(State.UP, 9)] * 20).loss_bounds
    assert found is not None
    assert found[0] == 0
    assert F("0.168") < found[1] < F("0.169")
    assert latency([]).loss_bounds is None
    assert latency([(State.UP, 9)] * (losses.FEW + 1)).loss_bounds is None
