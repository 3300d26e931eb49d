"""Rows of the fault matrix about storage that no other test holds, one test a row; README.md beside it lists all."""

from __future__ import annotations

import errno
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from probe.errors import StoreError
from probe.model import EventKind, Finding, Outcome, Reason, State
from probe.store.backup import backup
from probe.store.database import WAL_LIMIT
from probe.store.reader import open_reader
from probe.store.writer import Writer
from tests.builders import configuration, port_checks
from tests.clocks import HandClock
from tests.faults.disk import Call, library
from tests.faults.lives import is_sound
from tests.faults.victims import stored
from tests.lab.agents import ROOT, RealAgent, environment, wait_until
from tests.lab.needs import need
from tests.store.builders import HOME, QUICK, T0, a_writer, an_outcome

MAIN = configuration()
CHECKS = 4
EVER = 0, 1 << 60


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A configuration of an open port that is asked every two seconds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        folder = tmp_path / "site"
        (folder / "checks.d").mkdir(parents=True)
        (folder / "probe.toml").write_text(MAIN)
        text = port_checks(*((f"c{number}", port) for number in range(CHECKS)))
        (folder / "checks.d" / "all.toml").write_text(text)
        yield folder


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A file system in memory of its own."""
    need("a small disk", ("mount", "umount"))
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


TROUBLES = {
    "F07 full": (errno.ENOSPC, Call.WRITE | Call.ALLOCATE | Call.CREATE),
    "F10 read-only": (errno.EROFS, Call.ANY),
    "F11 EIO on fsync": (errno.EIO, Call.SYNC),
    "F12 EIO on write": (errno.EIO, Call.WRITE),
}


@pytest.mark.parametrize(
    "rows", [["F10 read-only", "F11 EIO on fsync"], pytest.param(list(TROUBLES) * 3, marks=pytest.mark.soak)]
)
def test_the_agent_lives_through_trouble_with_its_disk(site: Path, rows: list[str]) -> None:
    """F07, F10, F11, F12: it says so, probes on, promises nothing that it cannot keep, and recovers by itself."""
    trouble = site.parent / "trouble"
    words = f"LD_PRELOAD={library()}", f"DISK_FOLDER={site}", f"DISK_TROUBLE={trouble}"
    agent = RealAgent(site / "probe.toml", ("env", *words))
    agent.log = site.parent / "agent.log"  # elsewhere: its disk does not fail
    with agent:
        agent.wait_for(CHECKS)
        for row in rows:
            deed, calls = TROUBLES[row]
            made = trouble.with_suffix(".new")
            made.write_text(f"{deed} {int(calls)}")
            made.rename(trouble)
            wait_until(lambda: condition(agent) in {"degraded", "losing"}, 15, f"{row} is told")
            trouble.unlink()
            wait_until(lambda: condition(agent) == "well", 15, f"{row} is over")
            before = agent.acknowledged()
            wait_until(lambda least=before: agent.acknowledged() > least, 15, "goes on")  # type: ignore[misc]
        promised = agent.acknowledged()
        assert agent.stop() == 0
    assert "Traceback" not in agent.log.read_text()
    is_sound(agent.database)
    with open_reader(agent.database) as reader:
        found = [one for n in range(CHECKS) for one in reader.outcomes("here", f"c{n}", *EVER)]
        assert reader.events(*EVER, kinds=[EventKind.STORAGE])
    assert len(found) >= promised
    assert len({(one.key, one.at_ms) for one in found}) == len(found)
    assert {one.state for one in found} == {State.UP}


def condition(agent: RealAgent) -> str:
    health = agent.health()
    return str(health["storage"]["condition"]) if health else ""


def test_a_full_disk_at_the_start_is_one_line_and_an_exit_code(site: Path) -> None:
    """F08: no half-made database, and what to do."""
    with mounted(site / "small", "size=64k") as small:
        (small / "ballast").write_bytes(bytes(60 << 10))
        (site / "probe.toml").write_text(MAIN.replace('"probe.db"', '"small/probe.db"'))
        words = [sys.executable, "-m", "probe", "--config", str(site / "probe.toml"), "run"]
        done = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False, timeout=60)
        assert done.returncode == 3
        assert len(done.stderr.splitlines()) == 1
        assert str(small) in done.stderr
        assert not (small / "probe.db").exists()


@pytest.mark.parametrize("inodes", [2, 3])
def test_a_disk_without_inodes_at_the_start_is_refused(tmp_path: Path, inodes: int) -> None:
    """F09: room for the folder and the lock at most: one line, no half-made database; with room it starts."""
    with mounted(tmp_path / "small", f"size=8m,nr_inodes={inodes}") as small:
        with pytest.raises(StoreError, match=r"full|No space|make room|cannot be opened"):
            Writer(small / "probe.db", HOME, HandClock(), QUICK).start()
        assert not (small / "probe.db").exists()
        subprocess.run(["mount", "-o", "remount,nr_inodes=100", str(small)], check=True)
        with a_writer(small / "probe.db") as writer:
            writer.record([an_outcome(T0)]).result()
        assert stored(small / "probe.db") == [0]


def a_long_one(number: int) -> Outcome:
    finding = Finding(state=State.DOWN, reason=Reason.TIMEOUT, detail="x" * 500)
    return an_outcome(T0 + number * 1000, finding=finding)


def test_a_snapshot_that_is_held_stops_no_writing(tmp_path: Path) -> None:
    """F14: a reader that forgets its answer keeps the WAL from being begun anew, and nothing else; then it shrinks."""
    path, wal = tmp_path / "probe.db", tmp_path / "probe.db-wal"
    with a_writer(path) as writer:
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM hot").fetchone() == (0,)
            for number in range(0, 18_000, 1_000):
                writer.record([a_long_one(each) for each in range(number, number + 1_000)]).result()
            assert wal.stat().st_size > WAL_LIMIT
            assert not writer.health.is_degraded
            assert reader.execute("SELECT count(*) FROM hot").fetchone() == (0,)
        for number in range(18_000, 24_000, 1_000):
            writer.record([a_long_one(each) for each in range(number, number + 1_000)]).result()
        assert wal.stat().st_size <= WAL_LIMIT
    assert not wal.exists()
    assert stored(path) == list(range(24_000))


def test_a_copy_beside_a_busy_writer_is_whole(tmp_path: Path) -> None:
    """F25: each copy is sound, of one moment, and has everything that was acknowledged before it was begun."""
    path = tmp_path / "probe.db"
    with a_writer(path) as writer:
        for copy in range(8):
            numbers = range(copy * 500, (copy + 1) * 500)
            writer.record([an_outcome(T0 + n * 1000) for n in numbers[:250]]).result()
            later = [writer.record([an_outcome(T0 + n * 1000)]) for n in numbers[250:]]
            backup(path, tmp_path / f"{copy}.db")
            for future in later:
                future.result()
            found = stored(tmp_path / f"{copy}.db")
            assert found == list(range(len(found)))
            assert numbers[249] < len(found) <= numbers[-1] + 1
    is_sound(tmp_path / "7.db")


LOOKS = """
import os, sys
from pathlib import Path
from tests.faults.test_nights import many_days
from tests.faults.victims import a_night
path = Path(sys.argv[1]) / "probe.db"
many_days(path)
of_ours = {str(path) + end for end in ("", "-wal", "-shm", "-journal")}
def audit(event, words):
    if event == "open" and str(words[0]) in of_ours:
        os.write(1, repr(words).encode() + b"\\n")
sys.addaudithook(audit)
a_night(path, lambda _: None)
os.write(1, b"done\\n")
"""


def test_nothing_but_sqlite_opens_the_database(tmp_path: Path) -> None:
    """F26: closing a descriptor of the file drops SQLite's locks: neither recording, sealing nor copying opens one."""
    done = subprocess.run(
        [sys.executable, "-c", LOOKS, str(tmp_path)],
        capture_output=True, text=True, env=environment(), cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.stdout == "done\n", done.stdout + done.stderr


def test_a_writer_that_memory_is_refused_has_kept_what_it_promised(tmp_path: Path) -> None:
    """F28: wherever that happens. What the kernel itself ends, it ends by SIGKILL, as F01 and F02 do."""
    words = ["prlimit", f"--as={400 << 20}", sys.executable, "-c", HUNGRY, str(tmp_path / "probe.db")]
    done = subprocess.run(words, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    assert done.returncode != 0
    promised = [int(line) for line in done.stdout.split()]
    assert promised
    assert set(promised) <= set(stored(tmp_path / "probe.db"))
    is_sound(tmp_path / "probe.db")


HUNGRY = """
import os, sys
from pathlib import Path
from tests.faults.victims import started
from tests.store.builders import T0, an_outcome
writer, held = started(Path(sys.argv[1])), []
for number in range(100_000):
    writer.record([an_outcome(T0 + number * 1000)]).result()
    os.write(1, b"%d\\n" % number)
    held.append(bytearray(8 << 20))
"""
