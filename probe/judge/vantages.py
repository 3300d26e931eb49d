"""Several vantage points side by side, and together where a rule says how many must see a service down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from probe.sla.service import How, Quorum, Service

if TYPE_CHECKING:
    from probe.config import Config

RULES: Final = {How.ANY.value: 1, How.ALL_DOWN.value: None}
"""How many must see it down by the word of the terms; None: all of them."""


class View(NamedTuple):
    """A configuration as one vantage point has it. together: what the judgement of several of them is named."""

    config: Config
    together: str | None = None


def views(config: Config, names: Sequence[str]) -> tuple[View, ...]:
    """The configuration from each of these vantage points by itself, and at last from all of them together.

    Together are judged the services with a quorum of their own, or whose terms combine by `any` or `all_down`.
    """
    if len(names) == 1:
        return (View(_from(config, names[0])),)
    alone = tuple(replace(service, vantages=None) for service in config.services)
    apart = [View(replace(_from(config, name), services=alone)) for name in names]
    return (*apart, *_together(_from(config, names[0]), names))


def _from(config: Config, vantage: str) -> Config:
    return replace(config, agent=replace(config.agent, vantage=vantage))


def _together(config: Config, names: Sequence[str]) -> Iterator[View]:
    """One view for each number of vantage points that must agree."""
    needed = {service.name: _needed(service, len(names)) for service in config.services}
    for least in sorted({each for each in needed.values() if each is not None}):
        services = tuple(
            replace(service, vantages=Quorum(tuple(names), least))
            for service in config.services
            if needed[service.name] == least
        )
        label = f"{' + '.join(names)}, down while at least {least} of {len(names)} see it"
        yield View(replace(config, services=services), label)


def _needed(service: Service, number: int) -> int | None:
    """How many of so many vantage points must see a service down; None where nobody says."""
    if service.vantages is not None:
        return service.vantages.at_least if service.vantages.at_least <= number else None
    combining = service.terms.combining if service.terms else None
    if combining is None or combining.how not in RULES:
        return None
    return RULES[combining.how] or number
