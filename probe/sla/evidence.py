"""The time line that a question is judged on: its members combined, charged with the references' witness.

The universe reaches a year beyond the period, because a run is recognised whole and nothing is known
there. A running period's sets end at `as_of`, or at the latest sample while that is fresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

from probe.model import SpanClass
from probe.sla import attribution, exclusions, forgiving, grouped, requests, timeline
from probe.sla.attribution import Witness
from probe.sla.draft import pardons
from probe.sla.exclusions import Occurrence
from probe.sla.frame import Pardon
from probe.sla.requests import Request, Requests
from probe.sla.service import EACH, Combine, How, Member, Question
from probe.sla.timeline import Timeline
from probe.sla.verdict import Part

HORIZON_MS: Final = 366 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one assessment rests on. members: the checks judged together, or the references of an uplink.

    check: the one check's key where each is judged by itself. needed: how many of them must be down.
    lines: their own time lines, charged; known: all of it as one. weights: of the members that are
    pooled; None where they are not. elsewhere: the same from other vantage points, of which, this one
    counted, `quorum` must see it down.
    """

    question: Question
    check: str | None
    members: tuple[Member, ...]
    needed: int
    seen: Witness
    lines: tuple[Timeline, ...]
    known: Timeline
    weights: tuple[Fraction, ...] | None = None
    elsewhere: tuple[Evidence, ...] = ()
    quorum: int = 1

    @property
    def subjects(self) -> Fraction:
        """How many subjects' time the promise speaks of: one, or the sum of the weights of what is pooled."""
        return Fraction(1) if self.weights is None else sum(self.weights, Fraction(0))

    @property
    def requests(self) -> Requests | None:
        """The requests of the checks as one, charged by the references; None when none were handed in."""
        return self.requests_but(())

    def requests_but(self, partial: Sequence[Occurrence]) -> Requests | None:
        """The same with what windows forgive that speak of some of the checks."""
        given = [self._charged(each, partial) for each in self.members if each.key in self.question.requests]
        return requests.merged(given) if given else None

    def requests_of(self, key: str, partial: Sequence[Occurrence] = ()) -> Sequence[Request]:
        """The requests of one of the checks, charged; none where none were handed in."""
        known = (self._charged(each, partial).samples for each in self.members if each.key == key)
        return next(known) if key in self.question.requests else ()

    def _charged(self, member: Member, partial: Sequence[Occurrence]) -> Requests:
        given = requests.charged(self.question.requests[member.key], self.seen.up, member.timeout_ms)
        pardons, period = _pardons_of(member.key, partial), self.question.period
        return forgiving.pardoned(given, pardons, period.start_ms, period.end_ms) if pardons else given

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
        here = timeline.combined(self.each_line(partial), self.needed)
        if not self.elsewhere:
            return here
        return self.combined([here, *(other.without(partial) for other in self.elsewhere)])

    def combined(self, lines: Sequence[Timeline]) -> Timeline:
        """What the quorum of vantage points sees, as far as all of them have got."""
        end_ms = min(line.end_ms for line in lines)
        return timeline.combined([_cut(line, end_ms) for line in lines], self.quorum)

    def parts(self, partial: Sequence[Occurrence]) -> list[Part]:
        """What is judged: the time line as a whole, or that of each member that is pooled, by its weight."""
        if self.weights is None:
            return [Part(self.without(partial))]
        here, *there = (each.each_line(partial) for each in (self, *self.elsewhere))
        lines = [self.combined(seen) for seen in zip(here, *there, strict=True)] if there else here
        return [Part(line, weight) for line, weight in zip(lines, self.weights, strict=True)]

    def each_line(self, partial: Sequence[Occurrence]) -> list[Timeline]:
        """The time line of each member, with the windows taken out that speak of it; a cap is each check's own."""
        period, found = self.question.period, []
        for member, line in zip(self.members, self.lines, strict=True):
            for pardon in _pardons_of(member.key, partial):
                line = forgiving.excuse(line, pardon, period.start_ms, period.end_ms)
            found.append(line)
        return found


def _pardons_of(key: str, partial: Sequence[Occurrence]) -> tuple[Pardon, ...]:
    """The windows that speak of one check, those under one cap together."""
    return tuple(pardons(each for each in partial if exclusions.covers(each.window, key)).values())


class Same:
    """References and gateway as a key of the cache: the same objects, not equal ones, so that it costs nothing."""

    def __init__(self, references: tuple[Member, ...], gateway: Member | None) -> None:
        """The members are kept, so that no other object can take their identity."""
        self.references, self.gateway = references, gateway
        self.identity = tuple(id(each) for each in (*references, gateway))

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same objects."""
        return isinstance(other, Same) and self.identity == other.identity

    def __hash__(self) -> int:
        """By identity."""
        return hash(self.identity)


@lru_cache(maxsize=32)
def _witness(key: Same, start_ms: int, end_ms: int) -> Witness:
    """What the references prove; a thousand services of one period share it."""
    return attribution.witness(key.references, key.gateway, start_ms, end_ms)


def combine_of(question: Question) -> Combine:
    """How the service's checks are put together: its own setting, else the terms', else each by itself."""
    service = question.service
    if service.combine is not None:
        return service.combine
    if service.terms is not None and service.terms.combining is not None:
        return Combine(How(service.terms.combining.how))
    return EACH


def gather(question: Question) -> tuple[Evidence, ...]:
    """The evidence for each assessment that the question asks for: one, or one for each check."""
    quorum = question.service.vantages
    if quorum is None or not question.elsewhere:
        return _from_here(question)
    others = [each for asked in question.elsewhere for each in _from_here(asked)]
    return tuple(
        _together(here, tuple(each for each in others if each.check == here.check), quorum.at_least)
        for here in _from_here(question)
    )


def _together(here: Evidence, elsewhere: tuple[Evidence, ...], quorum: int) -> Evidence:
    """What so many vantage points see down; their number never shrinks, one without data knows nothing."""
    whole = replace(here, elsewhere=elsewhere, quorum=quorum)
    return replace(whole, known=whole.combined([here.known, *(each.known for each in elsewhere)]))


def _cut(line: Timeline, end_ms: int) -> Timeline:
    """The time line as far as an instant."""
    if line.end_ms <= end_ms:
        return line
    sets = {name: getattr(line, name).clip(line.start_ms, end_ms) for name in ("down", "maybe", "unknown", "half")}
    cuts = tuple(cut for cut in line.cuts if cut <= end_ms)
    return Timeline(start_ms=line.start_ms, end_ms=end_ms, cuts=cuts, **sets)


def _from_here(question: Question) -> tuple[Evidence, ...]:
    combine = combine_of(question)
    if question.service.is_uplink:
        return (_of_line(question),)
    if combine.how is How.EACH:
        return tuple(_of_members(question, (member,), 1, member.key) for member in question.members)
    if not question.members:
        return ()
    found = _of_members(question, question.members, combine.needed(len(question.members)), None)
    return (replace(found, weights=_weights(question, combine.how)),)


def _of_members(question: Question, members: tuple[Member, ...], needed: int, check: str | None) -> Evidence:
    start_ms, end_ms = _universe(question, members)
    # a witness is asked beyond the last failure too: as long as its answer may have taken
    seen = _witness(Same(question.references, question.gateway), start_ms, max(end_ms, question.as_of_ms))
    lines = tuple(grouped.charged(member, seen, start_ms, end_ms) for member in members)
    return Evidence(
        question=_told_of(question, members),
        check=check,
        members=members,
        needed=needed,
        seen=seen,
        lines=lines,
        known=timeline.combined(lines, needed),
    )


def _told_of(question: Question, members: Sequence[Member]) -> Question:
    """The question with the tickets about these checks, or about the whole service."""
    keys = {None, *(member.key for member in members), *(member.key.rpartition("/")[0] for member in members)}
    told = tuple(ticket for ticket in question.tickets if ticket.key in keys)
    return question if len(told) == len(question.tickets) else replace(question, tickets=told)


def _weights(question: Question, how: How) -> tuple[Fraction, ...] | None:
    """The weight of each member that is pooled, 1 where none is given; None where they are not pooled."""
    if how not in {How.POOLED, How.WEIGHTED}:
        return None
    given = question.service.weights if how is How.WEIGHTED else {}
    return tuple(given.get(member.key, Fraction(1)) for member in question.members)


def _of_line(question: Question) -> Evidence:
    start_ms, end_ms = _universe(question, question.references)
    seen = _witness(Same(question.references, question.gateway), start_ms, end_ms)
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
