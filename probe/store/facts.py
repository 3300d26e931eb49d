"""The facts of imported outcomes: what else an attempt showed, as JSON values of a limited size.

They come from outside: text is made printable, numbers are finite, and nothing is nested deep or long.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

SIZE_LIMIT: Final = 16 << 10
TOGETHER_LIMIT: Final = 512 << 10
"""Of all facts in one request: half of what the agent takes at once."""
DEEPEST: Final = 6
NAME_LIMIT: Final = 64
LARGEST: Final = 1 << 63


def read(value: object) -> Mapping[str, Any] | None:
    """The facts of one imported outcome, None where it has none; ValueError says what is wrong."""
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        said = 'facts is not an object such as {"down_bps": 93000000}'
        raise ValueError(said)  # noqa: TRY004 - a problem of the line, not of the program
    found: dict[str, Any] = _plain(value, 0)
    if len(json.dumps(found)) > SIZE_LIMIT:
        raise ValueError(f"facts is longer than {SIZE_LIMIT} characters")
    return found


def length(found: Mapping[str, Any] | None) -> int:
    """How long the facts of one outcome are as text."""
    return len(json.dumps(found)) if found else 0


def _plain(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"facts is nested deeper than {DEEPEST} levels")
    if isinstance(value, dict):
        return {_name(name): _plain(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, str):
        return _printable(value)
    return value if value is None or isinstance(value, bool) else _number(value)


def _name(name: str) -> str:
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise ValueError(f"facts has a name that is not of 1 to {NAME_LIMIT} printable characters")
    return name


def _number(value: float | Decimal) -> float:
    """A whole number that the record can hold, or a finite one."""
    if not math.isfinite(value) or not -LARGEST < value < LARGEST:
        raise ValueError(f"facts has a number that is not between -2^63 and 2^63: {str(value)[:NAME_LIMIT]}")
    return value if isinstance(value, int) else float(value)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
