"""Outcomes of `hot` on their way into blocks: taken out by series, parted into pieces that make a block, grouped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeVar

from probe.store import database, days
from probe.store.outcomes import COLUMNS, Row

T = TypeVar("T")

ENOUGH: Final = 4096
"""Outcomes that make a block."""
STAGE: Final = f"""
    CREATE TEMP TABLE stage AS SELECT {COLUMNS} FROM hot WHERE at_ms >= ? AND at_ms < ? AND {{}} ORDER BY series, at_ms
"""


def opened(path: Path) -> sqlite3.Connection:
    """A connection that reads a record and may keep temporary tables beside it."""
    connection = database.open_reading(path)
    connection.execute("PRAGMA query_only = 0")
    return connection


@contextmanager
def staged(
    connection: sqlite3.Connection, between: tuple[int, int], of: str
) -> Iterator[Iterator[tuple[int, list[Row]]]]:
    """Rows of `hot` by series, each in order of time, copied first: the record is not held while they are used.

    of: a condition in SQL.
    """
    connection.execute(STAGE.format(of), between)
    try:
        rows = map(Row._make, connection.execute("SELECT * FROM temp.stage ORDER BY rowid"))
        yield ((series, list(mine)) for series, mine in groupby(rows, key=attrgetter("series")))
    finally:
        connection.execute("DROP TABLE temp.stage")


def parted(rows: Sequence[Row], old_ms: int) -> Iterator[list[Row]]:
    """Whole days until there are enough, and what is left if it is old."""
    piece: list[Row] = []
    for _, of_day in groupby(rows, key=lambda row: days.day_of(row.at_ms)):
        piece += of_day
        if len(piece) >= ENOUGH:
            yield piece
            piece = []
    if piece and piece[0].at_ms < old_ms:
        yield piece


def grouped(found: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of so many each, and what is left."""
    rest = iter(found)
    while group := list(islice(rest, size)):
        yield group
