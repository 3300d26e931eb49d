"""Several checks as one, and what a corrected clock leaves in doubt."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.model import Span, SpanClass, State
from probe.sla import timeline
from probe.sla.assessment import Promise, Verdict, Why
from probe.sla.basis import Basis
from probe.sla.classify import classify
from probe.sla.counting import Counting
from probe.sla.frame import Frame
from probe.sla.interval import Intervals
from probe.sla.timeline import Timeline
from probe.sla.verdict import judge
from tests.sla.build import samples

HOUR = 3_600_000


def line(runs: list[list[object]], confirm: int = 1) -> Timeline:
    """The time line of runs over an hour."""
    return timeline.of_spans(classify(samples(runs, confirm=confirm)), 0, HOUR)


def seconds(whole: Intervals) -> list[tuple[int, int]]:
    """The stretches in seconds."""
    return [(int(a) // 1000, int(b) // 1000) for a, b in whole]


A = [[-60, 60, 11, "G"], [600, 60, 6, "B"], [960, 60, 46, "G"]]
B = [[-40, 60, 11, "G"], [620, 60, 5, "B"], [920, 60, 46, "G"]]


@pytest.mark.parametrize(("needed", "low", "high"), [(1, 300, 3600), (2, 240, 420), (3, 0, 360)])
def test_a_quorum_with_a_lost_vantage_point_is_bounded_by_it(needed: int, low: int, high: int) -> None:
    """V24: one that has no data is unknown; it never shrinks the number that must agree."""
    found = timeline.combined([line(A), line(B), line([])], needed)
    assert (found.down.measure, found.worst.measure) == (low * 1000, high * 1000)
    if needed == 2:
        assert (seconds(found.down), seconds(found.worst)) == ([(620, 860)], [(540, 960)])


def test_a_quorum_of_one_is_the_one() -> None:
    """A service with one check is that check."""
    alone = line(A)
    assert timeline.combined([alone], 1) is alone


def test_a_combined_set_is_cut_only_where_the_combination_is_up() -> None:
    """A good sample of one check proves nothing for a service that is down while any is."""
    flapping = line([[0, 120, 31, "G"], [60, 120, 30, "B"]])
    down = line([[0, 60, 61, "B"]])
    assert len(flapping.cuts) == 30
    assert timeline.combined([flapping, down], 1).cuts == ()
    assert timeline.combined([flapping, down], 2).cuts == flapping.cuts
    steady = line([[0, 60, 61, "G"]])
    assert timeline.combined([flapping, steady], 1).cuts == flapping.cuts


def test_spans_that_overlap_leave_their_overlap_unknown() -> None:
    """After a clock correction two segments may claim the same seconds; neither is believed."""
    down, up = State.DOWN, State.UP
    spans = [
        Span(0, 100, SpanClass.DOWN, 1, 1, down, down, 1),
        Span(60, 200, SpanClass.SUSPECT, 1, 1, up, down, 1),
        Span(300, 400, SpanClass.SUSPECT, 1, 1, up, down, 1),
    ]
    found = timeline.of_spans(spans, 0, 400)
    assert found.down.pairs == ((0, 60),)
    assert found.maybe.pairs == ((100, 200), (300, 400))
    assert found.unknown.pairs == ((60, 100), (200, 300))
    assert found.cuts == (300,)


def test_a_midpoint_between_two_milliseconds_is_exact() -> None:
    """Half a millisecond is a fraction, not a rounding."""
    spans = [Span(0, 5, SpanClass.TRANS_DOWN, 1, 5, State.UP, State.DOWN, 1)]
    assert timeline.of_spans(spans, 0, 5).half.measure == Fraction(5, 2)


def test_a_step_of_the_wall_clock_changes_nothing_on_the_audit_line() -> None:
    """V23: wall time stepped back 30 s between two failures; the recorded scale did not."""
    states = {600: "B", 660: "B"}
    runs = [[t + 1000, 60, 1, states.get(t, "G")] for t in range(-60, 1320, 60)]
    found = judge(
        timeline.of_spans(classify(samples(runs, confirm=1)), 0, 3_000_000),
        Basis(
            rule=Counting(),
            frame=Frame(start_ms=1_000_000, end_ms=2_200_000),
            denominator_ms=1_200_000,
            resolution_ms=0,
        ),
        Promise("availability", ">=", Fraction(95, 100)),
    )
    assert (found.downtime.low, found.downtime.high, found.unknown_ms) == (60_000, 180_000, 0)
    assert found.budget_ms == 60_000
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.RESOLUTION)


@settings(deadline=None)
@given(st.text(alphabet="GGBU.", min_size=1, max_size=20), st.integers(1, 3))
def test_every_instant_is_in_one_set(states: str, confirm: int) -> None:
    """|up| + |S| + |Q| + |N| = |P|, whatever was seen."""
    runs: list[list[object]] = [[i * 60, 60, 1, state] for i, state in enumerate(states) if state != "."]
    found = timeline.of_spans(classify(samples(runs, confirm=confirm)), 0, 2_000_000)
    sets = [found.up, found.down, found.maybe, found.unknown]
    assert sum(each.measure for each in sets) == 2_000_000
    assert found.point - found.observed == Intervals()


def test_nothing_is_said_against_what_is_excused() -> None:
    """A window that speaks of one check is taken out of that check alone."""
    whole = line(A)
    assert whole.without(Intervals()) is whole
    rest = whole.without(Intervals.span(540_000, 720_000))
    assert (rest.down.measure, rest.maybe.measure, rest.half.measure) == (180_000, 60_000, 30_000)


def test_a_run_ends_at_the_last_good_sample_before_silence() -> None:
    """What follows it is unknown, not the same outage going on; nothing is joined across it."""
    up, down = State.UP, State.DOWN
    spans = [
        Span(0, 100, SpanClass.TRANS_UP, 1, 1, down, up, 1),
        Span(300, 400, SpanClass.TRANS_UP, 1, 1, down, up, 1),
    ]
    found = timeline.of_spans(spans, 0, 900)
    assert found.unknown.pairs == ((100, 300), (400, 900))
    assert found.cuts == (100, 400)
