"""A channel at work against real receivers: signed, bounded, and every failure is one line without a secret."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from probe.clock import SystemClock
from probe.config.configuration import Channel
from probe.notify import channels, webhook
from probe.notify.channels import Channels, missing_library
from probe.notify.parcel import parcel
from probe.notify.webhook import signature, target_of
from probe.secrets import Secret
from tests.notify.messages import a_message
from tests.notify.receiver import SECRET, Receiver, receiving

PARCEL = parcel([a_message()])


def sent(tmp_path: Path, url: str, *, by: str = "webhook", secret: str = SECRET) -> str:
    """What a channel with that URL says of one parcel."""
    (tmp_path / "url").write_text(url)
    (tmp_path / "secret").write_text(secret)
    to, key = Secret(file=str(tmp_path / "url")), Secret(file=str(tmp_path / "secret"))
    channel = Channel(name="hook", webhook=to, secret=key) if by == "webhook" else Channel(name="hook", url=to)
    return asyncio.run(Channels(SystemClock()).send(channel, PARCEL))


def test_a_webhook_gets_a_signed_document_with_its_key(tmp_path: Path) -> None:
    """The receiver can tell who sent it, when, and whether it had it before."""
    with receiving() as receiver:
        assert sent(tmp_path, receiver.url) == ""
        assert receiver.keys == [PARCEL.id]
        assert receiver.posts == [json.loads(json.dumps(PARCEL.document))]
        assert sent(tmp_path, receiver.url, secret="wrong") == "answered with status 403"


def test_the_signature_is_what_the_readme_says() -> None:
    """HMAC-SHA256 over time, a dot and the body."""
    digest = "77bc83bd1f40422311e47918b203449aecf84b02c1568bb1b570ac2a474cc2d8"
    assert signature("key", b"{}", 7) == f"t=7,v1={digest}"


@pytest.mark.parametrize("status", [301, 404, 500])
def test_what_is_not_a_success_is_a_failure(tmp_path: Path, status: int) -> None:
    """Redirects are not followed: the document is for the one who was named."""
    with receiving() as receiver:
        receiver.statuses = [status]
        assert sent(tmp_path, receiver.url) == f"answered with status {status}"


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/x",
        "https:///x",
        "https://user:pw@192.0.2.1/",
        "ftp://192.0.2.1/",
        "https://[::1",
        "https://h:x/",
    ],
)
def test_urls_that_are_not_safe_are_refused_without_being_shown(tmp_path: Path, url: str) -> None:
    """Plain HTTP leaves the machine for nobody; no part of the URL is in the line."""
    problem = sent(tmp_path, url)
    assert problem.startswith("the webhook ")
    assert "192.0.2.1" not in problem


def test_the_parts_of_a_url() -> None:
    """Default ports, literal addresses, queries."""
    assert target_of("https://hooks.example/a?b=c") == (True, "hooks.example", 443, "/a?b=c", "hooks.example")
    assert target_of("http://[::1]:8080") == (False, "::1", 8080, "/", "[::1]:8080")


def test_a_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    """By its reference."""
    channel = Channel(name="hook", webhook=Secret(file=str(tmp_path / "none")))
    problem = asyncio.run(Channels(SystemClock()).send(channel, PARCEL))
    assert problem == f"secret in file {tmp_path}/none: No such file or directory"


def answering(serve: Callable[[socket.socket], None], work: Callable[[int], str]) -> str:
    """`work` with the port of a server that does this to its one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def meet() -> None:
            peer, _ = server.accept()
            with peer:
                serve(peer)

        thread = threading.Thread(target=meet)
        thread.start()
        try:
            return work(server.getsockname()[1])
        finally:
            thread.join()


def _nonsense(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(b"hello\r\n\r\n")


def _endless(peer: socket.socket) -> None:
    peer.recv(4096)
    try:
        while True:
            peer.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000)
    except OSError:
        return


def _hang_up(peer: socket.socket) -> None:
    peer.recv(4096)


@pytest.mark.parametrize("serve", [_nonsense, _endless, _hang_up])
def test_receivers_that_speak_no_http_are_refused(tmp_path: Path, serve: Callable[[socket.socket], None]) -> None:
    """Whatever comes back is bounded and never a traceback."""
    problem = answering(serve, lambda port: sent(tmp_path, f"http://127.0.0.1:{port}/"))
    assert problem in {"the answer is not HTTP", "Connection reset by peer"}


def test_a_receiver_that_says_nothing_has_a_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs holds up its own channel for seconds and nothing else."""
    monkeypatch.setattr(webhook, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert sent(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}/") == "no answer within 0 s"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Messages hold what our network looks like; they go to whom they are meant for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def serve(peer: socket.socket) -> None:
        with pytest.raises(OSError, match=r".*"):
            context.wrap_socket(peer, server_side=True).recv(1)

    problem = answering(serve, lambda port: sent(tmp_path, f"https://127.0.0.1:{port}/"))
    assert problem == "its certificate is not trusted: unable to get local issuer certificate"


def test_nobody_there_is_said(tmp_path: Path) -> None:
    """Refused is a failure that is tried again."""
    with receiving() as receiver:
        port = receiver.port
    assert "Connect call failed" in sent(tmp_path, f"http://127.0.0.1:{port}/")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library
def test_apprise_delivers_to_what_it_knows(tmp_path: Path) -> None:
    """Its JSON service on loopback stands for the hundred others."""
    pytest.importorskip("apprise")
    with receiving() as receiver:
        url = f"json://127.0.0.1:{receiver.port}/x"
        assert sent(tmp_path, url, by="url") == ""
        (post,) = receiver.posts
        assert (post["title"], post["message"]) == (PARCEL.subject, PARCEL.text)
        receiver.statuses = [500]
        assert sent(tmp_path, url, by="url") == "apprise could not deliver it"
    assert sent(tmp_path, "nothing://x", by="url") == "apprise does not know this kind of url"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_message_of_apprise_that_hangs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is put behind it; the agent goes on."""
    monkeypatch.setattr(channels, "APPRISE_S", 0.05)
    pytest.importorskip("apprise")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(5)
        (tmp_path / "url").write_text(f"json://127.0.0.1:{silent.getsockname()[1]}/")
        channel = Channel(name="slow", url=Secret(file=str(tmp_path / "url")))

        async def story() -> list[str]:
            sender = Channels(SystemClock())
            first = await sender.send(channel, PARCEL)
            second = await sender.send(channel, PARCEL)
            peer, _ = silent.accept()
            peer.close()
            sender._busy["slow"].join(5)
            return [first, second]

        assert asyncio.run(story()) == ["not delivered within 0 s", "the last message is still on its way"]


def test_only_a_url_needs_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain webhook works without the extra; where the extra is missing the remedy is said."""
    assert missing_library([Channel(name="a", webhook=Secret(env="X"))]) == ""
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert missing_library([Channel(name="a", url=Secret(env="X"))]) == channels.REMEDY
    assert sent(tmp_path, "json://127.0.0.1:9/", by="url") == channels.REMEDY
    assert "pip install 'sla-probe[notify]'" in channels.REMEDY


def test_a_library_that_breaks_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred services are a hundred ways to fail; none of them ends the agent."""
    monkeypatch.setitem(sys.modules, "apprise", object())
    assert sent(tmp_path, "json://127.0.0.1:9/", by="url") == "apprise failed: AttributeError"


def test_the_receiver_of_these_tests_is_strict() -> None:
    """A test double that takes everything proves nothing."""
    receiver = Receiver()
    try:
        assert receiver.take(b"{}", {"X-Probe-Signature": "t=1,v1=00"}) == 403
    finally:
        receiver.close()
