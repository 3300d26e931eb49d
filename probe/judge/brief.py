"""The short form of an assessment."""

from __future__ import annotations

from probe.sla.assessment import Assessment
from probe.view.snapshot import ServiceStatus


def brief_of(one: Assessment) -> ServiceStatus:
    """What one row of `status` needs."""
    bounds = one.availability
    return ServiceStatus(
        service=one.service,
        check=one.check,
        provider=one.provider,
        agreement=one.agreement,
        target=one.promise.target if one.promise else None,
        period=one.period.label,
        low=bounds.low if bounds else None,
        point=bounds.point if bounds else None,
        high=bounds.high if bounds else None,
        budget_left_ms=one.budget_left,
        budget_ms=one.budget_ms,
        verdict=one.verdict,
        reason=one.reason,
    )
