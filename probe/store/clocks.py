"""Clock segments: which offset made instants of boottime, and what corrects it on reading.

An instant is recorded as boottime + the offset of its segment and is never rewritten. A clock step
or a reboot opens another segment. One that was not synchronised takes the offset of the next
synchronised one of the same boot: its `shift_ms` is that difference, added on reading. Segment 0 is
for instants that came as UTC.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

from probe.store.codes import ABSOLUTE

COLUMNS: Final = "id, vantage, boot_id, opened_at_ms, offset_ms, is_synced, shift_ms, corrected_by"

APPEND: Final = f"""
    INSERT INTO clock ({COLUMNS})
    VALUES (:id, :vantage, :boot_id, :opened_at_ms, :offset_ms, :is_synced, :shift_ms, :corrected_by)
    ON CONFLICT (id) DO NOTHING
"""

CORRECT: Final = """
    UPDATE clock SET shift_ms = :offset_ms - offset_ms, corrected_by = :id
    WHERE vantage = :vantage AND boot_id = :boot_id AND id < :id AND NOT is_synced AND corrected_by IS NULL
"""


class Segment(NamedTuple):
    """One clock segment. shift_ms corrects its instants on reading; corrected_by is the segment that says so."""

    id: int
    vantage: str
    boot_id: str
    opened_at_ms: int
    offset_ms: int
    is_synced: bool
    shift_ms: int = 0
    corrected_by: int | None = None

    @property
    def quality(self) -> str:
        """`synchronised` (by itself or by a later segment of its boot) or `unsynced`."""
        return "synchronised" if self.is_synced or self.corrected_by else "unsynced"


def load(connection: sqlite3.Connection) -> dict[int, Segment]:
    """Every segment by id."""
    rows = connection.execute(f"SELECT {COLUMNS} FROM clock ORDER BY id").fetchall()
    return {row[0]: Segment._make(row)._replace(is_synced=bool(row[5])) for row in rows}


def append(connection: sqlite3.Connection, segment: Segment) -> None:
    """Open a segment; a synchronised one corrects the unsynchronised ones of its boot. Again changes nothing."""
    named = segment._asdict()
    opened = connection.execute(APPEND, named).rowcount > 0
    if opened and segment.is_synced:
        connection.execute(CORRECT, named)


def carried(at_ms: int, source: Segment, scale: Segment) -> int | None:
    """The instant of `source` on the scale of another segment; None when nothing links the two.

    Inside one boot the link is boottime. An instant that came as UTC is linked to a synchronised
    segment by UTC. Across a reboot nothing is linked.
    """
    if source.id == scale.id:
        return at_ms
    if ABSOLUTE in (source.id, scale.id):
        return at_ms if source.is_synced and scale.is_synced else None
    if source.boot_id != scale.boot_id:
        return None
    return at_ms - source.offset_ms + scale.offset_ms


def are_tidy(segments: Mapping[int, Segment]) -> bool:
    """Whether the order of recorded instants is the order in which they were recorded, as on most machines."""
    earlier: Segment | None = None
    for segment in segments.values():
        if segment.id == ABSOLUTE:
            continue
        if not segment.is_synced or (earlier and _goes_back(earlier, segment)):
            return False
        earlier = segment
    return True


def _goes_back(earlier: Segment, later: Segment) -> bool:
    if earlier.boot_id == later.boot_id:
        return later.offset_ms < earlier.offset_ms
    return later.opened_at_ms < earlier.opened_at_ms
