"""probe.toml and the drop-ins of checks.d become one Config, or one ConfigError with every problem in all of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from probe.config import machine, values
from probe.config.channels import read_channels, read_push, read_web
from probe.config.checks import Schedule, read_check, read_schedule, short_timeouts
from probe.config.configuration import AgentSettings, Channel, Config, StorageSettings
from probe.config.dropins import drop_ins
from probe.config.files import Source, printable
from probe.config.fingerprint import DROP_INS, digest, stamps
from probe.config.gathered import judge_groups
from probe.config.groups import Groups
from probe.config.maintenance import Scope, read_window
from probe.config.references import few_references, read_references
from probe.config.services import Agreements, read_service
from probe.config.table import Table
from probe.errors import ConfigError
from probe.model import Check, Window
from probe.probers import PROBERS
from probe.probers.prober import Prober
from probe.sla.service import Service

ONLY_MAIN: Final = ("agent", "storage", "defaults", "references", "web", "push", "notify")


def load(path: Path, routes: Path = machine.ROUTES, kinds: Mapping[str, type[Prober]] = PROBERS) -> Config:
    """Read `path` and checks.d beside it. Raises ConfigError with every located problem.

    routes: where the kernel shows its routes, for the gateway "auto". kinds: those that a check may be of.
    """
    problems: list[str] = []
    before = stamps(path)
    main = Source(path, problems)
    others = [Source(file, problems) for file in drop_ins(path.parent / DROP_INS, problems)]
    reader = Reader(main, others, problems, kinds)
    reader.is_complete = not problems
    agent, storage = reader.agent(), reader.storage()
    checks = reader.checks(routes)
    services = reader.services(checks)
    windows = reader.windows(checks, services)
    web, channels = read_web(reader.root.table("web")), reader.channels(services)
    push = read_push(reader.root.table("push"))
    reader.done()
    if problems:
        raise ConfigError(tuple(problems))
    return Config(
        path=path.absolute(),
        agent=agent,
        storage=storage,
        checks=tuple(checks),
        services=tuple(services),
        windows=tuple(windows),
        versions={service.name: reader.agreements.of_service[service.name] for service in services},
        warnings=tuple(f"{path}: {remark}" for remark in _remarks(checks, services)),
        agreements=tuple(reader.agreements.files),
        fingerprint=digest([*before, *reader.agreements.stamps]),
        web=web,
        push=push,
        channels=channels,
    )


class Reader:
    """The files while they are read; knows each name that was taken, and where."""

    def __init__(
        self, main: Source, others: list[Source], problems: list[str], kinds: Mapping[str, type[Prober]] = PROBERS
    ) -> None:
        """Nothing is judged yet."""
        self.root = Table(main, main.table)
        self.roots = [self.root, *(Table(source, source.table) for source in others)]
        self.is_complete = True
        self._kinds = kinds
        self.agreements = Agreements(Path(main.shown).parent, problems)
        self._taken: dict[tuple[str, str], tuple[str, str]] = {}
        self._shown: list[tuple[str, str]] = []
        self._providers: set[str] = set()
        self._wanted: list[tuple[str, Table]] = []

    def agent(self) -> AgentSettings:
        """[agent]."""
        table = self.root.table("agent")
        rate = values.whole(1, 100_000)
        settings = AgentSettings(
            vantage=table.take("vantage", values.name, None) or machine.host_name(),
            concurrency=table.take("concurrency", rate, 512),
            recheck_rate=table.take("recheck_rate", rate, 200),
        )
        table.done()
        return settings

    def storage(self) -> StorageSettings:
        """[storage]."""
        table = self.root.table("storage")
        relative = table.take("path", values.text, "storage/probe.db")
        keep_ms = table.take("keep_outcomes", _keep, None)
        key = table.take("sign_with", values.text, None)
        table.done()
        folder = self.agreements.folder
        return StorageSettings(
            path=(folder / relative).absolute(),
            keep_outcomes_ms=keep_ms,
            sign_with=(folder / key).absolute() if key else None,
        )

    def checks(self, routes: Path) -> list[Check]:
        """The gateway, the references and every [[check]], in this order."""
        table = self.root.table("defaults")
        schedule = read_schedule(table, Schedule())
        table.done()
        defaults = schedule if table.is_sound("interval", "timeout", "recheck", "confirm") else Schedule()
        found: list[Check] = []
        if self.root.has("references"):
            section = self.root.table("references")
            for check, place in read_references(section, defaults, routes):
                self._claim("check", check.key, place)
                found.append(check)
        tables: dict[str, Table] = {}
        for one in self._each("check"):
            read = read_check(one, defaults, self._kinds)
            found += read
            tables.update((check.key, one) for check in read)
            if isinstance(name := one.content.get("name"), str):
                self._claim("check", name, one)
            if isinstance(service := one.content.get("service"), str):
                self._wanted.append((service, one))
        if self.is_complete:
            judge_groups(found, tables)
        return found

    def services(self, checks: list[Check]) -> list[Service]:
        """Every [service.NAME]; checks and services are matched here."""
        found: list[Service] = []
        names: set[str] = set()
        groups = self._groups()
        for root in self.roots:
            section = root.table("service")
            for name in section.content:
                names.add(name)
                table = section.table(name)
                if isinstance(provider := table.content.get("provider"), str):
                    self._providers.add(provider)
                self._claim("service", name, table)
                members = tuple(check.key for check in checks if check.service == name)
                is_wanted = any(wanted == name for wanted, _ in self._wanted)
                service = self._service(table, members, groups)
                found += [service] if service else []
                if self.is_complete and not is_wanted and section.is_sound(name) and not service_is_uplink(table):
                    table.complain("", f'no check belongs to it; add service = "{name}" to a check, or uplink = true')
        if self.is_complete:
            for wanted, table in self._wanted:
                if wanted not in names:
                    table.complain("service", f'"{wanted}" does not exist; {values.suggestion(wanted, names)}')
        return found

    def _groups(self) -> Groups:
        """Every [group.NAME]."""
        groups = Groups(self.agreements)
        sections = [root.table("group") for root in self.roots]
        tables = [section.table(name) for section in sections for name in section.content]
        for table in tables:
            self._claim("group", str(table.steps[-1]), table)
        groups.read(tables)
        return groups

    def _service(self, table: Table, members: tuple[str, ...], groups: Groups) -> Service | None:
        """The service of a table, with what it inherits."""
        inherited, path = groups.over(table)
        whole = Table(table.source, {**inherited, **table.content}, table.steps, table.label)
        service = read_service(whole, members, self.agreements, path)
        if service is not None and service.provider:
            self._providers.add(service.provider)
        return service

    def windows(self, checks: list[Check], services: list[Service]) -> list[Window]:
        """Every [[maintenance]]; a check of two families is named with or without its suffix."""
        scope = Scope(
            providers={service.provider for service in services if service.provider} | self._providers,
            services={name for what, name in self._shown if what == "service"},
            checks={name for what, name in self._shown if what == "check"} | {check.key for check in checks},
        )
        known = scope if self.is_complete else None
        return [window for one in self._each("maintenance") if (window := read_window(one, known))]

    def channels(self, services: list[Service]) -> tuple[Channel, ...]:
        """Every [notify.NAME]."""
        return read_channels(self.root.table("notify"), {one.name for one in services} if self.is_complete else None)

    def done(self) -> None:
        """Complain of what belongs nowhere."""
        for root in self.roots[1:]:
            for key in ONLY_MAIN:
                if root.has(key):
                    root.take(key, lambda value: value, None)
                    root.complain(key, f"belongs in {self.root.source.shown}, not in a drop-in; move it there")
        for root in self.roots:
            root.done()

    def _each(self, key: str) -> Iterator[Table]:
        for root in self.roots:
            yield from root.tables(key)

    def _claim(self, what: str, name: str, table: Table) -> None:
        """One name is one thing, also when only case or Unicode form differ."""
        folded = what, unicodedata.normalize("NFKC", name).casefold()
        if folded in self._taken:
            first, where = self._taken[folded]
            said = "already defined" if first == name else f'too like "{printable(first)}", defined'
            table.complain("", f"{said} in {where}; give one of them another name")
        self._taken.setdefault(folded, (name, table.source.shown))
        self._shown.append((what, name))


def service_is_uplink(table: Table) -> bool:
    """Whether a [service.NAME] is our own connection, whose checks are the references."""
    return table.content.get("uplink") is True


def _keep(value: object) -> int | None:
    """Milliseconds, None for "forever"; no shorter than a day."""
    if value == "forever":
        return None
    keep_ms = values.span(value)
    if keep_ms < values.UNITS_MS["d"]:
        raise ValueError('shorter than a day; write "forever", or a span such as "400d"')
    return keep_ms


def _remarks(checks: list[Check], services: list[Service]) -> list[str]:
    remarks = short_timeouts(checks)
    if not checks:
        remarks.append("no check anywhere; add [[check]] to a file in checks.d")
    few = few_references(checks) if any(service.is_uplink for service in services) else None
    return [*remarks, few] if few else remarks
