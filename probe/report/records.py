"""The small documents of `--json`: outcomes, windows, configuration problems, the vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from probe.model import Check, Finding, Outcome, Window
from probe.report.figures import instant, seconds

if TYPE_CHECKING:
    from probe.runner import Attempted

Document = dict[str, Any]
Broken = tuple[str, int]


def log_document(outcomes: Iterable[Outcome], *, vantage: str, check: str) -> Document:
    """What `probe log --json` prints: every outcome with all that was kept of it."""
    return {"schema": 1, "vantage": vantage, "check": check, "outcomes": [outcome_document(one) for one in outcomes]}


def outcome_document(one: Outcome) -> Document:
    """One outcome; the names are those that import reads."""
    return {
        "check": one.key,
        "at": instant(one.at_ms),
        "due": instant(one.due_ms),
        "origin": str(one.origin),
        **_finding(one.finding),
        "revision": one.revision,
    }


def check_document(tried: Sequence[tuple[Check, Attempted, Document | None, Broken | None]]) -> Document:
    """What `probe check --json` prints: all that each attempt saw, and with --trace the route to its address.

    ended_in: the phase in which an attempt ended without an answer.
    """
    return {
        "schema": 1,
        "checks": [
            {**_tried(check, one), "ended_in": broken and broken[0], "route": route}
            for check, one, route, broken in tried
        ],
    }


def _tried(check: Check, tried: Attempted) -> Document:
    found = tried.finding
    return {
        "check": check.key,
        "kind": check.kind,
        "target": check.target,
        "at": instant(tried.sent.wall_ms),
        "took_ms": (tried.ended.boot_ns - tried.sent.boot_ns) // 1000 / 1000,
        **_finding(found),
        "assertions": [one._asdict() for one in found.assertions],
    }


def _finding(found: Finding) -> Document:
    return {
        "state": str(found.state),
        "reason": None if found.reason is None else str(found.reason),
        "latency_ms": None if found.latency_us is None else found.latency_us / 1000,
        "phases_ms": {name: taken / 1000 for name, taken in found.phases_us.items()},
        "address": found.address,
        "detail": found.detail,
        "facts": dict(found.facts),
    }


def windows_document(windows: Iterable[Window]) -> Document:
    """What `probe maintenance list --json` prints."""
    return {"schema": 1, "windows": [window_document(one) for one in windows]}


def window_document(one: Window) -> Document:
    """One declared window, removed or not."""
    return {
        "id": one.id,
        "provider": one.provider,
        "service": one.service,
        "checks": list(one.checks),
        "kind": str(one.kind),
        "start": instant(one.start_ms),
        "end": instant(one.end_ms),
        "every": one.every,
        "from": one.from_time,
        "lasts": seconds(one.lasts_ms),
        "zone": one.zone,
        "starts": one.starts,
        "until": one.until,
        "announced_at": instant(one.announced_at_ms),
        "entered_at": instant(one.entered_at_ms),
        "entered_by": one.entered_by,
        "source": one.source,
        "reason": one.reason,
        "uid": one.uid,
        "impact": one.impact,
        "after_the_fact": one.is_after_the_fact,
        "removed_at": instant(one.removed_at_ms),
    }


def validation_document(problems: Sequence[str], warnings: Sequence[str]) -> Document:
    """What `probe validate --json` prints."""
    return {"schema": 1, "valid": not problems, "problems": list(problems), "warnings": list(warnings)}


def vectors_document(results: Sequence[tuple[str, Sequence[str]]]) -> Document:
    """What `probe sla vectors --json` prints."""
    return {
        "schema": 1,
        "passed": sum(not differences for _, differences in results),
        "vectors": [{"id": name, "differences": list(differences)} for name, differences in results],
    }
