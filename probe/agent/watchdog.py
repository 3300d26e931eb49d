"""Once a second: look at the clocks and at storage, end pauses that are over, tell the service manager all is well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from probe.agent.clockwatch import PERIOD_MS, ClockWatch, Noticed, offset_of
from probe.agent.crew import Crew
from probe.agent.record import Record
from probe.agent.storage import StorageWatch
from probe.agent.systemd import ServiceManager
from probe.clock import Clock
from probe.lanes import late_after_ms
from probe.model import EventKind

log = logging.getLogger(__name__)

TOO_LATE_MS: Final = 5_000
"""A loop that is later than this does not feed the service manager's watchdog."""


DEAF_MS: Final = 120_000
"""Nor does an agent whose record has not acknowledged an outcome for so long."""


class Watchdog:
    """Runs on the loop that does the work, and nowhere else."""

    def __init__(self, clock: Clock, record: Record, crew: Crew, manager: ServiceManager) -> None:
        """Nothing is watched before `start`."""
        self._clock, self._record, self._crew, self._manager = clock, record, crew, manager
        self.clocks = ClockWatch(clock.read(), self._stall_ms())
        self._storage = StorageWatch(record.recorder)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch from now on; each outcome is preceded by a glance, so that an event is recorded before it."""
        self.clocks = ClockWatch(self._clock.read(), self._stall_ms())
        self._record.recorder.before = self._glance
        self._again()

    def stop(self) -> None:
        """Watch no more."""
        self._record.recorder.before = lambda: None
        if self._timer is not None:
            self._timer.cancel()

    def follow(self) -> None:
        """The configuration is another one."""
        self.clocks.stall_ms = self._stall_ms()

    def _stall_ms(self) -> int:
        """The smallest lateness that makes some check's tick an overrun."""
        return min((late_after_ms(check.interval_ms) for check in self._crew.config.checks), default=PERIOD_MS)

    def _again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PERIOD_MS / 1000, self._look)

    def _look(self) -> None:
        self._again()
        for what in self._parts():
            try:
                what()
            except Exception:  # the next look must come, whatever this one met
                log.exception("the watchdog failed")

    def _parts(self) -> tuple[Callable[[], None], ...]:
        clocks = self._look_at_clocks, self._look_at_synchronisation
        return *clocks, self._look_at_storage, self._end_pauses, self._crew.campaigns.look, self._feed

    def _look_at_clocks(self) -> None:
        self._act(self.clocks.look(self._clock.read()))

    def _glance(self) -> None:
        self._act(self.clocks.glance(self._clock.read()))

    def _act(self, noticed: list[Noticed]) -> None:
        for one in noticed:
            log.warning(
                "the agent's clock",
                extra={"event": one.kind.value, "lasted_ms": one.lasted_ms, "moved_ms": one.moved_ms},
            )
            if one.kind is EventKind.CLOCK_STEP:
                self._record.open_segment(self._clock.read())
            self._record.recorder.note(one.kind, one.at_boot_ms, one.lasted_ms, moved_ms=one.moved_ms)
            if one.kind is EventKind.STALL:
                self._record.recorder.stall = one.at_boot_ms, one.at_boot_ms + (one.lasted_ms or 0)
            if one.kind is EventKind.SUSPEND:
                self._crew.lanes.realign()

    def _look_at_synchronisation(self) -> None:
        if self._record.became_synchronised():
            reading = self._clock.read()
            self._record.open_segment(reading)
            self.clocks.offset_ms = offset_of(reading)

    def _look_at_storage(self) -> None:
        self._storage.look(self._record.writer.health, self._clock.read().boot_ms)

    def _end_pauses(self) -> None:
        self._crew.expire(self._clock.read().wall_ms)

    def ails(self) -> str:
        """What is wrong with the agent, "" while the loop is in time and the record acknowledges."""
        if self.clocks.late_ms > TOO_LATE_MS:
            return "the loop is late"
        oldest_ms = self._record.recorder.oldest_ms()
        is_deaf = oldest_ms is not None and self._clock.read().boot_ms - oldest_ms > DEAF_MS
        return "the record does not acknowledge" if is_deaf else ""

    def _feed(self) -> None:
        """Only while all is well."""
        if not self.ails():
            self._manager.tell("WATCHDOG=1")
