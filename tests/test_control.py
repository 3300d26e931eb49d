"""The control socket, with real sockets: what the agent answers, what it refuses, and what happens without an agent."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from probe.control import CONNECTIONS, LINE_LIMIT, ControlServer, NotRunning, request, socket_path, submit
from probe.errors import AgentError, StoreError, UsageError
from probe.model import Window
from probe.store.changes import AddWindow, decode
from probe.store.lock import StoreLock
from probe.store.reader import open_reader


@contextmanager
def serving(database: Path, handle: Callable[[Mapping[str, Any]], Any]) -> Iterator[ControlServer]:
    """A control server on a loop of its own thread."""
    loop = asyncio.new_event_loop()

    async def answer(message: Mapping[str, Any]) -> Any:
        return handle(message)

    server = ControlServer(database, answer)
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def raw(database: Path, *lines: bytes) -> list[dict[str, Any]]:
    """Send these lines as they are; the answers."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(5)
        peer.connect(str(socket_path(database)))
        peer.sendall(b"".join(lines))
        peer.shutdown(socket.SHUT_WR)
        with peer.makefile("rb") as answers:
            return [json.loads(line) for line in answers]


def test_a_request_is_answered(tmp_path: Path) -> None:
    """What the agent knows, a command can ask."""
    with serving(tmp_path / "probe.db", lambda message: {"heard": message["do"]}):
        assert request(tmp_path / "probe.db", {"do": "health"}) == {"heard": "health"}


def test_the_socket_is_for_owner_and_group_and_goes_with_the_agent(tmp_path: Path) -> None:
    """Members of the group may pause a check; others may not even ask."""
    path = socket_path(tmp_path / "probe.db")
    path.touch()
    with serving(tmp_path / "probe.db", lambda _: None):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    """Socket addresses end at 107 bytes, people's folders do not."""
    folder = tmp_path / ("long" * 20) / ("longer" * 20)
    folder.mkdir(parents=True)
    with serving(folder / "probe.db", lambda _: 7):
        assert request(folder / "probe.db", {"do": "health"}) == 7


def test_a_name_too_long_is_refused_with_a_remedy(tmp_path: Path) -> None:
    """One line, naming the path and what to do."""

    async def start() -> None:
        await ControlServer(tmp_path / ("x" * 200), lambda _: asyncio.sleep(0)).start()

    with pytest.raises(AgentError, match="choose a shorter"):
        asyncio.run(start())


def test_a_refusal_reaches_the_asker_as_what_it_was(tmp_path: Path) -> None:
    """A wrong window number is the user's error, a broken record is not."""

    def refuse(message: Mapping[str, Any]) -> None:
        raise UsageError("no such window") if message["do"] == "usage" else StoreError("the disk is full")

    with serving(tmp_path / "probe.db", refuse):
        with pytest.raises(UsageError, match="no such window"):
            request(tmp_path / "probe.db", {"do": "usage"})
        with pytest.raises(AgentError, match="the disk is full"):
            request(tmp_path / "probe.db", {"do": "else"})


@pytest.mark.parametrize(
    "line", [b"\xff\xfe\n", b"[1]\n", b"{\n", b'{"no": 1}\n', b"[" * 100_000 + b"\n", b'"do"\n', b"1e999999\n"]
)
def test_nonsense_is_refused_and_the_connection_goes_on(tmp_path: Path, line: bytes) -> None:
    """A broken client must not take the agent down, nor its own next request."""
    with serving(tmp_path / "probe.db", lambda message: message["do"]):
        first, second = raw(tmp_path / "probe.db", line, b'{"do": "x"}\n')
    assert first["ok"] is False
    assert second == {"ok": True, "result": "x"}


def test_a_line_without_end_is_cut_off(tmp_path: Path) -> None:
    """Bounded memory for whatever is sent."""
    with serving(tmp_path / "probe.db", lambda _: 1):
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            raw(tmp_path / "probe.db", b"x" * (8 * LINE_LIMIT))
        assert request(tmp_path / "probe.db", {"do": "y"}) == 1


def test_connections_are_bounded(tmp_path: Path) -> None:
    """One who opens and says nothing cannot take all descriptors."""
    database = tmp_path / "probe.db"
    with serving(database, lambda _: 1):
        idle = [socket.socket(socket.AF_UNIX) for _ in range(CONNECTIONS)]
        for peer in idle:
            peer.connect(str(socket_path(database)))
            peer.sendall(b'{"do": "x"}\n')
            assert peer.recv(99)
        with pytest.raises(AgentError, match=r"ended without an answer|cannot be reached"):
            request(database, {"do": "x"})
        for peer in idle:
            peer.close()


def test_a_request_too_long_is_not_sent(tmp_path: Path) -> None:
    """The sender says so before the agent has to."""
    with pytest.raises(AgentError, match="send it in parts"):
        request(tmp_path / "probe.db", {"do": "x" * LINE_LIMIT})


def test_an_agent_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """A silent peer on the socket is not waited for without end."""
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(socket_path(tmp_path / "probe.db")))
        silent.listen()
        with pytest.raises(AgentError, match="cannot be reached: it does not answer"):
            request(tmp_path / "probe.db", {"do": "health"}, timeout=0.05)


def test_without_an_agent_a_request_says_so(tmp_path: Path) -> None:
    """Neither a missing socket nor one left behind by a dead agent is an agent."""
    database = tmp_path / "probe.db"
    with pytest.raises(NotRunning, match="probe run"):
        request(database, {"do": "health"})
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path(database)))
    with pytest.raises(NotRunning):
        request(database, {"do": "health"})


def test_a_change_goes_through_the_agent_if_one_runs(tmp_path: Path) -> None:
    """Only the agent writes while it lives."""
    window = Window(service="shop", start_ms=1_000, end_ms=2_000)
    seen: list[Any] = []

    def take(message: Mapping[str, Any]) -> int:
        seen.append(decode(message["change"]))
        return 12

    with serving(tmp_path / "probe.db", take):
        assert submit(tmp_path / "probe.db", AddWindow(window)) == 12
    assert seen == [AddWindow(window)]


def test_a_change_without_an_agent_is_made_under_the_lock(tmp_path: Path) -> None:
    """A person can declare a window while the agent is stopped."""
    window = Window(service="shop", start_ms=1_000, end_ms=2_000, entered_at_ms=5)
    number = submit(tmp_path / "probe.db", AddWindow(window))
    with open_reader(tmp_path / "probe.db") as reader:
        assert [one.id for one in reader.windows()] == [number]


def test_a_lock_that_is_held_while_nobody_listens_is_waited_for(tmp_path: Path) -> None:
    """An agent that is just starting holds the lock before it listens; a command waits a moment instead of failing."""
    database = tmp_path / "probe.db"
    window = Window(service="shop", start_ms=1_000, end_ms=2_000, entered_at_ms=5)
    submit(database, AddWindow(window))
    lock = StoreLock(database, "starting")
    timer = threading.Timer(0.3, lock.release)
    timer.start()
    assert submit(database, AddWindow(window)) == 2
    timer.join()
