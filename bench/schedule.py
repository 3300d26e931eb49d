"""What it costs to say when: 50,000 checks at 60 s, the scheduler alone and with the lanes behind it.

CPU per tick is that of this process over the measured span, its empty loop included. Lag is the start of a
tick after its due time.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from probe.clock import Reading, SystemClock
from probe.lanes import Lanes, Limits
from probe.model import Check, Finding, State, Tick
from probe.scheduler import Scheduler

INTERVAL_MS = 60_000
FINE = Finding(state=State.UP, latency_us=1_000)


def main(short: bool) -> dict[str, Any]:
    """The figures of both ways."""
    checks, seconds = (5_000, 5.0) if short else (50_000, 30.0)
    figures: dict[str, Any] = {"checks": checks, "interval_s": INTERVAL_MS // 1000}
    for name, with_lanes in (("scheduler", False), ("with_lanes", True)):
        for key, value in asyncio.run(_measure(checks, seconds, with_lanes)).items():
            figures[f"{name}_{key}"] = value
    return figures


async def _measure(count: int, seconds: float, with_lanes: bool) -> dict[str, Any]:
    clock = SystemClock()
    lags: list[int] = []
    checks = [_check(number) for number in range(count)]

    async def attempt(check: Check) -> tuple[Reading, Finding]:
        return clock.read(), FINE

    lanes = Lanes(attempt, lambda _: None, clock, Limits(512, 10_000, 200))

    def note(tick: Tick) -> None:
        lags.append(clock.read().boot_ns // 1000 - tick.due_boot_ms * 1000)
        if with_lanes:
            lanes.tick(tick)

    began = time.perf_counter()
    scheduler = Scheduler(note, clock)
    lanes.set_checks(checks)
    scheduler.set_checks(checks)
    scheduler._prompts.clear()  # steady state is measured, not the first ticks out of turn
    scheduler.start()
    ready_s = time.perf_counter() - began
    await asyncio.sleep(5)
    lags.clear()
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    scheduler.stop()
    lags.sort()
    return {
        "ready_s": round(ready_s, 3),
        "ticks": len(lags),
        "expected_ticks": round(count * wall / (INTERVAL_MS / 1000)),
        "us_cpu_per_tick": round(cpu / len(lags) * 1e6, 1),
        "lag_ms_p50": lags[len(lags) // 2] / 1000,
        "lag_ms_p99": lags[len(lags) * 99 // 100] / 1000,
        "lag_ms_max": lags[-1] / 1000,
    }


def _check(number: int) -> Check:
    return Check(
        name=f"check-{number}",
        key=f"check-{number}",
        kind="tcp",
        target="192.0.2.1:80",
        settings=None,
        interval_ms=INTERVAL_MS,
        timeout_ms=5_000,
        recheck_ms=5_000,
        g_max_ms=90_000,
        revision="r",
        meaning="{}",
    )
