"""The lists of the live screen: checks, the witnesses of our own line, services; filtered, sorted, a line a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from probe.model import Role
from probe.sla.assessment import Why
from probe.view import wording
from probe.view.page import BLANK, Block, Page, Piece, Tone, Words, faint, paragraph, words
from probe.view.rows import Slot, cut
from probe.view.snapshot import CheckStatus, ServiceStatus, Snapshot
from probe.view.status import WORST_FIRST, badness, headline, name_of, peril, so_far, why
from probe.view.strip import strip
from probe.view.warned import warned

Row = CheckStatus | ServiceStatus


class Tab(StrEnum):
    """Which list is shown."""

    CHECKS = "checks"
    LINE = "our own line"
    SERVICES = "services"


WIDE: Final = 100
"""From so many columns on a strip is longer and names have more room."""
NARROW_MARKS: Final = 20
WIDE_MARKS: Final = 30
NAME_MOST: Final = 28
WHY_LEAST: Final = 14
HOUR: Final = 3_600_000
WINDOWS: Final = (HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR)
"""What the strip and the outages of a page reach back over."""

CHECK_SORTS: Final[Mapping[str, Callable[[CheckStatus], tuple[object, ...]]]] = {
    "state": badness,
    "name": lambda one: (one.key,),
    "latency": lambda one: (one.latency_us is None, -(one.latency_us or 0), one.key),
    "change": lambda one: (one.since_ms is None, -(one.since_ms or 0), one.key),
}
SERVICE_SORTS: Final[Mapping[str, Callable[[ServiceStatus], tuple[object, ...]]]] = {
    "verdict": peril,
    "name": lambda one: (name_of(one),),
    "budget": lambda one: (one.budget_left_ms is None, one.budget_left_ms or (), name_of(one)),
    "availability": lambda one: (one.low is None, one.low or 0, name_of(one)),
}


class View(NamedTuple):
    """How a list is looked at. place: of WINDOWS; sort: how often the order was changed."""

    tab: Tab = Tab.CHECKS
    text: str = ""
    sort: int = 0
    place: int = 1
    is_paused: bool = False

    @property
    def window_ms(self) -> int:
        """How far back strips and outages reach."""
        return WINDOWS[self.place]

    @property
    def order(self) -> str:
        """The name of the order."""
        names = list(SERVICE_SORTS if self.tab is Tab.SERVICES else CHECK_SORTS)
        return names[self.sort % len(names)]


def marks(width: int) -> int:
    """How many marks a strip has on a screen so wide; every window divides by it."""
    return WIDE_MARKS if width >= WIDE else NARROW_MARKS


def chosen(snapshot: Snapshot, view: View) -> list[Row]:
    """The rows of the list, in its order."""
    wanted = view.text.casefold()
    if view.tab is Tab.SERVICES:
        services = [one for one in snapshot.services if wanted in _said_of_service(one)]
        return [*sorted(services, key=SERVICE_SORTS[view.order])]
    is_ours = view.tab is Tab.LINE
    checks = [one for one in snapshot.checks if (one.role is not Role.CHECK) is is_ours and wanted in _said_of(one)]
    return [*sorted(checks, key=CHECK_SORTS[view.order])]


def key_of(row: Row) -> str:
    """What a row is known by while the list moves."""
    return row.key if isinstance(row, CheckStatus) else name_of(row)


def _said_of(check: CheckStatus) -> str:
    return " ".join((check.key, check.kind, check.target, check.service or "", check.standing)).casefold()


def _said_of_service(service: ServiceStatus) -> str:
    return " ".join((name_of(service), service.provider or "", service.agreement or "", service.verdict)).casefold()


def top(snapshot: Snapshot, view: View, found: Sequence[Row], zone: tzinfo = UTC, *, is_looking: bool = False) -> Page:
    """Where and when, how many of what, and how the list is looked at. is_looking: this list was not seen yet."""
    page: list[Block] = [headline(snapshot, zone), *warned(snapshot.warnings)]
    counts = words(faint("looking …")) if is_looking else _counts(snapshot, view)
    said: list[str | Piece | Words] = [counts, faint(" · "), *_tabs(view)]
    if view.tab is not Tab.SERVICES:
        said += [faint(f" · window {wording.scale(view.window_ms).lower()}")]
    said += [faint(f" · by {view.order}")]
    if view.text:
        said += [faint(" · "), Piece(f"/{view.text} ({len(found):,})", Tone.WARN)]
    if view.is_paused:
        said += [faint(" · "), Piece("PAUSED", Tone.WARN)]
    return (*page, paragraph(*said), BLANK)


def _tabs(view: View) -> list[Piece]:
    found: list[Piece] = []
    for tab in Tab:
        found.append(Piece(f"[{tab}]" if tab is view.tab else str(tab), Tone.STRONG if tab is view.tab else Tone.FAINT))
        found.append(faint(" "))
    return found[:-1]


def _counts(snapshot: Snapshot, view: View) -> Words:
    if view.tab is Tab.SERVICES:
        return words(wording.count(len(snapshot.services), "service"))
    is_ours = view.tab is Tab.LINE
    kinds = Counter(one.standing for one in snapshot.checks if (one.role is not Role.CHECK) is is_ours)
    found: list[str | Piece] = []
    for standing in WORST_FIRST:
        if kinds[standing]:
            found += [", " if found else "", Piece(f"{kinds[standing]:,} ", wording.STANDINGS[standing].tone)]
            found.append(wording.STANDINGS[standing])
    return words(*found) if found else words("nothing to watch")


def slots(snapshot: Snapshot, view: View, found: Sequence[Row], width: int) -> list[Slot]:
    """The columns that fit a screen so wide; the first two are the cursor's."""
    longest = max((len(key_of(row)) for row in found), default=0)
    if view.tab is Tab.SERVICES:
        return _service_slots(longest, width)
    title = "OUR OWN LINE" if view.tab is Tab.LINE else "CHECK"
    last = Slot(f"LAST {wording.scale(view.window_ms)}", marks(width))
    fixed = [Slot("STATE", 13), Slot("FOR", 9, True), Slot("LATENCY", 8, True), last]
    left = width - 2 - sum(slot.size + 2 for slot in fixed)
    name = max(8, min(left, max(longest, len(title)), NAME_MOST))
    found_slots = [Slot(title, name), *fixed]
    rest = left - name - 2
    if rest >= WHY_LEAST:
        found_slots.append(Slot("WHY", rest))
    return found_slots


def _service_slots(longest: int, width: int) -> list[Slot]:
    fixed = [
        Slot("PROMISED", 10, True),
        Slot("AVAILABILITY", 17, True),
        Slot("BUDGET LEFT", 17, True),
        Slot("SO FAR", 9),
    ]
    left = width - 2 - sum(slot.size + 2 for slot in fixed)
    name = max(8, min(left, max(longest, 7), NAME_MOST))
    more = [Slot("BUDGET", 8, True), Slot("PERIOD", 12)] if left - name >= 24 else []
    return [Slot("SERVICE", name), *fixed, *more]


def cells_of(row: Row, as_of_ms: int, columns: Sequence[Slot]) -> tuple[Words, ...]:
    """The cells of a row, as many as there are columns."""
    found = _check_cells(row, as_of_ms) if isinstance(row, CheckStatus) else _service_cells(row)
    return found[: len(columns)]


def _check_cells(check: CheckStatus, as_of_ms: int) -> tuple[Words, ...]:
    since = None if check.since_ms is None else as_of_ms - check.since_ms
    plain = (wording.brief(since), wording.latency(check.latency_us))
    return (words(check.key), wording.standing(check), *map(words, plain), strip(check.strip), why(check))


def _service_cells(service: ServiceStatus) -> tuple[Words, ...]:
    left = service.budget_left_ms
    return (
        words(name_of(service)),
        words(wording.NOTHING if service.target is None else f"≥ {wording.exact_percent(service.target)}"),
        words(wording.percent_range(service.low, service.high)),
        words(wording.NOTHING if left is None else wording.rough_range(*left)),
        words(so_far(service)),
        words(wording.rough(service.budget_ms)),
        words(service.period),
    )


def about(row: Row | None, width: int) -> Page:
    """Two lines about the row under the cursor: its whole name and what it is, and why it is as it is."""
    if row is None:
        return (BLANK, BLANK)
    first, second = _about_check(row) if isinstance(row, CheckStatus) else _about_service(row)
    return (paragraph(cut(first, width)), paragraph(cut(second, width)))


def _about_check(check: CheckStatus) -> tuple[Words, Words]:
    of = f" · {check.service}" if check.service else ""
    said = why(check) or (faint("nothing recorded yet") if check.last_at_ms is None else faint("answers as expected"),)
    return words(Piece(check.key, Tone.STRONG), faint(f"  {check.kind} {check.target}{of}")), words(said)


def _about_service(service: ServiceStatus) -> tuple[Words, Words]:
    described = ", ".join(part for part in (service.provider, service.agreement) if part)
    reason = service.reason
    said = wording.WHYS[reason] if reason and reason is not Why.RUNNING else f"period {service.period}"
    return words(Piece(name_of(service), Tone.STRONG), faint(f"  {described}")), words(faint(said))
