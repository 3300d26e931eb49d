"""Kind http by other ways: HTTP/2, a named proxy, several addresses, redirects hop by hop; and values of JSON."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h2.connection
import h2.errors
import pytest
import trustme

from probe.model import Finding, Reason, State
from probe.probers.http import HttpSettings
from probe.probers.net.json_path import NOT_THERE
from probe.probers.net.json_path import find as find_in
from probe.secrets import Secret
from tests.peers import (
    Peer,
    Reader,
    Talk,
    Writer,
    closed_port,
    greets,
    reply,
    resets,
    says,
    speaks_http2,
    stalls,
    tcp_peer,
    web_peer,
)
from tests.probers.attempts import a_resolver, find
from tests.probers.certificates import server_context, written

OK = reply(body=b"all is well")
Answer = Callable[[h2.connection.H2Connection, dict[str, str], bytes], None]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    return written(authority, tmp_path)


def visit(body: bytes, **keys: Any) -> Finding:
    """A check of a page with this body."""

    async def main() -> Finding:
        async with web_peer({"/": reply(body=body)}) as peer:
            return await find("http", f"http://127.0.0.1:{peer.port}/", **keys)

    return asyncio.run(main())


NODES = json.dumps({"status": "ok", "nodes": [{"alive": True, "load": 3}], "note": None, "share": 0.5}).encode()


@pytest.mark.parametrize(
    ("path", "wanted", "seen"),
    [
        ("status", "ok", None),
        ("nodes[0].alive", True, None),
        ("nodes[0].load", 3, None),
        ("nodes[0].load", 4, "3"),
        ("nodes[0].alive", 1, "true"),
        ("nodes[1].alive", True, "not there"),
        ("nodes.alive", True, "not there"),
        ("note", "x", "null"),
        ("nodes", "x", "an array of 1"),
        ("nodes[0]", "x", "an object of 2"),
        ("share", 1, "0.5"),
        ("status", "down", '"ok"'),
    ],
)
def test_a_value_of_json_is_judged(path: str, wanted: str | int | bool, seen: str | None) -> None:
    """By its place and its type: a service that answers 200 and "degraded" is not well."""
    finding = visit(NODES, expect_json={path: wanted})
    if seen is None:
        assert finding.state is State.UP, finding.detail
    else:
        assert (finding.state, finding.reason) == (State.DOWN, Reason.BODY)
        assert finding.assertions[-1].seen == seen


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[" * 100_000, b'{"a": "\xff"}', b'{"a": 1}' + b" " * 100_000 + b"x"]
)
def test_what_is_not_json_is_a_body_that_is_not_as_expected(body: bytes) -> None:
    """Nothing that a server can send as JSON is more than a wrong body."""
    finding = visit(body, expect_json={"a": 1})
    assert (finding.state, finding.reason) == (State.DOWN, Reason.BODY)
    assert finding.assertions[-1].seen.startswith("not JSON")


def test_json_that_was_cut_is_not_read() -> None:
    """Half a document proves nothing; the limit is the check's own."""
    finding = visit(NODES, expect_json={"status": "ok"}, body_limit=20)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.BODY)
    assert "not read as JSON" in finding.assertions[-1].seen


def test_a_path_leads_into_a_list_at_the_top() -> None:
    """Some answers are a list."""
    assert find_in([[1, 2]], "[0][1]") == 2
    assert find_in({"a": 1}, "a.b") is NOT_THERE


def test_each_redirect_is_shown_with_what_it_answered() -> None:
    """The chain, hop by hop, the one that failed included."""

    async def main() -> tuple[Finding, Finding, Peer]:
        pages = {"/": reply("302 Found", location="/a"), "/a": reply("301 Moved", location="/b"), "/b": OK}
        pages["/dead"] = reply("302 Found", location=f"http://127.0.0.1:{closed_port()}/")
        async with web_peer(pages) as peer:
            base = f"http://127.0.0.1:{peer.port}"
            return await find("http", f"{base}/"), await find("http", f"{base}/dead"), peer

    good, dead, peer = asyncio.run(main())
    base, address = f"http://127.0.0.1:{peer.port}", f"127.0.0.1:{peer.port}"
    assert good.facts["redirects"] == [f"{base}/", f"{base}/a"]
    assert good.facts["redirect_chain"] == [
        {"url": f"{base}/", "status": 302, "address": address},
        {"url": f"{base}/a", "status": 301, "address": address},
        {"url": f"{base}/b", "status": 200, "address": address},
    ]
    assert dead.reason is Reason.REFUSED
    assert [hop["status"] for hop in dead.facts["redirect_chain"]] == [302, None]


def test_all_addresses_that_were_tried_are_shown(tmp_path: Path) -> None:
    """Users reach the second address when the first refuses; whoever mends it wants to know of the first."""

    async def main() -> tuple[Finding, int]:
        resolver = a_resolver(tmp_path, hosts="127.0.0.2 shop.example\n127.0.0.1 shop.example\n")
        async with web_peer({"/": OK}) as peer:
            return await find("http", f"http://shop.example:{peer.port}/", resolver), peer.port

    finding, port = asyncio.run(main())
    assert finding.state is State.UP
    assert finding.address == f"127.0.0.1:{port}"
    assert finding.facts["tried"] == [
        {"address": f"127.0.0.2:{port}", "result": "refused"},
        {"address": f"127.0.0.1:{port}", "result": "connected"},
    ]


def proxy(*, answer: bytes = b"", behind: bytes = b"", heard: list[bytes] | None = None) -> Talk:
    """A proxy that connects where it is told to, or gives this answer; `behind` is said after it, out of turn."""

    async def talk(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(head)
        if answer:
            writer.write(answer)
            await writer.drain()
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        there_reader, there = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n" + behind)

        async def pump(source: Reader, sink: Writer) -> None:
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
            sink.close()

        pumps = [asyncio.ensure_future(pump(reader, there)), asyncio.ensure_future(pump(there_reader, writer))]
        try:
            await asyncio.wait(pumps)
        finally:
            for one in pumps:
                one.cancel()
            there.close()

    return talk


def visit_by(talk: Talk, url: str = "https://127.0.0.1:{}/", *, tls: trustme.CA | None, **keys: Any) -> Finding:
    """A check of a web server through this proxy."""

    async def main() -> Finding:
        context = None if tls is None else server_context(tls, "127.0.0.1")
        async with web_peer({"/": OK}, tls=context) as peer, tcp_peer(talk) as ours:
            return await find("http", url.format(peer.port), proxy=f"http://127.0.0.1:{ours.port}/", **keys)

    return asyncio.run(main())


def test_a_named_proxy_is_gone_through(authority: trustme.CA, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own password, which the target never sees; the certificate that is judged is the target's."""
    monkeypatch.setenv("PROBE_TEST_SECRET", "c4n4ry")
    heard: list[bytes] = []
    keys: dict[str, Any] = {"proxy_user": "me", "proxy_password": Secret(env="PROBE_TEST_SECRET"), "ca_file": ca_file}
    finding = visit_by(proxy(heard=heard), tls=authority, **keys)
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert set(finding.phases_us) == {"connect", "proxy", "tls", "ttfb", "body"}
    assert heard[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"proxy-authorization: Basic bWU6YzRuNHJ5" in heard[0]
    assert finding.facts["certificate"]["names"] == ["127.0.0.1"]


def test_a_certificate_behind_a_proxy_is_judged(authority: trustme.CA) -> None:
    """What comes through the tunnel is the target's."""
    finding = visit_by(proxy(), tls=authority)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TLS_UNTRUSTED)


def test_in_the_clear_a_proxy_is_told_the_whole_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """And answers itself."""
    monkeypatch.setenv("PROBE_TEST_SECRET", "c4n4ry")
    heard: list[bytes] = []
    keys: dict[str, Any] = {"proxy_user": "me", "proxy_password": Secret(env="PROBE_TEST_SECRET")}
    finding = visit_by(proxy(answer=OK, heard=heard), "http://[::1]:{}/a?b=c", tls=None, **keys)
    assert finding.state is State.UP, finding.detail
    assert heard[0].startswith(b"GET http://[::1]:")
    assert b"/a?b=c HTTP/1.1\r\n" in heard[0]
    assert b"proxy-authorization: Basic" in heard[0]


@pytest.mark.parametrize(
    ("talk", "says_so"),
    [
        (proxy(answer=b"HTTP/1.1 503 No\r\n\r\n"), "answered 503 No"),
        (proxy(answer=b"HTTP/1.1 407 Who?\r\ncontent-length: 0\r\n\r\n"), "answered 407"),
        (proxy(behind=b"HTTP/1.1 200 OK\r\n\r\n"), "spoke on"),
        (resets(), "ECONNRESET"),
        (greets(b"220 mail\r\n"), ""),
        (stalls, "no answer in time"),
    ],
    ids=["unavailable", "who are you", "injection", "reset", "another protocol", "silence"],
)
def test_what_fails_at_the_proxy_is_unknown(talk: Talk, says_so: str) -> None:
    """It is ours; nothing was learned of the target."""
    finding = visit_by(talk, tls=None, verify=False, timeout_ms=300)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.PROXY)
    assert says_so in finding.detail


def test_a_proxy_is_no_way_around_the_address_policy() -> None:
    """A private address is refused before the proxy is asked; a private proxy likewise."""

    async def main(target: str, named: str) -> Finding:
        return await find("http", target, proxy=named, allow_private=False)

    for target, named in (("https://10.0.0.7/", "http://9.9.9.9:1"), ("https://9.9.9.9/", "http://127.0.0.1:1")):
        finding = asyncio.run(main(target, named))
        assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.ADDRESS_POLICY)


def test_a_password_that_cannot_be_read_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as the proxy's failure."""
    monkeypatch.delenv("PROBE_TEST_SECRET", raising=False)
    keys: dict[str, Any] = {"proxy_user": "me", "proxy_password": Secret(env="PROBE_TEST_SECRET")}
    assert visit_by(stalls, tls=None, **keys).reason is Reason.SECRET_MISSING


@pytest.mark.parametrize(
    ("keys", "says_so"),
    [
        ({"expect_json": {"a..b": 1}}, 'expect_json: "a..b" is not a path'),
        ({"proxy": "socks5://x:1"}, "proxy: .* must begin with http://"),
        ({"proxy": "http://a b"}, "proxy: "),
        ({"proxy_user": "x"}, "give both or neither; proxy_user: needs proxy"),
    ],
)
def test_bad_settings_are_refused(keys: dict[str, Any], says_so: str) -> None:
    """Before the first attempt."""
    with pytest.raises(ValueError, match=says_so):
        HttpSettings(**keys)


def test_without_its_extra_http2_is_refused_with_the_remedy() -> None:
    """And everything else works without it."""
    program = (
        "import sys; sys.modules['h2'] = None\n"
        "from probe.probers.http import HttpProber, HttpSettings\n"
        "import probe.probers.net.http_attempt\n"
        "HttpSettings()\n"
        "try: HttpSettings(http2=True)\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "http2: HTTP/2 is not installed; pip install 'sla-probe[http2]'\n"


def by_http2(authority: trustme.CA, answer: Answer, raw: bytes = b"", *, ends: bool = False, **keys: Any) -> Finding:
    """A check of a server that speaks HTTP/2 and gives this answer."""

    async def main() -> Finding:
        tls = server_context(authority, "127.0.0.1")
        tls.set_alpn_protocols(["h2"])
        async with tcp_peer(speaks_http2(answer, raw, ends=ends), tls=tls) as peer:
            return await find("http", f"https://127.0.0.1:{peer.port}/a?b", verify=False, http2=True, **keys)

    return asyncio.run(main())


def test_http2_is_spoken_where_it_is_offered(authority: trustme.CA) -> None:
    """The request arrives as it would by HTTP/1.1, and all expectations work."""
    asked: list[tuple[dict[str, str], bytes]] = []

    def answer(state: h2.connection.H2Connection, headers: dict[str, str], body: bytes) -> None:
        asked.append((headers, body))
        for _ in range(3):
            state.send_headers(1, [(":status", "103"), ("link", "</x>")])
        state.send_headers(1, [(":status", "200"), ("x-kind", "two")])
        state.send_data(1, b"all is well", end_stream=True)

    keys: dict[str, Any] = {
        "expect_header": {"X-Kind": "two"},
        "expect_body": "well",
        "method": "POST",
        "body": "x" * 100_000,
    }
    finding = by_http2(authority, answer, **keys)
    assert (finding.state, finding.reason) == (State.UP, None), finding.detail
    assert (finding.facts["http"], finding.facts["status"], finding.facts["bytes"]) == ("2", 200, 11)
    assert "phrase" not in finding.facts
    headers, body = asked[0]
    assert (headers[":method"], headers[":path"], headers[":scheme"]) == ("POST", "/a?b", "https")
    assert headers[":authority"].startswith("127.0.0.1:")
    assert not {"host", "connection"} & headers.keys()
    assert len(body) == 100_000


def test_a_body_larger_than_the_windows_comes_through(authority: trustme.CA) -> None:
    """Windows are opened again as the body is read."""

    async def talk(reader: Reader, writer: Writer) -> None:
        import h2.config
        import h2.events

        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        left, is_asked = 300_000, False
        while data := await reader.read(65_536):
            for event in state.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    is_asked = True
                    state.send_headers(1, [(":status", "200")])
            while is_asked and left and (room := min(state.local_flow_control_window(1), 16_384, left)):
                left -= room
                state.send_data(1, b"x" * room, end_stream=not left)
            writer.write(state.data_to_send())

    async def main() -> Finding:
        tls = server_context(authority, "127.0.0.1")
        tls.set_alpn_protocols(["h2"])
        async with tcp_peer(talk, tls=tls) as peer:
            target = f"https://127.0.0.1:{peer.port}/"
            return await find("http", target, verify=False, http2=True, min_bytes=300_000)

    finding = asyncio.run(main())
    assert finding.state is State.UP, finding.detail


def test_a_server_without_http2_is_spoken_to_in_the_older_one(authority: trustme.CA) -> None:
    """As a browser would."""

    async def main() -> Finding:
        async with web_peer({"/": OK}, tls=server_context(authority, "127.0.0.1")) as peer:
            return await find("http", f"https://127.0.0.1:{peer.port}/", verify=False, http2=True)

    finding = asyncio.run(main())
    assert finding.state is State.UP
    assert finding.facts["http"] == "1.1"


def nothing(*_: object) -> None:
    """Answers nothing."""


def endless_interim(state: h2.connection.H2Connection, *_: object) -> None:
    for _step in range(40):
        state.send_headers(1, [(":status", "103")])


def pings(state: h2.connection.H2Connection, *_: object) -> None:
    for _step in range(1500):
        state.ping(b"12345678")


def refuses(state: h2.connection.H2Connection, *_: object) -> None:
    state.reset_stream(1, h2.errors.ErrorCodes.REFUSED_STREAM)


def goes_away(state: h2.connection.H2Connection, *_: object) -> None:
    state.close_connection()


def half(state: h2.connection.H2Connection, *_: object) -> None:
    state.send_headers(1, [(":status", "200"), ("content-length", "100")])
    state.send_data(1, b"half")


def half_and_reset(state: h2.connection.H2Connection, *_: object) -> None:
    half(state)
    state.reset_stream(1)


def crumbs(state: h2.connection.H2Connection, *_: object) -> None:
    state.send_headers(1, [(":status", "200")])
    for _step in range(66_000):
        state.send_data(1, b"")


@pytest.mark.parametrize(
    ("answer", "raw", "ends", "reason"),
    [
        (nothing, b"", True, Reason.CLOSED),
        (nothing, b"", False, Reason.TIMEOUT),
        (nothing, b"HTTP/1.1 400 Bad Request\r\n\r\n", False, Reason.PROTOCOL),
        (endless_interim, b"", False, Reason.PROTOCOL),
        (pings, b"", False, Reason.PROTOCOL),
        (refuses, b"", False, Reason.RESET),
        (goes_away, b"", False, Reason.RESET),
        (half, b"", True, Reason.TRUNCATED),
        (half_and_reset, b"", False, Reason.TRUNCATED),
        (crumbs, b"", False, Reason.PROTOCOL),
        (nothing, bytes.fromhex("000000fe0000000000") * 5000, True, Reason.PROTOCOL),
        (nothing, bytes.fromhex("0000010104000000 01ff"), False, Reason.PROTOCOL),
    ],
    ids=[
        "end",
        "silence",
        "HTTP/1",
        "interim",
        "pings",
        "refused",
        "goaway",
        "half",
        "half, reset",
        "crumbs",
        "unknown",
        "garbage",
    ],
)
def test_what_a_server_can_do_in_http2_has_its_reason(
    authority: trustme.CA, answer: Answer, raw: bytes, ends: bool, reason: Reason
) -> None:
    """The same faults have the same names in both versions."""
    timeout_ms = 300 if reason is Reason.TIMEOUT else 10_000
    finding = by_http2(authority, answer, raw, ends=ends, timeout_ms=timeout_ms)
    assert (finding.state, finding.reason) == (State.DOWN, reason), finding.detail


def test_a_plain_url_stays_with_the_older_version() -> None:
    """HTTP/2 is agreed on under TLS only."""

    async def main() -> Finding:
        async with tcp_peer(says(OK)) as peer:
            return await find("http", f"http://127.0.0.1:{peer.port}/", http2=True)

    assert asyncio.run(main()).facts["http"] == "1.1"
