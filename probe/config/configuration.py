"""The configuration as values: what the files say, checked, resolved and frozen. No secret's value is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from probe.model import Check, Window
from probe.secrets import Secret
from probe.sla.service import Service
from probe.sla.terms import Terms, valid_on


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """[agent]: vantage names where we measure from; concurrency bounds running work, recheck_rate rechecks a second."""

    vantage: str
    concurrency: int = 512
    recheck_rate: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """[storage]: where the record lies (absolute) and how long outcomes are kept; None is for ever.

    sign_with: the private key that heads are signed with, None for no signatures.
    """

    path: Path
    keep_outcomes_ms: int | None = None
    sign_with: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """[web]: where other programs may ask; names: hosts besides addresses and localhost; token: needed off loopback."""

    host: str
    port: int
    names: tuple[str, ...] = ()
    token: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushListener:
    """[push]: where reports are taken in over HTTP; names: hosts besides addresses and localhost."""

    host: str
    port: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """[notify.NAME]: a way to tell people. One of url (apprise) and webhook, which is signed with `secret`.

    services, events: None is all. quiet: from and until, on the wall clock of `zone`; what is due then waits.
    gather_ms: how long the first of several messages waits for the others.
    """

    name: str
    url: Secret | None = None
    webhook: Secret | None = None
    secret: Secret | None = None
    services: tuple[str, ...] | None = None
    events: tuple[str, ...] | None = None
    quiet: tuple[str, str] | None = None
    zone: str = "UTC"
    gather_ms: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that probe.toml and checks.d say. checks: references and gateway too, each with its role.

    services have the newest version of their terms; `versions` has all, by service, oldest first.
    warnings: located remarks that stop nothing. agreements: the user's own terms files. fingerprint:
    names, times and sizes of the files read.
    """

    path: Path
    agent: AgentSettings
    storage: StorageSettings
    checks: tuple[Check, ...]
    services: tuple[Service, ...]
    windows: tuple[Window, ...]
    versions: Mapping[str, tuple[Terms, ...]]
    warnings: tuple[str, ...]
    agreements: tuple[Path, ...]
    fingerprint: str
    web: WebSettings | None = None
    channels: tuple[Channel, ...] = ()
    push: PushListener | None = None

    def service_on(self, service: Service, day: date) -> Service:
        """The service under the version of its terms that was valid on a day: that of the start of a period."""
        return replace(service, terms=valid_on(self.versions.get(service.name, ()), day.isoformat()))


class Changes(NamedTuple):
    """Keys of checks that a reload adds, removes and changes in any respect, each in name order."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def changes(old: Config, new: Config) -> Changes:
    """What lies between two configurations, check by check."""
    before = {check.key: check for check in old.checks}
    after = {check.key: check for check in new.checks}
    return Changes(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(key for key in before.keys() & after.keys() if before[key] != after[key])),
    )
