"""Several ways to one answer: the next begins when one fails or takes long, the first to succeed wins."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from probe.probers.net.fault import Fault

T = TypeVar("T")


async def first(
    ways: Sequence[Callable[[], Awaitable[T]]], stagger_s: float, discard: Callable[[T], None] | None = None
) -> T:
    """The result of the way that succeeds first; `discard` gets the results that came too late.

    Raises the Fault that says most when all fail: theirs before ours, the earlier before the later.
    """
    if len(ways) == 1:
        return await ways[0]()
    waiting = deque(ways)
    running: set[asyncio.Task[T]] = set()
    faults: list[Fault] = []
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(_run(waiting.popleft())))
            patience_s = stagger_s if waiting else None
            await asyncio.wait(running, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in running if task.done()]:
                running.discard(task)
                try:
                    return task.result()
                except Fault as fault:
                    faults.append(fault)
    finally:
        await _stop(running, discard)
    raise next((fault for fault in faults if fault.reason.state == "down"), faults[0])


async def _run(way: Callable[[], Awaitable[T]]) -> T:
    return await way()


async def _stop(running: set[asyncio.Task[T]], discard: Callable[[T], None] | None) -> None:
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
    for task in running:
        with suppress(Fault, asyncio.CancelledError):
            result = task.result()
            if discard is not None:
                discard(result)
