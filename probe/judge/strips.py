"""The last hours of each check as one character a slice: the worst that was seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from probe.model import Span, SpanClass

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


def strips(timelines: Mapping[str, Sequence[Span]], as_of_ms: int) -> dict[str, str]:
    """One strip for each series: SLICES characters, oldest first, as CheckStatus.strip says."""
    start_ms = as_of_ms - SLICES * SLICE_MS
    return {key: _strip(spans, start_ms, as_of_ms) for key, spans in timelines.items()}


def _strip(spans: Sequence[Span], start_ms: int, end_ms: int) -> str:
    worst = [0] * SLICES
    for span in spans:
        if span.t1_ms <= start_ms or span.t0_ms >= end_ms:
            continue
        rank = RANK.index(MARKS[span.cls])
        first = max(0, (span.t0_ms - start_ms) // SLICE_MS)
        last = min(SLICES - 1, (span.t1_ms - 1 - start_ms) // SLICE_MS)
        for place in range(first, last + 1):
            worst[place] = max(worst[place], rank)
    return "".join(RANK[rank] for rank in worst)
