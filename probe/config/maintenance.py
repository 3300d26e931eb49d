"""[[maintenance]] tables become windows: one-off (start, end) or recurring (every, from, lasts, zone)."""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from probe.config import values
from probe.config.table import Table
from probe.model import Window, WindowKind

ONE_OFF: Final = ("start", "end")
RECURRING: Final = ("every", "from", "lasts", "zone", "starts", "until")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
RULE_PARTS: Final = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "WKST", "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY"}
)
_COUNT: Final = re.compile(r"[1-9]\d{0,2}", re.ASCII)
LONGEST_WINDOW_MS: Final = 366 * values.UNITS_MS["d"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What windows may name: providers, services, and names and keys of checks of this configuration."""

    providers: Collection[str]
    services: Collection[str]
    checks: Collection[str]


def read_window(table: Table, scope: Scope | None) -> Window | None:
    """The window of one [[maintenance]] table, None when a problem was added; scope None: names are not judged."""
    common: dict[str, Any] = {
        "provider": table.take("provider", _known(scope.providers if scope else None), None),
        "service": table.take("service", _known(scope.services if scope else None), None),
        "checks": table.take("checks", values.many(_known(scope.checks if scope else None)), ()),
        "kind": WindowKind(table.take("kind", values.choice(*WindowKind), WindowKind.SCHEDULED)),
        "announced_at_ms": table.take("announced_at", values.instant, None),
        "reason": table.take("reason", values.text, ""),
        "entered_by": "configuration",
        "source": "file",
    }
    recurs = table.has("every")
    times = _recurring(table, common["announced_at_ms"]) if recurs else _one_off(table)
    for key in ONE_OFF if recurs else RECURRING:
        if key in table.content:
            table.take(key, lambda value: value, None)
            table.complain(
                key, f"belongs to a {'one-off' if recurs else 'recurring'} window; this one is the other sort"
            )
    table.done()
    return Window(**common, **times) if table.is_sound("", *table.content, *times, *RECURRING, *ONE_OFF) else None


def _one_off(table: Table) -> Mapping[str, Any]:
    if not table.has(*ONE_OFF):
        table.complain(
            "", 'neither start and end nor every; write start = 2026-10-03T02:00:00Z and end, or every = "FREQ=…"'
        )
        return {}
    start = table.need("start", values.instant, None, "2026-10-03T02:00:00Z")
    end = table.need("end", values.instant, None, "2026-10-03T04:00:00Z")
    if start is not None and end is not None and not 0 < end - start <= LONGEST_WINDOW_MS:
        table.complain("end", "not after start; end it later" if end <= start else "over a year after start; use every")
    return {"start_ms": start, "end_ms": end}


def _recurring(table: Table, announced_at_ms: int | None) -> Mapping[str, Any]:
    zone = table.take("zone", values.zone, "UTC")
    from_time = table.need("from", values.time_of_day, None, '"03:00"')
    starts = table.take("starts", values.day, None)
    until = table.take("until", values.day, None)
    every = table.take("every", _rule, None)
    lasts_ms = table.need("lasts", _length, None, '"30m"')
    if starts is None and announced_at_ms is not None and from_time is not None:
        starts = _first_day(announced_at_ms, zone, from_time)
    if starts is None and table.is_sound("starts", "announced_at", "from"):
        table.complain("starts", "missing, and announced_at too; add the first day, such as starts = 2026-01-11")
    if starts and until and until < starts:
        table.complain("until", "before starts; make it later")
    if every and starts and not _occurs(every, starts):
        table.complain("every", f'"{every[:60]}" never occurs; name days that exist')
    return {
        "every": every,
        "from_time": from_time,
        "lasts_ms": lasts_ms,
        "zone": zone,
        "starts": starts and starts.isoformat(),
        "until": until and until.isoformat(),
    }


def _first_day(announced_at_ms: int, zone: str, from_time: str) -> date:
    """The first day whose window begins no earlier than the announcement, by the wall clock of `zone`."""
    local = (values.EPOCH + timedelta(milliseconds=announced_at_ms)).astimezone(ZoneInfo(zone))
    is_over = local.time() > time.fromisoformat(from_time)
    return local.date() + timedelta(days=is_over)


def _known(names: Collection[str] | None) -> values.Parse:
    def parse(value: object) -> str:
        given = values.text(value)
        if names is not None and given not in names:
            raise ValueError(f'"{given[:60]}" does not exist; {values.suggestion(given, names)}')
        return given

    return parse


def _length(value: object) -> int:
    lasts_ms = values.span(value)
    if lasts_ms > LONGEST_WINDOW_MS:
        raise ValueError("longer than a year; make it shorter")
    return lasts_ms


def _rule(value: object) -> str:
    """An RRULE of days: the time of day is `from`'s, the bounds are `starts`' and `until`'s."""
    given = values.text(value).strip().upper().removeprefix("RRULE:")
    parts = dict(part.partition("=")[::2] for part in given.split(";"))
    if parts.get("FREQ") not in FREQUENCIES:
        raise ValueError(
            f'"{given[:60]}" has no FREQ of {", ".join(FREQUENCIES)}; write it like "FREQ=WEEKLY;BYDAY=SU"'
        )
    if unknown := [key for key in parts if key not in RULE_PARTS]:
        raise ValueError(f'{unknown[0][:20]} is not for here; the time of day is "from", the last day is "until"')
    if not all(_COUNT.fullmatch(parts.get(key, "1")) for key in ("INTERVAL", "COUNT")):
        raise ValueError("INTERVAL and COUNT are 1 to 999")  # at INTERVAL=0 dateutil would search for ever
    _occurs(given, date(2026, 1, 1))
    return given


def _occurs(rule: str, starts: date) -> bool:
    """Whether a rule has a day within 28 years of `starts`; ValueError when it is not an RRULE.

    dateutil can only be stopped by the end of the calendar, and takes seconds to get there from our
    days: so it is asked about a year like the first one (leap, weekday of 1 January) near that end.
    """
    from dateutil.rrule import rrulestr  # only configurations with such windows pay for it

    like = next(year for year in range(9944, 9972) if _shape(year) == _shape(starts.year))
    start = datetime(like, starts.month, starts.day, tzinfo=UTC)
    try:
        return next(iter(rrulestr(rule, dtstart=start)), None) is not None
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(
            f'"{rule[:60]}" is not a valid RRULE: {error}; write it like "FREQ=WEEKLY;BYDAY=SU"'
        ) from error


def _shape(year: int) -> tuple[bool, int]:
    return isleap(year), date(year, 1, 1).weekday()
