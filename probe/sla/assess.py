"""One service, one period: every figure, the verdict and what follows from it. Pure; the one way in.

Load the spans of the period and of a day on both sides (`MARGIN_MS`): where terms name no time zone
the edges are tried elsewhere too.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from probe.model import SpanClass
from probe.sla import (
    accounts,
    budget,
    claims,
    evidence,
    history,
    metric_promises,
    outages,
    owing,
    remarks,
    remedy,
    speed_promises,
)
from probe.sla.assessment import (
    Assessment,
    Bounds,
    Credit,
    Figures,
    Objective,
    Promise,
    Reading,
    Resolution,
    Stretch,
    Verdict,
    Why,
)
from probe.sla.cases import Case, judged, requests_of
from probe.sla.clauses import Remedy
from probe.sla.draft import life
from probe.sla.evidence import Evidence
from probe.sla.objective import of_objective
from probe.sla.service import Question
from probe.sla.terms import Terms
from probe.sla.verdict import totalled

MARGIN_MS: Final = 86_400_000
"""How much of the record beyond the period, on both sides, a question should bring."""


def assess(question: Question) -> tuple[Assessment, ...]:
    """The assessments of one service: one for each check where each is judged by itself, else one.

    Where requests or tickets are handed in, each promise that is about them follows with its own.
    """
    found: list[Assessment] = []
    for case in evidence.gather(question):
        first = _assessment(case)
        found += [first, *metric_promises.assessments(case, first), *speed_promises.assessments(case, first)]
    return tuple(found)


def _assessment(case: Evidence) -> Assessment:
    question, service = case.question, case.question.service
    terms = service.terms or of_objective(service.objective, service.objective_op)
    promise = _promise_of_time(terms) if service.terms or service.objective is not None else None
    cases = judged(case, terms, promise)
    head, found = cases[0], cases[0].found
    verdict, reason = _headline(case, terms, cases)
    listed = accounts.outages_of(case, head)
    asked = claims.asked(terms, question, listed) if service.terms and verdict is Verdict.MISSED else None
    credit = _credit(case, cases)
    one = Assessment(
        service=service.name,
        check=case.check,
        vantage=question.vantage,
        provider=service.terms.provider if service.terms else service.provider,
        agreement=service.terms.id if service.terms else None,
        agreement_version=service.terms.version if service.terms else None,
        promise=promise,
        rule=remarks.rule(terms, found.basis.rule),
        period=question.period,
        as_of_ms=question.as_of_ms,
        **_measures(case, head),
        verdict=verdict,
        reason=reason,
        claimable=claims.is_claimable(asked, terms, question, listed) if asked else None,
        readings=_readings(case, cases),
        exclusions=accounts.exclusions_of(case, head),
        outages=listed,
        stretches=_stretches(case),
        credit=credit,
        claim=asked,
        objective=_objective(case) if service.terms else None,
        resolution=_resolution(case),
        burn=_burn(case, head, promise),
        parameters=remarks.parameters(case, found.basis),
        notes=(*remarks.notes(case, terms, verdict, found), *(credit.why if credit else ())),
    )
    return one if service.terms is None else with_rights(one, terms, question)


def _promise_of_time(terms: Terms) -> Promise | None:
    """The first promise where it is kept or broken by downtime; one about loss or latency is judged by its metric."""
    promise = terms.promise
    return promise if promise is not None and promise.metric in metric_promises.BY_TIME else None


def _measures(case: Evidence, head: Case) -> dict[str, Any]:
    """The figures of the headline's reading."""
    found = head.found
    return {
        "downtime": found.downtime,
        "raw_downtime": _raw(case, head),
        "unknown_ms": found.unknown_ms,
        "denominator_ms": found.basis.denominator_ms,
        "budget_ms": found.budget_ms,
        "budget_left": None if found.budget_ms is None else budget.left(found.budget_ms, found.downtime),
        "coverage": found.coverage,
        "availability": found.availability,
        "samples": sum(member.samples for member in case.members),
        "revisions": tuple(revision for member in case.members for revision in member.revisions),
    }


def with_rights(one: Assessment, terms: Terms, question: Question) -> Assessment:
    """The assessment with the rights to leave that its promise gives."""
    found = history.rights(terms, one, question.before)
    return replace(one, rights=found, notes=(*one.notes, *history.said(found))) if found else one


def _headline(case: Evidence, terms: Terms, cases: tuple[Case, ...]) -> tuple[Verdict, Why | None]:
    """The verdict that all readings share; undecided where they differ or a clause is not evaluated."""
    head = cases[0].found
    if case.question.service.is_uplink and not case.seen.can_accuse_isp:
        return Verdict.UNDECIDED, Why.REFERENCES
    if remarks.unevaluated(terms) or any(each.found.verdict is not head.verdict for each in cases):
        return Verdict.UNDECIDED, Why.TERMS
    return head.verdict, head.reason


def _readings(case: Evidence, cases: tuple[Case, ...]) -> tuple[Reading, ...]:
    """Every reading, unless they all come to the same figures and the same credit."""
    if len(cases) == 1:
        return ()
    found = [_reading(case, each, bounds) for each in cases if (bounds := each.found.availability)]
    if len({(each.verdict, each.availability, each.credit and each.credit[:2]) for each in found}) == 1:
        return ()
    return tuple(found)


def _reading(case: Evidence, one: Case, bounds: Bounds) -> Reading:
    found, labels = one.found, one.draft.labels
    return Reading(
        "; ".join(clause for clause, _ in labels),
        "; ".join(says for _, says in labels),
        found.verdict,
        found.reason,
        bounds,
        _credit(case, (one,)),
    )


def _raw(case: Evidence, head: Case) -> Figures:
    """The figures with nothing forgiven."""
    frame = head.found.basis.frame
    if not frame.pardons and head.known is case.known:
        return head.found.downtime._replace(at_resolution=None)
    basis = replace(head.found.basis, frame=replace(frame, pardons=()))
    if basis.requests is not None:
        basis = replace(basis, requests=requests_of(case, case.question.service.terms))
    return totalled(case.parts([]), basis)._replace(at_resolution=None)


def _stretches(case: Evidence) -> tuple[Stretch, ...]:
    """Within the service's life: before it nothing was asked for."""
    start_ms, end_ms = life(case.question.service, case.question.period)
    end_ms = min(end_ms, case.until_ms)
    if start_ms >= end_ms:
        return ()
    if case.question.service.is_uplink:
        return outages.stretches_of_line(case.members, case.known, start_ms, end_ms)
    parts = (
        outages.stretches_of(member, line, case.seen, start_ms, end_ms)
        for member, line in zip(case.members, case.lines, strict=True)
    )
    return tuple(sorted({each for part in parts for each in part}))


def _credit(case: Evidence, cases: tuple[Case, ...]) -> Credit | None:
    """What is owed for a miss, or may be; None when every reading says met and no row pays all the same."""
    question = case.question
    terms, fee, fees = question.service.terms, question.service.monthly_fee, question.service.fees
    if terms is None or fee is None:
        return None
    remedies = [each for each in terms.remedies if _is_about_time(each, terms)]
    if not remedies or not any(each.found.availability for each in cases):
        return None
    base_ms = owing.fee_span(terms, cases[0].draft.period)
    is_met = all(each.found.verdict is Verdict.MET for each in cases)
    if is_met and all(each.kind != "rows" and each.trigger in {None, "missed_commitment"} for each in remedies):
        return None
    owed = [owing.owed(each.parts, each.found, terms.promise, base_ms, remedies) for each in cases]
    found = remedy.credit(remedies, fee, owed, fees)
    if is_met and not found.certain:
        return None
    earlier = history.earlier_of(question.before, case.check, terms.promises[0].metric, history.reach(terms))
    return history.capped(found, remedy.bills(remedies, fee, owed[0], fees), terms, question.period, earlier)


def _is_about_time(each: Remedy, terms: Terms) -> bool:
    """Whether a remedy is for the first promise, and pays anything but a right to leave."""
    first = terms.promises[0] if terms.promises else None
    if first is not None and first.metric not in metric_promises.BY_TIME:
        return False
    names = {None, first.name, first.metric} if first else {None}
    return each.promise in names and bool(each.rows or each.kind != "rows")


def _objective(case: Evidence) -> Objective | None:
    """The user's own target beside the provider's, under the plain measure."""
    service = case.question.service
    if service.objective is None:
        return None
    terms = of_objective(service.objective, service.objective_op)
    found = judged(case, terms, terms.promise)[0].found
    budget_ms = found.budget_ms or Fraction(0)
    left = budget.left(budget_ms, found.downtime)
    return Objective(service.objective, found.verdict, found.reason, budget_ms, left)


def _resolution(case: Evidence) -> Resolution:
    h1, h2 = case.largest_spacing(SpanClass.DOWN), case.largest_spacing(SpanClass.UP)
    return Resolution(case.resolution_ms, h1, h2)


def _burn(case: Evidence, head: Case, promise: Promise | None) -> dict[str, Fraction]:
    if promise is None:
        return {}
    return budget.burn(head.found.basis.frame.excuse(head.known.down), case.until_ms, promise.target)
