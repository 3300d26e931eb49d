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


def of_rows(source: Source, rows: Iterable[Row]) -> Iterator[Attempt]:
    """Those among the rows of a series."""
    for row in rows:
        if row.origin in GRID:
            yield Attempt(source.instant(row), STATES[row.state], row.latency_us, _burst(row.more))


def _burst(more: str | None) -> tuple[int | None, ...]:
    if more is None or "rtts_us" not in more:
        return ()
    return tuple(json.loads(more).get("facts", {}).get("rtts_us") or ())
