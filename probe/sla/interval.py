"""Sets of time: sorted, disjoint, half-open stretches and their union, intersection and difference.

All that is said about outages, windows and periods is said with these three operations, so edge
cases have one home. Lengths are exact: int milliseconds, or Fraction where a midpoint falls
between two. Points at which such a set is cut are in `probe.sla.timeline`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
        return Intervals(_merged(sorted(pair for pair in pairs if pair[0] < pair[1])))

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
        return Intervals(tuple(_common(self.pairs, other.pairs)))

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

    def covers(self, instant: Ms) -> bool:
        """Whether `instant` is in the set."""
        return any(start <= instant < end for start, end in self.pairs)


EMPTY: Final = Intervals()


def _merged(pairs: list[Pair]) -> tuple[Pair, ...]:
    merged: list[Pair] = []
    for start, end in pairs:
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def _common(left: tuple[Pair, ...], right: tuple[Pair, ...]) -> Iterator[Pair]:
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            yield start, end
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1


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
