"""UTC days: closing them, what is counted of each, and the digest of its outcomes.

A day is closed by a row of `seal`, once it is over; from then on its outcomes in `hot` and in blocks that are not
late stay as they are, which is what its digest and its head are about. `daily` and `monthly` count by corrected
instants and are only a short cut: a day that a late outcome or a corrected clock touches is stale until it is
counted anew, and a day without a row is counted from its outcomes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from probe.store import blocks, clocks, tally
from probe.store.archive import IN_HOT, Archive
from probe.store.blocks import DAY_MS, has_blocks
from probe.store.clocks import Segment
from probe.store.outcomes import Row
from probe.store.tally import Tally

COUNTED: Final = "n, up, down, unknown, sent, answered, sum_us, min_us, max_us, sketch"
COUNT: Final = f"INSERT OR REPLACE INTO daily (series, day, {COUNTED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
SPOIL: Final = """
    INSERT INTO daily (series, day, n, up, down, unknown, sent, answered, sum_us, sketch, is_stale)
    VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0, x'', 1) ON CONFLICT DO UPDATE SET is_stale = 1
"""
OF_DAYS: Final = f"""
    SELECT day, {COUNTED} FROM daily WHERE series = ? AND day >= ? AND day < ? AND NOT is_stale
"""
STALE: Final = "SELECT series, day FROM daily WHERE is_stale ORDER BY day LIMIT ?"
OF_MONTHS: Final = f"SELECT month, {COUNTED} FROM monthly WHERE series = ? AND month >= ? AND month < ?"
NEW_BLOCKS: Final = """
    SELECT t0_ms, t1_ms FROM block WHERE NOT is_late AND id > coalesce((
        SELECT row FROM chain WHERE kind = 'block' AND id <= (SELECT max(entries) FROM seal) ORDER BY row DESC LIMIT 1
    ), 0)
"""
"""Blocks that no head covers yet."""
CLOSE: Final = "INSERT INTO seal (day, closed_at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING"
PROVE: Final = "INSERT INTO digest (day, series, n, digest) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(at_ms: int) -> int:
    """The UTC day of an instant, counted from 1970-01-01."""
    return at_ms // DAY_MS


def named(day: int) -> str:
    """The day as an ISO date."""
    return (EPOCH + timedelta(days=day)).date().isoformat()


def month_of(day: int) -> int:
    """The UTC month of a day, counted from January 1970."""
    date = (EPOCH + timedelta(days=day)).date()
    return (date.year - 1970) * 12 + date.month - 1


def first_day(month: int) -> int:
    """The first day of a month."""
    return (datetime(1970 + month // 12, month % 12 + 1, 1, tzinfo=UTC) - EPOCH).days


def closed(connection: sqlite3.Connection) -> set[int]:
    """The days that are closed."""
    return {day for (day,) in connection.execute("SELECT day FROM seal").fetchall()}


def is_closed(connection: sqlite3.Connection, at_ms: int) -> bool:
    """Whether the day of an instant is."""
    return connection.execute("SELECT 1 FROM seal WHERE day = ?", (day_of(at_ms),)).fetchone() is not None


def unclosed(connection: sqlite3.Connection) -> list[int]:
    """Days that an import put into blocks since the last head, and that are not closed: all of them are over.

    Such a block begins with a day that is not closed and leaves no day out (importing.py).
    """
    known = closed(connection)
    found: set[int] = set()
    for t0, t1 in connection.execute(NEW_BLOCKS).fetchall():
        if day_of(t0) not in known:
            found.update(range(day_of(t0), day_of(t1) + 1))
    return sorted(found - known)


def close_imported(connection: sqlite3.Connection, now_ms: int) -> None:
    """Close them all at once, so that no head covers a block whose days are then forgotten."""
    for day in unclosed(connection):
        close(connection, day, now_ms)


def close(connection: sqlite3.Connection, day: int, now_ms: int) -> None:
    """Let nothing more of that day enter `hot`."""
    connection.execute(CLOSE, (day, now_ms))


def digest(rows: Iterable[Row]) -> bytes:
    """SHA-256 over the outcomes, one a line: a JSON list of their columns as they are recorded, but the series."""
    from hashlib import sha256  # readers, which must start fast, do not prove

    import msgspec  # the bytes of json.dumps without spaces and with every character as it is, ten times as fast

    return sha256(msgspec.json.Encoder().encode_lines([(row[0], *row[2:]) for row in rows])).digest()


def on_time(connection: sqlite3.Connection, series: int, day: int) -> list[Row]:
    """The outcomes that the digest of a closed day is about: what was recorded when it was closed."""
    low, high = day * DAY_MS, (day + 1) * DAY_MS
    parts = [
        blocks.read(connection, one.id) for one in blocks.meeting(connection, series, low, high) if not one.is_late
    ]
    parts.append(list(map(Row._make, connection.execute(IN_HOT, (low, high, series)).fetchall())))
    found = {(row.at_ms, row.clock): row for part in parts for row in part if low <= row.at_ms < high}
    return [found[where] for where in sorted(found)]


def prove(connection: sqlite3.Connection, day: int, found: Iterable[tuple[int, int, bytes]]) -> None:
    """Keep the digests of a closed day: series, how many outcomes, digest."""
    connection.executemany(PROVE, ((day, *each) for each in found))


def count(connection: sqlite3.Connection, series: int, day: int, counted: Tally) -> None:
    """Keep what was counted; a day of nothing has no row."""
    connection.execute("DELETE FROM monthly WHERE series = ? AND month = ?", (series, month_of(day)))
    if counted.n:
        connection.execute(COUNT, (series, day, *counted))
    else:
        connection.execute("DELETE FROM daily WHERE series = ? AND day = ?", (series, day))


def spoil(connection: sqlite3.Connection, touched: Iterable[tuple[int, int]]) -> None:
    """What was counted of these days (series, day) no longer holds."""
    pairs = {pair for pair in touched if not _is_pruned(connection, *pair)}
    connection.executemany(SPOIL, sorted(pairs))
    months = {(series, month_of(day)) for series, day in pairs}
    connection.executemany("DELETE FROM monthly WHERE series = ? AND month = ?", sorted(months))


def spoil_rows(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """The days of these rows, as recorded and as corrected."""
    segments = clocks.load(connection)
    spoil(connection, {pair for row in rows for pair in ((row.series, day_of(at)) for at in _both(row, segments))})


def spoil_corrected(connection: sqlite3.Connection, before: Mapping[int, Segment]) -> None:
    """The days that a correction of clocks moved outcomes out of or into; `before` has the segments as they were."""
    if not has_blocks(connection):
        return
    for segment in clocks.load(connection).values():
        old = before.get(segment.id, segment)
        if old.shift_ms != segment.shift_ms:
            meeting = "SELECT series, t0_ms, t1_ms FROM block WHERE first_clock <= ? AND last_clock >= ?"
            for series, t0, t1 in connection.execute(meeting, (segment.id, segment.id)).fetchall():
                for shift in (old.shift_ms, segment.shift_ms):
                    days = range(day_of(t0 + shift), day_of(t1 + shift) + 1)
                    spoil(connection, ((series, day) for day in days))


def spoil_all(connection: sqlite3.Connection, series: int) -> None:
    """Nothing that was counted of a series holds."""
    connection.execute("UPDATE daily SET is_stale = 1 WHERE series = ?", (series,))
    connection.execute("DELETE FROM monthly WHERE series = ?", (series,))


def is_whole(connection: sqlite3.Connection, series: int) -> bool:
    """Whether retention has let none of its outcomes go."""
    gone = "SELECT 1 FROM block WHERE series = ? AND data IS NULL LIMIT 1"
    return connection.execute(gone, (series,)).fetchone() is None


def recount(connection: sqlite3.Connection, archive: Archive, series: int, day: int) -> Tally:
    """What there is to count of a day, from every outcome whose corrected instant lies in it."""
    return tally.of(corrected(archive, clocks.load(connection), series, (day * DAY_MS, (day + 1) * DAY_MS)))


def corrected(
    archive: Archive, segments: Mapping[int, Segment], series: int, between: tuple[int, int]
) -> Iterator[Row]:
    """The rows of a series whose corrected instants lie in [start, end); not in the order of these."""
    start, end = between
    for shift in {segment.shift_ms for segment in segments.values()}:
        for row in archive.between(series, start - shift, end - shift):
            if segments[row.clock].shift_ms == shift:
                yield row


def moved(segments: Mapping[int, Segment], day: int) -> bool:
    """Whether outcomes of another recorded day may belong to this one: a corrected clock reached into it."""
    start, end = day * DAY_MS, (day + 1) * DAY_MS
    for segment in segments.values():
        if segment.shift_ms:
            corrector = segments.get(segment.corrected_by or segment.id, segment)
            last = max(corrector.opened_at_ms, segment.opened_at_ms + segment.shift_ms)
            if segment.opened_at_ms + segment.shift_ms < end + DAY_MS and last > start - DAY_MS:
                return True
    return False


def of_days(connection: sqlite3.Connection, series: int, first: int, last: int) -> dict[int, Tally]:
    """What is counted of the days in [first, last), without those that are not counted or stale."""
    if not has_blocks(connection):
        return {}
    return {row[0]: Tally._make(row[1:]) for row in connection.execute(OF_DAYS, (series, first, last)).fetchall()}


def of_months(connection: sqlite3.Connection, series: int, first: int, last: int) -> dict[int, Tally]:
    """What is counted of the months in [first, last)."""
    if not has_blocks(connection):
        return {}
    return {row[0]: Tally._make(row[1:]) for row in connection.execute(OF_MONTHS, (series, first, last)).fetchall()}


def _is_pruned(connection: sqlite3.Connection, series: int, day: int) -> bool:
    """Whether retention has let outcomes of that day go: what was counted of it can not be counted again."""
    gone = "SELECT 1 FROM block WHERE series = ? AND t0_ms < ? AND t1_ms >= ? AND data IS NULL LIMIT 1"
    return connection.execute(gone, (series, (day + 1) * DAY_MS, day * DAY_MS)).fetchone() is not None


def _both(row: Row, segments: Mapping[int, Segment]) -> tuple[int, int]:
    return row.at_ms, row.at_ms + segments[row.clock].shift_ms
