"""Promises about loss, round trip, jitter and tickets."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from probe.model import State, Ticket
from probe.sla.assessment import Measured, Verdict, Why
from probe.sla.clauses import Commitment
from probe.sla.interval import Intervals
from probe.sla.metric_promises import decide
from probe.sla.metrics import Source, holds, is_broken, measure, variations
from probe.sla.requests import Request, Requests

F = Fraction
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def source(samples: list[Request], **more: Any) -> Source:
    """Samples on a grid of 10 in [0, 10 × their number)."""
    requests = Requests(samples=samples, interval_ms=10, timeout_ms=more.pop("timeout_ms", None))
    return Source(requests=requests, start_ms=0, end_ms=10 * len(samples), **more)


def promise(metric: str, op: str = "<=", **more: Any) -> Commitment:
    """A promise about that metric."""
    return Commitment(metric=metric, op=op, **more)


PINGS = [Request(0, UP, 20_000), Request(10, UP, 20_000), Request(20, DOWN), Request(30, UP, 24_000)]


def test_loss_and_delivery_are_the_two_sides_of_one_share() -> None:
    """By attempts, by packets of a burst, and without the time of an outage where the text leaves it out."""
    assert measure(promise("packet_loss"), source(PINGS)) == Measured("%", F(1, 4), F(1, 4), F(1, 4), 4)
    assert measure(promise("packet_delivery"), source(PINGS)) == Measured("%", F(3, 4), F(3, 4), F(3, 4), 4)
    bursts = [Request(0, UP, 1, (1, 2, None)), Request(10, UNKNOWN)]
    assert measure(promise("packet_loss"), source(bursts)) == Measured("%", F(1, 6), F(1, 3), F(4, 6), 3)
    left_out = source(PINGS, outage=Intervals.of([(15, 25)]))
    assert measure(promise("packet_loss"), left_out) == Measured("%", F(0), F(0), F(0), 3)
    assert measure(promise("packet_loss"), source([])) == Measured("%", F(0), None, F(1), 0)
    assert measure(promise("packet_delivery"), source([Request(0, UNKNOWN)])) == Measured("%", F(0), None, F(1), 0)


def test_a_mean_round_trip_is_of_answers_and_unknown_ones_lie_below_the_timeout() -> None:
    """Without a timeout nothing bounds them."""
    mean = promise("latency_rtt", statistic="mean_of_samples")
    assert measure(mean, source(PINGS)) == Measured("ms", F(64, 3), F(64, 3), F(64, 3), 3)
    vague = [*PINGS[:3], Request(30, UNKNOWN)]
    assert measure(mean, source(vague, timeout_ms=1000)) == Measured("ms", F(40, 3), F(20), F(1040, 3), 2)
    assert measure(mean, source(vague)) == Measured("ms", F(40, 3), F(20), None, 2)
    assert measure(mean, source([Request(0, DOWN)])) == Measured("ms", F(0), None, None, 0)


def test_a_share_of_samples_over_a_bound_takes_a_lost_one_for_endless() -> None:
    """And a maximum is the largest that came."""
    over = promise("latency_rtt", statistic="share_over", over_ms=22)
    assert measure(over, source(PINGS)) == Measured("%", F(2, 4), F(2, 4), F(2, 4), 4)
    highest = promise("latency_rtt", statistic="maximum")
    assert measure(highest, source(PINGS)) == Measured("ms", F(24), F(24), F(24), 3)
    assert measure(highest, source([*PINGS[:2], Request(20, UNKNOWN)])) == Measured("ms", F(20), F(20), None, 2)


def test_jitter_is_worked_out_inside_a_burst() -> None:
    """PDV: each delay minus the least of its burst."""
    assert variations((20_000, None, 22_000, 26_000)) == [0, 2000, 6000]
    assert variations((20_000, None)) == []
    bursts = [Request(0, UP, 1, (20_000, 22_000)), Request(10, UP, 1, (90_000, 96_000))]
    assert measure(promise("jitter_mean"), source(bursts)) == Measured("ms", F(2), F(2), F(2), 2)
    assert measure(promise("jitter_max"), source(bursts)) == Measured("ms", F(6), F(6), F(6), 4)
    share = measure(promise("jitter_share_over", over_ms=5), source(bursts))
    assert share == Measured("%", F(1, 4), F(1, 4), F(1, 4), 4)
    unsure = measure(promise("jitter_max"), source([*bursts, Request(20, UNKNOWN)], timeout_ms=500))
    assert unsure == Measured("ms", F(6), F(6), F(500), 4)


def ticket(opened: int | None, answered: int | None, closed: int | None, **more: Any) -> Ticket:
    """A ticket."""
    return Ticket(service="s", number="1", opened_ms=opened, answered_ms=answered, closed_ms=closed, **more)


def test_repair_and_response_are_measured_on_tickets() -> None:
    """The longest, or the mean; an open ticket has no upper bound."""
    told = (
        ticket(0, 5, 20),
        ticket(10, 11, 20),
        ticket(1, 2, 3, is_withdrawn=True),
        ticket(None, 1, 2),
        ticket(999, 1, 2),
    )
    here = Source(requests=Requests(), start_ms=0, end_ms=100, tickets=told)
    assert measure(promise("time_to_repair"), here) == Measured("ms", F(20), F(20), F(20), 2)
    assert measure(promise("mean_time_to_repair"), here) == Measured("ms", F(15), F(15), F(15), 2)
    assert measure(promise("response_time", statistic="mean_per_ticket"), here) == Measured("ms", F(3), F(3), F(3), 2)
    open_ = Source(requests=Requests(), start_ms=0, end_ms=100, tickets=(ticket(40, None, None),))
    assert measure(promise("notification_time"), open_) == Measured("ms", F(60), F(60), None, 1)
    none = Source(requests=Requests(), start_ms=0, end_ms=100)
    assert measure(promise("response_time"), none) == Measured("ms", F(0), F(0), F(0), 0)


def test_what_no_probe_measures_is_not_invented() -> None:
    """Temperature and one-way delay need other instruments."""
    assert measure(promise("temperature"), source([])) is None
    assert decide(promise("temperature", target=F(1)), None, is_running=False) == (Verdict.UNDECIDED, Why.TERMS)


@pytest.mark.parametrize(
    ("op", "low", "high", "broken"),
    [
        ("<=", 10, 10, False),
        ("<", 10, 10, True),
        (">=", 10, 10, False),
        (">", 10, 10, True),
        ("<=", 9, 11, None),
        (">=", 9, 11, None),
        ("<=", 11, None, True),
        ("<=", 9, None, None),
        (">=", 11, None, False),
        (">=", 9, None, None),
    ],
)
def test_a_promise_is_broken_surely_or_not(op: str, low: int, high: int | None, broken: bool | None) -> None:
    """Both ends must agree; an end that is missing cannot."""
    found = Measured("ms", F(low), None, None if high is None else F(high), 1)
    assert is_broken(promise("latency_rtt", op, target=F(10)), found) is broken
    assert holds(promise("latency_rtt", op, target=F(10)), F(10)) is (op in {"<=", ">="})


def test_a_metric_promise_is_met_missed_or_undecided() -> None:
    """Running, or unseen: what nobody measured is not kept."""
    late = Measured("ms", F(30), F(30), F(30), 9)
    asked = promise("latency_rtt", target=F(25))
    assert decide(asked, late, is_running=False) == (Verdict.MISSED, None)
    assert decide(asked, late._replace(low=F(1), high=F(2)), is_running=False) == (Verdict.MET, None)
    unmeasured = late._replace(low=F(0), point=None, high=F(0), samples=0)
    assert decide(asked, unmeasured, is_running=False) == (Verdict.UNDECIDED, Why.COVERAGE)
    assert decide(asked, late._replace(low=F(1)), is_running=False) == (Verdict.UNDECIDED, Why.COVERAGE)
    assert decide(asked, late, is_running=True) == (Verdict.UNDECIDED, Why.RUNNING)
