"""kill -9 at random moments: whatever was acknowledged is in the record, whole, and the spans are true to it."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probe.model import Outcome
from probe.store import spans
from probe.store.database import open_writing
from probe.store.reader import open_reader
from tests.store.builders import DOWN, HOME, T0, UP, a_check, an_outcome, open_clock

ROOT = Path(__file__).parents[2]
CYCLES = 20
SEED = int(os.environ.get("PROBE_KILL_SEED", "1"))
KEYS = ("a", "b", "c")
BEARS = "import sys; from tests.store.test_kill import bears; bears(sys.stdin)"
A_RECORD = 500
"""So many lives share a record; then it is looked at as a whole, and the next begins a new one."""


def an_endless_one(number: int) -> Outcome:
    """Outcome `number` of all: the series in turn, failing now and then."""
    return an_outcome(T0 + number * 1000, DOWN if number % 17 < 4 else UP, key=KEYS[number % 3], clock=1)


def writes(path: Path) -> None:
    """What the victim does: record for ever, and say which numbers are acknowledged."""
    from probe.store.writer import Options, Writer
    from tests.clocks import HandClock

    os.write(1, b"pid %d\n" % os.getpid())
    writer = Writer(path, HOME, HandClock(), Options(window_s=0.002))
    writer.start()
    with open_reader(path) as reader:
        if len(reader.clocks()) == 1:
            open_clock(writer)
    writer.register([a_check(key) for key in KEYS], T0)
    with open_reader(path) as reader:
        number = reader.counts().outcomes
    os.write(1, b"ready\n")
    while True:
        group = range(number, number + 5)
        futures = [writer.record([an_endless_one(each)]) for each in group]
        for each, future in zip(group, futures, strict=True):
            future.result()
            os.write(1, b"%d\n" % each)
        number += 5


def bears(paths: Iterable[str]) -> None:
    """A process that has everything loaded: for each path that it is told, one more victim."""
    import sqlite_utils  # noqa: F401 - so that no victim spends its life importing it

    import probe.store.writer  # noqa: F401

    for path in paths:
        child = os.fork()
        if not child:
            try:
                writes(Path(path.strip()))
            finally:
                os._exit(1)
        os.waitpid(child, 0)
        os.write(1, b"end\n")


@contextmanager
def nursery() -> Iterator[subprocess.Popen[bytes]]:
    """Where victims come from; gone at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", BEARS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as mother:
        try:
            yield mother
        finally:
            mother.kill()


def victim(mother: subprocess.Popen[bytes], path: Path, rng: random.Random) -> int:
    """One life; the highest number that it acknowledged, -1 for none."""
    assert mother.stdin is not None
    assert mother.stdout is not None
    mother.stdin.write(f"{path}\n".encode())
    mother.stdin.flush()
    pipe, said = mother.stdout.fileno(), b""
    while b"ready" not in said:
        said += os.read(pipe, 4096)
        assert said, "the nursery is closed"
        assert not said.endswith(b"end\n"), "a victim died by itself"
    dies_at = time.perf_counter() + rng.uniform(0.0, 0.05)
    while (left := dies_at - time.perf_counter()) > 0:
        if select.select([pipe], [], [], left)[0]:
            said += os.read(pipe, 65536)
    os.kill(int(said.split()[1]), signal.SIGKILL)
    while not said.endswith(b"end\n"):
        said += os.read(pipe, 65536)
    numbers = [int(line) for line in said.split(b"\n")[:-1] if line.isdigit()]
    return max(numbers, default=-1)


def lives(folder: Path, cycles: int) -> int:
    """So many lives one after the other; how many outcomes were acknowledged in all."""
    rng, acknowledged, said = random.Random(SEED), 0, time.perf_counter()
    with nursery() as mother:
        for begun in range(0, cycles, A_RECORD):
            path, highest = folder / f"{begun}.db", -1
            for cycle in range(begun, min(begun + A_RECORD, cycles)):
                highest = max(highest, victim(mother, path, rng))
                with open_reader(path) as reader:
                    stored = reader.counts().outcomes
                assert stored > highest, f"cycle {cycle} (seed {SEED}): {highest} was acknowledged, {stored} are there"
            whole(path)
            acknowledged += highest + 1
    figures = f"{cycles} kills, {acknowledged} acknowledged, none lost, {time.perf_counter() - said:.0f} s"
    sys.stderr.write(f"{figures}\n")
    return acknowledged


def whole(path: Path) -> None:
    connection = open_writing(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    numbers = [at for (at,) in connection.execute("SELECT (at_ms - ?) / 1000 FROM hot ORDER BY at_ms", (T0,))]
    assert numbers == list(range(len(numbers)))
    tables = "SELECT * FROM span ORDER BY series, t0_ms", "SELECT * FROM latest ORDER BY series"
    kept = [connection.execute(table).fetchall() for table in tables]
    spans.rebuild(connection, {1: None, 2: None, 3: None})
    assert [connection.execute(table).fetchall() for table in tables] == kept
    connection.close()


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    """A killed agent left every outcome that it had acknowledged, and a record that is sound."""
    assert lives(tmp_path, int(os.environ.get("PROBE_KILL_CYCLES", CYCLES))) > 0


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_by_10_000_kills(tmp_path: Path) -> None:
    """The same for the figure that the README promises."""
    assert lives(tmp_path, int(os.environ.get("PROBE_SOAK_KILLS", "10000"))) > 0
