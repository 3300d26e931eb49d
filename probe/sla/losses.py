"""How sure a ratio from few attempts is, and whether losses come singly or in runs.

The bounds are those of Clopper and Pearson, which hold if attempts are lost independently of each
other; losses in runs (RFC 3357) say that they are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

CONFIDENCE: Final = Fraction(95, 100)
FEW: Final = 1000
"""Up to so many attempts the bounds of a ratio are worth showing, and quickly found."""

PRECISION_BITS: Final = 27
"""A bound lies outside the exact one by less than 2^-27 of the whole."""


class Pattern(NamedTuple):
    """Losses in RFC 3357's terms. runs: its loss periods; longest: attempts in the longest of them;
    closest: the least distance between two losses, in attempts, None with fewer than two."""

    runs: int
    longest: int
    closest: int | None


def bounds(hits: int, of: int) -> tuple[Fraction, Fraction]:
    """Between what shares the true one lies with 95 % confidence, when `hits` of `of` were seen (Clopper, Pearson).

    Exact but for the rounding, which is outward.
    """
    high = Fraction(1) - _least(of - hits, of)
    return _least(hits, of), high


def _least(hits: int, of: int) -> Fraction:
    """The greatest share p on the grid of the precision under which as many hits come up by chance α/2 at most."""
    if not hits:
        return Fraction(0)
    low = 0
    for bits in range(1, PRECISION_BITS + 1):
        low = 2 * low + _is_unlikely(hits, of, 2 * low + 1, bits)
    return Fraction(low, 1 << PRECISION_BITS)


def _is_unlikely(hits: int, of: int, part: int, bits: int) -> bool:
    """Whether P(X >= hits) <= α/2 for X of `of` trials with p = part / 2^bits; in whole numbers throughout."""
    rest = (1 << bits) - part
    scale = bits * of
    alpha = 1 - CONFIDENCE
    if 2 * hits > of:
        tail = _sum(of, of - hits, rest, part)
        return 2 * tail * alpha.denominator <= alpha.numerator << scale
    below = _sum(of, hits - 1, part, rest)
    return 2 * below * alpha.denominator >= (2 * alpha.denominator - alpha.numerator) << scale


def _sum(of: int, last: int, part: int, rest: int) -> int:
    """The sum over k = 0..last of C(of, k) part^k rest^(of - k)."""
    found, power, ways = 0, 1, 1
    for k in range(last + 1):
        found = found * rest + ways * power
        power *= part
        ways = ways * (of - k) // (k + 1)
    return found * int(rest ** (of - last))


def distances(lost: Sequence[bool]) -> list[int]:
    """RFC 3357's loss distance of each attempt: how far back the loss before it is; 0 without one or if it came."""
    found, before = [0] * len(lost), None
    for place, is_lost in enumerate(lost):
        if is_lost:
            found[place] = 0 if before is None else place - before
            before = place
    return found


def periods(lost: Sequence[bool]) -> list[int]:
    """RFC 3357's loss period of each attempt: the number of its run of losses, from 1; 0 if it came."""
    found, number = [], 0
    for before, is_lost in pairwise([False, *lost]):
        number += is_lost and not before
        found.append(number if is_lost else 0)
    return found


def pattern(lost: Sequence[bool]) -> Pattern:
    """How the losses lie; an attempt that is not known ends a run, so that runs are proven."""
    lengths = Counter(number for number in periods(lost) if number)
    apart = [distance for distance in distances(lost) if distance]
    return Pattern(len(lengths), max(lengths.values(), default=0), min(apart, default=None))
