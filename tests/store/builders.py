"""Checks, outcomes and writers as tests want them: what matters is named, the rest is ordinary."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from probe.model import Check, Finding, Origin, Outcome, Reason, State
from probe.store import database
from probe.store.book import Book
from probe.store.clocks import Segment
from probe.store.reader import Reader, open_reader
from probe.store.writer import Options, Writer
from tests.clocks import HandClock

T0 = 1_790_000_000_000
BOOT = "00000000-0000-0000-0000-000000000001"
HOME = "office"
QUICK = Options(window_s=0.001, retry_s=0.02, spool_bytes=1 << 20)
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def a_check(key: str = "shop", **changed: Any) -> Check:
    """A check of 60 s that confirms with 3."""
    ordinary: dict[str, Any] = {
        "name": key.partition("/")[0],
        "key": key,
        "kind": "tcp",
        "target": "192.0.2.1:443",
        "settings": None,
        "interval_ms": 60_000,
        "timeout_ms": 5_000,
        "recheck_ms": 5_000,
        "g_max_ms": 90_000,
        "revision": "r1",
        "meaning": '{"kind":"tcp"}',
    }
    return Check(**{**ordinary, **changed})


def an_outcome(at_ms: int, state: State = UP, **changed: Any) -> Outcome:
    """An outcome of `shop` on clock segment 1; failing ones timed out."""
    reasons = {UP: None, DOWN: Reason.TIMEOUT, UNKNOWN: Reason.NO_ROUTE_LOCAL}
    finding = Finding(state=state, reason=reasons[state], latency_us=12_345 if state is UP else None)
    ordinary: dict[str, Any] = {
        "key": "shop",
        "revision": "r1",
        "at_ms": at_ms,
        "clock": 1,
        "origin": Origin.GRID,
        "finding": finding,
    }
    return Outcome(**{**ordinary, **changed})


def a_segment(number: int = 1, *, offset_ms: int = T0, boot: str = BOOT, is_synced: bool = True) -> Segment:
    """A clock segment of the ordinary boot."""
    return Segment(number, HOME, boot, offset_ms, offset_ms, is_synced)


def open_clock(writer: Writer, *, offset_ms: int = T0, boot: str = BOOT, is_synced: bool = True) -> int:
    """A segment opened at its boottime 0."""
    return writer.open_clock(boot_id=boot, offset_ms=offset_ms, is_synced=is_synced, at_ms=offset_ms)


@contextmanager
def a_writer(path: Path, checks: Sequence[Check] = (), clock: HandClock | None = None) -> Iterator[Writer]:
    """A writer at work, with segment 1 open and the checks (one `shop`) registered at T0."""
    writer = Writer(path, HOME, clock or HandClock(), QUICK)
    writer.start()
    try:
        open_clock(writer)
        writer.register(checks or [a_check()], T0)
        yield writer
    finally:
        writer.close()


@cache
def an_empty_record() -> bytes:
    """The file as the migrations leave it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.db"
        connection = database.open_writing(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return path.read_bytes()


def opened_to_write(path: Path) -> sqlite3.Connection:
    """A record, made if it is not there. No power is cut here: nothing waits for the disk."""
    if not path.exists():
        path.write_bytes(an_empty_record())
    connection = database.open_writing(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


@contextmanager
def a_book(path: Path, checks: Sequence[Check] = ()) -> Iterator[Book]:
    """The same without thread and files beside: every call is committed at once, and none waits for the disk."""
    connection = opened_to_write(path)
    try:
        book = Book(connection, HOME)
        book.open_clock(a_segment())
        book.register(checks or [a_check()], T0)
        yield book
    finally:
        connection.close()


def recorded(path: Path, outcomes: Sequence[Outcome], checks: Sequence[Check] = ()) -> Reader:
    """A record with these outcomes, opened for reading."""
    with a_book(path, checks) as book:
        book.store(outcomes)
    return open_reader(path)


def raw_spans(book: Book) -> list[tuple[Any, ...]]:
    """The rows of `span` and `latest`, as they lie in the file."""
    spans = book.connection.execute("SELECT * FROM span ORDER BY series, t0_ms, clock").fetchall()
    return [*spans, *book.connection.execute("SELECT * FROM latest ORDER BY series").fetchall()]
