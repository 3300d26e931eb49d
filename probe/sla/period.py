"""The spans that an SLA is judged over: calendar months, quarters, years and trailing days of a zone.

A period begins at the first instant whose local date is its first day, so it is 743 or 745 hours
where the clocks change. A billing month is taken for the calendar month: the terms never say when
it begins, and the assessment says so in a note.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from probe.errors import UsageError
from probe.sla import wallclock
from probe.sla.assessment import PeriodSpan

MONTHS: Final = {
    "calendar_month": 1,
    "billing_month": 1,
    "calendar_quarter": 3,
    "calendar_year": 12,
    "event": 1,
    "day": 1,
}
"""How many calendar months each is judged over; what is counted per event or day is reported by the month."""

WORDS: Final = (*MONTHS, "trailing_days", "trailing_months")
ASK_FOR: Final = "a period is a month (2026-10), a quarter (2026-Q3), a year (2026) or trailing days (30d)"

_NAMED: Final = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>\d\d)))?")
_TRAILING: Final = re.compile(r"(?P<days>[1-9]\d{0,3})d")


class PeriodKind(NamedTuple):
    """How the terms cut time; `days` or `months` is the length of trailing ones."""

    word: str
    days: int = 30
    months: int = 12


def parse(text: str, zone: str, as_of_ms: int) -> PeriodSpan:
    """The period that a person named: "2026-10", "2026-Q3", "2026", "30d"; UsageError says what can be named."""
    trailing = _TRAILING.fullmatch(text.strip())
    if trailing:
        return last_full(PeriodKind("trailing_days", int(trailing["days"])), as_of_ms, zone)
    named = _NAMED.fullmatch(text.strip())
    if not named or not 1 <= int(named["month"] or 1) <= 12 or not 1970 <= int(named["year"]) < 9999:
        raise UsageError(f'"{text}" is not a period; {ASK_FOR}')
    if named["month"]:
        months, first = 1, int(named["month"])
    elif named["quarter"]:
        months, first = 3, int(named["quarter"]) * 3 - 2
    else:
        months, first = 12, 1
    return _months(date(int(named["year"]), first, 1), months, zone, as_of_ms)


def between(start: str, end: str, zone: str, as_of_ms: int) -> PeriodSpan:
    """The span from one ISO date or time to another, in the zone where they name none; UsageError if not a span."""
    start_ms, end_ms = moment(start, zone), moment(end, zone)
    if start_ms >= end_ms:
        raise UsageError(f"a period must end after it begins: {start} to {end}")
    return PeriodSpan(start_ms, end_ms, zone, f"{start}/{end}", end_ms <= as_of_ms, is_calendar=False)


def moment(text: str, zone: str) -> int:
    """An ISO date or time as an instant in ms, on the zone's wall clock unless it names an offset; UsageError."""
    try:
        stated = datetime.fromisoformat(text)
        if stated.tzinfo is None:
            return wallclock.first(stated, wallclock.zone(zone))
    except (ValueError, OverflowError) as error:
        raise UsageError(f'"{text}" in {zone} is not a date or time such as 2026-10-03T04:10:00Z') from error
    return (stated - wallclock.EPOCH) // wallclock.MILLISECOND


def months_of(kind: PeriodKind | None) -> int:
    """How many months a period is long; 1 for those of days, and where none is stated."""
    if kind is None or kind.word == "trailing_days":
        return 1
    return kind.months if kind.word == "trailing_months" else MONTHS[kind.word]


def containing(kind: PeriodKind, instant_ms: int, zone: str, as_of_ms: int) -> PeriodSpan:
    """The period of that kind in which the instant lies; trailing ones end with its day or month."""
    day = wallclock.local(instant_ms, wallclock.zone(zone)).date()
    if kind.word == "trailing_days":
        return _days(day + timedelta(days=1), kind.days, zone, as_of_ms)
    if kind.word == "trailing_months":
        return _trailing_months(day, kind.months, zone, as_of_ms)
    months = MONTHS[kind.word]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return _months(first, months, zone, as_of_ms)


def last_full(kind: PeriodKind, as_of_ms: int, zone: str) -> PeriodSpan:
    """The latest period of that kind which has ended by `as_of_ms`."""
    if kind.word == "trailing_days":
        today = wallclock.local(as_of_ms, wallclock.zone(zone)).date()
        return _days(today, kind.days, zone, as_of_ms)
    month = kind if kind.word in MONTHS else PeriodKind("calendar_month")
    running = containing(month, as_of_ms, zone, as_of_ms)
    return containing(kind, running.start_ms - 1, zone, as_of_ms)


def shifted(period: PeriodSpan, zone: str, as_of_ms: int) -> PeriodSpan:
    """The same local dates on the wall clock of another zone."""
    here, there = wallclock.zone(period.timezone), wallclock.zone(zone)
    start = wallclock.first(wallclock.local(period.start_ms, here), there)
    end = wallclock.first(wallclock.local(period.end_ms, here), there)
    return PeriodSpan(start, end, zone, period.label, end <= as_of_ms)


def _months(first: date, months: int, zone: str, as_of_ms: int) -> PeriodSpan:
    after = first.month - 1 + months
    end = date(first.year + after // 12, after % 12 + 1, 1)
    label = {1: f"{first:%Y-%m}", 3: f"{first:%Y}-Q{first.month // 3 + 1}", 12: f"{first:%Y}"}[months]
    return _span(first, end, zone, label, as_of_ms)


def _trailing_months(day: date, months: int, zone: str, as_of_ms: int) -> PeriodSpan:
    """So many whole calendar months, the last of them that of the day."""
    end = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    before = end.year * 12 + end.month - 1 - months
    start = date(before // 12, before % 12 + 1, 1)
    return _span(start, end, zone, f"{months} months to {day:%Y-%m}", as_of_ms)


def _days(end: date, days: int, zone: str, as_of_ms: int) -> PeriodSpan:
    return _span(end - timedelta(days=days), end, zone, f"{days} days to {end - timedelta(days=1)}", as_of_ms)


def _span(first: date, end: date, zone: str, label: str, as_of_ms: int) -> PeriodSpan:
    where = wallclock.zone(zone)
    start_ms, end_ms = wallclock.midnight(first, where), wallclock.midnight(end, where)
    return PeriodSpan(start_ms, end_ms, zone, label, end_ms <= as_of_ms)
