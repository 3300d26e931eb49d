"""Somebody else reports: a backup, a cron job, a machine behind a firewall.

The agent takes the reports in (probe/agent/pushes.py) and finds out when none came; no schedule tries such a
check, and an outcome of it has no latency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from probe.model import Check
from probe.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings:
    """The keys under `push.` of a check."""

    late_after_ms: int
    """The check is down when so long after a report no other has come."""
    token: Secret | None = None
    """What `POST /push/TOKEN` must say; without it reports come from `probe push` alone."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.late_after_ms < 1000:
            raise ValueError("late_after: must be at least 1s")

    @property
    def usual_interval_ms(self) -> int:
        """Reports are expected so often where the check does not say."""
        return min(max(self.late_after_ms, 2_000), 7 * 86_400_000)

    @property
    def linked_ms(self) -> int:
        """Two reports that are not late are no gap, however far apart."""
        return self.late_after_ms * 11 // 10


class PushProber:
    """Kind "push"; the target says in a few words who reports."""

    Settings = PushSettings

    @staticmethod
    def target(text: str) -> str:
        """Any words."""
        return text.strip()

    def prepare(self, check: Check) -> None:
        """Nothing is shared."""

    async def probe(self, check: Check) -> NoReturn:
        """Nobody tries such a check: a bug of the caller."""
        raise TypeError(f"{check.key} is reported by others; it cannot be tried")

    async def aclose(self) -> None:
        """Nothing is kept."""
