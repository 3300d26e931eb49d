"""Consumer speed rules over what was measured: one assessment for each direction that the terms promise.

What the protocol still lacks, and what each test says, stand in the notes: "2 of 3 days done, 14 of 30
measurements valid".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from probe.sla import claims
from probe.sla.assessment import Assessment, LineSpeed, Measured, Right, Verdict, Why
from probe.sla.evidence import Evidence
from probe.sla.speed import Contract, Speed, SpeedResult, Throughput, de_fixed
from probe.sla.speed_drops import cz, uk_ofcom
from probe.sla.speed_rule import SpeedRule
from probe.sla.terms import Terms

WAYS: Final = {"speed_down": "down", "speed_up": "up"}
BERLIN: Final = "Europe/Berlin"
SAYS: Final = {True: "falls short", False: "holds", None: "open"}


def assessments(case: Evidence, first: Assessment) -> Iterator[Assessment]:
    """One assessment for each direction that a speed rule is about; none under other terms."""
    terms = case.question.service.terms
    if terms is None or terms.speed is None:
        return
    for promise in terms.promises:
        if promise.metric in WAYS:
            yield _assessment(case, terms, promise.metric, first)


def _assessment(case: Evidence, terms: Terms, metric: str, first: Assessment) -> Assessment:
    question, way = case.question, WAYS[metric]
    seen = _measured(case, way)
    contract = question.service.speed.get(way, Contract())
    result = _judged(case, terms.speed.rule if terms.speed else "", seen, contract)
    verdict, reason = result.verdict, result.reason
    if verdict is not Verdict.MISSED and not question.period.is_complete:
        verdict, reason = Verdict.UNDECIDED, reason or Why.RUNNING
    asked = claims.asked(terms, question, ()) if verdict is Verdict.MISSED else None
    reached = True if verdict is Verdict.MISSED else False if verdict is Verdict.MET else None
    rights = tuple(Right(each.condition, reached) for remedy in terms.remedies for each in remedy.termination)
    return replace(
        first,
        promise=None,
        rule=f"{terms.speed.rule if terms.speed else ''}: speed {way}",
        budget_ms=None,
        budget_left=None,
        availability=None,
        coverage=None,
        verdict=verdict,
        reason=reason,
        claimable=claims.is_claimable(asked, terms, question, ()) if asked else None,
        readings=(),
        exclusions=(),
        credit=None,
        rights=rights,
        claim=asked,
        objective=None,
        burn={},
        measured=_figure(seen),
        line=_line(terms, way, contract, result),
        samples=len(seen),
        notes=(*_notes(case, way, contract, result), *terms.notes),
    )


def _measured(case: Evidence, way: str) -> list[Throughput]:
    """The measurements of one direction in the period, from all checks, in time order."""
    span = case.question.period
    found = [
        Throughput(each.at_ms, value, each.fault is None)
        for member in case.members
        for each in case.question.speeds.get(member.key, ())
        if (value := _of(each, way)) is not None and span.start_ms <= each.at_ms < span.end_ms
    ]
    return sorted(found)


def _of(each: Speed, way: str) -> int | None:
    return each.down if way == "down" else each.up


def _judged(case: Evidence, rule: str, seen: Sequence[Throughput], contract: Contract) -> SpeedResult:
    if rule == "de_fixed":
        return de_fixed(seen, contract, case.question.service.timezone or BERLIN)
    if rule == "cz":
        return cz(seen, contract)
    opened = [each.opened_ms for each in case.question.tickets if each.opened_ms is not None and not each.is_withdrawn]
    return uk_ofcom(seen, contract, min(opened, default=None), case.question.as_of_ms)


def _figure(seen: Sequence[Throughput]) -> Measured | None:
    """The lowest, the mean and the highest valid measurement in bit/s; None without any."""
    values = [Fraction(each.value) for each in seen if each.is_valid]
    if not values:
        return None
    return Measured("bit/s", min(values), sum(values, Fraction(0)) / len(values), max(values), len(values))


def _line(terms: Terms, way: str, contract: Contract, result: SpeedResult) -> LineSpeed:
    """What the rule makes of the measurements, and which part of the rule nobody has read in its text."""
    rule = terms.speed or SpeedRule(rule="")
    named = {name: value for name, value in contract._asdict().items() if value is not None}
    missing = tuple(each for each in result.protocol if each != result.progress)
    unverified = rule.unverified or result.unverified
    return LineSpeed(rule.rule, way, named, result.progress, missing, result.findings, rule.seen, unverified)


def _notes(case: Evidence, way: str, contract: Contract, result: SpeedResult) -> Iterator[str]:
    if contract == Contract():
        yield f'the speeds of the contract are not known: set `speed` of the service, "{way}"'
    yield from result.protocol
    for each in result.findings:
        yield f"test {each.test}: {SAYS[each.deviates]}; {each.says}"
    faults = {each.fault for member in case.members for each in case.question.speeds.get(member.key, ()) if each.fault}
    yield from sorted(f"some measurements are not valid: {fault}" for fault in faults)
    yield from (f"unverified: {each}" for each in result.unverified)
