"""Maintenance windows out of a calendar or a provider's notice: iCalendar (RFC 5545), alone or in a mail.

Each occurrence becomes a window of its own, known by the event's uid and its beginning, so that the same calendar
may come again. Notices with the fields of the maintenance notification standard (X-MAINTNOTE-…) say besides whose
they are, what they are worth and whether they still stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from probe.config import values
from probe.config.occurrences import Timing, Unusable
from probe.model import Window, WindowKind
from probe.store.windows import OCCURRENCE

if TYPE_CHECKING:
    from icalendar import Calendar, Event

SIZE_LIMIT: Final = 1 << 20
MOST_EVENTS: Final = 2000
TEXT_LIMIT: Final = 200
UID_LIMIT: Final = 400
BROKEN: Final = (ValueError, TypeError, AttributeError, LookupError, OverflowError)
"""What the library says of values that are not what they should be; Unusable is one of them."""
BY_HAND: Final = (
    "is neither a calendar nor a mail with one; type the notice by hand: "
    "probe maintenance add --provider NAME --start 2026-10-03T02:00:00Z --end 2026-10-03T04:00:00Z "
    "--announced-at 2026-09-28T09:00:00Z"
)
GONE: Final = frozenset({"CANCELLED", "CANCELED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is to be read. zone: of times that name none; scope: a window with what all of them have in common.

    announced_at_ms: when it was announced, where the person knows better than the file.
    """

    now_ms: int
    scope: Window
    zone: str | None = None
    announced_at_ms: int | None = None


class Notices(NamedTuple):
    """What a file said: the windows, the uids of their events, who sent it, what was left out, what is wrong."""

    windows: tuple[Window, ...]
    events: tuple[str, ...]
    providers: tuple[str, ...]
    left_out: tuple[str, ...]
    problems: tuple[str, ...]


class Found(NamedTuple):
    """One calendar and how it came: in a mail it was announced when that was sent."""

    calendar: Calendar
    source: str
    sent_ms: int | None


def read(content: bytes, how: Reading) -> Notices:
    """Every window in a file. An event that cannot be read is a problem; the others are still read."""
    windows: dict[str, Window] = {}
    events: dict[str, None] = {}
    providers: dict[str, None] = {}
    left_out: list[str] = []
    problems: list[str] = []
    unusable: set[str] = set()
    try:
        for event, found in _events(content):
            told = _Told(event, found, how)
            providers |= dict.fromkeys(told.provider)
            try:
                told.into(windows, left_out)
                events[told.uid] = None
            except BROKEN as error:
                unusable.add(told.uid)
                problems.append(f"event {told.uid}: {_clean(str(error))[:TEXT_LIMIT]}")
    except Unusable as error:
        problems.append(str(error))
    windows = {id_: window for id_, window in windows.items() if id_.partition(OCCURRENCE)[0] not in unusable}
    known = tuple(uid for uid in events if uid not in unusable)
    return Notices(tuple(windows.values()), known, tuple(providers), tuple(left_out), tuple(problems))


class _Told:
    """One event of a calendar."""

    def __init__(self, event: Event, found: Found, how: Reading) -> None:
        self._event, self._found, self._how = event, found, how
        given = event.get("UID")
        if given is None or isinstance(given, list) or not str(given).strip():
            raise Unusable("an event has no UID of its own; without it the file cannot come again")
        self.uid = _clean(str(given)).replace(OCCURRENCE, "_")
        if len(self.uid) > UID_LIMIT:
            raise Unusable(f"an event's UID is longer than {UID_LIMIT} characters")
        self.provider = [_short(str(name))] if (name := event.get("X-MAINTNOTE-PROVIDER")) else []

    def into(self, windows: dict[str, Window], left_out: list[str]) -> None:
        """Add its windows, take those back that it calls off, or say why it has none."""
        is_tentative = "TENTATIVE" in (self._status("STATUS"), self._status("X-MAINTNOTE-STATUS"))
        if not self._is_gone and not is_tentative:
            windows.update(self._windows())
            return
        original = self._timing().recurrence() if "RECURRENCE-ID" in self._event else None
        prefix = self.uid + OCCURRENCE if original is None else self._id(original)
        for id_ in [id_ for id_ in windows if id_.startswith(prefix)]:
            del windows[id_]
        left_out.append(f"{self.uid}: {'cancelled' if self._is_gone else 'tentative, not announced yet'}")

    def _timing(self) -> Timing:
        zone = self._how.zone or _known_zone(self._found.calendar.get("X-WR-TIMEZONE"))
        return Timing(self._event, zone, self._how.now_ms)

    def _windows(self) -> Iterator[tuple[str, Window]]:
        timing = self._timing()
        lasts_ms, original = timing.lasts_ms(), timing.recurrence()
        if timing.is_single:
            yield self.uid + OCCURRENCE, self._window(self.uid + OCCURRENCE, timing.begin, lasts_ms)
            return
        for start in [timing.begin] if original else timing.starts():
            id_ = self._id(original or start)
            yield id_, self._window(id_, start, lasts_ms)

    @property
    def _is_gone(self) -> bool:
        words = {self._status("STATUS"), self._status("X-MAINTNOTE-STATUS")}
        return bool(words & GONE) or str(self._found.calendar.get("METHOD", "")).upper() == "CANCEL"

    def _id(self, start: datetime) -> str:
        return f"{self.uid}{OCCURRENCE}{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def _window(self, id_: str, start: datetime, lasts_ms: int) -> Window:
        start_ms = values.to_ms(start)
        common = self._how.scope
        is_urgent = "EMERGENCY" in _categories(self._event) or common.kind is WindowKind.EMERGENCY
        impact = self._status("X-MAINTNOTE-IMPACT")
        return replace(
            common,
            uid=id_,
            kind=WindowKind.EMERGENCY if is_urgent else common.kind,
            start_ms=start_ms,
            end_ms=start_ms + lasts_ms,
            announced_at_ms=self._announced(),
            source=self._found.source,
            reason=common.reason or _short(str(self._event.get("SUMMARY", ""))),
            impact=impact.lower() or None,
        )

    def _announced(self) -> int | None:
        """When it was announced: as the person says, when the mail was sent, else as the event says of itself.

        An event that was changed was announced, as it is now, when it was changed last.
        """
        if self._how.announced_at_ms is not None:
            return self._how.announced_at_ms
        if self._found.sent_ms is not None:
            return self._found.sent_ms
        is_changed = str(self._event.get("SEQUENCE", "0")) not in {"", "0"}
        has_method = "METHOD" in self._found.calendar
        names = ["LAST-MODIFIED"] if is_changed else ["CREATED"]
        for name in [*names, *(["DTSTAMP"] if has_method else [])]:
            at = getattr(self._event.get(name), "dt", None)
            if isinstance(at, datetime) and at.tzinfo is not None:
                return values.to_ms(at)
        return None

    def _status(self, name: str) -> str:
        return _short(str(self._event.get(name, ""))).upper()


def _events(content: bytes) -> Iterator[tuple[Event, Found]]:
    """Every event: those that stand in for an occurrence after the rules that they change."""
    if len(content) > SIZE_LIMIT:
        raise Unusable(f"is larger than {SIZE_LIMIT >> 20} MiB; export a shorter stretch of the calendar")
    found = [(cast("Event", event), each) for each in _calendars(content) for event in each.calendar.walk("VEVENT")]
    if len(found) > MOST_EVENTS:
        raise Unusable(f"has more than {MOST_EVENTS} events; export a shorter stretch of the calendar")
    yield from sorted(found, key=lambda one: "RECURRENCE-ID" in one[0])


def _calendars(content: bytes) -> Iterator[Found]:
    text = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:15].upper() == b"BEGIN:VCALENDAR":
        yield from (Found(each, "ical", None) for each in _parsed(text))
        return
    from email import message_from_bytes, policy

    mail = message_from_bytes(content, policy=policy.default)
    sent = getattr(mail.get("Date"), "datetime", None)
    sent_ms = values.to_ms(sent) if isinstance(sent, datetime) and sent.tzinfo else None
    attached = [part for part in mail.walk() if _is_calendar(part)]
    if not attached:
        raise Unusable(BY_HAND)
    for part in attached:
        payload = part.get_payload(decode=True)
        yield from (Found(each, "mail", sent_ms) for each in _parsed(payload if isinstance(payload, bytes) else b""))


def _is_calendar(part: Any) -> bool:
    return part.get_content_type() == "text/calendar" or str(part.get_filename() or "").lower().endswith(".ics")


def _parsed(text: bytes) -> Iterable[Calendar]:
    """The calendars of a text; other components at its top are none."""
    from icalendar import Calendar

    try:
        found = Calendar.from_ical(text, multiple=True)
    except (*BROKEN, RecursionError) as error:
        raise Unusable(f"is not a calendar that can be read: {str(error)[:TEXT_LIMIT]}") from error
    return [each for each in found if each.name == "VCALENDAR"]


def _categories(event: Event) -> set[str]:
    given = event.get("CATEGORIES")
    every = given if isinstance(given, list) else [] if given is None else [given]
    return {str(word).upper() for one in every for word in getattr(one, "cats", [])}


def _known_zone(name: object) -> str | None:
    """The zone that a calendar names as its own, where the time zone database knows it."""
    try:
        return None if name is None else values.zone(str(name))
    except ValueError:
        return None


def _clean(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).strip()


def _short(text: str) -> str:
    return _clean(text)[:TEXT_LIMIT]
