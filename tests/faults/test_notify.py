"""The real agent killed again and again while things change: its webhook hears of everything, signed, and no storm."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from probe.store.outbox import Kind, of_kind
from probe.store.reader import open_reader
from tests.builders import configuration, port_checks
from tests.lab.agents import RealAgent, wait_until
from tests.notify.receiver import SECRET, Receiver, receiving

MORE = """
[notify.hook]
webhook = {{ file = "{folder}/url" }}
secret = {{ file = "{folder}/secret" }}
gather = "100ms"
"""
KILLS, SOAK_KILLS = 2, 20


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listening; closed at the end."""
    with receiving() as found:
        yield found


class Flapping:
    """A port that can be shut and opened again."""

    def __init__(self) -> None:
        self._server: socket.socket | None = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]

    def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        self._server = None

    def open(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self.port))

    def close(self) -> None:
        if self._server is not None:
            self._server.close()


@pytest.fixture
def flapping() -> Iterator[Flapping]:
    """Open at first."""
    found = Flapping()
    yield found
    found.close()


@pytest.fixture
def agent(tmp_path: Path, receiver: Receiver, flapping: Flapping) -> Iterator[RealAgent]:
    """Three checks of the port that is shut and opened; the reference always answers."""
    with socket.create_server(("127.0.0.1", 0)) as reference:
        port, more = reference.getsockname()[1], MORE.format(folder=tmp_path)
        text = configuration(port, confirm=1, more=more)
        (tmp_path / "probe.toml").write_text(text)
        (tmp_path / "url").write_text(receiver.url)
        (tmp_path / "secret").write_text(SECRET)
        (tmp_path / "checks.d").mkdir()
        checks = port_checks(*((f"c{number}", flapping.port) for number in range(3)))
        (tmp_path / "checks.d" / "all.toml").write_text(checks)
        found = RealAgent(tmp_path / "probe.toml")
        yield found
        if found.process is not None:
            found.kill()


def told(database: Path, kind: str) -> set[str]:
    """The ids of the messages of a kind on record."""
    with open_reader(database) as reader:
        return {one.id for one in reader.ask(partial(of_kind, kind=Kind(kind)))}


@pytest.mark.parametrize("kills", [KILLS, pytest.param(SOAK_KILLS, marks=pytest.mark.soak)])
def test_kills_lose_no_change_of_state(agent: RealAgent, receiver: Receiver, flapping: Flapping, kills: int) -> None:
    """Killed at random moments while a port goes up and down: every outage and its end arrives, in few messages."""
    chance = random.Random(20_261_122)
    agent.start()
    agent.wait_for(1)
    for number in range(kills):
        (flapping.open if number % 2 else flapping.shut)()
        time.sleep(chance.uniform(0, 0.09))
        agent.kill()
        agent.start()
        kind = "outage_ended" if number % 2 else "outage_began"
        wanted = 3 * (number // 2 + 1)
        wait_until(lambda k=kind, n=wanted: len(told(agent.database, k)) >= n, 15, kind)  # type: ignore[misc]
    for kind in ("outage_began", "outage_ended"):
        wait_until(lambda k=kind: receiver.ids(k) >= told(agent.database, k), 30, f"{kind} arrives")  # type: ignore[misc]
    assert all(event["cause"] == "provider_or_path" for event in receiver.events())
