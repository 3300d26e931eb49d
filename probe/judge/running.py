"""The running period of each service that has something promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.judge.choice import kind_of, running, zone_of
from probe.sla.assessment import PeriodSpan
from probe.sla.service import Service

if TYPE_CHECKING:
    from probe.config import Config


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
