"""Clauses that start their clock at a ticket, and claims that need one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from probe.model import Cause, Ticket
from probe.sla import period
from probe.sla.assessment import Assessment, Outage
from probe.sla.claims import claim, day_of, unreported
from probe.sla.clauses import ClaimRule, Deadline, Wait
from probe.sla.interval import EMPTY, Intervals
from probe.sla.notice import business_days
from probe.sla.service import Combine, How
from probe.sla.tickets import clocked, placed
from probe.sla.timeline import Timeline
from tests.sla.test_clauses_judged import judged, terms
from tests.sla.test_published import JUNE, clock

AS_OF = period.moment("2026-11-22T12:00:00Z", "UTC")
OCTOBER = period.parse("2026-10", "UTC", AS_OF)
HOUR = 3_600_000


def told(opened: int, closed: int | None = None, **more: Any) -> Ticket:
    """A ticket."""
    return Ticket(service="s", number="7", opened_ms=opened, closed_ms=closed, **more)


LINE = Timeline(start_ms=0, end_ms=1000, down=Intervals.of([(100, 200)]), maybe=Intervals.of([(90, 100), (200, 210)]))


@pytest.mark.parametrize(
    ("tickets", "start", "stop", "down", "unknown"),
    [
        ((), None, None, [(100, 200)], []),
        ((), "onset", "restored", [(100, 200)], []),
        ((), "ticket", None, [], [(100, 200)]),
        ((told(150),), "ticket", None, [(150, 200)], []),
        ((told(50),), "ticket", None, [], [(100, 200)]),
        ((told(50, outage_ms=120),), "ticket", None, [(100, 200)], []),
        ((told(150, is_withdrawn=True),), "ticket", None, [], [(100, 200)]),
        ((told(150), told(120)), "ticket_within_else_void", None, [(120, 200)], []),
        ((told(150, 180),), "ticket", "earlier_of", [(150, 180)], []),
        ((told(150, 300),), "ticket", "earlier_of", [(150, 200)], []),
        ((told(150, 300),), "onset", "ticket_closed", [(100, 200), (210, 300)], []),
        ((told(150, 180),), "onset", "ticket_closed", [(100, 180)], []),
        ((), "onset", "ticket_closed", [(100, 200)], []),
    ],
)
def test_the_clock_runs_from_the_ticket_to_its_stop(
    tickets: tuple[Ticket, ...],
    start: str | None,
    stop: str | None,
    down: list[tuple[int, int]],
    unknown: list[tuple[int, int]],
) -> None:
    """An outage without a ticket is unknown to such a clause: one may still be found."""
    found = clocked(LINE, tickets, start, stop)
    assert (found.down, found.unknown) == (Intervals.of(down), Intervals.of(unknown))


def test_time_in_which_the_provider_waits_stops_the_clock() -> None:
    """With a ticket or without."""
    waiting = Intervals.of([(160, 170)])
    assert clocked(LINE, (told(150),), "ticket", None, waiting).down.pairs == ((150, 160), (170, 200))
    assert clocked(LINE, (), None, None, waiting).down.pairs == ((100, 160), (170, 200))
    possible = Timeline(start_ms=0, end_ms=1000, unknown=Intervals.of([(100, 200)]))
    assert clocked(possible, (told(150, 300),), "ticket", "ticket_closed").down == EMPTY


def outage(at: str, hours: int = 1) -> Outage:
    """An outage of so many hours."""
    start = period.moment(at, "UTC")
    return Outage(
        "a", start - 60_000, start, start + hours * HOUR, start + hours * HOUR, Cause.PROVIDER_OR_PATH, True, 3, 1, 0
    )


FRIDAY = outage("2026-10-02T10:00:00Z")


@pytest.mark.parametrize(
    ("deadline", "day"),
    [
        (Deadline(n=5, unit="business_days", anchor="incident_start"), "2026-10-09"),
        (Deadline(n=1, unit="billing_cycles", anchor="incident_end"), "2026-11-30"),
        (Deadline(n=28, unit="day_of_month", anchor="period_end"), "2026-11-28"),
        (Deadline(n=15, unit="hours", anchor="first_noticed"), "2026-10-03"),
        (Deadline(n=90, unit="minutes", anchor="incident_start"), "2026-10-02"),
        (Deadline(n=30, unit="days", anchor="ticket_close"), "2026-11-02"),
        (Deadline(n=15, unit="days", anchor="fix_announced"), None),
        (Deadline(n=60, unit="days"), None),
    ],
)
def test_a_deadline_is_a_date_in_the_calendar(deadline: Deadline, day: str | None) -> None:
    """Business days, billing cycles, the 28th of the next month, and tickets as anchors."""
    closed = told(FRIDAY.start_latest_ms, period.moment("2026-10-03T10:00:00Z", "UTC"))
    assert day_of(deadline, OCTOBER, [FRIDAY], [closed]) == day


def test_business_days_skip_the_weekend() -> None:
    """The third after a Thursday is a Tuesday."""
    thursday = date(2026, 10, 1)
    assert business_days(thursday, 3).isoformat() == "2026-10-06"


@pytest.mark.parametrize(
    ("report", "opened", "late"),
    [
        (None, None, 0),
        (Wait(n=72, unit="hours"), None, 1),
        (Wait(n=2, unit="hours"), "2026-10-02T11:30:00Z", 0),
        (Wait(n=1, unit="hours"), "2026-10-02T11:30:00Z", 1),
        (Wait(n=1, unit="business_days"), "2026-10-03T09:00:00Z", 0),
    ],
)
def test_an_outage_must_be_reported_in_time(report: Wait | None, opened: str | None, late: int) -> None:
    """By the hour, or by the business day."""
    tickets = [told(period.moment(opened, "UTC"))] if opened else []
    assert len(unreported(report, OCTOBER, [FRIDAY], tickets)) == late


def test_a_claim_names_the_outages_without_a_ticket() -> None:
    """Where the terms need its number, or a report in time."""
    rule = ClaimRule(within=30, unit="days", after="incident_start", needs=("the ticket number",))
    found = claim(rule, OCTOBER, [FRIDAY], [], Wait(n=72, unit="hours"))
    assert found.missing == (
        "no ticket is recorded for the outage of 2026-10-02",
        "no ticket was opened within 72 hours of the outage of 2026-10-02",
    )
    assert claim(rule, OCTOBER, [FRIDAY], [told(FRIDAY.start_latest_ms)], Wait(n=72, unit="hours")).missing == ()
    still = FRIDAY._replace(end_earliest_ms=None, end_latest_ms=None)
    assert claim(rule, OCTOBER, [still], [told(FRIDAY.start_latest_ms)]).missing == ()


def both_down(*opened: Ticket, combine: How = How.ALL_DOWN) -> tuple[Assessment, ...]:
    """One check fails from 1:00 to 3:00 on 3 June, the other from 2:00 to 3:00; the clock starts at the ticket."""
    text = terms(
        promise={"metric": "availability", "op": ">=", "target": "99.99 %"},
        outage={"shortest": "0s", "clock_start": "ticket", "report_within": "2 h"},
        claim={"within": 30, "unit": "days", "after": "period_end", "needs": ["the ticket number"]},
    )
    first, second = [(clock(3, 1, 0), clock(3, 3, 0))], [(clock(3, 2, 0), clock(3, 3, 0))]
    return judged(text, first, second, combine=Combine(combine), tickets=opened)


def at(hour: int, minute: int) -> int:
    """An instant of 3 June."""
    return JUNE.start_ms + clock(3, hour, minute) * 1000


@pytest.mark.parametrize(
    ("ticket", "minutes"),
    [
        (told(at(1, 30)), 60),
        (told(at(2, 20)), 40),
        (told(at(2, 20), outage_ms=at(1, 10)), 40),
        (told(at(0, 30)), 0),
        (told(at(3, 30)), 0),
    ],
)
def test_a_ticket_of_the_first_check_that_fails_is_about_the_outage_of_all(ticket: Ticket, minutes: int) -> None:
    """The service is down from 2:00 on; who was told at 1:30 knew by then. Before the first failure nobody did."""
    [found] = both_down(ticket)
    assert found.downtime.low == minutes * 60_000
    if minutes:
        assert found.claim is not None
        assert found.claim.missing == ()


def test_a_ticket_is_about_the_first_outage_after_it_only() -> None:
    """One check is down all night, the other twice: the second time nobody was told."""
    line = Timeline(start_ms=0, end_ms=1000, down=Intervals.of([(200, 300), (500, 600)]))
    failing = Timeline(start_ms=0, end_ms=1000, down=Intervals.of([(100, 700)]))
    assert [each.outage_ms for each in placed([told(150), told(350), told(650)], line, failing)] == [200, 500, None]


def test_a_ticket_about_one_check_starts_no_other_checks_clock() -> None:
    """Each check is judged by itself; a ticket without a check is about all."""
    web, mail = both_down(told(at(2, 20), key="check-0"), combine=How.EACH)
    assert [each.downtime.low // 60_000 for each in (web, mail)] == [40, 0]
    assert [each.downtime.low // 60_000 for each in both_down(told(at(2, 20)), combine=How.EACH)] == [40, 40]
