"""Which period a judgement is about, in the zone and by the calendar of the terms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from probe.errors import UsageError
from probe.judge.asked import PeriodChoice
from probe.sla import period, wallclock
from probe.sla.assessment import PeriodSpan
from probe.sla.period import PeriodKind
from probe.sla.service import Service

if TYPE_CHECKING:
    from probe.config import Config

PLAIN: Final = PeriodKind("calendar_month")
"""The period of a service whose terms state none."""

CALENDARS: Final = ("calendar_month", "calendar_quarter", "calendar_year")


def zone_of(service: Service) -> str:
    """Where the service's midnights fall: the terms' zone, else the service's own, else UTC."""
    stated = service.terms.timezone if service.terms else None
    return stated or service.timezone or "UTC"


def kind_of(service: Service) -> PeriodKind:
    """How the terms cut time; by the calendar month where they do not say."""
    stated = service.terms.period if service.terms else None
    return stated or PLAIN


def chosen(service: Service, choice: PeriodChoice | None, as_of_ms: int) -> PeriodSpan:
    """The period of a service that was asked for; UsageError when the text names none, or one that has not begun."""
    span = _chosen(service, choice, as_of_ms)
    if span.start_ms > as_of_ms:
        raise UsageError(f"{span.label} has not begun: it starts at {_iso(span.start_ms)}; ask for an earlier period")
    return span


def _chosen(service: Service, choice: PeriodChoice | None, as_of_ms: int) -> PeriodSpan:
    zone = zone_of(service)
    if choice is None:
        return period.last_full(kind_of(service), as_of_ms, zone)
    if choice.text is not None:
        return period.parse(choice.text, zone, as_of_ms)
    if choice.start_ms is None or choice.end_ms is None:
        return period.last_full(kind_of(service), as_of_ms, zone)
    label = f"{_iso(choice.start_ms)}/{_iso(choice.end_ms)}"
    return PeriodSpan(choice.start_ms, choice.end_ms, zone, label, choice.end_ms <= as_of_ms, is_calendar=False)


def running(service: Service, as_of_ms: int) -> PeriodSpan:
    """The period of a service that the instant lies in."""
    return period.containing(kind_of(service), as_of_ms, zone_of(service), as_of_ms)


def preceding(span: PeriodSpan, as_of_ms: int) -> PeriodSpan:
    """The period before: of the calendar where the period is one of it, else as much time as the period is long."""
    for word in CALENDARS:
        same = period.containing(PeriodKind(word), span.start_ms, span.timezone, as_of_ms)
        if (same.start_ms, same.end_ms) == (span.start_ms, span.end_ms):
            return period.containing(PeriodKind(word), span.start_ms - 1, span.timezone, as_of_ms)
    length = span.end_ms - span.start_ms
    return PeriodSpan(span.start_ms - length, span.start_ms, span.timezone, "the time before", True)


def on_its_day(config: Config, service: Service, span: PeriodSpan) -> tuple[Service, str | None]:
    """The service under the terms valid on the first day of the period, and a note where none is known to be."""
    if service.terms is None:
        return service, None
    day = wallclock.local(span.start_ms, wallclock.zone(span.timezone)).date()
    valid = config.service_on(service, day)
    if valid.terms is not None:
        return valid, None
    first = config.versions[service.name][0]
    note = f"no version of {first.id} is known to have been valid on {day}; judged by version {first.version}"
    return replace(service, terms=first), note


def _iso(at_ms: int) -> str:
    return wallclock.local(at_ms, wallclock.zone("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
