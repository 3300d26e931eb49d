"""Speed tests of a regulator's campaign: each comes due at its own instant of the wall clock, not every interval."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

from probe.clock import Clock
from probe.model import Check, Origin, Tick
from probe.sla.campaign import planned

log = logging.getLogger(__name__)

LATE_MS: Final = 60_000
"""A measurement that is due for longer is not made up for: the protocol wants it at its time."""


class Campaigns:
    """What is due and was not begun; `tick` begins it."""

    def __init__(self, clock: Clock, tick: Callable[[Tick], None]) -> None:
        """Nothing is due before `follow`."""
        self._clock, self._tick = clock, tick
        self._due: dict[str, tuple[Check, list[int]]] = {}

    def follow(self, checks: Iterable[Check]) -> None:
        """From now on these; what is past is past."""
        now_ms = self._clock.read().wall_ms
        self._due = {
            check.key: (check, [at_ms for at_ms in planned(*_plan(check.settings)) if at_ms > now_ms])
            for check in checks
            if is_campaign(check)
        }

    def look(self) -> None:
        """Once a second: begin what has come due, on the grid of the campaign."""
        reading = self._clock.read()
        for check, instants_ms in self._due.values():
            while instants_ms and instants_ms[0] <= reading.wall_ms:
                late_ms = reading.wall_ms - instants_ms.pop(0)
                if late_ms <= LATE_MS:
                    self._tick(Tick(check, reading.boot_ms - late_ms, Origin.GRID))
                else:
                    log.warning("a measurement of a campaign was missed", extra={"check": check.key})

    def next_ms(self, key: str) -> int | None:
        """When the next measurement of a check is due; None when there is none."""
        _, instants_ms = self._due.get(key, (None, []))
        return instants_ms[0] if instants_ms else None


def is_campaign(check: Check) -> bool:
    """Whether a check is tried by a campaign's plan and not every interval."""
    return getattr(check.settings, "campaign", None) is not None


def _plan(settings: Any) -> tuple[str, str]:
    return settings.campaign, settings.campaign_from
