"""One agent: starts everything in one order, ends it in the other, and reloads without missing a tick.

Start: descriptors, record, probers, control socket, scheduler, READY. Stop: no more ticks, what runs meets
its deadline, the record is flushed and closed. A second signal does not wait for deadlines.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from probe import __version__
from probe.agent import descriptors
from probe.agent.crew import Crew
from probe.agent.desk import Desk
from probe.agent.evidence import Witness
from probe.agent.outward import Outward
from probe.agent.pushing import Pushing
from probe.agent.record import Record
from probe.agent.standings import Standings
from probe.agent.systemd import ServiceManager
from probe.agent.watchdog import Watchdog
from probe.clock import Clock
from probe.config import Config, changes, load
from probe.control import ControlServer
from probe.errors import ConfigError, ProbeError
from probe.model import EventKind
from probe.probers import PROBERS
from probe.probers.prober import Prober
from probe.view.warned import grouped

log = logging.getLogger(__name__)


class Agent:
    """The agent of one configuration file, from its start to its end."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        watch: Callable[[Config], None] | None = None,
        kinds: Mapping[str, type[Prober]] = PROBERS,
    ) -> None:
        """Nothing is opened before `run`. kinds: those that a check may be of."""
        self._kinds = kinds
        self.config, self._clock, self._watch = config, clock, watch or (lambda _: None)
        self._manager = ServiceManager()
        self._record = Record(config, clock)
        self._crew = Crew(config, clock, self._record.recorder, self._record.references, kinds)
        self._pushing = Pushing(clock, self._record, self._crew)
        self._witness = Witness(clock, self._record.writer, self._record.recorder)
        self._crew.watch = self._witness.see
        self._watchdog = Watchdog(clock, self._record, self._crew, self._manager)
        self._standings = Standings(config, self._record.writer, clock)
        self._desk = Desk(clock, self._record, self._crew, self.reload, self._pushing)
        self._outward = Outward(clock, self._record, self._desk, self._watchdog.ails)
        self._stop, self._hurry = asyncio.Event(), asyncio.Event()
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[list[str]]] = set()

    async def run(self) -> int:
        """Work until told to stop; the exit code. Raises ProbeError when it cannot start."""
        in_flight = descriptors.attempts_in_flight(descriptors.raise_limit())
        asyncio.get_running_loop().set_exception_handler(_log_bug)
        async with self._crew.ready(), self._recording(), self._listening():
            self._obey()
            self._crew.start(self._record.pauses(), in_flight)
            self._watchdog.start()
            self._standings.start()
            self._record.sealing.start()
            self._tell_started()
            self._watch(self.config)
            await self._outward.start(self.config)
            await self._stop.wait()
            self._manager.tell("STOPPING=1")
            await self._pushing.stop()
            await self._crew.stop(self._hurry)
            await self._witness.stop()
            await self._standings.stop()
            await self._record.sealing.stop()
            await self._outward.stop()
            await asyncio.gather(*self._tasks)
        return 0

    def stop(self) -> None:
        """Stop in good order; the second time, at once."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    async def reload(self) -> list[str]:
        """Read the files again. A configuration with problems changes nothing; they are logged and returned."""
        return await asyncio.shield(self._begin_reload())

    def _begin_reload(self) -> asyncio.Task[list[str]]:
        task = asyncio.get_running_loop().create_task(self._reload(), name="reload")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _reload(self) -> list[str]:
        async with self._reloading:
            if self._stop.is_set():
                return ["the agent is stopping"]
            self._manager.tell("RELOADING=1", f"MONOTONIC_USEC={self._clock.read().mono_ns // 1000}")
            try:
                problems = await self._follow_files()
            finally:
                self._manager.tell("READY=1")
        return problems

    @asynccontextmanager
    async def _recording(self) -> AsyncIterator[None]:
        self._record.open()
        self._note(EventKind.START, version=__version__, pid=os.getpid(), checks=len(self.config.checks))
        try:
            await asyncio.to_thread(self._crew.count_spending)
            await self._pushing.start(self.config)
            yield
        finally:
            self._watchdog.stop()
            self._note(EventKind.STOP)
            await asyncio.to_thread(self._record.close)
            log.info("stopped", extra={"recorded": self._record.recorder.acknowledged})

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        server = ControlServer(self.config.storage.path, self._desk.answer)
        await server.start()
        try:
            yield
        finally:
            await server.stop()

    def _obey(self) -> None:
        """Signals mean something from here until the loop closes, which takes the handlers away."""
        loop = asyncio.get_running_loop()
        deeds = {signal.SIGTERM: self.stop, signal.SIGINT: self.stop, signal.SIGHUP: self._reload_soon}
        for number, deed in deeds.items():
            loop.add_signal_handler(number, deed)

    def _reload_soon(self) -> None:
        """SIGHUP: however many come while one reload waits, one more is made."""
        if len(self._tasks) < 2:
            self._begin_reload()

    async def _follow_files(self) -> list[str]:
        try:
            config = await asyncio.to_thread(load, self.config.path, kinds=self._kinds)
            self._refuse_moves(config)
            self._crew.prepare(config)
            await self._follow(config)
        except ConfigError as error:
            return self._refuse(error.problems)
        except ProbeError as error:
            return self._refuse((str(error),))
        return []

    def _refuse_moves(self, config: Config) -> None:
        problems = []
        if config.storage.path != self.config.storage.path:
            problems.append(f"{config.path}: storage.path: another database needs a restart")
        if config.agent.vantage != self.config.agent.vantage:
            problems.append(f"{config.path}: agent.vantage: another vantage point needs a restart")
        if problems:
            raise ConfigError(tuple(problems))

    def _refuse(self, problems: tuple[str, ...]) -> list[str]:
        for problem in problems:
            log.error("the configuration is refused, the old one stays", extra={"problem": problem})
        self._note(EventKind.RELOAD_REFUSED, problems=problems)
        return list(problems)

    async def _follow(self, config: Config) -> None:
        difference = changes(self.config, config)._asdict()
        self._record.recorder.flush()
        await asyncio.to_thread(self._record.follow, config)
        self.config = self._standings.config = config
        await self._outward.follow(config)
        self._record.references.set_checks(config.checks)
        for key in (*difference["removed"], *difference["changed"]):
            self._record.journal.forget(key)
            self._witness.forget(key)
        self._note(EventKind.RELOAD, checks=len(config.checks), **difference)
        self._crew.pauses = self._record.pauses()  # under the names of now
        self._crew.follow(config)
        await self._pushing.follow(config)
        self._watchdog.follow()
        self._watch(config)
        log.info("reloaded", extra={name: len(keys) for name, keys in difference.items()})

    def _note(self, kind: EventKind, **facts: Any) -> None:
        self._record.recorder.note(kind, self._clock.read().boot_ms, **facts)

    def _tell_started(self) -> None:
        self._manager.tell("READY=1", f"STATUS=probing {len(self.config.checks)} checks")
        storage = str(self.config.storage.path)
        log.info("recording", extra={"checks": len(self.config.checks), "storage": storage, "pid": os.getpid()})
        for warning in grouped(self.config.warnings):
            log.warning("configuration", extra={"warning": warning})


def _log_bug(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody else caught is a bug of ours: one line, and the agent goes on."""
    log.error("a bug: please report it", extra={"what": context.get("message")}, exc_info=context.get("exception"))
