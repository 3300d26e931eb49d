"""The properties of availability.md, section 10, on random logs."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from probe.model import Rule, Sample, State
from probe.sla import timeline
from probe.sla.assessment import Figures, Promise
from probe.sla.basis import Basis
from probe.sla.classify import classify
from probe.sla.counting import Counting, Grid, Rounding
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import Intervals
from probe.sla.verdict import Judgement, judge, measured
from tests.sla.build import STATES

END = 400
LOGS = st.lists(st.tuples(st.integers(1, 15), st.sampled_from("GGGBBU")), min_size=1, max_size=30)
WINDOWS = st.lists(st.tuples(st.integers(0, END), st.integers(0, END)), max_size=2)
RULES = st.sampled_from(
    [
        Counting(),
        Counting(shortest_ms=20),
        Counting(shortest_ms=20, excess=True),
        Counting(shortest_ms=20, net=True),
        Counting(grid=Grid(cell_ms=10, anchor="period")),
        Counting(archetype="F2", grid=Grid(cell_ms=10, touched=True)),
        Counting(rounding=Rounding(unit_ms=10, mode="floor", level="outage")),
    ]
)


def log(steps: list[tuple[int, str]], confirm: int = 1, shift: int = 0) -> list[Sample]:
    """Samples at growing instants; g_max is 12."""
    at, seen = -20 + shift, []
    for step, state in steps:
        at += step
        seen.append(Sample(at, STATES[state], 1, Rule(12, confirm)))
    return seen


def judged(seen: list[Sample], rule: Counting, windows: list[tuple[int, int]], shift: int = 0) -> Judgement:
    """The judgement of a log over [0, END)."""
    frame = Frame(
        start_ms=shift,
        end_ms=END + shift,
        pardons=(Pardon(Intervals.of((a + shift, b + shift) for a, b in windows)),),
    )
    basis = Basis(rule=rule, frame=frame, denominator_ms=END, resolution_ms=0)
    line = timeline.of_spans(classify(seen), shift - 1000, END + shift + 1000)
    return judge(line, basis, Promise("availability", ">=", Fraction(9, 10)))


def bounds(found: Figures) -> tuple[Fraction, Fraction]:
    """The proven and the highest downtime."""
    assert found.high is not None
    return Fraction(found.low), Fraction(found.high)


@settings(deadline=None)
@given(LOGS, st.integers(1, 3), RULES, WINDOWS)
def test_the_figures_are_in_order(
    steps: list[tuple[int, str]], confirm: int, rule: Counting, windows: list[tuple[int, int]]
) -> None:
    """D_lo ≤ D_pt ≤ D_hi_obs ≤ D_hi, and so are the availabilities."""
    found = judged(log(steps, confirm), rule, windows)
    low, point, observed, high, fine = found.downtime
    assert high is not None
    assert fine is not None
    assert 0 <= low <= point <= observed <= high
    assert low <= fine <= high
    assert found.availability is not None
    assert found.availability.low <= found.availability.high
    if found.availability.point is not None and not rule.is_plain:
        assert found.availability.low <= found.availability.point <= found.availability.high


@settings(deadline=None)
@given(LOGS, st.integers(1, 3), RULES, WINDOWS, st.integers(0, 29))
def test_forgetting_a_sample_never_proves_more(
    steps: list[tuple[int, str]], confirm: int, rule: Counting, windows: list[tuple[int, int]], forgotten: int
) -> None:
    """Turning a sample into unknown never raises D_lo nor lowers D_hi."""
    assume(forgotten < len(steps))
    less = [(step, "U" if i == forgotten else state) for i, (step, state) in enumerate(steps)]
    known = bounds(judged(log(steps, confirm), rule, windows).downtime)
    blind = bounds(judged(log(less, confirm), rule, windows).downtime)
    assert blind[0] <= known[0]
    assert blind[1] >= known[1]


@settings(deadline=None)
@given(LOGS, WINDOWS, st.integers(0, 28), st.integers(0, 14), st.sampled_from([State.UP, State.DOWN]))
def test_a_consistent_sample_more_never_widens(
    steps: list[tuple[int, str]], windows: list[tuple[int, int]], after: int, offset: int, state: State
) -> None:
    """Between two good samples that are linked only a good one is consistent, and so for bad ones."""
    seen = log(steps)
    linked = [
        (a, b) for a, b in pairwise(seen) if 1 < b.at_ms - a.at_ms <= 12 and State.UNKNOWN not in {a.state, b.state}
    ]
    assume(linked)
    a, b = linked[after % len(linked)]
    at_ms = a.at_ms + 1 + offset % (b.at_ms - a.at_ms - 1)
    more = [*seen, Sample(at_ms, state if a.state != b.state else a.state, 1, a.rule)]
    before = bounds(judged(seen, Counting(), windows).downtime)
    now = bounds(judged(more, Counting(), windows).downtime)
    assert before[0] <= now[0] <= now[1] <= before[1]


@settings(deadline=None)
@given(LOGS, st.integers(1, 3), WINDOWS, st.integers(0, END))
def test_the_plain_measure_adds_up_over_any_cut(
    steps: list[tuple[int, str]], confirm: int, windows: list[tuple[int, int]], cut: int
) -> None:
    """Two halves of a month are the month."""
    line = timeline.of_spans(classify(log(steps, confirm)), -1000, END + 1000)
    pardons = (Pardon(Intervals.of(windows)),)
    parts = [
        measured(
            line,
            Basis(
                rule=Counting(),
                frame=Frame(start_ms=start, end_ms=end, pardons=pardons),
                denominator_ms=1,
                resolution_ms=0,
            ),
        )
        for start, end in ((0, cut), (cut, END), (0, END))
    ]
    for first, second, whole in zip(*parts, strict=True):
        assert (first or 0) + (second or 0) == whole


@settings(deadline=None)
@given(LOGS, st.integers(1, 3), RULES, WINDOWS, st.integers(-50, 50))
def test_another_hour_of_the_day_changes_nothing(
    steps: list[tuple[int, str]], confirm: int, rule: Counting, windows: list[tuple[int, int]], tens: int
) -> None:
    """Shifting all times changes nothing; a clock grid by whole cells."""
    here = judged(log(steps, confirm), rule, windows)
    there = judged(log(steps, confirm, tens * 10), rule, windows, tens * 10)
    assert (here.downtime, here.verdict, here.reason, here.unknown_ms) == (
        there.downtime,
        there.verdict,
        there.reason,
        there.unknown_ms,
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(13, 60), st.integers(13, 60)), min_size=1, max_size=6), st.integers(1, 12), RULES)
def test_the_truth_lies_within_the_bounds(outages: list[tuple[int, int]], step: int, rule: Counting) -> None:
    """Where every stay is longer than the spacing, H1 and H2 hold and the bounds contain the truth."""
    at, truth = 0, []
    for up, down in outages:
        truth.append((at + up, at + up + down))
        at += up + down
    down_set = Intervals.of(truth)
    seen = [
        Sample(t, State.DOWN if down_set.covers(t) else State.UP, 1, Rule(12, 1)) for t in range(-100, END + 100, step)
    ]
    found = judged(seen, rule, [])
    exact = timeline.Timeline(start_ms=-1000, end_ms=END + 1000, down=down_set)
    real = measured(exact, found.basis).low
    assert found.downtime.high is not None
    assert found.downtime.low <= real <= found.downtime.high
