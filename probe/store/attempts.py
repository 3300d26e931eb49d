"""The attempts of the grid as rules about requests take them: no recheck and no manual one weighs anything."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from probe.model import Origin, State
from probe.store.codes import ORIGINS, STATES

GRID: Final = (Origin.GRID, Origin.PUSH, Origin.IMPORT)
"""Origins that are evenly spread: what came from outside is taken for a grid of its own."""
OF_SERIES: Final = f"""
    SELECT hot.at_ms + clock.shift_ms AS at, hot.state, hot.latency_us,
        CASE WHEN instr(hot.more, 'rtts_us') THEN json_extract(hot.more, '$.facts.rtts_us') END
    FROM hot JOIN clock ON clock.id = hot.clock
    WHERE hot.series = (SELECT id FROM series WHERE vantage = ? AND key = ?)
        AND hot.origin IN ({", ".join(str(ORIGINS.index(origin)) for origin in GRID)})
        AND hot.at_ms BETWEEN ? AND ? AND at >= ? AND at < ?
    ORDER BY at
"""


class Attempt(NamedTuple):
    """One attempt: when (corrected), what it saw, its latency, the round trips of its burst (None: a lost one)."""

    at_ms: int
    state: State
    latency_us: int | None
    burst_us: tuple[int | None, ...]


def load(
    connection: sqlite3.Connection, series: tuple[str, str], recorded: tuple[int, int], between: tuple[int, int]
) -> Iterator[Attempt]:
    """Those of a series (vantage point, key) in [start, end); `recorded` surely holds them before correction."""
    for at_ms, state, latency_us, burst in connection.execute(OF_SERIES, (*series, *recorded, *between)).fetchall():
        yield Attempt(at_ms, STATES[state], latency_us, tuple(json.loads(burst)) if burst else ())
