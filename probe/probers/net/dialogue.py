"""Talking to a server line by line: what is sent, what must come back, and how the talk may end early.

A dialogue is data: the presets of kind tcp and the STARTTLS of kind tls are tables of steps. Our own
patterns are matched by `re` at the beginning of what is unread, and are written to take linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from probe.model import Reason
from probe.probers.net.clean import clean
from probe.probers.net.connection import Connection
from probe.probers.net.fault import Fault
from probe.trail import Trail

SAID_LIMIT: Final = 8 * 1024
"""Bytes that a server may say in one step."""
TURN_LIMIT: Final = 16
"""Turns of a dialogue that are kept as facts."""


@dataclass(frozen=True, slots=True)
class Send:
    """Say this."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Hear:
    """What the server must say next, all of it; `refusal` is how it says no, and ends the attempt at once.

    frame: for messages that tell their own length, the bytes that one has, None while that is not known;
    a whole message that does not fit the pattern is a refusal.
    """

    pattern: bytes
    refusal: bytes = rb"(?!)"
    what: str = "greeting"
    """What it stands for, in words for people."""
    reason: Reason = Reason.BANNER
    """The reason of the outcome when it does not come."""
    frame: Callable[[bytes], int | None] | None = None

    def find(self, said: bytes) -> int | None:
        """How many bytes of what was said are this; None while they are not. Raises ValueError when they never will."""
        head = said
        if self.frame is not None:
            size = self.frame(said)
            if size is None or (len(said) < size <= SAID_LIMIT):
                return None
            head = said[:size]
        found = re.match(self.pattern, head)
        if found is not None:
            return len(head) if self.frame else found.end()
        if self.frame or re.match(self.refusal, head) or len(said) > SAID_LIMIT:
            raise ValueError("refused")
        return None


Step = Send | Hear


class Dialogue:
    """The steps of one attempt on its connection; what was heard and not yet used waits here."""

    def __init__(self, connection: Connection, trail: Trail) -> None:
        """Nothing is said yet."""
        self._connection = connection
        self._trail = trail
        self._unread = b""
        self._turns: list[dict[str, str]] = []
        trail.facts["dialogue"] = self._turns
        self.greeting = b""
        """What the server said first, as far as it was read when it was judged."""

    async def run(self, steps: Iterable[Step]) -> None:
        """Take the steps in order, as phase "dialogue"; the first thing heard is the fact `banner`. Raises Fault."""
        for step in steps:
            if isinstance(step, Send):
                await self.send(step.data)
            else:
                await self._hear(step)

    async def send(self, data: bytes) -> None:
        """Say something. Raises Fault."""
        self._turn("sent", data)
        await self._connection.send(data)

    async def _hear(self, wanted: Hear) -> None:
        with self._connection.during(self._trail, "dialogue" if self.greeting else "banner"):
            size = await self._until(wanted)
        said, self._unread = self._unread[:size], self._unread[size:]
        self._turn("heard", said)

    async def _until(self, wanted: Hear) -> int:
        """Bytes of what was wanted, once it is there. Raises Fault."""
        is_first = not self.greeting
        while True:
            try:
                size = wanted.find(self._unread)
            except ValueError:
                raise self._blame(wanted) from None
            if size is not None:
                return size
            more = await self._connection.receive()
            if not more:
                raise self._blame(wanted)
            self._unread += more
            if is_first:
                self.greeting = self._unread
                self._trail.facts["banner"] = clean(self._unread)

    def _blame(self, wanted: Hear) -> Fault:
        said, self._unread = self._unread, b""
        self._turn("heard", said)
        if not said:
            return Fault(Reason.CLOSED, f"closed before the {wanted.what}").breaks(wanted.what)
        return Fault(wanted.reason, f"{wanted.what}: {clean(said)}").breaks(wanted.what, clean(said))

    def refuse_unread(self) -> None:
        """Nothing may wait in the clear when TLS begins: it would be taken for what came under TLS. Raises Fault."""
        if self._unread or self._connection.has_unread:
            raise Fault(Reason.PROTOCOL, f"bytes after the reply to STARTTLS, before TLS: {clean(self._unread)}")

    def _turn(self, who: str, data: bytes) -> None:
        if data and len(self._turns) < TURN_LIMIT:
            self._turns.append({who: clean(data)})
