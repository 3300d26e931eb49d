"""Declared windows as instants, and what the terms make of each (availability.md, section 4).

A recurring window is wall-clock time. A start that the clocks skip is the first instant after the
gap, a start that they repeat the first of the two, an end that they repeat the second: 02:00-04:00
is one hour or three on the days of the change. A window that is taken out of a file ends: what begins
at the removal or later is refused. One that a person removes is withdrawn whole, recurring ones too: it
may have been a mistake. Either way it stays listed, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from dateutil.rrule import rrule, rruleset, rrulestr

from probe.model import Window, WindowKind
from probe.sla import wallclock
from probe.sla.clauses import Clause
from probe.sla.notice import Look, told

ANYWHERE = Look()
CAUSES = {WindowKind.SCHEDULED: "scheduled_maintenance", WindowKind.EMERGENCY: "emergency_maintenance"}


class Standing(StrEnum):
    """What the terms make of one occurrence."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    OPEN = "open"  # the terms leave it open: both readings are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One stretch of declared maintenance and what it is worth. why: of a refusal, or of what is open."""

    start_ms: int
    end_ms: int
    window: Window
    cause: str
    standing: Standing
    why: str | None = None
    clause: Clause | None = None


def problems(window: Window) -> tuple[str, ...]:
    """Everything that makes a window unusable, one line each; empty when it is fine."""
    try:
        wallclock.zone(window.zone)
        if window.every is None:
            _check_once(window)
        else:
            _rule(window)
            _lasts(window)
    except ValueError as error:
        return (str(error),)
    return ()


@lru_cache(maxsize=1024)
def expand(window: Window, start_ms: int, end_ms: int) -> tuple[tuple[int, int], ...]:
    """The occurrences that touch [start_ms, end_ms), in time order; ValueError for an unusable window."""
    if window.every is None:
        once = _check_once(window)
        return (once,) if once[0] < end_ms and once[1] > start_ms else ()
    where = wallclock.zone(window.zone)
    lasts = _lasts(window)
    early = wallclock.local(start_ms, where) - lasts - timedelta(days=1)
    late = wallclock.local(end_ms, where) + timedelta(days=1)
    earliest = _earliest(window)
    until = date.fromisoformat(window.until) if window.until else date.max
    found = [
        (wallclock.first(begin, where), wallclock.last(begin + lasts, where))
        for begin in _rule(window).between(early, late, inc=True)
        if begin >= earliest and begin.date() <= until
    ]
    return tuple((a, b) for a, b in found if a < b and a < end_ms and b > start_ms)


def qualify(
    windows: Iterable[Window], clauses: tuple[Clause, ...], start_ms: int, end_ms: int, look: Look = ANYWHERE
) -> tuple[Occurrence, ...]:
    """Every occurrence in [start_ms, end_ms), each by itself, in time order; the caller has looked at scope."""
    found = [
        _qualified(window, edges, clauses, look) for window in windows for edges in expand(window, start_ms, end_ms)
    ]
    found.sort(key=lambda each: (each.start_ms, each.end_ms))
    return tuple(_within_count(found))


def is_in_scope(window: Window, provider: str | None, service: str) -> bool:
    """Whether a window speaks of that service; its checks are looked at by `covers`. Providers match in any case."""
    is_theirs = window.provider is None or window.provider.casefold() == (provider or "").casefold()
    return is_theirs and window.service in {None, service}


def covers(window: Window, key: str) -> bool:
    """Whether a window speaks of that check; `name` covers `name/4` and `name/6`."""
    return not window.checks or key in window.checks or key.rpartition("/")[0] in window.checks


def _check_once(window: Window) -> tuple[int, int]:
    if window.start_ms is None or window.end_ms is None:
        raise ValueError("a window needs `start` and `end`, or `every` with `from` and `lasts`")
    if window.start_ms >= window.end_ms:
        raise ValueError("a window must end after it begins")
    return window.start_ms, window.end_ms


def _lasts(window: Window) -> timedelta:
    if not window.lasts_ms or window.lasts_ms <= 0:
        raise ValueError('a recurring window needs `lasts`, a span such as "30m"')
    return timedelta(milliseconds=window.lasts_ms)


def _wall_time(window: Window) -> time:
    try:
        return time.fromisoformat(window.from_time or "")
    except ValueError as error:
        raise ValueError('a recurring window needs `from`, a time such as "03:00"') from error


def _rule(window: Window) -> rrule:
    """The recurrence on the naive wall clock, from the first day on which it may occur."""
    try:
        begin = datetime.combine(_earliest(window).date(), _wall_time(window))
        rule = rrulestr(window.every or "", dtstart=begin)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise ValueError(f'"{window.every}" is not a recurrence such as "FREQ=WEEKLY;BYDAY=SU": {error}') from error
    if isinstance(rule, rruleset) or any(f"BY{part}=" in (window.every or "").upper() for part in _CLOCK):
        raise ValueError(f'"{window.every}": give the time of day with `from`, and one rule without exceptions')
    if (window.every or "").upper().partition("FREQ=")[2].partition(";")[0] in {"HOURLY", "MINUTELY", "SECONDLY"}:
        raise ValueError(f'"{window.every}" recurs within a day; the shortest is FREQ=DAILY')
    return rule


_CLOCK = ("HOUR", "MINUTE", "SECOND")


def _earliest(window: Window) -> datetime:
    """The wall-clock time before which nothing occurs."""
    if window.starts:
        return datetime.combine(date.fromisoformat(window.starts), time())
    since = window.announced_at_ms if window.announced_at_ms is not None else window.entered_at_ms
    if since is None:
        raise ValueError("a recurring window needs `starts` or `announced_at`: nothing occurs before it")
    return wallclock.local(since, wallclock.zone(window.zone))


def _qualified(window: Window, edges: tuple[int, int], clauses: tuple[Clause, ...], look: Look) -> Occurrence:
    cause = CAUSES[window.kind]
    clause = next((each for each in clauses if each.cause == cause), None)
    standing, why = _standing(window, edges, clause, look)
    if standing is not Standing.REFUSED and _is_removed(window, edges[0]):
        standing, why = Standing.REFUSED, "the window was removed from the record"
    return Occurrence(
        start_ms=edges[0], end_ms=edges[1], window=window, cause=cause, standing=standing, why=why, clause=clause
    )


def _standing(window: Window, edges: tuple[int, int], clause: Clause | None, look: Look) -> tuple[Standing, str | None]:
    if clause is None:
        return Standing.OPEN, "whether such maintenance is excused"
    if not clause.excused:
        return Standing.REFUSED, "the terms do not excuse it"
    is_enough, why = told(window, edges, clause, look)
    return {True: Standing.ACCEPTED, False: Standing.REFUSED, None: Standing.OPEN}[is_enough], why


def _is_removed(window: Window, start_ms: int) -> bool:
    if window.removed_at_ms is None:
        return False
    return window.source != "file" or start_ms >= window.removed_at_ms


def _within_count(found: list[Occurrence]) -> Iterable[Occurrence]:
    """Refuse what goes beyond a cap on the number of windows, in time order."""
    used: dict[str, int] = {}
    for each in found:
        cap = each.clause.cap_count if each.clause else None
        if cap is not None and each.standing is not Standing.REFUSED:
            used[each.cause] = used.get(each.cause, 0) + 1
            if used[each.cause] > cap:
                yield _refused(each, f"the terms excuse at most {cap} in a period")
                continue
        yield each


def _refused(each: Occurrence, why: str) -> Occurrence:
    return Occurrence(
        start_ms=each.start_ms,
        end_ms=each.end_ms,
        window=each.window,
        cause=each.cause,
        standing=Standing.REFUSED,
        why=why,
        clause=each.clause,
    )
