"""The jitter of RFC 3550 (section 6.4.1): a running mean of how much one round trip differs from the one before.

The RFC measures one way; this is of round trips, inside bursts, never from one burst to the next. It stands beside
the verdict; promises about jitter are judged by PDV (`probe.sla.metrics`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

BITS: Final = 32
"""Binary places that the running mean is kept with: whole numbers, so that a month costs no more than a minute."""

GAIN: Final = 4
"""J += (|D| − J) / 16."""


class Jitter(NamedTuple):
    """The running jitter in µs: after the last burst, and the highest that it was."""

    last_us: Fraction
    highest_us: Fraction


def running(bursts_us: Iterable[Sequence[int | None]]) -> Iterator[Fraction]:
    """J in µs after each pair of answers that follow each other in a burst; a lost packet between ends a pair."""
    jitter = 0
    for burst in bursts_us:
        for one, following in pairwise(burst):
            if one is not None and following is not None:
                jitter += ((abs(following - one) << BITS) - jitter) >> GAIN
                yield Fraction(jitter, 1 << BITS)


def jitter(bursts_us: Iterable[Sequence[int | None]]) -> Jitter | None:
    """The jitter of bursts in the order of time; None where no burst has two answers in a row."""
    found = list(running(bursts_us))
    return Jitter(found[-1], max(found)) if found else None
