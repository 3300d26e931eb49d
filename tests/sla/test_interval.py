"""Sets of time against sets of whole instants, which are too simple to be wrong."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.sla.interval import EMPTY, Intervals, at_least, pieces

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def instants(whole: Intervals) -> set[int]:
    """Every whole instant in the set."""
    return {instant for start, end in whole for instant in range(int(start), int(end))}


def is_tidy(whole: Intervals) -> bool:
    """Sorted, not empty, and nothing touches."""
    edges = [edge for pair in whole for edge in pair]
    return edges == sorted(set(edges))


@settings(deadline=None)
@given(PAIRS, PAIRS)
def test_the_three_operations_are_those_of_sets(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    """All arithmetic of outages and windows rests on these."""
    a, b = Intervals.of(left), Intervals.of(right)
    for made, expected in (
        (a | b, instants(a) | instants(b)),
        (a & b, instants(a) & instants(b)),
        (a - b, instants(a) - instants(b)),
    ):
        assert instants(made) == expected
        assert is_tidy(made)
        assert made.measure == len(expected)
        assert bool(made) == bool(expected)


@settings(deadline=None)
@given(PAIRS, st.integers(-5, 45), st.integers(-5, 45))
def test_a_clip_is_an_intersection_with_one_stretch(pairs: list[tuple[int, int]], start: int, end: int) -> None:
    """Clipping to the period is the commonest operation and has a fast way of its own."""
    whole = Intervals.of(pairs)
    assert whole.clip(start, max(start, end)) == whole & Intervals.span(start, end)
    assert all(whole.covers(instant) == (instant in instants(whole)) for instant in range(45))


@settings(deadline=None)
@given(st.lists(PAIRS, min_size=1, max_size=4), st.integers(1, 4))
def test_at_least_counts_the_sets_that_hold_an_instant(many: list[list[tuple[int, int]]], count: int) -> None:
    """A quorum is a count at every instant."""
    sets = [Intervals.of(pairs) for pairs in many]
    found = at_least(sets, count)
    assert instants(found) == {i for i in range(41) if sum(i in instants(each) for each in sets) >= count}
    assert is_tidy(found)


def test_pieces_are_cut_inside_only() -> None:
    """A cut at an edge changes nothing; one inside makes two runs of one."""
    whole = Intervals.of([(0, 10), (20, 30)])
    assert pieces(whole, (0, 4, 7, 10, 15, 30)) == [(0, 4), (4, 7), (7, 10), (20, 30)]
    assert pieces(whole, ()) == [(0, 10), (20, 30)]


def test_the_empty_set_is_neutral() -> None:
    """No exclusion and no outage are the usual case."""
    whole = Intervals.of([(3, 5), (1, 1), (9, 7)])
    assert (whole | EMPTY, EMPTY | whole, whole - EMPTY, EMPTY - whole) == (whole, whole, whole, EMPTY)
    assert (len(whole), EMPTY.measure, Intervals.span(4, 4)) == (1, 0, EMPTY)
    assert Intervals.of([(0, 10), (2, 4)]).pairs == ((0, 10),)
