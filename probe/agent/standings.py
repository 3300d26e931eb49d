"""Keeps the standings that `status` starts from: a few services at a time, beside the work that matters.

A standing saves a reader time and decides nothing (probe.judge.standing), so trouble here is one log line
and never the agent's end.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from probe.clock import Clock
from probe.config import Config
from probe.errors import ProbeError
from probe.judge.standing import due
from probe.store.reader import open_reader
from probe.store.writer import Writer

log = logging.getLogger(__name__)

AT_A_TIME: Final = 10
"""Judged in one go: about as many milliseconds of a thread beside the loop."""

SOON_S: Final = 1.0
LATER_S: Final = 10.0
"""Between two looks: while there was something to judge, and when there was nothing."""


class Standings:
    """Judges the running period of each service whenever what it rests on has changed."""

    def __init__(self, config: Config, writer: Writer, clock: Clock) -> None:
        """Nothing is judged before `start`."""
        self.config, self._writer, self._clock = config, writer, clock
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._problem = ""

    def start(self) -> None:
        """Keep them from now on."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="standings")

    async def stop(self) -> None:
        """Keep them no more; what is being judged is waited for."""
        if self._task is not None:
            self._stopping.set()
            await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            kept = await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), SOON_S if kept else LATER_S)

    async def _look(self) -> int:
        """Keep a few; how many. The same trouble again is not said again."""
        problem, kept = "", 0
        try:
            kept = await asyncio.to_thread(self.keep)
        except ProbeError as error:
            problem = str(error)
            if problem != self._problem:
                log.warning("standings are not kept", extra={"problem": problem})
        except Exception as error:  # a bug in judging must not end the agent
            problem = repr(error)
            if problem != self._problem:
                log.exception("a bug: please report it")
        self._problem = problem
        return kept

    def keep(self) -> int:
        """Judge and keep a few; how many. Blocks. Raises StoreError where the record cannot be read."""
        config = self.config
        with open_reader(config.storage.path) as reader:
            found = due(config, reader, self._clock.read().wall_ms, AT_A_TIME)
        if found:
            self._writer.keep(found).result()
        return len(found)
