"""The published terms that come with the program, by id and version; each file is parsed when it is first asked for.

An id such as "digitalocean/droplet" has one file for each version that was published; `terms.parse`
judges what is in them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from probe.config.files import Source
from probe.errors import TermsError
from probe.sla import terms
from probe.sla.terms import Terms

_ID: Final = re.compile(r'^id\s*=\s*"([^"]+)"', re.MULTILINE)


def ids() -> tuple[str, ...]:
    """Every agreement in the catalogue, in name order; nothing is parsed."""
    return tuple(sorted(_texts()))


def versions(agreement: str) -> tuple[Terms, ...]:
    """Every published version of an agreement, oldest first; KeyError for an id that is not in the catalogue."""
    return parse_all(tables(agreement), agreement)


def published() -> Mapping[str, tuple[Terms, ...]]:
    """The whole catalogue, parsed: for `sla list` and tests."""
    return {agreement: versions(agreement) for agreement in ids()}


@cache
def tables(agreement: str) -> tuple[dict[str, Any], ...]:
    """The raw TOML tables of an agreement's versions, oldest first; KeyError for an unknown id."""
    found = [tomllib.loads(text) for text in _texts()[agreement]]
    return tuple(sorted(found, key=_since))


def own_file(path: Path, problems: list[str]) -> tuple[dict[str, Any], ...]:
    """The raw table of a terms file of one's own; () when `problems` grew."""
    source = Source(path, problems)
    return (source.table,) if source.is_read else ()


def parse_all(raw: tuple[dict[str, Any], ...], where: str) -> tuple[Terms, ...]:
    """Terms of raw tables, oldest first; TermsError with every problem in all of them."""
    parsed: list[Terms] = []
    problems: list[str] = []
    for table in raw:
        try:
            parsed.append(terms.parse(table, where))
        except TermsError as error:
            problems += error.problems
    if problems:
        raise TermsError(tuple(problems))
    return tuple(parsed)


@cache
def _texts() -> Mapping[str, tuple[str, ...]]:
    """The text of each file by the id in it."""
    found: dict[str, list[str]] = {}
    for file in _toml_files():
        text = file.read_text(encoding="utf-8")
        if match := _ID.search(text):
            found.setdefault(match[1], []).append(text)
    return {agreement: tuple(texts) for agreement, texts in found.items()}


def _toml_files() -> list[Traversable]:
    folder = files("probe.sla") / "published"
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def _since(table: Mapping[str, Any]) -> str:
    return str(table.get("valid_from", ""))
