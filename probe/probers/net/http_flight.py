"""A plain HTTP attempt without a task: asked of one address, in the clear, and answered in one piece.

What cannot go on like that (a redirect, a body that takes its time, an expectation that may take long, an answer
for h11) goes on in a task, on the same connection and with what was heard already: nothing is asked twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from probe.model import Check, Finding
from probe.probers.net.connection import Connection
from probe.probers.net.endpoint import Endpoint
from probe.probers.net.fault import Fault
from probe.probers.net.faults import blame
from probe.probers.net.http_attempt import Attempt, Begun, Step
from probe.probers.net.http_expect import Answer, judge, judge_at_once
from probe.probers.net.knock import Knock
from probe.probers.net.landing import breaking
from probe.probers.net.poller import READABLE
from probe.probers.net.stream import Phase
from probe.runner import Land
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.http import HttpSettings


class Flight:
    """One attempt, called back by its connection. `stop` gives everything back."""

    def __init__(self, check: Check, attempt: Attempt, trail: Trail, land: Land) -> None:
        """Nothing is sent yet."""
        self._settings: HttpSettings = check.settings
        self._attempt, self._trail, self._land = attempt, trail, land
        self._knock: Knock
        self._step: Step
        self._connection: Connection | None = None
        self._phase: Phase
        self._task: asyncio.Task[Finding] | None = None

    def begin(self, step: Step, address: str) -> None:
        """Connect to the address, and then ask."""
        self._step = step
        self._knock = Knock(Endpoint(address, step.origin.port), self._trail, self._land)
        self._knock.begin(self._ask)

    def stop(self) -> None:
        """End it without a finding."""
        self._knock.stop()
        self._close()
        if self._task is not None:
            self._task.cancel()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, connection: Connection) -> None:
        self._connection, stream = connection, connection.stream
        self._phase = connection.during(self._trail, "ttfb")
        self._phase.begin()
        try:
            unsent = stream.push(self._step.asked.wire)
        except OSError as error:
            return self._fail(blame(error, connection.sock))
        if unsent:
            return self._go_on(bytes(unsent), None)
        stream.heed = self._hear
        return None

    def _hear(self, events: int) -> None:
        if not events & READABLE or self._connection is None:
            return
        try:
            heard = self._connection.stream.take()
        except OSError as error:
            self._fail(blame(error, self._connection.sock))
            return
        if heard is None:
            return
        try:
            answer = self._attempt.read_at_once(self._step, heard, self._phase)
        except Exception as bug:  # noqa: BLE001 - raised again by whoever lands, as a bug of ours
            self._close()
            self._land(breaking(bug))
            return
        if answer is None:
            self._go_on(b"", heard)
            return
        self._close()
        self._land(lambda: judge_at_once(self._settings, answer, self._trail))

    def _fail(self, fault: Fault) -> None:
        self._close()
        self._land(lambda: fault.finding(self._trail))

    def _go_on(self, unsent: bytes, heard: bytes | None) -> None:
        """The rest needs a task; one that is cancelled before its first step closes nothing, so we do as well."""
        assert self._connection is not None
        connection = self._connection
        connection.stream.heed = None
        begun = Begun(self._step, connection, self._phase, unsent, heard)
        self._task = asyncio.get_running_loop().create_task(self._finish(begun))
        self._task.add_done_callback(self._ended)

    async def _finish(self, begun: Begun) -> Finding:
        try:
            answer: Answer = await self._attempt.run(begun)
            return await judge(self._settings, answer, self._trail)
        except Fault as fault:
            return fault.finding(self._trail)

    def _ended(self, task: asyncio.Task[Finding]) -> None:
        if not task.cancelled():
            self._land(task.result)
