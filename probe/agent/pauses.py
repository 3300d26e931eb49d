"""Which checks are paused now. The record keeps who paused what and why; this only says whom not to probe."""

from __future__ import annotations

from collections.abc import Iterable

from probe.model import Check


class Pauses:
    """Keys with the instant (wall clock, ms) at which each pause ends; None: until resumed."""

    def __init__(self) -> None:
        """Nothing is paused."""
        self._until: dict[str, int | None] = {}

    def __contains__(self, key: object) -> bool:
        """Whether this check is paused."""
        return key in self._until

    def __len__(self) -> int:
        """How many are."""
        return len(self._until)

    def add(self, key: str, until_ms: int | None) -> None:
        """Pause a check, or change until when."""
        self._until[key] = until_ms

    def remove(self, key: str) -> bool:
        """Probe it again; whether it was paused."""
        return self._until.pop(key, 0) != 0

    def expire(self, now_ms: int) -> tuple[str, ...]:
        """The keys whose pause has ended by now; they are paused no longer."""
        over = tuple(key for key, until_ms in self._until.items() if until_ms is not None and until_ms <= now_ms)
        for key in over:
            del self._until[key]
        return over

    def others(self, checks: Iterable[Check]) -> tuple[Check, ...]:
        """Those that are to be probed."""
        return tuple(check for check in checks if check.key not in self._until)
