"""One look at the record: the condition of every check now, our own line, and each service's period so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from probe.judge.conditions import Condition, conditions, line_of
from probe.judge.groups import timelines_of
from probe.judge.standing import looked, standings
from probe.judge.strips import USUAL, Scale, strips
from probe.model import EventKind, Role, Span, Window
from probe.store.reader import Latest, Reader
from probe.view.snapshot import CheckStatus, Snapshot

if TYPE_CHECKING:
    from probe.config import Config
    from probe.config.roster import Roster, Watched
    from probe.sla.assessment import Assessment


class Scope(NamedTuple):
    """How much of the record a look takes in.

    strips: the checks whose strip is drawn, all for None. has_services: also the standing of each service;
    is_strict: as of now, even where no agent has run for a while and all must be judged anew.
    """

    scale: Scale = USUAL
    strips: frozenset[str] | None = None
    has_services: bool = True
    is_strict: bool = False


WHOLE = Scope()


def look(roster: Roster, reader: Reader, as_of_ms: int, whole: Callable[[], Config], scope: Scope = WHOLE) -> Snapshot:
    """What a screen shows. whole: the configuration, asked for only when a service must be judged anew."""
    vantage = roster.vantage
    seen = looked(roster, reader, as_of_ms)
    found = conditions(roster, seen.latest, reader.pauses(vantage), as_of_ms)
    line, line_cause = line_of(found)
    drawn = _drawn(roster, reader, as_of_ms, scope)
    nothing = " " * scope.scale.slices
    planned = _in_maintenance(roster, seen.windows, as_of_ms)
    checks = tuple(
        _status(found[check.key], drawn.get(check.key, nothing), planned, as_of_ms) for check in roster.checks
    )
    agent, since_ms = _agent(reader, seen.latest)
    is_off = agent == "stopped" and not scope.is_strict
    last_ms = max((one.at_ms for one in seen.latest.values()), default=None) if is_off else None
    services = standings(seen, reader, whole, last_ms) if scope.has_services else ()
    return Snapshot(
        as_of_ms=as_of_ms,
        vantage=vantage,
        agent=agent,
        agent_since_ms=since_ms,
        line=line,
        line_cause=line_cause,
        strip_slice_ms=scope.scale.slice_ms,
        checks=checks,
        services=services,
        warnings=roster.warnings,
    )


def assessments(config: Config, reader: Reader, as_of_ms: int) -> tuple[Assessment, ...]:
    """The whole running assessment of every service with something promised."""
    from probe.judge.judging import Judge
    from probe.judge.running import running_services

    judge = Judge(config, reader, as_of_ms)
    wanted = running_services(config, as_of_ms)
    judge.prefetch(wanted)
    return tuple(one for service, period in wanted for one in judge.assess(service, period))


def _drawn(roster: Roster, reader: Reader, as_of_ms: int, scope: Scope) -> dict[str, str]:
    """The strips of the checks in scope."""
    own = [check.key for check in roster.checks if check.role is not Role.CHECK]
    references = [check.key for check in roster.checks if check.role is Role.REFERENCE]
    between = as_of_ms - scope.scale.window_ms, as_of_ms
    if scope.strips is None:
        timelines: Mapping[str, tuple[Span, ...]] = reader.spans_of_all(roster.vantage, *between)
    else:
        parts = {part for check in roster.checks if check.key in scope.strips for part in check.of}
        wanted = scope.strips | parts | set(references) if scope.strips else frozenset()
        timelines = {key: reader.spans(roster.vantage, key, *between) for key in wanted}
    timelines = {**timelines, **timelines_of(roster, timelines)}
    return strips(timelines, as_of_ms, references, own, scope.scale)


def _status(condition: Condition, strip: str, planned: frozenset[str], as_of_ms: int) -> CheckStatus:
    check, last = condition.check, condition.last
    return CheckStatus(
        key=check.key,
        kind=check.kind,
        target=check.target,
        service=check.service,
        role=check.role,
        standing=condition.standing,
        failures=last.run.bad if last and condition.is_failing else int(condition.is_confirmed),
        confirm=check.confirm,
        since_ms=condition.since_ms,
        last_at_ms=last.at_ms if last else None,
        next_at_ms=_next(check, condition, as_of_ms),
        reason=last.reason if last else None,
        detail=last.detail if last else condition.note,
        cause=condition.cause,
        latency_us=last.latency_us if last else None,
        in_maintenance=check.key in planned,
        strip=strip,
        is_campaign=bool(check.planned),
    )


def _next(check: Watched, condition: Condition, as_of_ms: int) -> int | None:
    """About when the next tick is due: dither and rechecks are not in it. A campaign says it exactly."""
    if check.planned:
        return next((at_ms for at_ms in check.planned if at_ms > as_of_ms), None)
    if condition.last is None or not condition.is_fresh:
        return None
    return (condition.last.due_ms or condition.last.at_ms) + check.interval_ms


def _in_maintenance(roster: Roster, windows: Iterable[Window], as_of_ms: int) -> frozenset[str]:
    """The checks that a declared window covers now."""
    present = [window for window in windows if window.removed_at_ms is None and _covers_now(window, as_of_ms)]
    providers = {service.name: service.provider for service in roster.services}
    return frozenset(
        check.key
        for check in (roster.checks if present else ())
        for window in present
        if check.role is Role.CHECK and _speaks_of(window, check, providers.get(check.service or ""))
    )


def _covers_now(window: Window, as_of_ms: int) -> bool:
    if window.every is None:
        return window.start_ms is not None and window.start_ms <= as_of_ms < (window.end_ms or as_of_ms)
    from probe.sla import exclusions

    return bool(exclusions.expand(window, as_of_ms, as_of_ms + 1))


def _speaks_of(window: Window, check: Watched, provider: str | None) -> bool:
    from probe.sla import exclusions

    return exclusions.is_in_scope(window, provider, check.service or "") and exclusions.covers(window, check.key)


def _agent(reader: Reader, latest: Mapping[str, Latest]) -> tuple[str, int | None]:
    """Whether an agent owns the record now, and since when it runs or has been stopped.

    One that was killed told nobody: it is gone since the last outcome.
    """
    started, stopped = reader.last_event(EventKind.START), reader.last_event(EventKind.STOP)
    if reader.holder() is not None:
        return "running", started.at_ms if started else None
    if started and (stopped is None or stopped.at_ms < started.at_ms):
        return "stopped", max((one.at_ms for one in latest.values()), default=started.at_ms)
    return ("stopped" if latest else "never"), stopped.at_ms if stopped else None
