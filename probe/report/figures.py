"""Exact figures as text for documents: instants, spans, ratios and percentages.

A span is decimal seconds in a string, "num/den" where no finite decimal exists. A ratio carries its
exact "num/den" and a percentage rounded down, so that 99.995 % never reads as 100.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PERCENT_DIGITS: Final = 2
MOST_DIGITS: Final = 12

Json = dict[str, object]


def instant(at_ms: float | Fraction | None) -> str | None:
    """ISO 8601 UTC with Z; milliseconds only where there are any, a fraction of one rounded down."""
    if at_ms is None:
        return None
    whole = int(at_ms // 1)
    moment = EPOCH + timedelta(milliseconds=whole)
    digits = "milliseconds" if whole % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=digits) + "Z"


def seconds(span_ms: int | Fraction | None) -> str | None:
    """A span as exact seconds: "692.5", or "num/den" where no finite decimal exists."""
    return None if span_ms is None else exact_decimal(Fraction(span_ms) / 1000)


def exact_decimal(value: Fraction) -> str:
    """The finite decimal of a fraction, else "num/den"."""
    for digits in range(MOST_DIGITS + 1):
        scaled = value * 10**digits
        if scaled.denominator == 1:
            return _placed(scaled.numerator, digits)
    return f"{value.numerator}/{value.denominator}"


def exact_ratio(value: Fraction) -> str:
    """Always "num/den"."""
    return f"{value.numerator}/{value.denominator}"


def percent(value: Fraction, digits: int = PERCENT_DIGITS) -> str:
    """A percentage rounded down to at most `digits` decimals, trailing zeros left out."""
    text = _placed((value * 100 * 10**digits).__floor__(), digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def ratio(value: Fraction | None) -> Json | None:
    """{"exact": "num/den", "percent": "99.97"}, or None."""
    return None if value is None else {"exact": exact_ratio(value), "percent": percent(value)}


def _placed(scaled: int, digits: int) -> str:
    sign, text = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(digits + 1, "0")
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)
