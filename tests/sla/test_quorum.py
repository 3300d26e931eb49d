"""Several vantage points judged together: V24 of metrology, and what a silent one is worth."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from probe.model import Window
from probe.sla.assess import assess
from probe.sla.assessment import Assessment
from probe.sla.evidence import gather
from probe.sla.service import Combine, How, Member, Question, Quorum, Service
from tests.sla.build import healthy, member, question, span

A = member([(-60, 60, 11, "G"), (600, 60, 6, "B"), (960, 60, 60, "G")], confirm=1)
B = member([(-40, 60, 11, "G"), (620, 60, 5, "B"), (920, 60, 60, "G")], confirm=1)
C = member([], confirm=1)
NAMES = ("office", "home", "cabin")


def asked(least: int, *seen: Member, of: tuple[str, ...] = NAMES, **more: object) -> Question:
    """The question about a plain service, from the vantage points in turn."""
    service = Service(
        name="shop", objective=Fraction(99, 100), keys=("shop-front",), vantages=Quorum(of, least), since_ms=0
    )
    first, *others = (question(service, [one], **more) for one in seen)
    return replace(first, elsewhere=tuple(others))


@pytest.mark.parametrize(("least", "expected"), [(1, (300, 3600)), (2, (240, 420)), (3, (0, 360))])
def test_v24_a_quorum_of_three_one_of_which_has_no_data(least: int, expected: tuple[int, int]) -> None:
    """A bad 600..900 on grid 0, B bad 620..860 on grid 20, C silent."""
    (one,) = gather(asked(least, A, B, C))
    known = one.known
    assert (known.down.clip(0, 3_600_000).measure, known.worst.clip(0, 3_600_000).measure) == tuple(
        seconds * 1000 for seconds in expected
    )


def test_v24_the_sets_of_two() -> None:
    """L = [620, 860), H = [540, 960)."""
    (one,) = gather(asked(2, A, B, C))
    assert one.known.down.clip(0, 3_600_000).pairs == ((620_000, 860_000),)
    assert one.known.worst.clip(0, 3_600_000).pairs == ((540_000, 960_000),)


@pytest.mark.parametrize(("least", "expected"), [(1, (300, 420)), (2, (240, 360))])
def test_v24_with_two_alone(least: int, expected: tuple[int, int]) -> None:
    """A quorum of two that both have data."""
    (one,) = gather(asked(least, A, B, of=NAMES[:2]))
    assert one.known.down.clip(0, 3_600_000).measure == expected[0] * 1000
    assert one.known.worst.clip(0, 3_600_000).measure == expected[1] * 1000


def judged(asking: Question) -> Assessment:
    """The one assessment."""
    (one,) = assess(asking)
    return one


def test_a_window_of_one_check_is_taken_out_at_every_vantage_point() -> None:
    """What is forgiven to the check is forgiven wherever it was seen."""
    service = Service(
        name="shop", objective=Fraction(99, 100), keys=("shop-front", "b"), vantages=Quorum(NAMES[:2], 2), since_ms=0
    )
    window = Window(start_ms=0, end_ms=3_600_000, checks=("shop-front",), announced_at_ms=-(10**9), entered_at_ms=0)
    service = replace(service, combine=Combine(How.ANY))
    up = healthy(-3600, 7200, "b")
    here, there = (question(service, [one, up], windows=(window,)) for one in (A, B))
    alone = judged(replace(here, elsewhere=(there,), windows=()))
    assert alone.downtime.low == 240_000
    assert judged(replace(here, elsewhere=(there,))).downtime.low == 0


def test_a_running_period_reaches_as_far_as_all_have_got() -> None:
    """What one vantage point saw later waits for the others."""
    now = 950_000
    late = member([(-60, 60, 11, "G"), (600, 60, 6, "B"), (940, 10, 1, "G")], confirm=1)
    early = member([(-60, 60, 11, "G"), (600, 60, 6, "B")], confirm=1)
    period = span(0, 3_600_000)._replace(is_complete=False)
    (one,) = gather(asked(2, late, early, of=NAMES[:2], as_of_ms=now, period=period))
    assert one.known.end_ms == 900_000
    assert one.known.down.clip(0, now).pairs == ((600_000, 900_000),)


def test_pooled_checks_are_each_judged_by_the_quorum() -> None:
    """Two pooled checks from two vantage points: one of them down as both see it, 240 of 7,200 s."""
    service = Service(
        name="shop",
        objective=Fraction(99, 100),
        keys=("shop-front", "b"),
        vantages=Quorum(NAMES[:2], 2),
        since_ms=0,
        combine=Combine(How.POOLED),
    )
    up = healthy(-3600, 7200, "b")
    here, there = (question(service, [one, up]) for one in (A, B))
    found = judged(replace(here, elsewhere=(there,)))
    assert (found.downtime.low, found.denominator_ms) == (240_000, 7_200_000)
    assert judged(here).downtime.low == 300_000
