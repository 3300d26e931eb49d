"""What stands beside a verdict: context, tickets, MTBF and MTTR, quantiles."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from probe.model import State, Ticket
from probe.sla.assessment import Figures, PeriodSpan, Verdict
from probe.sla.beside import DAY_MS, Before, Beside, Context, Share, between_failures, context, latency, tickets_of
from tests.view.builders import DAY, NOW, assessment, outage

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def test_the_context_of_a_month() -> None:
    """How many, of how many attempts, which share of the time, and the periods before."""
    one = assessment(outages=(outage(), outage(is_confirmed=False, attempts=1)), downtime=Figures(0, 100, 200, 200))
    better = assessment(downtime=Figures(0, 50, 90, 90))
    blank = assessment(unknown_ms=31 * DAY)
    found = context(one, [better, blank], Share(13, 44_640))
    assert (found.outages, found.suspects, found.grid) == (1, 1, Share(13, 44_640))
    assert found.share == Fraction(100, 31 * DAY - 60_000)
    assert [(each.outages, each.point_ms, each.verdict) for each in found.before] == [
        (1, 50, Verdict.MISSED),
        (1, None, Verdict.MISSED),
    ]
    assert found.trend == "worse"


def test_a_trend_weighs_each_period_by_what_was_measured_of_it() -> None:
    """One minute down in two measured hours is more than two in a whole day."""
    day = Before("one", 1, 120_000, 120_000, Verdict.MET, 86_400_000)
    hours = Context(1, 0, Share(1, 120), None, 60_000, (day,), 7_200_000)
    assert hours.trend == "worse"
    assert hours._replace(point_ms=10_000).trend == "as before"
    assert hours._replace(point_ms=9_999).trend == "better"


def test_of_a_running_period_only_what_has_passed_was_measured() -> None:
    """Down for all of the only hour so far is 100 % of the measured time, however long the period is."""
    one = assessment(period=PeriodSpan(0, 36_000_000, "UTC", "p", False), as_of_ms=3_600_000)
    found = context(replace(one, denominator_ms=36_000_000, unknown_ms=0, downtime=Figures(0, 3_600_000, 0, 0)), [])
    assert found.share == 1
    assert found.measured_ms == 3_600_000


def test_a_trend_needs_something_to_compare_with() -> None:
    """Nothing measured is neither better nor worse."""
    better, same = assessment(downtime=Figures(0, 10, 20, 20)), assessment()
    assert context(better, [same]).trend == "better"
    assert context(same, [same]).trend == "as before"
    assert context(same, []).trend is None
    blank = context(assessment(unknown_ms=31 * DAY), [same])
    assert (blank.share, blank.trend) == (None, None)
    assert isinstance(blank, Context)


def test_tickets_belong_to_the_outage_that_they_were_opened_in_or_name() -> None:
    """Or within a day after it; those of other services and checks, and withdrawn ones, do not."""
    one = outage()
    inside = Ticket(service="shop", number="1", opened_ms=NOW + 60_000)
    named = Ticket(service="shop", number="2", opened_ms=NOW + 9 * DAY_MS, outage_ms=NOW + 1)
    others = (
        Ticket(service="mail", number="3", opened_ms=NOW),
        Ticket(service="shop", number="4", opened_ms=NOW, key="another"),
        Ticket(service="shop", number="5", opened_ms=NOW, is_withdrawn=True),
        Ticket(service="shop", number="6", opened_ms=NOW + 9 * DAY_MS),
    )
    found = tickets_of(one, (inside, named, *others), "shop")
    assert {ticket.number for ticket in found} == {"1", "2"}
    running = outage(end_earliest_ms=None, end_latest_ms=None)
    assert {ticket.number for ticket in tickets_of(running, (others[-1],), "shop")} == {"6"}
    assert tickets_of(running, (), "shop") == ()


def test_times_between_failures_are_from_middle_to_middle() -> None:
    """Five minutes of one outage that ended; those that go on or are suspects do not count."""
    one = assessment(outages=(outage(), outage(end_earliest_ms=None, end_latest_ms=None), outage(is_confirmed=False)))
    mtbf, mttr = between_failures(one)
    assert mttr == 300_000
    assert mtbf == 31 * DAY - 60_000 - 300_000
    assert between_failures(assessment(outages=())) == (None, None)


def test_a_quantile_is_shown_only_when_the_number_supports_it() -> None:
    """p95 needs 59, p99 299; a lost attempt is infinitely late, and apart it is left out."""
    few = latency([(UP, 10)] * 58)
    assert (dict(few.all_us), dict(few.arrived_us)) == ({"p50": 10}, {"p50": 10})
    assert [few.attempts, few.lost, few.unknown, few.loss] == [58, 0, 0, 0]
    enough = latency([*((UP, us) for us in range(1, 297)), *[(DOWN, None)] * 4, (UNKNOWN, None), (UP, None)])
    assert (enough.attempts, enough.lost, enough.unknown) == (301, 4, 1)
    assert dict(enough.all_us) == {"p50": 150, "p95": 285, "p99": None}
    assert dict(enough.arrived_us) == {"p50": 148, "p95": 282}
    assert latency([]).loss is None
    assert Beside().context is None
