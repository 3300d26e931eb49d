"""One HTTP/1.1 exchange over one connection: a request out, a head in, a body in chunks.

Plain answers are read by http_plain; h11 keeps the grammar of all others, and of requests. Here is what a hostile
server could do with it: endless heads, endless interim answers, bodies in crumbs, ends at the wrong place. Nothing
is followed, decoded or judged.

There is no httptools beside it: it accepts what h11 refuses, so that a third grammar would judge one answer in two
ways, and for plain answers there is little left that it could save.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import h11

from probe.model import Reason
from probe.probers.net.breath import STRETCH, Breath
from probe.probers.net.clean import clean
from probe.probers.net.connection import Connection
from probe.probers.net.fault import Fault
from probe.probers.net.http_plain import Head, Header, read_plain

HEAD_LIMIT: Final = 64 * 1024
"""Bytes that the head of an answer may have."""
LINE_LIMIT: Final = 1000
"""Lines that a head or a trailer may have, give or take a slice: they are parsed in one stretch."""
INTERIM_LIMIT: Final = 16
"""Interim answers (1xx) that may come before the answer."""
CRUMB: Final = 64
CRUMB_LIMIT: Final = 65_536
"""Pieces of less than CRUMB bytes that a body may come in."""
PREFIX: Final = b"HTTP/"
"""What every answer begins with."""
LINE: Final = 200
"""Bytes that are shown of what is not HTTP."""
QUOTED: Final = re.compile(r"bytearray\((b(['\"]).*\2)\)", re.DOTALL)
SLICE: Final = 8 * 1024
"""Bytes that the parser is given at once."""


@dataclass(frozen=True)
class Asked:
    """A request, as it is the same in every attempt of a check."""

    method: bytes
    target: bytes
    headers: Sequence[Header]
    body: bytes = b""

    @cached_property
    def wire(self) -> bytes:
        """Its bytes in HTTP/1.1."""
        return self.say(h11.Connection(h11.CLIENT))

    def say(self, state: h11.Connection) -> bytes:
        """Take a connection's state past the request; the bytes that this sends."""
        events: list[h11.Event] = [h11.Request(method=self.method, target=self.target, headers=list(self.headers))]
        if self.body:
            events.append(h11.Data(data=self.body))
        events.append(h11.EndOfMessage())
        return b"".join(state.send(event) or b"" for event in events)


class Exchange(Protocol):
    """One request and its answer, whatever version of HTTP carries them."""

    async def send(self, asked: Asked) -> None:
        """Send the whole request. Raises Fault."""
        ...

    async def head(self) -> Head:
        """The answer's head, interim answers passed over. Raises Fault."""
        ...

    def whole(self) -> bytes | None:
        """The body, still encoded, where all of it came with the head; None where it must be waited for."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded. Raises Fault when it ends before its time."""
        ...


class Wire:
    """The exchange on a connection; the connection stays its owner's to close."""

    def __init__(self, connection: Connection, heard: bytes | None = None, asked: Asked | None = None) -> None:
        """Nothing is sent yet; or `asked` is, and so much of its answer is here (None: nothing, not even its end)."""
        self._connection = connection
        self._heard, self._asked = heard, asked
        self._hard: _Hard | None = None
        self._rest = b""
        self._length: int | None = None

    async def send(self, asked: Asked) -> None:
        """Send the whole request. Raises Fault."""
        self._asked = asked
        await self._connection.send(asked.wire)

    async def head(self) -> Head:
        """The answer's head, interim answers passed over. Raises Fault."""
        asked = self._asked
        data = await self._connection.receive() if self._heard is None else self._heard
        plain = read_plain(data, asked.method if asked else b"GET", SLICE)
        if plain is None:
            self._hard = _Hard(self._connection, asked, data)
            return await self._hard.head()
        self._rest, self._length = plain.rest, plain.length
        return plain.head

    def whole(self) -> bytes | None:
        """The body, still encoded, where all of it came with the head; None where it must be waited for."""
        length = self._length
        return None if length is None or length > len(self._rest) else self._rest[:length]

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded. Raises Fault when it ends before its time."""
        crumbs = 0
        async for piece in self._hard.pieces() if self._hard else self._pieces():
            crumbs += len(piece) < CRUMB
            if crumbs > CRUMB_LIMIT:
                words = f"the body comes in more than {CRUMB_LIMIT} pieces of less than {CRUMB} bytes"
                raise Fault(Reason.PROTOCOL, words)
            yield piece

    @property
    def has_unread(self) -> bool:
        """Whether the server said more than its answer."""
        return bool(self.unread)

    @property
    def unread(self) -> bytes:
        """What was received and not yet taken."""
        return self._hard.unread if self._hard else self._rest

    async def _pieces(self) -> AsyncIterator[bytes]:
        piece, length, received = self._rest, self._length, 0
        while True:
            piece = piece if length is None else piece[: length - received]
            received += len(piece)
            if piece:
                yield piece
            if received == length:
                return
            piece = await self._connection.receive()
            if not piece:
                break
        if length is not None:
            raise Fault(Reason.TRUNCATED, f"closed after {received} of {length} bytes of the body")


class _Hard:
    """An answer that h11 must read, from its first bytes on."""

    def __init__(self, connection: Connection, asked: Asked | None, data: bytes) -> None:
        self._connection = connection
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        if asked is not None:
            asked.say(self._state)
        self._breath = Breath()
        self._waiting = data
        self._has_heard = bool(data)
        self._has_head = False

    async def head(self) -> Head:
        """The answer's head, interim answers passed over. Raises Fault."""
        if not self._has_heard:
            raise Fault(Reason.CLOSED, "closed before answering")
        await self._hear_who_speaks()
        for _ in range(INTERIM_LIMIT):
            event = await self._next()
            await self._breath.take(STRETCH)
            if isinstance(event, h11.Response):
                self._has_head = True
                headers = [(bytes(name), bytes(value)) for name, value in event.headers]
                version = bytes(event.http_version).decode("ascii")
                return Head(event.status_code, bytes(event.reason), version, headers)
        raise Fault(Reason.PROTOCOL, f"more than {INTERIM_LIMIT} interim answers")

    async def _hear_who_speaks(self) -> None:
        """Whoever speaks another protocol may never end its head, and is not waited for. Raises Fault."""
        while PREFIX.startswith(self._waiting):
            more = await self._connection.receive()
            if not more:
                raise Fault(Reason.PROTOCOL, f"closed in the middle of the status line: {clean(self._waiting)}")
            self._waiting += more
        if not self._waiting.startswith(PREFIX):
            line, _, _ = self._waiting.partition(b"\r\n")
            raise Fault(Reason.PROTOCOL, f"not HTTP: {clean((line or self._waiting)[:LINE])}")

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, still encoded. Raises Fault when it ends before its time."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

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
                has_ended = self._state.trailing_data[1]
                reason = Reason.TRUNCATED if has_ended and self._has_head else Reason.PROTOCOL
                raise Fault(reason, _words(error, self._has_head)) from error
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]  # h11 types its sentinels loosely
            if self._state.trailing_data[0].count(b"\n") > LINE_LIMIT:
                raise Fault(Reason.PROTOCOL, f"more than {LINE_LIMIT} header lines")
            self._state.receive_data(await self._slice())

    async def _slice(self) -> bytes:
        """What the parser gets next, b"" at the end."""
        self._waiting = self._waiting or await self._connection.receive()
        piece, self._waiting = self._waiting[:SLICE], self._waiting[SLICE:]
        return piece


def _words(error: h11.RemoteProtocolError, has_head: bool) -> str:
    """What h11 says, in words for whoever runs the server."""
    words = str(error)
    if words.startswith("peer unexpectedly closed") and not has_head:
        return "closed in the middle of the head"
    if "_SWITCH_UPGRADE" in words:
        return "101: it changes to a protocol that nobody asked for"
    return QUOTED.sub(lambda found: clean(literal_eval(found[1])), words)
