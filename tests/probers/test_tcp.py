"""Kind tcp on loopback: open, greeting as expected, and every way of not answering."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from probe.model import Finding, Reason, State
from probe.probers.net.endpoint import Endpoint, parse_endpoint
from probe.probers.net.stream import handshake_of
from probe.probers.tcp import TcpProber, TcpSettings
from tests.peers import Reader, Talk, Writer, closed_port, full_backlog, greets, resets, stalls, tcp_peer
from tests.probers.attempts import find


def meet(talk: Talk, **keys: Any) -> Finding:
    async def main() -> Finding:
        async with tcp_peer(talk) as peer:
            return await find("tcp", f"127.0.0.1:{peer.port}", **keys)

    return asyncio.run(main())


def test_an_open_port_is_up() -> None:
    """The plainest check: the handshake, its time, and the address that was used."""
    finding = meet(stalls)
    assert (finding.state, finding.reason) == (State.UP, None)
    assert finding.latency_us == finding.phases_us["connect"] > 0
    assert finding.facts["rtt_us"] > 0
    assert re.fullmatch(r"127\.0\.0\.1:\d+", finding.address or "")


def test_an_ipv6_port_is_up() -> None:
    """Both families are probed alike."""

    async def main() -> Finding:
        async with tcp_peer(stalls, host="::1") as peer:
            return await find("tcp", f"[::1]:{peer.port}", family="6")

    finding = asyncio.run(main())
    assert finding.state is State.UP
    assert (finding.address or "").startswith("[::1]:")


def test_a_closed_port_refuses() -> None:
    """Somebody is there and says no: theirs."""
    finding = asyncio.run(find("tcp", f"127.0.0.1:{closed_port()}"))
    assert (finding.state, finding.reason) == (State.DOWN, Reason.REFUSED)
    assert "ECONNREFUSED" in finding.detail


def test_a_full_queue_is_a_timeout_in_connect() -> None:
    """Packets that vanish are told as such, with the phase."""

    async def main() -> Finding:
        async with full_backlog() as port:
            return await find("tcp", f"127.0.0.1:{port}", timeout_ms=80)

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert finding.detail == "timeout in connect after 80 ms"
    assert (finding.address or "").startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("talk", "expect", "state", "reason", "banner"),
    [
        (greets(b"220 mail ESMTP\r\n"), "^220 ", State.UP, None, r"220 mail ESMTP\x0d\x0a"),
        (greets(b"554 go away\r\n"), "^220 ", State.DOWN, Reason.BANNER, r"554 go away\x0d\x0a"),
        (greets(b""), "^220 ", State.DOWN, Reason.CLOSED, None),
        (greets(b"\x1b[2J\xff"), "never", State.DOWN, Reason.BANNER, r"\x1b[2J\xff"),
        (resets(), "^220 ", State.DOWN, Reason.RESET, None),
        (resets(before=b"220"), "^220 ", State.DOWN, Reason.RESET, "220"),
    ],
    ids=["as expected", "another", "silent end", "escapes", "reset", "reset in it"],
)
def test_the_greeting_is_judged(
    talk: Talk, expect: str, state: State, reason: Reason | None, banner: str | None
) -> None:
    """A port that is open is not yet a service."""
    finding = meet(talk, expect=expect)
    assert (finding.state, finding.reason) == (state, reason)
    assert finding.facts.get("banner") == banner


def test_a_greeting_is_read_to_its_limit_only() -> None:
    """A peer that never stops talking is cut off after 4 KiB."""

    async def talk(reader: Reader, writer: Writer) -> None:
        del reader
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    finding = meet(talk, expect="needle")
    assert finding.reason is Reason.BANNER
    assert len(finding.facts["banner"]) == 512


def test_a_silent_server_is_a_timeout_in_banner() -> None:
    """Connected is not answered, when an answer is expected."""
    finding = meet(stalls, expect="^220", timeout_ms=60)
    assert (finding.reason, finding.detail) == (Reason.TIMEOUT, "timeout in banner after 60 ms")
    assert "connect" in finding.phases_us


def test_what_is_sent_arrives_before_the_answer_is_read() -> None:
    """A script of one line covers the servers that wait for the client."""

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(b"+" + await reader.readline())
        await writer.drain()

    assert meet(talk, send="PING\r\n", expect=r"^\+PING").state is State.UP


def test_a_slow_connection_is_too_slow() -> None:
    """`max_time` is judged on the handshake."""
    finding = meet(stalls, max_time_ms=1000)
    assert (finding.state, finding.assertions[0].held) == (State.UP, True)


def test_too_slow_is_told_with_the_time() -> None:
    """Answered, but later than allowed: down, with the measured time."""
    from probe.probers.attempting import conclude, speed
    from probe.trail import Trail
    from tests.clocks import HandClock

    found = conclude(speed(20, 30_000), 30_000, Trail(HandClock(), 1000))
    assert (found.state, found.reason, found.detail) == (State.DOWN, Reason.TOO_SLOW, "max_time 20 ms: 30000 µs")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"expect": "("}, "expect: not a regular expression"),
        ({"max_time_ms": 0}, "max_time: must be longer"),
        ({"expect": "(", "max_time_ms": -1}, r"expect: .*; max_time: "),
    ],
)
def test_bad_settings_are_refused_together(keys: dict[str, Any], says: str) -> None:
    """Every problem in one message, so that one edit mends all."""
    with pytest.raises(ValueError, match=says):
        TcpSettings(**keys)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("tcp://Example.net:25", "example.net:25"),
        ("192.0.2.7:22", "192.0.2.7:22"),
        ("[2001:db8:0::7]:22", "[2001:db8::7]:22"),
        ("bücher.example:80", "xn--bcher-kva.example:80"),
    ],
)
def test_a_target_has_one_spelling(text: str, target: str) -> None:
    """Two spellings of one target must not be two targets."""
    assert TcpProber.target(text) == target


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("example.net", "names no port"),
        ("2001:db8::7", "names no port"),
        ("example.net:0", "1 to 65535"),
        ("example.net:99999", "1 to 65535"),
        ("example.net:x", "1 to 65535"),
        ("[::1]x:80", 'only ":port"'),
        ("127.1:80", "neither"),
        ("0x7f.1:80", "neither"),
        ("2130706433:80", "neither"),
        ("a b:80", "neither"),
        (":80", "neither"),
        ("ü" * 300 + ":80", "not a host name"),
        ("0177.0.0.1:80", "neither"),
    ],
)
def test_a_target_that_is_none_is_refused_with_a_remedy(text: str, says: str) -> None:
    """What only looks like an address is neither an address nor a name."""
    with pytest.raises(ValueError, match=says):
        TcpProber.target(text)


def test_a_missing_port_may_have_a_default() -> None:
    """Kinds with a port of their own need not be told it."""
    assert parse_endpoint("2001:db8::7", scheme="dns", port=53) == Endpoint("2001:db8::7", 53)
    assert parse_endpoint("dns://[2001:db8::7]", scheme="dns", port=53) == Endpoint("2001:db8::7", 53)


def test_a_socket_that_is_no_connection_has_no_round_trip() -> None:
    """Absence is None, never 0."""
    import socket

    with socket.socket(socket.AF_UNIX) as sock:
        assert handshake_of(sock) is None
