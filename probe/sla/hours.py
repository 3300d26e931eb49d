"""Service hours as instants: the promise holds only then (availability.md, section 4)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from probe.sla import wallclock
from probe.sla.clauses import ServiceHours
from probe.sla.interval import Intervals


@lru_cache(maxsize=256)
def expand(hours: ServiceHours, start_ms: int, end_ms: int, zone: str) -> Intervals:
    """The service hours inside [start_ms, end_ms) on the wall clock of the zone."""
    where = wallclock.zone(zone)
    day = wallclock.local(start_ms, where).date()
    last = wallclock.local(end_ms, where).date()
    found = []
    while day <= last:
        if day.isoweekday() in hours.days:
            found.append((_first(day, hours.start, where), _first(day, hours.end, where)))
        day += timedelta(days=1)
    return Intervals.of(found).clip(start_ms, end_ms)


def _first(day: date, text: str, where: ZoneInfo) -> int:
    if text == "24:00":
        return wallclock.midnight(day + timedelta(days=1), where)
    return wallclock.first(datetime.combine(day, time.fromisoformat(text)), where)
