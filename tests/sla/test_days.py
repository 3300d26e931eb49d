"""F8: on which days an outage over midnight counts, with the bounds of what the log leaves open."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from probe.config.catalogue import version_tables
from probe.sla import period
from probe.sla.agreements import judged
from probe.sla.basis import Basis
from probe.sla.counting import Counting
from probe.sla.days import crosses_midnight, placed
from probe.sla.formula import qualifying_days
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import EMPTY, Intervals, Pair
from probe.sla.timeline import Timeline

MIN = 60_000
HOUR = 60 * MIN
DAY = 24 * HOUR
WEEK = Frame(start_ms=0, end_ms=7 * DAY)


def line(*down: Pair, maybe: Intervals = EMPTY, unknown: Intervals = EMPTY) -> Timeline:
    """A time line from a week before to a week after."""
    return Timeline(start_ms=-7 * DAY, end_ms=14 * DAY, down=Intervals.of(down), maybe=maybe, unknown=unknown)


def rule(edge: str, shortest_ms: int = MIN) -> Counting:
    """Outages of more than a minute count on the day of one end."""
    return Counting(archetype="F8", shortest_ms=shortest_ms, strict=True, day_edge=edge)


def counts(edge: str, known: Timeline, frame: Frame = WEEK, resolution_ms: int = 0) -> tuple[Any, ...]:
    """Surely, as estimated, at most without and with unknown time, at the resolution."""
    return tuple(placed(rule(edge), known, frame, resolution_ms))


OVER = (2 * DAY - HOUR, 2 * DAY + HOUR)
"""An hour on each side of the second midnight."""


@pytest.mark.parametrize("edge", ["start", "end"])
def test_an_outage_over_midnight_is_one_day(edge: str) -> None:
    """Where its edge decides it is not two."""
    assert counts(edge, line(OVER)) == (1,) * 5
    assert counts(edge, line(OVER, (5 * DAY, 5 * DAY + HOUR)))[:2] == (2, 2)


def test_the_day_is_that_of_the_edge() -> None:
    """With another outage on the first of the two days the start is on a day that counts already."""
    both = line((DAY + HOUR, DAY + 2 * HOUR), OVER)
    assert (counts("start", both)[0], counts("end", both)[0]) == (1, 2)


def test_an_outage_over_the_periods_edge_belongs_where_its_edge_lies() -> None:
    """It begins before the week, or ends after it; an end at midnight is the day before."""
    assert counts("start", line((-HOUR, HOUR)))[0] == 0
    assert counts("end", line((-HOUR, HOUR)))[0] == 1
    assert counts("end", line((7 * DAY - HOUR, 7 * DAY + HOUR)))[0] == 0
    assert counts("start", line((7 * DAY - HOUR, 7 * DAY + HOUR)))[0] == 1
    assert counts("end", line((7 * DAY - HOUR, 7 * DAY)))[0] == 1
    assert counts("end", line((2 * DAY - HOUR, 2 * DAY), (DAY, DAY + HOUR)))[0] == 1


def test_what_the_log_leaves_open_is_bounded() -> None:
    """Unknown time over midnight may hold the beginning: surely one day in all, at most two."""
    open_ = line((2 * DAY + HOUR, 2 * DAY + 2 * HOUR), unknown=Intervals.span(2 * DAY - HOUR, 2 * DAY + HOUR))
    low, point, observed, high, fine = counts("start", open_)
    assert (low, point, observed, high, fine) == (1, 1, 1, 2, 2)
    short = line(maybe=Intervals.span(DAY, DAY + 2 * MIN))
    assert counts("start", short, resolution_ms=HOUR) == (0, 0, 1, 1, 0)


def test_two_outages_that_may_be_one_are_surely_one_day() -> None:
    """A gap joins them or does not; by their own days two, joined one."""
    gap = line(
        (2 * DAY - HOUR, 2 * DAY - MIN),
        (2 * DAY + MIN, 2 * DAY + HOUR),
        unknown=Intervals.span(2 * DAY - MIN, 2 * DAY + MIN),
    )
    assert counts("start", gap)[0] == 1
    assert counts("start", gap)[3] == 2


def test_what_is_forgiven_or_outside_service_hours_makes_no_day() -> None:
    """An outage that maintenance excuses, and one at night."""
    excused = Frame(start_ms=0, end_ms=7 * DAY, pardons=(Pardon(Intervals.span(*OVER)),))
    assert counts("start", line(OVER), excused) == (0,) * 5
    served = Frame(start_ms=0, end_ms=7 * DAY, hours=Intervals.span(3 * DAY, 4 * DAY))
    assert counts("start", line(OVER), served) == (0,) * 5


def test_midnights_are_those_of_the_zone() -> None:
    """22:30 to 23:30 UTC crosses midnight in Berlin in summer and not in UTC."""
    start = period.moment("2026-06-03T21:30:00Z", "UTC")
    down = Intervals.span(start, start + HOUR)
    edges = start - 3 * DAY, start + 3 * DAY
    assert crosses_midnight(down, Frame(start_ms=edges[0], end_ms=edges[1], zone="Europe/Berlin"))
    assert not crosses_midnight(down, Frame(start_ms=edges[0], end_ms=edges[1], zone="UTC"))


def vector(**outage: Any) -> dict[str, Any]:
    """AT&T with an outage over midnight, under clauses of our own."""
    return {
        "id": "midnight",
        "agreement": {
            "changes": "att/managed-internet@2010-01-25",
            "outage": {"shortest": "60s", "strict": True, "clock_start": "onset", **outage},
        },
        "period": "2026-06",
        "down": [["2026-06-20T22:57:00Z", "2026-06-21T01:07:00Z"]],
    }


@pytest.mark.parametrize(
    ("outage", "certain", "possible"),
    [
        ({"edge": "start"}, "3.33", "3.33"),
        ({"edge": "end"}, "3.33", "3.33"),
        ({"edge": "split"}, "6.67", "6.67"),
        ({}, "3.33", "6.67"),
    ],
)
def test_the_clause_decides_what_an_outage_over_midnight_pays(
    outage: dict[str, str], certain: str, possible: str
) -> None:
    """One day's credit or two; where the text is silent one is certain."""
    found = judged(vector(**outage), version_tables)
    assert found.credit is not None
    assert (found.credit.certain, found.credit.possible) == (Decimal(certain), Decimal(possible))


def test_readings_that_differ_in_nothing_but_their_credit_are_shown_with_it() -> None:
    """The day of its start, that of its end, or both: each with what it pays; a stated clause leaves none."""
    found = judged(vector(), version_tables)
    paid = [(each.says, str(each.credit.certain)) for each in found.readings if each.credit]
    assert paid == [
        ("an outage over midnight counts on the day of its start", "3.33"),
        ("an outage over midnight counts on the day of its end", "3.33"),
        ("an outage over midnight counts on each day by its part", "6.67"),
    ]
    assert judged(vector(edge="start"), version_tables).readings == ()


@pytest.mark.parametrize("edge", ["start", "split"])
@pytest.mark.parametrize(("net", "days"), [(False, 1), (True, 0)])
def test_an_outage_that_maintenance_shortens_qualifies_by_its_whole_length_where_the_terms_say_so(
    edge: str, *, net: bool, days: int
) -> None:
    """45 minutes, 25 of them forgiven, where 30 are needed; one that is forgiven whole makes no day either way."""
    long_enough = Counting(archetype="F8", shortest_ms=30 * MIN, day_edge=edge, net=net)
    excused = Intervals.of([(DAY + 20 * MIN, DAY + 2 * HOUR), (3 * DAY, 3 * DAY + 2 * HOUR)])
    frame = Frame(start_ms=0, end_ms=7 * DAY, pardons=(Pardon(excused),))
    known = line((DAY, DAY + 45 * MIN), (3 * DAY + HOUR, 3 * DAY + 2 * HOUR))
    rest = Basis(rule=long_enough, frame=frame, denominator_ms=7 * DAY, resolution_ms=0)
    assert tuple(qualifying_days(known, rest)) == (days,) * 5


def test_a_credit_for_each_day_names_its_row() -> None:
    """A row without edges is for any availability."""
    found = judged(vector(edge="start"), version_tables)
    assert found.credit is not None
    assert "row  →" not in found.credit.rule
