"""The running period of each service, taken from what was judged before wherever nothing can have changed since.

While every check of a service is up, time that passes changes no figure of its running period: M is that of
the whole period, and an up stretch adds no downtime. So the short form that was judged once holds until a check
leaves its up stretch, a window is declared, the configuration changes, the past is rewritten (an import, a break
that was told late) or the period ends. A token names all of that; a standing whose token differs is judged anew
from the spans. The cache saves time and decides nothing.

Where no agent runs, nothing is up at this instant and no figure would hold. A screen then shows what holds as of the
last outcome, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from probe.model import EventKind, Role, State
from probe.sla.assessment import Verdict, Why
from probe.store.kept import Standing
from probe.view.snapshot import ServiceStatus

if TYPE_CHECKING:
    from probe.config import Config
    from probe.config.roster import Bought, Roster
    from probe.model import Event, Window
    from probe.sla.assessment import PeriodSpan
    from probe.store.reader import Latest, Reader

PLAIN: Final = ("service", "check", "provider", "agreement", "period")
EXACT: Final = ("target", "low", "point", "high", "budget_ms")
REWRITING: Final = (EventKind.IMPORT, EventKind.SUSPEND, EventKind.STALL, EventKind.PAUSE, EventKind.RESUME)
"""Events that may make spans anew which lie before the open end."""
LINKED: Final = 2
"""Samples that make a stretch; a single one is up only at its instant."""
NEVER: Final = -(1 << 62)


class Looked(NamedTuple):
    """What was seen at one instant: the roster, the open end of every series, the declared windows.

    rewritten: the latest event of each kind that rewrites the past.
    """

    roster: Roster
    latest: Mapping[str, Latest]
    windows: Sequence[Window]
    rewritten: Sequence[Event | None]
    as_of_ms: int


class Tokens:
    """Names what the figures of a running period rest on, as of one instant."""

    def __init__(self, seen: Looked) -> None:
        """What all services share is put together once."""
        self._seen = seen
        removed = sum(window.removed_at_ms is not None for window in seen.windows)
        self._common = [seen.roster.fingerprint, len(seen.windows), removed, *seen.rewritten]
        checks = seen.roster.checks
        self._gathered = {check.key: check.of for check in checks if check.of}
        self._references = [check.key for check in checks if check.role is Role.REFERENCE]
        self._witnesses = [check.key for check in checks if check.role is not Role.CHECK]
        self._settled_ms = {key: _settled_until(seen.latest.get(key)) for key in self._witnesses}

    def of(self, service: Bought) -> str | None:
        """The token of a service; None while its figures change with time: a check that is not up, or not fresh.

        None too where other vantage points are judged with ours: what came from them is not seen here.
        """
        if service.is_joint:
            return None
        keys = self._references if service.is_uplink else [part for key in service.keys for part in self._parts(key)]
        since = [self._up_since(key) for key in keys]
        known = [at_ms for at_ms in since if at_ms is not None]
        if not known or len(known) < len(since):
            return None
        # what a witness saw before the checks' open stretches may yet be read otherwise
        open_ends = [key for key in self._witnesses if self._settled_ms[key] < max(known)]
        return repr((*self._common, known, [(key, self._open_end(key)) for key in open_ends]))

    def _parts(self, key: str) -> tuple[str, ...]:
        """The checks that a group follows from, else the check itself."""
        return self._gathered.get(key, (key,))

    def _up_since(self, key: str) -> int | None:
        last = self._seen.latest.get(key)
        if last is None or last.run.state is not State.UP or last.run.n < LINKED:
            return None
        began_ms, seen_ms = last.run.t0_ms + last.shift_ms, last.run.at_ms + last.shift_ms
        is_present = began_ms <= self._seen.as_of_ms <= seen_ms + last.run.g_max_ms
        return began_ms if is_present else None

    def _open_end(self, key: str) -> tuple[int, int] | None:
        last = self._seen.latest.get(key)
        return (last.run.t0_ms + last.shift_ms, last.run.n) if last else None


def _settled_until(last: Latest | None) -> int:
    """Up to where the time line of a witness is final: its last sample if that was good, else its open stretch."""
    if last is None:
        return NEVER
    return last.shift_ms + (last.run.at_ms if last.run.state is State.UP else last.run.t0_ms)


def looked(roster: Roster, reader: Reader, as_of_ms: int) -> Looked:
    """What there is to see now. The events are read first: what they rewrite is then at least as new."""
    rewritten = [reader.last_event(kind) for kind in REWRITING]
    windows = reader.windows()
    return Looked(roster, reader.latest(roster.vantage), windows, rewritten, as_of_ms)


def standings(
    seen: Looked, reader: Reader, whole: Callable[[], Config], last_ms: int | None = None
) -> tuple[ServiceStatus, ...]:
    """The short form of every running assessment, in the order of the configuration.

    last_ms: the last outcome, where what was kept as of then may be shown instead, marked with that instant.
    """
    kept = {(one.service, one.token): one.document for one in reader.standings(seen.as_of_ms)}
    tokens = Tokens(seen)
    then = None if last_ms is None else Tokens(seen._replace(as_of_ms=last_ms))
    found: dict[str, list[ServiceStatus]] = {}
    for service in seen.roster.services:
        if service.is_promised:
            document = kept.get((service.name, tokens.of(service) or ""))
            found[service.name] = unpacked(document) if document else []
            if then and not document and (document := kept.get((service.name, then.of(service) or ""))):
                found[service.name] = [replace(one, as_of_ms=last_ms) for one in unpacked(document)]
    missing = {name for name, statuses in found.items() if not statuses}
    if missing:
        judged = _judged(whole(), reader, missing, seen.as_of_ms)
        found.update({name: statuses for name, _, statuses in judged})
    return tuple(one for statuses in found.values() for one in statuses)


def due(config: Config, reader: Reader, as_of_ms: int, most: int) -> tuple[Standing, ...]:
    """Standings for the agent to keep: those that can be kept and are not yet, at most `most` at a time."""
    from probe.config.roster import roster

    seen = looked(roster(config), reader, as_of_ms)
    kept = {(one.service, one.token) for one in reader.standings(as_of_ms)}
    tokens = Tokens(seen)
    wanted: dict[str, str] = {}
    for service in seen.roster.services:
        token = tokens.of(service) if service.is_promised else None
        if token is not None and (service.name, token) not in kept and len(wanted) < most:
            wanted[service.name] = token
    return tuple(
        Standing(name, "", period.start_ms, period.end_ms, wanted[name], as_of_ms, packed(statuses))
        for name, period, statuses in _judged(config, reader, wanted.keys(), as_of_ms)
    )


def unpacked(document: str) -> list[ServiceStatus]:
    """The short forms in a kept document."""
    return [_status(row) for row in json.loads(document)]


def packed(found: Iterable[ServiceStatus]) -> str:
    """Short forms as JSON, fractions exact."""
    return json.dumps([_row(one) for one in found], separators=(",", ":"))


def _judged(
    config: Config, reader: Reader, names: Set[str], as_of_ms: int
) -> Iterator[tuple[str, PeriodSpan, list[ServiceStatus]]]:
    if not names:
        return
    from probe.judge.brief import brief_of
    from probe.judge.judging import Judge
    from probe.judge.running import running_services

    judge = Judge(config, reader, as_of_ms, counts_samples=False)
    wanted = [each for each in running_services(config, as_of_ms) if each[0].name in names]
    judge.prefetch(wanted)
    for service, period in wanted:
        yield service.name, period, [brief_of(one) for one in judge.assess(service, period)]


def _row(one: ServiceStatus) -> list[Any]:
    exact = [getattr(one, name) for name in EXACT]
    left = one.budget_left_ms
    return [
        *(getattr(one, name) for name in PLAIN),
        *(None if value is None else value.as_integer_ratio() for value in exact),
        left and [edge.as_integer_ratio() for edge in left],
        one.verdict,
        one.reason,
    ]


def _status(row: list[Any]) -> ServiceStatus:
    service, check, provider, agreement, period, *exact, left, verdict, reason = row
    target, low, point, high, budget = (None if value is None else Fraction(*value) for value in exact)
    return ServiceStatus(
        service=service,
        check=check,
        provider=provider,
        agreement=agreement,
        period=period,
        target=target,
        low=low,
        point=point,
        high=high,
        budget_ms=budget,
        budget_left_ms=left and (Fraction(*left[0]), Fraction(*left[1])),
        verdict=Verdict(verdict),
        reason=reason and Why(reason),
    )
