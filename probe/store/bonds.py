"""What holds rows together and no chain covers: the rows that others name are there, corrections of clocks follow."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final

from probe.store import clocks
from probe.store.blocks import has_blocks
from probe.store.clocks import Segment
from probe.store.verify import Problem

OF_SERIES: Final = ("setting", "revision", "latest", "span", "hot")
SEALED: Final = ("block", "digest", "daily", "monthly")
OF_CLOCK: Final = ("setting", "revision", "event", "latest", "span", "hot")
STRAY: Final = 'SELECT min({column}) FROM "{table}" WHERE {column} NOT IN (SELECT id FROM "{named}")'
UNSET: Final = """
    SELECT series FROM latest WHERE series IN (SELECT id FROM series) AND series NOT IN (SELECT series FROM setting)
    ORDER BY series
"""


def strays(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Rows of series and clock segments that are missing, and series with outcomes but without a setting."""
    tables = (*OF_SERIES, *SEALED) if has_blocks(connection) else OF_SERIES
    for named, naming in (("series", tables), ("clock", OF_CLOCK)):
        for table in naming:
            asked = STRAY.format(column=named, table=table, named=named)
            (number,) = connection.execute(asked).fetchone()
            if number is not None:
                yield Problem(named, number, f'is missing, and rows of "{table}" are of it')
    for (number,) in connection.execute(UNSET).fetchall():
        yield Problem("setting", number, f"series {number} has outcomes, and how it was measured is missing")


def corrections(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Segments whose `shift_ms` is not what the next synchronised segment of their boot says."""
    segments = clocks.load(connection)
    for segment in segments.values():
        said = (segment.shift_ms, segment.corrected_by)
        if said != _correction(segments, segment):
            yield Problem("clock", segment.id, "its shift_ms does not follow from the segments of its boot")


def _correction(segments: Mapping[int, Segment], of: Segment) -> tuple[int, int | None]:
    if not of.is_synced:
        for other in segments.values():
            is_same_boot = (other.vantage, other.boot_id) == (of.vantage, of.boot_id)
            if other.id > of.id and other.is_synced and is_same_boot:
                return other.offset_ms - of.offset_ms, other.id
    return 0, None
