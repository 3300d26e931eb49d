"""Failures of a span, whole and in part: what even spacing gives is what single samples would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.sla.failures import failures, failures_in
from tests.sla.build import member


@given(
    st.lists(st.tuples(st.sampled_from("GBU"), st.integers(1, 5)), min_size=1, max_size=6),
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.integers(1, 3),
)
def test_on_an_even_grid_the_failures_inside_are_counted_one_by_one(
    runs: list[tuple[str, int]], first: int, second: int, confirm: int
) -> None:
    """However runs are confirmed and wherever the edges lie, no failure outside is counted and none inside is lost."""
    log = "".join(state * count for state, count in runs)
    spans = member([(60 * place, 60, 1, state) for place, state in enumerate(log)], confirm=confirm).spans
    start, end = sorted((first * 1000, second * 1000))
    known = len(log) - 1  # the last sample opens no span
    inside = [60_000 * place for place in range(known) if log[place] == "B" and start <= 60_000 * place < end]
    assert failures_in(spans, start, end) == len(inside)


def test_a_whole_span_holds_all_of_its_failures() -> None:
    """Of a span that is up none."""
    spans = member([(0, 60, 3, "G"), (180, 60, 4, "B"), (420, 60, 3, "G")]).spans
    assert sum(map(failures, spans)) == 4
    assert failures_in(spans, 0, 1_000_000) == 4
