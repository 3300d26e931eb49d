"""Stretches that nothing can be said about: the machine slept, or the agent's loop stood still."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, insort
from collections.abc import Mapping
from itertools import accumulate
from typing import Final, NamedTuple

from probe.model import EventKind
from probe.store.clocks import Segment
from probe.store.outcomes import Row

KINDS: Final = (EventKind.SUSPEND, EventKind.STALL)
RECORDED: Final = """
    SELECT clock.boot_id, event.at_ms - clock.offset_ms, event.lasted_ms FROM event JOIN clock ON clock.id = event.clock
    WHERE event.kind IN (?, ?)
"""


class Breaks:
    """The recorded suspends and stalls of each boot, on boottime."""

    def __init__(self) -> None:
        """None yet."""
        self._of_boot: dict[str, _Boot] = {}

    @staticmethod
    def load(connection: sqlite3.Connection) -> Breaks:
        """All that are on record."""
        breaks = Breaks()
        for boot_id, start, lasted in connection.execute(RECORDED, KINDS).fetchall():
            breaks.add(boot_id, start, start + (lasted or 0))
        return breaks

    def add(self, boot_id: str, start_boot_ms: int, end_boot_ms: int) -> None:
        """One more."""
        boot = self._of_boot.setdefault(boot_id, _Boot([], [], []))
        insort(boot.stretches, (start_boot_ms, end_boot_ms))
        boot.starts[:] = [start for start, _ in boot.stretches]
        boot.reach[:] = accumulate((end for _, end in boot.stretches), max)

    def lie_between(self, earlier: Row, later: Row, segments: Mapping[int, Segment]) -> bool:
        """Whether one meets the time between two outcomes of the same boot."""
        if not self._of_boot:
            return False
        before, after = segments[earlier.clock], segments[later.clock]
        boot = self._of_boot.get(after.boot_id)
        if boot is None or before.boot_id != after.boot_id:
            return False
        begun = bisect_left(boot.starts, later.at_ms - after.offset_ms)
        return begun > 0 and boot.reach[begun - 1] > earlier.at_ms - before.offset_ms


class _Boot(NamedTuple):
    """Stretches in order; their starts; the latest end of each and all before it."""

    stretches: list[tuple[int, int]]
    starts: list[int]
    reach: list[int]
