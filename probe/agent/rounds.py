"""Work beside the work that matters: done in a thread, round after round, and never the agent's end.

Trouble is one line of the log; the same trouble again is not said again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from probe.errors import ProbeError

T = TypeVar("T")


class Duty(NamedTuple, Generic[T]):
    """What is done each round (blocks; may raise ProbeError), and what its trouble is called.

    `after` hears on the loop what came of it, None after trouble, and says how many seconds until the next.
    """

    name: str
    work: Callable[[], T]
    after: Callable[[T | None], float]
    trouble: str
    log: logging.Logger
    level: int = logging.WARNING


class Rounds(Generic[T]):
    """Does its duty from `start` to `stop`."""

    def __init__(self, duty: Duty[T]) -> None:
        """Nothing is done before `start`."""
        self._duty = duty
        self._task: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()
        self._problem = ""
        self.is_stopping = False

    def start(self) -> None:
        """Go round from now on."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self._duty.name)

    async def stop(self) -> None:
        """Go round no more; the round that is being made is waited for."""
        self.is_stopping = True
        self._nudged.set()
        if self._task is not None:
            await self._task

    def nudge(self) -> None:
        """Make the next round now."""
        self._nudged.set()

    async def once(self) -> T | None:
        """One round; None after trouble."""
        problem, done = "", None
        try:
            done = await asyncio.to_thread(self._duty.work)
        except ProbeError as error:
            problem = str(error)
            if problem != self._problem:
                self._duty.log.log(self._duty.level, self._duty.trouble, extra={"problem": problem})
        except Exception as error:  # a bug in such work must not end the agent
            problem = repr(error)
            if problem != self._problem:
                self._duty.log.exception("a bug: please report it")
        self._problem = problem
        return done

    async def _run(self) -> None:
        while not self.is_stopping:
            self._nudged.clear()
            pause_s = self._duty.after(await self.once())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), pause_s)
