"""The table of severities, and which checks of a service were down together."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from probe.model import Cause
from probe.sla.assessment import Outage
from probe.sla.service import Impact
from probe.sla.severity import Severity, of_outage, proven_ms, severity

HOUR = 3_600_000


def outage(key: str = "a", start: int = 0, end: int | None = HOUR, **more: Any) -> Outage:
    """An outage that began and ended on the dot."""
    known: dict[str, Any] = {"cause": Cause.PROVIDER_OR_PATH, "is_confirmed": True, "attempts": 3, "gap_ms": 0}
    return Outage(
        key=key,
        start_earliest_ms=start,
        start_latest_ms=start,
        end_earliest_ms=end,
        end_latest_ms=end,
        **{"counted_ms": 0, **known, **more},
    )


@pytest.mark.parametrize(
    ("impact", "share", "lasted", "expected"),
    [
        (Impact.CRITICAL, Fraction(1), 4 * HOUR, Severity.CRITICAL),
        (Impact.CRITICAL, Fraction(1), HOUR, Severity.CRITICAL),
        (Impact.CRITICAL, Fraction(1), 0, Severity.MAJOR),
        (Impact.CRITICAL, Fraction(1, 3), 0, Severity.MINOR),
        (Impact.HIGH, Fraction(1), 4 * HOUR, Severity.CRITICAL),
        (Impact.HIGH, Fraction(1, 2), 15 * 60_000, Severity.MAJOR),
        (Impact.NORMAL, Fraction(1), 15 * 60_000, Severity.MAJOR),
        (Impact.NORMAL, Fraction(1, 2), 15 * 60_000 - 1, Severity.MINOR),
        (Impact.NORMAL, Fraction(1, 3), 0, Severity.SLIGHT),
        (Impact.LOW, Fraction(1), 4 * HOUR, Severity.MAJOR),
        (Impact.LOW, Fraction(1, 3), 0, Severity.SLIGHT),
    ],
)
def test_the_table(impact: Impact, share: Fraction, lasted: int, expected: Severity) -> None:
    """Points for impact, share and duration, added up."""
    assert severity(impact, share, lasted) is expected


def test_what_was_down_at_the_same_time_makes_it_worse() -> None:
    """Half of the service, then all of it; what only touches, or is a suspect, does not count."""
    one, keys = outage(), ("a", "b")
    assert of_outage(one, Impact.HIGH, [one], keys) is Severity.MAJOR
    assert of_outage(one, Impact.CRITICAL, [outage("b", HOUR // 2, None)], keys) is Severity.CRITICAL
    assert of_outage(one, Impact.CRITICAL, [outage("b", HOUR)], keys) is Severity.MAJOR
    assert of_outage(one, Impact.CRITICAL, [outage("b", 0, is_confirmed=False)], keys) is Severity.MAJOR


def test_a_suspect_has_no_severity_and_the_whole_service_is_all_of_it() -> None:
    """An outage of our own line stands under the service's name."""
    assert of_outage(outage(is_confirmed=False), Impact.CRITICAL, [], ("a",)) is None
    assert of_outage(outage("line"), Impact.CRITICAL, [], ()) is Severity.CRITICAL


def test_how_long_it_lasted_is_what_is_proven() -> None:
    """From the latest beginning to the earliest end; what goes on, as far as it counted."""
    assert proven_ms(outage()) == HOUR
    assert proven_ms(outage(end=None, counted_ms=7)) == 7
    assert proven_ms(outage()._replace(start_latest_ms=2 * HOUR)) == 0
