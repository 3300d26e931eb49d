"""Reading a terms file's tables: every problem is collected, located and given a remedy; nothing is guessed.

A key that is absent is a clause that nobody has seen: it reads as None, never as a default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Final, TypeVar

from probe.sla import quantities
from probe.sla.clauses import Wait

T = TypeVar("T")

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Table:
    """One table of a file, with the keys that were asked for; `done` reports the others."""

    def __init__(self, values: Mapping[str, Any], where: str, problems: list[str]) -> None:
        """`where` locates the table for people, `problems` collects what is wrong."""
        self.values = values
        self.where = where
        self.problems = problems
        self.asked: set[str] = set()
        self.wrong: set[str] = set()

    def text(self, key: str) -> str | None:
        """A string."""
        return self._read(key, str, "text", lambda value: value)

    def needed(self, key: str) -> str:
        """A string that must be there; "" after the problem is noted."""
        if key not in self.values:
            self.asked.add(key)
            self.problem(key, "is missing")
            return ""
        return self.text(key) or ""

    def flag(self, key: str) -> bool | None:
        """true or false."""
        return self._read(key, bool, "true or false", lambda value: value)

    def count(self, key: str) -> int | None:
        """A whole number above zero."""
        return self._read(key, int, "a whole number above 0", _positive)

    def span(self, key: str) -> int | None:
        """A span of time in ms."""
        return self._read(key, str, 'a span of time such as "24 h"', quantities.span)

    def length(self, key: str) -> int | None:
        """A span of time in ms that is no nothing."""
        return self._read(key, str, 'a span of time such as "24 h"', lambda text: _some(quantities.span(text)))

    def ratio(self, key: str) -> Fraction | None:
        """A percentage as an exact fraction."""
        return self._read(key, str, 'a percentage such as "99.95 %"', quantities.ratio)

    def quantity(self, key: str) -> tuple[Fraction, str] | None:
        """A figure and its unit: shares for "%", ms for times, others as stated."""
        return self._read(key, str, 'a figure with a unit such as "39 ms"', quantities.quantity)

    def wait(self, key: str) -> Wait | None:
        """A length of time in its own unit, business days included."""
        found = self._read(key, str, 'a length of time such as "7 business days"', quantities.wait)
        return None if found is None else Wait(n=found[0], unit=found[1])

    def credit(self, key: str) -> tuple[Fraction, str, str | None] | None:
        """What a clause pays: amount, credit unit, currency."""
        return self._read(key, str, 'a credit such as "10 %" or "1 day"', quantities.credit)

    def choice(self, key: str, options: Sequence[str]) -> str | None:
        """One of the words."""
        word = self.text(key)
        if word is not None and word not in options:
            self.problem(key, f'"{word}" is not one of {", ".join(options)}{near(word, options)}')
            return None
        return word

    def day(self, key: str) -> str | None:
        """A date, as ISO text."""
        return self._read(key, (date, str), _A_DAY, _day)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of strings."""
        return self._read(key, list, "a list of texts", _all_texts)

    def spans(self, key: str) -> tuple[int, ...]:
        """A list of spans of time in ms, each longer than nothing; () when absent."""
        return tuple(quantities.span(each) for each in self._read(key, list, "a list of spans", _all_spans) or ())

    def table(self, key: str) -> Table | None:
        """A table inside this one."""
        found = self._read(key, dict, "a table", lambda value: value)
        return None if found is None else Table(found, f"{self.where}: {key}", self.problems)

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of tables inside this one; empty when absent."""
        found = self._read(key, list, "a list of tables", _all_tables)
        return tuple(
            Table(each, f"{self.where}: {key}[{i}]", self.problems) for i, each in enumerate(found or (), start=1)
        )

    def one_or_more(self, key: str) -> tuple[Table, ...]:
        """A table, or a list of tables, under the same key."""
        if isinstance(self.values.get(key), Mapping):
            found = self.table(key)
            return (found,) if found else ()
        return self.tables(key)

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for key in self.values:
            if key not in self.asked:
                self.problem(key, f"unknown key{near(key, sorted(self.asked))}")

    def problem(self, key: str, what: str) -> None:
        """Note one problem at a key; of a key that is wrong already, what follows from that is not told again."""
        if key not in self.wrong:
            self.problems.append(f"{self.where}: {key}: {what}")
        self.wrong.add(key)

    def _read(self, key: str, kind: type | tuple[type, ...], wanted: str, convert: Callable[[Any], T]) -> T | None:
        self.asked.add(key)
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.problem(key, f"{value!r} is not {wanted}")
            return None
        try:
            return convert(value)
        except ValueError as error:
            self.problem(key, str(error))
            return None


_A_DAY: Final = "a date such as 2025-06-03"


def _day(value: date | str) -> str:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if isinstance(value, str):
        is_day = bool(_DAY.fullmatch(value)) and date.fromisoformat(value).isoformat() == value
    if not is_day:
        raise ValueError(f"{str(value)!r} is not {_A_DAY}")
    return str(value)


def _some(value: int) -> int:
    if not value:
        raise ValueError("is nothing: a span longer than 0 is needed")
    return value


def _positive(value: int) -> int:
    if value < 1:
        raise ValueError(f"{value} is not above 0")
    return value


def _all_texts(values: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise ValueError("not every entry is a text")
    return tuple(values)


def _all_spans(values: list[Any]) -> list[str]:
    for value in _all_texts(values):
        _some(quantities.span(value))
    return values


def _all_tables(values: list[Any]) -> list[Mapping[str, Any]]:
    if not all(isinstance(value, dict) for value in values):
        raise ValueError("not every entry is a table")
    return values


def near(word: str, options: Sequence[str]) -> str:
    """A suggestion for a word that is none of the options; "" when none is close."""
    close = get_close_matches(word, options, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
