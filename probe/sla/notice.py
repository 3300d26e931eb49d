"""Whether maintenance was announced early enough, where the terms ask for a notice (availability.md, section 4).

Business days are Monday to Friday: no published terms name a calendar of holidays, so none is taken. Whether the
day of the work is itself one of them is said nowhere either; a window for which that decides is left open. A
notice may hang on how long the service is interrupted: downtime that is proven inside the window shows that, and
else what the provider expects of it; where neither settles it, the window is left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from probe.model import Window
from probe.sla import wallclock
from probe.sla.assessment import Ms
from probe.sla.clauses import Clause, ImpactNotice, Wait
from probe.sla.interval import EMPTY, Intervals
from probe.sla.quantities import in_words

SATURDAY: Final = 6
UNITS_MS: Final = {"seconds": 1000, "minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}
HARMLESS: Final = frozenset({"no-impact", "reduced-redundancy"})
"""Words of a notice (X-MAINTNOTE-IMPACT) by which nothing is interrupted."""


class Look(NamedTuple):
    """What a notice is judged by besides the window. zone: where its days begin; down: the downtime that is proven."""

    zone: str = "UTC"
    down: Intervals = EMPTY


class Told(NamedTuple):
    """Whether the notice was long enough, None where that is open. why: of a refusal, or what is open."""

    is_enough: bool | None
    why: str | None = None


def told(window: Window, edges: tuple[int, int], clause: Clause, look: Look) -> Told:
    """What the notice of one occurrence of a window, from … to …, is worth under a clause that excuses it."""
    if clause.notice_by_impact:
        return _by_impact(window, edges, clause, look)
    if clause.notice is not None:
        return _waited(window.announced_at_ms, edges[0], clause.notice, look.zone)
    notice_ms = None if window.announced_at_ms is None else edges[0] - window.announced_at_ms
    if clause.notice_ms is None:
        return Told(True) if notice_ms is not None and notice_ms >= 0 else Told(None, "what notice it needs")
    return _plain(notice_ms, clause.notice_ms, in_words(clause.notice_ms))


def business_days(day: date, n: int) -> date:
    """The n-th business day after a day."""
    while n:
        day += timedelta(days=1)
        n -= day.isoweekday() < SATURDAY
    return day


def _plain(notice_ms: int | None, needed_ms: int, words: str) -> Told:
    if needed_ms == 0 or (notice_ms is not None and notice_ms >= needed_ms):
        return Told(True)
    recorded = "none is recorded" if notice_ms is None else f"this was {_hours(notice_ms)}"
    return Told(False, f"the terms ask {words} notice; {recorded}")


def _hours(span_ms: int) -> str:
    hours, minutes = divmod(span_ms // 60_000, 60)
    return f"{hours} h {minutes} min" if hours > 0 else f"{span_ms // 60_000} min"


def _waited(announced_ms: int | None, start_ms: int, needed: Wait, zone: str) -> Told:
    if needed.unit != "business_days":
        notice_ms = None if announced_ms is None else start_ms - announced_ms
        return _plain(notice_ms, needed.n * UNITS_MS[needed.unit], str(needed))
    asked = f"the terms ask {needed} notice"
    if announced_ms is None:
        return Told(False, f"{asked}; none is recorded")
    where = wallclock.zone(zone)
    first, start = (wallclock.local(each, where).date() for each in (announced_ms, start_ms))
    if business_days(first, needed.n) < start and announced_ms <= start_ms:
        return Told(True)
    if business_days(first, needed.n) == start:
        return Told(None, f"whether the day of the work is one of the {needed} (Monday to Friday)")
    return Told(False, f"{asked}; this was {_between(first, start)} (Monday to Friday, holidays not known)")


def _between(first: date, start: date) -> int:
    """The business days after one day and before another."""
    days = (first + timedelta(days=i) for i in range(1, (start - first).days))
    return sum(day.isoweekday() < SATURDAY for day in days)


def _by_impact(window: Window, edges: tuple[int, int], clause: Clause, look: Look) -> Told:
    """The notice that the interruption asks for; where several lengths are possible, only what they agree on."""
    least, most = _interruption(window, edges, look.down)
    rows = [each for each in clause.notice_by_impact if _may_hold(each, least, most)]
    found = [_waited(window.announced_at_ms, edges[0], each.notice, look.zone) for each in rows]
    if not found:
        return Told(None, "what notice it needs for an interruption of that length")
    if len({each.is_enough for each in found}) == 1:
        return found[0]
    return Told(None, f"how long it was to interrupt: {', '.join(_edges(rows))}")


def _interruption(window: Window, edges: tuple[int, int], down: Intervals) -> tuple[Ms, Ms]:
    """The least and the most that the longest interruption in the window lasts."""
    proven = max((end - start for start, end in down.clip(*edges)), default=0)
    is_harmless = window.impact in HARMLESS and not proven
    return proven, 0 if is_harmless else edges[1] - edges[0]


def _may_hold(each: ImpactNotice, least: Ms, most: Ms) -> bool:
    """Whether some interruption from the least to the most falls under that row."""
    is_over = each.over_ms is None or most > each.over_ms
    return is_over and (each.up_to_ms is None or least <= each.up_to_ms)


def _edges(rows: list[ImpactNotice]) -> Iterator[str]:
    for each in rows:
        over = f"over {in_words(each.over_ms)}" if each.over_ms is not None else ""
        up_to = f"up to {in_words(each.up_to_ms)}" if each.up_to_ms is not None else ""
        yield f"{' and '.join(filter(None, (over, up_to))) or 'any length'} needs {each.notice}"
