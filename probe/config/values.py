"""The small languages of the configuration: "1h30m", "99.95 %", "24.00 USD", instants, zones, names.

Each function takes what TOML gave, returns an exact value, or raises ValueError with the problem and
the remedy in one line: "what is wrong; what would be right". Spans are whole milliseconds, ratios
Fractions, money Decimals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
D = TypeVar("D", bound=date)
Parse = Callable[[object], Any]

UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
"""Milliseconds of each unit of a span, largest first."""

LONGEST_MS: Final = 36_525 * UNITS_MS["d"]
NAME_LIMIT: Final = 64
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SPAN: Final = re.compile(
    r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m(?!s))?(?:(\d{1,9})(?:\.(\d{1,3}))?s)?(?:(\d{1,12})ms)?", re.ASCII
)
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,12})?)\s*%", re.ASCII)
_RATIO: Final = re.compile(r"(\d{1,12})/(\d{1,12})", re.ASCII)
_MONEY: Final = re.compile(r"(\d{1,12}(?:\.\d{1,4})?) ?([A-Z]{3})", re.ASCII)
_NAME: Final = re.compile(r"\w[\w.\-]*")
_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def text(value: object) -> str:
    """A string with something in it."""
    if not isinstance(value, str):
        raise wrong(value, "a string is expected; put it in quotes")
    if not value.strip():
        raise ValueError("empty; give a value or leave the key out")
    if bad := control_character(value):
        raise ValueError(f"holds the control character {bad!a}; leave it out")
    return value


def control_character(value: str, allowed: str = "") -> str | None:
    """The first character that steers a terminal or turns text around, None when there is none."""
    if value.isascii() and value.isprintable():
        return None
    unseen = {"Cc", "Cf", "Zl", "Zp"}
    return next((char for char in value if char not in allowed and unicodedata.category(char) in unseen), None)


def flag(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise wrong(value, "true or false is expected")
    return value


def whole(lowest: int, highest: int) -> Callable[[object], int]:
    """A parser for whole numbers from `lowest` to `highest`; true and false are not numbers."""

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(value, "a whole number is expected")
        if not lowest <= value <= highest:
            raise ValueError(f"{value} is out of range; {lowest} to {highest} is possible")
        return value

    return parse


def choice(*words: str) -> Callable[[object], str]:
    """A parser for one of `words`."""

    def parse(value: object) -> str:
        word = text(value)
        if word not in words:
            raise ValueError(f'"{word}" is unknown; {suggestion(word, words)}')
        return word

    return parse


def name(value: object) -> str:
    """A stable id: letters, digits, "-", "_" and ".", beginning with a letter or digit, at most 64, in NFC."""
    given = unicodedata.normalize("NFC", text(value))
    if not _NAME.fullmatch(given) or given.startswith("_") or len(given) > NAME_LIMIT:
        raise ValueError(
            f'"{given[:NAME_LIMIT]}" cannot be a name; use letters, digits, "-", "_" and ".", '
            f"a letter or digit first, at most {NAME_LIMIT}"
        )
    return given


def span(value: object) -> int:
    """Milliseconds of "250ms", "30s", "1.5s", "5m", "2h", "400d", "1h30m"; more than zero."""
    if _is_number(value):
        raise ValueError(f'{value} has no unit; write "{value}s" if seconds are meant')
    given = text(value).strip()
    match = _SPAN.fullmatch(given)
    if not match:
        raise ValueError(f'"{given[:40]}" is not a span of time; write it like "30s", "5m", "1h30m", "400d" or "250ms"')
    days, hours, minutes, seconds, decimals, millis = match.groups()
    total = int(millis or 0) + int((decimals or "").ljust(3, "0"))
    for count, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")):
        total += int(count or 0) * UNITS_MS[unit]
    if not 0 < total <= LONGEST_MS:
        raise ValueError(f'"{given}" is out of range; a span is more than zero and at most 100 years')
    return total


def span_text(span_ms: int) -> str:
    """The shortest exact spelling: 90_000 → "1m30s"."""
    parts = []
    for unit, size in UNITS_MS.items():
        count, span_ms = divmod(span_ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def ratio(value: object) -> Fraction:
    """An exact share of "99.95 %" or "9999/10000", above 0 and at most 1."""
    if _is_number(value):
        raise ValueError(f'{value} is a bare number; write "{value} %" in quotes, so that it is exact')
    given = text(value).strip()
    if match := _PERCENT.fullmatch(given):
        share = Fraction(match[1]) / 100
    elif (match := _RATIO.fullmatch(given)) and int(match[2]):
        share = Fraction(int(match[1]), int(match[2]))
    else:
        raise ValueError(f'"{given[:40]}" is not a share; write it like "99.95 %" or "9999/10000"')
    if not 0 < share <= 1:
        raise ValueError(f'"{given}" is out of range; a share is above 0 % and at most 100 %')
    return share


def money(value: object) -> tuple[Decimal, str]:
    """Amount and currency of "24.00 USD"."""
    if _is_number(value):
        raise ValueError(f'{value} has no currency; write it like "{value} USD", in quotes')
    given = text(value).strip()
    match = _MONEY.fullmatch(given)
    if not match:
        raise ValueError(f'"{given[:40]}" is not an amount; write it like "24.00 USD"')
    return Decimal(match[1]), match[2]


def instant(value: object) -> int:
    """Milliseconds since 1970 of a TOML date-time with an offset."""
    if not isinstance(value, datetime):
        raise wrong(value, "a date-time is expected; write it like 2026-10-03T04:10:00Z, without quotes")
    if value.tzinfo is None:
        raise ValueError(f"{value} has no offset; end it with Z or an offset such as +02:00")
    return to_ms(_of_our_time(value))


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 UTC, rounded down."""
    since = moment.astimezone(UTC) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000


def day(value: object) -> date:
    """A TOML date."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise wrong(value, "a date is expected; write it like 2026-01-11, without quotes")
    return _of_our_time(value)


def _of_our_time(value: D) -> D:
    if not 1971 <= value.year < 2200:  # zones shift the rest over the ends of the calendar and of our scale
        raise ValueError(f"{value} is out of range; the years 1971 to 2199 are possible")
    return value


def time_of_day(value: object) -> str:
    """ "HH:MM" on a 24 h clock, from such a string or a TOML time of whole minutes."""
    if isinstance(value, time):
        if value.second or value.microsecond:
            raise ValueError(f'{value} is not a whole minute; write it like "03:00"')
        return value.strftime("%H:%M")
    given = text(value)
    if not _TIME_OF_DAY.fullmatch(given):
        raise ValueError(f'"{given[:40]}" is not a time of day; write it like "03:00"')
    return given


def zone(value: object) -> str:
    """The name of a time zone that the time zone database knows."""
    given = text(value)
    try:
        ZoneInfo(given)
    except (ValueError, KeyError, OSError) as error:  # "..", "/etc/x" and folders do not raise the same
        raise ValueError(f'"{given[:60]}" is not a time zone; {_near_zone(given)}') from error
    return given


def _near_zone(given: str) -> str:
    from zoneinfo import available_timezones

    near = suggestion(given, sorted(available_timezones()))
    return near if near.startswith("did") else 'write it like "Europe/Berlin" or "UTC"'


def many(parse: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """A parser for a list, or for one value alone, each read by `parse`."""

    def parse_all(value: object) -> tuple[T, ...]:
        values = value if isinstance(value, list) else [value]
        if not values:
            raise ValueError("an empty list; name at least one or leave the key out")
        return tuple(parse(one) for one in values)

    return parse_all


def suggestion(word: str, known: Collection[str]) -> str:
    """`did you mean "x"?`, or the possible words when nothing is near."""
    from difflib import get_close_matches  # only those who err pay for it

    if near := get_close_matches(word, known, 1, 0.6):
        return f'did you mean "{near[0]}"?'
    first = ", ".join(f'"{one}"' for one in list(known)[:12])
    return f"possible: {first}{' …' if len(known) > 12 else ''}" if first else "there is none to choose from"


def wrong(value: object, wanted: str) -> ValueError:
    """The problem of a value of another kind than wanted."""
    return ValueError(f"{kind_of(value)} where {wanted}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind_of(value: object) -> str:
    """What TOML calls a value, with its article."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "a string"),
        (list, "a list"),
        (dict, "a table"),
        (datetime, "a date-time"),
        (date, "a date"),
        (time, "a time"),
    )
    return next((words for kind, words in kinds if isinstance(value, kind)), "something else")
