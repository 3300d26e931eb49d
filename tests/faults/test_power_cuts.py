"""F05, F06: a power cut at any moment, on a disk that honours fsync, costs nothing that was acknowledged.

Every call of a program that changes a file is kept with its bytes; for each of 200 instants (16 in the normal run) the
folder is built as a cut may leave it (cuts.py), and the next agent starts on it.
"""

from __future__ import annotations

import errno
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from probe.errors import StoreError
from tests.faults.cuts import Fate, Folder
from tests.faults.disk import EVER, KILL, Call, Entry, Plan, entries, quick_folder
from tests.faults.lives import Job, Life, goes_on, live
from tests.faults.test_every_call import counted, some
from tests.faults.victims import stored

FEW, MANY = 16, 200
HOW_MANY = pytest.mark.parametrize("cuts", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
SEED = 20_261_122
AFTERWARDS = 4
"""So many calls after the fsync that failed, the agent is killed."""
Look = Callable[[Path, Life], None]
FATES = (Fate.GONE, Fate.THERE, Fate.BY_CHANCE, Fate.BY_CHANCE)


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as made:
        yield made


def after_cuts(folder: Path, job: Job, cuts: int, look: Look, before: Sequence[Entry] = ()) -> int:
    """Live once, then look at what each of so many cuts leaves; how many promises the life made.

    before: the calls of an earlier life in the same place.
    """
    (folder / job.name).mkdir(exist_ok=True)
    disk = Folder() if before else Folder(folder / job.name)
    for entry in before:
        disk.feed(entry)
    (life,) = live(folder, [job._replace(is_recorded=True)])
    assert life.status in {0, 3}
    found = entries(folder / f"{job.name}.log")
    chance = random.Random(SEED)
    instants = sorted(chance.randrange(len(found) + 1) for _ in range(cuts))
    for number, (fed, instant) in enumerate(pairwise([0, *instants])):
        for entry in found[fed:instant]:
            disk.feed(entry)
        left = folder / f"{job.name} cut {number}"
        disk.leave(left, FATES[number % len(FATES)], chance)
        look(left / "probe.db", life._replace(promised=sorted(disk.promised)))
        shutil.rmtree(left)
    return len(life.promised)


@HOW_MANY
def test_after_a_power_cut_all_that_was_acknowledged_is_there(folder: Path, cuts: int) -> None:
    """From making the file to closing it."""
    assert after_cuts(folder, Job("life", "life"), cuts, goes_on) > 30


@pytest.mark.parametrize(("most", "cuts"), [(2, 4), pytest.param(10**6, 40, marks=pytest.mark.soak)])
def test_after_a_power_cut_an_fsync_that_failed_has_cost_nothing(folder: Path, most: int, cuts: int) -> None:
    """Any one fsync fails while somebody reads: what it lost, as Linux loses it, is not what was acknowledged."""
    places = some(counted(folder, "beside", Call.SYNC), most)

    def look(path: Path, life: Life) -> None:
        goes_on(path, life, may_have_holes=True)

    for place in places:
        after_cuts(folder, Job(f"at {place}", "beside", (Plan(place, place + 1, Call.SYNC, errno.EIO),)), cuts, look)


@pytest.mark.parametrize(("lives", "cuts"), [(1, 6), pytest.param(10**6, 12, marks=pytest.mark.soak)])
def test_the_next_start_writes_anew_what_a_failed_fsync_left(folder: Path, lives: int, cuts: int) -> None:
    """After that fsync the agent is killed, the next one works on, and the power is cut.

    Linux shows the next one pages that no disk has: what it commits behind them would be lost with them.
    """
    (life,) = live(folder, [Job("count", "life", (Plan(calls=Call.SYNC),))])

    def look(path: Path, life: Life) -> None:
        goes_on(path, life, may_have_holes=True)

    looked = 0
    for place in range(life.calls - 3, max(0, life.calls - 3 - lives), -1):
        fails = Plan(place, place + 1, Call.SYNC, errno.EIO)
        live(folder, [Job(f"to {place}", "life", (fails,), is_recorded=True)])
        log = entries(folder / f"to {place}.log")
        calls = [entry for entry in log if entry.call is not Call.MARK]
        at = next(number for number, entry in enumerate(calls, 1) if entry.is_failed) + AFTERWARDS
        job = Job(f"at {place}", "life", (fails, Plan(at, EVER, Call.ANY, KILL)), is_recorded=True)
        (killed,) = live(folder, [job])
        before = entries(folder / f"{job.name}.log")
        if killed.status == -9 and any(entry.is_failed for entry in before):
            (folder / f"{job.name}.log").unlink()
            after_cuts(folder, job._replace(plans=()), cuts, look, before)
            looked += 1
    assert looked


def test_the_method_finds_what_is_not_synced(folder: Path) -> None:
    """A program that acknowledges before its fsync loses rows in these cuts."""
    lost: list[set[int]] = []

    def look(path: Path, life: Life) -> None:
        there: set[int] = set()
        with suppress(StoreError):
            there.update(stored(path))
        lost.append(set(life.promised) - there)

    after_cuts(folder, Job("careless", "careless"), FEW, look)
    assert sum(map(bool, lost)) > FEW // 4
