"""One question to one name server: a datagram of its own, TCP when the answer does not fit.

Every question goes out from a fresh socket with a random port and a random id; what comes from
elsewhere, with another id or about another question, is not an answer and is passed over.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache
from typing import Final, NamedTuple

from probe.model import Reason
from probe.probers.net import dns_wire
from probe.probers.net.connection import Connection, open_connection, socket_address, socket_for
from probe.probers.net.dns_wire import PAYLOAD, Asked, Heard, Unusual
from probe.probers.net.endpoint import Endpoint
from probe.probers.net.fault import Fault
from probe.probers.net.faults import blame
from probe.probers.net.handshake import shake_hands
from probe.trail import Trail

DATAGRAM: Final = 65_535
HEADER: Final = struct.Struct("!HH")
QR: Final = 0x8000
QUESTIONS: Final = 4096
ANSWERS: Final = 512
"""So many are kept as they were read: most servers answer the same question in the same bytes again."""


class Question(NamedTuple):
    """What is asked, of a literal address and port."""

    name: str
    type: str
    server: Endpoint
    recursion: bool = True
    wants_ad: bool = False
    """Ask whether the server has verified the answer (RFC 6840 §5.7)."""


class Tls(NamedTuple):
    """DNS over TLS: the context and the name that the certificate must be for."""

    context: ssl.SSLContext
    name: str


class Query(NamedTuple):
    """A question on its way: a random id, its bytes, and what they ask."""

    id: int
    wire: bytes
    asked: Asked


class Exchange:
    """One datagram and the answer to it, by callbacks; `stop` gives the socket back, whenever."""

    __slots__ = ("_query", "_server", "_sock", "_told")

    def __init__(self, question: Question, told: Callable[[Heard | Exception], None]) -> None:
        """told: called once at most, and not from within `begin`, with what was heard or why nothing is."""
        self._query, self._server, self._told = _query(question), question.server, told
        self._sock: socket.socket | None = None

    def begin(self) -> None:
        """Send. Raises Fault."""
        try:
            sock = self._sock = socket_for(self._server.host, socket.SOCK_DGRAM)
        except OSError as error:
            raise blame(error) from error
        try:
            sock.connect(socket_address(*self._server))  # the kernel drops what others send
            sock.send(self._query.wire)
        except OSError as error:
            fault = blame(error, sock)
            self.stop()
            raise fault from error
        self._listen()

    def stop(self) -> None:
        """Listen no longer."""
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()
            self._sock = None

    def _listen(self) -> None:
        if self._sock is not None:
            asyncio.get_running_loop().add_reader(self._sock.fileno(), self._hear, self._sock)

    def _hear(self, sock: socket.socket) -> None:
        """One datagram; however many there are, each costs a turn of the loop, in which others have theirs."""
        try:
            wire = sock.recv(DATAGRAM)
            rest = _rest(wire, self._query)
            if rest is not None and len(wire) > PAYLOAD:
                self._read_beside(sock, rest)
            elif rest is not None and (heard := _read(rest, self._query.asked)) is not None:
                self._told(heard)
        except BlockingIOError:  # a checksum was wrong
            return
        except OSError as error:
            self._told(blame(error, sock))
        except Exception as error:  # noqa: BLE001 - a Fault, or a bug: whoever waits must learn of it
            self._told(error)

    def _read_beside(self, sock: socket.socket, rest: bytes) -> None:
        """A large one can take a second."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(sock.fileno())
        loop.run_in_executor(None, _read.__wrapped__, rest, self._query.asked).add_done_callback(self._have_read)

    def _have_read(self, reading: asyncio.Future[Heard | None]) -> None:
        said = reading.exception() or reading.result()
        if self._sock is None:
            return
        if isinstance(said, Exception | Heard):
            self._told(said)
        else:
            self._listen()


async def ask(question: Question) -> Heard:
    """The server's answer to one datagram, cut short (TC) or not. Raises Fault; waits for ever."""
    answer: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()

    def told(said: Heard | Exception) -> None:
        if answer.done():
            return
        if isinstance(said, Heard):
            answer.set_result(said)
        else:
            answer.set_exception(said)

    exchange = Exchange(question, told)
    exchange.begin()
    try:
        return await answer
    finally:
        exchange.stop()


async def ask_by_tcp(question: Question, trail: Trail, tls: Tls | None = None) -> Heard:
    """The same over a connection of its own, under TLS where that is asked for. Raises Fault."""
    query = _query(question)
    wire = query.wire
    connection = await open_connection([question.server.host], question.server.port, trail)
    with closing(connection):
        if tls is not None:
            await shake_hands(connection, tls.context, tls.name, trail, "tls")
        with connection.during(trail, "exchange"):
            await connection.send(struct.pack("!H", len(wire)) + wire)
            data = await _receive_framed(connection)
    rest = _rest(data, query)
    answer = None if rest is None else await asyncio.to_thread(_read.__wrapped__, rest, query.asked)
    if answer is None:
        raise Fault(Reason.PROTOCOL, "the answer is not to the question that was asked")
    return answer


async def _receive_framed(connection: Connection) -> bytes:
    data = b""
    while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2]):
        more = await connection.receive()
        if not more:
            raise Fault(Reason.CLOSED, "closed before the answer was complete")
        data += more
    return data[2 : 2 + int.from_bytes(data[:2])]


def _query(question: Question) -> Query:
    asked = Asked(question.name, question.type, question.recursion, question.wants_ad)
    number = os.urandom(2)
    return Query(int.from_bytes(number), number + _built(asked)[2:], asked)


@lru_cache(maxsize=QUESTIONS)
def _built(asked: Asked) -> bytes:
    """The query, its id 0."""
    try:
        return dns_wire.question(asked)
    except Unusual:
        from probe.probers.net import dns_rare

        return dns_rare.question(asked)


def _rest(wire: bytes, query: Query) -> bytes | None:
    """The message without its id, which was compared; None when it is no answer to this query."""
    if len(wire) < HEADER.size:
        return None
    number, flags = HEADER.unpack_from(wire)
    return wire[2:] if number == query.id and flags & QR else None


@lru_cache(maxsize=ANSWERS)
def _read(rest: bytes, asked: Asked) -> Heard | None:
    """What the message without its id, which was compared already, says. Raises Fault when it is a broken one."""
    wire = b"\0\0" + rest
    try:
        return dns_wire.read(wire, _built(asked))
    except Unusual:
        from probe.probers.net import dns_rare

        return dns_rare.read(wire, asked)
