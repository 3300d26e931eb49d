"""The published terms that come with the program, by id and version; each file is parsed when it is first asked for.

An id such as "digitalocean/droplet" has one file for each version that was published; `terms.parse`
judges what is in them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from probe.config.files import Source
from probe.errors import TermsError
from probe.sla import terms
from probe.sla.terms import Terms


def ids() -> tuple[str, ...]:
    """Every agreement in the catalogue, in name order; nothing is parsed."""
    return tuple(_files())


def versions(agreement: str) -> tuple[Terms, ...]:
    """Every published version of an agreement, oldest first; KeyError for an id that is not in the catalogue."""
    return parse_all(tables(agreement), agreement)


def published() -> Mapping[str, tuple[Terms, ...]]:
    """The whole catalogue, parsed: for `sla list` and tests."""
    return {agreement: versions(agreement) for agreement in ids()}


@cache
def tables(agreement: str) -> tuple[dict[str, Any], ...]:
    """The raw TOML tables of an agreement's versions, oldest first; KeyError for an unknown id."""
    found = [tomllib.loads(file.read_text(encoding="utf-8")) for file in _files()[agreement]]
    return tuple(sorted(found, key=_age))


def version_tables(name: str) -> dict[str, Any]:
    """The raw TOML tables of one version, "provider/service@version"; ValueError when there is none."""
    file = next(
        (file for file in _files().get(name.partition("@")[0], ()) if file.name == f"{name.rpartition('/')[2]}.toml"),
        None,
    )
    if file is None:
        raise ValueError(f'"{name}" is not in the catalogue; a version is written as "aws/ec2-instance@2022-05-05"')
    return tomllib.loads(file.read_text(encoding="utf-8"))


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
def _files() -> Mapping[str, tuple[Traversable, ...]]:
    """The files of each agreement: `provider/service@version.toml` is a version of "provider/service"."""
    found: dict[str, list[Traversable]] = {}
    providers = (folder for folder in (files("probe.sla") / "published").iterdir() if folder.is_dir())
    for folder in providers:
        for file in (one for one in folder.iterdir() if "@" in one.name):
            agreement = f"{folder.name}/{file.name.partition('@')[0]}"
            found.setdefault(agreement, []).append(file)
    return {agreement: tuple(some) for agreement, some in sorted(found.items())}


def _age(table: Mapping[str, Any]) -> tuple[str, str]:
    """What is still valid is newest, whatever date its text states, if any."""
    return (str(table.get("valid_to", "9999-12-31")), str(table.get("valid_from", "")))
