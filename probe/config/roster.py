"""What a look at the record needs of the configuration: no settings, no terms, so that `status` starts fast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from probe.config.fingerprint import fingerprint
from probe.model import Check, Role

if TYPE_CHECKING:
    from probe.config.configuration import Config


class Watched(NamedTuple):
    """A check: what it is, what it belongs to, and the schedule that says how long an outcome speaks.

    of: the checks of a group, which is down while `needed` of them are. planned: the instants of a campaign.
    """

    key: str
    name: str
    kind: str
    target: str
    role: Role
    service: str | None
    interval_ms: int
    timeout_ms: int
    confirm: int
    g_max_ms: int
    of: tuple[str, ...] = ()
    needed: int = 1
    planned: tuple[int, ...] = ()


PLAIN: Final = Watched._fields[:-3]
"""The fields that are those of the check."""


class Bought(NamedTuple):
    """A service. is_promised: it has terms or an objective, so that it is judged.

    is_joint: other vantage points are judged with ours.
    """

    name: str
    provider: str | None
    keys: tuple[str, ...]
    is_uplink: bool
    is_promised: bool
    is_joint: bool = False


class Roster(NamedTuple):
    """The configuration in short. agreements: the user's own terms files, part of the fingerprint."""

    path: str
    vantage: str
    fingerprint: str
    agreements: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[Watched, ...]
    services: tuple[Bought, ...]

    def is_current(self, path: Path) -> bool:
        """Whether the files at `path` still say what this was made of."""
        return self.path == str(path.absolute()) and self.fingerprint == fingerprint(path, map(Path, self.agreements))


def roster(config: Config) -> Roster:
    """The short form of a configuration."""
    checks = tuple(_short(check) for check in config.checks)
    services = tuple(
        Bought(
            one.name,
            one.provider,
            one.keys,
            one.is_uplink,
            one.terms is not None or one.objective is not None,
            one.vantages is not None,
        )
        for one in config.services
    )
    agreements = tuple(map(str, config.agreements))
    return Roster(
        str(config.path), config.agent.vantage, config.fingerprint, agreements, config.warnings, checks, services
    )


def _short(check: Check) -> Watched:
    settings = check.settings
    gathered = (settings.of, settings.needed) if check.kind == "group" else ((), 1)
    more = (*gathered, _planned(settings))
    return Watched(*(getattr(check, name) for name in PLAIN), *more)


def _planned(settings: Any) -> tuple[int, ...]:
    if getattr(settings, "campaign", None) is None:
        return ()
    from probe.sla.campaign import planned

    return planned(settings.campaign, settings.campaign_from)


def pack(short: Roster) -> str:
    """One line of JSON."""
    return json.dumps(short, separators=(",", ":"), ensure_ascii=False)


def unpack(text: str) -> Roster:
    """What was packed; ValueError when the text is something else."""
    try:
        path, vantage, digest, agreements, warnings, checks, services = json.loads(text)
        return Roster(
            path,
            vantage,
            digest,
            tuple(agreements),
            tuple(warnings),
            tuple(_watched(row) for row in checks),
            tuple(Bought(name, provider, tuple(keys), *flags) for name, provider, keys, *flags in services),
        )
    except (TypeError, ValueError, IndexError) as error:
        raise ValueError(f"not a packed roster: {error}") from error


def current(document: str, path: Path) -> Roster | None:
    """The roster on the first line of a packed configuration if it is what the files at `path` still say, else None."""
    try:
        short = unpack(document.partition("\n")[0])
    except ValueError:
        return None
    return short if short.is_current(path) else None


def _watched(row: list[Any]) -> Watched:
    row[4] = Role(row[4])
    row[10], row[12] = tuple(row[10]), tuple(row[12])
    return Watched._make(row)
