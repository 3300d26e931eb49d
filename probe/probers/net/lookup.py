"""One question to one name server: a datagram of its own, TCP when the answer does not fit.

Every question goes out from a fresh socket with a random port and a random id; what comes from
elsewhere, with another id or about another question, is not an answer and is passed over.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import struct
from contextlib import closing
from functools import lru_cache
from typing import Final, NamedTuple

import dns.exception
import dns.flags
import dns.message

from probe.model import Reason
from probe.probers.net.breath import READ, Breath
from probe.probers.net.connection import Connection, open_connection, socket_address, socket_for
from probe.probers.net.endpoint import Endpoint
from probe.probers.net.fault import Fault
from probe.probers.net.faults import blame
from probe.probers.net.handshake import shake_hands
from probe.trail import Trail

PAYLOAD: Final = 1232
"""Bytes of answer that fit one datagram everywhere (DNS flag day 2020)."""
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


class Asked(NamedTuple):
    """A question without its server."""

    name: str
    type: str
    recursion: bool
    wants_ad: bool


class Query(NamedTuple):
    """A question on its way: a random id, its bytes, and what they ask."""

    id: int
    wire: bytes
    asked: Asked


async def ask(question: Question) -> dns.message.Message:
    """The server's answer to one datagram, cut short (TC) or not. Raises Fault; waits for ever."""
    query = _query(question)
    try:
        with closing(socket_for(question.server.host, socket.SOCK_DGRAM)) as sock:
            try:
                return await _exchange(sock, query, question.server)
            except OSError as error:
                raise blame(error, sock) from error
    except OSError as error:
        raise blame(error) from error


async def ask_by_tcp(question: Question, trail: Trail, tls: Tls | None = None) -> dns.message.Message:
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
    answer = await _parse(data, query)
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
    _, wire = _built(asked)
    number = secrets.randbits(16)
    return Query(number, number.to_bytes(2) + wire[2:], asked)


@lru_cache(maxsize=QUESTIONS)
def _built(asked: Asked) -> tuple[dns.message.QueryMessage, bytes]:
    """The message, its id 0, and its bytes."""
    query = dns.message.make_query(asked.name, asked.type, use_edns=0, payload=PAYLOAD, id=0)
    if not asked.recursion:
        query.flags &= ~dns.flags.RD
    if asked.wants_ad:
        query.flags |= dns.flags.AD
    return query, query.to_wire()


async def _exchange(sock: socket.socket, query: Query, server: Endpoint) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    sock.connect(socket_address(server.host, server.port))  # the kernel drops what others send
    await loop.sock_sendall(sock, query.wire)
    breath = Breath()
    while True:
        await breath.take(READ)
        answer = await _parse(await loop.sock_recv(sock, DATAGRAM), query)
        if answer is not None:
            return answer


async def _parse(wire: bytes, query: Query) -> dns.message.Message | None:
    """The message, or None when it is no answer to this query. Raises Fault when it is a broken one."""
    if len(wire) < HEADER.size:
        return None
    number, flags = HEADER.unpack_from(wire)
    if number != query.id or not flags & QR:
        return None
    rest = wire[2:]
    if len(wire) > PAYLOAD:
        return await asyncio.to_thread(_read.__wrapped__, rest, query.asked)  # a large one can take a second
    return _read(rest, query.asked)


@lru_cache(maxsize=ANSWERS)
def _read(rest: bytes, asked: Asked) -> dns.message.Message | None:
    """The message without its id, which was compared already; nobody may change what is returned."""
    try:
        answer = dns.message.from_wire(b"\0\0" + rest, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as error:
        raise Fault(Reason.PROTOCOL, f"not a DNS message: {error}") from error
    return answer if _built(asked)[0].is_response(answer) else None
