"""A month of the whole agent in minutes: memory, descriptors, threads, tasks and the WAL stay flat.

The normal run lives through four days of four checks; `-m soak` through thirty of a thousand, and through a season of
thirty, after whose hundredth day outcomes may go.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from probe.store.database import open_reading
from tests.lab.agents import ROOT, environment

WAL_LIMIT = 16 << 20
WAITING_LIMIT = 5_000
GROWTH_KIB = 4_096
"""What the resident memory may be off its mean line over the days compared: the allocator's steps."""


def lived(folder: Path, checks: int, busy: int, days: int) -> list[dict[str, Any]]:
    """The gauges after each day of a life in a process of its own."""
    words = [sys.executable, "-m", "tests.soak.month", str(checks), str(busy), str(days), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment(), cwd=ROOT)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    found: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == days
    if days > 10:
        sys.stderr.write("".join(f"{day}\n" for day in found[:: days // 10]))
    return found


def slope(values: Sequence[float]) -> float:
    """Of the line of least squares, a day."""
    middle = (len(values) - 1) / 2
    mean = sum(values) / len(values)
    spread = sum((place - middle) ** 2 for place in range(len(values)))
    return sum((place - middle) * (value - mean) for place, value in enumerate(values)) / spread


def is_flat(days: Sequence[dict[str, Any]]) -> None:
    """What must not grow from day to day did not."""
    for gauge in ("descriptors", "threads", "tasks"):
        assert len({day[gauge] for day in days}) == 1, gauge
    assert max(day["wal_bytes"] for day in days) < WAL_LIMIT
    assert max(day["waiting"] for day in days) < WAITING_LIMIT


def counted(folder: Path, sql: str) -> int:
    with closing(open_reading(folder / "probe.db")) as connection:
        return int(connection.execute(sql).fetchone()[0])


def test_days_pass_and_nothing_grows_but_the_record(tmp_path: Path) -> None:
    """Four days: the same descriptors, threads and tasks each evening, and each day sealed after its midnight."""
    days = lived(tmp_path, 4, 4, 4)
    is_flat(days)
    assert [day["days_sealed"] for day in days] == [1, 2, 3, 4]
    assert counted(tmp_path, "SELECT count(*) FROM block") > 0


@pytest.mark.soak
def test_a_month_of_a_thousand_checks_is_flat(tmp_path: Path) -> None:
    """Thirty days: in the last twenty, memory has no slope but noise."""
    days = lived(tmp_path, 1_000, 10, 30)
    is_flat(days)
    resident = [day["resident_kib"] for day in days[10:]]
    sys.stderr.write(f"resident {resident[0]} KiB on day 11, {resident[-1]} on day 30, {slope(resident):.0f} a day\n")
    assert abs(slope(resident)) * len(resident) < GROWTH_KIB
    assert days[-1]["days_sealed"] >= 29
    assert counted(tmp_path, "SELECT count(*) FROM hot") < days[-1]["recorded"] // 2


@pytest.mark.soak
def test_a_season_lets_old_outcomes_go(tmp_path: Path) -> None:
    """After a hundred days the first ones leave, but not what failed; and memory has no slope."""
    days = lived(tmp_path, 30, 0, 120)
    is_flat(days)
    resident = [day["resident_kib"] for day in days[20:]]
    sys.stderr.write(f"resident {resident[0]} KiB on day 21, {resident[-1]} on day 120, {slope(resident):.0f} a day\n")
    assert abs(slope(resident)) * len(resident) < 2 * GROWTH_KIB
    assert counted(tmp_path, "SELECT count(*) FROM block WHERE data IS NULL") > 0
    assert counted(tmp_path, "SELECT count(*) FROM hot") < days[-1]["recorded"] // 5
