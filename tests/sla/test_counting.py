"""The providers' counting rules: bounds hold because the rules are monotone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.sla.counting import Counting, Grid, Rounding, counted, counted_set
from probe.sla.frame import Frame, Pardon, earliest
from probe.sla.interval import Intervals

MIN = 60_000
HOUR = Frame(start_ms=0, end_ms=60 * MIN)


def mins(*pairs: tuple[float, float]) -> Intervals:
    """Stretches given in minutes."""
    return Intervals.of((int(a * MIN), int(b * MIN)) for a, b in pairs)


def minutes(rule: Counting, down: Intervals, cuts: tuple[float, ...] = (), frame: Frame = HOUR) -> float:
    """The counted minutes."""
    return float(counted(rule, down, tuple(int(cut * MIN) for cut in cuts), frame)) / MIN


FIVE: dict[str, Any] = {"shortest_ms": 5 * MIN}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, 15.5),
        (FIVE, 12.0),
        ({**FIVE, "strict": True}, 7.0),
        ({**FIVE, "excess": True}, 2.0),
        ({"grid": Grid(cell_ms=MIN)}, 14.0),
        ({"grid": Grid(cell_ms=5 * MIN)}, 5.0),
        ({"grid": Grid(cell_ms=5 * MIN, touched=True)}, 20.0),
        ({"grid": Grid(cell_ms=MIN, least=6)}, 7.0),
        ({"rounding": Rounding(unit_ms=2 * MIN, mode="floor", level="outage")}, 12.0),
        ({"rounding": Rounding(unit_ms=2 * MIN, mode="ceil", level="outage")}, 18.0),
        ({"rounding": Rounding(unit_ms=MIN, mode="floor", level="period")}, 15.0),
        ({"rounding": Rounding(unit_ms=MIN, mode="ceil", level="period")}, 16.0),
        ({"rounding": Rounding(unit_ms=10 * MIN, mode="ceil", level="day")}, 20.0),
    ],
)
def test_one_log_is_counted_in_as_many_ways_as_there_are_rules(rule: dict[str, Any], expected: float) -> None:
    """Outages of 3.5, 5 and 7 minutes."""
    down = mins((10.25, 13.75), (20, 25), (41, 48))
    assert minutes(Counting(**rule), down) == expected


def test_a_run_is_recognised_whole_and_counted_inside() -> None:
    """An outage of six minutes over the edge of the month is one of six, of which two count here."""
    rule = Counting(**FIVE)
    assert minutes(rule, mins((-4, 2), (58, 61))) == 2.0
    assert counted_set(rule, mins((-4, 2)), (), HOUR).pairs == ((0, 2 * MIN),)


def test_no_run_and_no_cell_reaches_over_a_good_sample() -> None:
    """Flapping is not one long outage."""
    assert minutes(Counting(**FIVE), mins((10, 18)), (14,)) == 0.0
    assert minutes(Counting(grid=Grid(cell_ms=MIN)), mins((10, 14)), (12,)) == 3.0
    assert minutes(Counting(grid=Grid(cell_ms=MIN)), mins((10, 14)), (10, 20)) == 3.0


def test_a_grid_may_hang_on_the_period_or_on_midnight() -> None:
    """Half past is whole in one place and not in another."""
    frame = Frame(start_ms=MIN // 2, end_ms=61 * MIN, zone="Asia/Kolkata")
    down = mins((10.5, 12.5))
    assert minutes(Counting(grid=Grid(cell_ms=2 * MIN, anchor="period")), down, frame=frame) == 2.0
    assert minutes(Counting(grid=Grid(cell_ms=2 * MIN, anchor="midnight")), down, frame=frame) == 0.0


def test_each_local_day_is_rounded_by_itself() -> None:
    """Midnight is the period's own."""
    frame = Frame(start_ms=0, end_ms=48 * 60 * MIN, zone="Europe/Berlin")
    rule = Counting(rounding=Rounding(unit_ms=10 * MIN, mode="floor", level="day"))
    assert minutes(rule, mins((22 * 60, 22 * 60 + 19), (23 * 60 - 5, 23 * 60 + 15)), frame=frame) == 30.0


def test_a_cap_forgives_the_earliest_downtime() -> None:
    """At most an hour of maintenance a month is forgiven: the first hour of it that met downtime."""
    frame = Frame(start_ms=0, end_ms=60 * MIN, pardons=(Pardon(mins((10, 20), (30, 40)), 6 * MIN),))
    assert minutes(Counting(), mins((15, 45)), frame=frame) == 24.0
    assert earliest(mins((0, 2), (5, 9)), 3 * MIN) == mins((0, 2), (5, 6))


def test_windows_are_cut_out_before_or_after_outages_are_recognised() -> None:
    """The order decides whether eleven minutes around a window are an outage (V14c)."""
    frame = Frame(start_ms=0, end_ms=60 * MIN, pardons=(Pardon(mins((14, 17))),))
    assert minutes(Counting(**FIVE), mins((10, 20)), frame=frame) == 7.0
    assert minutes(Counting(**FIVE, net=True), mins((10, 20)), frame=frame) == 0.0


RULES = st.sampled_from(
    [
        Counting(),
        Counting(shortest_ms=5),
        Counting(shortest_ms=5, strict=True),
        Counting(shortest_ms=5, excess=True),
        Counting(shortest_ms=5, net=True),
        Counting(archetype="F2", grid=Grid(cell_ms=4, anchor="period")),
        Counting(archetype="F2", grid=Grid(cell_ms=4, touched=True), shortest_ms=3),
        Counting(grid=Grid(cell_ms=3, least=2)),
        Counting(rounding=Rounding(unit_ms=4, mode="floor", level="outage")),
        Counting(rounding=Rounding(unit_ms=4, mode="ceil", level="period")),
    ]
)
PAIRS = st.lists(st.tuples(st.integers(-20, 80), st.integers(-20, 80)), max_size=6)


@settings(deadline=None, max_examples=500)
@given(RULES, PAIRS, PAIRS, PAIRS, st.none() | st.integers(0, 20), st.lists(st.integers(-20, 80), max_size=5))
def test_more_downtime_never_counts_less(
    rule: Counting,
    smaller: list[tuple[int, int]],
    more: list[tuple[int, int]],
    windows: list[tuple[int, int]],
    cap: int | None,
    cuts: list[int],
) -> None:
    """This is what lets two evaluations bound the truth."""
    frame = Frame(start_ms=0, end_ms=60, pardons=(Pardon(Intervals.of(windows), cap),))
    low = Intervals.of(smaller)
    high = low | Intervals.of(more)
    points = tuple(sorted(set(cuts)))
    assert 0 <= counted(rule, low, points, frame) <= counted(rule, high, points, frame)
