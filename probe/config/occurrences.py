"""When an event of a calendar happens: RRULE, RDATE and EXDATE by the wall clock of its zone, within a horizon.

Calendars come from strangers: a rule has to recur by days at least and its steps and counts are bounded, an event
begins no earlier than 1971, and nothing is looked for beyond the horizon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from probe.config import values
from probe.config.maintenance import FREQUENCIES, LONGEST_WINDOW_MS, RULE_PARTS

if TYPE_CHECKING:
    from icalendar import Event

HORIZON: Final = timedelta(days=400)
"""How far back and ahead of now a recurring event is followed."""
MOST: Final = 1000
"""Occurrences of one event."""
RULE_LIMIT: Final = 500
COUNT: Final = re.compile(r"[1-9]\d{0,3}", re.ASCII)
EARLIEST: Final = 1971
LATEST: Final = 2200


class Unusable(ValueError):
    """An event or a file that no window can be made of; str() says why."""


class Timing:
    """The times of one event. `zone`: of times that name none, None refuses them; `now_ms`: what the horizon is around.

    Unusable from any of it says what is wrong with the event.
    """

    def __init__(self, event: Event, zone: str | None, now_ms: int) -> None:
        """Read the beginning."""
        self._event, self._zone, self._now_ms = event, zone, now_ms
        begin = self._one("DTSTART")
        if begin is None:
            raise Unusable("has no DTSTART")
        self.begin = self._local(begin)
        self._begin = begin

    @property
    def is_single(self) -> bool:
        """Whether it happens once."""
        return not any(name in self._event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))

    def lasts_ms(self) -> int:
        """How long it lasts, in elapsed time."""
        lasts = self._length(self._begin)
        if not 0 < lasts <= LONGEST_WINDOW_MS:
            raise Unusable("ends before it begins, at once, or after more than a year")
        return lasts

    def starts(self) -> list[datetime]:
        """Every beginning, in order, each once; those excepted are left out."""
        excepted = self._excepted()
        found = {start for start in (*self._recurring(), *self._added()) if not _is_in(start, excepted)}
        if len(found) > MOST:
            raise Unusable(f"happens more than {MOST} times; a window of its own rule is declared with --every")
        return sorted(found)

    def recurrence(self) -> datetime | None:
        """The beginning, by the rule, of the occurrence that this event stands in for; None for no such."""
        original = self._one("RECURRENCE-ID")
        return None if original is None else self._local(original)

    def _recurring(self) -> Iterator[datetime]:
        rule = self._event.get("RRULE")
        if rule is None:
            yield self.begin
            return
        if isinstance(rule, list):
            raise Unusable("has more than one RRULE")
        from dateutil.rrule import rrulestr

        said = rule.to_ical().decode().upper()
        parts = _judged(said)
        now = values.EPOCH + timedelta(milliseconds=self._now_ms)
        last = min(now + HORIZON, self._until(rule) or now + HORIZON)
        count = next((int(part[len("COUNT=") :]) for part in parts if part.startswith("COUNT=")), None)
        kept = [part for part in parts if not part.startswith(("UNTIL=", "COUNT="))]  # never both, says RFC 5545
        bounded = ";".join([*kept, f"UNTIL={_wall(last, self.begin)}"])
        try:
            naive = rrulestr(bounded, dtstart=self.begin.replace(tzinfo=None), forceset=False)
            for at in islice(naive, count):
                if at.replace(tzinfo=self.begin.tzinfo) >= now - HORIZON:
                    yield at.replace(tzinfo=self.begin.tzinfo)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise Unusable(f"RRULE cannot be followed: {error}") from error

    def _until(self, rule: Any) -> datetime | None:
        given = rule.get("UNTIL")
        if not given:
            return None
        until = given[0] if isinstance(given, list) else given
        if isinstance(until, datetime):
            return until if until.tzinfo else until.replace(tzinfo=self.begin.tzinfo)
        return datetime.combine(until, time.max, self.begin.tzinfo)

    def _added(self) -> Iterator[datetime]:
        for value in _listed(self._event.get("RDATE")):
            if isinstance(value, tuple):
                raise Unusable("RDATE has a length of its own; make it an event of its own")
            yield self._local(value)

    def _excepted(self) -> set[datetime | date]:
        days = [value for value in _listed(self._event.get("EXDATE")) if not isinstance(value, tuple)]
        return {self._local(value) if isinstance(value, datetime) else value for value in days}

    def _length(self, begin: date) -> int:
        end, lasts = self._one("DTEND"), self._event.get("DURATION")
        if end is not None:
            return self._since_begin(self._local(end))
        if lasts is not None:
            found = _value("DURATION", lasts)
            return found // timedelta(milliseconds=1) if isinstance(found, timedelta) else 0
        if isinstance(begin, datetime):
            raise Unusable("has neither DTEND nor DURATION")
        return self._since_begin(self._local(begin + timedelta(days=1)))

    def _since_begin(self, end: datetime) -> int:
        """Elapsed time, which the wall clock does not show where the clocks change."""
        return values.to_ms(end) - values.to_ms(self.begin)

    def _one(self, name: str) -> Any:
        """The value of a property that may stand there once."""
        given = self._event.get(name)
        if isinstance(given, list):
            raise Unusable(f"has more than one {name}")
        if given is None:
            return None
        named = given.params.get("TZID")
        found = _value(name, given)
        if not isinstance(found, date):
            raise Unusable(f"{name} is not a time")
        if named and isinstance(found, datetime) and found.tzinfo is None:
            raise Unusable(f'{name} is in "{str(named)[:60]}", a time zone that nobody knows')
        return found

    def _local(self, value: date) -> datetime:
        """The instant on its own wall clock; a day begins at its midnight."""
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        if not EARLIEST <= at.year < LATEST:
            raise Unusable(f"is in the year {at.year}; {EARLIEST} to {LATEST - 1} is possible")
        if at.tzinfo is not None:
            return at
        if self._zone is None:
            raise Unusable("has times without a zone; say which is meant with --zone")
        return at.replace(tzinfo=_zone(self._zone))


def _judged(rule: str) -> list[str]:
    """The parts of a rule; ValueError for one that recurs within days or without measure."""
    parts = rule.split(";")
    named = dict(part.partition("=")[::2] for part in parts)
    if len(rule) > RULE_LIMIT:
        raise Unusable("RRULE is too long")
    if named.get("FREQ") not in FREQUENCIES:
        raise Unusable(f"RRULE has no FREQ of {', '.join(FREQUENCIES)}")
    if unknown := [key for key in named if key not in RULE_PARTS | {"UNTIL"}]:
        raise Unusable(f"RRULE has {unknown[0][:20]}, which a window of days cannot follow")
    if not all(COUNT.fullmatch(named.get(key, "1")) for key in ("INTERVAL", "COUNT")):
        raise Unusable("RRULE: INTERVAL and COUNT are 1 to 9999")
    return parts


def _wall(last: datetime, begin: datetime) -> str:
    """The end of a rule on the wall clock of the event, which is how dateutil counts here."""
    return last.astimezone(begin.tzinfo).strftime("%Y%m%dT%H%M%S")


def _listed(given: Any) -> list[Any]:
    """The values of a property that may stand there often, each a list."""
    every = given if isinstance(given, list) else [] if given is None else [given]
    return [value.dt for one in every for value in one.dts]


def _value(name: str, given: Any) -> Any:
    try:
        return given.dt
    except (ValueError, AttributeError) as error:
        raise Unusable(f"{name} cannot be read") from error


def _is_in(start: datetime, excepted: set[datetime | date]) -> bool:
    return start in excepted or start.date() in excepted


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)
