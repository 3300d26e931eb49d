"""The month in our own record: stored in groups and sealed day by day, by the store's own code.

The work is kept: a folder that holds some days is gone on with from there. `days.json` has what each day took.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.record import samples
from bench.record.samples import DAY_MS, FIRST, VANTAGE
from probe.model import Outcome
from probe.store import database
from probe.store.book import Book
from probe.store.clocks import Segment
from probe.store.sealing import LONGEST_DAYS, Sealer
from probe.store.staging import opened

GROUP: Final = 33
"""Outcomes in a commit: what 1,000 checks at 30 s make in a second."""


class Month:
    """The record of some checks, as far as it has been built."""

    def __init__(self, folder: Path, checks: int, *, phases: bool = False) -> None:
        """Nothing is built yet."""
        self.path, self.checks, self.phases = folder / "probe.db", checks, phases
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def days(self) -> list[dict[str, float]]:
        """What each day took that is done: outcomes, µs of CPU to store and to seal one."""
        return list(_read(self._folder / "days.json") or [])

    @property
    def last_us(self) -> float:
        """µs of CPU that sealing the last days took."""
        return float(_read(self._folder / "last.json") or 0)

    def build(self, days: int, tell: Callable[[str], None] = lambda said: None) -> None:
        """Go on until so many days are stored, and everything is sealed that can be."""
        done = self.days
        if len(done) >= days:
            return
        self._restore()
        with closing(database.open_writing(self.path)) as connection, closing(opened(self.path)) as reading:
            book = self._book(connection)
            for number in range(len(done), days):
                n, stored = self._store(connection, book, number)
                sealed = self._seal(connection, reading, (FIRST + number + 1) * DAY_MS + DAY_MS // 2)
                done.append({"outcomes": n, "store_us": stored / n, "seal_us": sealed / n})
                self._save(connection, done)
                tell(f"day {number + 1} of {days}: {stored / n:.1f} + {sealed / n:.1f} µs of CPU an outcome")

    def finish(self) -> None:
        """Seal the last outcomes, and give back the pages that they lay in. The record is looked at only then."""
        days = len(self.days)
        if self.last_us:
            return
        with closing(database.open_writing(self.path)) as connection, closing(opened(self.path)) as reading:
            spent = self._seal(connection, reading, (FIRST + days + LONGEST_DAYS + 2) * DAY_MS)
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (self._folder / "last.json").write_text(json.dumps(spent))

    def _save(self, connection: sqlite3.Connection, done: list[dict[str, float]]) -> None:
        """Keep a copy of the record as it is after a whole day, and only then count the day."""
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before, made = self._copy(len(done) - 1), self._copy(len(done))
        shutil.copy(self.path, made)
        (self._folder / "last.json").unlink(missing_ok=True)
        (self._folder / "days.json").write_text(json.dumps(done))
        before.unlink(missing_ok=True)

    def _restore(self) -> None:
        """Go on from the last whole day; one that was begun and not finished is begun again."""
        for left in self.path.parent.glob("probe.db*"):
            left.unlink()
        if self.days:
            shutil.copy(self._copy(len(self.days)), self.path)

    def _copy(self, days: int) -> Path:
        return self._folder / f"after-{days}.db"

    def _book(self, connection: sqlite3.Connection) -> Book:
        book = Book(connection, VANTAGE)
        if not self.days:
            connection.execute("BEGIN IMMEDIATE")
            book.open_clock(Segment(1, VANTAGE, "boot", FIRST * DAY_MS, FIRST * DAY_MS, True))
            book.register([samples.a_check(number) for number in range(self.checks)], FIRST * DAY_MS)
            connection.execute("COMMIT")
        return book

    def _store(self, connection: sqlite3.Connection, book: Book, number: int) -> tuple[int, float]:
        n, spent = 0, 0.0
        for found in samples.day_of(number, self.checks).outcomes(phases=self.phases):
            began = time.process_time_ns()
            for group in grouped(found):
                in_transaction(connection, partial(_stored, book, group))
            spent += (time.process_time_ns() - began) / 1000
            n += len(found)
        return n, spent

    def _seal(self, connection: sqlite3.Connection, reading: sqlite3.Connection, now_ms: int) -> float:
        began = time.process_time_ns()
        Sealer(reading, lambda action: in_transaction(connection, action)).run(now_ms)
        return (time.process_time_ns() - began) / 1000


def grouped(found: list[Outcome]) -> Iterator[list[Outcome]]:
    """What is committed together."""
    for place in range(0, len(found), GROUP):
        yield found[place : place + GROUP]


def in_transaction(connection: sqlite3.Connection, action: Callable[[sqlite3.Connection], Any]) -> Any:
    """As the writer does it."""
    connection.execute("BEGIN IMMEDIATE")
    answer = action(connection)
    connection.execute("COMMIT")
    return answer


def used(path: Path) -> int:
    """Bytes of the file that hold something."""
    with closing(sqlite3.connect(path)) as connection:
        names = "page_count", "freelist_count", "page_size"
        pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else None


def progress(said: str) -> None:
    """A line for whoever waits."""
    print(f"  {time.strftime('%H:%M:%S')} {said}", file=sys.stderr, flush=True)


def _stored(book: Book, group: list[Outcome], _: sqlite3.Connection) -> None:
    book.store(group)
