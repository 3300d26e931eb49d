"""Where a clause does not start its clock at the onset: what is left of an outage for the count.

An outage without a recorded ticket is unknown for a clause that starts at the ticket: it counts from nowhere,
but a ticket may still be found. Where the provider must notice, it has done so by the ticket at the latest; when
before that, nobody here knows. What must be provable begins with the first failure on record. Time in which the
provider waits for the customer stops the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from probe.model import Ticket
from probe.sla.assessment import Ms
from probe.sla.interval import EMPTY, Intervals, Pair, pieces
from probe.sla.timeline import Timeline

AT_TICKET: Final = ("ticket", "ticket_within_else_void")
"""The clock starts that wait for a ticket."""


def about(tickets: Iterable[Ticket], start: Ms, end: Ms) -> tuple[Ticket, ...]:
    """The tickets about an outage that lies in [start, end], the first to be opened first."""
    found = [
        ticket
        for ticket in tickets
        if not ticket.is_withdrawn and ticket.opened_ms is not None and start <= _instant(ticket) <= end
    ]
    return tuple(sorted(found, key=lambda ticket: ticket.opened_ms or 0))


def placed(tickets: Iterable[Ticket], line: Timeline, failing: Timeline) -> tuple[Ticket, ...]:
    """The tickets with those told of their outage that were opened while it was coming.

    Where several checks must fail, `failing` is when any did: a ticket of that stretch is about the outage after it.
    """
    runs, early = pieces(line.worst, line.cuts), pieces(failing.observed, failing.cuts)
    return tuple(_placed(ticket, runs, early) for ticket in tickets)


def _placed(ticket: Ticket, runs: Iterable[Pair], early: Iterable[Pair]) -> Ticket:
    instant = _instant(ticket)
    if any(start <= instant <= end for start, end in runs):
        return ticket
    until = next((end for start, end in early if start <= instant <= end), instant)
    following = next((start for start, _ in runs if instant < start <= until), None)
    return ticket if following is None else replace(ticket, outage_ms=int(following))


def clocked(
    line: Timeline, tickets: tuple[Ticket, ...], start: str | None, stop: str | None, pauses: Intervals = EMPTY
) -> Timeline:
    """The time line as a clause counts it that starts and stops its clock elsewhere than the outage."""
    if start in EARLIER:
        line = EARLIER[start](line, tickets)
    if start not in AT_TICKET and stop in {None, "restored"}:
        return line.without(pauses)
    idle: list[Pair] = []
    open_: list[Pair] = []
    unheard: list[Pair] = []
    for run in pieces(line.worst, line.cuts):
        about_it = about(tickets, *run)
        if start in AT_TICKET and not about_it:
            unheard.append(run)
        elif about_it:
            first, last = _clock(run, about_it, start, stop)
            idle += [(run[0], first), (last, run[1])]
            open_ += [(run[1], last)] if stop == "ticket_closed" and line.down.clip(*run) else []
    return _counted(line, Intervals.of(idle) | pauses, Intervals.of(open_) - pauses, Intervals.of(unheard))


def _noticed(line: Timeline, tickets: tuple[Ticket, ...]) -> Timeline:
    """Downtime before a ticket tells that the provider knew is unknown: it may have noticed, or not."""
    unsure: list[Pair] = []
    for run in pieces(line.worst, line.cuts):
        told = about(tickets, *run)
        unsure.append((run[0], max(run[0], told[0].opened_ms or 0)) if told else run)
    before = Intervals.of(unsure)
    return Timeline(
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        down=line.down - before,
        maybe=line.maybe,
        unknown=line.unknown | (line.down & before),
        half=line.half - before,
        cuts=line.cuts,
    )


def _provable(line: Timeline, _tickets: tuple[Ticket, ...]) -> Timeline:
    """What lies between the last good sample and the first failure cannot be proven, so it does not count."""
    runs = pieces(line.worst, line.cuts)
    onsets = [(run[0], proven.pairs[0][0]) for run in runs if (proven := line.down.clip(*run))]
    return line.without(Intervals.of(onsets) & line.maybe)


EARLIER: Final[Mapping[str | None, Callable[[Timeline, tuple[Ticket, ...]], Timeline]]] = {
    "detection": _noticed,
    "provable": _provable,
}
"""The clock starts that are about what somebody knew, not about a ticket."""


def _clock(run: Pair, about_it: tuple[Ticket, ...], start: str | None, stop: str | None) -> Pair:
    """From when to when the clock runs for one outage."""
    opened = about_it[0].opened_ms or 0
    closed = max((ticket.closed_ms for ticket in about_it if ticket.closed_ms is not None), default=None)
    first = max(run[0], opened) if start in AT_TICKET else run[0]
    if closed is None or stop in {None, "restored"}:
        return first, run[1]
    return first, max(closed, first) if stop == "ticket_closed" else max(min(closed, run[1]), first)


def _counted(line: Timeline, idle: Intervals, longer: Intervals, unheard: Intervals) -> Timeline:
    known = line.without(idle)
    return Timeline(
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        down=(known.down - unheard) | longer,
        maybe=known.maybe - longer,
        unknown=(known.unknown | (known.down & unheard)) - longer,
        half=known.half - longer - unheard,
        cuts=tuple(cut for cut in line.cuts if not longer.covers(cut)),
    )


def _instant(ticket: Ticket) -> int:
    return (ticket.outage_ms if ticket.outage_ms is not None else ticket.opened_ms) or 0
