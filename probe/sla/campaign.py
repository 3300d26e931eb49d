"""When a regulator's protocol wants its measurements: a fixed plan from its first day on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

from probe.sla import wallclock
from probe.sla.speed import DE_FIXED, HOUR_MS, MINUTE_MS, Protocol

BEGIN_MS: Final = 9 * HOUR_MS
"""Of each measuring day: at nine."""
APART_MS: Final = 15 * MINUTE_MS
DAYS_APART: Final = 2
"""At least one calendar day lies between two measuring days."""


class Campaign(NamedTuple):
    """A protocol and the zone whose days it counts."""

    protocol: Protocol
    zone: str


CAMPAIGNS: Final[Mapping[str, Campaign]] = {"de_fixed": Campaign(DE_FIXED, "Europe/Berlin")}


def planned(name: str, first_day: str) -> tuple[int, ...]:
    """The instant of each measurement of a campaign by its name, from a day such as "2026-12-01" on."""
    return instants(CAMPAIGNS[name], date.fromisoformat(first_day))


def instants(campaign: Campaign, first: date) -> tuple[int, ...]:
    """The instant of each measurement, in order: each day in two halves with the protocol's pause between."""
    protocol, where = campaign.protocol, wallclock.zone(campaign.zone)
    apart_ms = max(APART_MS, 2 * protocol.spacing_ms)
    half = protocol.per_day // 2
    found = []
    for number in range(protocol.days):
        midnight_ms = wallclock.midnight(first + timedelta(days=DAYS_APART * number), where)
        for place in range(protocol.per_day):
            pause_ms = protocol.pause_ms if place >= half else 0
            found.append(midnight_ms + BEGIN_MS + place * apart_ms + pause_ms)
    return tuple(found)
