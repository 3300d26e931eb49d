"""The running period of each service, and the short form of its assessment."""

from __future__ import annotations

from probe.config import Config
from probe.judge.choice import kind_of, running, zone_of
from probe.sla.assessment import Assessment, PeriodSpan
from probe.sla.service import Service
from probe.view.snapshot import ServiceStatus


def running_services(config: Config, as_of_ms: int) -> list[tuple[Service, PeriodSpan]]:
    """Every service with something promised, and the period of it that is running."""
    periods: dict[tuple[object, str], PeriodSpan] = {}
    found = []
    for service in config.services:
        if service.terms is None and service.objective is None:
            continue
        calendar = kind_of(service), zone_of(service)
        if calendar not in periods:
            periods[calendar] = running(service, as_of_ms)
        found.append((service, periods[calendar]))
    return found


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
