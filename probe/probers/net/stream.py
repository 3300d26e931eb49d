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
from collections.abc import Callable
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
        self.took_ns = 0
        """How long that lasted."""
        self.heed: Callable[[int], None] | None = None
        """Who is called back of what has become possible, instead of a task that waits."""
        self._clock = clock
        self._since = Reading(0, 0, 0)
        self._events = self._wanted = 0
        self._poller: Poller | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def connect(self, address: Any) -> None:
        """Shake hands with this socket address. Raises OSError."""
        if not self.start(address):
            await self._until(WRITABLE)
        self.finish()

    def start(self, address: Any) -> bool:
        """Begin to shake hands; whether that is done already. Raises OSError."""
        if self._clock is not None:
            with suppress(OSError):  # then our own clock must do
                stamp_arrivals(self.sock)
            self._since = self._clock.read()
        code = self.sock.connect_ex(address)
        if code not in {0, errno.EINPROGRESS}:
            raise OSError(code, os.strerror(code))
        self._watch()
        return code == 0

    def finish(self) -> None:
        """What came of it, once the socket is writable. Raises OSError."""
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        self.handshake = shaken = handshake_of(self.sock)
        if self._clock is not None:
            elapsed_ns = self._clock.read().boot_ns - self._since.boot_ns
            self.took_ns = elapsed_ns
            if shaken is not None and not shaken.retransmits:  # of one that was repeated, only the last is timed
                self.took_ns = min(shaken.rtt_us * NS_PER_US, elapsed_ns)
            self.late_ns += elapsed_ns - self.took_ns

    def begin_phase(self, now: Reading) -> None:
        """What lay unread before now is not late in what begins now."""
        self._since = now

    async def send(self, data: bytes) -> None:
        """Send everything. Raises OSError."""
        rest = self.push(data)
        while rest:
            await self._until(WRITABLE)
            rest = self.push(rest)

    def push(self, data: bytes | memoryview) -> memoryview:
        """Send what the socket takes at once; the rest. Raises OSError."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self.sock.send(rest) :]
        except BlockingIOError:
            self._events &= ~select.EPOLLOUT
        return rest

    async def receive(self) -> bytes:
        """The next bytes, b"" when the peer has ended. Raises OSError."""
        while True:
            if not self._events & READABLE:
                await self._until(READABLE)
            data = self.take()
            if data is not None:
                return data

    def take(self) -> bytes | None:
        """The bytes that are there, b"" when the peer has ended; None where nothing is. Raises OSError."""
        try:
            data, control, _, _ = self.sock.recvmsg(CHUNK, CONTROL)
        except BlockingIOError:
            self._events &= ~READABLE
            return None
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
        if self.heed is not None:
            return self.heed(events)
        waiter = self._waiter
        if waiter is not None and events & self._wanted and not waiter.done():
            waiter.set_result(None)
        return None

    def _watch(self) -> None:
        if self._poller is None:
            poller = poller_of(asyncio.get_running_loop())
            poller.watch(self.sock.fileno(), self)
            self._poller = poller

    async def _until(self, wanted: int) -> None:
        self._watch()
        loop = asyncio.get_running_loop()
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
        self.begin()

    def __exit__(self, kind: object, *_: object) -> None:
        """It is over, unless it failed."""
        if kind is None:
            self.end()

    def begin(self) -> None:
        """It begins, where `with` cannot say so."""
        now = self._trail.clock.read()
        self._trail.phase = self._name
        self._began_ns, self._late_ns = now.boot_ns, self._stream.late_ns
        self._stream.begin_phase(now)

    def end(self) -> None:
        """It is over, and counts."""
        trail, name = self._trail, self._name
        lasted_ns = trail.clock.read().boot_ns - self._began_ns - (self._stream.late_ns - self._late_ns)
        trail.phases_us[name] = trail.phases_us.get(name, 0) + max(lasted_ns, 0) // NS_PER_US
        trail.phase = None
