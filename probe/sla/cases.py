"""Every reading of the terms judged on the evidence: the cases that an assessment is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from probe.model import Ticket
from probe.sla import readings, requests, tickets, timeline
from probe.sla.assessment import Promise
from probe.sla.basis import WHOLE
from probe.sla.draft import Context, Draft, is_partial
from probe.sla.evidence import Evidence
from probe.sla.exclusions import Occurrence, covers, is_in_scope
from probe.sla.interval import EMPTY, Intervals
from probe.sla.requests import Requests
from probe.sla.terms import Terms
from probe.sla.timeline import Timeline
from probe.sla.verdict import Judgement, Part, judge

BY_REQUEST: Final = ("F3", "F4")
BY_RATE: Final = ("error_rate", "loss")
UNKNOWN_SHARE: Final = (Fraction(0), Fraction(1))
"""Of the customers that an outage hits, where a formula weighs with them and nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One reading of the terms with the time line it judges and what it finds."""

    draft: Draft
    known: Timeline
    parts: tuple[Part, ...]
    found: Judgement


def judged(case: Evidence, terms: Terms, promise: Promise | None) -> tuple[Case, ...]:
    """Every reading of the terms, judged; the kindest to the provider first."""
    question = case.question
    keys = tuple(member.key for member in case.members)
    providers = {terms.provider, question.service.provider}
    in_scope = tuple(
        window
        for window in question.windows
        if any(is_in_scope(window, provider, question.service.name) for provider in providers)
        and (not window.checks or any(covers(window, key) for key in keys))
    )
    context = Context(
        service=question.service,
        keys=keys,
        terms=terms,
        windows=in_scope,
        timeline=case.known,
        as_of_ms=question.as_of_ms,
        resolution_ms=case.resolution_ms,
        tickets=_told(case),
        requests=_requests(case, terms),
        subjects=case.subjects,
        share=question.service.affected or (UNKNOWN_SHARE if terms.archetype == "F9" else WHOLE),
    )
    return tuple(_case(case, draft, context, promise) for draft in readings.drafts(context, question.period))


def _told(case: Evidence) -> tuple[Ticket, ...]:
    """The tickets, each with the outage that it is about where several checks make one."""
    told = case.question.tickets
    lines = [*case.lines, *(line for other in case.elsewhere for line in other.lines)]
    return told if not told or len(lines) == 1 else tickets.placed(told, case.known, timeline.combined(lines, 1))


def _requests(case: Evidence, terms: Terms) -> Requests | None:
    """The requests as the terms count retries; None, and none are read, where no rule is about requests."""
    if terms.archetype not in BY_REQUEST and terms.outage.bucket_rule not in BY_RATE:
        return None
    return requests_of(case, terms)


def requests_of(case: Evidence, terms: Terms | None, partial: Sequence[Occurrence] = ()) -> Requests | None:
    """The requests as the terms count retries, without what windows forgive that speak of some of the checks."""
    given = case.requests_but(partial)
    if given is None or terms is None or terms.outage.retry_rule != "honour_backoff":
        return given
    return replace(given, samples=requests.backed_off(given.samples))


def _case(case: Evidence, draft: Draft, context: Context, promise: Promise | None) -> Case:
    partial = [each for each in draft.accepted if is_partial(each.window, context.keys)]
    rule, told = context.terms.outage, context.tickets
    pauses = Intervals.of(case.question.pauses) if rule.pauses else EMPTY
    parts = tuple(
        part._replace(known=tickets.clocked(part.known, told, draft.clock_start, rule.clock_stop, pauses))
        for part in case.parts(partial)
    )
    if partial and context.requests is not None:
        context = replace(context, requests=requests_of(case, context.terms, partial))
    known = parts[0].known if case.weights is None else case.without(partial)
    return Case(draft=draft, known=known, parts=parts, found=judge(parts, readings.basis(draft, context), promise))
