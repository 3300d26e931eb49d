"""Reports come in through the control socket and over HTTP, and are on disk when they are answered."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from probe.agent.agent import Agent
from probe.cli import main
from probe.clock import SystemClock
from probe.config import load
from probe.control import request
from probe.errors import UsageError
from probe.model import Outcome, Reason, State
from probe.store.reader import open_reader

TOKEN = "0123456789abcdef-of-backup"
MAIN = """
[agent]
vantage = "here"
[storage]
path = "probe.db"
[references]
gateway = "none"
"""
CHECK = '[[check]]\nname = "{name}"\nkind = "push"\npush.late_after = "{late}"\npush.token = {{ env = "{token}" }}\n'


def listening() -> str:
    """[push] on a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f'[push]\nlisten = "127.0.0.1:{server.getsockname()[1]}"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with one check that is reported."""
    monkeypatch.setenv("BACKUP_TOKEN", TOKEN)
    (tmp_path / "checks.d").mkdir()
    (tmp_path / "probe.toml").write_text(MAIN + listening())
    write(tmp_path, ("backup", "1h", "BACKUP_TOKEN"))
    return tmp_path


def write(place: Path, *checks: tuple[str, str, str]) -> None:
    text = "".join(CHECK.format(name=name, late=late, token=token) for name, late, token in checks)
    (place / "checks.d" / "all.toml").write_text(text)


@asynccontextmanager
async def running(place: Path) -> AsyncIterator[Agent]:
    agent = Agent(load(place / "probe.toml"), SystemClock())
    started = asyncio.Event()
    agent._watch = lambda _: started.set()
    task = asyncio.create_task(agent.run())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    try:
        yield agent
    finally:
        waiting.cancel()
        agent.stop()
        assert await asyncio.wait_for(task, 15) == 0


def outcomes(place: Path, key: str = "backup") -> list[Outcome]:
    with open_reader(place / "probe.db") as reader:
        return list(reader.outcomes("here", key, 0, 1 << 60))


async def http(agent: Agent, start: str, body: str = "", host: str = "127.0.0.1") -> tuple[int, str]:
    """One request; the status and the body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", agent._pushing.port)
    try:
        writer.write(f"{start} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()
    return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


async def tell(place: Path, **message: Any) -> Any:
    return await asyncio.to_thread(request, place / "probe.db", {"do": "push", **message})


def test_a_report_is_on_disk_when_it_is_answered(place: Path) -> None:
    """Both ways; with the state, the words and the sender's time."""

    async def story() -> None:
        async with running(place) as agent:
            answer = await tell(place, key="backup", state="up")
            assert [one.at_ms for one in outcomes(place)] == [answer["at_ms"]]
            assert await http(agent, f"POST /push/{TOKEN}", "down: disk full") == (200, "recorded\n")
            assert [one.finding.detail for one in outcomes(place)] == ["", "disk full"]

    asyncio.run(story())
    assert [(one.state, one.finding.reason) for one in outcomes(place)] == [
        (State.UP, None),
        (State.DOWN, Reason.REPORTED),
    ]


def test_what_is_no_report_is_refused_and_changes_nothing(place: Path) -> None:
    """A wrong token, another method, a long body, other words, a Host that is not ours."""

    async def story() -> None:
        async with running(place) as agent:
            assert (await http(agent, "POST /push/wrong"))[0] == 404
            assert (await http(agent, f"GET /push/{TOKEN}"))[0] == 405
            assert (await http(agent, f"POST /push/{TOKEN}", "x" * 1025))[0] == 413
            assert (await http(agent, f"POST /push/{TOKEN}", "perhaps"))[0] == 400
            assert (await http(agent, f"POST /push/{TOKEN}", host="evil.example"))[0] == 421
            for wrong in ({"key": "backup"}, {"key": "backup", "state": "unknown"}, {"key": "shop", "state": "up"}):
                with pytest.raises(UsageError):
                    await tell(place, **wrong)

    asyncio.run(story())
    assert outcomes(place) == []


def test_too_many_reports_are_told_so(place: Path) -> None:
    """429 over HTTP."""

    async def story() -> None:
        async with running(place) as agent:
            for _ in range(60):
                agent._pushing.pushes.report("backup", State.UP)
            assert (await http(agent, f"POST /push/{TOKEN}"))[0] == 429

    asyncio.run(story())


def test_nothing_listens_unless_it_is_asked_for(place: Path) -> None:
    """Off by default; a reload turns it on and off."""
    (place / "probe.toml").write_text(MAIN)

    async def story() -> None:
        async with running(place) as agent:
            assert agent._pushing.port is None
            (place / "probe.toml").write_text(MAIN + listening())
            assert await agent.reload() == []
            assert agent._pushing.port is not None
            (place / "probe.toml").write_text(MAIN)
            assert await agent.reload() == []
            assert agent._pushing.port is None

    asyncio.run(story())


def test_tokens_that_cannot_be_used_admit_nobody(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not set, too short, shared by two checks: said in the log, without the token."""
    monkeypatch.setenv("SHORT", "short")
    monkeypatch.setenv("TWIN", TOKEN)
    names = ("backup", "BACKUP_TOKEN"), ("twin", "TWIN"), ("missing", "NOT_SET"), ("short", "SHORT")
    write(place, *((name, "1h", token) for name, token in names))
    caplog.set_level(logging.WARNING, "probe")

    async def story() -> None:
        async with running(place) as agent:
            assert (await http(agent, f"POST /push/{TOKEN}"))[0] == 404
            assert (await http(agent, "POST /push/short"))[0] == 404

    asyncio.run(story())
    said = [vars(one)["check"] for one in caplog.records if one.getMessage() == "nobody can report over HTTP"]
    assert sorted(said) == ["missing", "short", "twin"]
    assert TOKEN not in caplog.text + str([vars(one) for one in caplog.records])


def test_a_restart_knows_when_a_check_was_last_heard_of(place: Path) -> None:
    """What would be late during the restart is unknown, not down, and not forgotten."""
    write(place, ("backup", "1s", "BACKUP_TOKEN"))

    async def story() -> None:
        async with running(place):
            await tell(place, key="backup", state="up")
        await asyncio.to_thread(late, outcomes(place)[0].at_ms + 1000)
        async with running(place) as agent:
            agent._pushing.pushes.look()
        async with running(place) as agent:
            agent._pushing.pushes.look()

    asyncio.run(story())
    assert [one.finding.reason for one in outcomes(place)] == [None, Reason.DEAF, Reason.DEAF]


def late(until_ms: int) -> None:
    """Let the wall clock come there."""
    while time.time_ns() // 1_000_000 <= until_ms:
        time.sleep(0.05)


def test_the_doctor_and_the_command_speak_to_the_running_agent(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`probe push` returns when the report is on disk, and `probe doctor` tells how the agent fares."""
    config = ["--config", str(place / "probe.toml")]

    async def story() -> list[int]:
        async with running(place):
            calls = ["push", "backup"], ["push", "backup", "--down", "--reason", "disk full"], ["doctor", "--quick"]
            return [await asyncio.to_thread(main, [*config, *call]) for call in calls]

    assert asyncio.run(story())[:2] == [0, 0]
    said = capsys.readouterr().out
    assert "backup is reported down at " in said
    assert "agent: running, pid " in said
    assert [one.finding.detail for one in outcomes(place)] == ["", "disk full"]
    assert main([*config, "push", "backup"]) == 3
    assert main([*config, "check", "backup"]) == 2
    assert "no agent is running" in capsys.readouterr().err


def test_only_what_is_reported_can_be_reported(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check that is probed says so; for an unknown name those are listed that can be reported."""
    other = '[[check]]\nname = "web"\nkind = "tcp"\ntarget = "192.0.2.1:80"\n'
    (place / "checks.d" / "other.toml").write_text(other)
    assert main(["--config", str(place / "probe.toml"), "push", "web"]) == 2
    assert "web is of kind tcp" in capsys.readouterr().err
    assert main(["--config", str(place / "probe.toml"), "push", "wxyz"]) == 2
    said = capsys.readouterr().err
    assert "probe: no check 'wxyz' of kind push; there are: backup" in said
    assert "web" not in said
