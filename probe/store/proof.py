"""What a claim encloses of the record: rows as they were recorded, the digests of closed days, the heads, the chain.

The rows of a closed day are those that its digest is about, and what came later beside them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from probe.model import EventKind
from probe.store import chain, days
from probe.store.archive import Archive
from probe.store.blocks import DAY_MS, has_blocks
from probe.store.breaks import KINDS as BREAK_KINDS
from probe.store.breaks import RECORDED
from probe.store.chain import KINDS, NOTHING, Head
from probe.store.outcomes import Row

HEADS: Final = """
    SELECT day, closed_at_ms, made_at_ms, entries, head, outcomes, hash, signature FROM seal
    WHERE hash IS NOT NULL ORDER BY id
"""
DIGESTS: Final = "SELECT series, n, digest FROM digest WHERE day = ? ORDER BY series"
ENTRIES: Final = "SELECT id, kind, row, hash FROM chain WHERE id > ? AND id <= ? ORDER BY id"
BEFELL: Final = (EventKind.START, EventKind.STOP, EventKind.CLOCK_STEP, EventKind.SUSPEND, EventKind.STALL)
ENTRY: Final = "SELECT id FROM chain WHERE kind = ? AND row = ?"


class Enclosed(NamedTuple):
    """One recorded outcome. standing: "" as it counts; "late": came after its day was closed; "replaced": by that."""

    row: Row
    standing: str


class Told(NamedTuple):
    """A row of a table that is chained."""

    kind: str
    row: int


class Sealed(NamedTuple):
    """A head as it left the house. hash: of the document, as hex; signature: of OpenSSH, None where nobody signed."""

    day: int
    document: str
    hash: str
    signature: str | None
    entries: int


class Entry(NamedTuple):
    """An entry of the chain: the row that it is about, its canonical line and its hash as hex."""

    number: int
    kind: str
    row: int
    line: str
    hash: str


def rows(connection: sqlite3.Connection, series: int, day: int) -> list[Enclosed]:
    """Every outcome of a series that was recorded on a UTC day, in order of its recorded instant."""
    counted = Archive(connection).stretch(series, day * DAY_MS, (day + 1) * DAY_MS)
    if not has_blocks(connection) or not days.is_closed(connection, day * DAY_MS):
        return [Enclosed(row, "") for row in counted]
    on_time = days.on_time(connection, series, day)
    known = set(on_time)
    found = [Enclosed(row, "" if row in known else "late") for row in counted]
    found += [Enclosed(row, "replaced") for row in known.difference(counted)]
    return sorted(found, key=lambda one: (one.row.at_ms, one.row.clock, one.standing))


def heads(connection: sqlite3.Connection) -> tuple[Sealed, ...]:
    """Every head, the first one first; none of a record without sealed days."""
    if not has_blocks(connection):
        return ()
    previous, found = NOTHING, []
    for row in connection.execute(HEADS).fetchall():
        head = Head._make((*row[:6], previous))
        found.append(Sealed(head.day, head.document, row[6].hex(), row[7], head.entries))
        previous = row[6]
    return tuple(found)


def digests(connection: sqlite3.Connection, day: int) -> list[tuple[int, int, str]]:
    """Of every series with outcomes on a closed day: its number, how many, and their digest as hex."""
    return [(series, n, digest.hex()) for series, n, digest in connection.execute(DIGESTS, (day,)).fetchall()]


def breaks(connection: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """Every suspend and stall: the boot, and from when to when on its boottime."""
    found = connection.execute(RECORDED, BREAK_KINDS).fetchall()
    return sorted((boot, start, start + (lasted or 0)) for boot, start, lasted in found)


def entry_of(connection: sqlite3.Connection, kind: str, row: int) -> int | None:
    """Which entry of the chain a row is; None while it is not chained."""
    found = connection.execute(ENTRY, (kind, row)).fetchone() if has_blocks(connection) else None
    return int(found[0]) if found else None


def entries(connection: sqlite3.Connection, after: int, last: int) -> Iterator[Entry]:
    """The entries of the chain after a number up to another, each with what its hash is about."""
    for number, kind, row, hashed in connection.execute(ENTRIES, (after, last)).fetchall():
        there = connection.execute(f'SELECT {KINDS[kind]} FROM "{kind}" WHERE id = ?', (row,)).fetchone()
        line = chain.line(kind, there).decode() if there else ""
        yield Entry(number, kind, row, line, hashed.hex())


def is_whole(found: Sequence[Enclosed], n: int, digest: str) -> bool:
    """Whether these rows are all that a day's digest is about; not when retention has let some go."""
    mine = [one.row for one in found if one.standing != "late"]
    return len(mine) == n and days.digest(mine).hex() == digest


def columns(row: Row) -> list[object]:
    """A row as its digest has it: every column but the series."""
    return [row.at_ms, *row[2:]]


def told_of(connection: sqlite3.Connection, service: str, keys: Sequence[str], windows: Sequence[int]) -> set[Told]:
    """The rows of windows (by number, and what removed them), of tickets of a service and of evidence of checks."""
    marks = ", ".join("?" * len(keys)) or "NULL"
    numbers = ", ".join(map(str, windows)) or "NULL"
    questions: tuple[tuple[str, str, tuple[object, ...]], ...] = (
        ("window", f"SELECT id FROM window WHERE id IN ({numbers}) OR removes IN ({numbers})", ()),
        ("ticket", "SELECT id FROM ticket WHERE service = ?", (service,)),
        ("evidence", f"SELECT id FROM evidence WHERE key IN ({marks})", tuple(keys)),
    )
    if not has_blocks(connection):
        return set()
    return {Told(kind, row) for kind, sql, given in questions for (row,) in connection.execute(sql, given).fetchall()}


def own(connection: sqlite3.Connection, vantage: str, keys: Sequence[str]) -> set[Told]:
    """The rows that say how these series were measured, and what befell the agent: nothing about other services."""
    marks = ", ".join("?" * len(keys)) or "NULL"
    mine = f"SELECT id FROM revision WHERE series IN (SELECT id FROM series WHERE vantage = ? AND key IN ({marks}))"
    befell = f"SELECT id FROM event WHERE kind IN ({', '.join('?' * len(BEFELL))})"
    questions: tuple[tuple[str, str, tuple[object, ...]], ...] = (
        ("revision", mine, (vantage, *keys)),
        ("event", befell, BEFELL),
    )
    return {Told(kind, row) for kind, sql, given in questions for (row,) in connection.execute(sql, given).fetchall()}


def places(connection: sqlite3.Connection, told: set[Told]) -> list[int]:
    """Which entries of the chain these rows are, in order; those not chained yet are left out."""
    found = (entry_of(connection, *one) for one in told)
    return sorted(number for number in found if number is not None)
