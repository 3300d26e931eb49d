"""What the clocks say about the agent itself: the machine slept, the wall clock was set, the loop stood still.

Pure but for the clock handed in. Each finding becomes an event of the record; a step also opens a new
clock segment. Thresholds are those of the metrology (§5.4).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from probe.clock import NS_PER_MS, Reading
from probe.model import EventKind

PERIOD_MS: Final = 1_000
"""The loop promises to look so often."""

SLEPT_MS: Final = 100
STEP_MS: Final = 500


class Noticed(NamedTuple):
    """One finding: from when on boottime, for how long (None for an instant), and how far the clock moved."""

    kind: EventKind
    at_boot_ms: int
    lasted_ms: int | None
    moved_ms: int


class ClockWatch:
    """Compares each look at the clocks with the one before and with the offset of the clock segment."""

    def __init__(self, reading: Reading, stall_ms: int) -> None:
        """`stall_ms`: a look that is later than this is a stall."""
        self.stall_ms = stall_ms
        self.offset_ms = offset_of(reading)
        """The wall clock minus boottime of the present segment."""
        self._last = reading
        self._promised_ms = _mono_ms(reading) + PERIOD_MS
        self.late_ms = 0
        """How late the last look was."""

    def glance(self, reading: Reading) -> list[Noticed]:
        """A look between two promised ones; what it notices, it notices before the next outcome is recorded."""
        if _mono_ms(reading) <= self._promised_ms + self.stall_ms and _slept_ms(self._last, reading) <= SLEPT_MS:
            return []
        return self.look(reading)

    def look(self, reading: Reading) -> list[Noticed]:
        """What happened since the last look; the next one is promised a second from now."""
        last, self._last = self._last, reading
        mono_ms = _mono_ms(reading)
        self.late_ms, self._promised_ms = max(mono_ms - self._promised_ms, 0), mono_ms + PERIOD_MS
        noticed = []
        slept_ms = _slept_ms(last, reading)
        if slept_ms > SLEPT_MS:
            noticed.append(Noticed(EventKind.SUSPEND, last.boot_ms, reading.boot_ms - last.boot_ms, slept_ms))
        elif self.late_ms > self.stall_ms:
            noticed.append(Noticed(EventKind.STALL, reading.boot_ms - self.late_ms, self.late_ms, self.late_ms))
        moved_ms = offset_of(reading) - self.offset_ms
        if abs(moved_ms) > STEP_MS:
            self.offset_ms += moved_ms
            noticed.append(Noticed(EventKind.CLOCK_STEP, reading.boot_ms, None, moved_ms))
        return noticed


def offset_of(reading: Reading) -> int:
    """The wall clock minus boottime in whole ms: the same at every look while nobody sets the clock."""
    return round((reading.wall_ns - reading.boot_ns) / NS_PER_MS)


def _mono_ms(reading: Reading) -> int:
    return reading.mono_ns // NS_PER_MS


def _slept_ms(earlier: Reading, later: Reading) -> int:
    return ((later.boot_ns - earlier.boot_ns) - (later.mono_ns - earlier.mono_ns)) // NS_PER_MS
