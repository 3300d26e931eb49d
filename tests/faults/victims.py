"""What programs do while their disk fails: short lives over the store's own code, each in a process forked for it.

`python -m tests.faults.victims FOLDER < jobs` under the stand-in: a job is a line of JSON {"name", "story", "plans"},
done in FOLDER/name over what lies there; a line of JSON answers it {"name", "status", "calls"}. What a life was
promised is in FOLDER/name.said, a number a line. Exit statuses: 0 done, 3 refused (a StoreError), 1 a bug, -9 killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import sqlite_utils  # noqa: F401 - so that no life begins with importing it

from probe.errors import StoreError
from probe.model import Event, EventKind, Window
from probe.store import backup as backups
from probe.store.changes import AddWindow, Prune
from probe.store.database import Connection, open_reading
from probe.store.reader import open_reader
from probe.store.sealing import Sealer
from probe.store.staging import opened
from probe.store.writer import Options, Writer
from tests.clocks import HandClock
from tests.faults.disk import Call, Disk, Plan
from tests.store.builders import DOWN, HOME, T0, UP, a_book, a_check, an_outcome, open_clock

OPTIONS: Final = Options(window_s=0.001, retry_s=0.005, spool_bytes=1 << 16)
GROUPS, GROUP = 12, 3
SECONDS: Final = 30
DAY: Final = 86_400_000
FIRST: Final = (T0 // DAY + 1) * DAY
TONIGHT: Final = FIRST + 121 * DAY
Say = Callable[[int], None]


def started(path: Path) -> Writer:
    """A writer at work on a record, new or not, with its clock open and `shop` known."""
    writer = Writer(path, HOME, HandClock(), OPTIONS)
    writer.start()
    with open_reader(path) as reader:
        is_new = len(reader.clocks()) == 1
    if is_new:
        open_clock(writer)
    writer.register([a_check()], T0)
    return writer


def stored(path: Path) -> list[int]:
    """The numbers of all outcomes on record, in order."""
    with open_reader(path) as reader:
        return [(one.at_ms - T0) // 1000 for one in reader.outcomes(HOME, "shop", 0, 1 << 60)]


def a_life(path: Path, say: Say) -> None:
    """From its start to its end: groups of outcomes, an event, a window."""
    _live(started(path), say)


def a_life_beside_a_reader(path: Path, say: Say) -> None:
    """The same while somebody looks at the record: closing it for a moment does not write the WAL back."""
    writer = started(path)
    with closing(open_reading(path)):
        _live(writer, say)


def _live(writer: Writer, say: Say) -> None:
    for group in range(GROUPS):
        numbers = range(group * GROUP, (group + 1) * GROUP)
        futures = [writer.record([an_outcome(T0 + n * 1000, DOWN if n % 7 == 0 else UP)]) for n in numbers]
        _tell(numbers, futures, say)
        if group == GROUPS // 3:
            _settled(writer.event(Event(T0 + numbers[-1] * 1000, 1, EventKind.STALL, 10, {})))
        if group == GROUPS // 2:
            window = Window(start_ms=T0, end_ms=T0 + 1000, entered_at_ms=T0, entered_by="me")
            _settled(writer.change(AddWindow(window)))
    writer.close()


def a_night(path: Path, say: Say) -> None:
    """Sealing of what is over, letting go of what is old, and a backup."""
    writer = Writer(path, HOME, HandClock(), OPTIONS)
    writer.start()
    reading: Connection = opened(path)
    try:
        Sealer(reading, lambda action: writer.seal(action).result()).run(TONIGHT)
        say(0)
        while writer.change(Prune(100 * DAY, TONIGHT)).result()["left"]:
            pass
        say(1)
        backups.backup(path, path.with_name("copy.db"))
        say(2)
    finally:
        reading.close()
        writer.close()


def an_opening(path: Path, say: Say) -> None:
    """The record is brought up to date, and closed."""
    writer = Writer(path, HOME, HandClock(), OPTIONS)
    writer.start()
    say(0)
    writer.close()


def a_careless_life(path: Path, say: Say) -> None:
    """Outcomes acknowledged though nothing waits for the disk: what no promise can rest on."""
    with a_book(path) as book:
        for number in range(GROUPS * GROUP):
            book.store([an_outcome(T0 + number * 1000)])
            say(number)


STORIES: Final[dict[str, Callable[[Path, Say], None]]] = {
    "life": a_life,
    "beside": a_life_beside_a_reader,
    "night": a_night,
    "opening": an_opening,
    "careless": a_careless_life,
}


def _tell(numbers: range, futures: list[Future[None]], say: Say) -> None:
    for number, future in zip(numbers, futures, strict=True):
        if _settled(future):
            say(number)


def _settled(future: Future[Any]) -> bool:
    """Whether what was asked for is safe; a refusal says that it is not."""
    try:
        future.result()
    except StoreError:
        return False
    return True


def lived(disk: Disk, folder: Path, job: dict[str, Any]) -> None:
    """One life in this process; its exit status is its answer."""
    signal.alarm(SECONDS)
    place = folder / job["name"]
    place.mkdir(exist_ok=True)
    promised = os.open(folder / f"{job['name']}.said", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(number: int) -> None:
        disk.mark(number)
        os.write(promised, b"%d\n" % number)

    if job.get("is_recorded"):
        disk.record(folder / f"{job['name']}.log")
    counting = Plan(calls=Call(job.get("counted", Call.ANY)))
    disk.arm(place, *[Plan(*plan) for plan in job["plans"]] or [counting])
    status = 1
    try:
        STORIES[job["story"]](place / "probe.db", say)
        status = 0
    except StoreError:
        status = 3
    except BaseException:  # noqa: BLE001 - this process ends here whatever it was
        traceback.print_exc()
    finally:
        os.write(promised, b"calls %d\n" % disk.seen())
        os._exit(status)


def main(folder: Path) -> None:
    """Do one job after the other."""
    disk = Disk()
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            lived(disk, folder, job)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(json.dumps({"name": job["name"], "status": status}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
