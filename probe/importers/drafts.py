"""Checks that another monitor's configuration comes to: values, the file that is written of them, and its remarks.

What is written is a draft to look over: it belongs to no service yet, and every setting that could not be carried
stands above its check as a comment and is said once more, with its line where the format has lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from probe.config.targets import host_of
from probe.config.values import span_text
from probe.importers.names import named
from probe.probers.net.addresses import is_private
from probe.probers.net.clean import clean

BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
SHORTEST_MS: Final = 2_000
LONGEST_MS: Final = 7 * 86_400_000
UNTARGETED: Final = frozenset({"push", "group"})
INSIDE: Final = (".local", ".localhost", ".internal", ".home.arpa", ".lan", ".home")
"""Ends of names that public name servers do not know: RFC 6761, 6762, 8375, ICANN's .internal, and two of custom."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """One check to be: `settings` are those of its kind; `left_out` is what could not be carried."""

    name: str
    kind: str
    target: str
    settings: dict[str, Any] = field(default_factory=dict)
    interval_ms: int | None = None
    timeout_ms: int | None = None
    family: str | None = None
    left_out: list[str] = field(default_factory=list)


class Drafting:
    """Collects drafts and remarks while a configuration is read."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        self.drafts: list[Draft] = []
        self.remarks: list[str] = []
        self._taken: set[str] = set()

    def name(self, title: object, otherwise: str = "check") -> str:
        """A name for a check that no other one here has."""
        return named(title, self._taken, otherwise)

    def leave(self, what: str) -> None:
        """Something cannot be carried at all."""
        self.remarks.append(clean(what))

    def add(self, draft: Draft, where: str) -> None:
        """Take a draft, and say what of it is left behind; `where` is its place in the file."""
        self.drafts.append(draft)
        self.remarks += [clean(f"{where}: {what}") for what in draft.left_out]


def as_toml(drafting: Drafting, source: str) -> str:
    """The drafts as a file of checks.d, each a [[check]] with what it lacks above it."""
    head = [f"# Checks from {clean(source)}, to look over: give each its service, then `probe validate`.\n"]
    return "\n".join([*head, *map(_table, drafting.drafts)])


def _table(draft: Draft) -> str:
    lines = [f"# not carried: {clean(what)}" for what in draft.left_out]
    lines += ["[[check]]", f"name = {_value(draft.name)}", f"kind = {_value(draft.kind)}"]
    lines.append(f"target = {_value(draft.target)}")
    interval_ms = None if draft.interval_ms is None else min(max(draft.interval_ms, SHORTEST_MS), LONGEST_MS)
    if interval_ms is not None:
        lines.append(f"interval = {_value(span_text(interval_ms))}")
    if draft.timeout_ms is not None and draft.timeout_ms > 0:
        longest = (interval_ms or 60_000) * 4 // 5
        lines.append(f"timeout = {_value(span_text(min(draft.timeout_ms, longest)))}")
    if is_inside(draft):
        lines.append("allow_private = true")
    if draft.family is not None:
        lines.append(f"family = {_value(draft.family)}")
    lines += [f"{draft.kind}.{key} = {_value(value)}" for key, value in draft.settings.items()]
    return "\n".join(lines) + "\n"


def is_inside(draft: Draft) -> bool:
    """Whether its target is in an own network by its looks: a private address, or a name of no public zone."""
    if draft.kind in UNTARGETED:
        return False
    host = host_of(draft.target).rstrip(".").casefold()
    try:
        return is_private(host)
    except ValueError:
        return "." not in host or host.endswith(INSIDE)


def _value(value: Any) -> str:
    """A value as TOML: JSON's strings are TOML's, once nothing in them steers a terminal."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)


def _key(key: object) -> str:
    return str(key) if BARE.fullmatch(str(key)) else _value(str(key))


def seconds_ms(value: object) -> int | None:
    """Seconds as milliseconds, None for what is no reasonable number of them."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value * 1000) if is_number and isinstance(value, int | float) and 0 < value <= 604_800 else None


def text_of(value: object) -> str | None:
    """A string with something in it, None for anything else."""
    return value if isinstance(value, str) and value.strip() and len(value) <= 2_000 else None


def mentioned(content: Mapping[Any, Any], known: Iterable[str]) -> list[str]:
    """The keys of a table that are not among the known ones, to be named as left behind."""
    there = set(known)
    return sorted(str(key) for key in content if str(key) not in there)
