"""Those who do the probing: probers, lanes, scheduler, and the extra rounds of the references."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, cast

from probe.agent.campaigns import Campaigns, is_campaign
from probe.agent.pauses import Pauses
from probe.agent.recorder import Recorder
from probe.agent.spending import KIND as SPENDING
from probe.agent.spending import Spender, restore, spent_by
from probe.clock import Clock, Reading
from probe.config import Config
from probe.errors import ConfigError
from probe.lanes import Ending, Lanes, Limits
from probe.model import Check, Finding, Outcome, Role, State, Tick
from probe.probers import PROBERS, is_tried
from probe.probers.prober import Prober
from probe.references import References
from probe.runner import Done, Launches, Stop, attempt, launch
from probe.scheduler import Scheduler

log = logging.getLogger(__name__)

MARGIN_S: Final = 2.0
"""What draining may take beyond the longest deadline."""


class Crew:
    """Probes everything that is configured and not paused; each ending goes to the recorder."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        recorder: Recorder,
        references: References,
        kinds: Mapping[str, type[Prober]] = PROBERS,
    ) -> None:
        """Make what attempts share. Nothing is probed before `start`."""
        self._kinds = kinds
        self.config, self._clock = config, clock
        self._recorder, self._references = recorder, references
        self._probers: dict[str, Prober] = {}
        self.pauses = Pauses()
        self.watch: Callable[[Ending], None] = lambda _: None
        """Told of every ending, after it was handed to the recorder."""
        limits = Limits(config.agent.concurrency, 1, config.agent.recheck_rate)
        self.lanes = Lanes(self._attempt, self.ended, clock, limits, self._launch)
        self.scheduler = Scheduler(self._tick, clock)
        self.campaigns = Campaigns(clock, self._tick)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """What attempts share is made, and given back however this ends. Raises ConfigError as `prepare`."""
        try:
            self.prepare(self.config)
            yield
        finally:
            for prober in self._probers.values():
                await prober.aclose()

    def prepare(self, config: Config) -> None:
        """Make what the attempts of a configuration share. Raises ConfigError when that cannot be made."""
        problems = []
        for check in config.checks:
            try:
                self._prober(check.kind).prepare(check)
            except ValueError as error:
                problems.append(f"{config.path}: check {check.key}: {error}")
        if problems:
            raise ConfigError(tuple(problems))

    def start(self, pauses: Pauses, in_flight: int) -> None:
        """Begin to probe; `in_flight` attempts may wait for their peers at once."""
        self.pauses, self._in_flight = pauses, in_flight
        self.follow(self.config)
        self.scheduler.start()

    def follow(self, config: Config) -> None:
        """From now on this configuration; new and changed checks tick at once."""
        self.config = config
        self.lanes.set_limits(Limits(config.agent.concurrency, self._in_flight, config.agent.recheck_rate))
        self.lanes.set_checks(self.pauses.others(_tried(config)))
        self.scheduler.set_checks(check for check in _tried(config) if not is_campaign(check))
        self.campaigns.follow(config.checks)

    def pause(self, key: str, until_ms: int | None) -> None:
        """Probe this check no more; what is running of it leaves no outcome."""
        self.pauses.add(key, until_ms)
        self.lanes.forget(key)

    def resume(self, key: str) -> None:
        """Probe it again, at once."""
        self.pauses.remove(key)
        self._wake((key,))

    def expire(self, now_ms: int) -> None:
        """Probe those again whose pause is over by the wall clock."""
        self._wake(self.pauses.expire(now_ms))

    def _wake(self, keys: tuple[str, ...]) -> None:
        if not keys:
            return
        self.lanes.set_checks(self.pauses.others(_tried(self.config)))
        for key in keys:
            self.scheduler.prompt(key)

    def count_spending(self) -> None:
        """Take into account what this day's speed tests have moved already. Blocks. Raises StoreError."""
        if any(check.kind == SPENDING for check in self.config.checks):
            restore(self.config, self._clock, cast("Spender", self._prober(SPENDING)))

    def count_manual(self, outcome: Outcome) -> None:
        """A speed test that somebody else made and had recorded belongs to the day's bytes as well."""
        if any(check.key == outcome.key and check.kind == SPENDING for check in self.config.checks):
            spender = cast("Spender", self._prober(SPENDING))
            spender.spend(outcome.key, outcome.at_ms, spent_by(SPENDING, outcome.finding))

    async def stop(self, hurry: asyncio.Event) -> None:
        """No more ticks; wait for what is running, each by its own deadline, unless there is hurry."""
        self.scheduler.stop()
        longest_s = max((check.timeout_ms for check in self.config.checks), default=0) / 1000
        drained = asyncio.ensure_future(self.lanes.drain())
        hurried = asyncio.ensure_future(hurry.wait())
        await asyncio.wait((drained, hurried), timeout=longest_s + MARGIN_S, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        await self.lanes.abandon()
        await drained

    def _prober(self, kind: str) -> Prober:
        if kind not in self._probers:
            self._probers[kind] = self._kinds[kind]()
        return self._probers[kind]

    def _tick(self, tick: Tick) -> None:
        self.lanes.tick(tick)

    async def _attempt(self, check: Check) -> tuple[Reading, Finding]:
        tried = await attempt(check, self._prober(check.kind), self._clock)
        return tried.sent, tried.finding

    def _launch(self, check: Check, land: Done) -> Stop | None:
        prober = self._prober(check.kind)
        return launch(check, cast("Launches", prober), self._clock, land) if hasattr(prober, "launch") else None

    def ended(self, ending: Ending) -> None:
        """Record what an attempt, a tick without one, or somebody's report ended as."""
        self._recorder.take(ending)
        self.watch(ending)
        if ending.finding.state is State.DOWN and ending.check.role is Role.CHECK:
            now_ms = self._clock.read().boot_ms
            round_ms = self._references.round_ms(now_ms)
            if round_ms is not None:
                asyncio.get_running_loop().call_later((round_ms - now_ms) / 1000, self._ask_references)

    def _ask_references(self) -> None:
        self.lanes.ask(self._references.keys())


def _tried(config: Config) -> tuple[Check, ...]:
    """The checks that are attempted on a schedule."""
    return tuple(check for check in config.checks if is_tried(check.kind))
