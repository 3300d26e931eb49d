"""Echo requests over one shared socket per address family, open while anybody waits for a reply.

A datagram socket where `net.ipv4.ping_group_range` allows it, a raw one with CAP_NET_RAW
otherwise. A reply counts only with the 16 random bytes of its request and from the address that
was asked; round trips are the kernel's receive time stamp minus the send time. icmplib's own
sockets are not used for this: they match identifier and sequence alone, time by the wall clock and
our loop, and show every error as loss. Its types still name the errors.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from abc import abstractmethod
from typing import Any, Final, NamedTuple

from probe.clock import Clock, Reading
from probe.model import Reason
from probe.probers.net.connection import socket_address
from probe.probers.net.fault import Fault
from probe.probers.net.faults import Notice, ask_for_notices, blame, next_notice
from probe.probers.net.stamps import Control, round_trip_us, stamp_arrivals, stamp_of

HEADER: Final = struct.Struct("!BBHHH")
NONCE_SIZE: Final = 16
SOL_RAW: Final = 255
ICMP_FILTER: Final = 1
ICMP6_FILTER: Final = 1
IP_MTU_DISCOVER: Final = 10
IPV6_MTU_DISCOVER: Final = 23
PMTUDISC_WANT: Final = 1
PMTUDISC_DO: Final = 2
RECEIVE_BUFFER: Final = 4 << 20
"""The default holds some 280 replies only."""
BATCH: Final = 256
SEEN: Final = 128
"""Bytes of a message that are read: an IP header with options, the ICMP header and the nonce fit."""
CONTROL: Final = 256
POOL: Final = 256
"""Nonces that are drawn from the system's random source at once."""
REMEDY: Final = 'allow it with: sysctl -w net.ipv4.ping_group_range="0 2147483647", or give the agent CAP_NET_RAW'


class Dialect(NamedTuple):
    """What differs between ICMP and ICMPv6."""

    family: socket.AddressFamily
    protocol: int
    request: int
    reply: int
    level: int
    want_ttl: int
    got_ttl: int
    mtu_discover: int
    hops: int


V4: Final = Dialect(socket.AF_INET, socket.IPPROTO_ICMP, 8, 0, socket.IPPROTO_IP, 12, 2, IP_MTU_DISCOVER, socket.IP_TTL)
V6: Final = Dialect(
    *(socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, 129, socket.IPPROTO_IPV6, 51, 52),
    *(IPV6_MTU_DISCOVER, socket.IPV6_UNICAST_HOPS),
)
DEFAULT_HOPS: Final = -1
"""Lets the kernel choose how many hops a packet may pass."""


class Reply(NamedTuple):
    """An answered request."""

    rtt_us: int
    ttl: int | None


class Request:
    """A request to this address, in flight once it is posted."""

    __slots__ = ("address", "nonce", "sent", "sequence")
    nonce: bytes
    sequence: int
    sent: Reading

    def __init__(self, address: str) -> None:
        self.address = address

    @abstractmethod
    def take(self, answer: Reply | Notice) -> None:
        """Called at most once, when it is answered."""
        ...


class Awaited(Request):
    """One that a task waits for: the future ends as Reply, as Notice, or never."""

    __slots__ = ("answer",)

    def __init__(self, address: str) -> None:
        """Must be made where a loop runs."""
        super().__init__(address)
        self.answer: asyncio.Future[Reply | Notice] = asyncio.get_running_loop().create_future()

    def take(self, answer: Reply | Notice) -> None:
        """Wake whoever waits."""
        if not self.answer.done():
            self.answer.set_result(answer)


class _Nonces:
    """Random bytes for requests, drawn from the system many at a time: one by one, that would cost a call each."""

    def __init__(self) -> None:
        self._pool, self._at = b"", 0

    def next(self) -> bytes:
        """Bytes that were never given before and that nobody can guess."""
        if self._at == len(self._pool):
            self._pool, self._at = os.urandom(NONCE_SIZE * POOL), 0
        begin = self._at
        self._at = end = begin + NONCE_SIZE
        return self._pool[begin:end]


class EchoSocket:
    """All echo requests of one address family."""

    def __init__(self, dialect: Dialect, clock: Clock) -> None:
        """Nothing is opened before the first request."""
        self._dialect = dialect
        self._clock = clock
        self._sock: socket.socket | None = None
        self._is_raw = False
        self._identifier = 0
        self._sequence = 0
        self._nonces = _Nonces()
        self._manner = True, DEFAULT_HOPS
        self._waiting: dict[bytes, Request] = {}
        self._by_sequence: dict[int, Request] = {}
        self._is_draining = False
        self.rejected = 0
        """Echo replies with a nonce of ours, or almost, that came from another address."""

    def send(self, address: str, size: int, *, may_fragment: bool = True, hops: int = DEFAULT_HOPS) -> Awaited:
        """Send one request with `size` bytes of payload now. Raises Fault; end it with `forget`."""
        request = Awaited(address)
        self.post(request, size, may_fragment=may_fragment, hops=hops)
        return request

    def post(self, request: Request, size: int, *, may_fragment: bool = True, hops: int = DEFAULT_HOPS) -> None:
        """Send this one now, so that it takes its answer. Raises Fault; end it with `forget` if none came."""
        sock = self._sock or self._open()
        if self._manner != (may_fragment, hops):
            self._adopt(sock, may_fragment, hops)
        nonce = request.nonce = self._nonces.next()
        sequence = request.sequence = self._sequence = (self._sequence + 1) & 0xFFFF
        packet = self._packet(nonce, sequence, size)
        self._waiting[nonce] = self._by_sequence[sequence] = request
        try:
            where = socket_address(request.address, 0)
            request.sent = self._clock.read()
            self._send_to(sock, packet, where)
        except OSError as error:
            self.forget(request)
            raise blame(error) from error

    def _adopt(self, sock: socket.socket, may_fragment: bool, hops: int) -> None:
        """Send the next packets in this manner; what is in force already costs nothing."""
        self._manner = may_fragment, hops
        discover = PMTUDISC_WANT if may_fragment else PMTUDISC_DO
        try:
            sock.setsockopt(self._dialect.level, self._dialect.mtu_discover, discover)
            sock.setsockopt(self._dialect.level, self._dialect.hops, hops)
        except OSError as error:
            self._manner = True, 0
            raise blame(error) from error

    def forget(self, request: Request) -> None:
        """Stop waiting for it; the socket closes behind the last."""
        self._remove(request)
        self._rest()

    def _remove(self, request: Request) -> None:
        self._waiting.pop(request.nonce, None)
        if self._by_sequence.get(request.sequence) is request:
            del self._by_sequence[request.sequence]

    def _rest(self) -> None:
        if not self._waiting and not self._is_draining:
            self.close()

    def close(self) -> None:
        """Give the descriptor back; nothing that was sent is waited for any more."""
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock)
            self._sock.close()
            self._sock = None

    def _open(self) -> socket.socket:
        sock, self._is_raw = _open_socket(self._dialect)
        self._identifier = int.from_bytes(os.urandom(2))
        self._sequence = int.from_bytes(os.urandom(2))
        self._manner = True, 0  # none that is asked for: the next sets it
        asyncio.get_running_loop().add_reader(sock, self.drain)
        self._sock = sock
        return sock

    def _send_to(self, sock: socket.socket, packet: bytes, where: Any) -> None:
        try:
            sock.sendto(packet, where)
        except OSError:
            self._drain_notices(sock)  # what is raised may be the error of an earlier packet to somebody else
            sock.sendto(packet, where)

    def _packet(self, nonce: bytes, sequence: int, size: int) -> bytes:
        packet = HEADER.pack(self._dialect.request, 0, 0, self._identifier, sequence) + nonce + bytes(size - NONCE_SIZE)
        if self._is_raw and self._dialect is V4:
            return packet[:2] + _checksum(packet).to_bytes(2) + packet[4:]
        return packet

    def drain(self) -> None:
        """Hand out every answer that the kernel holds."""
        if self._sock is None or self._is_draining:
            return
        self._is_draining = True
        try:
            self._receive_all(self._sock)
            self._drain_notices(self._sock)
        finally:
            self._is_draining = False
            self._rest()

    def _receive_all(self, sock: socket.socket) -> None:
        """At most BATCH at once. One look at the clocks serves all: it comes after the last of them."""
        received = []
        for _ in range(BATCH):
            try:
                received.append(sock.recvmsg(SEEN, CONTROL))
            except BlockingIOError:
                break
            except OSError:
                pass  # the errno of a queued notice; the notice itself says more
        now = self._clock.read()
        for data, control, _, source in received:
            self._receive(data, control, source[0], now)

    def _drain_notices(self, sock: socket.socket) -> None:
        for _ in range(BATCH):
            notice = next_notice(sock)
            if notice is None:
                return
            if len(notice.quoted) >= HEADER.size:
                kind, _, _, _, sequence = HEADER.unpack_from(notice.quoted)
                request = self._by_sequence.get(sequence)
                if kind == self._dialect.request and request is not None and notice.destination == request.address:
                    self._settle(request, notice)

    def _receive(self, data: bytes, control: Control, source: str, now: Reading) -> None:
        head = (data[0] & 0x0F) * 4 if self._is_raw and self._dialect is V4 and data else 0
        begin = head + HEADER.size
        if len(data) < begin + NONCE_SIZE or data[head] != self._dialect.reply:
            return
        request = self._waiting.get(data[begin : begin + NONCE_SIZE])
        if request is None:
            return
        if source != request.address and source.partition("%")[0] != request.address.partition("%")[0]:
            self.rejected += 1
            return
        stamp_ns, ttl = _read_control(control, self._dialect)
        self._settle(request, Reply(round_trip_us(request.sent, now, stamp_ns), ttl))

    def _settle(self, request: Request, answer: Reply | Notice) -> None:
        self._remove(request)
        request.take(answer)

    def rtt_us(self, request: Request, stamp_ns: int | None) -> int:
        """The round trip of a request whose answer came now, with this stamp of the kernel."""
        return round_trip_us(request.sent, self._clock.read(), stamp_ns)


class EchoSockets:
    """The shared socket of each family, made when it is first wanted."""

    def __init__(self) -> None:
        """None yet."""
        self._made: dict[bool, EchoSocket] = {}
        self._stamping: socket.socket | None = None

    def keep_stamping(self) -> None:
        """Have the kernel stamp arrivals from now on, until `close`.

        It begins to a moment after the first socket asks for it, and ends with the last: replies that come
        before get the time at which they are read, which is our loop's lateness (up to ms) and not the round trip.
        """
        if self._stamping is None:
            try:
                self._stamping = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            except OSError:
                return  # the attempts will say it
            stamp_arrivals(self._stamping)

    def get(self, address: str, clock: Clock) -> EchoSocket:
        """The one for the family of this address."""
        is_v6 = ":" in address
        made = self._made.get(is_v6)
        if made is None:
            made = self._made[is_v6] = EchoSocket(V6 if is_v6 else V4, clock)
        return made

    def all(self) -> tuple[EchoSocket, ...]:
        """Those that were wanted so far."""
        return tuple(self._made.values())

    def close(self) -> None:
        """Close them, should somebody still wait for an answer."""
        for shared in self._made.values():
            shared.close()
        if self._stamping is not None:
            self._stamping.close()
            self._stamping = None


def _open_socket(dialect: Dialect) -> tuple[socket.socket, bool]:
    """A datagram socket, else a raw one (True). Raises Fault with the remedy when neither is allowed."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            sock = socket.socket(dialect.family, kind | socket.SOCK_NONBLOCK, dialect.protocol)
        except PermissionError:
            continue
        except OSError as error:
            raise blame(error) from error
        _set_up(sock, dialect, is_raw=kind == socket.SOCK_RAW)
        return sock, kind == socket.SOCK_RAW
    raise Fault(Reason.NO_PERMISSION, f"not allowed to send echo requests; {REMEDY}")


def _set_up(sock: socket.socket, dialect: Dialect, *, is_raw: bool) -> None:
    ask_for_notices(sock)
    stamp_arrivals(sock)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.setsockopt(dialect.level, dialect.want_ttl, 1)
    if is_raw and dialect is V4:
        sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", ~(1 << dialect.reply) & 0xFFFF_FFFF))
    elif is_raw:
        blocked = bytearray(b"\xff" * 32)
        blocked[dialect.reply // 8] &= ~(1 << dialect.reply % 8) & 0xFF
        sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(blocked))


def _read_control(control: Control, dialect: Dialect) -> tuple[int | None, int | None]:
    """The kernel's receive time, ns since the epoch, and the hops left; None for what is not there."""
    stamp_ns = ttl = None
    for level, kind, data in control:
        if level == dialect.level:
            if kind == dialect.got_ttl:
                ttl = int.from_bytes(data[:4], sys.byteorder)
        elif stamp_ns is None:
            stamp_ns = stamp_of(level, kind, data)
    return stamp_ns, ttl


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): a sum of 16-bit words with the carry added is the number modulo 65535."""
    number = int.from_bytes(data + b"\0" * (len(data) % 2))
    return ~(number % 0xFFFF or (0xFFFF if number else 0)) & 0xFFFF
