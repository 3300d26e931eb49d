"""Many appointments at the cost of one timer: those that wait equally long come due in the order they were made.

Most deadlines never strike. Here each costs a place in a queue, one queue for each length of time, and each queue
sets one timer of the loop. Lengths should therefore be few; any other works too, as dear as a timer of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary, ref

log = logging.getLogger(__name__)

RESOLUTION_S: Final = 1e-6
"""An appointment so near is due: floating point may leave it a little in the future."""
STRETCH: Final = 256
"""Appointments that are kept in one turn of the loop; the rest follow in the next."""


class Appointment:
    """A call at an instant of the loop's time."""

    __slots__ = ("call", "due_s")

    def __init__(self, due_s: float, call: Callable[[], None]) -> None:
        """call: None once it was made or cancelled."""
        self.due_s = due_s
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """It is not called any more."""
        self.call = None


class Wheel:
    """The appointments of one event loop."""

    def __init__(self) -> None:
        """None yet."""
        self._queues: dict[float, deque[Appointment]] = {}

    def after(self, wait_s: float, call: Callable[[], None]) -> Appointment:
        """Call so many seconds from now, never before."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + wait_s
        queue = self._queues.get(wait_s)
        if queue is None:
            queue = self._queues[wait_s] = deque()
            loop.call_at(due_s, self._turn, wait_s)
        while queue and queue[0].call is None:
            queue.popleft()
        made = Appointment(due_s, call)
        queue.append(made)
        return made

    def __len__(self) -> int:
        """Queues with a timer."""
        return len(self._queues)

    def _turn(self, wait_s: float) -> None:
        loop = asyncio.get_running_loop()
        queue, end_s = self._queues[wait_s], loop.time() + RESOLUTION_S
        kept = 0
        while queue and kept < STRETCH and (queue[0].call is None or queue[0].due_s <= end_s):
            call = queue.popleft().call
            if call is not None:
                kept += 1
                _keep(call)
        if queue:
            loop.call_at(queue[0].due_s, self._turn, wait_s)
        else:
            del self._queues[wait_s]


def _keep(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:  # one that breaks must not take the others with it
        log.exception("an appointment failed")


_WHEELS: WeakKeyDictionary[asyncio.AbstractEventLoop, Wheel] = WeakKeyDictionary()


class _Latest(NamedTuple):
    """Whose wheel was wanted last: nearly always the one that is wanted next."""

    loop: Callable[[], asyncio.AbstractEventLoop | None]
    wheel: Wheel


_latest = _Latest(lambda: None, Wheel())


def running_wheel() -> Wheel:
    """The wheel of the running loop."""
    global _latest  # a cache of one
    loop, latest = asyncio.get_running_loop(), _latest
    if latest.loop() is loop:
        return latest.wheel
    wheel = _WHEELS.setdefault(loop, Wheel())
    _latest = _Latest(ref(loop), wheel)
    return wheel
