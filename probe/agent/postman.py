"""Takes messages out of the record to their channels, beside the work that matters.

At least once: a group is claimed in the record, sent, and marked; whatever ends in between, it goes again
under the same key. Where the record cannot be written nothing is sent, since nobody could tell that it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from probe.clock import Clock
from probe.config import Config
from probe.config.configuration import Channel
from probe.errors import ProbeError
from probe.notify.channels import Channels
from probe.notify.pace import Pace, Waiting, due, orphans
from probe.notify.parcel import parcel
from probe.notify.routing import is_quiet
from probe.store import outbox
from probe.store.outbox import Letter, Message
from probe.store.reader import open_reader
from probe.store.writer import Writer

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
STOP_S: Final = 5.0
"""What the end waits for a message that is on its way."""
KEPT_MS: Final = 90 * 86_400_000
PRUNE_EVERY: Final = 3_600
"""Looks between two prunings of what is older than KEPT_MS."""


class Postman:
    """Looks every second for what is due; one message at a time is on its way to each channel."""

    def __init__(self, config: Config, writer: Writer, clock: Clock, pace: Pace | None = None) -> None:
        """Nothing is sent before `start`."""
        self.config, self._writer, self._clock, self._pace = config, writer, clock, pace or Pace()
        self._channels = Channels(clock)
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._looked: set[str] = set()
        self._failing: set[str] = set()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._problem = ""
        self._looks = 0

    def start(self) -> None:
        """Deliver from now on."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="postman")

    async def stop(self) -> None:
        """Deliver no more; what is on its way has a moment to arrive."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        if self._sending:
            _, late = await asyncio.wait(self._sending.values(), timeout=STOP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping.is_set():
            if self.config.channels:
                await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_S)

    async def _look(self) -> None:
        problem = ""
        try:
            idle = [one for one in self.config.channels if one.name not in self._sending]
            for channel, letters, messages in await asyncio.to_thread(self._due, idle):
                self._send_soon(channel, letters, messages)
            await self._prune()
        except ProbeError as error:
            problem = str(error)
        except Exception as error:  # a bug here must not end the agent
            problem = repr(error)
            if problem != self._problem:
                log.exception("a bug: please report it")
        if problem and problem != self._problem:
            log.warning("messages wait", extra={"problem": problem})
        self._problem = problem

    def _due(self, channels: Sequence[Channel]) -> list[tuple[Channel, list[Letter], list[Message]]]:
        """What is due for each channel. Blocks."""
        now_ms, found = self._clock.read().wall_ms, []
        with open_reader(self.config.storage.path) as reader:
            for channel in channels:
                letters = reader.ask(partial(outbox.waiting, channel=channel.name))
                since_ms = now_ms - self._pace.burst_ms
                sent = reader.ask(partial(outbox.sent_since, channel=channel.name, since_ms=since_ms))
                group = [] if channel.name in self._looked else orphans(letters)
                if not is_quiet(channel, now_ms):
                    group = group or due(Waiting(letters, sent, channel.gather_ms), now_ms, self._pace)
                if group:
                    found.append((channel, group, reader.ask(partial(outbox.opened, letters=group))))
                else:
                    self._looked.add(channel.name)
        return found

    def _send_soon(self, channel: Channel, letters: list[Letter], messages: list[Message]) -> None:
        task = asyncio.get_running_loop().create_task(
            self._send(channel, letters, messages), name=f"notify {channel.name}"
        )
        self._sending[channel.name] = task
        task.add_done_callback(lambda _: self._sending.pop(channel.name, None))

    async def _send(self, channel: Channel, letters: list[Letter], messages: list[Message]) -> None:
        try:
            again_ms = self._clock.read().wall_ms + self._pace.again_after_ms(letters[0].attempts + 1)
            await self._post(partial(outbox.claim, letters=letters, next_at_ms=again_ms))
            problem = await self._channels.send(channel, parcel(messages))
            await self._settle(channel, letters, messages, (again_ms, problem))
        except ProbeError as error:
            log.warning("messages wait", extra={"channel": channel.name, "problem": str(error)})
        except Exception:  # a bug here must not end the agent
            log.exception("a bug: please report it")

    async def _settle(
        self, channel: Channel, letters: list[Letter], messages: list[Message], ending: tuple[int, str]
    ) -> None:
        again_ms, problem = ending
        now_ms = self._clock.read().wall_ms
        if not problem:
            await self._post(partial(outbox.delivered, letters=letters, at_ms=now_ms))
            self._failing.discard(channel.name)
            log.info("told", extra={"channel": channel.name, "messages": len(messages)})
            return
        is_over = now_ms - min(one.at_ms for one in messages) > self._pace.give_up_ms
        next_at_ms = None if is_over else again_ms
        await self._post(partial(outbox.failed, letters=letters, next_at_ms=next_at_ms, error=problem))
        if is_over or channel.name not in self._failing:
            self._failing.add(channel.name)
            what = "messages are given up" if is_over else "a channel does not take its messages"
            log.warning(what, extra={"channel": channel.name, "problem": problem, "messages": len(messages)})

    async def _post(self, work: partial[None]) -> None:
        await asyncio.wrap_future(self._writer.post(work))

    async def _prune(self) -> None:
        self._looks += 1
        if self._looks % PRUNE_EVERY == 1:
            await self._post(partial(outbox.prune, before_ms=self._clock.read().wall_ms - KEPT_MS))
