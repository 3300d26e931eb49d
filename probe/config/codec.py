"""Frozen values to JSON and back, led by their type annotations; the JSON itself names no types.

Dataclasses and named tuples are lists of their fields in order, Fractions and Decimals strings, dates
ISO strings. Made for speed: what JSON already holds as it is goes through untouched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

Decode = Callable[[Any], Any]

AS_TEXT: Final = (Fraction, Decimal, Path, date)
BY_TEXT: Final[Mapping[Any, Decode]] = {Fraction: Fraction, Decimal: Decimal, Path: Path, date: date.fromisoformat}


def encode(value: Any) -> Any:
    """JSON values for a frozen value; a dataclass is led by its name, which tells the members of a union apart."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, AS_TEXT):
        return str(value)
    if dataclasses.is_dataclass(value):
        return [type(value).__name__, *(encode(getattr(value, field.name)) for field in dataclasses.fields(value))]
    if isinstance(value, Mapping):
        return {key: encode(one) for key, one in value.items()}
    return [encode(one) for one in value]


@cache
def decoder(hint: Any) -> Decode | None:
    """What turns JSON back into a value of the annotated type; None when JSON holds it as it is."""
    if hint in BY_TEXT:
        return BY_TEXT[hint]
    if isinstance(hint, type):
        return _of_class(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _of_union(inner)
    if origin is tuple:
        return _of_tuple(inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _of_mapping(decoder(inner[1]))
    return None  # Any, Literal


def _of_class(kind: type) -> Decode | None:
    if issubclass(kind, Enum):
        return kind
    if dataclasses.is_dataclass(kind):
        return _of_dataclass(kind)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        decoders = [decoder(hints[name]) for name in kind._fields]
        return lambda row: kind(*_apply(decoders, row))
    return None


def _of_dataclass(kind: type) -> Decode:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    decoders = [decoder(hints[name]) for name in names]

    def decode(row: list[Any]) -> Any:
        """Without __init__: the value was judged when it was made, and judging again may cost an import."""
        made: Any = object.__new__(kind)
        for name, one in zip(names, _apply(decoders, row[1:]), strict=True):
            object.__setattr__(made, name, one)
        return made

    return decode


def _apply(decoders: list[Decode | None], row: list[Any]) -> list[Any]:
    return [one if decode is None else decode(one) for decode, one in zip(decoders, row, strict=True)]


def _of_union(members: tuple[Any, ...]) -> Decode | None:
    """None stays None; dataclasses are told apart by name, other members by the type that JSON has for them."""
    classes = {kind.__name__: decoder(kind) for kind in members if isinstance(kind, type) and _is_frozen(kind)}
    rest = [decoder(one) for one in members if one is not NoneType and not _is_frozen(one)]
    other = next(iter(rest), None)
    if not classes and other is None:
        return None

    def decode(value: Any) -> Any:
        if value is None:
            return None
        named = classes.get(value[0]) if isinstance(value, list) and value and isinstance(value[0], str) else None
        return (named or other or _as_it_is)(value)

    return decode


def _is_frozen(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind)


def _as_it_is(value: Any) -> Any:
    return value


def _of_tuple(inner: tuple[Any, ...]) -> Decode:
    if inner[-1] is not Ellipsis:
        decoders = [decoder(one) for one in inner]
        return lambda row: tuple(_apply(decoders, row))
    decode = decoder(inner[0])
    return tuple if decode is None else lambda row: tuple(map(decode, row))


def _of_mapping(decode: Decode | None) -> Decode | None:
    return None if decode is None else lambda table: {key: decode(one) for key, one in table.items()}
