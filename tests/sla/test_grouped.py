"""Several checks as one: the group's figures are those of the same checks combined by a service."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.model import Cause, SpanClass, State
from probe.sla import attribution, grouped
from probe.sla.assess import assess
from probe.sla.interval import EMPTY
from probe.sla.outages import outages, stretches
from probe.sla.service import Combine, How, Member, Service
from probe.sla.timeline import of_spans
from tests.sla.build import healthy, member, question

HOUR = 0, 3_600_000
A = member([(-60, 60, 11, "G"), (600, 60, 6, "B"), (960, 60, 60, "G")], "a", confirm=1)
B = member([(-40, 60, 11, "G"), (620, 60, 5, "B"), (920, 60, 60, "G")], "b", confirm=1)
C = member([(-20, 60, 80, "G")], "c", confirm=1)


def shop(*keys: str, combine: Combine | None = None) -> Service:
    """A plain service of these checks."""
    return Service(name="shop", objective=Fraction(99, 100), keys=keys, combine=combine, since_ms=0)


def seen_by(start: int = -3600, end: int = 7200) -> attribution.Witness:
    """A witness that was up from `start` to `end`."""
    return attribution.witness([healthy(start, end)], None, -3_600_000, 7_200_000)


@pytest.mark.parametrize("needed", [1, 2, 3])
def test_a_group_is_judged_as_its_checks_combined_would_be(needed: int) -> None:
    """Down, perhaps down and unknown are the same sets, whichever way they are put together."""
    (group,) = assess(question(shop("g"), [grouped.member("g", [A, B, C], needed)]))
    (whole,) = assess(question(shop("a", "b", "c", combine=Combine(How.AT_LEAST, needed)), [A, B, C]))
    assert (group.downtime, group.availability, group.unknown_ms) == (
        whole.downtime,
        whole.availability,
        whole.unknown_ms,
    )
    assert (group.verdict, group.samples) == (whole.verdict, whole.samples)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("GBU", min_size=5, max_size=12), min_size=2, max_size=4), st.data())
def test_the_spans_of_a_group_are_its_time_line(logs: list[str], data: Any) -> None:
    """Lists and strips show the sets that the verdict is made of."""
    needed = data.draw(st.integers(1, len(logs)))
    parts = [
        member([(place * 60 + shift * 7, 60, 1, state) for place, state in enumerate(log)], str(shift), confirm=1)
        for shift, log in enumerate(logs)
    ]
    group = grouped.member("g", parts, needed)
    bounds = group.spans[0].t0_ms, group.spans[-1].t1_ms
    drawn = of_spans(group.spans, *bounds)
    line = grouped.charged(group, attribution.witness([healthy(-9000, 9000)], None, -9_000_000, 9_000_000), *bounds)
    assert (drawn.down, drawn.maybe, drawn.unknown) == (line.down, line.maybe, line.unknown.clip(*bounds))
    assert all(one.t1_ms == two.t0_ms for one, two in zip(group.spans, group.spans[1:], strict=False))


def test_the_outage_of_a_group_has_the_edges_of_its_checks() -> None:
    """Two of three are down together from 620 s to 860 s, perhaps from 580 s to 920 s."""
    (one,) = outages(grouped.member("g", [A, B, C], 2), seen_by(), *HOUR)
    assert (one.start_earliest_ms, one.start_latest_ms) == (560_000, 620_000)
    assert (one.end_earliest_ms, one.end_latest_ms) == (860_000, 920_000)
    assert (one.cause, one.is_confirmed, one.counted_ms) == (Cause.PROVIDER_OR_PATH, True, 240_000)
    assert one.attempts == 6 + 5


def test_failures_outside_the_outage_of_a_group_are_not_its_own() -> None:
    """One check is down for an hour, the other joins it for six minutes: those count, and no more."""
    long = member([(-60, 60, 5, "G"), (240, 60, 50, "B"), (3240, 60, 10, "G")], "a", confirm=1)
    short = member([(-30, 60, 30, "G"), (1770, 60, 6, "B"), (2130, 60, 40, "G")], "b", confirm=1)
    (one,) = outages(grouped.member("g", [long, short], 2), seen_by(), *HOUR)
    assert (one.start_earliest_ms, one.end_latest_ms) == (1_710_000, 2_130_000)
    assert one.attempts == 7 + 6


def test_a_group_that_fails_while_nobody_answers_is_nobodys_fault() -> None:
    """What is not charged of the checks is not charged of the group."""
    (one,) = outages(grouped.member("g", [A, B, C], 2), seen_by(-3600, 500), *HOUR)
    assert (one.cause, one.counted_ms) == (Cause.UNKNOWN_REFERENCE, 0)
    found = stretches(grouped.member("g", [A, B, C], 2), seen_by(-3600, 500), *HOUR)
    assert [(each.start_ms, each.end_ms, each.cause) for each in found] == [(600_000, 900_000, Cause.UNKNOWN_REFERENCE)]


def test_one_that_is_down_alone_is_no_outage() -> None:
    """Two of three are wanted, and two are up."""
    assert outages(grouped.member("g", [A, C, C], 2), seen_by(), *HOUR) == ()


def test_an_outage_that_goes_on_has_no_end() -> None:
    """Nothing is known after the last samples."""
    parts = [member([(0, 60, 5, "G"), (300, 60, 5, "B")], key, confirm=1) for key in "ab"]
    (one,) = outages(grouped.member("g", parts, 1), seen_by(), *HOUR)
    assert (one.end_earliest_ms, one.end_latest_ms) == (None, None)


def test_a_group_nobody_has_seen_is_unknown() -> None:
    """Without a sample there is no span."""
    empty: Member = member([], "a")
    group = grouped.member("g", [empty, empty], 1)
    assert (group.spans, outages(group, seen_by(), *HOUR)) == ((), ())
    assert grouped.charged(group, seen_by(), *HOUR).down == EMPTY


def test_a_suspect_of_a_group_is_listed_as_one() -> None:
    """One failure of the two that proves nothing."""
    parts = [member([(0, 60, 5, "G"), (300, 60, 1, "B"), (360, 60, 5, "G")], key) for key in "ab"]
    group = grouped.member("g", parts, 2)
    (one,) = outages(group, seen_by(), *HOUR)
    assert not one.is_confirmed
    assert SpanClass.SUSPECT in {span.cls for span in group.spans}
    assert {span.first for span in group.spans} == {State.UP}
