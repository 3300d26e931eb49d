"""F02, F11, F12: killed at, or refused by, any single call that changes a file, the record keeps what it promised.

The normal run takes a few dozen of the calls, another few each time the story changes; `-m soak` takes every one.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disk import EVER, KILL, SHORTEN, TEAR, Call, Plan, quick_folder
from tests.faults.lives import Job, goes_on, live

FEW, ALL = 8, 10**6
HOW_MANY = pytest.mark.parametrize("most", [FEW, pytest.param(ALL, marks=pytest.mark.soak)])
CALLS = Call.WRITE | Call.SYNC | Call.TRUNCATE | Call.ALLOCATE | Call.CREATE


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as made:
        yield made


def some(count: int, most: int) -> list[int]:
    """At most so many of the calls 1..count, evenly; the first and the last are among them."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + number * (count - 1) // (most - 1) for number in range(most)})


def counted(folder: Path, story: str, calls: Call) -> int:
    """How many calls a story makes when nothing fails."""
    (life,) = live(folder, [Job("count", story, (Plan(calls=calls),))])
    assert life.status == 0
    return life.calls


@HOW_MANY
@pytest.mark.parametrize("deed", [KILL, TEAR])
def test_killed_at_any_call_nothing_acknowledged_is_lost(folder: Path, deed: int, most: int) -> None:
    """From making the file to closing it: die before the call, or with half of what it writes."""
    calls = Call.ANY if deed == KILL else Call.WRITE
    places = some(counted(folder, "life", calls), most)
    jobs = [Job(f"at {place}", "life", (Plan(place, EVER, calls, deed),)) for place in places]
    for job, life in zip(jobs, live(folder, jobs), strict=True):
        assert life.status == -9, job
        goes_on(folder / job.name / "probe.db", life)


@HOW_MANY
@pytest.mark.parametrize(
    ("deed", "lasts"), [(errno.EIO, 2), (errno.EIO, EVER), (errno.ENOSPC, 2), (errno.ENOSPC, EVER), (SHORTEN, 2)]
)
def test_a_disk_that_fails_at_any_call_makes_no_false_promise(folder: Path, deed: int, lasts: int, most: int) -> None:
    """For two calls or for good: what was acknowledged is there afterwards, what was refused was not promised."""
    calls = Call.WRITE if deed == SHORTEN else CALLS
    places = some(counted(folder, "life", calls), most // 2 if most == FEW else most)
    jobs = [Job(f"at {place}", "life", (Plan(place, place + lasts, calls, deed),)) for place in places]
    for job, life in zip(jobs, live(folder, jobs), strict=True):
        assert life.status in {0, 3}, job
        goes_on(folder / job.name / "probe.db", life, may_have_holes=True)
