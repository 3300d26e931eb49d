"""Outcomes as rows of `hot`, and back. What explains an outcome (phases, address, detail, facts) is one JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from probe.model import FAILURE_FACTS, Assertion, Finding, Outcome, State
from probe.store.codes import ORIGIN_CODE, REASONS, STATE_CODE, STATES


class Row(NamedTuple):
    """One row of `hot`: ids and codes resolved, nothing derived."""

    at_ms: int
    series: int
    clock: int
    revision: int
    origin: int
    state: int
    reason: str | None
    latency_us: int | None
    due_ms: int | None
    more: str | None


COLUMNS: Final = "at_ms, series, clock, revision, origin, state, reason, latency_us, due_ms, more"
APPEND: Final = f"INSERT INTO hot ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def row_of(outcome: Outcome, series: int, revision: int) -> Row:
    """The row of an outcome, once its series and revision are known."""
    finding = outcome.finding
    reason = finding.reason
    return Row(
        outcome.at_ms,
        series,
        outcome.clock,
        revision,
        ORIGIN_CODE[outcome.origin],
        STATE_CODE[finding.state],
        None if reason is None else reason.value,
        finding.latency_us,
        outcome.due_ms,
        more_of(finding),
    )


def more_of(finding: Finding) -> str | None:
    """What explains a finding, as JSON; None when nothing does."""
    if not (finding.phases_us or finding.address or finding.detail or finding.facts or finding.assertions):
        return None
    more: dict[str, Any] = {}
    if finding.phases_us:
        more["phases_us"] = finding.phases_us
    if finding.address:
        more["address"] = finding.address
    if finding.detail:
        more["detail"] = finding.detail
    facts = finding.facts if finding.state is not State.UP else _lasting(finding.facts)
    if facts:
        more["facts"] = facts
    if finding.assertions and finding.state is not State.UP:
        more["assertions"] = finding.assertions
    return _encoder()(more).decode() if more else None


def _lasting(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts without those that are kept of failures only."""
    if FAILURE_FACTS.isdisjoint(facts):
        return facts
    return {name: value for name, value in facts.items() if name not in FAILURE_FACTS}


def finding_of(row: Row) -> Finding:
    """What the prober saw, as far as it was kept (assertions only of failures)."""
    more: Mapping[str, Any] = json.loads(row.more) if row.more else {}
    return Finding(
        state=STATES[row.state],
        reason=REASONS[row.reason],
        latency_us=row.latency_us,
        phases_us=more.get("phases_us", {}),
        address=more.get("address"),
        detail=more.get("detail", ""),
        facts=more.get("facts", {}),
        assertions=tuple(Assertion(*each) for each in more.get("assertions", ())),
    )


def detail_of(more: str | None) -> str:
    """The detail inside the JSON of a row."""
    return str(json.loads(more).get("detail", "")) if more else ""


def is_same(one: Row, other: Row) -> bool:
    """Whether two rows tell the same outcome, whatever explains it."""
    return _said(one) == _said(other)


def _said(row: Row) -> Row:
    return row._replace(revision=0, more=None)


@cache
def _encoder() -> Callable[[Any], bytes]:
    import msgspec  # a reader, which must start fast, never encodes

    return msgspec.json.Encoder(enc_hook=_plain).encode


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
