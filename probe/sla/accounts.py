"""What each outage counted of the downtime that is proven, and what each declared window took from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from probe.model import State
from probe.sla import outages
from probe.sla.assessment import Exclusion, Ms, Outage
from probe.sla.basis import Basis
from probe.sla.cases import Case, requests_of
from probe.sla.counting import counted_set
from probe.sla.draft import PardonKey, effect_of, is_partial, pardon_key, pardons
from probe.sla.evidence import Evidence
from probe.sla.exclusions import Occurrence, Standing
from probe.sla.formula import counts_requests
from probe.sla.interval import EMPTY, Intervals
from probe.sla.requests import Requests
from probe.sla.verdict import totalled
from probe.sla.worth import worth

PARTIAL: Final = ("some of the checks", None)


def outages_of(case: Evidence, head: Case) -> tuple[Outage, ...]:
    """The outages of the headline's reading with what each counted; in time order."""
    basis = head.found.basis
    counted = counted_set(basis.rule, head.known.down, head.known.cuts, basis.frame)
    start_ms, end_ms = case.question.period.start_ms, case.until_ms
    if case.question.service.is_uplink:
        line = outages.Line(case.known, case.seen, case.members)
        return outages.line_outages(case.question.service.name, line, start_ms, end_ms, counted)
    found = [
        outage for member in case.members for outage in outages.outages(member, case.seen, start_ms, end_ms, counted)
    ]
    if counts_requests(basis):
        found = _by_requests(case, head, found)
    if (least := basis.share[0]) != 1:
        found = [one._replace(counted_ms=one.counted_ms * least) for one in found]
    return tuple(sorted(found, key=lambda outage: outage.start_earliest_ms))


def _by_requests(case: Evidence, head: Case, found: Iterable[Outage]) -> list[Outage]:
    """The same outages, each with what its failed requests come to."""
    rated = worth(head.found.basis)
    partial = _partial(case, head.draft.accepted)
    bad = {
        member.key: [each for each in case.requests_of(member.key, partial) if each.state is State.DOWN]
        for member in case.members
    }
    ends = case.question.period.end_ms
    return [
        one._replace(counted_ms=rated.of(bad[one.key], one.start_earliest_ms, one.end_latest_ms or ends))
        for one in found
    ]


def exclusions_of(case: Evidence, head: Case) -> tuple[Exclusion, ...]:
    """Each window of the headline's reading: what it forgave, or why it was refused; in time order."""
    forgiven = _of_requests(case, head) if counts_requests(head.found.basis) else _of_time(case, head)
    listed = []
    for each, taken in zip(head.draft.occurrences, forgiven, strict=True):
        effect = effect_of(each, head.draft)
        entry = each.window.id, each.window.entered_at_ms, each.window.entered_by
        listed.append(Exclusion(each.start_ms, each.end_ms, each.cause, effect, taken, each.why, *entry))
    return tuple(listed)


def _of_time(case: Evidence, head: Case) -> list[Ms]:
    """The proven downtime that each window takes away, what two cover by the first of them."""
    if not head.found.basis.frame.pardons and head.known is case.known:
        return [0] * len(head.draft.occurrences)  # no accepted window meets anything
    left = _forgiven(case, head)
    least = head.found.basis.share[0]
    found: list[Ms] = []
    for each in head.draft.occurrences:
        taken = EMPTY
        if each.standing is Standing.ACCEPTED:
            taken = left[_kind(case, each)] & Intervals.span(each.start_ms, each.end_ms)
            left = {kind: rest - taken for kind, rest in left.items()}
        found.append(taken.measure if least == 1 else taken.measure * least)
    return found


def _of_requests(case: Evidence, head: Case) -> list[Ms]:
    """What the figure loses with each window: only one that holds a failed request can take anything."""
    given = requests_of(case, case.question.service.terms) or Requests()
    unpardoned = _pardoning(case, head, [])
    rated = worth(unpardoned)
    before = totalled(head.parts, unpardoned).low
    taken: list[Occurrence] = []
    found: list[Ms] = []
    for each in head.draft.occurrences:
        left = before
        may_take = given.buckets is not None or rated.of(given.samples, each.start_ms, each.end_ms)
        if each.standing is Standing.ACCEPTED and may_take:
            taken.append(each)
            left = totalled(head.parts, _pardoning(case, head, taken)).low
        found.append(Fraction(before) - left)
        before = left
    return found


def _pardoning(case: Evidence, head: Case, taken: Sequence[Occurrence]) -> Basis:
    """The headline's reading of requests as if only these windows had been accepted."""
    basis, partial = head.found.basis, _partial(case, taken)
    whole = [each for each in taken if each not in partial]
    given = requests_of(case, case.question.service.terms, partial)
    return replace(basis, requests=given, frame=replace(basis.frame, pardons=tuple(pardons(whole).values())))


def _partial(case: Evidence, accepted: Iterable[Occurrence]) -> list[Occurrence]:
    return [each for each in accepted if _kind(case, each) == PARTIAL]


def _forgiven(case: Evidence, head: Case) -> dict[PardonKey, Intervals]:
    """The proven downtime that each group of accepted windows takes away."""
    basis = head.found.basis
    unpardoned = replace(basis.frame, pardons=())
    down = counted_set(basis.rule, head.known.down, head.known.cuts, unpardoned)
    whole = [each for each in head.draft.accepted if _kind(case, each) != PARTIAL]
    taken = {key: basis.frame.forgiven(down, pardon) & down for key, pardon in pardons(whole).items()}
    return {**taken, PARTIAL: case.known.down - head.known.down}


def _kind(case: Evidence, each: Occurrence) -> PardonKey:
    keys = tuple(member.key for member in case.members)
    return PARTIAL if is_partial(each.window, keys) else pardon_key(each)
