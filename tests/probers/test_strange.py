"""Peers that stop at any byte, reset at any moment, or send a mebibyte where a line belongs; kernels without stamps."""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any

import dns.message
import pytest
import trustme

from probe.model import Finding, Reason, State
from tests.peers import Reader, Talk, Writer, answers, dns_peer, goes_on, old_tls, resets, says, shakes_hands, tcp_peer
from tests.probers.attempts import find, in_namespace, needs_root
from tests.probers.test_icmp import DATAGRAM

LENGTH = b"HTTP/1.1 200 OK\r\nserver: x\r\ncontent-length: 11\r\n\r\nall is well"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nall i\r\n6\r\ns well\r\n0\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\n\r\n" + LENGTH
CUT = {Reason.TIMEOUT, Reason.STALL}
"""How an attempt ends at its deadline; the second where this machine is too busy to notice it in time."""
MIB = 1 << 20
QUICK: dict[str, Any] = {"spacing_ms": 5, "count": 3}


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def meet(talk: Talk, kind: str, *, tls: ssl.SSLContext | None = None, secure: bool = False, **keys: Any) -> Finding:
    """One attempt of a kind that speaks over TCP; `secure` where the target is to speak TLS that the peer may not."""

    async def main() -> Finding:
        async with tcp_peer(talk, tls=tls) as peer:
            place = f"127.0.0.1:{peer.port}"
            scheme = "https" if tls or secure else "http"
            target = f"{scheme}://{place}/" if kind in {"http", "throughput"} else place
            return await find(kind, target, **keys)

    return asyncio.run(main())


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED, INTERIM], ids=["length", "chunks", "interim"])
def test_a_stall_at_every_byte_of_an_answer_is_a_timeout(answer: bytes) -> None:
    """Nothing is ever up before the last byte: each attempt meets a server that says one byte more."""

    async def talk(reader: Reader, writer: Writer) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer[: int(request.split(b" ")[1][1:])])
        await writer.drain()
        await reader.read()

    async def main() -> list[Finding]:
        async with tcp_peer(talk) as peer:
            target = f"http://127.0.0.1:{peer.port}/"
            sizes = range(len(answer))
            short = await asyncio.gather(*(find("http", f"{target}{size}", timeout_ms=700) for size in sizes))
            return [*short, await find("http", f"{target}{len(answer)}", timeout_ms=9000)]

    *short, whole = asyncio.run(main())
    assert {one.reason for one in short} <= CUT
    assert whole.state is State.UP


def test_a_stall_at_every_byte_of_an_answer_by_tcp_is_a_timeout() -> None:
    """The two bytes of its length, and every one of the message."""
    made = answers("shop.example. 60 IN A 192.0.2.7")

    async def talk(reader: Reader, writer: Writer) -> None:
        question = dns.message.from_wire(await reader.readexactly(int.from_bytes(await reader.readexactly(2))))
        answer = made(question)
        assert isinstance(answer, dns.message.Message)
        wire = answer.to_wire()
        size = int(question.question[0].name.labels[0][1:])
        writer.write((len(wire).to_bytes(2) + wire)[: size or None])
        await writer.drain()
        await reader.read()

    async def main() -> list[Finding]:
        async with tcp_peer(talk) as peer:
            asked = [
                find("dns", f"127.0.0.1:{peer.port}", name=f"n{size:02}.example", transport="tcp", timeout_ms=500)
                for size in range(1, 60)
            ]
            short = await asyncio.gather(*asked)
            place = f"127.0.0.1:{peer.port}"
            return [*short, await find("dns", place, name="n00.example", transport="tcp", timeout_ms=9000)]

    *short, whole = asyncio.run(main())
    assert {one.reason for one in short} <= CUT
    assert whole.state is State.UP


async def reset_after_hello(reader: Reader, writer: Writer) -> None:
    """Hears the beginning of a handshake and resets."""
    await reader.read(5)
    await resets()(reader, writer)


def reset_within_tls(before: bytes) -> Talk:
    """Finishes the handshake, says this and resets."""

    async def talk(reader: Reader, writer: Writer) -> None:
        if before:
            await reader.read(4096)
            writer.write(before)
            await writer.drain()
            await asyncio.sleep(0.02)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return talk


RESETS: dict[str, tuple[str, Talk, dict[str, Any]]] = {
    "http, in the handshake": ("http", reset_after_hello, {"secure": True}),
    "http, under TLS": ("http", reset_within_tls(b""), {"tls": True}),
    "http, in the head under TLS": ("http", reset_within_tls(b"HTTP/1.1 200 OK\r\n"), {"tls": True}),
    "http, in the body under TLS": ("http", reset_within_tls(LENGTH[:-3]), {"tls": True}),
    "http, in a chunk": ("http", resets(b"\r\n\r\n", CHUNKED[:52]), {}),
    "tls, at once": ("tls", resets(), {}),
    "tls, in the handshake": ("tls", reset_after_hello, {}),
    "dns by TCP, after the question": ("dns", resets(b"example\0\0\1\0\1"), {"name": "a.example", "transport": "tcp"}),
    "dns by TCP, in the length": (
        *("dns", resets(b"example\0\0\1\0\1", b"\0")),
        {"name": "a.example", "transport": "tcp"},
    ),
    "dns by TLS, in the handshake": ("dns", reset_after_hello, {"name": "a.example", "transport": "tls"}),
    "throughput, before the answer": ("throughput", resets(b"\r\n\r\n"), {"max_bytes": MIB, "duration_ms": 400}),
}


@pytest.mark.parametrize("name", RESETS)
def test_a_reset_in_each_phase_is_reset(name: str) -> None:
    """Whoever resets has said so, and at whatever moment it is theirs."""
    kind, talk, keys = RESETS[name]
    tls = server_context() if keys.pop("tls", False) else None
    extra: dict[str, Any] = {"verify": False} if tls or keys.get("secure") or kind == "tls" else {}
    if kind == "throughput":
        extra |= {"ramp_ms": 100}
    finding = meet(talk, kind, tls=tls, **(keys | extra))
    assert (finding.state, finding.reason) == (State.DOWN, Reason.RESET), finding.detail


@pytest.mark.parametrize(
    ("talk", "reasons"),
    [
        (says(b"HTTP/1.1 200 OK\r\nx: " + b"y" * MIB + b"\r\n\r\n"), {Reason.PROTOCOL}),
        (says(b"HTTP/1.1 200 " + b"y" * MIB + b"\r\n\r\n"), {Reason.PROTOCOL}),
        (says(b"HTTP/1.1 302 Found\r\nlocation: /" + b"y" * MIB + b"\r\n\r\n"), {Reason.PROTOCOL}),
        (says(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * (MIB // 6) + b"\r\n"), {Reason.PROTOCOL}),
        (goes_on(b"", b"\r\n"), {Reason.PROTOCOL, Reason.TIMEOUT}),
        (says(CHUNKED[:44] + b"\r\n\r\n5;" + b"x" * MIB + b"\r\nall i\r\n0\r\n\r\n"), {Reason.PROTOCOL}),
        (says(CHUNKED[:-2] + b"x: " + b"y" * MIB + b"\r\n\r\n"), {Reason.PROTOCOL}),
        (says(CHUNKED[:44] + b"\r\n\r\n" + b"0" * MIB + b"5\r\nall i\r\n0\r\n\r\n"), {Reason.PROTOCOL}),
    ],
    ids=["header", "phrase", "location", "headers", "empty lines", "chunk extension", "trailer", "chunk length"],
)
def test_a_mebibyte_where_a_line_belongs_is_refused(talk: Talk, reasons: set[Reason]) -> None:
    """It costs neither the deadline nor the memory."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finding = meet(talk, "http", timeout_ms=1500)
    assert finding.state is State.DOWN
    assert finding.reason in reasons, finding.detail
    assert finding.detail.isprintable()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 32 * 1024


@pytest.mark.parametrize("kind", ["http", "tls", "dns"])
def test_tls_1_0_is_a_failed_handshake_for_every_kind(kind: str) -> None:
    """Nobody should speak it any more, and whoever does is told so and not taken for another fault."""
    keys: dict[str, Any] = {"name": "a.example", "transport": "tls"} if kind == "dns" else {}
    finding = meet(shakes_hands(old_tls(server_context())), kind, secure=True, verify=False, **keys)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_HANDSHAKE)


def by_ipv6(kind: str) -> Callable[[], Any]:
    """One attempt against a server that listens on ::1 alone."""

    async def main() -> Finding:
        secured = server_context() if kind in {"https", "tls"} else None
        async with tcp_peer(goes_on(LENGTH[:17] + b"\r\n", b"x" * 9999), tls=secured, host="::1") as peer:
            place = f"[::1]:{peer.port}"
            if kind == "throughput":
                speed: dict[str, Any] = {"max_bytes": 10**10, "duration_ms": 300, "ramp_ms": 50, "max_other": 10**6}
                return await find("throughput", f"http://{place}/", family="6", timeout_ms=5000, **speed)
            if kind in {"http", "https"}:
                keys: dict[str, Any] = {"verify": False} if secured else {}
                return await find("http", f"{kind}://{place}/", family="6", body_limit=5000, **keys)
            unjudged: dict[str, Any] = {"verify": False} if secured else {}
            return await find(kind, place, family="6", **unjudged)

    return main


@pytest.mark.parametrize("kind", ["http", "https", "tls", "tcp", "throughput"])
def test_a_server_with_ipv6_alone_is_up(kind: str) -> None:
    """By its own address, which is recorded."""
    finding = asyncio.run(by_ipv6(kind)())
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert (finding.address or "").startswith("[::1]:")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_name_server_with_ipv6_alone_is_up(transport: str) -> None:
    """By both transports."""

    async def main() -> Finding:
        async with dns_peer(answers("a.example. 60 IN A 192.0.2.7"), host="::1") as (_, port):
            return await find("dns", f"[::1]:{port}", family="6", name="a.example", transport=transport)

    finding = asyncio.run(main())
    assert (finding.state, finding.facts["records"]) == (State.UP, ["192.0.2.7"])
    assert (finding.address or "").startswith("[::1]:")


class Plain(socket.socket):
    """A socket of a kernel that stamps nothing."""

    def setsockopt(self, level: int, option: int, *value: Any) -> None:
        """All but the option for stamps."""
        if (level, option) == (socket.SOL_SOCKET, 35):
            raise OSError(92, "Protocol not available")
        super().setsockopt(level, option, *value)


@needs_root
@pytest.mark.parametrize(
    ("kind", "keys", "set_up"),
    [
        ("icmp", QUICK, []),
        ("icmp", QUICK, [DATAGRAM]),
        ("trace", {"max_hops": 1}, []),
        ("trace", {"max_hops": 1, "protocol": "udp"}, []),
        ("trace", {"max_hops": 1, "protocol": "tcp"}, []),
    ],
    ids=["raw", "datagram", "route by icmp", "route by udp", "route by tcp"],
)
def test_a_kernel_without_stamps_leaves_us_our_own_clock(
    monkeypatch: pytest.MonkeyPatch, kind: str, keys: dict[str, Any], set_up: list[str]
) -> None:
    """Round trips are those of the loop then: a little longer, and never absent."""
    monkeypatch.setattr(socket, "socket", Plain)
    finding = in_namespace(lambda: find(kind, "127.0.0.1", **keys), set_up)
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert (finding.latency_us or 0) > 0
