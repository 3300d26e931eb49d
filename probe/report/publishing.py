"""The document of the status page: what `probe publish` writes beside its pages, and what those show.

It names no target, no reason and no text that came from the network: a status page is read by strangers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from probe.model import Window
from probe.report.figures import exact_ratio, instant, ratio, seconds
from probe.sla.assessment import Outage
from probe.sla.picture import Day
from probe.view.snapshot import CheckStatus, ServiceStatus, Snapshot

Document = dict[str, Any]
WORST: Final = ("down", "unknown", "pending", "paused", "up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """One occurrence of a declared window that has not ended."""

    start_ms: int
    end_ms: int
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One service: its checks as they stand and day by day, the running period of each promise, what went wrong
    and what is planned. provider None: nobody is named."""

    name: str
    provider: str | None
    checks: tuple[tuple[CheckStatus, tuple[Day, ...]], ...]
    standings: tuple[ServiceStatus, ...]
    outages: tuple[Outage, ...]
    announced: tuple[Announced, ...]


def status_page_document(seen: Snapshot, services: Iterable[Shown], days: int) -> Document:
    """Every service with its checks, its last days, its outages and its announced work."""
    return {
        "schema": 1,
        "generated_at": instant(seen.as_of_ms),
        "vantage": seen.vantage,
        "days": days,
        "agent": {"state": seen.agent, "since": instant(seen.agent_since_ms)},
        "line": str(seen.line),
        "services": [_service(one) for one in services],
    }


def page_of(name: str) -> str:
    """The file of a service's page: nothing of the name but letters, digits and dashes, and no two the same."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48].strip("-")
    if plain != name or not plain:
        plain = f"{plain or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return f"service-{plain}.html"


def _service(one: Shown) -> Document:
    return {
        "name": one.name,
        "provider": one.provider,
        "page": page_of(one.name),
        "state": _worst([check for check, _ in one.checks]),
        "maintenance": any(check.in_maintenance for check, _ in one.checks),
        "checks": [_check(check, days) for check, days in one.checks],
        "periods": [_standing(each) for each in one.standings],
        "outages": [_outage(each) for each in one.outages],
        "announced": [_announced(each) for each in one.announced],
    }


def _worst(checks: Sequence[CheckStatus]) -> str:
    """The gravest state of the checks; a failure that is not confirmed is not down yet."""
    states = {_state(check) for check in checks}
    return next(word for word in WORST if word in states)


def _state(check: CheckStatus) -> str:
    state = str(check.standing)
    return "unknown" if state == "down" and check.failures < check.confirm else state


def _check(check: CheckStatus, days: Sequence[Day]) -> Document:
    return {
        "name": check.key,
        "kind": check.kind,
        "state": _state(check),
        "since": instant(check.since_ms),
        "maintenance": check.in_maintenance,
        "cause": None if check.cause is None else str(check.cause),
        "days": [_day(each) for each in days],
    }


def _day(one: Day) -> Document:
    whole = one.whole
    return {
        "day": one.day.isoformat(),
        "judged": seconds(whole.end_ms - whole.start_ms),
        "down": seconds(whole.down_ms),
        "maintenance": seconds(whole.planned_ms),
        "uncertain": seconds(whole.maybe_ms),
        "unknown": seconds(whole.unknown_ms),
    }


def _standing(one: ServiceStatus) -> Document:
    return {
        "check": one.check,
        "period": one.period,
        "target": None if one.target is None else exact_ratio(one.target),
        "availability": {"low": ratio(one.low), "point": ratio(one.point), "high": ratio(one.high)},
        "verdict": str(one.verdict),
        "reason": None if one.reason is None else str(one.reason),
    }


def _outage(one: Outage) -> Document:
    end = None
    if one.end_latest_ms is not None:
        end = {"earliest": instant(one.end_earliest_ms), "latest": instant(one.end_latest_ms)}
    return {
        "check": one.key,
        "start": {"earliest": instant(one.start_earliest_ms), "latest": instant(one.start_latest_ms)},
        "end": end,
        "cause": str(one.cause),
        "gap": seconds(one.gap_ms),
    }


def _announced(one: Announced) -> Document:
    return {
        "start": instant(one.start_ms),
        "end": instant(one.end_ms),
        "kind": str(one.window.kind),
        "checks": list(one.window.checks),
        "announced_at": instant(one.window.announced_at_ms),
        "reason": one.window.reason or None,
    }
