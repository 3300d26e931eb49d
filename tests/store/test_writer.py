"""The writer: acknowledged means kept, a bad outcome harms only itself, trouble is visible and survived."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from probe.clock import Reading
from probe.errors import StoreError, StoreLocked, UsageError
from probe.model import Event, EventKind, Finding, Outcome
from probe.store.changes import Pause, RemoveWindow
from probe.store.kept import Standing
from probe.store.reader import open_reader
from probe.store.spool import Spool, spool_path
from probe.store.writer import Options, Writer
from tests.clocks import HandClock
from tests.store.builders import DOWN, HOME, QUICK, T0, a_check, a_writer, an_outcome, open_clock

EVER = 0, T0 * 2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "probe.db"


def instants(path: Path, key: str = "shop") -> list[int]:
    with open_reader(path) as reader:
        return [outcome.at_ms - T0 for outcome in reader.outcomes(HOME, key, *EVER)]


def storage_events(path: Path) -> list[dict[str, Any]]:
    with open_reader(path) as reader:
        return [dict(event.facts) for event in reader.events(*EVER, [EventKind.STORAGE])]


def patiently(future: Future[Any]) -> Any:
    return future.result(timeout=30)


def test_an_outcome_is_acknowledged_after_its_commit(path: Path) -> None:
    """Whoever waited for the future finds the outcome in the file from another connection."""
    with a_writer(path) as writer:
        patiently(writer.record([an_outcome(T0 + 1), an_outcome(T0 + 2, DOWN)]))
        assert instants(path) == [1, 2]
        assert writer.health == (False, "", 0, 0, 0)


def test_all_that_an_outcome_says_comes_back(path: Path) -> None:
    """The way back from a figure to what was seen."""
    from probe.model import Assertion

    finding = Finding(
        state=DOWN,
        reason=an_outcome(0, DOWN).finding.reason,
        latency_us=7,
        phases_us={"connect": 12},
        address="192.0.2.1",
        detail="no \\x1b[31m answer",
        facts={"status": 503, "chain": ["a", "b"]},
        assertions=(Assertion("status 200", "503", False),),
    )
    outcome = an_outcome(T0 + 1, finding=finding, due_ms=T0)
    with a_writer(path) as writer:
        patiently(writer.record([outcome]))
    with open_reader(path) as reader:
        assert reader.last(HOME, "shop", 1) == [outcome]
        latest = reader.latest(HOME)["shop"]
    assert (latest.detail, latest.reason, latest.due_ms) == (finding.detail, finding.reason, T0)


def test_closing_writes_what_was_handed_in(path: Path) -> None:
    """A SIGTERM loses nothing."""
    with a_writer(path) as writer:
        futures = [writer.record([an_outcome(T0 + n)]) for n in range(500)]
    assert all(future.done() for future in futures)
    assert instants(path) == list(range(500))


def test_two_outcomes_of_one_millisecond_are_both_kept(path: Path) -> None:
    """Dropping the second would make the record lie; it takes the next free millisecond."""
    with a_writer(path) as writer:
        patiently(writer.record([an_outcome(T0 + 1)]))
        patiently(writer.record([an_outcome(T0 + 1, DOWN)]))
        patiently(writer.record([an_outcome(T0 + 1)]))
    assert instants(path) == [1, 2]


BAD = {
    "an unknown check": an_outcome(T0 + 5, key="nobody"),
    "an unknown segment": an_outcome(T0 + 5, clock=77),
    "a number beyond 64 bits": an_outcome(1 << 70),
    "a broken text": an_outcome(T0 + 5, revision="\ud800"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_cannot_be_kept_harms_only_itself(path: Path, bad: Outcome) -> None:
    """One impossible outcome must not take its neighbours of the group along."""
    with a_writer(path) as writer:
        before, wrong, after = (writer.record([each]) for each in (an_outcome(T0 + 1), bad, an_outcome(T0 + 2)))
        patiently(before)
        patiently(after)
        with pytest.raises((StoreError, OverflowError, UnicodeEncodeError)):
            patiently(wrong)
        assert not writer.health.is_degraded
    assert instants(path) == [1, 2]


def test_a_refused_change_is_told_to_who_asked(path: Path) -> None:
    """Removing what is not there is the user's mistake, not the agent's."""
    with a_writer(path) as writer:
        good = writer.record([an_outcome(T0 + 1)])
        with pytest.raises(UsageError, match="no maintenance window 9"):
            patiently(writer.change(RemoveWindow(9, T0, "me")))
        patiently(good)
        patiently(writer.change(Pause(key="shop", until_ms=None, reason="", by="me", at_ms=T0)))
    assert instants(path) == [1]


def test_a_cancelled_future_is_no_trouble(path: Path) -> None:
    """An agent that stops waiting does not stop the writer."""
    with a_writer(path) as writer:
        writer.record([an_outcome(T0 + 1)]).cancel()
        patiently(writer.record([an_outcome(T0 + 2)]))
    assert 2 in instants(path)


def test_a_cancelled_future_that_would_fail_is_no_trouble(path: Path) -> None:
    """Nor does it when the answer would have been no, with a database or without."""
    with a_writer(path) as writer:
        writer.change(RemoveWindow(9, T0, "me")).cancel()
        writer.record([an_outcome(T0, key="nobody")]).cancel()
        patiently(writer.record([an_outcome(T0 + 1)]))
        broken(path)
        for change in (writer.change(RemoveWindow(9, T0, "me")), writer.record([an_outcome(T0 + 2)])):
            change.cancel()
        with pytest.raises(StoreError, match="surrogates"):
            patiently(writer.record([an_outcome(T0 + 3, revision="\ud800")]))
        assert writer.health.dropped == 1
        mended(path)
    assert 1 in instants(path)


class FaultyClock(HandClock):
    """A bug that can be switched on."""

    is_faulty = False

    def read(self) -> Reading:
        if self.is_faulty:
            raise RuntimeError("a bug")
        return super().read()


def test_a_bug_of_ours_leaves_nobody_waiting(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong in the thread is told to who waits, and the thread goes on."""
    clock = FaultyClock()
    with a_writer(path, clock=clock) as writer:
        broken(path)
        patiently(writer.record([an_outcome(T0 + 1)]))
        clock.is_faulty = True
        with pytest.raises(RuntimeError, match="a bug"):
            patiently(writer.record([an_outcome(T0 + 2)]))
        clock.is_faulty = False
        mended(path)
        clock.advance(10_000)
        patiently(writer.record([an_outcome(T0 + 3)]))
    assert "the writer failed" in caplog.text
    assert instants(path) == [1, 3]


def test_a_writer_that_was_not_started_is_well() -> None:
    """The gauges can be asked at any time."""
    assert not Writer(Path("nowhere"), HOME, HandClock()).health.is_degraded


def test_the_caches_of_status_are_kept(path: Path) -> None:
    """`status` starts from the compiled configuration and the standings; the latest wins."""
    with a_writer(path) as writer:
        for document in ("old", "new"):
            patiently(writer.keep_config(document, "{}"))
            patiently(writer.keep([Standing("shop", "", T0, T0 + 1, "token", T0, document)]))
    with open_reader(path) as reader:
        assert reader.config() == ("new", "{}")
        assert [standing.document for standing in reader.standings(T0)] == ["new"]


def broken(path: Path) -> None:
    """Make every write fail at once: the tables that it needs are gone for now."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    connection.execute("ALTER TABLE hot RENAME TO hot_away")
    connection.close()


def mended(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    connection.execute("ALTER TABLE hot_away RENAME TO hot")
    connection.close()


def test_trouble_that_stays_is_told_once_and_so_is_its_end(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A database that is away for a night must not fill the log, however often it is tried again."""
    clock = HandClock()
    with a_writer(path, clock=clock) as writer:
        broken(path)
        for second in range(1, 6):
            patiently(writer.record([an_outcome(T0 + 1000 * second)]))
            clock.advance(10_000)
        mended(path)
        patiently(writer.record([an_outcome(T0 + 7000)]))
        assert not writer.health.is_degraded
    told = [record.getMessage() for record in caplog.records if record.name == "probe.store.keeper"]
    assert told == ["the database cannot be written", "the database works again"]


def test_trouble_sends_outcomes_to_the_spool_and_back(path: Path) -> None:
    """While the database fails, outcomes are acknowledged from the spool; later each is in the record, once."""
    clock = HandClock()
    with a_writer(path, clock=clock) as writer:
        patiently(writer.record([an_outcome(T0 + 1000)]))
        broken(path)
        patiently(writer.record([an_outcome(T0 + 2000, DOWN), an_outcome(T0 + 3000)]))
        patiently(writer.event(Event(T0 + 3500, 1, EventKind.STALL, 10, {"late": 1})))
        number = open_clock(writer, offset_ms=T0 + 5)
        patiently(writer.record([an_outcome(T0 + 4005, clock=number)]))
        health = writer.health
        assert (health.is_degraded, health.spooled, health.dropped) == (True, 4, 0)
        assert str(path) in health.reason
        with pytest.raises(StoreError, match=r"probe\.db"):
            patiently(writer.change(Pause(key="shop", until_ms=None, reason="", by="me", at_ms=T0)))
        mended(path)
        clock.advance(10_000)
        patiently(writer.record([an_outcome(T0 + 5005, clock=number)]))
        assert not writer.health.is_degraded
    assert instants(path) == [1000, 2000, 3000, 4005, 5005]
    (told,) = storage_events(path)
    assert (told["replayed"], told["dropped"]) == (4, 0)
    with open_reader(path) as reader:
        assert [span.cls.value for span in reader.spans(HOME, "shop", *EVER)][:1] == ["suspect"]
        assert number in reader.clocks()


def test_the_database_is_tried_again_without_new_outcomes(path: Path) -> None:
    """The spool does not wait for the next outcome."""
    with a_writer(path) as writer:
        broken(path)
        patiently(writer.record([an_outcome(T0 + 1)]))
        mended(path)
        for _ in range(500):
            if not writer.health.is_degraded:
                break
            writer._hurry.wait(0.02)
        assert not writer.health.is_degraded
    assert instants(path) == [1]


def test_a_spool_that_was_left_is_brought_in_at_the_next_start(path: Path) -> None:
    """The database stayed broken until the agent stopped: nothing acknowledged is lost."""
    with a_writer(path) as writer:
        patiently(writer.record([an_outcome(T0 + 1)]))
        broken(path)
        patiently(writer.record([an_outcome(T0 + 2, DOWN)]))
    mended(path)
    for _ in range(2):
        with a_writer(path):
            pass
        assert instants(path) == [1, 2]
    assert [told["replayed"] for told in storage_events(path)] == [1]


def test_replaying_twice_keeps_each_once(path: Path) -> None:
    """Killed between the commit of the replay and the clearing of the spool, the same records come again."""
    with a_writer(path) as writer:
        broken(path)
        patiently(writer.record([an_outcome(T0 + 1), an_outcome(T0 + 1, DOWN)]))
        patiently(writer.event(Event(T0 + 2, 1, EventKind.RELOAD, None, {})))
    mended(path)
    waiting = spool_path(path).read_bytes()
    for _ in range(2):
        spool_path(path).write_bytes(waiting)
        with a_writer(path):
            pass
    assert instants(path) == [1, 2]
    with open_reader(path) as reader:
        assert len(reader.events(*EVER, [EventKind.RELOAD])) == 1


def test_what_fits_nowhere_is_refused_and_counted(path: Path) -> None:
    """A full spool: the future fails, and the record says later how many were dropped."""
    clock = HandClock()
    writer = Writer(path, HOME, clock, QUICK._replace(spool_bytes=1500))
    writer.start()
    open_clock(writer)
    writer.register([a_check()], T0)
    broken(path)
    futures = [writer.record([an_outcome(T0 + n)]) for n in range(40)]
    kept = []
    for n, future in enumerate(futures):
        if future.exception(timeout=30) is None:
            kept.append(n)
    assert 0 < len(kept) < 40
    assert writer.health.dropped == 40 - len(kept)
    mended(path)
    clock.advance(10_000)
    patiently(writer.record([an_outcome(T0 + 100)]))
    writer.close()
    assert instants(path) == [*kept, 100]
    assert [told["dropped"] for told in storage_events(path)] == [40 - len(kept)]


def test_a_spooled_outcome_that_cannot_be_kept_does_not_block_the_rest(path: Path) -> None:
    """A poisoned record is counted as dropped, and its neighbours are kept."""
    with a_writer(path) as writer:
        broken(path)
        for outcome in (an_outcome(T0 + 1), an_outcome(T0 + 2, key="nobody"), an_outcome(T0 + 3)):
            patiently(writer.record([outcome]))
    mended(path)
    with a_writer(path):
        pass
    assert instants(path) == [1, 3]
    assert [(told["replayed"], told["dropped"]) for told in storage_events(path)] == [(2, 1)]


def test_the_spool_of_another_vantage_goes_to_that_vantage(path: Path) -> None:
    """An agent that was renamed while storage failed does not take over the other's outcomes."""
    with a_writer(path) as writer:
        broken(path)
        patiently(writer.record([an_outcome(T0 + 1)]))
    mended(path)
    writer = Writer(path, "elsewhere", HandClock(), QUICK)
    writer.start()
    writer.close()
    assert instants(path) == [1]


def test_a_lock_of_a_second_is_waited_for(path: Path) -> None:
    """Somebody else writes for a moment: the group waits, nothing is spooled."""
    with a_writer(path) as writer:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        future = writer.record([an_outcome(T0 + 1)])
        writer._hurry.wait(0.05)
        other.execute("COMMIT")
        other.close()
        patiently(future)
        assert writer.health.spooled == 0
    assert instants(path) == [1]


def test_a_lock_that_stays_makes_storage_degraded(path: Path) -> None:
    """After two seconds outcomes go to the spool; when the other one is gone they come back."""
    clock = HandClock()
    with a_writer(path, clock=clock) as writer:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        patiently(writer.record([an_outcome(T0 + 1)]))
        assert "is locked by another process" in writer.health.reason
        other.execute("ROLLBACK")
        other.close()
        clock.advance(10_000)
        patiently(writer.record([an_outcome(T0 + 2)]))
        assert not writer.health.is_degraded
    assert instants(path) == [1, 2]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("this kernel or container does not let us mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    return ballast


def test_a_full_disk_loses_nothing_acknowledged(tiny_disk: Path) -> None:
    """The disk fills under a running agent: acknowledged from the preallocated spool, later all in the record."""
    path, clock = tiny_disk / "probe.db", HandClock()
    writer = Writer(path, HOME, clock, QUICK)
    writer.start()
    open_clock(writer)
    writer.register([a_check()], T0)
    ballast = fill(tiny_disk)
    acknowledged = []
    for n in range(4000):
        if writer.health.is_degraded and n % 10:
            continue
        patiently(writer.record([an_outcome(T0 + n)]))
        acknowledged.append(n)
    assert "the disk is full" in writer.health.reason
    ballast.unlink()
    clock.advance(10_000)
    patiently(writer.record([an_outcome(T0 + 5000)]))
    assert not writer.health.is_degraded
    writer.close()
    assert instants(path) == [*acknowledged, 5000]


def test_a_full_disk_at_the_start_is_refused(tiny_disk: Path) -> None:
    """One line, and no half-made database."""
    ballast = fill(tiny_disk)
    path = tiny_disk / "probe.db"
    with pytest.raises(StoreError, match=r"disk is full|make room|free"):
        Writer(path, HOME, HandClock(), QUICK).start()
    assert not path.exists()
    ballast.unlink()
    with a_writer(path) as writer:
        patiently(writer.record([an_outcome(T0 + 1)]))


def test_a_read_only_disk_is_survived(tiny_disk: Path) -> None:
    """Nothing can be acknowledged, nothing is lost of what was, readers go on, and writing goes on afterwards."""
    path, clock = tiny_disk / "probe.db", HandClock()
    with a_writer(path, clock=clock) as writer:
        patiently(writer.record([an_outcome(T0 + 1)]))
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    with pytest.raises(StoreError, match="Read-only"):
        Writer(path, HOME, clock, QUICK).start()
    assert instants(path) == [1]
    subprocess.run(["mount", "-o", "remount,rw", str(tiny_disk)], check=True)
    with a_writer(path, clock=clock) as writer:
        patiently(writer.record([an_outcome(T0 + 2)]))
    assert instants(path) == [1, 2]


def test_the_spool_knows_its_records_from_older_ones(tmp_path: Path) -> None:
    """After clearing, what lies behind the first record is not taken for a second one."""
    spool = Spool(tmp_path / "s", 4096)
    for payload in (b"one", b"two", b"six"):
        spool.append(payload)
    spool.clear()
    spool.append(b"new")
    spool.close()
    again = Spool(tmp_path / "s", 4096)
    assert (again.records(), again.count) == ([b"new"], 1)
    again.close()


def test_a_torn_spool_keeps_what_is_whole(tmp_path: Path) -> None:
    """A power cut in the middle of a record costs that record, which was not acknowledged."""
    spool = Spool(tmp_path / "s", 4096)
    spool.append(b"whole")
    spool.append(b"torn by the cut")
    spool.close()
    data = bytearray((tmp_path / "s").read_bytes())
    data[data.index(b"by the")] ^= 1
    (tmp_path / "s").write_bytes(data)
    again = Spool(tmp_path / "s", 4096)
    assert again.records() == [b"whole"]
    again.append(b"next")
    assert again.records() == [b"whole", b"next"]
    again.close()


def test_a_spool_of_garbage_is_begun_anew(tmp_path: Path) -> None:
    """What is not a spool holds no records."""
    (tmp_path / "s").write_bytes(os.urandom(5000))
    spool = Spool(tmp_path / "s", 4096)
    assert spool.records() == []
    spool.close()


def test_a_spool_without_a_place_is_refused(tmp_path: Path) -> None:
    """The start says so, and gives back the lock."""
    path = tmp_path / "probe.db"
    spool_path(path).mkdir()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"Is a directory"):
            Writer(path, HOME, HandClock(), QUICK).start()


def test_a_second_writer_is_refused_while_the_first_works(path: Path) -> None:
    """Within one process too."""
    with a_writer(path), pytest.raises(StoreLocked):
        Writer(path, HOME, HandClock(), Options()).start()
