"""Many appointments at the cost of one timer: those that wait equally long come due in the order they were made.

Most deadlines never strike. Here each costs a place in a queue, one queue for each length of time, and each queue
sets one timer of the loop. Lengths should therefore be few; any other works too, as dear as a timer of its own.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary, ref

log = logging.getLogger(__name__)

RESOLUTION_S: Final = 1e-6
"""An appointment so near is due: floating point may leave it a little in the future."""
STRETCH: Final = 256
"""Appointments that are kept in one turn of the loop; the rest follow in the next."""
BEAT_S: Final = 0.25
"""While there are appointments, the loop is looked at so often."""
HELD_S: Final = 0.1
"""A look that comes later than this found a loop that stood still."""


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
        self._held_s = 0.0
        self._beat_due_s = math.inf

    def after(self, wait_s: float, call: Callable[[], None]) -> Appointment:
        """Call so many seconds from now, never before."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + wait_s
        queue = self._queues.get(wait_s)
        if queue is None:
            queue = self._queues[wait_s] = deque()
            loop.call_at(due_s, self._turn, wait_s)
            if self._beat_due_s == math.inf:
                self._beat_later(loop)
        while queue and queue[0].call is None:
            queue.popleft()
        made = Appointment(due_s, call)
        queue.append(made)
        return made

    def __len__(self) -> int:
        """Queues with a timer."""
        return len(self._queues)

    def held_s(self) -> float:
        """For how long the loop has stood still so far while there were appointments, to within a beat."""
        return self._held_s + self._held_since_s(asyncio.get_running_loop().time())

    def _held_since_s(self, now_s: float) -> float:
        """How long it stood still since the last beat: all the time, where the next one is late."""
        late_s = now_s - self._beat_due_s
        return late_s + BEAT_S if late_s > HELD_S else 0.0

    def _beat_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beat_due_s = loop.time() + BEAT_S
        loop.call_at(self._beat_due_s, self._beat)

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        self._held_s += self._held_since_s(loop.time())
        if self._queues:
            self._beat_later(loop)
        else:
            self._beat_due_s = math.inf

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
