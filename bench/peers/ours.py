"""Our own attempts as they are scheduled: tick, lane, runner, prober, finding; `python -m bench.peers.ours KIND …`.

Prints CPU per attempt of this process, its interpreter already up, as JSON. 16 are in flight, as with the peers. Echo
requests go out as a slot of the schedule does: 128 checks tick in one turn of the loop, and the next slot when all
of them have ended.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import pstats
import resource
import sys
from typing import Any, cast

from probe.clock import Reading, SystemClock
from probe.lanes import Ending, Lanes, Limits
from probe.model import Check, Finding, Origin, State, Tick
from probe.probers import PROBERS
from probe.runner import Done, Launches, Stop, attempt, launch

CHECKS = 400
SLOT = 128


class Course:
    """So many attempts of a few hundred checks, each as soon as another has ended, or slot by slot."""

    def __init__(self, checks: list[Check]) -> None:
        self.checks, self.clock, self.places = checks, SystemClock(), 16
        self.in_slots = checks[0].kind == "icmp"
        self.prober = PROBERS[checks[0].kind]()
        for check in checks:
            self.prober.prepare(check)
        launching = [self._launch] if hasattr(self.prober, "launch") else []
        self.lanes = Lanes(self._attempt, self._record, self.clock, Limits(1_000_000, 10_000, 200), *launching)
        self.lanes.set_checks(checks)
        self.good = self.begun = self.ended = self.wanted = 0
        self.done = asyncio.Event()

    async def run(self, count: int) -> int:
        """Perform so many; how many were up."""
        self.good = self.begun = self.ended = 0
        self.wanted = count
        self.done.clear()
        if self.in_slots:
            self._next_slot()
        else:
            for _ in range(min(self.places, count)):
                self._next()
        await self.done.wait()
        return self.good

    async def _attempt(self, check: Check) -> tuple[Reading, Finding]:
        tried = await attempt(check, self.prober, self.clock)
        return tried.sent, tried.finding

    def _launch(self, check: Check, land: Done) -> Stop | None:
        return launch(check, cast("Launches", self.prober), self.clock, land)

    def _record(self, ending: Ending) -> None:
        self.good += ending.finding.state is State.UP
        self.ended += 1
        if self.ended == self.wanted:
            self.done.set()
        elif self.in_slots:
            if self.ended == self.begun:
                asyncio.get_running_loop().call_soon(self._next_slot)
        else:
            asyncio.get_running_loop().call_soon(self._next)

    def _next_slot(self) -> None:
        due_ms = self.clock.read().boot_ms
        first, self.begun = self.begun, min(self.begun + SLOT, self.wanted)
        for number in range(first, self.begun):
            self.lanes.tick(Tick(self.checks[number % len(self.checks)], due_ms, Origin.GRID))

    def _next(self) -> None:
        if self.begun == self.wanted:
            return
        check = self.checks[self.begun % len(self.checks)]
        self.begun += 1
        self.lanes.tick(Tick(check, self.clock.read().boot_ms, Origin.GRID))


def checks_of(kind: str, target: str, settings: dict[str, Any]) -> list[Check]:
    """As many checks as hosts are asked: {host} is 127.0.0.1 to .39, for icmp 10,000 addresses of loopback."""
    count = 10_000 if kind == "icmp" else CHECKS
    made = PROBERS[kind].Settings(**settings)
    return [_check(kind, target.replace("{host}", host(kind, number)), made, number) for number in range(count)]


def host(kind: str, number: int) -> str:
    """An address of this machine."""
    return f"127.1.{number // 250}.{number % 250 + 1}" if kind == "icmp" else f"127.0.0.{number % 39 + 1}"


def _check(kind: str, target: str, settings: Any, number: int) -> Check:
    return Check(
        name=f"{kind}-{number}",
        key=f"{kind}-{number}",
        kind=kind,
        target=PROBERS[kind].target(target),
        settings=settings,
        interval_ms=60_000,
        timeout_ms=5_000,
        recheck_ms=None,
        g_max_ms=90_000,
        allow_private=True,
        revision="r",
        meaning="{}",
    )


async def measure(kind: str, target: str, count: int, settings: dict[str, Any], profile: bool) -> dict[str, Any]:
    """CPU per attempt, the first of each check left out."""
    course = Course(checks_of(kind, target, settings))
    await course.run(len(course.checks))
    gc.collect()
    gc.freeze()
    profiler = cProfile.Profile()
    before = resource.getrusage(resource.RUSAGE_SELF)
    if profile:
        profiler.enable()
    good = await course.run(count)
    profiler.disable()
    after = resource.getrusage(resource.RUSAGE_SELF)
    await course.prober.aclose()
    if profile:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(35)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_us": round(cpu / count * 1e6, 1), "good": good, "count": count}


if __name__ == "__main__":
    kind, target, count, settings = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
    print(json.dumps(asyncio.run(measure(kind, target, count, settings, "--profile" in sys.argv))))
