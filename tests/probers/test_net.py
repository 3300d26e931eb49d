"""The wire below the kinds: addresses, texts, errors and races."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

import pytest

from probe.model import DETAIL_LIMIT, Reason, State
from probe.probers.net.addresses import is_private
from probe.probers.net.clean import clean
from probe.probers.net.connection import socket_address, socket_for
from probe.probers.net.fault import Fault
from probe.probers.net.faults import Notice, blame, is_own_address, next_notice
from probe.probers.net.race import first


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16"),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "224.0.0.1", "255.255.255.255"),
        *("::", "::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1"),
        *("2002:a00:1::", "2002:7f00:1::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1"),
        "2001:0:102:304:0:0:f5ff:fffe",
    ],
)
def test_what_is_not_public_is_private(address: str) -> None:
    """Every spelling that reaches inside, IPv4 hidden in IPv6 among them."""
    assert is_private(address)


@pytest.mark.parametrize(
    "address",
    [
        *("9.9.9.9", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.0", "203.0.113.9"),
        *("2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909", "2002:909:909::1", "2001:db8::1"),
    ],
)
def test_what_is_public_is_not(address: str) -> None:
    """The neighbours of private ranges belong to somebody."""
    assert not is_private(address)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b]52;c;x\x07", "\\x1b]52;c;x\\x07"),
        ("a\nb\tc\x00", "a\\x0ab\\x09c\\x00"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        (b"\xc3\xbc\xff\xfe", "ü\\xff\\xfe"),
        (b"", ""),
        ("日本", "日本"),
    ],
)
def test_remote_text_is_shown_not_obeyed(text: str | bytes, shown: str) -> None:
    """Escapes, controls and what only looks like nothing are written out."""
    assert clean(text) == shown


@pytest.mark.parametrize("text", ["x" * 5000, "\x1b" * 5000, b"\xff" * 5000, "ü" * 513])
def test_remote_text_is_cut(text: str | bytes) -> None:
    """A megabyte of error message is evidence of nothing more."""
    shown = clean(text)
    assert len(shown) == DETAIL_LIMIT
    assert shown.isprintable()
    assert shown.endswith("…")


@pytest.mark.parametrize(
    ("code", "reason", "state"),
    [
        (errno.ECONNREFUSED, Reason.REFUSED, State.DOWN),
        (errno.ECONNRESET, Reason.RESET, State.DOWN),
        (errno.EPIPE, Reason.RESET, State.DOWN),
        (errno.ETIMEDOUT, Reason.TIMEOUT, State.DOWN),
        (errno.ENETUNREACH, Reason.NO_ROUTE_LOCAL, State.UNKNOWN),
        (errno.EHOSTUNREACH, Reason.NO_ROUTE_LOCAL, State.UNKNOWN),
        (errno.EADDRNOTAVAIL, Reason.PORTS_EXHAUSTED, State.UNKNOWN),
        (errno.EMFILE, Reason.FD_LIMIT, State.UNKNOWN),
        (errno.ENFILE, Reason.FD_LIMIT, State.UNKNOWN),
        (errno.EPERM, Reason.LOCAL_ERROR, State.UNKNOWN),
        (errno.EACCES, Reason.LOCAL_ERROR, State.UNKNOWN),
        (errno.ENOBUFS, Reason.LOCAL_ERROR, State.UNKNOWN),
        (errno.EINVAL, Reason.LOCAL_ERROR, State.UNKNOWN),
        (0, Reason.LOCAL_ERROR, State.UNKNOWN),
    ],
)
def test_every_errno_has_somebody_to_blame(code: int, reason: Reason, state: State) -> None:
    """What cannot be told is ours."""
    fault = blame(OSError(code, "x") if code else OSError("x"))
    assert (fault.reason, fault.state) == (reason, state)
    assert fault.detail


def test_a_firewall_of_ours_is_suspected() -> None:
    """A refused send is neither the target's fault nor a missing right to open sockets."""
    assert "firewall" in blame(PermissionError(errno.EPERM, "x")).detail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ssl.SSLEOFError(8, "EOF"), Reason.CLOSED),
        (ssl.SSLZeroReturnError(6, "closed"), Reason.CLOSED),
        (ssl.SSLError(1, "wrong version"), Reason.TLS_HANDSHAKE),
    ],
)
def test_a_failed_handshake_has_its_reason(error: ssl.SSLError, reason: Reason) -> None:
    """All of them say something about the target."""
    assert blame(error).reason is reason


def test_an_icmp_error_from_elsewhere_is_theirs() -> None:
    """On a connected datagram socket to a closed port the kernel queues it with its sender."""
    sock = socket_for("127.0.0.1", socket.SOCK_DGRAM)
    with sock:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            port = other.getsockname()[1]
        sock.connect(("127.0.0.1", port))
        sock.send(b"x")
        notice = next_notice(sock)
        assert notice is not None
        assert (notice.reporter, notice.type, notice.code, notice.destination) == ("127.0.0.1", 3, 3, "127.0.0.1")
        assert next_notice(sock) is None


def test_an_icmpv6_error_is_heard_too() -> None:
    """The same for IPv6, whose addresses lie elsewhere in the message."""
    with socket_for("::1", socket.SOCK_DGRAM) as sock:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
            other.bind(("::1", 0))
            port = other.getsockname()[1]
        sock.connect(("::1", port))
        sock.send(b"x")
        notice = next_notice(sock)
    assert notice is not None
    assert (notice.reporter, notice.type, notice.code) == ("::1", 1, 4)


def test_own_addresses_are_known() -> None:
    """Only to one of our own may a socket be bound."""
    assert is_own_address("127.0.0.1")
    assert is_own_address("::1")
    assert not is_own_address("203.0.113.9")
    assert not is_own_address("")
    assert Notice("127.0.0.1", 3, 1, b"", "203.0.113.9").is_own


def test_a_zone_becomes_its_interface() -> None:
    """Link-local gateways are named with one."""
    assert socket_address("192.0.2.7", 5) == ("192.0.2.7", 5)
    assert socket_address("fe80::1%lo", 5) == ("fe80::1", 5, 0, socket.if_nametoindex("lo"))
    with pytest.raises(OSError, match="interface"):
        socket_address("fe80::1%nosuch0", 5)


async def wait_s(seconds: float, result: str | Fault) -> str:
    await asyncio.sleep(seconds)
    if isinstance(result, Fault):
        raise result
    return result


def way(seconds: float, result: str | Fault) -> Callable[[], asyncio.Future[str]]:
    return lambda: asyncio.ensure_future(wait_s(seconds, result))


THEIRS, OURS = Fault(Reason.REFUSED, "theirs"), Fault(Reason.NO_ROUTE_LOCAL, "ours")


@pytest.mark.parametrize(
    ("ways", "wins"),
    [
        ([way(0, "a")], "a"),
        ([way(0, THEIRS), way(0, "b")], "b"),
        ([way(0.05, "a"), way(0, "b")], "b"),
        ([way(0.012, "a"), way(5, "b")], "a"),
    ],
    ids=["one", "after a failure", "overtakes", "the first still counts"],
)
def test_the_first_to_succeed_wins(ways: list[Callable[[], asyncio.Future[str]]], wins: str) -> None:
    """The next begins when one fails or takes long."""
    assert asyncio.run(first(ways, 0.01)) == wins


@pytest.mark.parametrize(("ways", "says"), [([OURS, THEIRS], "theirs"), ([OURS, OURS], "ours"), ([THEIRS], "theirs")])
def test_when_all_fail_the_target_speaks_first(ways: list[Fault], says: str) -> None:
    """A family without a route of ours must not hide the refusal of the other."""

    async def main() -> None:
        await first([way(0, fault) for fault in ways], 0.01)

    with pytest.raises(Fault) as caught:
        asyncio.run(main())
    assert caught.value.detail == says


def test_what_came_too_late_is_discarded() -> None:
    """A second connection that was opened as well must be closed."""
    late: list[str] = []

    async def stubborn() -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            return "late"
        return "never"

    async def main() -> str:
        return await first([stubborn, way(0, "won")], 0.001, discard=late.append)

    assert asyncio.run(main()) == "won"
    assert late == ["late"]


def test_a_race_that_is_cancelled_ends_its_ways() -> None:
    """Nothing runs on after the attempt."""

    async def main() -> int:
        racing = asyncio.create_task(first([way(5, "a"), way(5, "b")], 0.001))
        await asyncio.sleep(0.01)
        racing.cancel()
        await asyncio.gather(racing, return_exceptions=True)
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


def test_a_connection_with_itself_is_refused() -> None:
    """On loopback a closed port can, by simultaneous open, connect to itself: nobody is there."""
    from probe.probers.net.connection import refuse_itself

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.connect(sock.getsockname())
        with pytest.raises(Fault, match="itself"):
            refuse_itself(sock, *sock.getsockname())
