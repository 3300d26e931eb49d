"""Is the record what it was? The chain row by row, the heads, the data of blocks, the outcomes of closed days.

Each problem names the first row that is not what was kept. What retention has let go is proven by its header only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from probe.errors import StoreDamaged
from probe.store import blocks, chain, days
from probe.store.chain import KINDS, NOTHING, Head

ENTRIES: Final = "SELECT id, kind, row, hash FROM chain WHERE id > ? ORDER BY id LIMIT 5000"
INSERTED: Final = """
    SELECT min(id) FROM "{kind}" WHERE id <= (SELECT coalesce(max(row), -1) FROM chain WHERE kind = ?)
        AND id NOT IN (SELECT row FROM chain WHERE kind = ?)
"""
UNCHAINED: Final = """
    SELECT min(id) FROM block WHERE id > (SELECT coalesce(max(row), 0) FROM chain WHERE kind = 'block')
"""
"""A block and its entry are one transaction; other rows may wait for the next head."""
HEADS: Final = """
    SELECT day, closed_at_ms, made_at_ms, entries, head, outcomes, hash FROM seal WHERE hash IS NOT NULL ORDER BY id
"""
PRUNED: Final = "SELECT 1 FROM block WHERE series = ? AND t0_ms < ? AND t1_ms >= ? AND NOT is_late AND data IS NULL"


class Problem(NamedTuple):
    """A row that is not what was kept: its table, its number, and what is wrong with it."""

    table: str
    row: int
    what: str


def verify(connection: sqlite3.Connection, heads: Sequence[str] = ()) -> Iterator[Problem]:
    """Every problem, those of the chain first. heads: hashes of heads that others hold, which must be in the record."""
    yield from _chain(connection)
    for kind in KINDS:
        (row,) = connection.execute(INSERTED.format(kind=kind), (kind, kind)).fetchone()
        if row is not None:
            yield Problem(kind, row, "is not in the chain, though later rows are: it was put in afterwards")
    (row,) = connection.execute(UNCHAINED).fetchone()
    if row is not None:
        yield Problem("block", row, "is not in the chain: its entry was cut off, or it was put in afterwards")
    yield from _heads(connection, heads)
    yield from _blocks(connection)
    yield from _outcomes(connection)


def _chain(connection: sqlite3.Connection) -> Iterator[Problem]:
    last, hashed = 0, NOTHING
    while entries := connection.execute(ENTRIES, (last,)).fetchall():
        for number, kind, row, kept in entries:
            if number != last + 1:
                yield Problem("chain", last + 1, "is missing")
                return
            problem = _entry(connection, (kind, row), hashed, kept)
            if problem is not None:
                yield problem
                return
            last, hashed = number, kept


def _entry(connection: sqlite3.Connection, named: tuple[str, int], before: bytes, kept: bytes) -> Problem | None:
    kind, row = named
    if kind not in KINDS:
        return Problem(kind, row, "is of a kind that this version does not know")
    there = connection.execute(f'SELECT {KINDS[kind]} FROM "{kind}" WHERE id = ?', (row,)).fetchone()
    if there is None:
        return Problem(kind, row, "is missing, and the chain has it")
    if chain.link(before, chain.line(kind, there)) != kept:
        return Problem(kind, row, "is not what was chained, or an entry before it was changed")
    return None


def _heads(connection: sqlite3.Connection, known: Sequence[str]) -> Iterator[Problem]:
    previous, found = NOTHING, set()
    (entries,) = connection.execute("SELECT count(*) FROM chain").fetchone()
    for row in connection.execute(HEADS).fetchall():
        head = Head._make((*row[:6], previous))
        hashed = connection.execute("SELECT hash FROM chain WHERE id = ?", (head.entries,)).fetchone()
        if head.hash != row[6]:
            yield Problem(
                "seal", head.day, f"the head of {days.named(head.day)} is not what was made, or one before it"
            )
            return
        if hashed is None or hashed[0] != head.head:
            said = f"the head of {days.named(head.day)} covers {head.entries} entries of a chain of {entries}"
            yield Problem("seal", head.day, f"{said} that is another one")
            return
        previous = head.hash
        found.add(previous.hex())
    for other in known:
        if other.lower() not in found:
            yield Problem(
                "seal", 0, f"the head {other} that was given is not in this record: it is another, or an older copy"
            )


def _blocks(connection: sqlite3.Connection) -> Iterator[Problem]:
    for (number,) in connection.execute("SELECT id FROM block ORDER BY id").fetchall():
        data, digest = connection.execute("SELECT data, digest FROM block WHERE id = ?", (number,)).fetchone()
        if data is None:
            continue
        if sha256(data).digest() != digest:
            yield Problem("block", number, "its data is not what was sealed")
            return
        try:
            blocks.read(connection, number)
        except StoreDamaged as error:
            yield Problem("block", number, str(error))
            return


def _outcomes(connection: sqlite3.Connection) -> Iterator[Problem]:
    for (day,) in connection.execute("SELECT day FROM seal WHERE hash IS NOT NULL ORDER BY id").fetchall():
        kept = connection.execute("SELECT outcomes FROM seal WHERE day = ?", (day,)).fetchone()[0]
        if chain.outcomes_of(connection, day) != kept:
            yield Problem("digest", day, f"the digests of {days.named(day)} are not what its head covers")
            return
        for series, n, digest in connection.execute(
            "SELECT series, n, digest FROM digest WHERE day = ? ORDER BY series", (day,)
        ).fetchall():
            problem = _day(connection, (series, day), n, digest)
            if problem is not None:
                yield problem
                return


def _day(connection: sqlite3.Connection, named: tuple[int, int], n: int, digest: bytes) -> Problem | None:
    series, day = named
    try:
        rows = days.on_time(connection, series, day)
    except StoreDamaged as error:
        return Problem("digest", day, str(error))
    if (len(rows), days.digest(rows)) == (n, digest):
        return None
    if len(rows) < n and _is_pruned(connection, series, day):
        return None
    what = f"series {series} has {len(rows)} outcomes of {days.named(day)}; {n} others were there when it was closed"
    return Problem("digest", day, what)


def _is_pruned(connection: sqlite3.Connection, series: int, day: int) -> bool:
    edges: tuple[Any, ...] = (series, (day + 1) * blocks.DAY_MS, day * blocks.DAY_MS)
    return connection.execute(PRUNED, edges).fetchone() is not None
