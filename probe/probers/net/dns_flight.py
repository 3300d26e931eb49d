"""One query by datagram without a task; only an answer that is cut short needs one, for its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from probe.model import Finding
from probe.probers.net.dns_wire import TC, Heard
from probe.probers.net.fault import Fault
from probe.probers.net.landing import fail_later
from probe.probers.net.lookup import Exchange, Question, ask_by_tcp
from probe.probers.net.nameserver import Answer, answer_of
from probe.runner import Land, Stop
from probe.trail import Trail

QUERY = "query"


def launch(question: Question, trail: Trail, judge: Callable[[Answer], Finding], land: Land) -> Stop:
    """Begin, as the runner's Launches says."""
    flight = _DnsFlight(question, trail, judge, land)
    try:
        flight.begin()
    except Fault as fault:
        return fail_later(fault, trail, land)
    return flight.stop


class _DnsFlight:
    __slots__ = ("_entered_ns", "_exchange", "_judge", "_land", "_question", "_task", "_trail")

    def __init__(self, question: Question, trail: Trail, judge: Callable[[Answer], Finding], land: Land) -> None:
        self._question, self._trail, self._judge, self._land = question, trail, judge, land
        self._exchange: Exchange | None = Exchange(question, self._told)
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Raises Fault."""
        assert self._exchange is not None
        self._entered_ns = self._trail.enter(QUERY)
        self._exchange.begin()

    def stop(self) -> None:
        """Give everything back."""
        if self._exchange is not None:
            self._exchange.stop()
            self._exchange = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _told(self, said: Heard | Exception) -> None:
        self.stop()
        if isinstance(said, Heard):
            self._trail.leave(QUERY, self._entered_ns)
            if said.flags & TC:
                self._task = asyncio.get_running_loop().create_task(self._ask_by_tcp())
                return
        self._land(partial(self._find, said))

    async def _ask_by_tcp(self) -> None:
        said: Heard | Exception
        try:
            said = await ask_by_tcp(self._question, self._trail)
        except Exception as error:  # noqa: BLE001 - a Fault, or a bug that the runner must learn of
            said = error
        self._task = None
        self._land(partial(self._find, said, by_tcp=True))

    def _find(self, said: Heard | Exception, *, by_tcp: bool = False) -> Finding:
        if isinstance(said, Fault):
            return said.finding(self._trail)
        if isinstance(said, Exception):
            raise said
        return self._judge(answer_of(said, by_tcp=by_tcp))
