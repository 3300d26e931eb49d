"""Samples into spans: the table of availability.md, section 2, and what a restart must not change."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.model import Rule, Sample, Span, SpanClass, State
from probe.sla.classify import Run, classify, extend, tail
from tests.sla.build import STATES

UP, DOWN = SpanClass.UP, SpanClass.DOWN
FALL, RISE = SpanClass.TRANS_DOWN, SpanClass.TRANS_UP
SUSPECT, UNKNOWN = SpanClass.SUSPECT, SpanClass.UNKNOWN


def log(states: str, confirm: int = 3, step: int = 60) -> list[Sample]:
    """One sample every `step` seconds, one letter each; "." is a tick without a sample."""
    rule = Rule(90_000, confirm)
    return [Sample(i * step * 1000, STATES[s], 1, rule) for i, s in enumerate(states) if s != "."]


def shape(spans: tuple[Span, ...]) -> list[tuple[int, int, SpanClass, int]]:
    """Start and end in steps of 60 s, class and number of samples of each span."""
    return [(span.t0_ms // 60_000, span.t1_ms // 60_000, span.cls, span.n) for span in spans]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("GGG", [(0, 2, UP, 2)]),
        ("GGBGG", [(0, 1, UP, 1), (1, 3, SUSPECT, 2), (3, 4, UP, 1)]),
        ("GBBBG", [(0, 1, FALL, 1), (1, 3, DOWN, 2), (3, 4, RISE, 1)]),
        ("GBGBG", [(0, 2, SUSPECT, 2), (2, 4, SUSPECT, 2)]),
        ("GUUG", [(0, 3, UNKNOWN, 3)]),
        ("GUGUG", [(0, 2, UNKNOWN, 2), (2, 4, UNKNOWN, 2)]),
        ("G.G", [(0, 2, UNKNOWN, 1)]),
        ("G.U.U", [(0, 4, UNKNOWN, 2)]),
        ("U.U", [(0, 2, UNKNOWN, 1)]),
        ("GBUBG", [(0, 1, SUSPECT, 1), (1, 3, UNKNOWN, 2), (3, 4, SUSPECT, 1)]),
        ("BBB.BG", [(0, 2, DOWN, 2), (2, 4, UNKNOWN, 1), (4, 5, SUSPECT, 1)]),
        ("GBBB", [(0, 1, FALL, 1), (1, 3, DOWN, 2)]),
        ("GBB", [(0, 2, SUSPECT, 2)]),
        ("B", []),
        ("", []),
    ],
)
def test_pairs_are_classed_by_the_table(states: str, expected: list[tuple[int, int, SpanClass, int]]) -> None:
    """Unknown comes first, then up, then what is not confirmed, then what is."""
    assert shape(classify(log(states))) == expected


def test_one_failure_is_two_transitions_where_one_confirms() -> None:
    """The conformance vectors use confirm = 1."""
    assert shape(classify(log("GBG", confirm=1))) == [(0, 1, FALL, 1), (1, 2, RISE, 1)]


def test_a_span_knows_its_ends_and_its_largest_spacing() -> None:
    """H1 and H2 are stated with the largest spacing for which they were used."""
    rule = Rule(90_000, 2)
    times = [(0, "G"), (60, "B"), (65, "B"), (90, "B"), (120, "G"), (200, "G")]
    spans = classify(Sample(t * 1000, STATES[s], 7, rule) for t, s in times)
    assert [(s.cls, s.max_spacing_ms, s.first, s.last, s.revision) for s in spans] == [
        (FALL, 60_000, State.UP, State.DOWN, 7),
        (DOWN, 25_000, State.DOWN, State.DOWN, 7),
        (RISE, 30_000, State.DOWN, State.UP, 7),
        (UP, 80_000, State.UP, State.UP, 7),
    ]


def test_the_rule_of_its_time_judges_each_pair_and_run() -> None:
    """A later change of interval or confirm never re-judges the past."""
    old, new = Rule(90_000, 1), Rule(10_000, 9)
    wide = [Sample(0, State.UP, 1, old), Sample(80_000, State.UP, 1, new), Sample(110_000, State.UP, 1, new)]
    assert [span.cls for span in classify(wide)] == [UP, UNKNOWN]
    failing = [Sample(0, State.DOWN, 1, old), Sample(5000, State.DOWN, 1, new), Sample(6000, State.UP, 1, new)]
    assert [span.cls for span in classify(failing)] == [DOWN, RISE]


def test_another_revision_or_a_suspend_breaks_the_line() -> None:
    """Another meaning is another check; nobody saw what happened while the machine slept (V22)."""
    first = log("GBB", confirm=1)
    later = [Sample(180_000, State.DOWN, 2, Rule(90_000, 1)), Sample(240_000, State.DOWN, 2, Rule(90_000, 1), True)]
    assert [span.cls for span in classify(first + later)] == [FALL, DOWN, UNKNOWN, UNKNOWN]
    unknown = [Sample(0, State.UNKNOWN, 1, Rule(90_000, 1)), Sample(1000, State.UNKNOWN, 2, Rule(90_000, 1))]
    assert [(span.cls, span.revision) for span in classify(unknown)] == [(UNKNOWN, 1)]
    judged = [Sample(0, State.UP, 1, Rule(90_000, 1)), Sample(1000, State.UNKNOWN, 2, Rule(90_000, 1))]
    assert [(span.cls, span.revision) for span in classify(judged)] == [(UNKNOWN, 1)]


def test_the_same_sample_twice_is_one_and_a_contradiction_is_unknown() -> None:
    """Importing a file again must change nothing."""
    seen = log("GGG")
    assert classify(seen + seen) == classify(seen)
    broken = seen[2]._replace(is_broken=True)
    assert [span.cls for span in classify([*seen, broken])] == [UP, UNKNOWN]
    assert [span.cls for span in classify([*seen, seen[1]._replace(state=State.DOWN)])] == [UNKNOWN]


def test_a_late_sample_asks_for_the_series_anew() -> None:
    """Spans that are final can not be taken back by one more call."""
    run, _ = extend(None, log("G")[0])
    assert extend(run, log("G")[0]) == (run, ())
    for late in (Sample(-1, State.UP, 1, Rule(1, 1)), Sample(0, State.DOWN, 1, Rule(1, 1))):
        with pytest.raises(ValueError, match="classify anew"):
            extend(run, late)


def test_an_open_run_says_whether_it_is_confirmed() -> None:
    """Exit code 1 and notifications need a confirmed failure."""
    run = None
    confirmed = []
    for sample in log("GBBBG"):
        run, _ = extend(run, sample)
        confirmed.append(run.is_confirmed)
    assert confirmed == [False, False, False, True, False]


STATE_LETTERS = st.text(alphabet="GGGBBU.", max_size=25)


@settings(deadline=None)
@given(STATE_LETTERS, st.integers(1, 3), st.integers(0, 25))
def test_spans_rebuilt_are_the_spans_kept(states: str, confirm: int, restart: int) -> None:
    """The store keeps spans as outcomes arrive, over restarts; rebuilding gives the same."""
    seen = log(states, confirm)
    kept: list[Span] = []
    run: Run | None = None
    for i, sample in enumerate(seen):
        if i == restart and run:
            run = Run.of(json.loads(json.dumps(run.row)))
        run, final = extend(run, sample)
        kept += final
    assert classify(seen) == (*kept, *(tail(run) if run else ()))


@settings(deadline=None)
@given(STATE_LETTERS, st.integers(1, 3), st.randoms(use_true_random=False))
def test_spans_tile_the_time_between_the_first_and_the_last_sample(states: str, confirm: int, random: object) -> None:
    """Nothing is counted twice or lost, and the order of input is irrelevant."""
    seen = log(states, confirm)
    spans = classify(seen)
    assert [a.t1_ms for a in spans[:-1]] == [b.t0_ms for b in spans[1:]]
    assert sum(span.n for span in spans) == max(len(seen) - 1, 0)
    shuffled = list(seen)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert classify(shuffled) == spans
