"""The time line that a question is judged on: its members combined, charged with the references' witness.

The universe reaches a year beyond the period, because a run is recognised whole and nothing is known
there. A running period's sets end at `as_of`, or at the latest sample while that is fresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from probe.model import SpanClass
from probe.sla import attribution, exclusions, timeline
from probe.sla.attribution import Witness
from probe.sla.exclusions import Occurrence
from probe.sla.interval import Intervals
from probe.sla.service import EACH, Combine, How, Member, Question
from probe.sla.timeline import Timeline

HORIZON_MS: Final = 366 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one assessment rests on. members: the checks judged together, or the references of an uplink.

    check: the one check's key where each is judged by itself. needed: how many of them must be down.
    lines: their own time lines, charged; known: all of it as one.
    """

    question: Question
    check: str | None
    members: tuple[Member, ...]
    needed: int
    seen: Witness
    lines: tuple[Timeline, ...]
    known: Timeline

    @property
    def until_ms(self) -> int:
        """Where the elapsed part of the period ends."""
        return min(self.question.period.end_ms, self.known.end_ms)

    @property
    def resolution_ms(self) -> int:
        """The service's r: the largest of its members'."""
        return max((member.declared_ms for member in self.members), default=0)

    def largest_spacing(self, cls: SpanClass) -> int | None:
        """The largest distance of samples inside spans of that class in the period; None without any."""
        start_ms, end_ms = self.question.period.start_ms, self.until_ms
        return max(
            (
                span.max_spacing_ms
                for member in self.members
                for span in member.spans
                if span.cls is cls and span.t1_ms > start_ms and span.t0_ms < end_ms
            ),
            default=None,
        )

    def without(self, partial: Sequence[Occurrence]) -> Timeline:
        """The time line with windows that speak of some members only taken out of those."""
        if not partial:
            return self.known
        lines = [
            line.without(
                Intervals.of((each.start_ms, each.end_ms) for each in partial if exclusions.covers(each.window, key))
            )
            for key, line in zip((member.key for member in self.members), self.lines, strict=True)
        ]
        return timeline.combined(lines, self.needed)


def combine_of(question: Question) -> Combine:
    """How the service's checks are put together: its own setting, else the terms', else each by itself."""
    service = question.service
    if service.combine is not None:
        return service.combine
    if service.terms is not None and service.terms.combine is not None:
        return Combine(How(service.terms.combine))
    return EACH


def gather(question: Question) -> tuple[Evidence, ...]:
    """The evidence for each assessment that the question asks for: one, or one for each check."""
    combine = combine_of(question)
    if question.service.is_uplink:
        return (_of_line(question),)
    if combine.how is How.EACH:
        return tuple(_of_members(question, (member,), 1, member.key) for member in question.members)
    if not question.members:
        return ()
    return (_of_members(question, question.members, combine.needed(len(question.members)), None),)


def _of_members(question: Question, members: tuple[Member, ...], needed: int, check: str | None) -> Evidence:
    start_ms, end_ms = _universe(question, members)
    # a witness is asked beyond the last failure too: as long as its answer may have taken
    seen = attribution.witness(question.references, question.gateway, start_ms, max(end_ms, question.as_of_ms))
    lines = tuple(
        attribution.charged(timeline.of_spans(member.spans, start_ms, end_ms), member, seen) for member in members
    )
    return Evidence(
        question=question,
        check=check,
        members=members,
        needed=needed,
        seen=seen,
        lines=lines,
        known=timeline.combined(lines, needed),
    )


def _of_line(question: Question) -> Evidence:
    start_ms, end_ms = _universe(question, question.references)
    seen = attribution.witness(question.references, question.gateway, start_ms, end_ms)
    return Evidence(
        question=question,
        check=None,
        members=question.references,
        needed=len(question.references),
        seen=seen,
        lines=seen.references,
        known=attribution.isp_claim(question.references, seen, start_ms, end_ms),
    )


def _universe(question: Question, members: Sequence[Member]) -> tuple[int, int]:
    span, now = question.period, question.as_of_ms
    if now >= span.end_ms:
        return span.start_ms - HORIZON_MS, span.end_ms + HORIZON_MS
    return span.start_ms - HORIZON_MS, min([_reach(member, now) for member in members], default=now)


def _reach(member: Member, now: int) -> int:
    """Where one check's knowledge ends: at its latest sample while that is fresh, else now."""
    if member.last_ms is not None and member.last_ms <= now <= member.last_ms + member.g_max_ms:
        return member.last_ms
    return now
