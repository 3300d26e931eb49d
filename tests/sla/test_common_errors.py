"""The nine errors that monitoring tools make (peers.md, section 2): one test each, named after the error."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from probe.model import Cause, Window
from probe.sla import exclusions, period
from probe.sla.assess import assess
from probe.sla.assessment import Assessment, Verdict, Why
from probe.sla.service import Combine, How, Service
from probe.view.wording import percent
from tests.sla.build import healthy, member, published, question, span

HOUR = 3_600_000
FREE = Service(name="shop", objective=Fraction(99, 100))


def judged(runs: list[list[Any]], service: Service = FREE, **more: Any) -> Assessment:
    """One check over an hour."""
    [found] = assess(question(service, [member(runs, **more.pop("check", {}))], **more))
    return found


def test_error_1_retry_beats_weighted_as_downtime() -> None:
    """A blip with retries every 20 s is the time between its good samples, not three bad beats of many."""
    alone = [[-60, 60, 20, "G"], [1140, 60, 1, "B"], [1200, 60, 60, "G"]]
    retried = [[-60, 60, 20, "G"], [1140, 20, 2, "B"], [1180, 20, 1, "G"], [1200, 60, 60, "G"]]
    first, second = judged(alone, check={"confirm": 1}), judged(retried, check={"confirm": 1})
    assert (first.downtime.low, first.downtime.high) == (0, 120_000)
    assert (second.downtime.low, second.downtime.high) == (20_000, 100_000)


def test_error_2_own_gap_counted_as_up_or_dropped() -> None:
    """Half an hour without a sample is unknown: neither up, nor gone from the hour, nor 0 %."""
    found = judged([[-60, 60, 16, "G"], [2640, 60, 30, "G"]])
    assert (found.unknown_ms, found.denominator_ms) == (1_800_000, HOUR)
    assert found.availability is not None
    assert (found.availability.low, found.availability.point, found.availability.high) == (
        Fraction(1, 2),
        Fraction(1),
        Fraction(1),
    )
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.COVERAGE)
    empty = judged([])
    assert empty.availability is not None
    assert (empty.availability.point, empty.verdict) == (None, Verdict.UNDECIDED)


def test_error_3_maintenance_by_one_fixed_habit() -> None:
    """Only downtime inside the window is forgiven; an outage that outlives the window counts on."""
    runs = [[-60, 60, 16, "G"], [900, 60, 16, "B"], [1860, 60, 60, "G"]]
    window = Window(start_ms=900_000, end_ms=1_500_000, announced_at_ms=0)
    found = judged(runs, windows=(window,))
    assert (found.raw_downtime.low, found.downtime.low, found.denominator_ms) == (900_000, 300_000, HOUR)
    quiet = judged([[-60, 60, 63, "G"]], windows=(window,))
    assert (quiet.downtime.high, quiet.denominator_ms) == (0, HOUR)


def test_error_4_days_and_windows_that_ignore_the_change_of_clocks() -> None:
    """The month has its 25th hour, and a window at 03:00 stays at 03:00."""
    october = period.parse("2026-10", "Europe/Berlin", 0)
    assert october.end_ms - october.start_ms == (31 * 24 + 1) * HOUR
    window = Window(
        every="FREQ=WEEKLY;BYDAY=SU", from_time="03:00", lasts_ms=HOUR, zone="Europe/Berlin", starts="2026-10-18"
    )
    starts = [start for start, _ in exclusions.expand(window, october.start_ms, october.end_ms)]
    assert [b - a for a, b in pairwise(starts)] == [7 * 24 * HOUR + HOUR]


def test_error_5_rounding_up_to_a_hundred() -> None:
    """99.9999 % is not 100 %: the screen rounds down, the verdict does not round."""
    assert percent(Fraction(999_999, 1_000_000)) != percent(Fraction(1))
    tight = Service(name="shop", objective=Fraction(1))
    found = judged(
        [[-60, 60, 16, "G"], [900, 1, 2, "B"], [902, 1, 1, "G"], [960, 60, 60, "G"]], tight, check={"confirm": 1}
    )
    assert (found.verdict, found.downtime.low) == (Verdict.MISSED, 1000)


def test_error_6_a_mean_of_means() -> None:
    """Two checks pooled over their lives are one ratio of time; slices of a period add up to the last millisecond."""
    service = replace(FREE, combine=Combine(How.POOLED))
    down = member([[-60, 60, 16, "G"], [900, 60, 11, "B"], [1560, 60, 60, "G"]])
    [found] = assess(question(service, [down, member([[-60, 60, 63, "G"]], "other")]))
    assert (found.downtime.low, found.denominator_ms) == (600_000, 2 * HOUR)
    halves = [assess(question(FREE, [down], period=span(a, b)))[0] for a, b in ((0, 1_200_000), (1_200_000, HOUR))]
    assert sum(each.downtime.low for each in halves) == 600_000
    assert sum(each.denominator_ms for each in halves) == HOUR


def test_error_7_a_constant_month_and_a_future_that_is_up() -> None:
    """February wholly down is 0 %; of a running month the future is neither up nor met."""
    month = period.parse("2026-02", "UTC", period.moment("2026-03-05", "UTC"))
    seconds = (month.end_ms - month.start_ms) // 1000
    dark = member([[-60, 60, seconds // 60 + 3, "B"]], origin_ms=month.start_ms)
    seen = (healthy(-120, seconds + 120, origin_ms=month.start_ms),)
    [found] = assess(question(FREE, [dark], period=month, references=seen, as_of_ms=month.end_ms + HOUR))
    assert found.availability is not None
    assert (found.availability.low, found.availability.high) == (Fraction(0), Fraction(0))
    running = span(0, HOUR)._replace(is_complete=False)
    [now] = assess(question(FREE, [member([[-60, 60, 20, "G"]])], period=running, as_of_ms=1_100_000))
    assert (now.verdict, now.reason) == (Verdict.UNDECIDED, Why.RUNNING)


def test_error_8_history_lost_on_rename_or_clean_up() -> None:
    """A judgement rests on spans and their key alone: by another name the figures are the same."""
    runs = [[-60, 60, 16, "G"], [900, 60, 11, "B"], [1560, 60, 60, "G"]]
    old = judged(runs, check={"key": "shop"})
    new = judged(runs, check={"key": "shop-front"})
    assert old.downtime == new.downtime
    assert [each.counted_ms for each in old.outages] == [each.counted_ms for each in new.outages] == [600_000]


def test_error_9_the_tools_own_fault_recorded_as_the_targets() -> None:
    """An unknown outcome is unknown, and a failure while no reference answers is nobody's proven fault."""
    own = judged([[-60, 60, 16, "G"], [900, 60, 11, "U"], [1560, 60, 60, "G"]])
    assert (own.downtime.low, own.unknown_ms) == (0, 720_000)
    blind = member([[-60, 60, 16, "G"], [900, 60, 11, "B"], [1560, 60, 60, "G"]], "reference", confirm=1)
    service = replace(FREE, terms=published("digitalocean/droplet@2025-06-03"), monthly_fee=(Decimal("1"), "EUR"))
    [found] = assess(question(service, [blind], references=(blind,)))
    assert (found.downtime.low, found.verdict) == (0, Verdict.UNDECIDED)
    assert {each.cause for each in found.stretches} <= {
        Cause.OWN_NETWORK,
        Cause.OWN_NETWORK_OR_ISP,
        Cause.UNKNOWN_REFERENCE,
    }
