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
from typing import Final, NamedTuple

from probe.clock import Clock, Reading
from probe.model import Reason
from probe.probers.net.connection import socket_address
from probe.probers.net.fault import Fault
from probe.probers.net.faults import Notice, ask_for_notices, blame, next_notice
from probe.probers.net.stamps import read_stamp, round_trip_us, stamp_arrivals

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


class Request(NamedTuple):
    """A request in flight: the future ends as Reply, as Notice, or never."""

    nonce: bytes
    address: str
    sequence: int
    sent: Reading
    answer: asyncio.Future[Reply | Notice]


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
        self._waiting: dict[bytes, Request] = {}
        self._by_sequence: dict[tuple[str, int], Request] = {}
        self.rejected = 0
        """Echo replies with a nonce of ours, or almost, that came from another address."""

    def send(self, address: str, size: int, *, may_fragment: bool = True, hops: int = DEFAULT_HOPS) -> Request:
        """Send one request with `size` bytes of payload now. Raises Fault; end it with `forget`."""
        sock = self._sock or self._open()
        nonce = os.urandom(NONCE_SIZE)
        self._sequence = (self._sequence + 1) & 0xFFFF
        packet = self._packet(nonce, size)
        answer: asyncio.Future[Reply | Notice] = asyncio.get_running_loop().create_future()
        request = Request(nonce, address, self._sequence, self._clock.read(), answer)
        self._waiting[nonce] = self._by_sequence[address, self._sequence] = request
        discover = PMTUDISC_WANT if may_fragment else PMTUDISC_DO
        try:
            sock.setsockopt(self._dialect.level, self._dialect.mtu_discover, discover)
            sock.setsockopt(self._dialect.level, self._dialect.hops, hops)
            self._send_to(sock, packet, address)
        except OSError as error:
            self.forget(request)
            raise blame(error) from error
        return request

    def forget(self, request: Request) -> None:
        """Stop waiting for it; the socket closes behind the last."""
        self._waiting.pop(request.nonce, None)
        if self._by_sequence.get((request.address, request.sequence)) is request:
            del self._by_sequence[request.address, request.sequence]
        request.answer.cancel()
        if not self._waiting:
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
        asyncio.get_running_loop().add_reader(sock, self._drain, sock)
        self._sock = sock
        return sock

    def _send_to(self, sock: socket.socket, packet: bytes, address: str) -> None:
        where = socket_address(address, 0)
        try:
            sock.sendto(packet, where)
        except OSError:
            self._drain_notices(sock)  # what is raised may be the error of an earlier packet to somebody else
            sock.sendto(packet, where)

    def _packet(self, nonce: bytes, size: int) -> bytes:
        payload = nonce + bytes(size - NONCE_SIZE)
        blank = HEADER.pack(self._dialect.request, 0, 0, self._identifier, self._sequence)
        check = _checksum(blank + payload) if self._is_raw and self._dialect is V4 else 0
        return HEADER.pack(self._dialect.request, 0, check, self._identifier, self._sequence) + payload

    def _drain(self, sock: socket.socket) -> None:
        for _ in range(BATCH):
            try:
                data, control, _, source = sock.recvmsg(65_535, 256)
            except BlockingIOError:
                break
            except OSError:
                pass  # the errno of a queued notice; the notice itself says more
            else:
                self._receive(data, control, source[0])
        self._drain_notices(sock)

    def _drain_notices(self, sock: socket.socket) -> None:
        for _ in range(BATCH):
            notice = next_notice(sock)
            if notice is None:
                return
            if len(notice.quoted) >= HEADER.size:
                kind, _, _, _, sequence = HEADER.unpack_from(notice.quoted)
                request = self._by_sequence.get((notice.destination, sequence))
                if kind == self._dialect.request and request is not None and not request.answer.done():
                    request.answer.set_result(notice)

    def _receive(self, data: bytes, control: list[tuple[int, int, bytes]], source: str) -> None:
        if self._is_raw and self._dialect is V4 and data:
            data = data[(data[0] & 0x0F) * 4 :]
        if len(data) < HEADER.size + NONCE_SIZE or data[0] != self._dialect.reply:
            return
        request = self._waiting.get(data[HEADER.size : HEADER.size + NONCE_SIZE])
        if request is None:
            return
        if source.partition("%")[0] != request.address.partition("%")[0]:
            self.rejected += 1
            return
        if not request.answer.done():
            stamp_ns, ttl = _read_control(control, self._dialect)
            request.answer.set_result(Reply(self.rtt_us(request, stamp_ns), ttl))

    def rtt_us(self, request: Request, stamp_ns: int | None) -> int:
        """The round trip of a request whose answer came now, with this stamp of the kernel."""
        return round_trip_us(request.sent, self._clock.read(), stamp_ns)


class EchoSockets:
    """The shared socket of each family, made when it is first wanted."""

    def __init__(self) -> None:
        """None yet."""
        self._made: dict[Dialect, EchoSocket] = {}
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
        dialect = V6 if ":" in address else V4
        if dialect not in self._made:
            self._made[dialect] = EchoSocket(dialect, clock)
        return self._made[dialect]

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


def _read_control(control: list[tuple[int, int, bytes]], dialect: Dialect) -> tuple[int | None, int | None]:
    """The kernel's receive time, ns since the epoch, and the hops left; None for what is not there."""
    found = {(level, kind): data for level, kind, data in control}
    ttl = found.get((dialect.level, dialect.got_ttl))
    return read_stamp(control), int.from_bytes(ttl[:4], sys.byteorder) if ttl is not None else None


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
