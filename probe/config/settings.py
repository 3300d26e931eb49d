"""From a kind's table to its frozen Settings, field by field; and Settings back to plain JSON values.

The dataclass of a kind is the only list of its settings: a field `max_time_ms: int` is the key `max_time`
with a span, a `Fraction` a share, a `Secret` a reference, a tuple of pairs or a mapping a table.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from probe.config import values
from probe.config.table import Table
from probe.secrets import Secret

Parse = Callable[[object], Any]
WRITTEN: Final = re.compile(r"-?[0-9]{1,16}")


def read_settings(kind: type, table: Table) -> Any | None:
    """The Settings of a kind from its table; None when a problem was added."""
    given: dict[str, Any] = {}
    for field, key, parse in _fields(kind):
        given[field] = table.take(key, parse, table)  # the table itself stands for "not written"
    table.done()
    written = {field: value for field, value in given.items() if value is not table}
    return _make(kind, written, table)


def _make(kind: type, written: dict[str, Any], table: Table) -> Any | None:
    for field, (_, key, _) in zip(dataclasses.fields(kind), _fields(kind), strict=True):
        if _default(field) is dataclasses.MISSING and key not in table.content:
            table.complain(key, "missing; this kind needs it")
    if not table.is_sound(*table.content, *(key for _, key, _ in _fields(kind))):
        return None
    try:
        return kind(**written)
    except ValueError as error:
        table.complain("", str(error))
        return None


def from_text(kind: type, key: str, text: str) -> object:
    """What a text stands for where a setting of a kind is typed without TOML: `true`, `5`, `a,b`; else the text."""
    parse = next((parse for _, name, parse in _fields(kind) if name == key), None)
    if parse is None:
        return text
    readings: list[object] = [text.split(","), text] if "," in text else [text]
    readings += [text == "true"] if text in {"true", "false"} else []
    readings += [int(text)] if WRITTEN.fullmatch(text) else []
    for reading in readings:
        with suppress(ValueError):
            parse(reading)
            return reading
    return text


def plain(value: Any) -> Any:
    """Settings as JSON values without floats: secrets as their reference, fields at their default left out.

    So a setting that a later version adds does not change what older checks mean.
    """
    if isinstance(value, Secret):
        return {"file": value.file} if value.env is None else {"env": value.env}
    if dataclasses.is_dataclass(value):
        return {f.name: plain(one) for f in dataclasses.fields(value) if (one := getattr(value, f.name)) != _default(f)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, Fraction | float) else value


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


@cache
def _fields(kind: type) -> tuple[tuple[str, str, Parse], ...]:
    """Name of the field, its key in TOML and its parser, for each field of a dataclass."""
    hints = get_type_hints(kind)
    found = []
    for field in dataclasses.fields(kind):
        hint, is_span = hints[field.name], field.name.endswith("_ms")
        key = field.name.removesuffix("_ms") if is_span else field.name
        found.append((field.name, key, values.span if is_span else _parser(hint)))
    return tuple(found)


def _parser(hint: Any) -> Parse:
    """The parser for an annotation."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _union({one: _parser(one) for one in inner if one is not NoneType})
    if origin is tuple:
        return values.many(_parser(inner[0]))
    return _mapping(_parser(inner[1]))


def _union(members: Mapping[Any, Parse]) -> Parse:
    """A table is for a secret, a string for a string, all else for what is first."""

    def parse(value: object) -> Any:
        fits = Secret if isinstance(value, dict) else type(value)
        return members.get(fits, next(iter(members.values())))(value)

    return parse


def _mapping(parse: Parse) -> Parse:
    def parse_table(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise values.wrong(value, 'a table is expected; write { "Name" = "value" }')
        found = {}
        for key, one in value.items():
            try:
                found[key] = parse(one)
            except ValueError as error:
                raise ValueError(f'"{key}": {error}') from error
        return found

    return parse_table


def _string(value: object) -> str:
    """Any text, also none and several lines: a kind refuses what it cannot use."""
    if not isinstance(value, str):
        raise values.wrong(value, "a string is expected; put it in quotes")
    return value


def secret(value: object) -> Secret:
    """A reference to a secret: { env = "NAME" } or { file = "PATH" }; never the secret itself."""
    if not isinstance(value, dict):
        raise values.wrong(value, 'a secret is referred to; write { env = "NAME" } or { file = "/PATH" }')
    if len(value) != 1 or not value.keys() <= {"env", "file"}:
        raise ValueError('a secret is referred to by one of { env = "NAME" } and { file = "/PATH" }')
    ((way, place),) = value.items()
    return Secret(**{way: values.text(place)})


WHOLE: Final = values.whole(-(2**53), 2**53)
_SIMPLE: Final[Mapping[Any, Parse]] = {
    bool: values.flag,
    int: WHOLE,
    str: _string,
    Fraction: values.ratio,
    Secret: secret,
}
