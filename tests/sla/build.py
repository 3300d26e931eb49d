"""Logs, checks and questions for the tests of the arithmetic, in seconds where people think in seconds."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from probe.model import Rule, Sample, Span, SpanClass, State
from probe.sla import terms
from probe.sla.assessment import PeriodSpan
from probe.sla.classify import classify
from probe.sla.service import Member, Question, Service
from probe.sla.terms import Terms

PUBLISHED = Path(terms.__file__).parent / "published"
STATES = {"G": State.UP, "B": State.DOWN, "U": State.UNKNOWN}


def published(name: str) -> Terms:
    """The terms in a shipped file, such as "digitalocean/droplet@2025-06-03"."""
    path = PUBLISHED / f"{name}.toml"
    return terms.parse(tomllib.loads(path.read_text()), path.name)


def samples(runs: Iterable[Sequence[Any]], *, g_max: int = 90, confirm: int = 3, origin_ms: int = 0) -> list[Sample]:
    """The samples of runs [first, step, count, state] in seconds after `origin_ms`."""
    rule = Rule(g_max * 1000, confirm)
    return [
        Sample(origin_ms + (first + i * step) * 1000, STATES[state], 1, rule)
        for first, step, count, state in runs
        for i in range(count)
    ]


def member(
    runs: Iterable[Sequence[Any]], key: str = "shop-front", *, confirm: int = 3, origin_ms: int = 0, **more: Any
) -> Member:
    """A check on a 60 s grid that saw these runs."""
    seen = samples(runs, confirm=confirm, origin_ms=origin_ms)
    settings: dict[str, Any] = {
        "declared_ms": 120_000,
        "g_max_ms": 90_000,
        "confirm": confirm,
        "interval_ms": 60_000,
        "recheck_ms": 5000,
        "timeout_ms": 5000,
        "samples": len(seen),
    }
    return Member(key=key, spans=classify(seen), **{**settings, **more})


def healthy(start: int, end: int, key: str = "reference", *, origin_ms: int = 0, network: str = "carrier A") -> Member:
    """A check that was up from `start` to `end`."""
    count = (end - start) // 60
    first, last = origin_ms + start * 1000, origin_ms + (start + count * 60) * 1000
    whole = Span(first, last, SpanClass.UP, count, 60_000, State.UP, State.UP, 1)
    return replace(member([], key, network=network), spans=(whole,))


def span(start_ms: int, end_ms: int, zone: str = "UTC") -> PeriodSpan:
    """A complete period."""
    return PeriodSpan(start_ms, end_ms, zone, "a period", True)


def question(service: Service, members: Sequence[Member], **more: Any) -> Question:
    """A question over [0, 3600 s) with a healthy reference, asked after its end."""
    settings: dict[str, Any] = {
        "references": (healthy(-3600, 7200),),
        "gateway": None,
        "period": span(0, 3_600_000),
        "as_of_ms": 10_000_000,
    }
    return Question(service=service, vantage="office-berlin", members=tuple(members), **{**settings, **more})
