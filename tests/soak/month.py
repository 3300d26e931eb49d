"""`python -m tests.soak.month CHECKS BUSY DAYS FOLDER`: the whole agent over so many days, on a clock that jumps.

The agent's own parts throughout, but the prober, which answers at once: the busy checks are
asked once a minute, the others every six hours. After each day a line of JSON says what must stay flat.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

import apscheduler.schedulers.base

from probe import scheduler
from probe.agent import clockwatch, lookout, postman, sealing, standings, watchdog
from probe.agent.agent import Agent
from probe.config import load
from probe.model import Check, Finding, Reason, State
from tests.clocks import HandClock, HandLoop

DAY_S: Final = 86_400
CONFIG: Final = """
[agent]
vantage = "here"
[storage]
path = "probe.db"
keep_outcomes = "100d"
[defaults]
interval = "{rarely}"
timeout = "5s"
[references]
gateway = "none"
"""
CHORES: Final = (
    (sealing, "LATER_S", 3600.0),
    (standings, "LATER_S", 900.0),
    (lookout, "EVERY_S", 900.0),
    (scheduler, "WATCH_S", 60.0),
    (postman, "LOOK_S", 60.0),
    (clockwatch, "PERIOD_MS", 30_000),
    (watchdog, "PERIOD_MS", 30_000),
)


FINE: Final = Finding(state=State.UP, latency_us=12_000, phases_us={"connect": 12_000})
BROKEN: Final = Finding(state=State.DOWN, reason=Reason.TIMEOUT, detail="timeout in connect after 5000 ms")
GATHERED: Final = 500


class Instant:
    """A prober that answers at once. It waits for the record now and then, which real time would give it."""

    Settings: Any = None
    agent: Agent
    clock: HandClock
    attempts = 0

    @staticmethod
    def target(text: str) -> str:
        """Any."""
        return text

    def prepare(self, check: Check) -> None:
        """Nothing to load."""

    async def probe(self, check: Check) -> Finding:
        """Down in the first hour of the day for one in ten."""
        Instant.attempts += 1
        waiting = self.agent._record.recorder.flush() if Instant.attempts % GATHERED == 0 else None
        if waiting is not None:
            waiting.result()
        is_bad = self.clock.read().wall_ms // 1000 % DAY_S < DAY_S // 24 and check.name.endswith("7")
        return BROKEN if is_bad else FINE

    async def aclose(self) -> None:
        """Nothing is kept."""


class OneThreadLoop(HandLoop):
    """Does itself what is meant for a thread beside it: no time may pass meanwhile."""

    def run_in_executor(self, executor: Any, func: Any, *words: Any) -> Any:  # type: ignore[override]
        """The result is there at once."""
        done = self.create_future()
        try:
            done.set_result(func(*words))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            done.set_exception(error)
        return done


def let_apscheduler_see(clock: HandClock) -> None:
    """It asks `datetime` for the wall clock."""

    class HandTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> HandTime:
            return cls.fromtimestamp(clock.wall_ns / 1e9, tz)

    apscheduler.schedulers.base.datetime = HandTime


def resident_kib() -> int:
    """Of this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0])


def deployed(folder: Path, checks: int, busy: int, rarely: str = "6h") -> Path:
    """A configuration of so many checks, of which the busy ones are asked once a minute; where it is."""
    (folder / "checks.d").mkdir()
    text = "".join(
        f'[[check]]\nname = "check-{number}"\nkind = "tcp"\ntarget = "192.0.2.{number % 250 + 1}:{number // 250 + 1}"\n'
        + ('interval = "60s"\n' if number < busy else "")
        for number in range(checks)
    )
    (folder / "checks.d" / "all.toml").write_text(text)
    path = folder / "probe.toml"
    path.write_text(CONFIG.format(rarely=rarely))
    return path


def gauges(agent: Agent, folder: Path) -> dict[str, Any]:
    """What must stay flat, and what must grow."""
    size = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
    return {
        "resident_kib": resident_kib(),
        "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - the listing itself is one of them
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
        "wal_bytes": size.get("probe.db-wal", 0),
        "record_bytes": size["probe.db"],
        "waiting": agent._record.writer.health.queued,
        "recorded": agent._record.recorder.acknowledged,
        "days_sealed": agent._record.sealing.sealed.days,
    }


async def live(path: Path, clock: HandClock, days: int, tell: Callable[[dict[str, Any]], None]) -> None:
    """Start, tell the gauges of each day, stop after the last."""
    agent = Agent(load(path), clock, kinds={"tcp": Instant})
    Instant.agent, Instant.clock = agent, clock
    loop, left = asyncio.get_running_loop(), iter(range(days - 1, -1, -1))

    def look() -> None:
        tell(gauges(agent, path.parent))
        if next(left):
            loop.call_later(DAY_S, look)
        else:
            agent.stop()

    loop.call_later(DAY_S, look)
    await agent.run()


def let_live(path: Path, days: int, tell: Callable[[dict[str, Any]], None]) -> None:
    """Live so long. Chores that look again every few seconds do so less often: a day would have 86,400 of these."""
    for chore, name, seconds in CHORES:
        assert getattr(chore, name) < seconds
        setattr(chore, name, seconds)
    clock = HandClock()
    let_apscheduler_see(clock)
    loop = OneThreadLoop(clock)
    loop.run_until_complete(live(path, clock, days, tell))
    loop.close()


def say(day: dict[str, Any]) -> None:
    """A line of JSON."""
    sys.stdout.write(json.dumps(day) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    let_live(deployed(Path(sys.argv[4]), int(sys.argv[1]), int(sys.argv[2])), int(sys.argv[3]), say)
