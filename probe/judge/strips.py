"""The last hours of each check as one character a slice: the worst that was seen in it, and charged.

A failure without a reference that was up meanwhile is unknown here too (availability.md, section 3).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from probe.model import Span, SpanClass
from probe.sla.interval import Intervals

SLICE_MS: Final = 15 * 60_000
SLICES: Final = 24

MARKS: Final = {
    SpanClass.UP: "U",
    SpanClass.DOWN: "D",
    SpanClass.TRANS_DOWN: "S",
    SpanClass.TRANS_UP: "S",
    SpanClass.SUSPECT: "S",
    SpanClass.UNKNOWN: "?",
}
RANK: Final = " U?SD"
"""Worst last: what wins when a slice holds several."""


class Scale(NamedTuple):
    """How far back a strip goes, in slices of equal length."""

    slice_ms: int = SLICE_MS
    slices: int = SLICES

    @property
    def window_ms(self) -> int:
        """The length of the whole strip."""
        return self.slice_ms * self.slices


USUAL: Final = Scale()


def strips(
    timelines: Mapping[str, Sequence[Span]],
    as_of_ms: int,
    references: Collection[str],
    own: Collection[str],
    scale: Scale = USUAL,
) -> dict[str, str]:
    """One strip for each series: a character a slice, oldest first, as CheckStatus.strip says.

    references: the keys that witness; own: those of our own line, whose failures need no witness.
    """
    start_ms = as_of_ms - scale.window_ms
    ups = Intervals.of(
        (span.t0_ms, span.t1_ms) for key in references for span in timelines.get(key, ()) if span.cls is SpanClass.UP
    )
    return {
        key: _strip(spans if key in own else _charged(spans, ups), start_ms, scale) for key, spans in timelines.items()
    }


def _charged(spans: Sequence[Span], ups: Intervals) -> Sequence[Span]:
    """The spans with what nobody witnessed of the down ones made unknown."""
    if all(span.cls is SpanClass.UP for span in spans):
        return spans
    found: list[Span] = []
    for span in spans:
        if span.cls is not SpanClass.DOWN:
            found.append(span)
            continue
        whole = Intervals.span(span.t0_ms, span.t1_ms)
        found += [span._replace(t0_ms=int(a), t1_ms=int(b)) for a, b in whole & ups]
        found += [span._replace(t0_ms=int(a), t1_ms=int(b), cls=SpanClass.UNKNOWN) for a, b in whole - ups]
    return found


def _strip(spans: Sequence[Span], start_ms: int, scale: Scale) -> str:
    worst = [0] * scale.slices
    for span in spans:
        if span.t1_ms <= start_ms or span.t0_ms >= start_ms + scale.window_ms:
            continue
        rank = RANK.index(MARKS[span.cls])
        first = max(0, (span.t0_ms - start_ms) // scale.slice_ms)
        last = min(scale.slices - 1, (span.t1_ms - 1 - start_ms) // scale.slice_ms)
        for place in range(first, last + 1):
            worst[place] = max(worst[place], rank)
    return "".join(RANK[rank] for rank in worst)
