"""Attempts without a task find what attempts in one find, and give back as much."""

from __future__ import annotations

import asyncio
import resource
import select
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from probe.clock import SystemClock
from probe.model import Finding, Reason, State
from probe.probers import PROBERS
from probe.probers.http import HttpProber
from probe.probers.net.endpoint import Endpoint
from probe.probers.net.http_attempt import first_step
from probe.probers.net.http_flight import Flight
from probe.probers.net.knock import Knock
from probe.probers.net.poller import _POLLERS
from probe.probers.tcp import TcpProber
from probe.runner import Launches, launch
from probe.trail import Trail
from tests.peers import (
    Talk,
    closed_port,
    full_backlog,
    goes_on,
    greets,
    reply,
    resets,
    says,
    stalls,
    stops_after,
    tcp_peer,
)
from tests.probers.attempts import a_check, a_resolver, attempt_in_task, attempt_once, find

BODY = 8 << 20
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def descriptors() -> list[Path]:
    """What this process has open, and the one that reads it."""
    return list(Path("/proc/self/fd").iterdir())


def told(finding: Finding) -> dict[str, Any]:
    """What is the same in each attempt: no times, no ports of the peer's own choice."""
    facts = {key: value for key, value in finding.facts.items() if key != "rtt_us"}
    if finding.reason is Reason.TIMEOUT:
        facts.pop("bytes", None)
    return {
        "state": finding.state,
        "reason": finding.reason,
        "detail": finding.detail,
        "address": finding.address,
        "phases": list(finding.phases_us),
        "has_latency": finding.latency_us is not None,
        "facts": facts,
        "assertions": [one for one in finding.assertions if "time" not in one.expectation],
    }


@pytest.mark.parametrize(
    ("talk", "keys"),
    [
        (says(reply(body=b"hello")), {}),
        (says(reply(body=b"hello")), {"method": "HEAD"}),
        (says(reply("204 No Content")), {}),
        (says(reply("500 Broken", b"x")), {}),
        (says(reply(body=b"hello", server="x")), {"expect_header": {"Server": "y"}, "min_bytes": 6, "max_bytes": 4}),
        (says(reply(body=b"hello")), {"expect_body": "hell"}),
        (says(reply(body=b"hello")), {"expect_body_regex": "^hel+o$"}),
        (says(reply(body=b'{"a": 1}')), {"expect_json": {"a": 2}}),
        (says(reply(body=b"hello")), {"body_limit": 2}),
        (says(reply(body=b"hello")), {"body": "x" * 100, "method": "POST"}),
        (says(reply(body=b"h" * 100_000)), {}),
        (says(reply(content_length="10"), b"hello"), {}),
        (says(reply(content_length="5"), b"hel", b"lo", pause_s=0.01), {}),
        (says(b"HTTP/1.1 200 OK\r\n", b"content-length: 2\r\n\r\nok", pause_s=0.01), {}),
        (says(b"HTTP/1.1 200 OK\r\n\r\nhello"), {}),
        (says(CHUNKED), {}),
        (says(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(body=b"x")), {}),
        (says(reply(body=b"x", content_encoding="br")), {"expect_body": "x"}),
        (says(reply(body=b"x", content_encoding="gzip")), {}),
        (says(reply("302 Found", location="/")), {"max_redirects": 2}),
        (says(reply("302 Found", location="/")), {"follow_redirects": False}),
        (says(reply("302 Found")), {}),
        (says(b"SSH-2.0-x\r\n"), {}),
        (greets(b""), {}),
        (stalls, {"timeout_ms": 100}),
        (goes_on(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b"x", pause_s=0.005), {"timeout_ms": 100}),
        (resets(), {}),
        (resets(after=b"\r\n\r\n"), {}),
        (resets(after=b"\r\n\r\n", before=b"HTTP/1.1 200"), {}),
    ],
)
def test_a_flight_finds_what_a_task_finds(talk: Talk, keys: dict[str, Any]) -> None:
    """Whatever the server does, with the same words, phases and facts."""

    async def main() -> list[dict[str, Any]]:
        async with tcp_peer(talk) as peer:
            check = a_check("http", f"http://127.0.0.1:{peer.port}/", **keys)
            found = [told((await way(check)).finding) for way in (attempt_once, attempt_in_task)]
            assert not _POLLERS
            return found

    flown, in_task = asyncio.run(main())
    assert flown == in_task


@pytest.mark.parametrize("kind", ["http", "tcp"])
@pytest.mark.parametrize("keys", [{}, {"allow_private": False}, {"family": "6"}])
def test_what_fails_before_anything_is_said_is_the_same(kind: str, keys: dict[str, Any]) -> None:
    """Nobody listens, the address is not allowed, or it is of the wrong family."""

    async def main() -> list[dict[str, Any]]:
        place = f"127.0.0.1:{closed_port()}"
        check = a_check(kind, f"http://{place}/" if kind == "http" else place, **keys)
        return [told((await way(check)).finding) for way in (attempt_once, attempt_in_task)]

    flown, in_task = asyncio.run(main())
    assert flown == in_task


def test_a_flight_to_a_port_that_stays_silent_ends_at_the_deadline() -> None:
    """Down, in connect, and nothing is left open."""

    async def main() -> Finding:
        async with full_backlog() as port:
            finding = await find("tcp", f"127.0.0.1:{port}", timeout_ms=100)
            assert not _POLLERS
            return finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason, finding.detail) == (
        State.DOWN,
        Reason.TIMEOUT,
        "timeout in connect after 100 ms",
    )
    assert finding.facts["tried"][0]["result"] == "no answer"


def test_a_secret_that_is_missing_is_ours_without_a_task_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told before anything is sent."""
    from probe.secrets import Secret

    monkeypatch.delenv("NOWHERE", raising=False)
    finding = asyncio.run(find("http", "http://127.0.0.1:9/", auth_bearer=Secret(env="NOWHERE")))
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.SECRET_MISSING)


@pytest.mark.parametrize("talk", [stalls, goes_on(b"HTTP/1.1 200 OK\r\n\r\n", b"x", pause_s=0.005)])
@pytest.mark.parametrize("delay_s", [0, 0.03])
def test_a_flight_that_is_stopped_leaves_nothing(talk: Talk, delay_s: float) -> None:
    """Neither an outcome nor a socket nor a task, at whatever point it is."""

    async def main() -> None:
        async with tcp_peer(talk) as peer:
            for prober, check in (
                (HttpProber(), a_check("http", f"http://127.0.0.1:{peer.port}/")),
                (TcpProber(), a_check("tcp", f"127.0.0.1:{peer.port}")),
            ):
                found: list[object] = []
                stop = launch(check, prober, SystemClock(), lambda *each, found=found: found.append(each))
                assert stop is not None
                await asyncio.sleep(delay_s)
                is_over = bool(found)
                stop()
                await asyncio.sleep(0.005)
                assert bool(found) == is_over
                assert not _POLLERS
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "target", "keys"),
    [
        ("http", "https://127.0.0.1/", {}),
        ("http", "http://name.example/", {}),
        ("http", "http://127.0.0.1/", {"proxy": "http://127.0.0.1:3128"}),
        ("tcp", "name.example:80", {}),
        ("tcp", "127.0.0.1:25", {"preset": "smtp"}),
        ("tcp", "127.0.0.1:25", {"expect": "220"}),
    ],
)
def test_what_needs_a_task_is_not_launched(kind: str, target: str, keys: dict[str, Any], tmp_path: Path) -> None:
    """A name to resolve, TLS, a proxy, a talk."""
    makers: dict[str, Callable[..., Launches]] = {"http": HttpProber, "tcp": TcpProber}

    async def main() -> object:
        prober = makers[kind](a_resolver(tmp_path))
        return launch(a_check(kind, target, **keys), prober, SystemClock(), print)

    assert asyncio.run(main()) is None


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (b"220 mail.example ESMTP\r\n", "not HTTP: 220 mail.example ESMTP"),
        (b"\x80\x81", r"not HTTP: \x80\x81"),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", r"not HTTP: \x0d\x0aHTTP/1.1 200 OK\x0d\x0a\x0d\x0a"),
    ],
)
def test_who_speaks_another_protocol_is_not_waited_for(said: bytes, detail: str) -> None:
    """It is told at once, though the connection stays open and no head ever ends; with the words that were heard."""
    finding = asyncio.run(meet(stops_after(said, len(said)), timeout_ms=20_000))
    assert (finding.state, finding.reason, finding.detail) == (State.DOWN, Reason.PROTOCOL, detail)


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (b"HT", "closed in the middle of the status line: HT"),
        (b"HTTP/1.1 200 OK\r\na: b\r\n", "closed in the middle of the head"),
        (b"HTTP/2 200\r\n\r\n", "illegal status line: HTTP/2 200"),
        (b"HTTP/1.1 200 OK\r\na : '\"\x00\r\n\r\n", "illegal header line: a : '\"\\x00"),
        (b"HTTP/1.1 101 x\r\nupgrade: y\r\n\r\n", "101: it changes to a protocol that nobody asked for"),
    ],
)
def test_what_is_wrong_with_a_head_is_said_in_words(said: bytes, detail: str) -> None:
    """What the server sent, and no trace of the library that read it."""
    finding = asyncio.run(meet(says(said)))
    assert (finding.state, finding.reason, finding.detail) == (State.DOWN, Reason.PROTOCOL, detail)


def test_a_status_line_in_pieces_is_waited_for() -> None:
    """However small they are."""
    finding = asyncio.run(meet(says(b"H", b"TT", b"P/", b"1.1 200 OK\r\ncontent-length: 0\r\n\r\n", pause_s=0.01)))
    assert (finding.state, finding.reason) == (State.UP, None)


async def meet(talk: Talk, **keys: Any) -> Finding:
    async with tcp_peer(talk) as peer:
        return await find("http", f"http://127.0.0.1:{peer.port}/", **keys)


def test_a_large_request_goes_on_in_a_task_and_is_answered() -> None:
    """What the socket does not take at once is sent when it does."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.02)
        await reader.readexactly(BODY)
        writer.write(reply(body=b"ok"))
        await writer.drain()

    finding = asyncio.run(meet(talk, method="POST", body="x" * BODY, timeout_ms=20_000))
    assert (finding.state, finding.reason) == (State.UP, None)
    assert finding.facts["bytes"] == 2


@pytest.mark.parametrize(("kind", "target"), [("http", "http://127.0.0.1:9/"), ("tcp", "127.0.0.1:9")])
def test_a_flight_without_a_descriptor_is_ours(kind: str, target: str) -> None:
    """The limit is reached between one attempt and the next; nothing is left behind."""

    async def main() -> Finding:
        prober, check = PROBERS[kind](), a_check(kind, target)
        prober.prepare(check)
        landed: asyncio.Future[Finding] = asyncio.get_running_loop().create_future()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken = len(descriptors()) - 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken, hard))
        try:
            launch(check, cast("Launches", prober), SystemClock(), lambda _, __, finding: landed.set_result(finding))
            return await landed
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    finding = asyncio.run(main())
    assert not _POLLERS
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.FD_LIMIT)


def test_a_bug_once_connected_is_ours_and_closes() -> None:
    """It neither keeps the connection nor waits for the deadline."""

    async def main() -> list[str]:
        raised: list[str] = []
        landed = asyncio.Event()

        def land(judge: Callable[[], Finding]) -> None:
            with pytest.raises(ZeroDivisionError):
                judge()
            raised.append("bug")
            landed.set()

        def opened(_: object) -> None:
            raise ZeroDivisionError

        async with tcp_peer(stalls) as peer:
            Knock(Endpoint("127.0.0.1", peer.port), Trail(SystemClock(), 2000), land).begin(opened)
            await landed.wait()
            assert not _POLLERS
        return raised

    assert asyncio.run(main()) == ["bug"]


@pytest.mark.parametrize("moment", ["asked", "heard"])
def test_a_reset_between_two_steps_of_a_flight_is_theirs(moment: str) -> None:
    """What the kernel says when the request is pushed, or the answer taken, is the peer's doing."""

    async def main() -> Finding:
        landed: asyncio.Future[Finding] = asyncio.get_running_loop().create_future()
        with socket.create_server(("127.0.0.1", 0)) as server:
            check = a_check("http", f"http://127.0.0.1:{server.getsockname()[1]}/")
            launch(check, HttpProber(), SystemClock(), lambda _, __, finding: landed.set_result(finding))
            if moment == "heard":
                await asyncio.sleep(0.03)
            there, _ = server.accept()
            there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            there.close()
            finding = await landed
        assert not _POLLERS
        return finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.DOWN, Reason.RESET)


def test_an_edge_without_bytes_is_no_answer() -> None:
    """The poller may tell of what was taken already."""

    async def main() -> tuple[bool, Finding]:
        landed: asyncio.Future[Finding] = asyncio.get_running_loop().create_future()
        async with tcp_peer(says(b"", reply(body=b"ok"), pause_s=0.05)) as peer:
            check = a_check("http", f"http://127.0.0.1:{peer.port}/")
            launch(check, HttpProber(), SystemClock(), lambda _, __, finding: landed.set_result(finding))
            await asyncio.sleep(0.02)
            (poller,) = _POLLERS.values()
            for watched in list(poller._watched.values()):
                watched.tell(select.EPOLLIN)
            was_early = landed.done()
            return was_early, await landed

    was_early, finding = asyncio.run(main())
    assert not was_early
    assert finding.state is State.UP


class BrokenReader:
    """Stands for a bug in what reads the answer."""

    def read_at_once(self, *_: object) -> None:
        raise ZeroDivisionError


def test_a_bug_in_reading_an_answer_is_ours_and_closes() -> None:
    """It is raised where the runner sees it, and no connection stays."""

    async def main() -> list[str]:
        raised: list[str] = []
        landed = asyncio.Event()

        def land(judge: Callable[[], Finding]) -> None:
            with pytest.raises(ZeroDivisionError):
                judge()
            raised.append("bug")
            landed.set()

        async with tcp_peer(says(reply(body=b"ok"))) as peer:
            check = a_check("http", f"http://127.0.0.1:{peer.port}/")
            flight = Flight(check, cast("Any", BrokenReader()), Trail(SystemClock(), 2000), land)
            flight.begin(first_step(check.settings, check.target), "127.0.0.1")
            await landed.wait()
            assert not _POLLERS
            flight._hear(select.EPOLLIN)  # an edge that was on its way is not heard any more
            flight.stop()
        return raised

    assert asyncio.run(main()) == ["bug"]


def test_an_edge_that_says_nothing_of_writing_is_no_connection() -> None:
    """Only a socket that can be written to has shaken hands."""

    async def main() -> list[str]:
        found: list[str] = []
        async with full_backlog() as port:
            knock = Knock(Endpoint("127.0.0.1", port), Trail(SystemClock(), 2000), lambda _: found.append("landed"))
            knock.begin(lambda _: found.append("opened"))
            knock._told(select.EPOLLIN)
            knock.stop()
            knock._told(select.EPOLLOUT)
        assert not _POLLERS
        return found

    assert asyncio.run(main()) == []
