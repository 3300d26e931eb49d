"""Whether the record takes what the agent hands in: one log line when that changes, and a word for the gauges."""

from __future__ import annotations

import logging
from typing import Final

from probe.agent.recorder import Recorder
from probe.store.keeper import Health

log = logging.getLogger(__name__)

QUIET_MS: Final = 600_000
"""So long nothing may be refused before a trouble that is not the database's counts as over."""


def condition(health: Health, recorder: Recorder) -> str:
    """`losing` what is refused, `degraded` while outcomes wait in the spool, else `well`."""
    if recorder.is_refusing:
        return "losing"
    return "degraded" if health.is_degraded else "well"


class StorageWatch:
    """Looks at the writer's health now and then; instants are milliseconds on the boottime clock."""

    def __init__(self, recorder: Recorder) -> None:
        """All is well until a look says otherwise; a refusal is told by the recorder, at once."""
        self._recorder = recorder
        self._is_degraded = False
        self._lost = self._told_lost = 0
        self._quiet_since_ms = 0

    def look(self, health: Health, now_ms: int) -> None:
        """Tell what has changed since the last look."""
        self._count(now_ms)
        was_degraded, self._is_degraded = self._is_degraded, health.is_degraded
        if health.is_degraded and not was_degraded:
            log.warning("storage is degraded", extra={"reason": health.reason, "spooled": health.spooled})
        elif was_degraded and not health.is_degraded:
            self._over("storage works again")
        elif self._recorder.is_refusing and not health.is_degraded and now_ms - self._quiet_since_ms >= QUIET_MS:
            self._over("the record takes everything again")

    def _count(self, now_ms: int) -> None:
        lost = self._recorder.refused + self._recorder.refused_events
        if lost != self._lost:
            self._lost, self._quiet_since_ms = lost, now_ms

    def _over(self, message: str) -> None:
        log.warning(message, extra={"lost": self._lost - self._told_lost})
        self._told_lost = self._lost
        self._recorder.is_refusing = False
