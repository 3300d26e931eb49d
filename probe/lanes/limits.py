"""What all lanes share: how much may run at once and how many rechecks a second may be sent. Pure, ms of boottime."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

YOUNG_MS: Final = 250
"""An attempt is running work for so long; after that it only waits for its peer."""


class Limits(NamedTuple):
    """concurrency: attempts at work at once; in_flight: sent and not ended; recheck_rate: rechecks a second."""

    concurrency: int
    in_flight: int
    recheck_rate: int


class Admission:
    """Bounds work and descriptors: at most `concurrency` attempts in their first 250 ms, `in_flight` in all.

    Rechecks may fill only half of what may be in flight, so that failing targets leave room for the others.
    """

    def __init__(self, limits: Limits) -> None:
        """Nothing is in flight."""
        self.limits = limits
        self._young: dict[str, int] = {}
        self._flying: set[str] = set()

    def __len__(self) -> int:
        """Attempts in flight."""
        return len(self._flying)

    def free_ms(self, now_ms: int, *, is_recheck: bool = False) -> int | None:
        """From when one more may be sent: now, a later instant, or None: only when another has ended."""
        most = self.limits.in_flight // 2 if is_recheck else self.limits.in_flight
        if len(self._flying) >= max(most, 1):
            return None
        if len(self._young) >= self.limits.concurrency:
            oldest = next(iter(self._young))
            if now_ms - self._young[oldest] < YOUNG_MS:
                return self._young[oldest] + YOUNG_MS
            del self._young[oldest]
        return now_ms

    def enter(self, key: str, now_ms: int) -> None:
        """An attempt of this check was sent."""
        self._flying.add(key)
        self._young[key] = now_ms

    def leave(self, key: str) -> None:
        """It ended."""
        self._flying.discard(key)
        self._young.pop(key, None)


class Rate:
    """So many a second on average, a tenth of a second's worth at once."""

    def __init__(self, per_second: int) -> None:
        """Full at the start."""
        self._spacing_ms = 1000 / per_second
        self._burst_ms = max(100.0, self._spacing_ms)
        self._free_ms = 0.0

    def free_ms(self, now_ms: int) -> int:
        """From when one more may go."""
        return max(now_ms, math.ceil(self._free_ms - self._burst_ms + self._spacing_ms))

    def take(self, now_ms: int) -> None:
        """One went."""
        self._free_ms = max(self._free_ms, float(now_ms)) + self._spacing_ms
