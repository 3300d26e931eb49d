"""Sets of time: sorted, disjoint, half-open stretches and their union, intersection and difference.

All that is said about outages, windows and periods is said with these three operations, so edge
cases have one home. Lengths are exact: int milliseconds, or Fraction where a midpoint falls
between two. What the sets mean is in
`probe.sla.timeline`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from probe.sla.assessment import Ms

Pair = tuple[Ms, Ms]
"""One stretch [start, end) with start < end."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """An immutable set of instants. Build it with `Intervals.of`; the constructor trusts its pairs."""

    pairs: tuple[Pair, ...] = ()

    @staticmethod
    def of(pairs: Iterable[Pair]) -> Intervals:
        """The set of all instants in `pairs`, given in any order; empty and inverted ones hold none."""
        return Intervals(_merged(sorted([pair for pair in pairs if pair[0] < pair[1]])))

    @staticmethod
    def sorted_of(pairs: Iterable[Pair]) -> Intervals:
        """The same for pairs that are sorted and not empty."""
        return Intervals(_merged(pairs))

    @staticmethod
    def span(start: Ms, end: Ms) -> Intervals:
        """The one stretch [start, end), empty when it has no length."""
        return Intervals(((start, end),)) if start < end else EMPTY

    def __or__(self, other: Intervals) -> Intervals:
        if not other.pairs:
            return self
        if not self.pairs:
            return other
        return Intervals(_merged(sorted(self.pairs + other.pairs)))

    def __and__(self, other: Intervals) -> Intervals:
        if not self.pairs or not other.pairs:
            return EMPTY
        return Intervals(_common(self.pairs, other.pairs))

    def __sub__(self, other: Intervals) -> Intervals:
        if not self.pairs or not other.pairs:
            return self
        return Intervals(tuple(_without(self.pairs, other.pairs)))

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def measure(self) -> Ms:
        """Milliseconds in the set."""
        total: Ms = 0
        for start, end in self.pairs:
            total += end - start
        return total

    def clip(self, start: Ms, end: Ms) -> Intervals:
        """The part of the set inside [start, end)."""
        if not self.pairs or (start <= self.pairs[0][0] and self.pairs[-1][1] <= end):
            return self
        if start >= end:
            return EMPTY
        low = bisect_right(self.pairs, start, key=itemgetter(1))
        high = bisect_left(self.pairs, end, key=itemgetter(0))
        inside = list(self.pairs[low:high])
        if not inside:
            return EMPTY
        inside[0] = (max(inside[0][0], start), inside[0][1])
        inside[-1] = (inside[-1][0], min(inside[-1][1], end))
        return Intervals(tuple(inside))

    def length_in(self, start: Ms, end: Ms) -> Ms:
        """Milliseconds of the set inside [start, end)."""
        pairs = self.pairs
        total: Ms = 0
        for i in range(bisect_right(pairs, start, key=itemgetter(1)), len(pairs)):
            since, until = pairs[i]
            if since >= end:
                break
            total += (until if until < end else end) - (since if since > start else start)
        return total

    def touches(self, start: Ms, end: Ms) -> bool:
        """Whether any of the set lies inside [start, end)."""
        place = bisect_right(self.pairs, start, key=itemgetter(1))
        return start < end and place < len(self.pairs) and self.pairs[place][0] < end

    def holds(self, start: Ms, end: Ms) -> bool:
        """Whether [start, end] lies in one stretch of the set, or ends where it ends."""
        place = bisect_right(self.pairs, start, key=itemgetter(0)) - 1
        return place >= 0 and end <= self.pairs[place][1]

    def covers(self, instant: Ms) -> bool:
        """Whether `instant` is in the set."""
        return any(start <= instant < end for start, end in self.pairs)


EMPTY: Final = Intervals()


def at_least(sets: Sequence[Intervals], count: int) -> Intervals:
    """The instants that lie in `count` or more of the sets."""
    if len(sets) == count == 1:
        return sets[0]
    edges = sorted([(a, -1) for each in sets for a, _ in each.pairs] + [(b, 1) for each in sets for _, b in each.pairs])
    found: list[Pair] = []
    depth, since = 0, None
    for instant, step in edges:
        depth -= step
        if since is None and depth >= count:
            since = instant
        elif since is not None and depth < count:
            found.append((since, instant))
            since = None
    return Intervals.of(found)


def pieces(whole: Intervals, cuts: Sequence[Ms]) -> list[Pair]:
    """The stretches of the set, each cut in two at every one of the sorted `cuts` inside it."""
    found: list[Pair] = []
    i = 0
    for first, end in whole.pairs:
        start = first
        i = bisect_right(cuts, start, i)
        while i < len(cuts) and cuts[i] < end:
            found.append((start, cuts[i]))
            start = cuts[i]
            i += 1
        found.append((start, end))
    return found


def _merged(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    merged: list[Pair] = []
    reach: Ms | None = None
    for pair in pairs:
        if reach is None or pair[0] > reach:
            merged.append(pair)
            reach = pair[1]
        elif pair[1] > reach:
            reach = pair[1]
            merged[-1] = (merged[-1][0], reach)
    return tuple(merged)


def _common(left: tuple[Pair, ...], right: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """What two sets have in common: the longer one is searched for each pair of the shorter one."""
    if len(left) > len(right):
        left, right = right, left
    found: list[Pair] = []
    place = 0
    for start, end in left:
        place = bisect_right(right, start, place, key=itemgetter(1))
        for i in range(place, len(right)):
            since, until = right[i]
            if since >= end:
                break
            found.append((since if since > start else start, until if until < end else end))
    return tuple(found)


def _without(left: tuple[Pair, ...], right: tuple[Pair, ...]) -> Iterator[Pair]:
    j = 0
    for first, end in left:
        start = first
        while j < len(right) and right[j][1] <= start:
            j += 1
        k = j
        while k < len(right) and right[k][0] < end:
            if start < right[k][0]:
                yield start, right[k][0]
            start = right[k][1]
            k += 1
        if start < end:
            yield start, end
