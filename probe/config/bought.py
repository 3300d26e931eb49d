"""What a contract says besides its SLA: other fees, the weight of each check, how many are hit, and speeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from probe.config import values
from probe.sla.speed import Contract
from probe.sla.terms import Terms

BITS: Final = {"kbit/s": 1_000, "Mbit/s": 1_000_000, "Gbit/s": 1_000_000_000}
SPEEDS: Final = {"max": "maximum", "normal": "normal", "min": "minimum", "advertised": "advertised"}
MOST_WEIGHT: Final = 1_000_000

_SPEED: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?([kMG]bit/s)", re.ASCII)


def fees(terms: Terms | None) -> Callable[[object], Mapping[str, tuple[Decimal, str]]]:
    """A parser for { "the annual fee" = "240.00 EUR" }: the words are those of the terms, where there are any."""
    remedies = terms.remedies if terms else ()
    named = {words for each in remedies for words in (each.fee_base, *(cap.of for cap in each.caps)) if words}

    def parse(value: object) -> Mapping[str, tuple[Decimal, str]]:
        found = {words: values.money(amount) for words, amount in _table(value, 'the annual fee" = "240 EUR').items()}
        for words in found:
            if terms and words not in named:
                raise ValueError(f'"{words[:60]}" is no fee of these terms; {values.suggestion(words, sorted(named))}')
        return found

    return parse


def weights(keys: Collection[str]) -> Callable[[object], Mapping[str, Fraction]]:
    """A parser for { check = 2 }: a whole number above 0 for each check named; `name` stands for `name/4` and `name/6`.

    keys: those of the service; () where they are not known, as for a group.
    """

    def parse(value: object) -> Mapping[str, Fraction]:
        found: dict[str, Fraction] = {}
        for name, weight in _table(value, "check = 2").items():
            mine = [key for key in keys if name in {key, key.rpartition("/")[0]}] if keys else [name]
            if not mine:
                raise ValueError(f'"{name[:60]}" is no check of this service; {values.suggestion(name, keys)}')
            found |= dict.fromkeys(mine, Fraction(values.whole(1, MOST_WEIGHT)(weight)))
        return found

    return parse


def affected(value: object) -> tuple[Fraction, Fraction]:
    """The share of the customers that an outage hits: "25 %", or its least and most: ["10 %", "40 %"]."""
    shares = values.many(values.ratio)(value)
    if len(shares) > 2 or shares[0] > shares[-1]:
        raise ValueError('not a share; write "25 %", or the least and the most: ["10 %", "40 %"]')
    return shares[0], shares[-1]


def speeds(value: object) -> Mapping[str, Contract]:
    """The contract's speeds in bit/s: { down = { max = "100 Mbit/s", normal = …, min = … }, up = { … } }."""
    found = {}
    for way, stated in _table(value, 'down = { max = "100 Mbit/s" }').items():
        if way not in {"down", "up"}:
            raise ValueError(f'"{way[:40]}" is no direction; {values.suggestion(way, ("down", "up"))}')
        found[way] = _contract(stated)
    return found


def _contract(value: object) -> Contract:
    stated = _table(value, 'max = "100 Mbit/s"')
    for name in stated:
        if name not in SPEEDS:
            raise ValueError(f'"{name[:40]}" is no speed of a contract; {values.suggestion(name, tuple(SPEEDS))}')
    found = Contract(**{SPEEDS[name]: _bits(speed) for name, speed in stated.items()})
    ordered = [each for each in (found.minimum, found.normal, found.maximum) if each is not None]
    if ordered != sorted(ordered):
        raise ValueError("min, normal and max do not rise; put them right")
    return found


def _bits(value: object) -> int:
    match = _SPEED.fullmatch(values.text(value).strip())
    if not match or not Fraction(match[1]):
        raise ValueError(f'"{str(value)[:40]}" is not a speed; write it like "100 Mbit/s" or "2.5 Gbit/s"')
    return int(Fraction(match[1]) * BITS[match[2]])


def _table(value: object, example: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise values.wrong(value, f"a table is expected; write {{ {example} }}")
    return value
