"""The small languages of a terms file: "99.95 %" as an exact fraction, "24 h" as milliseconds."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

UNITS_MS: Final = {
    "ms": 1,
    "s": 1000,
    "second": 1000,
    "m": 60_000,
    "min": 60_000,
    "minute": 60_000,
    "h": 3_600_000,
    "hour": 3_600_000,
    "d": 86_400_000,
    "day": 86_400_000,
}

OTHER_UNITS: Final = ("Mbit/s", "%RH", "C", "F", "W")
"""Units of targets that are neither shares nor times; kept as stated."""

WAIT_UNITS: Final = {
    "s": "seconds",
    "second": "seconds",
    "m": "minutes",
    "min": "minutes",
    "minute": "minutes",
    "h": "hours",
    "hour": "hours",
    "d": "days",
    "day": "days",
    "business day": "business_days",
}

_TIME: Final = "seconds?|m|mins?|minutes?|h|hours?|d|days?"
_SPAN: Final = re.compile(rf"([0-9]{{1,12}}) ?(ms|s|{_TIME})")
_RATIO: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,18})?) ?%")
_QUANTITY: Final = re.compile(rf"([0-9]{{1,12}}(?:\.[0-9]{{1,18}})?) ?(ms|s|{_TIME}|{'|'.join(OTHER_UNITS)})")
_WAIT: Final = re.compile(rf"([0-9]{{1,6}}) ?(s|{_TIME}|business days?)")
_FRACTION: Final = re.compile(r"([0-9]{1,6})/([1-9][0-9]{0,5})")
_MONEY: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,4})?) ([A-Z]{3})(/A)?")
_CREDIT: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,18})?) ?(h|hours?|days?|months?|x)")
_CREDITS: Final = {
    "h": "hours_of_fee",
    "hour": "hours_of_fee",
    "day": "days_of_fee",
    "month": "months_of_fee",
    "x": "times_lost_time",
}


def span(text: str) -> int:
    """A span of time such as "60s", "24 h" or "5 days" in ms; ValueError otherwise."""
    matched = _SPAN.fullmatch(text)
    if not matched:
        raise ValueError(f'"{text}" is not a span of time in whole units such as "60s", "24 h" or "5 days"')
    return int(matched[1]) * _length(matched[2])


def _length(unit: str) -> int:
    """A unit of time in ms, in the singular or the plural."""
    return UNITS_MS.get(unit) or UNITS_MS[unit.removesuffix("s")]


def ratio(text: str) -> Fraction:
    """A percentage such as "99.95 %" as an exact fraction; ValueError otherwise."""
    matched = _RATIO.fullmatch(text)
    if not matched or Fraction(matched[1]) > 100:
        raise ValueError(f'"{text}" is not a percentage from 0 % to 100 % such as "99.95 %"')
    return Fraction(matched[1]) / 100


def quantity(text: str) -> tuple[Fraction, str]:
    """A figure with its unit: a share for "%", milliseconds for any time, else as stated; ValueError otherwise."""
    if text.endswith("%"):
        return ratio(text), "%"
    matched = _QUANTITY.fullmatch(text)
    if not matched:
        raise ValueError(f'"{text}" is not a figure with a unit such as "99.9 %", "45.01 ms", "4 h" or "100 Mbit/s"')
    value, unit = Fraction(matched[1]), matched[2]
    return (value, unit) if unit in OTHER_UNITS else (value * _length(unit), "ms")


def wait(text: str) -> tuple[int, str]:
    """A length of time in the unit that the text gives it: "72 h", "7 business days"; ValueError otherwise."""
    matched = _WAIT.fullmatch(text)
    if not matched:
        raise ValueError(f'"{text}" is not a length of time such as "72 h", "5 days" or "7 business days"')
    word = matched[2]
    return int(matched[1]), WAIT_UNITS.get(word) or WAIT_UNITS[word.removesuffix("s")]


def credit(text: str) -> tuple[Fraction, str, str | None]:
    """What a clause pays as amount, credit unit and currency; ValueError otherwise.

    "10 %" or "1/30" of the fee, "12 h", "1 day" or "1 month" of it, "50 x" the charge of the lost
    time, "30 USD/A" an ampere, "5 EUR", or "waived".
    """
    money, share = _MONEY.fullmatch(text), _FRACTION.fullmatch(text)
    if money:
        return Fraction(money[1]), "currency_per_amp" if money[3] else "currency", money[2]
    if share:
        return Fraction(int(share[1]), int(share[2])), "share", None
    if text.endswith("%"):
        return _of_percent(text), "share", None
    if text == "waived":
        return Fraction(1), "waived", None
    matched = _CREDIT.fullmatch(text)
    if not matched:
        raise ValueError(f'"{text}" is not a credit such as "10 %", "1/30", "12 h", "1 day", "50 x" or "30 USD/A"')
    return Fraction(matched[1]), _CREDITS[matched[2].removesuffix("s")], None


def _of_percent(text: str) -> Fraction:
    """Credits may exceed the fee: "250 %"."""
    matched = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,18})?) ?%", text)
    if not matched:
        raise ValueError(f'"{text}" is not a percentage such as "10 %"')
    return Fraction(matched[1]) / 100


def percent(value: Fraction) -> str:
    """A terms figure as people write it: "99.99 %"; one of more than six decimals is cut: "3.333333… %"."""
    whole, rest = divmod(value * 100 * 10**6, 10**6)
    decimals = f"{int(rest):06d}".rstrip("0") + ("…" if rest % 1 else "")
    return f"{whole}.{decimals} %" if decimals else f"{whole} %"


def in_words(span_ms: int) -> str:
    """A span of a terms file as people write it: "5 min", "24 h", "5 days"."""
    for unit, name in ((86_400_000, "days"), (3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if span_ms and span_ms % unit == 0:
            count = span_ms // unit
            return f"{count} day" if name == "days" and count == 1 else f"{count} {name}"
    return f"{span_ms} ms" if span_ms else "0 s"


def rounded(value: Fraction, decimals: int) -> Fraction:
    """A figure rounded half up to so many decimals; only for terms that round before they compare."""
    scale = int(10**decimals)
    return Fraction((value * scale + Fraction(1, 2)) // 1, scale)
