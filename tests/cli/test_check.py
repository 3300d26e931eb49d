"""Addresses typed by hand with settings of any type, and services whose checks are not all probed."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from probe.cli import main
from probe.cli.address import check_of
from probe.cli.exits import Exit
from probe.errors import UsageError


@pytest.mark.parametrize(
    ("address", "settings"),
    [
        (
            "icmp://192.0.2.1?count=5&spacing=50ms&dont_fragment=true",
            {"count": 5, "spacing_ms": 50, "dont_fragment": True},
        ),
        ("tls://192.0.2.1:25?starttls=smtp&verify=false&min_days_left=9", {"verify": False, "min_days_left": 9}),
        ("tls://192.0.2.1?expect_names=a.example,b.example", {"expect_names": ("a.example", "b.example")}),
        ("dns://192.0.2.1?name=a.example&expect_aa=true&recursion=false", {"expect_aa": True, "recursion": False}),
        ("tcp://192.0.2.1:25?expect=220", {"expect": "220"}),
        ("tcp://192.0.2.1:25?send=true,1", {"send": "true,1"}),
        ("trace://192.0.2.1?protocol=tcp&port=443", {"port": 443}),
    ],
)
def test_settings_of_every_type_follow_after_a_question_mark(address: str, settings: dict[str, Any]) -> None:
    """A number is one where the kind wants a number, and text where it wants text."""
    read = check_of(address).settings
    assert {key: getattr(read, key) for key in settings} == settings


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("icmp://192.0.2.1?count=many", "?count: a string where a whole number is expected"),
        ("dns://192.0.2.1?name=a.example&expect_aa=perhaps", "?expect_aa: "),
        ("tcp://192.0.2.1:25?preset=", "preset"),
        ("icmp://192.0.2.1:80", "icmp has no use for a port"),
        ("icmp://192.0.2.1:x", "192.0.2.1:x"),
        ("tcp://192.0.2.1:25/path", "tcp has no use for a path"),
        ("icmp://ann:word@192.0.2.1", "icmp has no use for a user"),
        ("tls://192.0.2.1#there", "tls has no use for a fragment"),
        ("ftp://192.0.2.1", "tls://192.0.2.1:993"),
    ],
)
def test_what_has_no_meaning_is_refused(address: str, complaint: str) -> None:
    """Nothing that was written is passed over in silence."""
    with pytest.raises(UsageError) as refused:
        check_of(address)
    assert complaint in str(refused.value)


def test_a_service_is_checked_without_what_others_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be probed is named; asked for by itself it is refused before anything is probed."""
    main_file = tmp_path / "probe.toml"
    main_file.write_text(
        '[references]\ngateway = "none"\n[service.shop]\nobjective = "99 %"\nprovider = "P"\n'
        '[[check]]\nname = "route"\nkind = "tcp"\ntarget = "127.0.0.1:1"\nallow_private = true\nservice = "shop"\n'
        '[[check]]\nname = "backup"\nkind = "push"\nservice = "shop"\npush.late_after = "1h"\n'
    )
    assert main(["--config", str(main_file), "check", "shop"]) == Exit.FAILED
    out, err = capsys.readouterr()
    assert "route  down" in out
    assert err == "left out: backup is of kind push, see `probe status`\n"
    assert main(["--config", str(main_file), "check", "route", "backup"]) == Exit.USAGE
    out, err = capsys.readouterr()
    assert (out, "it cannot be probed" in err) == ("", True)


@contextmanager
def speaker(*turns: bytes) -> Iterator[int]:
    """The port of a server that says these things, each after something was heard but the first, and hangs up."""

    def talk() -> None:
        peer, _ = server.accept()
        with peer:
            for place, said in enumerate(turns):
                if place:
                    peer.recv(4096)
                peer.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def test_a_failed_attempt_shows_where_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """The phase that never came to its end is in no figure but is what everybody asks for."""
    with speaker(b"220 mail ready\r\n", b"500 what?\r\n") as port:
        address = f"tcp://127.0.0.1:{port}?preset=smtp"
        assert main(["check", address]) == Exit.FAILED
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert any(line[:3] == ["dialogue,", "ended", "here"] for line in lines)
    assert ["heard", "220", "mail", "ready"] in lines
    assert ["sent", "EHLO", "probe"] in lines
    assert ["heard", "500", "what?"] in lines
    with speaker(b"SSH-2.0-x\r\n") as port:
        assert main(["check", f"tcp://127.0.0.1:{port}?preset=smtp", "--json"]) == Exit.FAILED
    (one,) = json.loads(capsys.readouterr().out)["checks"]
    assert one["ended_in"] == "banner"
    assert one["took_ms"] >= one["phases_ms"]["connect"]


def test_an_attempt_that_came_to_its_end_broke_in_no_phase(capsys: pytest.CaptureFixture[str]) -> None:
    """Up, or down by an expectation."""
    with speaker(b"220 mail ready\r\n") as port:
        assert main(["check", f"tcp://127.0.0.1:{port}?expect=220", "--json"]) == Exit.FINE
    (one,) = json.loads(capsys.readouterr().out)["checks"]
    assert one["ended_in"] is None


def test_a_route_that_was_asked_for_and_not_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was reached that it could lead to."""
    main(["check", "--trace", "tcp://127.0.0.1:1", "tcp://nobody.invalid:1"])
    out, err = capsys.readouterr()
    assert "route  reaches 127.0.0.1 in 1 hop" in out
    assert err == "no route for tcp://nobody.invalid:1: it has no address to lead to\n"


def test_a_speed_test_counts_what_it_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recorded, its bytes belong to the day, and the next one knows; not recorded, it says that they do not count."""

    def pour(peer: socket.socket) -> None:
        with suppress(OSError):
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                peer.sendall(bytes(1 << 16))

    with _server(pour) as port:
        main_file = tmp_path / "probe.toml"
        main_file.write_text(
            f'[references]\ngateway = "none"\n[storage]\npath = "{tmp_path}/probe.db"\n'
            f'[[check]]\nname = "line"\nkind = "throughput"\ntarget = "http://127.0.0.1:{port}/"\ninterval = "1h"\n'
            'allow_private = true\n[check.throughput]\nmax_bytes = 1000000\nduration = "300ms"\nramp = "50ms"\n'
        )
        call = ["--config", str(main_file), "check", "line"]
        main(call)
        assert "max_bytes counts them only with --record" in capsys.readouterr().err
        main([*call, "--record"])
        assert "max_bytes" not in capsys.readouterr().err
        main(call)
        out, err = capsys.readouterr()
        assert "1000000 bytes a day" in out
        assert err == ""


@contextmanager
def _server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Each connection is served in a thread; all end with the test."""
    listener = socket.create_server(("127.0.0.1", 0))
    peers: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                peers.append(peer)
                threading.Thread(target=serve, args=(peer,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for peer in peers:
            peer.close()
