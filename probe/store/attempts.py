"""The attempts of the grid as rules about requests take them: no recheck and no manual one weighs anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from probe.model import State
from probe.store.codes import STATES
from probe.store.outcomes import Row
from probe.store.source import Source
from probe.store.tally import GRID


class Attempt(NamedTuple):
    """One attempt: when (corrected), what it saw, its latency, the round trips of its burst (None: a lost one)."""

    at_ms: int
    state: State
    latency_us: int | None
    burst_us: tuple[int | None, ...]


_made = tuple.__new__  # a month has 86,400 of them, and this takes half as long as Attempt()


def of_rows(source: Source, rows: Iterable[Row]) -> Iterator[Attempt]:
    """Those among the rows of a series."""
    shifts = {number: segment.shift_ms for number, segment in source.segments.items()}
    for at_ms, _, clock, _, origin, state, _, latency_us, _, more in rows:
        if origin in GRID:
            burst = _burst(more) if more else ()
            yield _made(Attempt, (at_ms + shifts[clock], STATES[state], latency_us, burst))


def _burst(more: str) -> tuple[int | None, ...]:
    if "rtts_us" not in more:
        return ()
    return tuple(json.loads(more).get("facts", {}).get("rtts_us") or ())
