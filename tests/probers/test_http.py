"""Kind http against servers that answer, lie, drip, flood and redirect."""

from __future__ import annotations

import asyncio
import gzip
import resource
import zlib
from pathlib import Path
from typing import Any

import pytest

from probe.model import Finding, Reason, State
from probe.probers.http import HttpProber, HttpSettings
from probe.secrets import Secret
from tests.peers import Peer, Talk, goes_on, reply, resets, says, stalls, tcp_peer, web_peer
from tests.probers.attempts import a_check, a_resolver, attempt_once, find

OK = reply(body=b"all is well")


def meet(talk: Talk, path: str = "/", **keys: Any) -> Finding:
    async def main() -> Finding:
        async with tcp_peer(talk) as peer:
            return await find("http", f"http://127.0.0.1:{peer.port}{path}", **keys)

    return asyncio.run(main())


def visit(pages: dict[str, bytes], path: str = "/", **keys: Any) -> tuple[Finding, Peer]:
    async def main() -> tuple[Finding, Peer]:
        async with web_peer(pages) as peer:
            return await find("http", f"http://127.0.0.1:{peer.port}{path}", **keys), peer

    return asyncio.run(main())


def test_an_answer_is_up_with_its_phases() -> None:
    """The plainest check, with everything that explains it."""
    finding, peer = visit({"/": OK})
    assert (finding.state, finding.reason) == (State.UP, None)
    assert set(finding.phases_us) == {"connect", "ttfb", "body"}
    assert finding.latency_us == sum(finding.phases_us.values())
    assert finding.facts["rtt_us"] > 0
    assert finding.facts == {
        "rtt_us": finding.facts["rtt_us"],
        "tried": [{"address": finding.address, "result": "connected"}],
        "status": 200,
        "phrase": "OK",
        "http": "1.1",
        "url": f"http://127.0.0.1:{peer.port}/",
        "bytes": 11,
    }
    assert finding.address == f"127.0.0.1:{peer.port}"


def test_the_request_is_what_the_settings_say(tmp_path: Path) -> None:
    """Method, headers, secrets and body arrive; we ask for no compression and no second request."""
    (tmp_path / "token").write_text("s3cret\n")
    finding, peer = visit(
        {"/a?b=c": OK},
        "/a?b=c",
        method="POST",
        headers={"X-Key": Secret(file=str(tmp_path / "token")), "User-Agent": "me"},
        body="hello",
    )
    assert finding.state is State.UP
    request = peer.heard[0]
    assert request.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\nhello")
    for line in (b"accept-encoding: identity", b"connection: close", b"user-agent: me", b"x-key: s3cret"):
        assert line in request.lower()


@pytest.mark.parametrize(
    ("keys", "header"),
    [
        ({"auth_user": "me", "auth_password": Secret(env="PROBE_TEST_SECRET")}, b"Basic bWU6czNjcmV0"),
        ({"auth_bearer": Secret(env="PROBE_TEST_SECRET")}, b"Bearer s3cret"),
    ],
)
def test_credentials_are_sent(monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any], header: bytes) -> None:
    """Both usual forms of authentication."""
    monkeypatch.setenv("PROBE_TEST_SECRET", "s3cret")
    _, peer = visit({"/": OK}, **keys)
    assert b"authorization: " + header.lower() in peer.heard[0].lower()


def test_a_missing_secret_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that cannot be read is no outage of the target."""
    monkeypatch.delenv("PROBE_TEST_SECRET", raising=False)
    finding, peer = visit({"/": OK}, auth_bearer=Secret(env="PROBE_TEST_SECRET"))
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.SECRET_MISSING)
    assert peer.heard == []


def test_secrets_are_in_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded can be mailed."""
    monkeypatch.setenv("PROBE_TEST_SECRET", "c4n4ry")
    finding, _ = visit({"/": reply("500 No")}, auth_bearer=Secret(env="PROBE_TEST_SECRET"))
    assert "c4n4ry" not in repr(finding)


@pytest.mark.parametrize(
    ("status", "expect", "state"),
    [
        ("204 No Content", ("2xx", "3xx"), State.UP),
        ("304 Not Modified", ("2xx", "3xx"), State.UP),
        ("404 Not Found", ("2xx", "3xx"), State.DOWN),
        ("503 Busy", ("2xx", "3xx"), State.DOWN),
        ("404 Not Found", (404,), State.UP),
        ("200 OK", (404, "5xx"), State.DOWN),
        ("599 X", ("5xx",), State.UP),
    ],
)
def test_the_status_is_judged(status: str, expect: tuple[int | str, ...], state: State) -> None:
    """Codes and classes; 200 to 399 by default."""
    finding, _ = visit({"/": reply(status)}, expect_status=expect)
    assert finding.state is state
    assert finding.reason is (None if state is State.UP else Reason.STATUS)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"expect_body": "well"}, None),
        ({"expect_body": "ill"}, Reason.BODY),
        ({"expect_body_regex": r"all\s+is"}, None),
        ({"expect_body_regex": "^is"}, Reason.BODY),
        ({"expect_header": {"X-Version": "2"}}, None),
        ({"expect_header": {"X-Version": ""}}, None),
        ({"expect_header": {"X-Version": "3"}}, Reason.HEADER),
        ({"expect_header": {"X-Other": ""}}, Reason.HEADER),
        ({"expect_final_url": "http://elsewhere.example/"}, Reason.FINAL_URL),
        ({"min_bytes": 11}, None),
        ({"min_bytes": 12}, Reason.TOO_SMALL),
        ({"max_bytes": 11}, None),
        ({"max_bytes": 10}, Reason.TOO_LARGE),
        ({"max_bytes": 0}, Reason.TOO_LARGE),
        ({"max_time_ms": 2000}, None),
        ({"min_days_left": 5}, None),
    ],
)
def test_expectations_are_judged(keys: dict[str, Any], reason: Reason | None) -> None:
    """Each expectation has its reason, and is shown whether it held or not."""
    finding, _ = visit({"/": reply(body=b"all is well", x_version="2.1")}, **keys)
    assert finding.reason is reason
    assert all(one.held for one in finding.assertions) is (reason is None)


def test_a_slow_answer_is_too_slow() -> None:
    """`max_time` is judged on everything but our own resolver."""
    finding = meet(says(OK[:20], OK[20:], pause_s=0.02), max_time_ms=10)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TOO_SLOW)


def test_the_first_broken_expectation_is_the_reason() -> None:
    """All are tried and shown."""
    finding, _ = visit({"/": reply("500 No")}, expect_body="x", expect_header={"y": ""})
    assert finding.reason is Reason.STATUS
    assert [one.held for one in finding.assertions] == [False, False, False]


@pytest.mark.parametrize(
    ("talk", "phase"),
    [
        (stalls, "ttfb"),
        (says(b"HTTP/1.1 200 OK\r\nx: y\r\n", pause_s=9), "ttfb"),
        (goes_on(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", 0.01), "ttfb"),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhal", pause_s=9), "body"),
        (goes_on(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", b"x", 0.01), "body"),
        (goes_on(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.01), "body"),
    ],
    ids=["silence", "half a head", "dripping head", "half a body", "dripping body", "dripping chunks"],
)
def test_the_deadline_holds_at_every_stage(talk: Talk, phase: str) -> None:
    """A slow answer ends on time, whatever it is slow at."""

    async def main() -> tuple[Finding, float]:
        async with tcp_peer(talk) as peer:
            attempted = await attempt_once(a_check("http", f"http://127.0.0.1:{peer.port}/", timeout_ms=90))
            return attempted.finding, (attempted.ended.boot_ns - attempted.sent.boot_ns) / 1e9

    finding, took_s = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert finding.detail == f"timeout in {phase} after 90 ms"
    assert took_s < 0.19


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (says(b""), Reason.CLOSED),
        (resets(), Reason.RESET),
        (resets(after=b"\r\n\r\n"), Reason.RESET),
        (resets(after=b"\r\n\r\n", before=b"HTTP/1.1 200 OK\r\n"), Reason.RESET),
        (resets(after=b"\r\n\r\n", before=b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"), Reason.RESET),
        (says(b"HTTP/1.1 200 OK\r\nx: y\r\n"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"), Reason.TRUNCATED),
        (says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nx"), Reason.TRUNCATED),
        (says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 40_000 + b"\r\n"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 099 X\r\n\r\n"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 1000 X\r\n\r\n"), Reason.PROTOCOL),
        (says(b"SSH-2.0-OpenSSH\r\n"), Reason.PROTOCOL),
        (says(b"<html>nine</html>"), Reason.PROTOCOL),
        (says(b"\x15\x03\x01\x00\x02\x02\x46"), Reason.PROTOCOL),
        (says(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"), Reason.PROTOCOL),
        (goes_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), Reason.PROTOCOL),
    ],
    ids=[
        *("closed after the request", "reset at once", "reset after the request"),
        *("reset in the head", "reset in the body", "half a head", "half a body", "half a chunk", "no chunk"),
        *("two lengths", "no header", "huge header", "too many headers", "099", "1000"),
        *("another protocol", "HTTP/0.9", "TLS", "switching", "endless 100"),
    ],
)
def test_every_broken_answer_has_its_reason(talk: Talk, reason: Reason) -> None:
    """No answer of a server may end as a bug of ours."""
    finding = meet(talk)
    assert (finding.state, finding.reason) == (State.DOWN, reason), finding.detail


def test_interim_answers_are_passed_over() -> None:
    """100 and 103 come before the answer."""
    interim = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
    assert meet(says(interim, interim, OK)).state is State.UP


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    """As HTTP/1.0 servers still do it."""
    finding = meet(says(b"HTTP/1.0 200 OK\r\n\r\nall is well"), expect_body="is well")
    assert (finding.state, finding.facts["bytes"]) == (State.UP, 11)


def test_remote_text_is_cleaned() -> None:
    """Escapes, bytes that are not UTF-8 and long texts end at the edge."""
    phrase = b"\x1b[2J" + "ü".encode() + b"\xff" + b"x" * 1000
    finding = meet(says(b"HTTP/1.1 500 " + phrase + b"\r\ncontent-length: 0\r\n\r\n"))
    if finding.reason is Reason.STATUS:
        assert finding.facts["phrase"].startswith("\\x1b[2Jü\\xff")
        assert len(finding.facts["phrase"]) <= 512
    assert finding.detail.isprintable()


def test_header_bytes_that_are_not_text_do_no_harm() -> None:
    """A header may hold any byte; what is shown of it is printable."""
    answer = b"HTTP/1.1 200 OK\r\nx-odd: \xff\xfe\r\ncontent-length: 0\r\n\r\n"
    finding = meet(says(answer), expect_header={"x-odd": "z"})
    assert finding.reason is Reason.HEADER
    assert finding.detail.isprintable()


def test_an_endless_body_is_read_to_the_limit() -> None:
    """What lies beyond the limit is neither read nor judged."""
    finding = meet(goes_on(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536), body_limit=100_000, expect_body="needle")
    assert finding.reason is Reason.BODY
    assert finding.detail == "body contains needle: not in the first 100000 bytes"
    assert finding.facts["bytes"] < 400_000


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "gzip, gzip", "identity"])
def test_a_compressed_body_is_read(coding: str) -> None:
    """Some servers compress though nobody asked."""
    body = b"all is well" * 9
    raw = zlib.compressobj(wbits=-15)
    coded = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw deflate": raw.compress(body) + raw.flush(),
        "gzip, gzip": gzip.compress(gzip.compress(body)),
        "identity": body,
    }[coding]
    pages = {"/": reply(body=coded, content_encoding=coding.removeprefix("raw "))}
    finding, _ = visit(pages, expect_body="all is well", min_bytes=99, max_bytes=99)
    assert finding.state is State.UP


@pytest.mark.parametrize(
    ("coding", "body", "keys", "reason"),
    [
        ("gzip", gzip.compress(b"all is well")[:-12], {}, Reason.TRUNCATED),
        ("gzip", b"all is well", {}, Reason.ENCODING),
        ("gzip", gzip.compress(b"well")[:-8] + bytes(8), {}, Reason.ENCODING),
        ("br", b"\x0b\x05\x80", {}, None),
        ("br", b"\x0b\x05\x80", {"expect_body": "x"}, Reason.ENCODING),
        ("gzip, gzip, gzip", b"x", {}, Reason.ENCODING),
        ("gzip", b"", {}, None),
    ],
    ids=["cut", "not gzip", "broken", "unknown", "unknown but judged", "too deep", "nothing"],
)
def test_a_broken_encoding_has_its_reason(
    coding: str, body: bytes, keys: dict[str, Any], reason: Reason | None
) -> None:
    """A body that cannot be inflated is not a body that was expected."""
    finding, _ = visit({"/": reply(body=body, content_encoding=coding)}, **keys)
    assert finding.reason is reason


def bomb(times: int) -> bytes:
    engine = zlib.compressobj(9, wbits=31)
    coded = b"".join(engine.compress(bytes(1 << 20)) for _ in range(256)) + engine.flush()
    return coded if times == 1 else gzip.compress(coded, 9)


@pytest.mark.parametrize(("times", "coding"), [(1, "gzip"), (2, "gzip, gzip")], ids=["gzip", "gzip in gzip"])
def test_a_bomb_is_too_large_and_costs_no_memory(times: int, coding: str) -> None:
    """A kilobyte that inflates to gigabytes must not cost more than the limit."""
    pages = {"/": reply(body=bomb(times), content_encoding=coding)}
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finding, _ = visit(pages)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TOO_LARGE)
    assert grown_kib < 32 * 1024


def test_a_large_honest_page_is_cut_and_up() -> None:
    """A page beyond the limit is not a fault of the target."""
    words = b"".join(b"%d bottles of beer on the wall. " % number for number in range(60_000))
    pages = {"/": reply(body=gzip.compress(words), content_encoding="gzip")}
    assert visit(pages)[0].state is State.UP


def moved(to: str, status: str = "302 Found") -> bytes:
    return reply(status, location=to)


def test_redirects_are_followed_and_recorded() -> None:
    """The chain is evidence; the phases are the whole of it."""
    pages = {"/": moved("/a"), "/a": moved("b?c=d"), "/b?c=d": OK}
    finding, peer = visit(pages, expect_body="well")
    base = f"http://127.0.0.1:{peer.port}"
    assert finding.state is State.UP
    assert finding.facts["redirects"] == [f"{base}/", f"{base}/a"]
    assert finding.facts["url"] == f"{base}/b?c=d"


def test_redirects_need_not_be_followed() -> None:
    """A redirect can be what is tested."""
    finding, peer = visit({"/": moved("/a")}, follow_redirects=False, expect_status=(302,))
    assert finding.state is State.UP
    assert len(peer.heard) == 1


def test_a_redirect_without_a_place_is_an_answer() -> None:
    """Nowhere to go: what is there is judged."""
    assert visit({"/": reply("302 Found")})[0].state is State.UP


@pytest.mark.parametrize(
    ("location", "reason", "state"),
    [
        ("/", Reason.REDIRECT_LOOP, State.DOWN),
        ("file:///etc/passwd", Reason.REDIRECT_REFUSED, State.DOWN),
        ("gopher://x.example/", Reason.REDIRECT_REFUSED, State.DOWN),
        ("http://127.0.0.1:99999/", Reason.PROTOCOL, State.DOWN),
        ("http://xn--a.example:0x/", Reason.PROTOCOL, State.DOWN),
        ("http://[::1/", Reason.PROTOCOL, State.DOWN),
        ("http://2130706433/", Reason.PROTOCOL, State.DOWN),
        ("http://127.1/", Reason.PROTOCOL, State.DOWN),
        ("/" + "x" * 8_000, Reason.REDIRECT_LOOP, State.DOWN),
        ("/" + "x" * 60_000, Reason.PROTOCOL, State.DOWN),
    ],
)
def test_a_redirect_to_nowhere_has_its_reason(location: str, reason: Reason, state: State) -> None:
    """Where a server sends us is its responsibility, and never breaks us."""

    async def main() -> Finding:
        async with tcp_peer(says(moved(location))) as peer:
            return await find("http", f"http://127.0.0.1:{peer.port}/")

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (state, reason), finding.detail


def test_a_redirect_into_our_network_is_refused(tmp_path: Path) -> None:
    """The address policy holds on every hop: 198.51.100.1 is this peer's public face here."""
    import httpx

    from probe.clock import SystemClock
    from probe.probers.net.certificate import TlsContexts
    from probe.probers.net.fault import Fault
    from probe.probers.net.http_attempt import Attempt
    from probe.trail import begin

    async def main() -> Fault:
        check = a_check("http", "http://public.example/", allow_private=False)
        trail = begin(SystemClock(), 1000)
        attempt = Attempt(check, a_resolver(tmp_path, hosts="169.254.169.254 inner.example\n"), TlsContexts(), trail)
        request = httpx.Request("GET", check.target)
        redirected = attempt._follow(request, 302, "http://inner.example/latest/meta-data/")
        with pytest.raises(Fault) as caught:
            await attempt._way.open(redirected.origin, is_redirect=True)
        return caught.value

    fault = asyncio.run(main())
    assert (fault.reason, fault.state) == (Reason.REDIRECT_REFUSED, State.DOWN)


def test_credentials_do_not_follow_to_another_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another port is another origin: it must not see what was meant for the first."""
    monkeypatch.setenv("PROBE_TEST_SECRET", "c4n4ry")
    secret = Secret(env="PROBE_TEST_SECRET")

    async def main() -> tuple[Finding, bytes, bytes]:
        async with web_peer({"/": OK}) as other:
            pages = {"/": moved("/same"), "/same": moved(f"http://127.0.0.1:{other.port}/")}
            async with web_peer(pages) as first:
                finding = await find(
                    "http",
                    f"http://127.0.0.1:{first.port}/",
                    auth_bearer=secret,
                    headers={"X-Key": secret, "Cookie": "a=b", "X-Plain": "kept"},
                )
                return finding, first.heard[1], other.heard[0]

    finding, same, elsewhere = asyncio.run(main())
    assert finding.state is State.UP
    assert same.count(b"c4n4ry") == 2
    assert b"c4n4ry" not in elsewhere
    assert b"cookie" not in elsewhere.lower()
    assert b"x-plain: kept" in elsewhere.lower()


@pytest.mark.parametrize(
    ("status", "method", "arrives"),
    [
        ("303 See Other", "POST", b"GET"),
        ("302 Found", "POST", b"GET"),
        ("301 Moved", "PUT", b"PUT"),
        ("307 Temporary", "POST", b"POST"),
        ("303 See Other", "HEAD", b"HEAD"),
    ],
)
def test_the_method_changes_as_browsers_change_it(status: str, method: str, arrives: bytes) -> None:
    """RFC 9110 §15.4, and what everybody does with 301 and 302 after POST."""
    body = None if method == "HEAD" else "hello"
    _, peer = visit({"/": moved("/a", status), "/a": OK}, method=method, body=body)
    assert peer.heard[1].split(b" ")[0] == arrives
    assert peer.heard[1].endswith(b"hello") is (arrives in {b"PUT", b"POST"})


def test_a_name_is_sent_as_host(tmp_path: Path) -> None:
    """The connection goes to the resolved address, the request names the host."""

    async def main() -> tuple[Finding, bytes]:
        async with web_peer({"/": OK}) as peer:
            resolver = a_resolver(tmp_path, hosts="127.0.0.1 shop.example\n")
            finding = await find("http", f"http://shop.example:{peer.port}/", resolver)
            return finding, peer.heard[0]

    finding, request = asyncio.run(main())
    assert finding.state is State.UP
    assert b"host: shop.example:" in request.lower()


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"method": "GE T"}, "method"),
        ({"headers": {"a b": "c"}}, "headers"),
        ({"headers": {"a": "b\r\nc: d"}}, "headers"),
        ({"headers": {"a": "ü"}}, "headers"),
        ({"auth_user": "me"}, "auth_user and auth_password"),
        ({"auth_user": "a", "auth_password": Secret(env="A"), "auth_bearer": Secret(env="B")}, "auth_bearer"),
        ({"expect_status": ("6xx",)}, "expect_status"),
        ({"expect_status": (99,)}, "expect_status"),
        ({"expect_status": ()}, "expect_status"),
        ({"expect_body_regex": "("}, "expect_body_regex"),
        ({"min_bytes": -1}, "min_bytes"),
        ({"body_limit": 1 << 40}, "body_limit"),
        ({"max_time_ms": 0}, "max_time"),
        ({"max_redirects": 99}, "max_redirects"),
        ({"ca_file": "ca.pem"}, "ca_file"),
        ({"client_key": "/key.pem"}, "client_key: needs"),
        ({"min_tls": "1.0"}, "min_tls"),
        ({"min_days_left": -1}, "min_days_left"),
        ({"method": "", "min_tls": "x"}, "method: .*; min_tls: "),
    ],
)
def test_bad_settings_are_refused(keys: dict[str, Any], says: str) -> None:
    """A settings object that exists is valid, and every problem is told at once."""
    with pytest.raises(ValueError, match=says):
        HttpSettings(**keys)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://Shop.Example.net", "https://shop.example.net/"),
        ("http://[2001:DB8::7]:8080/a?b#c", "http://[2001:db8::7]:8080/a?b"),
        ("http://bücher.example/ü?ä=ö", "http://xn--bcher-kva.example/%C3%BC?%C3%A4=%C3%B6"),
        ("http://192.0.2.7/%20x", "http://192.0.2.7/%20x"),
    ],
)
def test_a_target_has_one_spelling(text: str, target: str) -> None:
    """Two spellings of one URL must not be two targets."""
    assert HttpProber.target(text) == target


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shop.example.net", "must begin with http"),
        ("ftp://shop.example.net", "must begin with http"),
        ("https://me:pw@shop.example.net/", "credentials"),
        ("https://shop example/", "spaces"),
        ("https:///x", "neither"),
        ("https://0x7f.1/", "neither"),
        ("https://shop.example:0/", "1 to 65535"),
        ("https://shop.example:99999/", "ort"),
        ("https://[::1/", "IPv6"),
    ],
)
def test_a_target_that_is_none_is_refused(text: str, says: str) -> None:
    """Found when the configuration is read."""
    with pytest.raises(ValueError, match=says):
        HttpProber.target(text)
