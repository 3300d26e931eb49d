"""The promises of an agreement that are not about availability: each judged by its own metric (F10).

They stand beside the first promise and share its evidence: the period, the outages, the samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from probe.sla import claims, history, metrics, owing, remedy
from probe.sla.assessment import Assessment, Bounds, Credit, Measured, Promise, Verdict, Why
from probe.sla.bill import Owed
from probe.sla.clauses import Commitment
from probe.sla.evidence import Evidence
from probe.sla.interval import EMPTY
from probe.sla.metrics import Source
from probe.sla.requests import Requests
from probe.sla.terms import Terms

BY_TIME: Final = ("availability", "power")
BY_SPEED: Final = ("speed_down", "speed_up")
BY_TICKET: Final = ("time_to_repair", "mean_time_to_repair", "response_time", "notification_time")
NO_BOUNDS: Final = Bounds(Fraction(0), None, Fraction(1))


def assessments(case: Evidence, first: Assessment) -> Iterator[Assessment]:
    """One assessment for each promise about a metric that something was handed in for."""
    terms = case.question.service.terms
    for promise in terms.promises if terms else ():
        is_regulated = terms is not None and terms.speed is not None and promise.metric in BY_SPEED
        if promise.metric not in BY_TIME and not is_regulated and _has_evidence(case, promise):
            yield _assessment(case, terms, promise, first) if terms else first


def _has_evidence(case: Evidence, promise: Commitment) -> bool:
    return bool(case.question.tickets) if promise.metric in BY_TICKET else case.requests is not None


def _assessment(case: Evidence, terms: Terms, promise: Commitment, first: Assessment) -> Assessment:
    question = case.question
    source = Source(
        requests=case.requests or Requests(),
        start_ms=question.period.start_ms,
        end_ms=min(question.period.end_ms, question.as_of_ms),
        tickets=question.tickets,
        outage=case.known.down if promise.samples_exclude_outage else EMPTY,
    )
    found = metrics.measure(promise, source)
    verdict, reason = decide(promise, found, is_running=not question.period.is_complete)
    row = _row(case, promise, found)
    if row and verdict is not Verdict.MET and reason is not Why.RUNNING:
        verdict, reason = history.in_a_row(row, reason)
    asked = claims.asked(terms, question, first.outages) if verdict is Verdict.MISSED else None
    one = replace(
        first,
        promise=Promise(promise.metric, promise.op, promise.target) if promise.target is not None else None,
        rule=f"F10: {promise.metric.replace('_', ' ')}, {(promise.statistic or 'as stated').replace('_', ' ')}",
        budget_ms=None,
        budget_left=None,
        availability=None,
        verdict=verdict,
        reason=reason,
        claimable=claims.is_claimable(asked, terms, question, first.outages) if asked else None,
        readings=(),
        credit=_credit(case, terms, promise, found, verdict),
        claim=asked,
        objective=None,
        burn={},
        measured=found,
        notes=_notes(promise, row),
    )
    return replace(one, rights=history.rights(terms, one, question.before))


def decide(promise: Commitment, found: Measured | None, *, is_running: bool) -> tuple[Verdict, Why | None]:
    """Whether the figure keeps the promise: nothing that was not measured is kept."""
    if found is None or promise.target is None:
        return Verdict.UNDECIDED, Why.TERMS
    broken = metrics.is_broken(promise, found) if found.samples else None
    if broken is None:
        return Verdict.UNDECIDED, Why.COVERAGE
    if is_running:
        return Verdict.UNDECIDED, Why.RUNNING
    return (Verdict.MISSED if broken else Verdict.MET), None


def _row(case: Evidence, promise: Commitment, found: Measured | None) -> list[bool | None]:
    """Whether each of the periods that must fail together is broken, this one first; [] where one suffices."""
    number = promise.consecutive_periods or 1
    if number == 1:
        return []
    before = history.earlier_of(case.question.before, case.check, promise.metric, number - 1)
    values = [found, *(one.measured if one else None for one in before)]
    return [metrics.is_broken(promise, each) if each and each.samples else None for each in values]


def _credit(
    case: Evidence, terms: Terms, promise: Commitment, found: Measured | None, verdict: Verdict
) -> Credit | None:
    fee: tuple[Decimal, str] | None = case.question.service.monthly_fee
    names = {promise.name or promise.metric, promise.metric, *([None] if promise is terms.promises[0] else [])}
    remedies = [each for each in terms.remedies if each.promise in names]
    if not remedies or fee is None or found is None or verdict is Verdict.MET:
        return None
    owed = Owed(
        availability=NO_BOUNDS,
        lost=(0, 0),
        downtime=(0, 0),
        base_ms=owing.fee_span(terms, case.question.period),
        budget_ms=0,
        missed=(verdict is Verdict.MISSED, True),
        measured=found,
        target=promise.target,
    )
    return remedy.credit(remedies, fee, [owed], case.question.service.fees)


def _notes(promise: Commitment, row: list[bool | None]) -> tuple[str, ...]:
    said = []
    if promise.between:
        said.append(f"the text measures between {promise.between}; this is measured from here to the target")
    if row:
        count = next((i for i, broken in enumerate(row) if not broken), len(row))
        said.append(f"a miss needs {len(row)} periods in a row; up to this one {count} are broken")
    return tuple(said)
