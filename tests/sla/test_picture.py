"""What charts show: slices that add up, and no doubt that is shown as up."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from probe.model import State
from probe.sla import picture
from probe.sla.assessment import Exclusion
from probe.sla.interval import EMPTY, Intervals
from probe.sla.picture import Layers, Slice, Sort
from probe.sla.requests import Request
from probe.sla.timeline import Timeline

DAY = 86_400_000
HOUR = 3_600_000
OCTOBER = 1_790_812_800_000
"""2026-10-01T00:00:00Z."""


def layers(
    end_ms: int = OCTOBER + DAY,
    *,
    down: tuple[tuple[int, int], ...] = (),
    maybe: tuple[tuple[int, int], ...] = (),
    unknown: tuple[tuple[int, int], ...] = (),
    windows: Intervals = EMPTY,
) -> Layers:
    """Sorts from hours after the beginning of October."""
    sets = [Intervals.of((OCTOBER + a * HOUR, OCTOBER + b * HOUR) for a, b in each) for each in (down, maybe, unknown)]
    line = Timeline(start_ms=OCTOBER, end_ms=end_ms, down=sets[0], maybe=sets[1], unknown=sets[2])
    return Layers(line, windows, OCTOBER, end_ms)


def test_a_slice_holds_every_sort_once() -> None:
    """What a window covers is not charged again as down or uncertain; unknown stays unknown."""
    window = Intervals.span(OCTOBER + 2 * HOUR, OCTOBER + 5 * HOUR)
    found = layers(down=((1, 3),), maybe=((3, 4),), unknown=((4, 6),), windows=window).slice(OCTOBER, OCTOBER + DAY)
    assert found[2:] == (HOUR, 2 * HOUR, 0, 2 * HOUR)
    assert sum(found[2:]) <= found.end_ms - found.start_ms


@pytest.mark.parametrize(
    ("held", "sort"),
    [
        ((1, 5, 5, 5), Sort.DOWN),
        ((0, 1, 5, 5), Sort.PLANNED),
        ((0, 0, 5, 5), Sort.MAYBE),
        ((0, 0, 4, 5), Sort.UNKNOWN),
        ((0, 0, 0, 1), Sort.UNKNOWN),
        ((0, 0, 0, 0), Sort.UP),
    ],
)
def test_a_slice_is_up_only_when_all_of_it_was(held: tuple[int, int, int, int], sort: Sort) -> None:
    """A millisecond of doubt is enough."""
    assert Slice(0, 100, *held).sort is sort


def test_the_line_covers_the_time_without_gaps() -> None:
    """Slices of one length, the last one ending where the time does."""
    found = layers().line(7)
    assert (found[0].start_ms, found[-1].end_ms, len(found)) == (OCTOBER, OCTOBER + DAY, 7)
    assert all(one.end_ms == other.start_ms for one, other in pairwise(found))
    assert len(Layers(Timeline(start_ms=0, end_ms=3), EMPTY, 0, 3).line(7)) == 3


def test_days_are_those_of_the_zone() -> None:
    """The hours of a day add up to it, and what was not judged has none."""
    found = layers(OCTOBER + DAY + 90 * 60_000, down=((23, 25),)).days("UTC")
    assert [day.day for day in found] == [date(2026, 10, 1), date(2026, 10, 2)]
    assert [day.whole.down_ms for day in found] == [HOUR, HOUR]
    assert [hour.down_ms for hour in found[1].hours if hour] == [HOUR, 0]
    assert found[1].hours[2:] == (None,) * 22
    assert layers().days("Europe/Berlin")[0].hours[:2] == (None, None)


def test_the_hour_that_a_zone_skips_is_none_and_the_one_it_repeats_is_two() -> None:
    """Summer time ends in October and begins in March."""
    autumn = Layers(Timeline(start_ms=OCTOBER, end_ms=OCTOBER + 31 * DAY), EMPTY, OCTOBER, OCTOBER + 31 * DAY)
    (day,) = [each for each in autumn.days("Europe/Berlin") if each.day == date(2026, 10, 25)]
    assert [hour.end_ms - hour.start_ms for hour in day.hours if hour] == [HOUR] * 2 + [2 * HOUR] + [HOUR] * 21
    march = OCTOBER - 214 * DAY
    spring = Layers(Timeline(start_ms=march, end_ms=march + 31 * DAY), EMPTY, march, march + 31 * DAY)
    (day,) = [each for each in spring.days("Europe/Berlin") if each.day == date(2026, 3, 29)]
    assert [number for number, hour in enumerate(day.hours) if hour is None] == [2]


def test_refused_windows_forgive_nothing() -> None:
    """They are listed elsewhere, with the reason."""
    accepted = Exclusion(0, 10, "scheduled_maintenance", "numerator", 5, None, 1)
    refused = accepted._replace(start_ms=20, end_ms=30, refused="announced too late")
    assert picture.windows_of([accepted, refused]) == Intervals.span(0, 10)


def test_bands_are_as_long_as_their_quantiles_need() -> None:
    """A minute's grid gives hours to a day, and six hours to a month; a sparse one gets longer slices."""
    grid = [Request(OCTOBER + i * 60_000, State.UP, 5000) for i in range(31 * 1440)]
    day = picture.bands(grid[:1440], OCTOBER, OCTOBER + DAY)
    month = picture.bands(grid, OCTOBER, OCTOBER + 31 * DAY)
    assert (len(day), len(month)) == (24, 124)
    assert month[0].seen.arrived_us["p95"] == 5000
    assert len(picture.bands(grid[::60], OCTOBER, OCTOBER + 31 * DAY)) == 5
    assert len(picture.bands(grid[:1], OCTOBER, OCTOBER + DAY)) == 24
    assert len(picture.bands(grid[:1], OCTOBER, OCTOBER + 1000 * DAY)) == 143


def test_bands_tell_the_lost_from_the_silent() -> None:
    """A lost attempt has no latency, and a slice without attempts has no loss."""
    seen = [Request(OCTOBER + number, State.UP, 1) for number in range(200)]
    seen[:2] = [Request(OCTOBER, State.DOWN), Request(OCTOBER + 1, State.UNKNOWN)]
    first, second = picture.bands(seen, OCTOBER, OCTOBER + 2 * HOUR)
    assert (first.seen.attempts, first.seen.lost, first.seen.unknown) == (199, 1, 1)
    assert second.seen.loss is None
    assert picture.bands([], OCTOBER, OCTOBER + DAY) == ()
    assert picture.bands(seen, OCTOBER, OCTOBER) == ()
