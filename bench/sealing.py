"""What an outcome costs over its life: bytes once it is sealed, CPU to store and to seal it; a month's counts.

Outcomes go the whole way: stored in groups, days closed, counted, proven, compressed, read back, swept. Send times are
a few ms late and latencies log-normal, as on a quiet line. Phases are measured apart: each is a random number more.
The bytes are those of the file without those of an empty record, which a small run would be charged with.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from bench._targets import Row
from bench.store import a_check
from probe.model import Finding, Origin, Outcome, Reason, State
from probe.store import database, days
from probe.store.book import Book
from probe.store.clocks import Segment
from probe.store.reader import open_reader
from probe.store.sealing import Sealer
from probe.store.staging import opened

DAY = 86_400_000
FIRST = days.first_day(681)
STEP = 30_000
GROUP = 200


def outcomes(checks: int, length: int, with_phases: bool) -> Iterator[list[Outcome]]:
    """Each tick of the grid: an outcome of every check."""
    chance = random.Random(7)
    for due in range(FIRST * DAY, (FIRST + length) * DAY, STEP):
        yield [an_outcome(chance, number, due, with_phases) for number in range(checks)]


def an_outcome(chance: random.Random, number: int, due: int, with_phases: bool) -> Outcome:
    is_bad = chance.random() < 0.001
    phases = {}
    latency = int(40_000 * chance.lognormvariate(0, 0.06))
    if with_phases and not is_bad:
        connect, tls = int(9_000 * chance.lognormvariate(0, 0.05)), int(11_000 * chance.lognormvariate(0, 0.05))
        phases = {"dns": int(chance.lognormvariate(7, 0.25)), "connect": connect, "tls": tls}
        phases["ttfb"] = max(1, latency - connect - tls)
    finding = Finding(
        state=State.DOWN if is_bad else State.UP,
        reason=Reason.TIMEOUT if is_bad else None,
        latency_us=None if is_bad else sum(phases.values()) - phases["dns"] if phases else latency,
        phases_us=phases,
    )
    at = due + number + int(chance.gammavariate(1.5, 0.25))
    key = f"check-{number:04}"
    return Outcome(
        key=key, revision="r1", at_ms=at, clock=1, origin=Origin.GRID, finding=finding, due_ms=due + number
    )  # fmt: skip


def lived(path: Path, checks: int, length: int, with_phases: bool) -> tuple[float, float]:
    """Bytes an outcome once all is sealed, and µs of CPU from storing to sweeping."""
    n = spent = 0
    with closing(database.open_writing(path)) as connection:
        book = Book(connection, "bench")
        connection.execute("BEGIN IMMEDIATE")
        book.open_clock(Segment(1, "bench", "boot", FIRST * DAY, FIRST * DAY, True))
        book.register([a_check(number) for number in range(checks)], FIRST * DAY)
        connection.execute("COMMIT")
        empty = used(connection)
        ticks = outcomes(checks, length, with_phases)
        while group := [one for tick in islice(ticks, max(1, GROUP // checks)) for one in tick]:
            began = time.process_time_ns()
            in_transaction(connection, partial(stored, book, group))
            spent += time.process_time_ns() - began
            n += len(group)
        began = time.process_time_ns()
        with closing(opened(path)) as reading:
            Sealer(reading, lambda action: in_transaction(connection, action)).run((FIRST + length + 20) * DAY)
        spent += time.process_time_ns() - began
        connection.execute("VACUUM")
        return (used(connection) - empty) / n, spent / 1e3 / n


def used(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def stored(book: Book, group: list[Outcome], _: sqlite3.Connection) -> None:
    book.store(group)


def in_transaction(connection: sqlite3.Connection, action: Callable[[sqlite3.Connection], Any]) -> Any:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        return action(connection)


def month(path: Path, checks: int) -> float:
    """ms of CPU for the counts of a month of every check, from its daily rows."""
    with closing(database.open_writing(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        book = Book(connection, "bench")
        book.register([a_check(number) for number in range(checks)], FIRST * DAY)
        (row,) = connection.execute(f"SELECT {days.COUNTED} FROM daily LIMIT 1").fetchall()
        for series in range(1, checks + 1):
            connection.executemany(days.COUNT, [(series, day, *row) for day in range(FIRST, FIRST + 30)])
        connection.execute("COMMIT")
    with open_reader(path) as reader:
        began = time.process_time_ns()
        reader.sums("bench", FIRST * DAY, (FIRST + 30) * DAY)
        return (time.process_time_ns() - began) / 1e6


def main(short: bool) -> dict[str, Any]:
    """Seal a few checks' days, without and with phases; then ask for a thousand checks' month."""
    checks, length = (20, 2) if short else (50, 30)
    with tempfile.TemporaryDirectory() as folder:
        size, cpu = lived(Path(folder) / "plain.db", checks, length, False)
        with_phases, more_cpu = lived(Path(folder) / "phases.db", checks, length, True)
        counts = month(Path(folder) / "plain.db", 1000)
    note = f"{checks * length * DAY // STEP} outcomes"
    targets = [
        Row("sealed outcome, everything in the file", "B", round(size, 2), "", None, 2.6, note),
        Row("CPU of an outcome over its life", "µs", round(cpu, 1), "", None, 25, note),
        Row("counts of a month, 1,000 checks", "ms CPU", round(counts, 1), "", None, 50, "daily rows"),
    ]
    return {
        "outcomes": checks * length * DAY // STEP,
        "bytes an outcome": round(size, 2),
        "bytes an outcome with four phases": round(with_phases, 2),
        "µs CPU an outcome": round(cpu, 1),
        "µs CPU an outcome with four phases": round(more_cpu, 1),
        "ms CPU, counts of a month of 1,000 checks": round(counts, 1),
        "targets": [row.document() for row in targets],
    }
