"""The days of a month together, once the month is over: what a year asks for."""

from __future__ import annotations

import sqlite3
from typing import Final

from probe.store import clocks, days, tally
from probe.store.tally import Tally

ADD_UP: Final = (
    f"INSERT OR REPLACE INTO monthly (series, month, {days.COUNTED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
OPEN: Final = """
    SELECT DISTINCT series FROM digest WHERE day >= :first AND day < :last
        AND series NOT IN (SELECT series FROM monthly WHERE month = :month)
        AND series NOT IN (SELECT series FROM daily WHERE is_stale AND day >= :first AND day < :last)
    LIMIT :most
"""


def unsummed(connection: sqlite3.Connection, most: int) -> list[tuple[int, int, Tally]]:
    """Series of the last month that is over whose days are all counted but not yet put together: with their sum."""
    (latest,) = connection.execute("SELECT max(day) FROM seal WHERE hash IS NOT NULL").fetchone()
    if latest is None:
        return []
    month = days.month_of(latest) - 1
    first, last = days.first_day(month), days.first_day(month + 1)
    segments = clocks.load(connection)
    if any(days.moved(segments, day) for day in range(first, last)):
        return []  # a corrected clock reached into the month: outcomes may lie in days that nobody counted
    asked = {"first": first, "last": last, "month": month, "most": most}
    found = [series for (series,) in connection.execute(OPEN, asked).fetchall()]
    return [(each, month, tally.together(days.of_days(connection, each, first, last).values())) for each in found]


def keep(connection: sqlite3.Connection, series: int, month: int, summed: Tally) -> None:
    """Keep the sum of a month."""
    connection.execute(ADD_UP, (series, month, *summed))
