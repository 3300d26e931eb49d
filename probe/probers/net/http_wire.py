"""One HTTP/1.1 exchange over one connection: a request out, a head in, a body in chunks.

h11 keeps the grammar; here is only what a hostile server could do with it: endless heads, endless
interim answers, bodies in crumbs, ends at the wrong place. Nothing is followed, decoded or judged.

There is no httptools beside it: h11 takes 44 µs of an attempt (measured for an answer of 1 KiB with
Python 3.11), so little could be saved, and two grammars would judge one answer in two ways.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple, Protocol

import h11

from probe.model import Reason
from probe.probers.net.breath import STRETCH, Breath
from probe.probers.net.connection import Connection
from probe.probers.net.fault import Fault

HEAD_LIMIT: Final = 64 * 1024
"""Bytes that the head of an answer may have."""
LINE_LIMIT: Final = 1000
"""Lines that a head or a trailer may have, give or take a slice: they are parsed in one stretch."""
INTERIM_LIMIT: Final = 16
"""Interim answers (1xx) that may come before the answer."""
CRUMB: Final = 64
CRUMB_LIMIT: Final = 65_536
"""Pieces of less than CRUMB bytes that a body may come in."""
SLICE: Final = 8 * 1024
"""Bytes that the parser is given at once."""

Header = tuple[bytes, bytes]


class Head(NamedTuple):
    """The status line and the headers of an answer, as the server sent them."""

    status: int
    phrase: bytes
    version: str
    headers: Sequence[Header]


class Exchange(Protocol):
    """One request and its answer, whatever version of HTTP carries them."""

    async def send(self, method: bytes, target: bytes, headers: Sequence[Header], body: bytes) -> None:
        """Send the whole request. Raises Fault."""
        ...

    async def head(self) -> Head:
        """The answer's head, interim answers passed over. Raises Fault."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded. Raises Fault when it ends before its time."""
        ...


class Wire:
    """The exchange on a connection; the connection stays its owner's to close."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is sent yet."""
        self._connection = connection
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        self._breath = Breath()
        self._waiting = b""
        self._has_heard = False
        self._has_head = False

    async def send(self, method: bytes, target: bytes, headers: Sequence[Header], body: bytes) -> None:
        """Send the whole request. Raises Fault."""
        events: list[h11.Event] = [h11.Request(method=method, target=target, headers=list(headers))]
        if body:
            events.append(h11.Data(data=body))
        events.append(h11.EndOfMessage())
        await self._connection.send(b"".join(self._state.send(event) or b"" for event in events))

    async def head(self) -> Head:
        """The answer's head, interim answers passed over. Raises Fault."""
        for _ in range(INTERIM_LIMIT):
            event = await self._next()
            await self._breath.take(STRETCH)
            if isinstance(event, h11.Response):
                self._has_head = True
                headers = [(bytes(name), bytes(value)) for name, value in event.headers]
                version = bytes(event.http_version).decode("ascii")
                return Head(event.status_code, bytes(event.reason), version, headers)
        raise Fault(Reason.PROTOCOL, f"more than {INTERIM_LIMIT} interim answers")

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded. Raises Fault when it ends before its time."""
        crumbs = 0
        while crumbs <= CRUMB_LIMIT:
            event = await self._next()
            if not isinstance(event, h11.Data):
                return
            crumbs += len(event.data) < CRUMB
            yield bytes(event.data)
        raise Fault(Reason.PROTOCOL, f"the body comes in more than {CRUMB_LIMIT} pieces of less than {CRUMB} bytes")

    @property
    def has_unread(self) -> bool:
        """Whether the server said more than its answer."""
        return bool(self.unread)

    @property
    def unread(self) -> bytes:
        """What was received and not yet taken."""
        return self._state.trailing_data[0] + self._waiting

    async def _next(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            await self._breath.take()
            try:
                event = self._state.next_event()
            except h11.RemoteProtocolError as error:
                raise self._blame(error) from error
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]  # h11 types its sentinels loosely
            if self._state.trailing_data[0].count(b"\n") > LINE_LIMIT:
                raise Fault(Reason.PROTOCOL, f"more than {LINE_LIMIT} header lines")
            self._state.receive_data(await self._slice())

    async def _slice(self) -> bytes:
        """What the parser gets next, b"" at the end."""
        if not self._waiting:
            self._waiting = await self._connection.receive()
            self._has_heard = self._has_heard or bool(self._waiting)
        piece, self._waiting = self._waiting[:SLICE], self._waiting[SLICE:]
        return piece

    def _blame(self, error: h11.RemoteProtocolError) -> Fault:
        has_ended = self._state.trailing_data[1]
        if has_ended and not self._has_heard:
            return Fault(Reason.CLOSED, "closed before answering")
        if has_ended and self._has_head:
            return Fault(Reason.TRUNCATED, str(error))
        return Fault(Reason.PROTOCOL, str(error))
