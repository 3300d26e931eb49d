"""The documents of `--json`: one document, "schema": 1, keys only ever added, absence is null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from probe.model import Cause
from probe.report.beside import context_document, mark_document, quality_document
from probe.report.figures import exact_decimal, exact_ratio, instant, ratio, seconds
from probe.sla.assessment import (
    Assessment,
    Credit,
    Exclusion,
    Figures,
    LineSpeed,
    Measured,
    Objective,
    Outage,
    PeriodSpan,
    Reading,
    Stretch,
)
from probe.sla.beside import Beside, Mark
from probe.sla.budget import ALERTS
from probe.view.snapshot import CheckStatus, Snapshot

SCHEMA: Final = 1
NOTHING_BESIDE: Final = Beside()
Document = dict[str, Any]


def report_document(assessments: Iterable[Document], *, generated_at_ms: int, vantage: str, tzdata: str) -> Document:
    """What `probe report --json` prints, of the documents of the assessments."""
    return {
        **report_header(generated_at_ms=generated_at_ms, vantage=vantage, tzdata=tzdata),
        "assessments": list(assessments),
    }


def report_header(*, generated_at_ms: int, vantage: str, tzdata: str) -> Document:
    """What every report begins with."""
    return {"schema": SCHEMA, "generated_at": instant(generated_at_ms), "vantage": vantage, "tzdata": tzdata}


def status_document(snapshot: Snapshot) -> Document:
    """What `probe status --json` prints: every check, and the running assessment of every service."""
    return {
        "schema": SCHEMA,
        "generated_at": instant(snapshot.as_of_ms),
        "vantage": snapshot.vantage,
        "agent": {"state": snapshot.agent, "since": instant(snapshot.agent_since_ms)},
        "line": {"state": str(snapshot.line), "cause": _word(snapshot.line_cause)},
        "checks": [check_document(check) for check in snapshot.checks],
        "services": [assessment_document(one) for one in snapshot.assessments],
        "warnings": list(snapshot.warnings),
    }


def outages_document(
    outages: Iterable[Outage], *, service_of: dict[str, str | None], marks: Mapping[Outage, Mark]
) -> Document:
    """What `probe outages --json` prints."""
    return {
        "schema": SCHEMA,
        "outages": [
            {
                "check": one.key,
                "service": service_of.get(one.key),
                **_edges(one),
                "cause": str(one.cause),
                "confirmed": one.is_confirmed,
                "attempts": one.attempts,
                "gap": seconds(one.gap_ms),
                **mark_document(marks.get(one)),
            }
            for one in outages
        ],
    }


def check_document(check: CheckStatus) -> Document:
    """One check of the status document."""
    return {
        "name": check.key,
        "kind": check.kind,
        "target": check.target,
        "service": check.service,
        "role": str(check.role),
        "state": str(check.standing),
        "failures": check.failures,
        "confirm": check.confirm,
        "since": instant(check.since_ms),
        "last_at": instant(check.last_at_ms),
        "next_at": instant(check.next_at_ms),
        "reason": _word(check.reason),
        "detail": check.detail,
        "cause": _word(check.cause),
        "latency_ms": None if check.latency_us is None else check.latency_us / 1000,
        "maintenance": check.in_maintenance,
        "strip": check.strip,
    }


def assessment_document(one: Assessment, beside: Beside = NOTHING_BESIDE) -> Document:
    """One assessment, every key always there."""
    return {
        "service": one.service,
        "check": one.check,
        "vantage": one.vantage,
        "provider": one.provider,
        "agreement": one.agreement,
        "agreement_version": one.agreement_version,
        "promise": one.promise and {**one.promise._asdict(), "target": exact_ratio(one.promise.target)},
        "rule": one.rule,
        "period": _period(one.period),
        "as_of": instant(one.as_of_ms),
        **_downtime(one),
        **_judgement(one),
        "exclusions": [_exclusion(exclusion) for exclusion in one.exclusions],
        "outages": [{**_counted(outage), **mark_document(beside.marks.get(outage))} for outage in one.outages],
        "unknown_stretches": [_stretch(stretch) for stretch in one.stretches],
        **_remedy(one),
        "objective": one.objective and _objective(one.objective),
        "resolution": {
            "declared": seconds(one.resolution.declared_ms),
            "h1": seconds(one.resolution.h1_ms),
            "h2": seconds(one.resolution.h2_ms),
        },
        "measured": one.measured and _measured(one.measured),
        "line": one.line and _line(one.line),
        "context": beside.context and context_document(beside.context),
        "quality": beside.quality and quality_document(beside.quality),
        "samples": one.samples,
        "revision": one.revisions[0] if len(one.revisions) == 1 else None,
        "revisions": list(one.revisions),
        "parameters": dict(one.parameters),
        "notes": list(one.notes),
        "method": one.method,
    }


def _downtime(one: Assessment) -> Document:
    return {
        "downtime": {**_figures(one.downtime), "high_at_resolution": seconds(one.downtime.at_resolution)},
        "raw_downtime": _figures(one.raw_downtime),
        "unknown": seconds(one.unknown_ms),
        "denominator": seconds(one.denominator_ms),
        "budget": seconds(one.budget_ms),
        "budget_left": one.budget_left and {"low": seconds(one.budget_left[0]), "high": seconds(one.budget_left[1])},
        "burn": {window: exact_ratio(rate) for window, rate in one.burn.items()},
        "burn_alerts": [window for window, rate in one.burn.items() if rate >= ALERTS.get(window, rate + 1)],
        "coverage": ratio(one.coverage),
        "availability": one.availability and {key: ratio(value) for key, value in one.availability._asdict().items()},
    }


def _judgement(one: Assessment) -> Document:
    return {
        "verdict": str(one.verdict),
        "reason": _word(one.reason),
        "claimable": one.claimable,
        "readings": [_reading(reading) for reading in one.readings],
    }


def _measured(one: Measured) -> Document:
    """A metric that is not availability, in its unit."""
    values = {"low": one.low, "point": one.point, "high": one.high}
    exact = {name: None if value is None else exact_decimal(value) for name, value in values.items()}
    return {"unit": one.unit, **exact, "samples": one.samples}


def _line(one: LineSpeed) -> Document:
    """The speed of a line under a regulator's rule; speeds in bit/s."""
    return {
        "rule": one.rule,
        "direction": one.direction,
        "contract": {name: exact_decimal(Fraction(value)) for name, value in one.contract.items()},
        "progress": one.progress,
        "missing": list(one.missing),
        "tests": [each._asdict() for each in one.tests],
        "from_the_regulation": list(one.seen),
        "unverified": list(one.unverified),
    }


def _remedy(one: Assessment) -> Document:
    credit = one.credit and {**_owed(one.credit), "rule": one.credit.rule, "why": list(one.credit.why)}
    claim = one.claim and {
        "deadline": one.claim.deadline,
        "needs": None if one.claim.needs is None else list(one.claim.needs),
        "missing": list(one.claim.missing),
        "authority": one.claim.authority,
    }
    rights = [{"condition": each.condition, "reached": each.reached} for each in one.rights]
    return {"credit": credit, "claim": claim, "termination": rights}


def _owed(credit: Credit) -> Document:
    return {
        "certain": None if credit.certain is None else str(credit.certain),
        "possible": None if credit.possible is None else str(credit.possible),
        "currency": credit.currency,
    }


def _figures(figures: Figures) -> Document:
    return {
        "low": seconds(figures.low),
        "point": seconds(figures.point),
        "observed_high": seconds(figures.observed_high),
        "high": seconds(figures.high),
    }


def _period(period: PeriodSpan) -> Document:
    return {
        "start": instant(period.start_ms),
        "end": instant(period.end_ms),
        "timezone": period.timezone,
        "label": period.label,
        "complete": period.is_complete,
    }


def _exclusion(one: Exclusion) -> Document:
    return {
        "start": instant(one.start_ms),
        "end": instant(one.end_ms),
        "cause": one.cause,
        "effect": one.effect,
        "forgiven": seconds(one.forgiven_ms),
        "refused": one.refused,
        "window": one.window,
        "after_the_fact": one.is_after_the_fact,
        "entered_at": instant(one.entered_at_ms),
        "entered_by": one.entered_by or None,
    }


def _edges(one: Outage) -> Document:
    ends = None
    if one.end_latest_ms is not None:
        ends = {"earliest": instant(one.end_earliest_ms), "latest": instant(one.end_latest_ms)}
    return {
        "start": {"earliest": instant(one.start_earliest_ms), "latest": instant(one.start_latest_ms)},
        "end": ends,
    }


def _counted(one: Outage) -> Document:
    return {
        "check": one.key,
        **_edges(one),
        "cause": str(one.cause),
        "confirmed": one.is_confirmed,
        "attempts": one.attempts,
        "counted": seconds(one.counted_ms),
        "gap": seconds(one.gap_ms),
    }


def _stretch(one: Stretch) -> Document:
    return {"start": instant(one.start_ms), "end": instant(one.end_ms), "cause": str(one.cause)}


def _reading(one: Reading) -> Document:
    return {
        "clause": one.clause,
        "says": one.says,
        "verdict": str(one.verdict),
        "reason": _word(one.reason),
        "availability": {key: ratio(value) for key, value in one.availability._asdict().items()},
        "credit": one.credit and _owed(one.credit),
    }


def _objective(one: Objective) -> Document:
    return {
        "target": exact_ratio(one.target),
        "verdict": str(one.verdict),
        "reason": _word(one.reason),
        "budget": seconds(one.budget_ms),
        "budget_left": {"low": seconds(one.budget_left[0]), "high": seconds(one.budget_left[1])},
    }


def _word(value: Cause | str | None) -> str | None:
    return None if value is None else str(value)
