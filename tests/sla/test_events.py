"""Figures per outage: bounded over every truth that a log allows."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.model import Rule, Sample, State
from probe.sla import events, formula, rows, timeline
from probe.sla.assessment import Ms
from probe.sla.basis import Basis
from probe.sla.classify import classify
from probe.sla.clauses import CreditRow
from probe.sla.counting import Counting, Rounding
from probe.sla.events import Recognition, Worth
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import EMPTY, Intervals
from probe.sla.timeline import Timeline

END = 400
FRAME = Frame(start_ms=0, end_ms=END)
TABLE = (
    CreditRow(at_least=Fraction(13), below=Fraction(30), credit=Fraction(1)),
    CreditRow(at_least=Fraction(32), up_to=Fraction(60), credit=Fraction(3)),
    CreditRow(above=Fraction(60), credit=Fraction(5)),
)


def paid(length: Ms) -> Ms:
    """What one outage of the table is paid, without doubt."""
    row = rows.row_of(TABLE, length)
    return row.credit if row else 0


def ranged(low: Ms, high: Ms) -> tuple[Ms, Ms]:
    """The least and the most of a range of lengths, holes at nothing and at their neighbours."""
    found = rows.looked_up(TABLE, low, high)
    named = [place.row.credit if place.row else Fraction(0) for place in found]
    beside = [row.credit for row in rows.neighbours(TABLE, low, high)]
    return min(named), max([*named, *beside])


def line(down: list[tuple[int, int]], **sets: Any) -> Timeline:
    """A time line known exactly but for the sets."""
    return Timeline(start_ms=-1000, end_ms=END + 1000, down=Intervals.of(down), **sets)


TRUTHS = st.lists(st.tuples(st.integers(13, 60), st.integers(13, 70)), min_size=1, max_size=6)
WORTHS: dict[str, tuple[Worth, Recognition]] = {
    "rounded up": (events.length(10), Recognition(shortest_ms=13)),
    "number": (events.number(), Recognition(shortest_ms=13)),
    "rows": (events.lookup(ranged, 13), Recognition(shortest_ms=13)),
    "where it starts": (events.length(0), Recognition(shortest_ms=13, edge="start")),
    "where it ends": (events.length(0), Recognition(shortest_ms=13, edge="end")),
    "excess": (events.length(0, 20), Recognition(shortest_ms=13, strict=True)),
}


@settings(deadline=None, max_examples=150)
@given(TRUTHS, st.integers(1, 12), st.sampled_from(sorted(WORTHS)), st.integers(0, 10_000))
def test_the_truth_lies_within_the_bounds_of_every_figure_per_event(
    stays: list[tuple[int, int]], step: int, name: str, seed: int
) -> None:
    """H1 and H2 hold, samples are forgotten at random: low ≤ truth ≤ high, where high is bounded."""
    at, truth = 0, []
    for up, down in stays:
        truth.append((at + up, at + up + down))
        at += up + down
    down_set, chance = Intervals.of(truth), random.Random(seed)
    seen = [
        Sample(t, State.DOWN if down_set.covers(t) else State.UP, 1, Rule(12, 1))
        for t in range(-100, END + 600, step)
        if chance.random() < 0.95
    ]
    known = timeline.of_spans(classify(seen), -1000, END + 1000)
    worth, rule = WORTHS[name]
    exact = events.tally(line(truth), FRAME, rule, worth, 0)
    found = events.tally(known, FRAME, rule, worth, 0)
    assert found.low <= found.point
    assert found.low <= exact.low
    assert found.high is not None
    assert exact.low <= exact.high if exact.high is not None else True
    assert exact.low <= found.high


def test_two_pieces_may_be_one_outage_or_two() -> None:
    """Rounded up to ten each: 11 s and 11 s are 40 apart, 30 as one of 25; a hole between leaves both possible."""
    known = line([(100, 111), (114, 125)], unknown=Intervals.of([(111, 114)]))
    found = events.tally(known, FRAME, Recognition(shortest_ms=5), events.length(10), 0)
    assert (found.low, found.high) == (30, 40)
    assert events.tally(known, FRAME, Recognition(shortest_ms=5), events.number(), 0)[:4] == (1, 2, 2, 2)


def test_without_a_shortest_outage_unsure_time_may_hide_any_number() -> None:
    """The figure says so, and stays bounded at a declared resolution."""
    known = line([(100, 120)], maybe=Intervals.of([(90, 100), (120, 130)]))
    found = events.tally(known, FRAME, Recognition(), events.number(), 60)
    assert (found.low, found.point, found.observed_high, found.high, found.at_resolution) == (1, 1, 1, None, 1)
    exact = events.tally(line([(100, 120)]), FRAME, Recognition(), events.number(), 0)
    assert (exact.low, exact.high) == (1, 1)


def test_unknown_time_may_hold_outages_of_its_own() -> None:
    """A hundred unknown seconds hold at most five outages of twenty."""
    known = line([], unknown=Intervals.of([(100, 205)]))
    found = events.tally(known, FRAME, Recognition(shortest_ms=20), events.number(), 0)
    assert (found.low, found.observed_high, found.high) == (0, 0, 5)


def test_a_good_sample_keeps_two_clusters_apart() -> None:
    """What touches at a good sample is two outages."""
    known = Timeline(start_ms=-1000, end_ms=1000, down=Intervals.of([(100, 200)]), cuts=(150,))
    found = events.tally(known, FRAME, Recognition(), events.number(), 0)
    assert (found.low, found.high) == (2, 2)


def test_an_outage_over_the_edge_belongs_where_the_terms_place_it() -> None:
    """Twenty seconds before the period and thirty in it."""
    over = line([(-20, 30), (390, 420)])
    for edge, expected in (("split", 40), ("start", 30), ("end", 50)):
        found = events.tally(over, FRAME, Recognition(edge=edge), events.length(0), 0)
        assert (found.low, found.high) == (expected, expected)
        rule = Counting(edge=edge)
        basis = Basis(rule=rule, frame=FRAME, denominator_ms=END, resolution_ms=0)
        assert formula.measured(over, basis).low == expected
    vague = line([(0, 30)], maybe=Intervals.of([(-5, 0)]))
    found = events.tally(vague, FRAME, Recognition(edge="start", shortest_ms=10), events.length(0), 0)
    assert (found.low, found.high) == (0, 30)
    outside = events.tally(line([(-50, -5), (405, 450)]), FRAME, Recognition(edge="start"), events.length(0), 0)
    assert (outside.low, outside.high) == (0, 0)
    ended = events.tally(line([(-50, -5), (405, 450)]), FRAME, Recognition(edge="end"), events.length(0), 0)
    assert (ended.low, ended.high) == (0, 0)


def test_forgiven_time_is_cut_out_before_or_after_outages_are_recognised() -> None:
    """A capped pardon bounds both ways: forgiven in the low figure, not in the high."""
    pardon = Pardon(Intervals.of([(110, 120)]))
    frame = Frame(start_ms=0, end_ms=END, pardons=(pardon,))
    known = line([(100, 130)])
    gross = events.tally(known, frame, Recognition(shortest_ms=25), events.length(0), 0)
    net = events.tally(known, frame, Recognition(shortest_ms=25, net=True), events.length(0), 0)
    assert (gross.low, gross.high, net.low, net.high) == (20, 20, 0, 0)
    capped = Frame(start_ms=0, end_ms=END, pardons=(Pardon(pardon.windows, 4),))
    either = events.tally(known, capped, Recognition(), events.length(0), 0)
    assert (either.low, either.high) == (20, 30)
    whole = Frame(start_ms=0, end_ms=END, pardons=(Pardon(Intervals.of([(0, END)])),), hours=Intervals.of([(0, 200)]))
    assert events.tally(known, whole, Recognition(), events.number(), 0).high == 0


def test_rounding_up_each_outage_is_counted_by_event() -> None:
    """Three outages of 11 s rounded up to 20 are 60, not 40."""
    rule = Counting(rounding=Rounding(unit_ms=20, mode="ceil", level="outage"))
    basis = Basis(rule=rule, frame=FRAME, denominator_ms=END, resolution_ms=0)
    found = formula.measured(line([(10, 21), (50, 61), (90, 101)]), basis)
    assert (found.low, found.point, found.high) == (60, 60, 60)
    assert line([]).worst == EMPTY
