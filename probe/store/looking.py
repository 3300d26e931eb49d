"""`probe store check`: is the file sound, is the record what it was, do spans and counts follow from the outcomes?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from probe.errors import StoreDamaged, StoreError
from probe.store import archive, blocks, bonds, clocks, days, series, signing, spans, tally, verify
from probe.store.breaks import Breaks
from probe.store.outcomes import Row
from probe.store.spans import Context
from probe.store.verify import Problem

OF_SERIES: Final = f"SELECT {spans.COLUMNS} FROM span WHERE series = ? ORDER BY t0_ms, clock"
LATEST: Final = f"SELECT {spans.LATEST_COLUMNS} FROM latest WHERE series = ?"
COUNTED: Final = f"SELECT day, {days.COUNTED} FROM daily WHERE series = ? AND NOT is_stale ORDER BY day"
MONTHS: Final = f"SELECT month, {days.COUNTED} FROM monthly WHERE series = ? ORDER BY month"
PARTS: Final = 2
"""Parts of a check before the series: the file, and the chain."""


def check(
    connection: sqlite3.Connection, heads: Sequence[str] = (), advance: Callable[[], None] = lambda: None
) -> Iterator[Problem]:
    """Every problem that is found, the file's first. `advance` is called after each part: `PARTS`, then each series."""
    unsound = _pages(connection)
    if unsound:
        yield from unsound
        return
    advance()
    astray = list(bonds.strays(connection))
    if astray:  # what is left cannot be told without them
        yield from astray
        return
    yield from bonds.corrections(connection)
    if blocks.has_blocks(connection):
        yield from verify.verify(connection, heads)
        yield from _signatures(connection)
    advance()
    pruned = _pruned(connection)
    context = Context(clocks.load(connection), Breaks.load(connection))
    for number in numbers(connection):
        try:
            if number not in pruned:
                yield from _derived(connection, number, context)
        except StoreDamaged as error:
            yield Problem("series", number, str(error))
        advance()


def _signatures(connection: sqlite3.Connection) -> Iterator[Problem]:
    try:
        for day, said in signing.wrong(connection):
            yield Problem("seal", day, said)
    except StoreError as error:
        yield Problem("seal", 0, str(error))


def _pages(connection: sqlite3.Connection) -> list[Problem]:
    try:
        said = [line for (line,) in connection.execute("PRAGMA integrity_check(20)").fetchall()]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    return [Problem("file", 0, line) for line in said if line != "ok"]


def numbers(connection: sqlite3.Connection) -> list[int]:
    """The series there are."""
    return [number for (number,) in connection.execute("SELECT id FROM series ORDER BY id").fetchall()]


def _pruned(connection: sqlite3.Connection) -> set[int]:
    if not blocks.has_blocks(connection):
        return set()
    return {
        number for (number,) in connection.execute("SELECT DISTINCT series FROM block WHERE data IS NULL").fetchall()
    }


def _derived(connection: sqlite3.Connection, number: int, context: Context) -> Iterator[Problem]:
    """Spans and counts of one series, made anew in memory and compared; the outcomes and the rows of one moment."""
    connection.execute("BEGIN")
    try:
        rows = archive.samples(connection, [number], None)[number]
        kept = connection.execute(OF_SERIES, (number,)).fetchall()
        latest = connection.execute(LATEST, (number,)).fetchone()
        has_blocks = blocks.has_blocks(connection)
        counted = connection.execute(COUNTED, (number,)).fetchall() if has_blocks else []
        summed = connection.execute(MONTHS, (number,)).fetchall() if has_blocks else []
        settings = series.Settings(series.settings(connection, number))
    finally:
        connection.execute("COMMIT")
    if rows:
        tip, found = spans.anew(rows, settings, context)
        yield from _compared("span", number, kept, sorted(found, key=lambda row: (row[1], row[2])))
        last = [] if tip is None else [spans.latest_row(tip)]
        yield from _compared("latest", number, [latest] if latest else [], last)
    dated = [(days.day_of(row.at_ms + context.segments[row.clock].shift_ms), row) for row in rows]
    yield from _compared("daily", number, counted, _counted(counted, dated))
    monthly = [(days.month_of(day), row) for day, row in dated]
    yield from _compared("monthly", number, summed, _counted(summed, monthly))


def _counted(kept: Sequence[Any], dated: Iterable[tuple[int, Row]]) -> list[Any]:
    """What is counted of the days (or months) of these counts, from the outcomes."""
    of: dict[int, list[Row]] = {which: [] for which, *_ in kept}
    for which, row in dated:
        if which in of:
            of[which].append(row)
    return [(which, *tally.of(mine)) for which, mine in of.items()]


def _compared(table: str, number: int, kept: Sequence[Any], again: Sequence[Any]) -> Iterator[Problem]:
    for place, (one, other) in enumerate(zip(kept, again, strict=False)):
        if tuple(one) != tuple(other):
            yield Problem(table, number, f"row {place + 1} of series {number} does not follow from its outcomes")
            return
    if len(kept) != len(again):
        said = f"series {number} has {len(kept)} rows, its outcomes make {len(again)}"
        yield Problem(table, number, said)
