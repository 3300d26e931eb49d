"""What stands beside an assessment, as JSON: severity, tickets, context, figures of quality."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.model import Evidence, Ticket
from probe.report.figures import instant, ratio, seconds
from probe.sla.beside import Before, Context, Latency, Mark, Quality

Document = dict[str, Any]


def mark_document(mark: Mark | None) -> Document:
    """The keys that an outage has beside its own."""
    return {
        "severity": None if mark is None or mark.severity is None else str(mark.severity),
        "tickets": [] if mark is None else [ticket_document(ticket) for ticket in mark.tickets],
        "evidence": [] if mark is None else [_evidence(one) for one in mark.evidence],
    }


def _evidence(one: Evidence) -> Document:
    """A route or a certificate seen while the fault was on."""
    return {"kind": str(one.kind), "at": instant(one.at_ms), "document": dict(one.document)}


def tickets_document(tickets: Iterable[Ticket]) -> Document:
    """What `probe ticket list --json` prints."""
    return {"schema": 1, "tickets": [ticket_document(one) for one in tickets]}


def ticket_document(one: Ticket) -> Document:
    """One ticket, the later rows of it on top."""
    return {
        "service": one.service,
        "number": one.number,
        "check": one.key,
        "outage_at": instant(one.outage_ms),
        "opened_at": instant(one.opened_ms),
        "answered_at": instant(one.answered_ms),
        "closed_at": instant(one.closed_ms),
        "note": one.note,
        "withdrawn": one.is_withdrawn,
        "entered_at": instant(one.entered_at_ms),
        "entered_by": one.entered_by,
        "entries": one.entries,
    }


def context_document(one: Context) -> Document:
    """Failures in proportion."""
    return {
        "outages": one.outages,
        "suspects": one.suspects,
        "failed": one.grid and one.grid.failed,
        "attempts": one.grid and one.grid.attempts,
        "share": ratio(one.share),
        "downtime": seconds(one.point_ms),
        "trend": one.trend,
        "before": [_before(each) for each in one.before],
    }


def _before(one: Before) -> Document:
    return {
        "period": one.label,
        "outages": one.outages,
        "downtime": {"low": seconds(one.low_ms), "point": seconds(one.point_ms)},
        "verdict": str(one.verdict),
        "measured": seconds(one.measured_ms),
    }


def quality_document(one: Quality) -> Document:
    """MTBF and MTTR are point estimates; latencies are milliseconds, null where they lie among the lost."""
    return {
        "mtbf": seconds(one.mtbf_ms),
        "mttr": seconds(one.mttr_ms),
        "bounded": False,
        "worst_window": {
            name: {"low": ratio(worst.low), "high": ratio(worst.high)} for name, worst in one.worst.items()
        },
        "latency": {key: _latency(each) for key, each in one.latency.items()},
    }


def _latency(one: Latency) -> Document:
    within = one.loss_bounds
    return {
        "attempts": one.attempts,
        "lost": one.lost,
        "unknown": one.unknown,
        "loss": ratio(one.loss),
        "loss_bounds": None if within is None else {"low": ratio(within[0]), "high": ratio(within[1])},
        "loss_runs": {"count": one.pattern.runs, "longest": one.pattern.longest, "closest": one.pattern.closest},
        "all_ms": {name: None if us is None else us / 1000 for name, us in one.all_us.items()},
        "jitter_rfc3550_ms": one.jitter
        and {"last": int(one.jitter.last_us) / 1000, "highest": int(one.jitter.highest_us) / 1000},
        "answered_ms": {name: us / 1000 for name, us in one.arrived_us.items()},
    }


def comparison_document(
    pairs: Iterable[tuple[str, str | None, Document | None, Document | None]], *, under: str | None, header: Document
) -> Document:
    """What `probe report --compare --json` prints; under null: the one rule is the plain measure."""
    rows = [{"service": service, "check": check, "own": own, "common": common} for service, check, own, common in pairs]
    return {**header, "under": under, "comparison": rows}
