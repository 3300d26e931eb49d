"""Periods on the wall clocks of the world (V30), and the words for them."""

from __future__ import annotations

from datetime import datetime

import pytest

from probe.errors import UsageError
from probe.sla import period, wallclock
from probe.sla.period import PeriodKind

LATE = 4_000_000_000_000
AS_OF = period.moment("2026-11-22T12:00:00Z", "UTC")


@pytest.mark.parametrize(
    ("zone", "month", "seconds"),
    [
        ("Europe/Berlin", "2026-03", 2_674_800),
        ("Europe/Berlin", "2026-10", 2_682_000),
        ("America/New_York", "2026-11", 2_595_600),
        ("Australia/Lord_Howe", "2026-04", 2_593_800),
        ("Australia/Lord_Howe", "2026-10", 2_676_600),
        ("America/Havana", "2026-11", 2_595_600),
        ("Europe/London", "2026-03", 2_674_800),
        ("UTC", "2026-02", 2_419_200),
        ("UTC", "2028-02", 2_505_600),
    ],
)
def test_a_month_is_as_long_as_its_zone_makes_it(zone: str, month: str, seconds: int) -> None:
    """An hour of clock change moves a 99.9 % budget by 3.6 s, enough to flip a verdict."""
    found = period.parse(month, zone, LATE)
    assert found.end_ms - found.start_ms == seconds * 1000
    assert (found.timezone, found.label, found.is_complete) == (zone, month, True)


def test_a_month_that_begins_twice_begins_the_first_time() -> None:
    """In Havana midnight of 1 November 2026 happens twice."""
    assert period.parse("2026-11", "America/Havana", LATE).start_ms == period.moment("2026-11-01T04:00:00Z", "UTC")


def test_a_day_without_midnight_begins_after_the_gap() -> None:
    """In Beirut the clocks went from 00:00 to 01:00 on 27 March 2022."""
    found = period.between("2022-03-27", "2022-03-28", "Asia/Beirut", LATE)
    assert found.end_ms - found.start_ms == 23 * 3_600_000
    assert wallclock.local(found.start_ms, wallclock.zone("Asia/Beirut")) == datetime(2022, 3, 27, 1)  # noqa: DTZ001 - naive wall clock


@pytest.mark.parametrize(
    ("text", "label", "days", "is_complete"),
    [
        ("2026-Q3", "2026-Q3", 92, True),
        ("2026-Q4", "2026-Q4", 92, False),
        ("2026", "2026", 365, False),
        ("2026-12", "2026-12", 31, False),
        ("30d", "30 days to 2026-11-21", 30, True),
    ],
)
def test_a_person_names_a_period(text: str, label: str, days: int, is_complete: bool) -> None:
    """The same words on the command line and in the configuration."""
    found = period.parse(text, "UTC", AS_OF)
    assert (found.label, (found.end_ms - found.start_ms) / 86_400_000, found.is_complete) == (label, days, is_complete)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-Q5", "last month", "0d", "9999", "1969-12", ""])
def test_what_is_not_a_period_is_refused_with_the_words_that_are(text: str) -> None:
    """One clear line, never a traceback."""
    with pytest.raises(UsageError, match="2026-Q3"):
        period.parse(text, "UTC", AS_OF)


def test_from_and_to_are_wall_clock_unless_they_name_an_offset() -> None:
    """A person means their own clock."""
    found = period.between("2026-10-03T04:10", "2026-10-03T02:20:00Z", "Europe/Berlin", AS_OF)
    assert found.end_ms - found.start_ms == 600_000
    for start, end in (("2026-10-03", "2026-10-03"), ("yesterday", "2026-10-03"), ("2026-10-03", "2026-99-99")):
        with pytest.raises(UsageError):
            period.between(start, end, "UTC", AS_OF)
    with pytest.raises(UsageError, match="Mars"):
        period.moment("2026-10-03", "Mars/Olympus")


@pytest.mark.parametrize(
    ("kind", "running", "full"),
    [
        (PeriodKind("calendar_month"), "2026-11", "2026-10"),
        (PeriodKind("billing_month"), "2026-11", "2026-10"),
        (PeriodKind("calendar_quarter"), "2026-Q4", "2026-Q3"),
        (PeriodKind("calendar_year"), "2026", "2025"),
        (PeriodKind("trailing_days", 7), "7 days to 2026-11-22", "7 days to 2026-11-21"),
    ],
)
def test_each_kind_has_a_running_and_a_last_full_period(kind: PeriodKind, running: str, full: str) -> None:
    """`status` shows the running one, `report` the last full one."""
    now = period.containing(kind, AS_OF, "Europe/Berlin", AS_OF)
    before = period.last_full(kind, AS_OF, "Europe/Berlin")
    assert (now.label, now.is_complete, before.label, before.is_complete) == (running, False, full, True)


def test_the_same_dates_elsewhere_begin_at_another_instant() -> None:
    """Terms that name no zone are tried in the farthest ones."""
    here = period.parse("2026-10", "UTC", LATE)
    there = period.shifted(here, "Etc/GMT-14", LATE)
    assert (here.start_ms - there.start_ms, here.end_ms - there.end_ms) == (14 * 3_600_000, 14 * 3_600_000)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "Europe", "a\0b"])
def test_what_is_not_a_zone_is_refused(name: str) -> None:
    """The library raises three different errors for these."""
    with pytest.raises(ValueError, match="not a time zone"):
        wallclock.zone(name)


def test_trailing_months_are_whole_months() -> None:
    """An average over twelve months ends with a month, over the turn of the year as well."""
    as_of = period.moment("2027-01-15T12:00:00Z", "UTC")
    kind = PeriodKind("trailing_months", months=12)
    year = period.last_full(kind, as_of, "UTC")
    assert (year.label, year.is_complete) == ("12 months to 2026-12", True)
    assert (year.start_ms, year.end_ms) == tuple(period.moment(day, "UTC") for day in ("2026-01-01", "2027-01-01"))
    running = period.containing(kind, as_of, "UTC", as_of)
    assert (running.label, running.is_complete) == ("12 months to 2027-01", False)
    assert running.start_ms == period.moment("2026-02-01", "UTC")


@pytest.mark.parametrize("word", ["event", "day"])
def test_what_is_counted_by_event_or_day_is_reported_by_the_month(word: str) -> None:
    """A month is what one is billed by."""
    assert period.last_full(PeriodKind(word), period.moment("2026-11-22", "UTC"), "UTC").label == "2026-10"
