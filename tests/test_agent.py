"""The whole recording way in one process: real sockets, a real record, a clock that can be pushed."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from probe import agent as agent_room
from probe.agent import descriptors
from probe.agent.agent import Agent
from probe.agent.systemd import ServiceManager
from probe.clock import Reading, SystemClock
from probe.config import load
from probe.control import request, submit
from probe.errors import AgentError, ConfigError, StoreLocked, UsageError
from probe.model import EventKind, Outcome, Reason, State, Window
from probe.store.changes import AddWindow, Pause, RemoveWindow, Resume
from probe.store.reader import Reader, open_reader
from tests.builders import configuration, port_checks

EVER = 0, 1 << 60
MAIN = configuration()


class PushedClock(SystemClock):
    """The machine's clocks, and what a test adds to each of them."""

    def __init__(self) -> None:
        self.wall_ms = self.boot_ms = self.mono_ms = 0
        self.is_synced = True

    def read(self) -> Reading:
        now = super().read()
        return Reading(
            now.wall_ns + self.wall_ms * 1_000_000,
            now.boot_ns + self.boot_ms * 1_000_000,
            now.mono_ns + self.mono_ms * 1_000_000,
        )

    def is_synchronised(self) -> bool:
        return self.is_synced


class Deployment:
    """A folder with a configuration whose only check is a port on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self.path, self.database, self.port = folder / "probe.toml", folder / "probe.db", port
        self.path.write_text(MAIN)
        (folder / "checks.d").mkdir()
        self.write(("port", port))

    def write(self, *checks: tuple[str, int], more: str = "") -> None:
        """The drop-in says just these checks."""
        (self.path.parent / "checks.d" / "all.toml").write_text(more + port_checks(*checks))

    def read(self) -> Reader:
        return open_reader(self.database)

    def outcomes(self, key: str = "port") -> list[Outcome]:
        with self.read() as reader:
            return list(reader.outcomes("here", key, *EVER))

    def kinds(self) -> list[EventKind]:
        with self.read() as reader:
            return [event.kind for event in reader.events(*EVER)]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def place(tmp_path: Path, listener: socket.socket) -> Deployment:
    """A configuration whose one check is up."""
    return Deployment(tmp_path, listener.getsockname()[1])


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    """The agent raises our descriptor limit; put it back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@asynccontextmanager
async def running(place: Deployment, clock: SystemClock | None = None) -> AsyncIterator[Agent]:
    """The agent at work, with a first outcome safe; stopped in good order at the end."""
    agent = Agent(load(place.path), clock or SystemClock())
    task = asyncio.get_running_loop().create_task(agent.run())
    try:
        await until(lambda: task.done() or agent._record.recorder.acknowledged > 0)
        yield agent
    finally:
        if not task.done():
            agent.stop()
        assert await asyncio.wait_for(task, 15) == 0


async def until(is_so: Callable[[], object], seconds: float = 8) -> None:
    """Let the loop work until it is so."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - what is waited for is the world outside
            await asyncio.sleep(0.01)


async def ask(place: Deployment, **message: Any) -> Any:
    return await asyncio.to_thread(request, place.database, message)


def play(story: Awaitable[None]) -> None:
    async def main() -> None:
        await story

    asyncio.run(main())


def test_a_first_outcome_is_recorded_and_logged_at_once(place: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    """Who starts the agent without a terminal sees within seconds that it lives."""
    caplog.set_level(logging.INFO, "probe")

    async def story() -> None:
        async with running(place):
            pass

    play(story())
    first = place.outcomes()[0]
    assert (first.state, first.revision) == (State.UP, load(place.path).checks[0].revision)
    assert first.due_ms is not None
    assert 0 <= first.at_ms - first.due_ms < 500
    assert place.kinds() == [EventKind.START, EventKind.STOP]
    said = [record.getMessage() for record in caplog.records if record.name.startswith("probe.agent")]
    assert [line for line in said if line != "configuration"] == ["recording", "first outcome", "stopped"]


@pytest.fixture
def _signals_given_back() -> Iterator[None]:
    """An orderly end leaves its signals blocked until the process exits; this process goes on."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.usefixtures("_signals_given_back")
def test_run_ends_with_zero_on_sigterm_and_shows_the_configuration_to_the_view(place: Deployment) -> None:
    """The command's exit code is the agent's; the live view follows the configuration."""
    shown: list[object] = []

    def watch(config: object) -> None:
        shown.append(config)
        os.kill(os.getpid(), signal.SIGTERM)

    assert agent_room.run(place.path, watch=watch) == 0
    assert shown == [load(place.path)]


def test_a_bad_configuration_does_not_start(place: Deployment) -> None:
    """A first start refuses, before anything is opened."""
    place.path.write_text("[agent")
    with pytest.raises(ConfigError):
        agent_room.run(place.path)
    assert not place.database.exists()


def test_a_second_agent_on_one_database_is_refused(place: Deployment) -> None:
    """Two writers would contradict each other; the second is told who holds it."""

    async def story() -> None:
        async with running(place):
            with pytest.raises(StoreLocked, match=str(os.getpid())):
                await Agent(load(place.path), SystemClock()).run()

    play(story())


def test_a_reload_probes_new_checks_at_once_and_keeps_what_left(place: Deployment, listener: socket.socket) -> None:
    """A reload leaves little unknown, and deletes nothing."""

    async def story() -> None:
        async with running(place) as agent:
            place.write(("other", place.port))
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: agent.config.checks[0].name == "other")
            acknowledged = agent._record.recorder.acknowledged
            await until(lambda: agent._record.recorder.acknowledged > acknowledged)

    play(story())
    assert place.outcomes("other")[0].state is State.UP
    assert place.outcomes("port")
    with place.read() as reader:
        reload = reader.events(*EVER, kinds=[EventKind.RELOAD])[0]
        assert {series.key: series.is_configured for series in reader.series("here")} == {"other": True, "port": False}
    assert (reload.facts["added"], reload.facts["removed"]) == (["other"], ["port"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[agent", "probe.toml"),
        (MAIN.replace("probe.db", "else.db"), "needs a restart"),
        (MAIN.replace('"here"', '"there"'), "needs a restart"),
    ],
)
def test_a_bad_reload_changes_nothing_and_is_on_record(
    place: Deployment, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    """A typing error must not stop the probing of what was there."""

    async def story() -> None:
        async with running(place) as agent:
            place.path.write_text(text)
            problems = await ask(place, do="reload")
            assert any(said in problem for problem in problems)
            before = agent._record.recorder.acknowledged
            await until(lambda: agent._record.recorder.acknowledged > before)

    play(story())
    assert EventKind.RELOAD_REFUSED in place.kinds()
    refusals = [record for record in caplog.records if "refused" in record.getMessage()]
    assert [said in vars(record)["problem"] for record in refusals] == [True] * len(refusals)
    assert refusals


def test_signals_in_a_storm_make_one_reload_after_the_other(place: Deployment) -> None:
    """However many SIGHUPs come, the agent reloads and goes on."""

    async def story() -> None:
        async with running(place):
            for _ in range(50):
                os.kill(os.getpid(), signal.SIGHUP)
                await asyncio.sleep(0)
            await until(lambda: EventKind.RELOAD in place.kinds())

    play(story())
    assert 1 <= place.kinds().count(EventKind.RELOAD) <= 3


def test_windows_of_the_files_come_into_the_record_and_end_with_them(place: Deployment) -> None:
    """What a file declares is copied with when and by whom; taking it out is a removal on record."""
    window = (
        '[[maintenance]]\nchecks = ["port"]\nstart = 2026-01-01T00:00:00Z\nend = 2026-01-01T01:00:00Z\n'
        "announced_at = 2025-12-01T00:00:00Z\n"
    )
    place.write(("port", place.port), more=window)

    def windows() -> tuple[Window, ...]:
        with place.read() as reader:
            return reader.windows()

    async def story() -> None:
        async with running(place):
            assert [(w.source, w.removed_at_ms) for w in windows()] == [("file", None)]
            place.write(("port", place.port))
            assert await ask(place, do="reload") == []
            assert windows()[0].removed_at_ms is not None

    play(story())


def test_a_pause_holds_until_it_is_resumed_also_across_a_restart(place: Deployment) -> None:
    """A paused check is not probed; forgetting that at a restart would be a surprise."""

    async def story() -> None:
        async with running(place) as agent:
            pause = Pause(key="port", until_ms=None, reason="disks", by="ann", at_ms=agent._clock.read().wall_ms)
            await asyncio.to_thread(submit, place.database, pause)
            assert (await ask(place, do="health"))["paused"] == 1
        seen = len(place.outcomes())
        agent = Agent(load(place.path), SystemClock())
        task = asyncio.get_running_loop().create_task(agent.run())
        await until(lambda: agent._stop.is_set() or place.database.with_name("probe.db.sock").exists())
        assert len(agent._crew.pauses) == 1
        await until(lambda: agent._crew.scheduler._slots)
        assert len(place.outcomes()) == seen
        resume = Resume(key="port", by="ann", at_ms=agent._clock.read().wall_ms)
        await asyncio.to_thread(submit, place.database, resume)
        await until(lambda: len(place.outcomes()) > seen)
        agent.stop()
        await task

    play(story())
    assert place.kinds().count(EventKind.PAUSE) == 1


def test_a_pause_for_a_time_ends_by_itself(place: Deployment) -> None:
    """`--for 2h` needs nobody to come back."""

    async def story() -> None:
        clock = PushedClock()
        async with running(place, clock) as agent:
            now_ms = clock.read().wall_ms
            change = Pause(key="port", until_ms=now_ms + 60_000, reason="", by="ann", at_ms=now_ms)
            await asyncio.to_thread(submit, place.database, change)
            clock.wall_ms = 61_000
            await until(lambda: len(agent._crew.pauses) == 0)
            before = agent._record.recorder.acknowledged
            await until(lambda: agent._record.recorder.acknowledged > before)

    play(story())


def test_changes_and_nonsense_through_the_socket(place: Deployment) -> None:
    """A window goes in and out; what cannot be done is refused as what it is."""
    window = Window(service="shop", start_ms=1_000, end_ms=2_000, entered_at_ms=3_000, entered_by="ann")

    async def story() -> None:
        async with running(place):
            number = await asyncio.to_thread(submit, place.database, AddWindow(window))
            await asyncio.to_thread(submit, place.database, RemoveWindow(number, 4_000, "ann"))
            with pytest.raises(UsageError, match="removed already"):
                await asyncio.to_thread(submit, place.database, RemoveWindow(number, 5_000, "ann"))
            with pytest.raises(UsageError, match="change, health, reload"):
                await ask(place, do="dance")
            with pytest.raises(AgentError, match="not a request"):
                await ask(place, do="change")

    play(story())


def test_health_counts_what_must_stay_flat(place: Deployment) -> None:
    """Memory, descriptors, tasks and queues are gauges; acknowledged is what the record has committed."""

    async def story() -> None:
        async with running(place):
            health = await ask(place, do="health")
            with place.read() as reader:
                assert 1 <= health["acknowledged"] <= reader.counts().outcomes
            assert (health["checks"], health["refused"], health["vantage"]) == (1, 0, "here")
            assert health["descriptors"] < 40
            assert health["tasks"] < 20
            assert health["memory_kib"] > 1_000
            assert 0 < health["wal_bytes"] < 16 << 20
            assert (health["storage"]["is_degraded"], health["storage"]["condition"]) == (False, "well")
            assert json.dumps(health)

    play(story())


def test_a_database_that_fails_under_the_agent_is_told_once_and_shown(
    place: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    """Outcomes wait in the spool meanwhile; one line when it begins, one when it is over, and nothing is lost."""
    caplog.set_level(logging.WARNING, "probe.agent")

    def said() -> list[str]:
        ours = [record for record in caplog.records if record.name == "probe.agent.storage"]
        return [record.getMessage() for record in ours]

    async def story() -> None:
        async with running(place) as agent:
            rename(place.database, "hot", "hot_away")
            await until(said)
            health = await ask(place, do="health")
            assert (health["storage"]["condition"], health["refused"]) == ("degraded", 0)
            assert health["storage"]["reason"]
            before = agent._record.recorder.acknowledged
            await until(lambda: agent._record.recorder.acknowledged > before + 1)
            assert said() == ["storage is degraded"]
            rename(place.database, "hot_away", "hot")
            await until(lambda: len(said()) == 2)
            assert (await ask(place, do="health"))["storage"]["condition"] == "well"

    play(story())
    assert said() == ["storage is degraded", "storage works again"]
    assert EventKind.STORAGE in place.kinds()


def rename(database: Path, old: str, new: str) -> None:
    """Take a table away, or put it back: every write fails meanwhile."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=5)) as connection:
        connection.execute(f"ALTER TABLE {old} RENAME TO {new}")


def test_stopping_lets_a_running_attempt_end_and_a_second_signal_does_not(tmp_path: Path) -> None:
    """Drain means: what is on its way is recorded; in a hurry it is an honest gap."""
    with silent_port() as port:
        place = Deployment(tmp_path, port)
        text = place.path.parent / "checks.d" / "all.toml"
        text.write_text(text.read_text() + 'tcp.expect = "never"\n')

        async def story(is_hurried: bool) -> None:
            agent = Agent(load(place.path), SystemClock())
            task = asyncio.get_running_loop().create_task(agent.run())
            await until(lambda: len(agent._crew.lanes) == 1)
            agent.stop()
            if is_hurried:
                agent.stop()
            assert await asyncio.wait_for(task, 5) == 0

        play(story(is_hurried=True))
        assert place.outcomes() == []
        play(story(is_hurried=False))
        assert [one.finding.reason for one in place.outcomes()] == [Reason.TIMEOUT]


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts and never speaks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("push", "kind"),
    [
        ({"wall_ms": 3_600_000}, EventKind.CLOCK_STEP),
        ({"wall_ms": -3_600_000}, EventKind.CLOCK_STEP),
        ({"wall_ms": 500_000, "boot_ms": 500_000}, EventKind.SUSPEND),
        ({"wall_ms": 5_000, "boot_ms": 5_000, "mono_ms": 5_000}, EventKind.STALL),
    ],
)
def test_what_clocks_do_is_an_event_and_probing_goes_on(
    place: Deployment, push: dict[str, int], kind: EventKind
) -> None:
    """Steps, suspends and stalls are on record with their length, and the next outcomes follow."""
    clock = PushedClock()

    async def story() -> None:
        async with running(place, clock) as agent:
            vars(clock).update(push)
            await until(lambda: kind in place.kinds())
            before = agent._record.recorder.acknowledged
            await until(lambda: agent._record.recorder.acknowledged > before + 1)

    play(story())
    with place.read() as reader:
        event = next(e for e in reader.events(*EVER) if e.kind is kind)
        clocks = reader.clocks()
    moved = next(iter(push.values()))
    assert abs(event.facts["moved_ms"] - moved) < 1_500
    assert len([c for c in clocks.values() if c.boot_id]) == (2 if kind is EventKind.CLOCK_STEP else 1)
    outcomes = place.outcomes()
    assert not [one for one in outcomes if one.state is State.DOWN]
    dues = sorted(one.due_ms - clocks[one.clock].offset_ms for one in outcomes if one.due_ms is not None)
    if kind is EventKind.CLOCK_STEP:
        assert len(dues) > 2
        assert all(b - a <= 2_200 for a, b in pairwise(dues)), dues  # no tick is left out, however late it began
    if kind is not EventKind.CLOCK_STEP:
        assert event.lasted_ms is not None
        assert moved - 1_500 <= event.lasted_ms <= moved + 2_000


def test_a_clock_that_becomes_synchronised_corrects_what_came_before(place: Deployment) -> None:
    """Instants recorded before the time was known take the first synchronised offset of the same boot."""
    clock = PushedClock()
    clock.is_synced = False

    async def story() -> None:
        async with running(place, clock) as agent:
            clock.is_synced = True
            await until(lambda: agent._record.is_synced)

    play(story())
    with place.read() as reader:
        segments = [each for each in reader.clocks().values() if each.boot_id]
    assert [each.is_synced for each in segments] == [False, True]
    assert segments[0].corrected_by == segments[1].id


def test_the_service_manager_hears_of_each_stage(place: Deployment, tmp_path: Path) -> None:
    """READY when it records, RELOADING and READY around a reload, WATCHDOG while the loop works, STOPPING."""
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)

        async def story() -> None:
            agent = Agent(load(place.path), SystemClock())
            told = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
            agent._manager = agent._watchdog._manager = told
            task = asyncio.get_running_loop().create_task(agent.run())
            await until(lambda: hear() and "WATCHDOG=1" in heard)
            await agent.reload()
            agent.stop()
            await task

        def hear() -> bool:
            try:
                while True:
                    heard.extend(manager.recv(4096).decode().splitlines())
            except BlockingIOError:
                return True

        play(story())
        hear()
    stages = [line.split("=")[0] + "=" for line in heard if not line.startswith(("STATUS", "MONOTONIC", "WATCHDOG"))]
    assert stages == ["READY=", "RELOADING=", "READY=", "STOPPING="]


def test_a_service_manager_that_is_gone_is_not_our_trouble(tmp_path: Path) -> None:
    """Neither a missing socket nor an abstract one without a listener raises."""
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell("READY=1")
    ServiceManager({"NOTIFY_SOCKET": "@nobody-listens-here"}).tell("READY=1")
    ServiceManager({}).tell("READY=1")
    assert ServiceManager({})._address == ""


def test_a_certificate_file_that_is_missing_stops_the_start(place: Deployment) -> None:
    """What attempts share is made at the start; every HTTPS target would be a false outage without it."""
    drop_in = place.path.parent / "checks.d" / "all.toml"
    drop_in.write_text(
        '[[check]]\nname = "web"\nkind = "http"\ntarget = "https://127.0.0.1/"\nallow_private = true\n'
        'http.ca_file = "/nowhere/ca.pem"\n'
    )
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        agent_room.run(place.path)


def test_descriptors_are_raised_to_what_we_may_have() -> None:
    """Half of the limit may wait for peers; a small limit leaves a reserve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    limit = descriptors.raise_limit()
    assert limit == min(hard, descriptors.CEILING)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == limit
    assert descriptors.raise_limit() == limit
    assert descriptors.attempts_in_flight(20_000) == 10_000
    assert descriptors.attempts_in_flight(100) == 36
    assert descriptors.attempts_in_flight(64) == 8
    assert soft <= hard
