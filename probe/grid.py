"""Where in its interval each check ticks: slots that hold several checks, and the dither of each tick.

Pure arithmetic, milliseconds. The grid is numbered from the epoch, so that a restart goes on with it.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Final

from probe.model import Check

SLOT_MS: Final = 100
CHECKS_A_SLOT: Final = 5
"""Slots are widened until they hold about so many checks: a wake-up costs more than most of its work."""

DITHER_PERCENT: Final = 5
AHEAD_MS: Final = 100
"""A tick is opened so long before the earliest instant at which it may start."""


def slot_count(interval_ms: int, checks: int) -> int:
    """Slots of an interval: 100 ms wide, wider by powers of two while checks are few."""
    wanted = max(1, checks // CHECKS_A_SLOT)
    return max(1, min(interval_ms // SLOT_MS, 1 << (wanted.bit_length() - 1)))


def offset_ms(key: str, interval_ms: int, slots: int) -> int:
    """Where in its interval a check ticks: fixed by its name, so that restarts keep the grid."""
    number = int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) * slots >> 64
    return number * interval_ms // slots // SLOT_MS * SLOT_MS


@cache
def dither_most_ms(interval_ms: int) -> int:
    """The largest dither: 5 % of the interval in whole 100 ms, so that spacing stays within 0.9 and 1.1 of it."""
    return interval_ms * DITHER_PERCENT // 100 // SLOT_MS * SLOT_MS


def dither_ms(interval_ms: int, offset: int, number: int) -> int:
    """How far tick `number` of a slot is moved from the grid, decided beforehand by slot and number alone."""
    most = dither_most_ms(interval_ms) // SLOT_MS
    if not most:
        return 0
    seed = b"%d/%d/%d" % (interval_ms, offset, number)
    return (int.from_bytes(blake2b(seed, digest_size=4).digest()) % (2 * most + 1) - most) * SLOT_MS


class Slot:
    """The checks of one interval that tick together. `number` is the tick to start next."""

    __slots__ = ("_anchor_ms", "checks", "interval_ms", "number", "offset")

    def __init__(self, interval_ms: int, offset: int, anchor_ms: int) -> None:
        """`anchor_ms`: boottime of tick 0 of the slot with offset 0."""
        self.interval_ms, self.offset, self._anchor_ms = interval_ms, offset, anchor_ms
        self.checks: dict[str, Check] = {}
        self.number = 0

    def nominal_ms(self, number: int) -> int:
        """Tick `number` on the plain grid."""
        return self._anchor_ms + number * self.interval_ms + self.offset

    def due_ms(self, number: int) -> int:
        """When tick `number` starts."""
        return self.nominal_ms(number) + dither_ms(self.interval_ms, self.offset, number)

    def open_ms(self, number: int) -> int:
        """When tick `number` is opened: before the earliest start that its dither allows."""
        return self.nominal_ms(number) - dither_most_ms(self.interval_ms) - AHEAD_MS

    def first_open_after(self, now_ms: int) -> int:
        """The number of the first tick opened after `now_ms`."""
        return (now_ms - self.open_ms(0)) // self.interval_ms + 1

    def first_due_after(self, now_ms: int) -> int:
        """The number of the first tick that starts after `now_ms`."""
        number = (now_ms - self.nominal_ms(0)) // self.interval_ms
        while self.due_ms(number) <= now_ms:
            number += 1
        return number
