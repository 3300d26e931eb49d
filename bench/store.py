"""CPU of the record: storing outcomes in groups, and the reads that `status` and `report` start from.

python -m bench.store [CHECKS] [ROUNDS]
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probe.model import Check, Finding, Origin, Outcome, Reason, State
from probe.store import database
from probe.store.book import Book
from probe.store.clocks import Segment
from probe.store.kept import Standing, keep
from probe.store.reader import open_reader

T0 = 1_790_000_000_000
GROUP = 200


def a_check(number: int) -> Check:
    return Check(
        name=f"check-{number:04}", key=f"check-{number:04}", kind="http", target="https://example.net/", settings=None,
        service=f"service-{number % 50}", interval_ms=60_000, timeout_ms=5_000, recheck_ms=5_000, g_max_ms=90_000,
        revision="r1", meaning="{}",
    )  # fmt: skip


FIGURES: dict[str, str] = {}


def an_outcome(number: int, tick: int) -> Outcome:
    is_bad = (number * 7919 + tick) % 2000 < 3
    finding = Finding(
        state=State.DOWN if is_bad else State.UP,
        reason=Reason.TIMEOUT if is_bad else None,
        latency_us=None if is_bad else 20_000 + (number * tick) % 7_000,
        phases_us={"connect": 900, "tls": 5_000, "ttfb": 12_000},
        address="192.0.2.1",
    )
    at = T0 + tick * 60_000 + number * 7
    return Outcome(key=f"check-{number:04}", revision="r1", at_ms=at, clock=1, origin=Origin.GRID, finding=finding)


def timed(what: str, do: Callable[[], Any], times: int = 5) -> None:
    figures = []
    for _ in range(times):
        began = time.process_time_ns()
        do()
        figures.append((time.process_time_ns() - began) / 1e6)
    FIGURES[what] = f"{sorted(figures)[times // 2]:.2f} ms CPU"


def stored(connection: sqlite3.Connection, checks: int, rounds: int) -> None:
    book = Book(connection, "bench")
    connection.execute("BEGIN IMMEDIATE")
    book.open_clock(Segment(1, "bench", "boot", T0, T0, True))
    book.register([a_check(number) for number in range(checks)], T0)
    connection.execute("COMMIT")
    spent = 0
    for tick in range(rounds):
        found = [an_outcome(number, tick) for number in range(checks)]
        began = time.process_time_ns()
        for place in range(0, checks, GROUP):
            connection.execute("BEGIN IMMEDIATE")
            book.store(found[place : place + GROUP])
            connection.execute("COMMIT")
        spent += time.process_time_ns() - began
    FIGURES[f"stored outcome, groups of {GROUP}, {checks} series"] = f"{spent / 1e3 / checks / rounds:.2f} µs CPU"


def with_history(connection: sqlite3.Connection, checks: int, spans: int) -> None:
    """A month of `spans` closed spans for each check, before what was stored."""
    month = 30 * 86_400_000
    step = month // spans
    rows = []
    for number in range(1, checks + 1):
        for place in range(spans):
            t0 = T0 - month + place * step
            rows.append((number, t0, 1, t0 + step, place % 4, 10, 60_000, 0, 0, 1))
    connection.executemany(
        "INSERT INTO span (series, t0_ms, clock, t1_ms, class, n, max_spacing_ms, first, last, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    keep(connection, [Standing(f"s{n}", "", T0, T0 + month, "token", T0, "{}" * 300) for n in range(checks)])


def main(short: bool) -> dict[str, str]:
    """Fill a record of a thousand series, then ask it what the commands ask."""
    checks, rounds = 1000, 5 if short else 30
    FIGURES.clear()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.db"
        connection = database.open_writing(path)
        stored(connection, checks, rounds)
        with_history(connection, checks, 90)
        connection.close()
        with open_reader(path) as reader:
            timed(f"latest of {checks}", lambda: reader.latest("bench"))
            timed(f"standings of {checks}", lambda: reader.standings(T0))
            timed(f"series of {checks}", lambda: reader.series("bench"))
            timed(f"settings of {checks}", lambda: reader.settings_of_all("bench"))
            month = T0 - 30 * 86_400_000, T0 + rounds * 60_000
            timed(f"spans of {checks} for a month, 90 each", lambda: reader.spans_of_all("bench", *month))
            day = T0 + rounds * 60_000 - 86_400_000, T0 + rounds * 60_000
            timed(f"spans of {checks} for a day", lambda: reader.spans_of_all("bench", *day))
            timed("spans of one for a month", lambda: reader.spans("bench", "check-0007", *month))
        timed("opening to read", lambda: open_reader(path).close())
    return dict(FIGURES)
