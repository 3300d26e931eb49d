"""What is counted of outcomes: states, loss and latency, in a form that adds up over days and months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from probe.model import Origin
from probe.store import sketch
from probe.store.codes import MANUAL, ORIGIN_CODE
from probe.store.outcomes import Row

GRID: Final = frozenset(ORIGIN_CODE[origin] for origin in (Origin.GRID, Origin.PUSH, Origin.IMPORT))
"""Origins that are evenly spread: loss and latency are of these only."""


class Tally(NamedTuple):
    """Counts of one stretch.

    n, up, down, unknown: outcomes that are samples (no manual one). sent: attempts of the grid that could be judged;
    answered: those with a latency; sum_us, min_us, max_us: of these, exact; latencies: their sketch.
    """

    n: int = 0
    up: int = 0
    down: int = 0
    unknown: int = 0
    sent: int = 0
    answered: int = 0
    sum_us: int = 0
    min_us: int | None = None
    max_us: int | None = None
    latencies: bytes = bytes((sketch.VERSION,))

    @property
    def counts(self) -> tuple[int, ...]:
        """What simply adds up: all down to sum_us."""
        return self.n, self.up, self.down, self.unknown, self.sent, self.answered, self.sum_us

    @property
    def lost(self) -> int:
        """Attempts of the grid that got no answer."""
        return self.sent - self.answered

    @property
    def mean_us(self) -> Fraction | None:
        """Of what was answered; None when nothing was."""
        return Fraction(self.sum_us, self.answered) if self.answered else None

    def quantile_us(self, share: Fraction, *, given_answer: bool = False) -> int | None:
        """The latency at rank floor(share · (n - 1)), to within 1 %; None where it is infinite or nothing is there.

        What was lost counts as infinitely slow, unless only answers are asked about.
        """
        n = self.answered if given_answer else self.sent
        return sketch.at_rank(sketch.unpack(self.latencies), int(share * (n - 1))) if n else None


def of(rows: Iterable[Row]) -> Tally:
    """The counts of these rows."""
    samples = [row for row in rows if row.origin != MANUAL]
    states = Counter(row.state for row in samples)
    judged = [row.latency_us for row in samples if row.origin in GRID and row.state != 2]
    answered = [latency for latency in judged if latency is not None]
    least, largest = (min(answered), max(answered)) if answered else (None, None)
    packed = sketch.pack(sketch.count(answered))
    counts = len(samples), states[0], states[1], states[2], len(judged), len(answered)
    return Tally(*counts, sum(answered), least, largest, packed)


def together(tallies: Iterable[Tally]) -> Tally:
    """The counts of several stretches as one; the same whichever way they are grouped."""
    parts = list(tallies)
    if len(parts) == 1:
        return parts[0]
    sums = [sum(column) for column in zip(*(part.counts for part in parts), strict=True)] or [0] * 7
    n, up, down, unknown, sent, answered, total = sums
    least = min((part.min_us for part in parts if part.min_us is not None), default=None)
    largest = max((part.max_us for part in parts if part.max_us is not None), default=None)
    packed = sketch.pack(sketch.merged(part.latencies for part in parts))
    return Tally(n, up, down, unknown, sent, answered, total, least, largest, packed)
