"""The real agent, killed, frozen and starved: nothing acknowledged is lost, and what was not seen is unknown."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from probe.model import EventKind, Outcome, Reason, SpanClass, State
from probe.store.reader import open_reader
from tests.builders import configuration, port_checks
from tests.lab.agents import RealAgent, wait_until

KILLS, SOAK_KILLS = 50, 1_000
LOOK_BACK_MS = 60_000
"""Each life is compared with the record of so long; the whole record at the end."""

CHECKS = 24
PAUSE_EVERY = 17
"""Now and then the agent stays away for longer than g_max."""

G_MAX_MS = 3_000
ROUNDING_MS = 2
"""Each start measures the wall clock anew; spans lie on the newest scale."""

EVER = 0, 1 << 60


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A configuration: two dozen checks of an open port, half as many of a closed one."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        (tmp_path / "probe.toml").write_text(configuration(port))
        (tmp_path / "checks.d").mkdir()
        ports = [port] * CHECKS + [closed.getsockname()[1]] * (CHECKS // 2)
        text = port_checks(*((f"c{number}", port) for number, port in enumerate(ports)))
        (tmp_path / "checks.d" / "all.toml").write_text(text)
        yield tmp_path


def recorded(database: Path, since_ms: int = 0) -> dict[str, list[Outcome]]:
    """Every outcome on record by key, from an instant on."""
    stretch = max(since_ms, EVER[0]), EVER[1]
    with open_reader(database) as reader:
        return {one.key: list(reader.outcomes("here", one.key, *stretch)) for one in reader.series("here")}


Instant = tuple[str, int, State]


def instants(database: Path, since_ms: int = 0) -> set[Instant]:
    by_key = recorded(database, since_ms)
    return {(key, one.at_ms, one.state) for key, outcomes in by_key.items() for one in outcomes}


def one_life(agent: RealAgent, chance: random.Random, safe: set[Instant]) -> set[Instant]:
    """Start it, kill it at a random moment; `safe` and all that it acknowledged is on record. What was added."""
    since_ms = time.time_ns() // 1_000_000 - LOOK_BACK_MS
    known = {one for one in safe if one[1] >= since_ms}
    agent.start()
    agent.wait_for(1)
    acknowledged = 0
    end = time.monotonic() + chance.uniform(0, 0.4)
    while time.monotonic() < end:
        acknowledged = agent.acknowledged() or acknowledged
    seen = instants(agent.database, since_ms)
    agent.kill()
    now = instants(agent.database, since_ms)
    assert known <= now
    assert seen <= now
    assert len(now - known) >= acknowledged
    return now - known


@pytest.mark.parametrize("kills", [KILLS, pytest.param(SOAK_KILLS, marks=pytest.mark.soak)])
def test_kills_lose_nothing_that_was_acknowledged(folder: Path, kills: int) -> None:
    """SIGKILL at a random moment, again and again: acknowledged ⊆ stored, the file whole, every gap unknown."""
    chance = random.Random(20_261_122)
    agent = RealAgent(folder / "probe.toml")
    safe: set[Instant] = set()
    for number in range(kills):
        safe |= one_life(agent, chance, safe)
        if number % PAUSE_EVERY == PAUSE_EVERY - 1:
            away = time.monotonic() + G_MAX_MS / 1000 + 0.5
            wait_until(lambda until=away: time.monotonic() > until, 10, "the agent stays away")  # type: ignore[misc]
    with sqlite3.connect(agent.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    assert safe <= instants(agent.database)
    assert len(safe) > kills * 10
    assert gaps_are_unknown(agent.database) >= CHECKS


def gaps_are_unknown(database: Path) -> int:
    """Every stretch without samples longer than g_max is unknown; how many there were."""
    gaps = 0
    for key, outcomes in recorded(database).items():
        with open_reader(database) as reader:
            spans = reader.spans("here", key, outcomes[0].at_ms, outcomes[-1].at_ms)
        assert all(a.t1_ms == b.t0_ms for a, b in pairwise(spans))
        for earlier, later in pairwise(outcomes):
            if later.at_ms - earlier.at_ms > G_MAX_MS:
                gaps += 1
                inside = earlier.at_ms + ROUNDING_MS, later.at_ms - ROUNDING_MS
                classes = {s.cls for s in spans if s.t0_ms < inside[1] and s.t1_ms > inside[0]}
                assert classes == {SpanClass.UNKNOWN}, key
    return gaps


def test_a_frozen_agent_wakes_to_one_gap_and_no_burst(folder: Path) -> None:
    """A paused virtual machine: the stall is on record, no burst, and the line is not called down."""
    with RealAgent(folder / "probe.toml") as agent:
        agent.wait_for(CHECKS * 2)
        assert agent.process is not None
        os.kill(agent.process.pid, signal.SIGSTOP)
        thawed = time.monotonic() + 6
        wait_until(lambda: time.monotonic() > thawed, 10, "frozen")
        os.kill(agent.process.pid, signal.SIGCONT)
        awake_ms = time.time_ns() // 1_000_000
        before = agent.acknowledged()
        wait_until(lambda: agent.acknowledged() > before + CHECKS * 2, 15, "goes on")
        assert agent.stop() == 0
    assert "our own line" not in agent.log.read_text()
    with open_reader(agent.database) as reader:
        stalls = reader.events(*EVER, kinds=[EventKind.STALL])
    assert len(stalls) == 1
    assert stalls[0].lasted_ms is not None
    assert 4_900 <= stalls[0].lasted_ms <= 7_000
    for number in range(CHECKS):
        outcomes = recorded(agent.database)[f"c{number}"]
        assert not [one for one in outcomes if one.state is State.DOWN]
        attempts = [one for one in outcomes if awake_ms <= one.at_ms < awake_ms + 2_000 and one.state is State.UP]
        assert len(attempts) <= 2
        missed = [one for one in outcomes if one.finding.reason is Reason.OVERRUN]
        assert len(missed) <= 4


def test_few_descriptors_make_no_outage(folder: Path) -> None:
    """With a limit of 64 the agent probes fewer at once; nothing is called down that is up."""
    prefix = ("prlimit", "--nofile=64:64")
    with RealAgent(folder / "probe.toml", prefix) as agent:
        agent.wait_for(CHECKS * 3)
        assert agent.stop() == 0
    outcomes = recorded(agent.database)
    assert {one.state for number in range(CHECKS) for one in outcomes[f"c{number}"]} == {State.UP}


def test_a_storm_of_signals_is_one_orderly_end(folder: Path) -> None:
    """A hundred signals: one shutdown, exit code 0, and everything acknowledged is there."""
    with RealAgent(folder / "probe.toml") as agent:
        agent.wait_for(CHECKS)
        assert agent.process is not None
        seen = instants(agent.database)
        for number in range(100):
            agent.process.send_signal(signal.SIGHUP if number < 50 else signal.SIGTERM)
        assert agent.process.wait(20) == 0
    assert seen <= instants(agent.database)
    assert "Traceback" not in agent.log.read_text()
    with open_reader(agent.database) as reader:
        assert len(reader.events(*EVER, kinds=[EventKind.STOP])) == 1


def test_a_second_agent_is_refused_at_once_with_one_line(folder: Path) -> None:
    """Exit code 3 within seconds, naming the holder; the first goes on."""
    with RealAgent(folder / "probe.toml") as first:
        first.wait_for(1)
        second = RealAgent(folder / "probe.toml")
        second.log = folder / "second.log"
        second.start()
        assert second.process is not None
        assert first.process is not None
        assert second.process.wait(10) == 3
        assert str(first.process.pid) in second.log.read_text()
        assert len(second.log.read_text().splitlines()) == 1
        assert first.is_running()
