"""Has victims live under the stand-in, and looks at what they leave: G1, G2 and G3 of the fault matrix.

G1: every outcome is there once, and no outcome that nobody recorded. G2: what was acknowledged is there.
G3: no traceback in any output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from probe.store import spans
from probe.store.database import open_writing
from tests.faults.disk import Plan, environment
from tests.faults.victims import started, stored
from tests.store.builders import T0, an_outcome

AFTER = 1000
"""The number of the outcome that is recorded when the trouble is over."""


class Job(NamedTuple):
    """One life to be lived."""

    name: str
    story: str
    plans: tuple[Plan, ...] = ()
    is_recorded: bool = False


class Life(NamedTuple):
    """How it went: status as victims.py says; promised: the numbers; calls: counted by the first plan, if it ended."""

    status: int
    promised: list[int]
    calls: int


def live(folder: Path, jobs: Sequence[Job]) -> list[Life]:
    """All of them, one after the other."""
    lines = "".join(json.dumps(job._asdict()) + "\n" for job in jobs)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.victims", str(folder)],
        input=lines, capture_output=True, text=True, env=environment(), timeout=1800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Traceback" not in done.stderr, done.stderr[-6000:]
    answers: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["name"] for answer in answers] == [job.name for job in jobs]
    return [_life(folder, answer) for answer in answers]


def _life(folder: Path, answer: dict[str, Any]) -> Life:
    said = (folder / f"{answer['name']}.said").read_text().splitlines()
    calls = [int(line.split()[1]) for line in said if line.startswith("calls")]
    return Life(answer["status"], [int(line) for line in said if line.isdigit()], calls[0] if calls else 0)


def is_sound(path: Path) -> None:
    """The file is whole, everything proven in it is true, and the spans are those of its outcomes."""
    connection = open_writing(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = "SELECT * FROM span ORDER BY series, t0_ms", "SELECT * FROM latest ORDER BY series"
        kept = [connection.execute(table).fetchall() for table in tables]
        spans.rebuild(connection, {number: None for (number,) in connection.execute("SELECT series FROM latest")})
        assert [connection.execute(table).fetchall() for table in tables] == kept
    finally:
        connection.close()


def goes_on(path: Path, life: Life, *, may_have_holes: bool = False) -> None:
    """After the trouble the next agent finds all that was promised, each once, and records again."""
    writer = started(path)
    writer.record([an_outcome(T0 + AFTER * 1000)]).result()
    writer.close()
    numbers = stored(path)
    assert len(numbers) == len(set(numbers)), "an outcome is there twice"
    assert set(life.promised) <= set(numbers), "an acknowledged outcome is lost"
    assert numbers[-1] == AFTER
    if not may_have_holes:
        assert numbers[:-1] == list(range(len(numbers) - 1)), "an outcome is missing between two"
    is_sound(path)
