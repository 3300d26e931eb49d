"""kill -9 at random moments: whatever was acknowledged is in the record, whole, and the spans are true to it."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
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
WRITES = "import sys; from pathlib import Path; from tests.store.test_kill import writes; writes(Path(sys.argv[1]))"


def an_endless_one(number: int) -> Outcome:
    """Outcome `number` of all: the series in turn, failing now and then."""
    return an_outcome(T0 + number * 1000, DOWN if number % 17 < 4 else UP, key=KEYS[number % 3], clock=1)


def writes(path: Path) -> None:
    """What the victim does: record for ever, and say which numbers are acknowledged."""
    from probe.store.writer import Options, Writer
    from tests.clocks import HandClock

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


def victim(path: Path, rng: random.Random) -> int:
    """One life; the highest number that it acknowledged, -1 for none."""
    with subprocess.Popen([sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE, cwd=ROOT) as life:
        assert life.stdout is not None
        pipe = life.stdout.fileno()
        said = b""
        while b"ready" not in said:
            said += os.read(pipe, 4096)
        dies_at = time.perf_counter() + rng.uniform(0.0, 0.05)
        while (left := dies_at - time.perf_counter()) > 0:
            if select.select([pipe], [], [], left)[0]:
                said += os.read(pipe, 65536)
        life.send_signal(signal.SIGKILL)
        said += life.stdout.read()
    numbers = [int(line) for line in said.split(b"\n")[:-1] if line.isdigit()]
    return max(numbers, default=-1)


def lives(path: Path, cycles: int) -> int:
    """So many lives one after the other; how many outcomes were acknowledged in all."""
    rng, highest = random.Random(SEED), -1
    for cycle in range(cycles):
        highest = max(highest, victim(path, rng))
        with open_reader(path) as reader:
            stored = reader.counts().outcomes
        assert stored > highest, f"cycle {cycle} (seed {SEED}): {highest} was acknowledged, {stored} are there"
    return highest + 1


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
    path = tmp_path / "probe.db"
    assert lives(path, int(os.environ.get("PROBE_KILL_CYCLES", CYCLES))) > 0
    whole(path)


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_by_10_000_kills(tmp_path: Path) -> None:
    """The same for the figure that the README promises."""
    path = tmp_path / "probe.db"
    assert lives(path, int(os.environ.get("PROBE_SOAK_KILLS", "10000"))) > 0
    whole(path)
