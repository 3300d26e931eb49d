"""One table of a file, taken apart key by key: what is never asked for is an unknown key.

The keys that a reader takes are the keys that exist; there is no second list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from probe.config.files import REFUSED, Source, Steps, label_of
from probe.config.values import suggestion, wrong

T = TypeVar("T")
D = TypeVar("D")

_ABSENT: Final = object()


class Table:
    """A table with its place. `take` reads a key, `done` complains of every key that nobody took."""

    def __init__(self, source: Source, content: Mapping[str, Any], steps: Steps = (), label: str | None = None) -> None:
        """`label` is how people are told where this is; by default the way to it."""
        self.source = source
        self.content = content
        self.steps = steps
        self.label = label_of(steps) if label is None else label
        self._known: list[str] = []
        self._failed: set[str] = set()

    def take(self, key: str, parse: Callable[[object], T], default: D) -> T | D:
        """The value of `key` read by `parse`; `default` when absent, or when refused (then is_sound is false)."""
        self._known.append(key)
        value = self.content.get(key, _ABSENT)
        if value is _ABSENT:
            return default
        if value is REFUSED:
            self._failed.add(key)
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.complain(key, str(error))
            return default

    def need(self, key: str, parse: Callable[[object], T], default: D, example: str) -> T | D:
        """Like `take`, but the key has to be there; `example` shows how it would look."""
        if key not in self.content:
            self.complain(key, f"missing; add it, such as {key} = {example}")
        return self.take(key, parse, default)

    def table(self, key: str) -> Table:
        """The table under `key`; an empty one when absent or not a table."""
        content = self.take(key, _a_table, {})
        return Table(self.source, content, (*self.steps, key), self._under(key))

    def tables(self, key: str) -> Iterator[Table]:
        """Each table of the list under `key`."""
        content: list[Any] = self.take(key, _a_list, [])
        for index, one in enumerate(content):
            if isinstance(one, dict):
                yield Table(self.source, one, (*self.steps, key, index), f"{self._under(key)}[{index + 1}]")
            else:
                self.complain(key, str(wrong(one, "a table is expected; write { … } for each")))

    def complain(self, key: str, message: str) -> None:
        """A problem at `key`, or at the table itself when `key` is empty."""
        self._failed.add(key)
        label = self._under(key) if key else self.label
        self.source.complain((*self.steps, key) if key else self.steps, label, message)

    def has(self, *keys: str) -> bool:
        """Whether any of `keys` is written."""
        return any(key in self.content for key in keys)

    def is_sound(self, *keys: str) -> bool:
        """Whether none of `keys` was refused; rules between keys are judged only then."""
        return self._failed.isdisjoint(keys)

    def done(self) -> None:
        """Complain of every key that nobody took."""
        for key in self.content:
            if key not in self._known:
                self.complain(key, f"unknown key; {suggestion(key, self._known)}")

    def _under(self, key: str) -> str:
        shown = label_of((key,))
        return f"{self.label}.{shown}" if self.label else shown


def _a_table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(value, "a table is expected; write its header with [ ]")
    return value


def _a_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise wrong(value, "a list of tables is expected; write its header with [[ ]]")
    return value
