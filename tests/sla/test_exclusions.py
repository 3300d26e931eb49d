"""Maintenance windows: wall clocks, notice, removal, and what the terms accept (F78-F84, V29)."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Window, WindowKind
from probe.sla import period
from probe.sla.clauses import Clause
from probe.sla.exclusions import Standing, covers, expand, is_in_scope, problems, qualify

HOUR = 3_600_000
MIN = 60_000
SCHEDULED = Clause(cause="scheduled_maintenance", excused=True, notice_ms=0)


def at(text: str) -> int:
    """An instant."""
    return period.moment(text, "UTC")


def recurring(every: str, from_time: str, lasts_ms: int, zone: str = "Europe/Berlin", **more: Any) -> Window:
    """A recurring window that may occur from 2026 on."""
    return Window(every=every, from_time=from_time, lasts_ms=lasts_ms, zone=zone, **{"starts": "2026-01-01", **more})


def on(window: Window, day: str) -> list[tuple[int, int]]:
    """The occurrences that touch a UTC day."""
    start = at(f"{day}T00:00:00Z")
    return list(expand(window, start, start + 24 * HOUR))


@pytest.mark.parametrize(
    ("zone", "day", "from_time", "lasts", "start", "minutes"),
    [
        ("Europe/Berlin", "2026-03-29", "02:00", 2 * HOUR, "2026-03-29T01:00:00Z", 60),
        ("Europe/Berlin", "2026-10-25", "02:00", 2 * HOUR, "2026-10-25T00:00:00Z", 180),
        ("Europe/Berlin", "2026-06-07", "02:00", 2 * HOUR, "2026-06-07T00:00:00Z", 120),
        ("Europe/Warsaw", "2026-03-29", "02:30", HOUR, "2026-03-29T01:00:00Z", 30),
        ("Europe/Warsaw", "2026-10-25", "02:30", 15 * MIN, "2026-10-25T00:30:00Z", 75),
        ("Europe/Berlin", "2026-03-28", "12:00", 24 * HOUR, "2026-03-28T11:00:00Z", 23 * 60),
        ("Europe/Berlin", "2026-10-24", "12:00", 24 * HOUR, "2026-10-24T10:00:00Z", 25 * 60),
        ("UTC", "2026-06-07", "22:00", 8 * HOUR, "2026-06-07T22:00:00Z", 480),
    ],
)
def test_a_window_obeys_the_clocks_of_its_zone(
    zone: str, day: str, from_time: str, lasts: int, start: str, minutes: int
) -> None:
    """02:00-04:00 is one hour or three on the days of the change."""
    found = on(recurring("FREQ=DAILY", from_time, lasts, zone), day)
    assert (at(start), at(start) + minutes * MIN) in found


def test_a_window_that_lies_in_the_gap_does_not_occur() -> None:
    """02:15-02:45 is not on the clock that day."""
    assert on(recurring("FREQ=DAILY", "02:15", 30 * MIN), "2026-03-29") == []


def test_nothing_occurs_before_it_starts_or_after_it_ends() -> None:
    """`starts` defaults to the announcement; `until` is its last day."""
    sunday = recurring("FREQ=WEEKLY;BYDAY=SU", "03:00", 30 * MIN, starts="2026-06-07", until="2026-06-14")
    assert len(expand(sunday, at("2026-05-01"), at("2026-08-01"))) == 2
    announced = recurring(
        "FREQ=DAILY", "03:00", MIN, zone="UTC", starts=None, announced_at_ms=at("2026-06-07T12:00:00Z")
    )
    assert expand(announced, at("2026-06-07"), at("2026-06-09")) == (
        (at("2026-06-08T03:00:00Z"), at("2026-06-08T03:01:00Z")),
    )
    entered = recurring("FREQ=DAILY", "03:00", MIN, zone="UTC", starts=None, entered_at_ms=at("2026-06-07"))
    assert len(expand(entered, at("2026-06-01"), at("2026-06-09"))) == 2


@pytest.mark.parametrize(
    ("window", "says"),
    [
        (Window(start_ms=5, end_ms=5), "end after"),
        (Window(start_ms=5), "`start` and `end`"),
        (recurring("FREQ=DAILY", "25:00", MIN), "`from`"),
        (recurring("FREQ=DAILY", "03:00", 0), "`lasts`"),
        (recurring("FREQ=SOMETIMES", "03:00", MIN), "recurrence"),
        (recurring("FREQ=WEEKLY;BYDAY=XX", "03:00", MIN), "recurrence"),
        (recurring("FREQ=DAILY;BYHOUR=3", "03:00", MIN), "time of day"),
        (recurring("RRULE:FREQ=DAILY\nEXDATE:20260101T030000", "03:00", MIN), "time of day"),
        (recurring("FREQ=HOURLY", "03:00", MIN), "within a day"),
        (recurring("FREQ=DAILY", "03:00", MIN, zone="Mars/Olympus"), "time zone"),
        (recurring("FREQ=DAILY", "03:00", MIN, starts=None), "`starts`"),
        (recurring("FREQ=DAILY", "03:00", MIN, starts="soon"), "soon"),
        (recurring("FREQ=DAILY", "03:00", MIN), None),
        (Window(start_ms=5, end_ms=6), None),
    ],
)
def test_an_unusable_window_is_refused_with_its_remedy(window: Window, says: str | None) -> None:
    """Bad input is one clear line."""
    found = problems(window)
    assert (len(found), says is None or says in found[0]) == (0 if says is None else 1, True)


def once(**more: Any) -> Window:
    """A window of ten minutes an hour after the epoch, announced half an hour before."""
    settings: dict[str, Any] = {
        "start_ms": HOUR,
        "end_ms": HOUR + 10 * MIN,
        "announced_at_ms": HOUR // 2,
        "source": "typed",
    }
    return Window(**{**settings, **more})


def worth(window: Window, *clauses: Clause) -> tuple[Standing, str | None]:
    """What the terms make of the window's one occurrence."""
    [found] = qualify([window], clauses, 0, 24 * HOUR)
    return found.standing, found.why


def clause(**more: Any) -> Clause:
    """What the terms say of scheduled maintenance."""
    return Clause(**{"cause": "scheduled_maintenance", "excused": True, **more})


def test_the_terms_decide_what_a_window_is_worth() -> None:
    """Accepted, refused with the reason, or left open by the text."""
    assert worth(once(), clause(notice_ms=0)) == (Standing.ACCEPTED, None)
    assert worth(once(announced_at_ms=None), clause(notice_ms=0)) == (Standing.ACCEPTED, None)
    assert worth(once(), clause()) == (Standing.ACCEPTED, None)
    assert worth(once(), clause(notice_ms=30 * MIN)) == (Standing.ACCEPTED, None)
    refused = Standing.REFUSED, "the terms ask 1 day notice; this was 30 min"
    assert worth(once(), clause(notice_ms=24 * HOUR)) == refused
    assert worth(once(announced_at_ms=None), clause(notice_ms=24 * HOUR))[0] is Standing.REFUSED
    assert worth(once(announced_at_ms=2 * HOUR), clause()) == (Standing.OPEN, "what notice it needs")
    assert worth(once(announced_at_ms=None), clause()) == (Standing.OPEN, "what notice it needs")
    assert worth(once()) == (Standing.OPEN, "whether such maintenance is excused")
    assert worth(once(), clause(excused=False)) == (Standing.REFUSED, "the terms do not excuse it")
    assert worth(once(kind=WindowKind.EMERGENCY), clause(notice_ms=0))[0] is Standing.OPEN


def test_a_removed_window_counts_no_more_from_its_removal() -> None:
    """Past reports do not change when a file loses a window; a mistyped one is withdrawn whole (F83)."""
    removed = (Standing.REFUSED, "the window was removed from the record")
    assert worth(once(removed_at_ms=24 * HOUR), SCHEDULED) == removed
    assert worth(once(source="file", removed_at_ms=HOUR + 1), SCHEDULED) == (Standing.ACCEPTED, None)
    assert worth(once(source="file", removed_at_ms=HOUR), SCHEDULED) == removed
    daily = recurring("FREQ=DAILY", "03:00", MIN, zone="UTC", source="file", removed_at_ms=at("2026-06-03T03:00:30Z"))
    found = qualify([daily], (SCHEDULED,), at("2026-06-01"), at("2026-06-06"))
    assert [each.standing for each in found] == [Standing.ACCEPTED] * 3 + [Standing.REFUSED] * 2


def test_a_count_cap_takes_windows_in_time_order() -> None:
    """Two windows a month are excused, not the two that suit somebody."""
    daily = recurring("FREQ=DAILY", "03:00", MIN, zone="UTC")
    found = qualify([once(), daily], (clause(notice_ms=0, cap_count=2),), at("2026-06-01"), at("2026-06-05"))
    assert [each.standing for each in found] == [Standing.ACCEPTED] * 2 + [Standing.REFUSED] * 2
    assert found[3].why == "the terms excuse at most 2 in a period"


def test_a_window_outside_the_span_does_not_occur() -> None:
    """One-off windows are looked up like recurring ones."""
    assert expand(once(), 0, HOUR) == ()
    assert expand(once(), 0, HOUR + 1) == ((HOUR, HOUR + 10 * MIN),)


def test_scope_is_provider_service_and_checks() -> None:
    """A window for one check of a pair says nothing of the other."""
    assert is_in_scope(Window(), "Linode", "shop")
    assert is_in_scope(Window(provider="linode", service="shop"), "Linode", "shop")
    assert not is_in_scope(Window(provider="Vultr"), "Linode", "shop")
    assert not is_in_scope(Window(provider="Vultr"), None, "shop")
    assert not is_in_scope(Window(service="mail"), None, "shop")
    window = Window(checks=("web", "dns/4"))
    assert [covers(window, key) for key in ("web", "web/6", "dns/4", "dns/6", "mail")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert covers(Window(), "mail")
