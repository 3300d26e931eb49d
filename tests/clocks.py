"""Clocks and an event loop that are turned by hand: hours pass in milliseconds, and always in the same way."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from probe.clock import Reading

T = TypeVar("T")
NS = 1_000_000


class HandClock:
    """All clocks of a machine that only moves when told to; `advance`, `step_wall` and `suspend` take milliseconds."""

    def __init__(self, wall_ms: int = 1_790_000_000_000, boot_ms: int = 5_000_000) -> None:
        self.wall_ns, self.boot_ns, self.mono_ns = wall_ms * NS, boot_ms * NS, boot_ms * NS
        self.boot = "00000000-0000-0000-0000-000000000001"
        self.is_synced = True

    def read(self) -> Reading:
        return Reading(self.wall_ns, self.boot_ns, self.mono_ns)

    def boot_id(self) -> str:
        return self.boot

    def is_synchronised(self) -> bool:
        return self.is_synced

    def advance_ns(self, ns: int) -> None:
        self.wall_ns += ns
        self.boot_ns += ns
        self.mono_ns += ns

    def advance(self, ms: int) -> None:
        self.advance_ns(ms * NS)

    def step_wall(self, ms: int) -> None:
        self.wall_ns += ms * NS

    def suspend(self, ms: int) -> None:
        self.wall_ns += ms * NS
        self.boot_ns += ms * NS


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: where the loop would sleep, the clock moves on instead."""

    clock: HandClock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self.clock.advance_ns(math.ceil(timeout * 1e9) + 1)
        return ready


class HandLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is the hand-turned monotonic clock and which jumps from timer to timer."""

    def __init__(self, clock: HandClock) -> None:
        selector = _JumpingSelector()
        selector.clock = clock
        self.clock = clock
        super().__init__(selector)

    def time(self) -> float:
        return self.clock.mono_ns / 1e9


def run_by_hand(clock: HandClock, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end on a loop of this clock."""
    loop = HandLoop(clock)
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
