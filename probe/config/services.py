"""[service.NAME] tables become services: what is bought from a provider under one SLA."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final

from probe.config import bought, catalogue, values
from probe.config.fingerprint import stamp
from probe.config.table import Table
from probe.errors import TermsError
from probe.sla import wallclock
from probe.sla.service import Combine, How, Impact, Quorum, Service
from probe.sla.terms import Terms

MOST_MEMBERS: Final = 1000
"""For a group, whose services' checks are not counted yet."""
COMBINES: Final = (How.EACH, How.ANY, How.ALL_DOWN)


class Agreements:
    """Finds the terms that services name. files: own ones that were read, with what was in them.

    of_service: every version of the terms of each service, oldest first. stamps: of the own files.
    """

    def __init__(self, folder: Path, problems: list[str]) -> None:
        """Paths of own files are relative to `folder`, where probe.toml is; what is wrong in them joins `problems`."""
        self.folder = folder
        self.problems = problems
        self.files: dict[Path, tuple[Terms, ...]] = {}
        self.of_service: dict[str, tuple[Terms, ...]] = {}
        self.stamps: list[str] = []

    def find(self, value: object) -> tuple[Terms, ...]:
        """All versions of a catalogue id, or the one in a file of one's own; ValueError names what is wrong."""
        given = values.text(value)
        if given.endswith(".toml"):
            return self._own(self.folder / given)
        if given not in catalogue.ids():
            raise ValueError(
                f'"{given[:60]}" is not in the catalogue; {values.suggestion(given, catalogue.ids())} '
                "(or the path of a .toml file of your own)"
            )
        return catalogue.versions(given)

    def _own(self, path: Path) -> tuple[Terms, ...]:
        if path not in self.files:
            self.stamps.append(stamp(path))
            found: list[str] = []
            try:
                self.files[path] = catalogue.parse_all(catalogue.own_file(path, found), str(path))
            except TermsError as error:
                found += error.problems
            self.problems += found
        if not self.files.get(path):
            raise ValueError(f"{path}: terms that cannot be used; mend that file")
        return self.files[path]


def read_service(
    table: Table, keys: Sequence[str], agreements: Agreements, groups: tuple[str, ...] = ()
) -> Service | None:
    """The service of one [service.NAME] table with its member checks; None when a problem was added.

    groups: what it inherits from, the widest first; their keys are in the table already.
    """
    name = str(table.steps[-1])
    try:
        values.name(name)
    except ValueError as error:
        table.complain("", str(error))
    versions = table.take("agreement", agreements.find, ())
    op, objective = table.take("objective", _objective, (">=", None))
    zone = table.take("timezone", values.zone, None)
    since_ms = table.take("since", _edge(zone), None)
    until_ms = table.take("until", _edge(zone), None)
    if since_ms is not None and until_ms is not None and until_ms <= since_ms:
        table.complain("until", "not after since; make it later")
    service = Service(
        name=name,
        provider=table.take("provider", values.text, versions[-1].provider if versions else None),
        terms=versions[-1] if versions else None,
        objective=objective,
        objective_op=op,
        combine=table.take("combine", _combine(len(keys)), None),
        timezone=zone,
        monthly_fee=table.take("monthly_fee", values.money, None),
        fees=table.take("fees", bought.fees(versions[-1] if versions else None), {}),
        weights=table.take("weights", bought.weights(keys), {}),
        affected=table.take("affected", bought.affected, None),
        speed=table.take("speed", bought.speeds, {}),
        keys=tuple(keys),
        since_ms=since_ms,
        until_ms=until_ms,
        is_uplink=table.take("uplink", values.flag, False),
        impact=Impact(table.take("impact", values.choice(*Impact), Impact.NORMAL)),
        groups=groups,
        vantages=table.take("vantages", _quorum, None),
    )
    table.take("inherits", values.text, None)
    table.done()
    agreements.of_service[name] = versions
    return service if table.is_sound("", *table.content) else None


def _objective(value: object) -> tuple[str, Fraction]:
    """Operator and share of "99.95 %", ">= 99.95 %" or "> 99.95 %"."""
    given = value.strip() if isinstance(value, str) else value
    op = ">" if isinstance(given, str) and given.startswith(">") and not given.startswith(">=") else ">="
    share = values.ratio(given.lstrip(">=") if isinstance(given, str) else given)
    if op == ">" and share == 1:
        raise ValueError('more than 100 % is never met; write ">= 100 %"')
    return op, share


def _combine(members: int) -> values.Parse:
    def parse(value: object) -> Combine:
        if not isinstance(value, dict):
            return Combine(How(values.choice(*COMBINES)(value)))
        if value.keys() != {"at_least"}:
            raise ValueError("a table of something else; write { at_least = 2 }")
        return Combine(How.AT_LEAST, values.whole(1, members or MOST_MEMBERS)(value["at_least"]))

    return parse


def _quorum(value: object) -> Quorum:
    """The vantage points of { of = ["office", "home"], at_least = 2 }."""
    if not isinstance(value, dict) or value.keys() != {"of", "at_least"}:
        raise ValueError('not a choice of vantage points; write { of = ["office", "home"], at_least = 2 }')
    names = values.many(values.name)(value["of"])
    if len(set(names)) < len(names):
        raise ValueError("a vantage point stands there twice; name each once")
    return Quorum(names, values.whole(1, len(names))(value["at_least"]))


def _edge(zone: str | None) -> values.Parse:
    """A date-time with an offset, or a date: its first instant in the service's zone, UTC without one."""

    def parse(value: object) -> int:
        if isinstance(value, date) and not isinstance(value, datetime):
            return wallclock.midnight(values.day(value), wallclock.zone(zone or "UTC"))
        return values.instant(value)

    return parse
