"""The memory of an agent with 10,000 checks over a month, which passes in minutes: its clock jumps from timer to timer.

Everything is the agent's own (scheduler, lanes, recorder, writer, sealing, journal) but the prober, which answers at
once, and fails for an hour a day for one check in a hundred. Most checks run once a day and ten of them once a
minute, so that days with 1,440 outcomes are written, sealed as well; what the record holds is on disk. There are no
services: what judging holds is not in these figures.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import apscheduler.schedulers.base

from bench._targets import Row
from probe import scheduler
from probe.agent import sealing
from probe.agent.agent import Agent
from probe.config import load
from probe.model import Check, Finding, Reason, State
from tests.clocks import HandClock, HandLoop

DAY_MS = 86_400_000
BUSY = 10
LIMIT_MIB = 200
GATHERED = 500
CONFIG = """
[agent]
vantage = "bench"
[storage]
path = "probe.db"
[defaults]
interval = "24h"
timeout = "5s"
[references]
gateway = "none"
"""
CHECK = '[[check]]\nname = "check-{number}"\nkind = "tcp"\ntarget = "192.0.2.{last}:{port}"\n{more}\n'
FINE = Finding(state=State.UP, latency_us=12_000, phases_us={"connect": 12_000})
BROKEN = Finding(state=State.DOWN, reason=Reason.TIMEOUT, detail="timeout in connect after 5000 ms")


class Instant:
    """A prober that answers at once. It waits for the record now and then, which real time would give it."""

    Settings: Any = None
    agent: Agent | None = None
    clock: HandClock
    attempts = 0

    @staticmethod
    def target(text: str) -> str:
        """Any."""
        return text

    def prepare(self, check: Check) -> None:
        """Nothing to load."""

    async def probe(self, check: Check) -> Finding:
        """Down in the first hour of the day for one in a hundred."""
        Instant.attempts += 1
        if Instant.attempts % GATHERED == 0 and self.agent is not None:
            waiting = self.agent._record.recorder.flush()
            if waiting is not None:
                waiting.result()
        is_bad = self.clock.read().wall_ms % DAY_MS < DAY_MS // 24 and check.name.endswith("07")
        return BROKEN if is_bad else FINE

    async def aclose(self) -> None:
        """Nothing is kept."""


class OneThreadLoop(HandLoop):
    """Does itself what is meant for a thread beside it: no time may pass meanwhile."""

    def run_in_executor(self, executor: Any, func: Any, *words: Any) -> Any:
        """The result is there at once."""
        done = self.create_future()
        try:
            done.set_result(func(*words))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            done.set_exception(error)
        return done


def main(short: bool) -> dict[str, Any]:
    """Resident memory at the end, and how it went."""
    checks, days = (300, 1) if short else (10_000, 30)
    figures = month(checks, days)
    resident = figures["resident MiB, day by day"]
    middle, last = resident[len(resident) // 3], resident[-1]
    row = Row(f"memory, {checks:,} checks, {days} days", "MiB", last, "", None, LIMIT_MIB)
    growth = Row("memory, growth in the last two thirds", "%", round(100 * (last / middle - 1), 1), "", None, 5)
    rows = [row] if short else [row, growth]
    return figures | {"targets": [one.document() for one in rows]}


def month(checks: int, days: int) -> dict[str, Any]:
    """Let an agent live for so many days."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "checks.d").mkdir()
        (path / "probe.toml").write_text(CONFIG)
        for number in range(checks):
            more = 'interval = "60s"' if number < BUSY else ""
            text = CHECK.format(number=number, last=number % 250 + 1, port=number // 250 + 1, more=more)
            with (path / "checks.d" / f"{number // 1000}.toml").open("a") as file:
                file.write(text)
        resident: list[float] = []
        clock = HandClock()
        _let_apscheduler_see(clock)
        loop = OneThreadLoop(clock)
        loop.run_until_complete(_live(path / "probe.toml", clock, days, resident))
        loop.close()
        size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    return {
        "checks": checks,
        "days": days,
        "attempts": Instant.attempts,
        "record MiB": round(size / 2**20, 1),
        "resident MiB, day by day": resident,
    }


async def _live(path: Path, clock: HandClock, days: int, resident: list[float]) -> None:
    import asyncio

    kinds: Mapping[str, Any] = {"tcp": Instant}
    agent = Agent(load(path), clock, kinds=kinds)
    agent._standings.start = lambda: None  # no services: nothing to judge, and a look at it every 10 s
    sealing.LATER_S = 3600.0  # a look an hour instead of one a minute
    scheduler.WATCH_S = 60.0  # and one a minute instead of one a second
    Instant.agent, Instant.clock = agent, clock
    loop = asyncio.get_running_loop()

    def look() -> None:
        resident.append(_resident_mib())
        print(f"  day {len(resident)}: {resident[-1]} MiB, {Instant.attempts} attempts", file=sys.stderr, flush=True)
        if len(resident) < days:
            loop.call_later(DAY_MS / 1000, look)
        else:
            agent.stop()

    loop.call_later(DAY_MS / 1000, look)
    await agent.run()


def _let_apscheduler_see(clock: HandClock) -> None:
    """It asks `datetime` for the wall clock."""

    class HandTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> HandTime:
            return cls.fromtimestamp(clock.wall_ns / 1e9, tz)

    apscheduler.schedulers.base.datetime = HandTime


def _resident_mib() -> float:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return round(int(status["VmRSS"].split()[0]) / 1024, 1)
