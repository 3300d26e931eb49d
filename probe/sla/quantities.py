"""The small languages of a terms file: "99.95 %" as an exact fraction, "24 h" as milliseconds."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

UNITS_MS: Final = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "min": 60_000,
    "h": 3_600_000,
    "hour": 3_600_000,
    "d": 86_400_000,
    "day": 86_400_000,
}

_SPAN: Final = re.compile(r"(\d+) ?([a-z]+)")
_RATIO: Final = re.compile(r"(\d{1,3}(?:\.\d{1,18})?) ?%")


def span(text: str) -> int:
    """A span of time such as "60s", "24 h" or "5 days" in ms; ValueError otherwise."""
    matched = _SPAN.fullmatch(text.strip())
    unit = matched[2] if matched else ""
    if not matched or (unit not in UNITS_MS and unit.removesuffix("s") not in UNITS_MS):
        raise ValueError(f'"{text}" is not a span of time such as "60s", "24 h" or "5 days"')
    return int(matched[1]) * UNITS_MS.get(unit, UNITS_MS.get(unit.removesuffix("s"), 0))


def ratio(text: str) -> Fraction:
    """A percentage such as "99.95 %" as an exact fraction; ValueError otherwise."""
    matched = _RATIO.fullmatch(text.strip())
    if not matched or Fraction(matched[1]) > 100:
        raise ValueError(f'"{text}" is not a percentage from 0 % to 100 % such as "99.95 %"')
    return Fraction(matched[1]) / 100


def percent(value: Fraction) -> str:
    """A terms figure as people write it: "99.99 %"; exact, since published figures are finite decimals."""
    whole, rest = divmod(value * 100 * 10**18, 10**18)
    decimals = f"{int(rest):018d}".rstrip("0")
    return f"{whole}.{decimals} %" if decimals else f"{whole} %"


def in_words(span_ms: int) -> str:
    """A span of a terms file as people write it: "5 min", "24 h", "5 days"."""
    for unit, name in ((86_400_000, "days"), (3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if span_ms and span_ms % unit == 0:
            count = span_ms // unit
            return f"{count} day" if name == "days" and count == 1 else f"{count} {name}"
    return f"{span_ms} ms" if span_ms else "0 s"
