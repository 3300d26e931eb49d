"""F02, F05, F06, F24, F25: killed or without power while it seals, lets go, copies or migrates, a record is whole."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from probe.store.database import VERSION
from tests.faults.disk import EVER, KILL, Call, Plan, quick_folder
from tests.faults.lives import Job, Life, is_sound, live
from tests.faults.test_every_call import ALL, some
from tests.faults.test_power_cuts import after_cuts
from tests.faults.victims import DAY, FIRST, a_night, an_opening, stored
from tests.store.builders import DOWN, UP, a_book, an_outcome
from tests.store.test_migration import contents, first_release
from tests.store.test_sealing import seal

FEW, CUTS = 4, 200
A_DAY = 4
SLEEPS = 12, 108
"""The days after which the record was sealed before."""

Look = Callable[[Path, Life], None]


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as made:
        yield made


def many_days(path: Path) -> Path:
    """A record of 121 days, most of them sealed, of which the first may go tonight."""
    with a_book(path) as book:
        for day in range(121):
            states = [DOWN if (day + number) % 9 == 0 else UP for number in range(A_DAY)]
            at_ms = FIRST + day * DAY
            book.store([an_outcome(at_ms + 1000 * number, state) for number, state in enumerate(states)])
            if day + 1 in SLEEPS:
                seal(book, path, at_ms + DAY + DAY // 2)
    return path


def after_the_night(folder: Path) -> tuple[Path, Look]:
    """The record as evening left it, and what must be true of what any night leaves."""
    evening = many_days(folder / "evening.db")
    before = stored(evening)
    whole = folder / "whole night"
    whole.mkdir()
    shutil.copy(evening, whole / "probe.db")
    a_night(whole / "probe.db", lambda _: None)
    morning = stored(whole / "probe.db")
    assert 0 < len(morning) < len(before)

    def look(path: Path, life: Life) -> None:
        copy = path.with_name("copy.db")
        assert copy.exists() or 2 not in life.promised
        if copy.exists():
            assert stored(copy) == morning
            copy.unlink()
        assert set(morning) <= set(stored(path)) <= set(before)
        a_night(path, lambda _: None)
        assert stored(path) == stored(copy) == morning
        is_sound(path)

    return evening, look


def after_an_opening(folder: Path) -> tuple[Path, Look]:
    """A record of the first release, and what must be true of it however often its opening failed."""
    old = first_release(folder / "old.db")
    with closing(sqlite3.connect(old)) as connection:
        before = contents(connection)

    def look(path: Path, life: Life) -> None:
        with closing(sqlite3.connect(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        assert version == VERSION or 0 not in life.promised
        an_opening(path, lambda _: None)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
            after = contents(connection)
        assert {table: [row[: len(before[table][0])] for row in rows] for table, rows in after.items() if rows} == {
            table: rows for table, rows in before.items() if rows
        }

    return old, look


SCENES = pytest.mark.parametrize(("story", "scene"), [("night", after_the_night), ("opening", after_an_opening)])


@SCENES
@pytest.mark.parametrize("most", [FEW, pytest.param(ALL, marks=pytest.mark.soak)])
def test_killed_at_any_call_the_next_one_ends_what_was_begun(
    folder: Path, story: str, scene: Callable[[Path], tuple[Path, Look]], most: int
) -> None:
    """Whatever the last call was: nothing is lost, nothing is there twice, and the work is done at the next start."""
    begun, look = scene(folder)

    def job(name: str, *plans: Plan) -> Job:
        (folder / name).mkdir()
        shutil.copy(begun, folder / name / "probe.db")
        return Job(name, story, plans)

    (undisturbed,) = live(folder, [job("count")])
    jobs = [job(f"at {place}", Plan(place, EVER, Call.ANY, KILL)) for place in some(undisturbed.calls, most)]
    for each, life in zip(jobs, live(folder, jobs), strict=True):
        assert life.status == -9
        look(folder / each.name / "probe.db", life)


@SCENES
@pytest.mark.parametrize("cuts", [FEW, pytest.param(CUTS, marks=pytest.mark.soak)])
def test_cut_off_from_power_the_next_one_ends_what_was_begun(
    folder: Path, story: str, scene: Callable[[Path], tuple[Path, Look]], cuts: int
) -> None:
    """The same for what a power cut leaves."""
    begun, look = scene(folder)
    (folder / "cut").mkdir()
    shutil.copy(begun, folder / "cut" / "probe.db")
    after_cuts(folder, Job("cut", story), cuts, look)
