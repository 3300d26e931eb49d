"""From the rows of one series to its outcomes, corrected."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from probe.model import Outcome
from probe.store.archive import FAR, HOUR_MS, Archive
from probe.store.clocks import Segment
from probe.store.codes import ORIGINS
from probe.store.outcomes import Row, finding_of

NOBODY: Final = -1


class Scale(NamedTuple):
    """The segments with one correction, and the recorded instants that can be theirs."""

    shift_ms: int
    segments: frozenset[int]
    low: int
    high: int


class Source(NamedTuple):
    """What making outcomes of rows takes: the series (NOBODY: no such), its revisions, and the segments."""

    key: str
    number: int
    digests: dict[int, str]
    segments: dict[int, Segment]

    def rows(self, archive: Archive, start_ms: int, end_ms: int) -> Iterator[Row]:
        """The rows whose corrected instants lie in [start, end), in order of these."""
        shifts = {segment.shift_ms for segment in self.segments.values()}
        if shifts == {0}:
            return archive.between(self.number, start_ms, end_ms) if self.number != NOBODY else iter(())
        return heapq.merge(*(self._of(scale, archive, start_ms, end_ms) for scale in self._scales()), key=self.instant)

    def before(self, archive: Archive, at_ms: int, count: int) -> list[Row]:
        """The last `count` rows before a corrected instant, in order of time."""
        found: list[Row] = []
        for scale in self._scales():
            rows = archive.backwards(self.number, min(scale.high, at_ms - scale.shift_ms), scale.low)
            found += islice((row for row in rows if row.clock in scale.segments), count)
        return sorted(found, key=self.instant)[-count:] if count else []

    def instant(self, row: Row) -> int:
        """The corrected instant."""
        return row.at_ms + self.segments[row.clock].shift_ms

    def outcome(self, row: Row) -> Outcome:
        """The outcome, corrected."""
        shift = self.segments[row.clock].shift_ms
        return Outcome(
            key=self.key,
            revision=self.digests[row.revision],
            at_ms=row.at_ms + shift,
            clock=row.clock,
            origin=ORIGINS[row.origin],
            finding=finding_of(row),
            due_ms=None if row.due_ms is None else row.due_ms + shift,
        )

    def _of(self, scale: Scale, archive: Archive, start_ms: int, end_ms: int) -> Iterator[Row]:
        low, high = max(scale.low, start_ms - scale.shift_ms), min(scale.high, end_ms - scale.shift_ms)
        return (row for row in archive.between(self.number, low, high) if row.clock in scale.segments)

    def _scales(self) -> list[Scale]:
        """Each correction with the segments that have it; a corrected clock ran from its opening to its correction."""
        if self.number == NOBODY:
            return []
        of: dict[int, list[Segment]] = {}
        for segment in self.segments.values():
            of.setdefault(segment.shift_ms, []).append(segment)
        return [self._scale(shift, mine) for shift, mine in of.items()]

    def _scale(self, shift: int, mine: list[Segment]) -> Scale:
        numbers = frozenset(segment.id for segment in mine)
        ends = [self.segments[one.corrected_by].opened_at_ms for one in mine if one.corrected_by is not None]
        if not shift or len(ends) < len(mine):
            return Scale(shift, numbers, -FAR, FAR)
        return Scale(shift, numbers, min(one.opened_at_ms for one in mine) - HOUR_MS, max(ends) - shift + HOUR_MS)
