"""How many failed samples a span holds, as a whole or in the part of it that an outage covers.

A span keeps no single sample: it holds `n` in [t0, t1), the first at t0. In a part of one they are taken to lie
evenly, as the schedule sends them.
"""

from __future__ import annotations

from collections.abc import Iterable

from probe.model import Span, SpanClass, State
from probe.sla.assessment import Ms


def failures(span: Span) -> int:
    """How many of the samples in [t0, t1) are failures."""
    cls = span.cls
    if cls is SpanClass.UNKNOWN:
        return int(span.first is State.DOWN)
    return 0 if cls is SpanClass.UP else span.n - (span.first is State.UP)


def failures_in(spans: Iterable[Span], start: Ms, end: Ms) -> int:
    """How many failures of these spans lie in [start, end)."""
    return sum(_inside(span, start, end) for span in spans if span.t0_ms < end and span.t1_ms > start)


def _inside(span: Span, start: Ms, end: Ms) -> int:
    if start <= span.t0_ms and span.t1_ms <= end:
        return failures(span)
    if not (bad := failures(span)):
        return 0
    first = span.n - bad if span.cls is not SpanClass.UNKNOWN else 0
    return max(min(_before(span, end), first + bad) - max(_before(span, start), first), 0)


def _before(span: Span, instant: Ms) -> int:
    """How many of the samples of a span lie before an instant: the first at its start, the others evenly after it."""
    length = span.t1_ms - span.t0_ms
    elapsed = min(max(instant - span.t0_ms, 0), length)
    return int(-(-elapsed * span.n // length))
