"""The conformance vectors, and an independent model of the plain measure, second by second."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.sla import timeline
from probe.sla.basis import Basis
from probe.sla.classify import classify
from probe.sla.counting import Counting
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import Intervals
from probe.sla.vectors import differences, evaluate
from probe.sla.verdict import measured
from tests.sla.build import PUBLISHED, samples

VECTORS = json.loads((PUBLISHED.parent / "vectors" / "timeline.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_a_vector_comes_out_exactly(vector: dict[str, Any]) -> None:
    """Every figure was worked out by hand first."""
    assert differences([vector]) == ()


def test_a_difference_names_the_field_and_both_values() -> None:
    """A file of somebody else's vectors must be easy to argue about."""
    wrong = {**VECTORS[0], "exp": {"D_lo": "121", "verdict": "undecided"}}
    assert differences([wrong]) == ("V01 D_lo: expected 121, computed 120",)


def test_only_the_excess_counts_where_a_vector_says_so() -> None:
    """The third argument of `runs` is not used in the shipped file."""
    longest = {**VECTORS[0], "func": ["runs", 100, True]}
    assert [evaluate(longest)[field] for field in ("D_lo", "D_pt", "D_hi")] == ["20", "80", "140"]


def test_a_vector_without_time_has_no_ratios() -> None:
    """Where maintenance covers everything there is nothing to promise."""
    found = evaluate({**VECTORS[0], "excl": [[0, 3600]]})
    assert (found["M"], found["verdict"], found["reason"], found.get("A_lo")) == ("0", "undecided", "no_time", None)


def test_an_unknown_function_is_named() -> None:
    """A misspelt vector is not a passed one."""
    with pytest.raises(ValueError, match="median"):
        evaluate({**VECTORS[0], "func": ["median"]})


LOG = st.lists(st.tuples(st.integers(1, 30), st.sampled_from("GGGBBU")), max_size=30)
WINDOWS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=3)


def by_the_second(seen: list[tuple[int, str]], confirm: int, second: int) -> tuple[str, bool]:
    """The class of one second, and whether the best estimate takes it for down, straight from the table."""
    before = [i for i, (at, _) in enumerate(seen) if at <= second]
    if not before or before[-1] == len(seen) - 1:
        return "N", False
    i = before[-1]
    (a, x), (b, y) = seen[i], seen[i + 1]
    if "U" in (x, y) or b - a > 40:
        return "N", False
    if x == y == "G":
        return "G", False
    bad = i if x == "B" else i + 1
    low = high = bad
    while low > 0 and seen[low - 1][1] == "B" and seen[low][0] - seen[low - 1][0] <= 40:
        low -= 1
    while high + 1 < len(seen) and seen[high + 1][1] == "B" and seen[high + 1][0] - seen[high][0] <= 40:
        high += 1
    if high - low + 1 < confirm:
        return "Q", False
    if x == y == "B":
        return "S", True
    is_late = 2 * second >= a + b
    return "Q", is_late if x == "G" else not is_late


@settings(deadline=None, max_examples=200)
@given(LOG, st.integers(1, 3), WINDOWS)
def test_the_plain_measure_equals_a_count_of_seconds(
    steps: list[tuple[int, str]], confirm: int, windows: list[tuple[int, int]]
) -> None:
    """Two ways that share nothing must agree on every log."""
    at, seen = -20, []
    for step, state in steps:
        at += 2 * step
        seen.append((at, state))
    seconds = range(300)
    classed = [by_the_second(seen, confirm, second) for second in seconds]
    excused = [any(a <= second < b for a, b in windows) for second in seconds]
    counts = {
        key: sum(1 for (cls, _), out in zip(classed, excused, strict=True) if cls == key and not out) for key in "SQNG"
    }
    point = sum(1 for (_, is_down), out in zip(classed, excused, strict=True) if is_down and not out)

    spans = classify(samples([[t, 1, 1, s] for t, s in seen], g_max=40, confirm=confirm))
    line = timeline.of_spans(spans, -1000_000, 1000_000)
    frame = Frame(start_ms=0, end_ms=300_000, pardons=(Pardon(Intervals.of((a * 1000, b * 1000) for a, b in windows)),))
    found = measured(line, Basis(rule=Counting(), frame=frame, denominator_ms=300_000, resolution_ms=0))
    expected = (counts["S"], point, counts["S"] + counts["Q"], counts["S"] + counts["Q"] + counts["N"])
    assert found[:4] == tuple(second * 1000 for second in expected)
    assert sum(counts.values()) == 300 - sum(excused)


def test_the_model_sees_runs() -> None:
    """The model itself must tell a confirmed run from a suspect one."""
    seen = [(0, "G"), (10, "B"), (20, "B"), (30, "G")]
    assert [group for group, _ in groupby(by_the_second(seen, 2, second)[0] for second in range(30))] == ["Q", "S", "Q"]
    assert by_the_second(seen, 3, 15) == ("Q", False)
