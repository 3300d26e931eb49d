"""Caps count forgiven downtime under rules of time and of requests; windows of some checks forgive those checks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from probe.model import State, Window
from probe.sla.assessment import Assessment, Verdict
from probe.sla.basis import Basis
from probe.sla.counting import Counting
from probe.sla.forgiving import excuse, excused, pardoned
from probe.sla.formula import measured
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import EMPTY, Intervals
from probe.sla.requests import Bucket, Request, Requests
from probe.sla.service import Combine, How
from probe.sla.timeline import Timeline
from tests.sla.test_clauses_judged import MINUTE, judged, terms
from tests.sla.test_published import JUNE, clock

HOUR = 60 * MINUTE
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
TWO_TO_FOUR = Intervals.span(2 * HOUR, 4 * HOUR)


def attempts_of(*failed: tuple[int, int], hours: int = 6, unknown: tuple[int, int] = (0, 0)) -> Requests:
    """One attempt a minute from 0 on; those in [from, to) minutes failed, or were not judged."""
    states = [UP] * (hours * 60)
    for span, state in [*((each, DOWN) for each in failed), (unknown, UNKNOWN)]:
        for i in range(*span):
            states[i] = state
    return Requests(samples=[Request(i * MINUTE, state) for i, state in enumerate(states)], interval_ms=MINUTE)


def frame(*pardons: Pardon) -> Frame:
    """Six hours with what is forgiven in them."""
    return Frame(start_ms=0, end_ms=6 * HOUR, pardons=pardons)


def test_a_cap_counts_the_failed_requests_not_the_length_of_the_window() -> None:
    """A window of two hours whose second one failed: the first 15 of those minutes are forgiven."""
    given = attempts_of((180, 200))
    capped = Pardon(TWO_TO_FOUR, 15 * MINUTE)
    assert excused(frame(capped), given) == Intervals.span(2 * HOUR, 3 * HOUR + 15 * MINUTE)
    assert excused(frame(capped), attempts_of((180, 190))) == TWO_TO_FOUR
    assert excused(frame(Pardon(TWO_TO_FOUR)), given) == TWO_TO_FOUR
    assert excused(frame(), given) == EMPTY


def test_what_is_unknown_may_have_used_the_cap_up() -> None:
    """The least that is forgiven takes every request that was not judged for a failed one."""
    given = attempts_of((180, 200), unknown=(125, 135))
    capped = frame(Pardon(TWO_TO_FOUR, 15 * MINUTE))
    assert excused(capped, given, at_worst=True) == Intervals.span(2 * HOUR, 3 * HOUR + 5 * MINUTE)


def test_what_one_window_forgives_uses_no_other_cap_up() -> None:
    """An emergency that is forgiven without limit leaves the hour of the scheduled windows whole."""
    given = attempts_of((120, 130), (180, 200))
    free = Pardon(Intervals.span(2 * HOUR, 2 * HOUR + 10 * MINUTE))
    assert excused(frame(free, Pardon(TWO_TO_FOUR, 20 * MINUTE)), given) == TWO_TO_FOUR


def test_counts_stand_for_the_time_between_them() -> None:
    """Ten-minute counts with an error use ten minutes of a cap up each."""
    rows = [Bucket(i * 10 * MINUTE, 5, 1 if i in (13, 14, 15) else 0, 1 if i == 12 else 0) for i in range(36)]
    given, capped = Requests(buckets=rows), frame(Pardon(TWO_TO_FOUR, 20 * MINUTE))
    assert excused(capped, given) == Intervals.span(2 * HOUR, 2 * HOUR + 30 * MINUTE)
    assert excused(capped, given, at_worst=True) == Intervals.span(2 * HOUR, 2 * HOUR + 20 * MINUTE)


def test_a_check_in_its_window_is_forgiven_by_itself() -> None:
    """What failed in it is good, and what was not judged too; under a cap only what surely failed, while it lasts."""
    given = attempts_of((120, 125), unknown=(130, 131))
    states = [each.state for each in pardoned(given, [Pardon(TWO_TO_FOUR)], 0, 6 * HOUR).samples]
    assert set(states) == {UP}
    capped = pardoned(given, [Pardon(TWO_TO_FOUR, 3 * MINUTE)], 0, 6 * HOUR).samples
    assert [i for i, each in enumerate(capped) if each.state is DOWN] == [123, 124]
    assert capped[130].state is UNKNOWN
    counts = Requests(buckets=[Bucket(0, 4, 4), Bucket(2 * HOUR, 4, 2, 1), Bucket(4 * HOUR, 4, 4)])
    free = pardoned(counts, [Pardon(TWO_TO_FOUR)], 0, 6 * HOUR).buckets
    assert free == [Bucket(0, 4, 4), Bucket(2 * HOUR, 5, 0), Bucket(4 * HOUR, 4, 4)]
    some = pardoned(counts, [Pardon(TWO_TO_FOUR, HOUR)], 0, 6 * HOUR).buckets
    assert some == [Bucket(0, 4, 4), Bucket(2 * HOUR, 4, 0, 1), Bucket(4 * HOUR, 4, 4)]


def test_a_cap_on_the_window_of_one_check_holds_for_each_bound() -> None:
    """Proven 20 minutes, perhaps 40, at most 60: each loses the first 15 of its own."""
    line = Timeline(
        start_ms=0,
        end_ms=6 * HOUR,
        down=Intervals.span(150 * MINUTE, 170 * MINUTE),
        maybe=Intervals.of([(140 * MINUTE, 150 * MINUTE), (170 * MINUTE, 180 * MINUTE)]),
        unknown=Intervals.span(200 * MINUTE, 220 * MINUTE),
        half=Intervals.span(145 * MINUTE, 150 * MINUTE),
    )
    left = excuse(line, Pardon(TWO_TO_FOUR, 15 * MINUTE), 0, 6 * HOUR)
    assert [each.measure // MINUTE for each in (left.down, left.observed, left.worst)] == [5, 25, 45]
    assert excuse(line, Pardon(TWO_TO_FOUR), 0, 6 * HOUR).worst == EMPTY


def two_checks(*, cap: bool, checks: tuple[str, ...], archetype: str) -> Assessment:
    """Two checks as one; one fails for half an hour of June inside a window of four hours."""
    start = JUNE.start_ms + clock(3, 1, 0) * 1000
    minutes = range(JUNE.start_ms, JUNE.end_ms, 10 * MINUTE)
    failed = Requests(
        samples=[Request(at, DOWN if start + HOUR <= at < start + HOUR + 30 * MINUTE else UP) for at in minutes],
        interval_ms=10 * MINUTE,
    )
    good = Requests(samples=[Request(at, UP) for at in minutes], interval_ms=10 * MINUTE)
    clause: dict[str, Any] = {"cause": "scheduled_maintenance", "excused": True, "effect": "numerator"}
    window = Window(start_ms=start, end_ms=start + 4 * HOUR, checks=checks, announced_at_ms=JUNE.start_ms)
    [found] = judged(
        terms(
            formula={"archetype": archetype, "denominator": "period"},
            exclusion=[clause | ({"cap_per_period": "20m"} if cap else {})],
        ),
        [(clock(3, 2, 0), clock(3, 2, 30))],
        [],
        combine=Combine(How.ANY),
        windows=(window,),
        requests={"check-0": failed, "check-1": good},
    )
    return found


@pytest.mark.parametrize(
    ("cap", "checks", "left"),
    [
        (False, (), 0),
        (False, ("check-0",), 0),
        (False, ("check-1",), 3),
        (True, (), 1),
        (True, ("check-0",), 1),
    ],
)
def test_a_window_forgives_requests_of_the_checks_it_speaks_of(
    cap: bool,
    checks: tuple[str, ...],
    left: int,
) -> None:
    """Three requests in 8,640 failed; the window tells how many it took, and the outage what is left of it."""
    found = two_checks(cap=cap, checks=checks, archetype="F4")
    worth = Fraction(JUNE.end_ms - JUNE.start_ms, 8640)
    assert (found.downtime.low, found.raw_downtime.low) == (left * worth, 3 * worth)
    assert [each.forgiven_ms for each in found.exclusions] == [(3 - left) * worth]
    assert [each.counted_ms for each in found.outages] == [left * worth]
    assert found.verdict is Verdict.MET


@pytest.mark.parametrize(
    ("cap", "checks", "left"), [(True, ("check-0",), 10), (False, ("check-0",), 0), (True, (), 10)]
)
def test_a_cap_holds_for_the_window_of_one_check_under_rules_of_time_too(
    cap: bool,
    checks: tuple[str, ...],
    left: int,
) -> None:
    """Half an hour of one check, of which 20 minutes may be forgiven."""
    found = two_checks(cap=cap, checks=checks, archetype="F1")
    assert found.downtime.low == left * MINUTE
    assert [each.forgiven_ms for each in found.exclusions] == [(30 - left) * MINUTE]


def test_the_bound_above_takes_what_is_unknown_for_a_user_of_the_cap() -> None:
    """20 minutes failed and 10 were not judged, 15 may be forgiven: between 5 and 15 minutes are left to count."""
    given = attempts_of((180, 200), unknown=(125, 135))
    basis = Basis(
        rule=Counting(archetype="F4"),
        frame=frame(Pardon(TWO_TO_FOUR, 15 * MINUTE)),
        denominator_ms=6 * HOUR,
        resolution_ms=0,
        requests=given,
    )
    found = measured(Timeline(start_ms=0, end_ms=6 * HOUR), basis)
    assert (found.low, found.high) == (5 * MINUTE, 15 * MINUTE)
