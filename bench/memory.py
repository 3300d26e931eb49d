"""The memory of an agent with 10,000 checks over a month, which passes in minutes: its clock jumps from timer to timer.

Everything is the agent's own (scheduler, lanes, recorder, writer, sealing, journal) but the prober, which answers at
once, and fails for an hour a day for one check in ten: it is the agent of tests/soak/month.py. Most checks run once a
day and ten of them once a minute, so that days with 1,440 outcomes are written, sealed as well; what the record holds
is on disk. There are no services: what judging holds is not in these figures.

PROBE_BENCH_CHECKS and PROBE_BENCH_DAYS are for a smaller one.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench._targets import Row
from tests.soak.month import Instant, deployed, let_live

BUSY = 10
LIMIT_MIB = 200


def main(short: bool) -> dict[str, Any]:
    """Resident memory at the end, and how it went."""
    sizes = (os.environ.get("PROBE_BENCH_CHECKS", "10000"), os.environ.get("PROBE_BENCH_DAYS", "30"))
    checks, days = (300, 1) if short else (int(sizes[0]), int(sizes[1]))
    gauges = month(checks, days)
    resident = [round(day["resident_kib"] / 1024, 1) for day in gauges]
    middle, last = resident[len(resident) // 3], resident[-1]
    row = Row(f"memory, {checks:,} checks, {days} days", "MiB", last, "", None, LIMIT_MIB)
    growth = Row("memory, growth in the last two thirds", "%", round(100 * (last / middle - 1), 1), "", None, 5)
    return {
        "checks": checks,
        "days": days,
        "attempts": Instant.attempts,
        "record MiB": round(gauges[-1]["record_bytes"] / 2**20, 1),
        "resident MiB, day by day": resident,
        "targets": [one.document() for one in ([row] if short else [row, growth])],
    }


def month(checks: int, days: int) -> list[dict[str, Any]]:
    """The gauges of each day of an agent that lives so long."""
    gauges: list[dict[str, Any]] = []

    def tell(day: dict[str, Any]) -> None:
        gauges.append(day)
        line = f"  day {len(gauges)}: {day['resident_kib'] / 1024:.1f} MiB, {Instant.attempts} attempts"
        print(line, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        let_live(deployed(Path(folder), checks, BUSY, "24h"), days, tell)
    return gauges
