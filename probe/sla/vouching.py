"""What failures prove while a witness was up: pairs of failed attempts that our own line cannot have caused.

An attempt's answer depends on the line from its sending until its timeout. So a failure is vouched for only
where the witness was certainly up all that while, and a stretch is proven down only between two such failures.
Spans do not hold every sample: where they are evenly spaced their places are known, else the nearest one that
there must be is taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from probe.model import Span, SpanClass
from probe.sla.assessment import Ms
from probe.sla.interval import Intervals, Pair

FAR_MS: Final = 1 << 62


def vouched(spans: Iterable[Span], ups: Intervals, wait_ms: int) -> Intervals:
    """The downtime in `spans` between failures whose [sending, sending + wait_ms] lies where a witness was up."""
    down = [span for span in spans if span.cls is SpanClass.DOWN]
    if down and ups.holds(min([span.t0_ms for span in down]), max([span.t1_ms for span in down]) + wait_ms):
        return Intervals.of([(span.t0_ms, span.t1_ms) for span in down])
    found: list[Pair] = []
    for span in down:
        found += _beside(span, ups, wait_ms)
    return Intervals.of(found)


def _beside(span: Span, ups: Intervals, wait_ms: int) -> Iterator[Pair]:
    """The same, step by step, where the witness was not up all the time."""
    place = max(bisect_right(ups.pairs, (span.t0_ms, FAR_MS)) - 1, 0)
    for up_from, up_to in ups.pairs[place:]:
        if up_from >= span.t1_ms:
            return
        first = span.t0_ms if up_from <= span.t0_ms else _sample_from(span, up_from)
        latest = up_to - wait_ms
        last = span.t1_ms if span.t1_ms <= latest else _sample_until(span, latest)
        if first < last:
            yield first, last


def _sample_from(span: Span, instant: Ms) -> Ms:
    """A failure at or after the instant, as early as is known for sure."""
    if _is_even(span):
        return span.t0_ms - (span.t0_ms - instant) // span.max_spacing_ms * span.max_spacing_ms
    return instant + span.max_spacing_ms


def _sample_until(span: Span, instant: Ms) -> Ms:
    """A failure at or before the instant, as late as is known for sure."""
    if _is_even(span):
        return span.t0_ms + (instant - span.t0_ms) // span.max_spacing_ms * span.max_spacing_ms
    return instant - span.max_spacing_ms


def _is_even(span: Span) -> bool:
    """Whether all its samples lie at one distance, so that each place is known."""
    return span.n * span.max_spacing_ms == span.t1_ms - span.t0_ms
