"""Where a clause starts its clock at a ticket: what is left of an outage for the count.

An outage without a recorded ticket is unknown for such a clause: it counts from nowhere, but a
ticket may still be found. Time in which the provider waits for the customer stops the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from probe.model import Ticket
from probe.sla.assessment import Ms
from probe.sla.interval import EMPTY, Intervals, Pair, pieces
from probe.sla.timeline import Timeline

AT_TICKET: Final = ("ticket", "ticket_within_else_void")
"""The clock starts that wait for a ticket; the others count from the onset that the log shows."""


def about(tickets: Iterable[Ticket], start: Ms, end: Ms) -> tuple[Ticket, ...]:
    """The tickets about an outage that lies in [start, end], the first to be opened first."""
    found = [
        ticket
        for ticket in tickets
        if not ticket.is_withdrawn and ticket.opened_ms is not None and start <= _instant(ticket) <= end
    ]
    return tuple(sorted(found, key=lambda ticket: ticket.opened_ms or 0))


def clocked(
    line: Timeline, tickets: tuple[Ticket, ...], start: str | None, stop: str | None, pauses: Intervals = EMPTY
) -> Timeline:
    """The time line as a clause counts it that starts and stops its clock at tickets."""
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
