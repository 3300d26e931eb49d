"""Whose fault a failure is: the one table from errors to reasons.

Theirs is `down`, ours is `unknown`, and what cannot be told is ours. "Unreachable" is told apart
by who said so: the kernel queues the ICMP error with the address of its sender (IP_RECVERR, for
TCP since Linux 5.11); from elsewhere it is the path's or the target's, from one of our own
addresses (no neighbour answers) or without any packet (no route) it is ours.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
import struct
from typing import Final, NamedTuple

from probe.model import Reason
from probe.probers.net.fault import Fault
from probe.probers.net.stamps import read_stamp

IP_RECVERR: Final = 11
IPV6_RECVERR: Final = 25
SO_EE_ORIGIN_ICMP: Final = (2, 3)
"""sock_extended_err.ee_origin of errors that came as ICMP and as ICMPv6."""
EXTENDED_ERROR: Final = struct.Struct("=IBBBxII")
ERROR_LIMIT: Final = 2048

REASONS: Final[dict[int, Reason]] = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.ECONNABORTED: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.ENETUNREACH: Reason.NO_ROUTE_LOCAL,
    errno.EHOSTUNREACH: Reason.NO_ROUTE_LOCAL,
    errno.ENETDOWN: Reason.NO_ROUTE_LOCAL,
    errno.EHOSTDOWN: Reason.NO_ROUTE_LOCAL,
    errno.ENODEV: Reason.NO_ROUTE_LOCAL,
    errno.EADDRNOTAVAIL: Reason.PORTS_EXHAUSTED,
    errno.EADDRINUSE: Reason.PORTS_EXHAUSTED,
    errno.EMFILE: Reason.FD_LIMIT,
    errno.ENFILE: Reason.FD_LIMIT,
}
"""Everything that is not here is local_error."""

CERTIFICATE_REASONS: Final[dict[int, Reason]] = {
    9: Reason.TLS_NOT_YET_VALID,
    10: Reason.TLS_EXPIRED,
    62: Reason.TLS_NAME,
    64: Reason.TLS_NAME,
}
"""By OpenSSL's X509_V_ERR number; every other one is tls_untrusted."""


TIME_EXCEEDED: Final = {4: (11, 0), 6: (3, 0)}
"""Type and code of a packet that passed too many routers, by version."""


class Notice(NamedTuple):
    """An ICMP error about a packet of ours: who sent it, what it says, and about what."""

    reporter: str
    type: int
    code: int
    quoted: bytes
    destination: str
    stamp_ns: int | None = None
    """When the kernel received it, ns since the epoch by the wall clock."""

    @property
    def is_own(self) -> bool:
        """True when this machine itself said so."""
        return is_own_address(self.reporter)


def ask_for_notices(sock: socket.socket, family: int | None = None) -> None:
    """Let the kernel queue ICMP errors on this socket, each with its sender. family: its own, where that is known."""
    is_later = (sock.family if family is None else family) == socket.AF_INET6
    level, option = (socket.IPPROTO_IPV6, IPV6_RECVERR) if is_later else (socket.IPPROTO_IP, IP_RECVERR)
    sock.setsockopt(level, option, 1)


def next_notice(sock: socket.socket) -> Notice | None:
    """The oldest ICMP error queued on the socket; None when there is none."""
    while True:
        try:
            quoted, control, _, destination = sock.recvmsg(ERROR_LIMIT, ERROR_LIMIT, socket.MSG_ERRQUEUE)
        except OSError:
            return None
        for level, kind, data in control:
            if (level, kind) in {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}:
                notice = _notice(data, quoted, destination)
                if notice is not None:
                    return notice._replace(stamp_ns=read_stamp(control))


def _notice(data: bytes, quoted: bytes, destination: tuple[str, int] | None) -> Notice | None:
    if len(data) < EXTENDED_ERROR.size:
        return None
    _, origin, kind, code, _, _ = EXTENDED_ERROR.unpack_from(data)
    if origin not in SO_EE_ORIGIN_ICMP:
        return None
    offender = data[EXTENDED_ERROR.size :]
    raw = offender[4:8] if origin == SO_EE_ORIGIN_ICMP[0] else offender[8:24]
    family = socket.AF_INET if origin == SO_EE_ORIGIN_ICMP[0] else socket.AF_INET6
    reporter = socket.inet_ntop(family, raw) if len(raw) in {4, 16} else ""
    return Notice(reporter, kind, code, quoted, destination[0] if destination else "")


def say(notice: Notice) -> str:
    """An ICMP error in icmplib's words."""
    from icmplib import ICMPReply
    from icmplib.exceptions import ICMPError

    family = 6 if ":" in notice.reporter else 4
    try:
        ICMPReply(
            source=notice.reporter,
            family=family,
            id=0,
            sequence=0,
            type=notice.type,
            code=notice.code,
            bytes_received=0,
            time=0,
        ).raise_for_status()
    except ICMPError as error:
        return str(error)
    return f"ICMP type {notice.type} code {notice.code}"


def is_own_address(address: str) -> bool:
    """Whether this machine has the address: only then may a socket be bound to it."""
    if not address:
        return False
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((address, 0))
    except OSError:
        return False
    return True


def blame(error: OSError, sock: socket.socket | None = None) -> Fault:
    """Whose fault an error of the operating system is. sock: the socket it happened on, still open."""
    if isinstance(error, ssl.SSLError):
        return blame_tls(error)
    code = error.errno or 0
    words = f"{errno.errorcode.get(code, 'error')}: {os.strerror(code) if code else error}"
    notice = next_notice(sock) if sock is not None else None
    if notice is None:
        if code in {errno.EACCES, errno.EPERM}:
            return Fault(Reason.LOCAL_ERROR, f"{words}; a firewall of this machine?")
        return Fault(REASONS.get(code, Reason.LOCAL_ERROR), words)
    if notice.is_own and not is_own_address(notice.destination or _peer(sock)):
        return Fault(Reason.NO_ROUTE_LOCAL, f"{words}; said by this machine ({notice.reporter})")
    reason = Reason.REFUSED if code == errno.ECONNREFUSED else Reason.UNREACHABLE_REMOTE
    if (notice.type, notice.code) == TIME_EXCEEDED[6 if ":" in notice.reporter else 4]:
        words = "time exceeded: the way goes in a circle"  # the errno is that of a host without a route
    return Fault(reason, f"{words}; said by {notice.reporter} (ICMP type {notice.type} code {notice.code})")


def _peer(sock: socket.socket | None) -> str:
    try:
        return str(sock.getpeername()[0]) if sock is not None else ""
    except OSError:
        return ""


def blame_tls(error: ssl.SSLError) -> Fault:
    """What a failed handshake or a broken record says about the target."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = CERTIFICATE_REASONS.get(error.verify_code, Reason.TLS_UNTRUSTED)
        return Fault(reason, error.verify_message)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Fault(Reason.CLOSED, "closed during the TLS handshake")
    return Fault(Reason.TLS_HANDSHAKE, getattr(error, "reason", None) or str(error))
