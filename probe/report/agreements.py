"""The `--json` documents of `probe sla`: the catalogue, one agreement, a terms file that was checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from probe.report.figures import exact_ratio
from probe.sla.terms import Terms
from probe.sla.traps import traps
from probe.sla.unstated import unsourced, unstated

Document = dict[str, Any]


def catalogue_document(found: Iterable[Terms]) -> Document:
    """What `probe sla list --json` prints."""
    return {"schema": 1, "agreements": [_entry(one) for one in found]}


def _entry(one: Terms) -> Document:
    return {
        "id": one.id,
        "provider": one.provider,
        "service": one.service,
        "class": one.service_class,
        "version": one.version,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "promise": one.promise and {**one.promise._asdict(), "target": exact_ratio(one.promise.target)},
        "period": one.period.word if one.period else None,
        "archetype": one.archetype,
    }


def agreement_document(
    agreement: str, tables: Sequence[Mapping[str, Any]], versions: Sequence[Terms], interval_ms: int
) -> Document:
    """What `probe sla show --json` prints: each version as its file says it, with its traps and what it leaves open."""
    found = [{**_plain(table), **_remarks(one, interval_ms)} for table, one in zip(tables, versions, strict=True)]
    return {"schema": 1, "id": agreement, "versions": found}


def check_document(problems: Sequence[str], versions: Sequence[Terms], interval_ms: int) -> Document:
    """What `probe sla check --json` prints."""
    remarks = _remarks(versions[0], interval_ms) if versions else {"traps": [], "unstated": [], "unsourced": []}
    return {"schema": 1, "valid": not problems, "problems": list(problems), **remarks}


def _remarks(one: Terms, interval_ms: int) -> Document:
    return {
        "traps": list(traps(one, interval_ms)),
        "unstated": [{"key": each.key, "follows": each.follows} for each in unstated(one)],
        "unsourced": list(unsourced(one)),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
