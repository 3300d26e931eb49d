"""What each outage counted and each window forgave: together they are the figures of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import groupby
from typing import Any

import pytest

from probe.model import State, Ticket, Window
from probe.sla.assess import assess
from probe.sla.assessment import PeriodSpan
from probe.sla.requests import Bucket, Request, Requests
from probe.sla.service import Member, Service
from probe.sla.terms import Terms
from tests.sla.build import healthy, member, question
from tests.sla.test_clauses_judged import MINUTE, judged, terms
from tests.sla.test_published import AS_OF, DAY, JUNE, clock

Pair = tuple[int, int]

DAYS = PeriodSpan(JUNE.start_ms, JUNE.start_ms + 10 * DAY * 1000, "UTC", "ten days", True)
MINUTES = 10 * 24 * 60
SCHEDULED = [{"cause": "scheduled_maintenance", "excused": True, "notice": "1h", "effect": "numerator"}]
BUCKETS = {"bucket": "5m", "empty_bucket": "up"}
RATES = {
    "F3": terms(formula={"archetype": "F3", "denominator": "buckets"}, outage=BUCKETS, exclusion=SCHEDULED),
    "F4": terms(formula={"archetype": "F4", "denominator": "requests"}, outage={"shortest": "0s"}, exclusion=SCHEDULED),
    "F2": terms(
        formula={"archetype": "F2", "denominator": "buckets"},
        outage={**BUCKETS, "bucket_rule": "error_rate", "bucket_over": "50 %"},
        exclusion=SCHEDULED,
    ),
}


@cache
def asked(*down: tuple[int, int]) -> Requests:
    """A request a minute through ten days of June, failed in [from, to) of each pair of minutes."""
    bad = {minute for start, end in down for minute in range(start, end)}
    states = (State.DOWN if minute in bad else State.UP for minute in range(MINUTES))
    samples = [Request(JUNE.start_ms + minute * MINUTE, state) for minute, state in enumerate(states)]
    return Requests(samples=samples, interval_ms=MINUTE)


def window(start_s: int, end_s: int) -> Window:
    """Maintenance announced in time."""
    start, end = (JUNE.start_ms + second * 1000 for second in (start_s, end_s))
    return Window(id=1, start_ms=start, end_ms=end, announced_at_ms=JUNE.start_ms - 86_400_000)


def minute(second: int) -> int:
    """The minute of the month that a second lies in."""
    return second // 60


FIRST = clock(3, 4, 2), clock(3, 4, 9)
"""Seven minutes: three of one interval of five, four of the next."""
SECOND = clock(9, 1, 0), clock(9, 1, 30)


@cache
def seen(key: str, *down: Pair) -> Member:
    """A check that was tried every minute and failed in [from, to) of each pair of seconds."""
    states = "".join("B" if any(start <= 60 * n < end for start, end in down) else "G" for n in range(MINUTES))
    runs, first = [], 0
    for state, same in groupby(states):
        count = len(list(same))
        runs.append((60 * first, 60, count, state))
        first += count
    return member(runs, key, confirm=1, origin_ms=JUNE.start_ms)


def judged_on(text: Terms, *checks: Sequence[Pair], **more: Any) -> Any:
    """Ten days under these terms, each check with its outages in seconds, and with the requests that made them."""
    made = {f"check-{i}": each for i, each in enumerate(checks)}
    requests = {key: asked(*((minute(a), minute(b)) for a, b in each)) for key, each in made.items()}
    service = Service(name="s", terms=text, timezone="UTC", affected=more.pop("affected", None))
    members = tuple(seen(key, *each) for key, each in made.items())
    references = (healthy(-DAY, 33 * DAY, origin_ms=JUNE.start_ms),)
    settings: dict[str, Any] = {"period": DAYS, "as_of_ms": AS_OF, "references": references, "requests": requests}
    [found] = assess(question(service, members, **{**settings, **more}))
    return found


def judge(archetype: str, **more: Any) -> Any:
    """Ten days with both outages under terms of an archetype that counts requests."""
    return judged_on(RATES[archetype], [FIRST, SECOND], **more)


@pytest.mark.parametrize(
    ("archetype", "counted"),
    [("F3", [7 * MINUTE, 30 * MINUTE]), ("F4", [7 * MINUTE, 30 * MINUTE]), ("F2", [10 * MINUTE, 30 * MINUTE])],
)
def test_an_outage_counts_what_its_failed_requests_come_to(archetype: str, counted: list[int]) -> None:
    """Not the intervals that are wholly down: of the first outage none is; all of them are the proven downtime."""
    found = judge(archetype)
    assert [one.counted_ms for one in found.outages] == counted
    assert sum(one.counted_ms for one in found.outages) == found.downtime.low


@pytest.mark.parametrize(("archetype", "forgiven"), [("F3", 5 * MINUTE), ("F4", 5 * MINUTE), ("F2", 10 * MINUTE)])
def test_a_window_forgives_what_the_figure_loses_by_it(archetype: str, forgiven: int) -> None:
    """From 04:04 to 04:20, over the last minute of one interval and the second; another one meets nothing."""
    found = judge(archetype, windows=(window(clock(3, 4, 4), clock(3, 4, 20)), window(clock(4, 0, 0), clock(4, 1, 0))))
    given = [one.forgiven_ms for one in found.exclusions]
    assert sum(given) == found.raw_downtime.low - found.downtime.low
    assert given == [forgiven, 0]


def test_counts_that_were_handed_in_are_forgiven_too() -> None:
    """They tell no single request; what the figure loses is known all the same."""
    bad = [Bucket(JUNE.start_ms + clock(3, 4, 5) * 1000, 10, 5)]
    meant = window(clock(3, 4, 0), clock(3, 4, 20))
    [found] = judged(RATES["F3"], [], requests={"check-0": Requests(buckets=bad)}, windows=(meant,))
    assert [one.forgiven_ms for one in found.exclusions] == [Fraction(5 * MINUTE, 2)]


def test_without_requests_nothing_is_counted_or_forgiven() -> None:
    """A rule about requests that has none knows nothing, whatever the outages are."""
    found = judge("F3", windows=(window(clock(3, 4, 4), clock(3, 4, 20)),), requests={})
    assert [one.counted_ms for one in found.outages] == [0, 0]
    assert [one.forgiven_ms for one in found.exclusions] == [0]


def test_each_check_counts_its_own_failures() -> None:
    """Two checks are one pool of requests; an outage of one is not charged with what the other failed."""
    text = terms(combine="pooled", formula={"archetype": "F4", "denominator": "requests"}, outage={"shortest": "0s"})
    found = judged_on(text, [FIRST], [(FIRST[0] - 2, FIRST[0] + 3598)])
    assert {one.key: one.counted_ms for one in found.outages} == {"check-0": 7 * MINUTE, "check-1": 60 * MINUTE}
    assert found.downtime.low == 67 * MINUTE
    assert found.availability.high == 1 - Fraction(67, 2 * MINUTES)


def test_requests_outside_service_hours_belong_to_no_interval() -> None:
    """What failed at night is not counted to the last interval of the day."""
    text = terms(
        formula={"archetype": "F3", "denominator": "buckets"},
        outage={"bucket": "1h", "empty_bucket": "up", "service_hours": "Mon-Fri 08:00-18:00"},
    )
    night = clock(3, 22, 0), clock(3, 23, 0)
    found = judged_on(text, [night])
    assert (found.downtime.low, found.outages[0].counted_ms) == (0, 0)
    assert found.availability is not None
    assert found.availability.high == 1


def test_an_outage_counts_by_the_share_of_customers_that_it_hit_at_least() -> None:
    """As the figure does; nobody knows more, and the window forgives by the same share."""
    text = terms(formula={"archetype": "F9", "denominator": "period"}, exclusion=SCHEDULED)
    share = Fraction(1, 4), Fraction(1, 2)
    meant = window(clock(9, 1, 0), clock(9, 1, 10))
    found = judged_on(text, [FIRST, SECOND], affected=share, windows=(meant,))
    assert [one.counted_ms for one in found.outages] == [Fraction(6 * MINUTE, 4), Fraction(19 * MINUTE, 4)]
    assert sum(one.counted_ms for one in found.outages) == found.downtime.low
    assert [one.forgiven_ms for one in found.exclusions] == [Fraction(10 * MINUTE, 4)]


@pytest.mark.parametrize("archetype", ["F3", "F4"])
def test_what_changes_no_figure_of_a_request_rule_is_no_open_clause(archetype: str) -> None:
    """When an outage began, and whether it is recognised before maintenance is cut out, is nothing to requests."""
    ticket = Ticket(service="s", number="1", opened_ms=JUNE.start_ms + FIRST[0] * 1000)
    found = judge(archetype, windows=(window(clock(3, 4, 4), clock(3, 4, 20)),), tickets=(ticket,))
    assert found.readings == ()
    assert found.downtime.low == 32 * MINUTE
