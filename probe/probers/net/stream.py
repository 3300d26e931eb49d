"""A TCP socket of one attempt: what arrives is read at once, and how long it had lain in our own kernel is known.

The kernel stamps what it receives, and tells how long the handshake took. What a busy loop adds to that is not the
target's, and is taken from the phases. Where the kernel does not tell, or the wall clock was stepped meanwhile, a
phase lasts as long as it seemed to.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
import socket
import struct
from contextlib import suppress
from typing import Any, Final, NamedTuple

from probe.clock import NS_PER_US, Clock, Reading
from probe.probers.net.poller import READABLE, WRITABLE, Poller, poller_of
from probe.probers.net.stamps import TIMESPEC, Control, read_stamp, stamp_arrivals
from probe.trail import Trail

CHUNK: Final = 64 * 1024
CONTROL: Final = socket.CMSG_SPACE(TIMESPEC.size)
STEP_NS: Final = 1_000_000
"""The wall clock may leave boottime by this much, by being slewed, before its stamps are not believed."""
TCP_INFO: Final = struct.Struct("=68xI28xI")
"""tcpi_rtt, µs, and tcpi_total_retrans in struct tcp_info."""


class Handshake(NamedTuple):
    """What the kernel tells of the connection."""

    rtt_us: int
    retransmits: int


def handshake_of(sock: socket.socket) -> Handshake | None:
    """The round trip as the kernel saw it; None where it does not tell."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
    except OSError:
        return None
    found = Handshake(*TCP_INFO.unpack(info)) if len(info) == TCP_INFO.size else None
    return found if found and found.rtt_us else None


class Stream:
    """A non-blocking TCP socket on the loop's poller. One task at a time may wait; whoever has it must close it."""

    def __init__(self, sock: socket.socket, clock: Clock | None = None) -> None:
        """clock: None for no interest in how late things are noticed."""
        self.sock = sock
        self.late_ns = 0
        """How long what was waited for had been there, unnoticed by us: all of it together."""
        self.handshake: Handshake | None = None
        """What the kernel told of it."""
        self._clock = clock
        self._since = Reading(0, 0, 0)
        self._events = self._wanted = 0
        self._poller: Poller | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def connect(self, address: Any) -> None:
        """Shake hands with this socket address. Raises OSError."""
        if self._clock is None:
            return await self._connect(address)
        with suppress(OSError):
            stamp_arrivals(self.sock)
        began_ns = self._clock.read().boot_ns
        await self._connect(address)
        self.handshake = shaken = handshake_of(self.sock)
        if shaken is not None and not shaken.retransmits:  # of one that was repeated, only the last is timed
            elapsed_ns = self._clock.read().boot_ns - began_ns
            self.late_ns += max(elapsed_ns - shaken.rtt_us * NS_PER_US, 0)
        return None

    async def _connect(self, address: Any) -> None:
        code = self.sock.connect_ex(address)
        if code == errno.EINPROGRESS:
            await self._until(WRITABLE)
            code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def begin_phase(self, now: Reading) -> None:
        """What lay unread before now is not late in what begins now."""
        self._since = now

    async def send(self, data: bytes) -> None:
        """Send everything. Raises OSError."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.sock.send(rest) :]
            except BlockingIOError:
                self._events &= ~select.EPOLLOUT
                await self._until(WRITABLE)

    async def receive(self) -> bytes:
        """The next bytes, b"" when the peer has ended. Raises OSError."""
        while True:
            if not self._events & READABLE:
                await self._until(READABLE)
            try:
                data, control, _, _ = self.sock.recvmsg(CHUNK, CONTROL)
            except BlockingIOError:
                self._events &= ~READABLE
                continue
            if len(data) < CHUNK:  # all there was; what comes later is told of again
                self._events &= ~select.EPOLLIN
            if control and self._clock is not None:
                self._note_lateness(control, self._clock.read())
            return data

    def close(self) -> None:
        """Give the descriptor back now."""
        if self._poller is not None:
            self._poller.drop(self.sock.fileno())
            self._poller = None
        self.sock.close()

    def tell(self, events: int) -> None:
        """The poller's word of what has become possible."""
        self._events |= events
        waiter = self._waiter
        if waiter is not None and events & self._wanted and not waiter.done():
            waiter.set_result(None)

    async def _until(self, wanted: int) -> None:
        loop = asyncio.get_running_loop()
        if self._poller is None:
            poller = poller_of(loop)
            poller.watch(self.sock.fileno(), self)
            self._poller = poller
        while not self._events & wanted:
            self._wanted, self._waiter = wanted, loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _note_lateness(self, control: Control, now: Reading) -> None:
        stamp_ns, since = read_stamp(control), self._since
        self._since = now
        elapsed_ns = now.boot_ns - since.boot_ns
        stepped_ns = now.wall_ns - since.wall_ns - elapsed_ns
        if stamp_ns is not None and abs(stepped_ns) <= STEP_NS:
            self.late_ns += min(max(now.wall_ns - stamp_ns, 0), elapsed_ns)


class Phase:
    """A phase of a trail on a stream, less what it lasted only for our own lateness. One that raises is not counted."""

    __slots__ = ("_began_ns", "_late_ns", "_name", "_stream", "_trail")

    def __init__(self, trail: Trail, name: str, stream: Stream) -> None:
        """Nothing has begun."""
        self._trail, self._name, self._stream = trail, name, stream

    def __enter__(self) -> None:
        """It begins."""
        now = self._trail.clock.read()
        self._trail.phase = self._name
        self._began_ns, self._late_ns = now.boot_ns, self._stream.late_ns
        self._stream.begin_phase(now)

    def __exit__(self, kind: object, *_: object) -> None:
        """It is over, unless it failed."""
        if kind is not None:
            return
        trail, name = self._trail, self._name
        lasted_ns = trail.clock.read().boot_ns - self._began_ns - (self._stream.late_ns - self._late_ns)
        trail.phases_us[name] = trail.phases_us.get(name, 0) + max(lasted_ns, 0) // NS_PER_US
        trail.phase = None
