"""How many of the grid's attempts failed: no recheck weighs anything (availability.md, section 1).

Where all went well there are no rechecks, so the outcomes themselves are read only where something was not up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from probe.judge.evidence import Evidence
from probe.model import Span, SpanClass, State
from probe.sla.beside import Share
from probe.sla.interval import Intervals

if TYPE_CHECKING:
    from probe.sla.service import Member
    from probe.store.reader import Reader

NEAR_MS: Final = 3_600_000
"""Stretches that lie closer together are read as one."""


def of_grid(reader: Reader, evidence: Evidence, members: Iterable[Member], vantage: str) -> Share:
    """The failed ones among the judged attempts of these checks, and of the parts of groups."""
    failed = judged = 0
    for member in _leaves(members):
        judged += member.samples
        for start_ms, end_ms in _troubled(member, evidence.start_ms, evidence.end_ms):
            seen = reader.attempts(vantage, member.key, start_ms, end_ms)
            known = reader.tally(vantage, member.key, start_ms, end_ms)
            failed += sum(each.state is State.DOWN for each in seen)
            judged -= known.n - known.sent
    return Share(failed, judged)


def _leaves(members: Iterable[Member]) -> Iterator[Member]:
    for member in members:
        yield from member.parts or (member,)


def _troubled(member: Member, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
    """Where attempts failed or could not be judged, with the rechecks that followed."""
    after_ms = max(member.interval_ms, member.g_max_ms)
    near = Intervals.of((span.t0_ms, span.t1_ms + after_ms + NEAR_MS) for span in member.spans if _is_troubled(span))
    for first, last in near.clip(start_ms, end_ms + NEAR_MS):
        yield int(first), min(int(last) - NEAR_MS, end_ms)


def _is_troubled(span: Span) -> bool:
    """Whether a span is not up, and not mere silence."""
    is_silent = span.cls is SpanClass.UNKNOWN and span.n <= 1 and State.UNKNOWN not in (span.first, span.last)
    return span.cls is not SpanClass.UP and not is_silent
