"""Where an outcome that has just come is put: into `hot`, or, when its day is closed, into a late block.

One `Incoming` is for one transaction; `flush` at its end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from probe.store import blocks, chain, days, outcomes
from probe.store.archive import Archive
from probe.store.outcomes import Row

REPLACE: Final = outcomes.APPEND.replace("INSERT", "INSERT OR REPLACE")


class Incoming:
    """Puts outcomes down, each once, and knows what lies where."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Nothing is put yet."""
        self._connection = connection
        self._archive = Archive(connection)
        self._closed = days.closed(connection)
        self._late: dict[tuple[int, int], dict[int, Row]] = {}

    def at(self, series: int, at_ms: int) -> list[Row]:
        """What is recorded at that instant, or was put there just now."""
        late = self._late.get((series, at_ms), {})
        return [*late.values(), *(row for row in self._archive.at(series, at_ms) if row.clock not in late)]

    def place(self, row: Row) -> Row | None:
        """Put one row whatever lies at its instant: None if this outcome does, else at the next free millisecond.

        No outcome is lost because another one of its series was sent in the same millisecond, and none is
        kept twice because it came again.
        """
        while there := self.at(row.series, row.at_ms):
            if any(outcomes.is_same(each, row) for each in there):
                return None
            row = row._replace(at_ms=row.at_ms + 1)
        self.put([row])
        return row

    def put(self, rows: Iterable[Row]) -> None:
        """Put rows at their instants. IntegrityError when another one of `hot` lies there."""
        on_time: list[Row] = []
        for row in rows:
            if days.day_of(row.at_ms) in self._closed:
                self._put_late(row)
            else:
                on_time.append(row)
        self._connection.executemany(outcomes.APPEND, on_time)

    def amend(self, row: Row) -> None:
        """Let this row count where one of the same instant and segment lies; one that is sealed stays as well."""
        if days.day_of(row.at_ms) in self._closed or blocks.meeting(
            self._connection, row.series, row.at_ms, row.at_ms + 1
        ):
            self._put_late(row)
        else:
            self._connection.execute(REPLACE, row)

    def flush(self) -> None:
        """Keep what came late."""
        late = [row for there in self._late.values() for row in there.values()]
        if late:
            blocks.keep_late(self._connection, late)
            days.spoil_rows(self._connection, late)
            chain.extend(self._connection)
        self._late = {}

    def _put_late(self, row: Row) -> None:
        self._late.setdefault((row.series, row.at_ms), {})[row.clock] = row
