"""Answers what comes through the control socket: changes to the record, health, reload."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from probe import __version__
from probe.agent.crew import Crew
from probe.agent.pushing import Pushing, read_report
from probe.agent.record import Record
from probe.agent.storage import condition
from probe.clock import Clock
from probe.errors import UsageError
from probe.store.changes import Pause, RecordManual, Resume, Seal, decode
from probe.store.database import wal_bytes


class Desk:
    """One request at a time is decoded, done, and answered with a JSON value."""

    def __init__(
        self,
        clock: Clock,
        record: Record,
        crew: Crew,
        reload: Callable[[], Awaitable[list[str]]],
        pushing: Pushing,
    ) -> None:
        """`reload` reads the files again and returns the problems that it met."""
        self._pushing = pushing
        self._clock, self._record, self._crew, self._reload = clock, record, crew, reload
        self._started_ms = clock.read().wall_ms

    async def answer(self, message: Mapping[str, Any]) -> Any:
        """The answer to one request. Raises ProbeError when it is refused."""
        deeds = {"change": self._change, "health": self._health, "reload": self._read_again, "push": self._push}
        deed = deeds.get(str(message.get("do")))
        if deed is None:
            raise UsageError(f"`do` is one of {', '.join(deeds)}")
        return await deed(message)

    async def _change(self, message: Mapping[str, Any]) -> Any:
        change = decode(message["change"])
        if isinstance(change, Seal):
            sealing = self._record.sealing
            return (sealing.sealed if change.is_asking else sealing.nudge())._asdict()
        result = await asyncio.wrap_future(self._record.writer.change(change))
        if isinstance(change, Pause):
            self._crew.pause(change.key, change.until_ms)
            self._record.journal.forget(change.key)
        elif isinstance(change, Resume):
            self._crew.resume(change.key)
        elif isinstance(change, RecordManual):
            self._crew.count_manual(change.outcome)
        return result

    async def _push(self, message: Mapping[str, Any]) -> dict[str, Any]:
        key, state, detail, sent_ms = read_report(message)
        return {"key": key, "at_ms": await self._pushing.report(key, state, detail, sent_ms)}

    async def _read_again(self, _: Mapping[str, Any]) -> list[str]:
        return await self._reload()

    async def _health(self, _: Mapping[str, Any]) -> dict[str, Any]:
        """Gauges: each should stay flat over months."""
        recorder, crew, storage = self._record.recorder, self._crew, self._record.writer.health
        return {
            "version": __version__,
            "pid": os.getpid(),
            "vantage": self._record.config.agent.vantage,
            "started_ms": self._started_ms,
            "now_ms": self._clock.read().wall_ms,
            "checks": len(crew.config.checks),
            "paused": len(crew.pauses),
            "in_flight": len(crew.lanes),
            "waiting": crew.lanes.waiting(),
            "failing": crew.lanes.failing(),
            "lag_ms": crew.scheduler.lag_ms,
            "acknowledged": recorder.acknowledged,
            "refused": recorder.refused,
            "refused_events": recorder.refused_events,
            "storage": {"condition": condition(storage, recorder), **storage._asdict()},
            "is_line_down": self._record.references.is_line_down,
            "tasks": len(asyncio.all_tasks()),
            "descriptors": _descriptors(),
            "memory_kib": _memory_kib(),
            "wal_bytes": wal_bytes(self._record.config.storage.path),
        }


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _memory_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
