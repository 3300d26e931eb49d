"""The running period of each service, taken from what was judged before wherever nothing can have changed since.

While every check of a service is up, time that passes changes no figure of its running period: M is that of
the whole period, and an up stretch adds no downtime. So the short form that was judged once holds until a check
leaves its up stretch, a window is declared, the configuration changes or the period ends. `token_of` names all
of that; a standing whose token differs is judged anew from the spans. The cache saves time and decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from fractions import Fraction
from typing import Any, Final

from probe.judge.judging import Judge
from probe.judge.running import brief_of, running_services
from probe.model import Role, State
from probe.sla.assessment import PeriodSpan, Verdict, Why
from probe.sla.service import Service
from probe.store.kept import Standing
from probe.store.reader import Latest
from probe.view.snapshot import ServiceStatus

FRACTIONS: Final = ("target", "low", "point", "high", "budget_ms")
NAMES: Final = tuple(field.name for field in fields(ServiceStatus))


def standings(judge: Judge, latest: Mapping[str, Latest]) -> tuple[ServiceStatus, ...]:
    """The short form of every running assessment, in the order of the configuration."""
    kept = {(one.service, one.period_start_ms, one.period_end_ms): one for one in judge.reader.standings()}
    found: list[ServiceStatus] = []
    for service, period in running_services(judge.config, judge.as_of_ms):
        known = kept.get((service.name, period.start_ms, period.end_ms))
        token = token_of(judge, service, latest) if known else None
        if known and token and known.token == token:
            found += unpacked(known.document)
        else:
            found += map(brief_of, judge.assess(service, period))
    return tuple(found)


def due(judge: Judge, latest: Mapping[str, Latest], most: int) -> tuple[Standing, ...]:
    """Standings for the agent to keep: those that can be kept and are not yet, at most `most` at a time."""
    kept = {(one.service, one.period_start_ms): one.token for one in judge.reader.standings()}
    made: list[Standing] = []
    for service, period in running_services(judge.config, judge.as_of_ms):
        token = token_of(judge, service, latest)
        if token is None or kept.get((service.name, period.start_ms)) == token:
            continue
        made.append(_standing(judge, service, period, token))
        if len(made) >= most:
            break
    return tuple(made)


def token_of(judge: Judge, service: Service, latest: Mapping[str, Latest]) -> str | None:
    """What the figures rest on; None while they change with time: a check that is not up, or not fresh."""
    if service.is_uplink:
        members = [check.key for check in judge.config.checks if check.role is Role.REFERENCE]
    else:
        members = list(service.keys)
    since = []
    for key in members:
        last = latest.get(key)
        if last is None or last.run.state is not State.UP:
            return None
        if judge.as_of_ms - (last.run.at_ms + last.shift_ms) > last.run.g_max_ms:
            return None
        since.append(last.run.t0_ms + last.shift_ms)
    if not since:
        return None
    witnesses = [
        _unsettled(check.key, latest, max(since)) for check in judge.config.checks if check.role is not Role.CHECK
    ]
    return json.dumps([judge.config.fingerprint, len(judge.windows), _removed(judge), since, witnesses])


def unpacked(document: str) -> list[ServiceStatus]:
    """The short forms in a kept document."""
    return [_status(row) for row in json.loads(document)]


def packed(found: Iterable[ServiceStatus]) -> str:
    """Short forms as JSON, fractions exact."""
    return json.dumps([_row(one) for one in found], separators=(",", ":"))


def _standing(judge: Judge, service: Service, period: PeriodSpan, token: str) -> Standing:
    document = packed(map(brief_of, judge.assess(service, period)))
    return Standing(service.name, "", period.start_ms, period.end_ms, token, judge.as_of_ms, document)


def _unsettled(key: str, latest: Mapping[str, Latest], since_ms: int) -> list[int] | None:
    """A witness whose open stretch began before the checks' own: it may yet be read otherwise. None: it is settled."""
    last = latest.get(key)
    if last is None or last.run.state is State.UP or last.run.t0_ms + last.shift_ms >= since_ms:
        return None
    return [last.run.t0_ms, last.run.bad, last.run.n]


def _removed(judge: Judge) -> int:
    return sum(window.removed_at_ms is not None for window in judge.windows)


def _row(one: ServiceStatus) -> list[Any]:
    row = asdict(one)
    for name in FRACTIONS:
        row[name] = None if row[name] is None else str(row[name])
    left = one.budget_left_ms
    row["budget_left_ms"] = left and [str(left[0]), str(left[1])]
    return [row[name] for name in NAMES]


def _status(values: list[Any]) -> ServiceStatus:
    row = dict(zip(NAMES, values, strict=True))
    for name in FRACTIONS:
        row[name] = None if row[name] is None else Fraction(row[name])
    left = row["budget_left_ms"]
    row["budget_left_ms"] = left and (Fraction(left[0]), Fraction(left[1]))
    row["verdict"] = Verdict(row["verdict"])
    row["reason"] = None if row["reason"] is None else Why(row["reason"])
    return ServiceStatus(**row)
