"""The static status page: an index, a page for each service and the document beside them, as texts by file name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from probe.html import words
from probe.html.pages import fill
from probe.model import Cause
from probe.view.wording import count

Document = Mapping[str, Any]
HEIGHT: Final = 40
PITCH: Final = 10
LEAST: Final[Mapping[str, int]] = {"down": 10, "maintenance": 6, "uncertain": 4, "unknown": 3}
"""How high the mark of each sort is at least, however short it was: nothing is too small to be seen."""

INKS: Final[Mapping[str, str]] = {
    "down": "down",
    "maintenance": "planned",
    "uncertain": "maybe",
    "unknown": "unknown",
}


class Bar(NamedTuple):
    """One part of a day's bar in a strip."""

    x: int
    y: float
    height: float
    ink: str


class Strip(NamedTuple):
    """The last days of one check: bars, each day in words, and all of it in a sentence."""

    bars: list[Bar]
    days: list[tuple[int, str]]
    says: str
    width: int


def site(document: Document) -> dict[str, str]:
    """Every file of the status page, the index last: what it links to is there before it is."""
    strips = {
        (service["name"], check["name"]): strip(check["days"])
        for service in document["services"]
        for check in service["checks"]
    }
    given = {"document": document, "strips": strips, "height": HEIGHT}
    found = {one["page"]: fill("service.html.j2", service=one, **given) for one in document["services"]}
    found["status.json"] = json.dumps(document, indent=1) + "\n"
    found["index.html"] = fill("status.html.j2", says=_overall(document), last=_last(document), **given)
    return found


def strip(days: list[Document]) -> Strip:
    """A bar for each day, divided by how long it was what."""
    bars = [bar for place, day in enumerate(days) for bar in _bars(place * PITCH, day)]
    told = [(place * PITCH, _told(day)) for place, day in enumerate(days)]
    return Strip(bars, told, _summary(days), len(days) * PITCH)


def _bars(x: int, day: Document) -> list[Bar]:
    """From above: down, maintenance, uncertain, unknown; what was certainly up is what is left of the height."""
    judged = words.ms_of(day["judged"])
    held = {sort: words.ms_of(day[sort]) / judged for sort in LEAST if words.ms_of(day[sort])}
    spare = HEIGHT - sum(LEAST[sort] for sort in held)
    heights = {INKS[sort]: LEAST[sort] + float(share * spare) for sort, share in held.items()}
    if known := 1 - sum(held.values()):
        heights["up"] = float(known * spare)
    found, y = [], 0.0
    for ink, height in heights.items():
        found.append(Bar(x, round(y, 2), round(height, 2), ink))
        y += height
    return found


def _told(day: Document) -> str:
    """A day in words: `2026-10-03: down 11 m, unknown 2 m`."""
    said = ", ".join(f"{sort} {words.span(day[sort])}" for sort in LEAST if words.ms_of(day[sort]))
    return f"{day['day']}: {said or 'up'}"


def _summary(days: list[Document]) -> str:
    failed = sum(bool(words.ms_of(day["down"])) for day in days)
    blind = sum(words.ms_of(day["unknown"]) == words.ms_of(day["judged"]) for day in days)
    doubtful = sum(bool(words.ms_of(day["unknown"])) for day in days) - blind
    return (
        f"The last {count(len(days), 'day')}: {failed} with downtime, {blind} wholly unknown,"
        f" {doubtful} more with some unknown time."
    )


def _overall(document: Document) -> str:
    """The first sentence of the page."""
    services = document["services"]
    named = {word: [one for one in services if one["state"] == word] for word in ("down", "unknown", "pending")}
    if not services:
        return "Nothing is checked."
    if document["agent"]["state"] != "running":
        return "Nothing is being measured now: no agent is running."
    if named["down"]:
        return f"{count(len(named['down']), 'service')} of {len(services)} {_is(named['down'])} down."
    doubtful = named["unknown"] + named["pending"]
    if doubtful:
        return f"No service is known to be down; the state of {len(doubtful)} of {len(services)} is not known."
    return "All services are up."


def _last(document: Document) -> dict[str, Document]:
    """The last outage of each service that was not of our own making."""
    charged = {
        service["name"]: [one for one in service["outages"] if not Cause(one["cause"]).is_own_line]
        for service in document["services"]
    }
    return {name: found[0] for name, found in charged.items() if found}


def _is(found: list[Document]) -> str:
    return "is" if len(found) == 1 else "are"
