"""From the rows of one series to its outcomes, corrected."""

from __future__ import annotations

from typing import NamedTuple

from probe.model import Outcome
from probe.store.clocks import Segment
from probe.store.codes import ORIGINS
from probe.store.outcomes import Row, finding_of


class Source(NamedTuple):
    """What making outcomes of rows takes: the series (-1: no such), its revisions, and the segments."""

    key: str
    number: int
    digests: dict[int, str]
    segments: dict[int, Segment]

    def shifts(self) -> dict[int, str]:
        """Each correction and the segments that have it, as SQL."""
        found: dict[int, str] = {}
        for segment in self.segments.values():
            before = found.get(segment.shift_ms)
            found[segment.shift_ms] = f"{before}, {segment.id}" if before else str(segment.id)
        return found

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
