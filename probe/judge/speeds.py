"""The measurements behind rules about the speed of a line: outcomes with `down_bps` or `up_bps` among their facts.

They come from `throughput` checks or were imported. A measurement over radio, beside other traffic, or that did
not end well is kept and counted as not valid, as the regulators' protocols ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probe.model import Origin, Outcome, State
from probe.sla.service import Service
from probe.sla.speed import Speed
from probe.store.reader import Reader

RADIO: Final = frozenset({"wifi", "wireless", "cellular", "wwan"})


def speeds_of(reader: Reader, service: Service, where: tuple[int, int, str]) -> Mapping[str, tuple[Speed, ...]]:
    """The measurements of each check in [start, end) from a vantage point; nothing is read where no rule asks."""
    if service.terms is None or service.terms.speed is None:
        return {}
    start_ms, end_ms, vantage = where
    return {
        key: tuple(_speed(each) for each in reader.outcomes(vantage, key, start_ms, end_ms) if _is_measured(each))
        for key in service.keys
    }


def _is_measured(one: Outcome) -> bool:
    return one.origin is not Origin.MANUAL and bool(one.finding.facts.keys() & {"down_bps", "up_bps"})


def _speed(one: Outcome) -> Speed:
    facts = one.finding.facts
    return Speed(one.at_ms, _bits(facts.get("down_bps")), _bits(facts.get("up_bps")), _fault(one, facts))


def _bits(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _fault(one: Outcome, facts: Mapping[str, Any]) -> str | None:
    """What the protocol holds against a measurement; None where it is valid."""
    if facts.get("other_traffic") is True:
        return "other traffic was on the line"
    if str(facts.get("link", "")).lower() in RADIO:
        return "over radio, not over a cable"
    return "it did not end by itself" if one.finding.state is State.UNKNOWN else None
