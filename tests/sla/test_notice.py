"""Maintenance that must be announced: business days, and notices that hang on the interruption."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Window
from probe.sla import period
from probe.sla.clauses import Clause, ImpactNotice, Wait
from probe.sla.exclusions import Standing, qualify
from probe.sla.interval import Intervals
from probe.sla.notice import Look

SEVEN = Wait(n=7, unit="business_days")
BY_IMPACT = (
    ImpactNotice(notice=SEVEN, over_ms=50),
    ImpactNotice(notice=Wait(n=48, unit="hours"), up_to_ms=50),
)
"""Verizon's data centre power: P 44."""


def at(text: str) -> int:
    """An instant."""
    return period.moment(text, "UTC")


START = at("2026-06-17T02:00:00Z")
"""A Wednesday."""
HOUR = 3_600_000


def worth(announced: str | None, look: Look | None = None, impact: str | None = None, **clause: Any) -> Any:
    """What a clause makes of a window of an hour at START."""
    window = Window(
        start_ms=START, end_ms=START + HOUR, announced_at_ms=at(announced) if announced else None, impact=impact
    )
    terms = Clause(cause="scheduled_maintenance", excused=True, **clause)
    [found] = qualify([window], (terms,), START - 40 * 24 * HOUR, START + 24 * HOUR, look or Look())
    return found.standing, found.why


@pytest.mark.parametrize(
    ("announced", "standing", "says"),
    [
        ("2026-06-05T23:59:00Z", Standing.ACCEPTED, None),
        ("2026-06-07T12:00:00Z", Standing.ACCEPTED, None),
        ("2026-06-08T09:00:00Z", Standing.OPEN, "whether the day of the work is one of the 7 business days"),
        ("2026-06-09T09:00:00Z", Standing.REFUSED, "ask 7 business days notice; this was 5 (Monday to Friday"),
        ("2026-06-20T09:00:00Z", Standing.REFUSED, "this was 0 (Monday to Friday"),
        (None, Standing.REFUSED, "none is recorded"),
    ],
)
def test_a_notice_in_business_days_is_counted_from_monday_to_friday(
    announced: str | None, standing: Standing, says: str | None
) -> None:
    """Weekends are no notice; the day on which reasonable people differ is left open."""
    found, why = worth(announced, notice=SEVEN)
    assert (found, (says is None and why is None) or (says or "") in (why or "")) == (standing, True)


def test_business_days_begin_in_the_zone_of_the_terms() -> None:
    """Friday evening in Berlin is Friday afternoon in UTC: one business day more."""
    late = "2026-06-05T22:30:00Z"
    one_more = Wait(n=8, unit="business_days")
    assert worth(late, notice=one_more)[0] is Standing.OPEN
    assert worth(late, Look(zone="Pacific/Auckland"), notice=one_more)[0] is Standing.OPEN
    assert worth("2026-06-04T22:30:00Z", notice=one_more)[0] is Standing.ACCEPTED
    assert worth("2026-06-04T22:30:00Z", Look(zone="Europe/Berlin"), notice=one_more)[0] is Standing.OPEN


def test_proven_downtime_decides_which_notice_was_needed() -> None:
    """Three days suffice for 50 ms; an outage that the log proves was longer, so seven business days were."""
    down = Look(down=Intervals.span(START, START + 60_000))
    short, long_ = "2026-06-14T00:00:00Z", "2026-06-01T00:00:00Z"
    assert worth(short, down, notice_by_impact=BY_IMPACT)[0] is Standing.REFUSED
    assert worth(long_, down, notice_by_impact=BY_IMPACT) == (Standing.ACCEPTED, None)
    assert worth(short, down, "no-impact", notice_by_impact=BY_IMPACT)[0] is Standing.REFUSED


def test_the_announced_impact_decides_where_the_log_does_not() -> None:
    """By its word nothing is interrupted; without a word both lengths are possible."""
    short = "2026-06-14T00:00:00Z"
    assert worth(short, impact="no-impact", notice_by_impact=BY_IMPACT) == (Standing.ACCEPTED, None)
    says = "how long it was to interrupt: over 50 ms needs 7 business days, up to 50 ms needs 48 hours"
    assert worth(short, notice_by_impact=BY_IMPACT) == (Standing.OPEN, says)
    assert worth("2026-06-16T23:00:00Z", notice_by_impact=BY_IMPACT)[0] is Standing.REFUSED
    assert worth("2026-06-01T00:00:00Z", notice_by_impact=BY_IMPACT)[0] is Standing.ACCEPTED


def test_an_impact_that_no_row_speaks_of_is_left_open() -> None:
    """A hole in the published rows is nobody's notice; a row without edges is for every length."""
    only_long = (ImpactNotice(notice=SEVEN, over_ms=50),)
    says = "what notice it needs for an interruption of that length"
    assert worth(None, impact="no-impact", notice_by_impact=only_long) == (Standing.OPEN, says)
    every = (ImpactNotice(notice=Wait(n=1, unit="days")), ImpactNotice(notice=SEVEN, over_ms=50))
    open_, why = worth("2026-06-14T00:00:00Z", notice_by_impact=every)
    assert (open_, why) == (
        Standing.OPEN,
        "how long it was to interrupt: any length needs 1 day, over 50 ms needs 7 business days",
    )
