"""One fresh TCP connection of one attempt, plain or under TLS, closed for certain.

TLS runs over memory buffers, so that every byte is read by us, and a cancelled handshake leaves
no socket to the garbage collector (which the streams of asyncio and anyio do).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from probe.clock import NS_PER_US, Clock
from probe.model import Reason
from probe.probers.net.breath import READ, Breath
from probe.probers.net.endpoint import show
from probe.probers.net.fault import Fault
from probe.probers.net.faults import ask_for_notices, blame
from probe.probers.net.race import first
from probe.probers.net.stream import CHUNK, Phase, Stream
from probe.trail import Trail

T = TypeVar("T")
STAGGER_S: Final = 0.3
"""How long one address may stay silent before the next is tried as well (RFC 8305 says 0.25)."""
TRIED_LIMIT: Final = 64
"""Addresses of which it is kept what became of them; every redirect brings its own."""


class Connection:
    """A connected socket. Whoever has it must close it."""

    def __init__(self, stream: Stream, address: str = "") -> None:
        """address: the socket address of the peer, `host:port`."""
        self.stream = stream
        self.sock = stream.sock
        self.address = address
        self.tls: ssl.SSLObject | None = None
        self._incoming: ssl.MemoryBIO | None = None
        self._outgoing: ssl.MemoryBIO | None = None
        self._breath = Breath()

    @property
    def has_unread(self) -> bool:
        """Whether bytes of the peer wait that nobody has asked for; always False once TLS has begun."""
        if self.tls is not None:
            return False
        try:
            return bool(self.sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    @property
    def rtt_us(self) -> int | None:
        """The round trip of the handshake as the kernel saw it; None where it does not tell."""
        return self.stream.handshake and self.stream.handshake.rtt_us

    def during(self, trail: Trail, phase: str) -> Phase:
        """Time a phase without what is only our own lateness."""
        return Phase(trail, phase, self.stream)

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Shake hands, and verify the peer as the context says. Raises Fault."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        try:
            await self._under_tls(self.tls.do_handshake)
        except OSError as error:
            with suppress(OSError):
                self.sock.send(self._outgoing.read())  # the alert, so that the peer knows why
            raise blame(error, self.sock) from error

    async def send(self, data: bytes) -> None:
        """Send everything. Raises Fault."""
        try:
            if self.tls is None:
                await self.stream.send(data)
            else:
                await self._under_tls(partial(self.tls.write, data))
        except OSError as error:
            raise blame(error, self.sock) from error

    async def receive(self) -> bytes:
        """The next bytes, b"" when the peer has ended. Raises Fault."""
        if self._breath.is_due(READ):
            await asyncio.sleep(0)
        try:
            if self.tls is None:
                return await self.stream.receive()
            return await self._under_tls(partial(self.tls.read, CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # many servers end without the closing alert
        except OSError as error:
            raise blame(error, self.sock) from error

    def close(self) -> None:
        """Give the descriptor back now."""
        self.stream.close()

    async def _under_tls(self, step: Callable[[], T]) -> T:
        assert self._incoming is not None
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                if self._breath.is_due(READ):
                    await asyncio.sleep(0)
                data = await self.stream.receive()
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if self._outgoing is not None and self._outgoing.pending:
            await self.stream.send(self._outgoing.read())


async def open_connection(addresses: Sequence[str], port: int, trail: Trail) -> Connection:
    """A connection to the first of the addresses that takes one, as phase "connect". Raises Fault.

    Facts: `tried`, what became of each address that was tried; `rtt_us`, where the kernel tells it. The phase is
    the kernel's round trip, and the time that went to addresses which were tried before.
    """
    trail.address = show(addresses[0], port)
    with trail.during("connect"):
        if len(addresses) == 1:
            connection = await _try(addresses[0], port, trail)
        else:
            ways = [partial(_try, address, port, trail) for address in addresses]
            connection = await first(ways, STAGGER_S, discard=Connection.close)
    trail.phases_us["connect"] = max(trail.phases_us["connect"] - connection.stream.late_ns // NS_PER_US, 0)
    trail.address = connection.address
    if (rtt_us := connection.rtt_us) is not None:
        trail.facts["rtt_us"] = rtt_us
    return connection


async def _try(address: str, port: int, trail: Trail) -> Connection:
    """Connect, and tell what came of it."""
    tried = {"address": show(address, port), "result": "no answer"}
    known = trail.facts.setdefault("tried", [])
    if len(known) < TRIED_LIMIT:
        known.append(tried)
    try:
        connection = await _connect(address, port, trail.clock)
    except Fault as fault:
        tried["result"] = fault.reason.value
        raise
    tried["result"] = "connected"
    return connection


async def _connect(address: str, port: int, clock: Clock) -> Connection:
    try:
        stream = Stream(socket_for(address, socket.SOCK_STREAM), clock)
    except OSError as error:
        raise blame(error) from error
    try:
        await stream.connect(socket_address(address, port))
        refuse_itself(stream.sock, address, port)
    except OSError as error:
        fault = blame(error, stream.sock)
        stream.close()
        raise fault from error
    except BaseException:
        stream.close()
        raise
    return Connection(stream, show(address, port))


def refuse_itself(sock: socket.socket, address: str, port: int) -> None:
    """By simultaneous open, a connection to a loopback port that nobody listens on can meet itself. Raises Fault."""
    if sock.getsockname()[:2] == (address, port):
        raise Fault(Reason.REFUSED, "connected to itself: nobody listens there")


def socket_for(address: str, kind: int) -> socket.socket:
    """A non-blocking socket of the address's family that queues ICMP errors. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        ask_for_notices(sock, family)
    except OSError:
        sock.close()
        raise
    return sock


def socket_address(address: str, port: int) -> Any:
    """The address as the socket calls want it; a zone becomes the number of its interface. Raises OSError."""
    if ":" not in address:
        return (address, port)
    host, _, zone = address.partition("%")
    return (host, port, 0, socket.if_nametoindex(zone) if zone else 0)
