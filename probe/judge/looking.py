"""One look at the record: the condition of every check now, our own line, and each service's period so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from probe.config import Config
from probe.judge.conditions import Condition, conditions, line_of
from probe.judge.judging import Judge
from probe.judge.running import brief_of, running_services
from probe.judge.standing import standings
from probe.judge.strips import SLICE_MS, SLICES, strips
from probe.model import Check, EventKind, Role, Window
from probe.store.reader import Reader
from probe.view.snapshot import CheckStatus, Snapshot

NOTHING: Final = " " * SLICES


def snapshot(config: Config, reader: Reader, as_of_ms: int, *, is_full: bool = False) -> Snapshot:
    """What a screen shows. is_full: with the whole running assessment of each service, which takes longer."""
    vantage = config.agent.vantage
    latest = reader.latest(vantage)
    found = conditions(config, latest, reader.pauses(vantage), as_of_ms)
    line, line_cause = line_of(found)
    drawn = strips(reader.spans_of_all(vantage, as_of_ms - SLICES * SLICE_MS, as_of_ms), as_of_ms)
    planned = _in_maintenance(config, reader.windows(), as_of_ms)
    checks = tuple(_status(found[check.key], drawn.get(check.key, NOTHING), planned) for check in config.checks)
    judge = Judge(config, reader, as_of_ms, counts_samples=is_full)
    if is_full:
        assessments = tuple(one for each in running_services(config, as_of_ms) for one in judge.assess(*each))
        services = tuple(map(brief_of, assessments))
    else:
        assessments, services = (), standings(judge, latest)
    agent, since_ms = _agent(reader, bool(latest))
    return Snapshot(
        as_of_ms=as_of_ms,
        vantage=vantage,
        agent=agent,
        agent_since_ms=since_ms,
        line=line,
        line_cause=line_cause,
        strip_slice_ms=SLICE_MS,
        checks=checks,
        services=services,
        assessments=assessments,
        warnings=config.warnings,
    )


def _status(condition: Condition, strip: str, planned: frozenset[str]) -> CheckStatus:
    check, last = condition.check, condition.last
    return CheckStatus(
        key=check.key,
        kind=check.kind,
        target=check.target,
        service=check.service,
        role=check.role,
        standing=condition.standing,
        failures=last.run.bad if last and condition.is_failing else 0,
        confirm=check.confirm,
        since_ms=condition.since_ms,
        last_at_ms=last.at_ms if last else None,
        next_at_ms=_next(check, condition),
        reason=last.reason if last else None,
        detail=last.detail if last else "",
        cause=condition.cause,
        latency_us=last.latency_us if last else None,
        in_maintenance=check.key in planned,
        strip=strip,
    )


def _next(check: Check, condition: Condition) -> int | None:
    """About when the next tick is due: dither and rechecks are not in it."""
    if condition.last is None or not condition.is_fresh:
        return None
    return (condition.last.due_ms or condition.last.at_ms) + check.interval_ms


def _in_maintenance(config: Config, windows: Iterable[Window], as_of_ms: int) -> frozenset[str]:
    """The checks that a declared window covers now."""
    present = [window for window in windows if window.removed_at_ms is None and _covers_now(window, as_of_ms)]
    providers = {service.name: service.provider for service in config.services}
    return frozenset(
        check.key
        for check in (config.checks if present else ())
        for window in present
        if check.role is Role.CHECK and _speaks_of(window, check, providers.get(check.service or ""))
    )


def _covers_now(window: Window, as_of_ms: int) -> bool:
    if window.every is None:
        return window.start_ms is not None and window.start_ms <= as_of_ms < (window.end_ms or as_of_ms)
    from probe.sla import exclusions

    return bool(exclusions.expand(window, as_of_ms, as_of_ms + 1))


def _speaks_of(window: Window, check: Check, provider: str | None) -> bool:
    from probe.sla import exclusions

    return exclusions.is_in_scope(window, provider, check.service or "") and exclusions.covers(window, check.key)


def _agent(reader: Reader, has_record: bool) -> tuple[str, int | None]:
    """Whether an agent owns the record now, and since when it runs or has been stopped."""
    if reader.holder() is not None:
        started = reader.last_event(EventKind.START)
        return "running", started.at_ms if started else None
    stopped = reader.last_event(EventKind.STOP)
    return ("stopped" if has_record else "never"), stopped.at_ms if stopped else None
