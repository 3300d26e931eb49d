"""Values for screens: a realistic office in October, with knobs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from probe.model import Cause, Reason, Role
from probe.sla.assessment import (
    Assessment,
    Bounds,
    Claim,
    Credit,
    Exclusion,
    Figures,
    LineSpeed,
    Objective,
    Outage,
    PeriodSpan,
    Promise,
    Reading,
    Resolution,
    SpeedTest,
    Stretch,
    Verdict,
    Why,
)
from probe.view.snapshot import CheckStatus, Line, ServiceStatus, Snapshot, Standing

DAY = 86_400_000
OCTOBER = 1_790_812_800_000
"""2026-10-01T00:00:00Z."""
NOVEMBER = OCTOBER + 31 * DAY
NOW = OCTOBER + 2 * DAY + 4 * 3_600_000
"""2026-10-03T04:00:00Z."""


def check(key: str = "shop-front", standing: Standing = Standing.UP, **more: Any) -> CheckStatus:
    """One row of the status."""
    known: dict[str, Any] = {
        "key": key,
        "kind": "http",
        "target": "https://shop.example.net/health",
        "service": "shop",
        "role": Role.CHECK,
        "standing": standing,
        "failures": 3 if standing is Standing.DOWN else 0,
        "confirm": 3,
        "since_ms": NOW - 9_000_000,
        "last_at_ms": NOW - 4_000,
        "next_at_ms": NOW + 56_000,
        "reason": None,
        "detail": "",
        "cause": None,
        "latency_us": 12_345,
        "in_maintenance": False,
        "strip": "U" * 24,
    }
    return CheckStatus(**(known | more))


def service(name: str = "shop", **more: Any) -> ServiceStatus:
    """One row of the services."""
    known: dict[str, Any] = {
        "service": name,
        "check": "shop-front",
        "provider": "DigitalOcean",
        "agreement": "digitalocean/droplet",
        "target": Fraction(9999, 10000),
        "period": "2026-10",
        "low": Fraction(999_120, 1_000_000),
        "point": None,
        "high": Fraction(999_870, 1_000_000),
        "budget_left_ms": (Fraction(-120_000), Fraction(190_000)),
        "budget_ms": Fraction(267_840),
        "verdict": Verdict.UNDECIDED,
        "reason": Why.RUNNING,
    }
    return ServiceStatus(**(known | more))


def snapshot(*checks: CheckStatus, services: tuple[ServiceStatus, ...] = (), **more: Any) -> Snapshot:
    """One look."""
    known: dict[str, Any] = {
        "as_of_ms": NOW,
        "vantage": "office-berlin",
        "agent": "running",
        "agent_since_ms": NOW - 3 * DAY,
        "line": Line.UP,
        "line_cause": None,
        "strip_slice_ms": 3_600_000,
        "checks": checks,
        "services": services,
    }
    return Snapshot(**(known | more))


def office() -> Snapshot:
    """One check fails and is not confirmed, one is down, one cannot be judged; the line is watched."""
    return snapshot(
        check(),
        check(
            "mail",
            Standing.DOWN,
            kind="tcp",
            reason=Reason.REFUSED,
            cause=Cause.PROVIDER_OR_PATH,
            latency_us=None,
            strip="U" * 22 + "SD",
            detail="[Errno 111] Connection refused",
        ),
        check("blog", Standing.DOWN, failures=1, reason=Reason.TIMEOUT, latency_us=None, strip="U" * 23 + "S"),
        check(
            "vpn",
            Standing.UNKNOWN,
            kind="icmp",
            service=None,
            reason=Reason.NO_ROUTE_LOCAL,
            cause=Cause.OWN_NETWORK,
            latency_us=None,
            strip=" " * 20 + "U??U",
        ),
        check("gateway", role=Role.GATEWAY, kind="icmp", service=None, latency_us=450),
        services=(service(),),
    )


def outage(**more: Any) -> Outage:
    """An outage of five minutes on the third of October."""
    known: dict[str, Any] = {
        "key": "shop-front",
        "start_earliest_ms": NOW,
        "start_latest_ms": NOW + 60_000,
        "end_earliest_ms": NOW + 300_000,
        "end_latest_ms": NOW + 360_000,
        "cause": Cause.PROVIDER_OR_PATH,
        "is_confirmed": True,
        "attempts": 12,
        "counted_ms": 240_000,
        "gap_ms": 0,
    }
    return Outage(**(known | more))


SLOW_LINE = LineSpeed(
    rule="de_fixed",
    direction="down",
    contract={"maximum": 100_000_000},
    progress="3 of 3 days done, 30 of 30 measurements valid",
    missing=(),
    tests=(SpeedTest("maximum", True, "reached on 1 of 3 days"),),
    seen=("30 measurements",),
    unverified=("3 hours",),
)


def assessment(**more: Any) -> Assessment:
    """October was missed, with a window, an outage, a stretch, a reading and all else that a report shows."""
    known: dict[str, Any] = {
        "service": "shop",
        "check": "shop-front",
        "vantage": "office-berlin",
        "provider": "DigitalOcean",
        "agreement": "digitalocean/droplet",
        "agreement_version": "2025-06-03",
        "promise": Promise("availability", ">=", Fraction(9999, 10000)),
        "rule": "whole minutes without any answer, added up",
        "period": PeriodSpan(OCTOBER, NOVEMBER, "UTC", "2026-10", True),
        "as_of_ms": NOVEMBER + DAY,
        "downtime": Figures(660_000, Fraction(692_500), 725_000, 725_000, 725_000),
        "raw_downtime": Figures(900_000, Fraction(932_500), 965_000, 965_000),
        "unknown_ms": 60_000,
        "denominator_ms": 31 * DAY,
        "budget_ms": Fraction(267_840),
        "budget_left": (Fraction(-457_160), Fraction(-392_160)),
        "coverage": Fraction(31 * DAY - 60_000, 31 * DAY),
        "availability": Bounds(Fraction(9997, 10000), Fraction(99974, 100000), Fraction(99975, 100000)),
        "verdict": Verdict.MISSED,
        "reason": None,
        "claimable": True,
        "readings": (
            Reading(
                "maintenance",
                "maintenance is excused",
                Verdict.MISSED,
                None,
                Bounds(Fraction(9997, 10000), None, Fraction(99975, 100000)),
            ),
        ),
        "exclusions": (
            Exclusion(NOW, NOW + 240_000, "scheduled_maintenance", "numerator", 240_000, None, 1),
            Exclusion(NOW + DAY, NOW + DAY + 60_000, "scheduled_maintenance", "numerator", 0, "announced too late", 2),
        ),
        "outages": (outage(),),
        "stretches": (Stretch(NOW + DAY, NOW + DAY + 60_000, Cause.AGENT_GAP),),
        "credit": Credit(Decimal("24.00"), Decimal("24.00"), "USD", "row < 99.99 % → 100 %"),
        "claim": Claim(None, None, ("a ticket number",)),
        "objective": Objective(
            Fraction(9995, 10000), Verdict.MET, None, Fraction(1_339_200), (Fraction(600_000), Fraction(679_200))
        ),
        "resolution": Resolution(120_000, 5_000, 60_000),
        "burn": {"1h": Fraction(0), "6h": Fraction(29, 20)},
        "samples": 44_808,
        "revisions": ("ab12",),
        "notes": ("the terms let the provider's own monitor decide",),
    }
    return Assessment(**(known | more))
