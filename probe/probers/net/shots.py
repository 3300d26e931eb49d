"""One packet that may pass so many routers, by ICMP, UDP or TCP, and the answer to it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Final

from probe.clock import Clock, Reading
from probe.probers.net.connection import socket_address, socket_for
from probe.probers.net.echo import V4, V6, EchoSocket, Reply
from probe.probers.net.endpoint import Endpoint
from probe.probers.net.faults import TIME_EXCEEDED, Notice, blame, next_notice, say
from probe.probers.net.route import Answer, Shot
from probe.probers.net.stamps import round_trip_us, stamp_arrivals
from probe.probers.net.stream import handshake_of

PAYLOAD: Final = bytes(32)
SIZE: Final = 32
"""Bytes of payload in an echo request."""
PORT_UNREACHABLE: Final = {4: (3, 3), 6: (1, 4)}
ANSWERS: Final = frozenset({0, errno.ECONNREFUSED, errno.ECONNRESET})
"""How a connection ends that the target itself accepted or refused."""


def by_icmp(shared: EchoSocket, address: str) -> Shot:
    """Echo requests over a shared socket; the target's reply ends the way."""

    async def shoot(hops: int, wait_s: float) -> Answer | None:
        request = shared.send(address, SIZE, hops=hops)
        try:
            async with asyncio.timeout(wait_s):
                answer = await request.answer
        except TimeoutError:
            return None
        finally:
            shared.forget(request)
        if isinstance(answer, Reply):
            return Answer(address, answer.rtt_us, is_target=True)
        return answered(answer, address, shared.rtt_us(request, answer.stamp_ns))

    return shoot


def by_udp(target: Endpoint, clock: Clock) -> Shot:
    """Datagrams to a port where nobody is expected: its "port unreachable" ends the way, or whatever it says."""

    async def shoot(hops: int, wait_s: float) -> Answer | None:
        try:
            with closing(_socket(target, socket.SOCK_DGRAM, hops)) as sock:
                sock.connect(socket_address(*target))
                sent = clock.read()
                sock.send(PAYLOAD)
                if not await _is_ready(sock, wait_s, asyncio.get_running_loop().add_reader):
                    return None
                return _noticed(sock, target, sent, clock) or _datagram(sock, target, sent, clock)
        except OSError as error:
            raise blame(error) from error

    return shoot


def by_tcp(target: Endpoint, clock: Clock) -> Shot:
    """Connections that are closed at once: the target's yes and its no both end the way."""

    async def shoot(hops: int, wait_s: float) -> Answer | None:
        try:
            with closing(_socket(target, socket.SOCK_STREAM, hops)) as sock:
                sent = clock.read()
                _connect(sock, target)
                if not await _is_ready(sock, wait_s, asyncio.get_running_loop().add_writer):
                    return None
                return _noticed(sock, target, sent, clock) or _connected(sock, target, sent, clock)
        except OSError as error:
            raise blame(error) from error

    return shoot


def _socket(target: Endpoint, kind: int, hops: int) -> socket.socket:
    sock = socket_for(target.host, kind)
    dialect = V6 if sock.family == socket.AF_INET6 else V4
    sock.setsockopt(dialect.level, dialect.hops, hops)
    stamp_arrivals(sock)
    return sock


def _connect(sock: socket.socket, target: Endpoint) -> None:
    code = sock.connect_ex(socket_address(*target))
    if code not in {0, errno.EINPROGRESS, errno.ECONNREFUSED}:
        raise OSError(code, os.strerror(code))


async def _is_ready(sock: socket.socket, wait_s: float, watch: Callable[..., object]) -> bool:
    """Whether something happened on the socket in time."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    watch(sock, _set, ready)
    try:
        async with asyncio.timeout(wait_s):
            await ready
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(sock)
        loop.remove_writer(sock)
    return True


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _noticed(sock: socket.socket, target: Endpoint, sent: Reading, clock: Clock) -> Answer | None:
    notice = next_notice(sock)
    return notice and answered(notice, target.host, round_trip_us(sent, clock.read(), notice.stamp_ns))


def _datagram(sock: socket.socket, target: Endpoint, sent: Reading, clock: Clock) -> Answer | None:
    try:
        sock.recv(1)
    except OSError:
        return None
    return Answer(target.host, round_trip_us(sent, clock.read(), None), is_target=True)


def _connected(sock: socket.socket, target: Endpoint, sent: Reading, clock: Clock) -> Answer | None:
    elapsed_us = round_trip_us(sent, clock.read(), None)
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) not in ANSWERS:
        return None
    shaken = handshake_of(sock)
    return Answer(target.host, shaken.rtt_us if shaken else elapsed_us, is_target=True)


def answered(notice: Notice, address: str, rtt_us: int) -> Answer:
    """What an ICMP error about one of our packets means: a step of the way, its end, or that it goes no further."""
    version = 6 if ":" in notice.reporter else 4
    said = notice.type, notice.code
    is_target = notice.reporter == address.partition("%")[0] or said == PORT_UNREACHABLE[version]
    is_step = said == TIME_EXCEEDED[version] or said == PORT_UNREACHABLE[version]
    return Answer(notice.reporter, rtt_us, is_target, "" if is_step else say(notice), notice.is_own)
