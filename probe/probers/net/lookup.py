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
    wire = query.to_wire()
    connection = await open_connection([question.server.host], question.server.port, trail)
    with closing(connection):
        if tls is not None:
            await shake_hands(connection, tls.context, tls.name, trail, "tls")
        with trail.during("exchange"):
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


def _query(question: Question) -> dns.message.QueryMessage:
    query = dns.message.make_query(question.name, question.type, use_edns=0, payload=PAYLOAD, id=secrets.randbits(16))
    if not question.recursion:
        query.flags &= ~dns.flags.RD
    if question.wants_ad:
        query.flags |= dns.flags.AD
    return query


async def _exchange(sock: socket.socket, query: dns.message.QueryMessage, server: Endpoint) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    sock.connect(socket_address(server.host, server.port))  # the kernel drops what others send
    await loop.sock_sendall(sock, query.to_wire())
    breath = Breath()
    while True:
        await breath.take(READ)
        answer = await _parse(await loop.sock_recv(sock, DATAGRAM), query)
        if answer is not None:
            return answer


async def _parse(wire: bytes, query: dns.message.QueryMessage) -> dns.message.Message | None:
    """The message, or None when it is no answer to this query. Raises Fault when it is a broken one."""
    if len(wire) < HEADER.size:
        return None
    number, flags = HEADER.unpack_from(wire)
    if number != query.id or not flags & QR:
        return None
    if len(wire) > PAYLOAD:
        return await asyncio.to_thread(_read, wire, query)  # a large one can take a second
    return _read(wire, query)


def _read(wire: bytes, query: dns.message.QueryMessage) -> dns.message.Message | None:
    try:
        answer = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as error:
        raise Fault(Reason.PROTOCOL, f"not a DNS message: {error}") from error
    return answer if query.is_response(answer) else None
