"""The other vectors of the metrology (7.2), as far as they are about this arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from probe.model import Cause, Rule, Sample, State, Window
from probe.sla import attribution, budget, exclusions, period, timeline
from probe.sla.classify import classify
from probe.sla.interval import Intervals
from probe.sla.timeline import Timeline
from tests.sla.build import member, samples

F = Fraction


def line(runs: list[list[object]], g_max: int = 90, end: int = 3600) -> Timeline:
    """A log of runs, in ms for seconds."""
    return timeline.of_spans(classify(samples(runs, g_max=g_max, confirm=1)), 0, end * 1000)


def test_v23_samples_are_ordered_by_the_corrected_clock() -> None:
    """Boottime plus one offset for both segments: bad at 1600 and 1660, D between 60 and 180."""
    at = [(bt + 1000, State.DOWN if bt in {600, 660} else State.UP) for bt in range(-60, 1300, 60)]
    seen = [Sample(t, state, 1, Rule(90, 1)) for t, state in at]
    known = timeline.of_spans(classify(seen), 1000, 2200)
    assert (known.down.measure, known.worst.measure, known.unknown.measure) == (60, 180, 0)


def test_v24_a_quorum_with_a_vantage_without_data() -> None:
    """k = 1, 2, 3 of three; n is never shrunk."""
    a = line([[0, 60, 10, "G"], [600, 60, 6, "B"], [960, 60, 45, "G"]])
    b = line([[-40, 60, 11, "G"], [620, 60, 5, "B"], [920, 60, 46, "G"]])
    c = Timeline(start_ms=0, end_ms=3_600_000, unknown=Intervals.span(0, 3_600_000))
    found = [timeline.combined([a, b, c], k) for k in (1, 2, 3)]
    assert [(each.down.measure // 1000, each.worst.measure // 1000) for each in found] == [
        (300, 3600),
        (240, 420),
        (0, 360),
    ]
    assert found[1].down.pairs == ((620_000, 860_000),)
    assert found[1].worst.pairs == ((540_000, 960_000),)


@pytest.mark.parametrize(
    ("window", "low", "high"),
    [
        (60, F(0), F(0)),
        (120, F(0), F(0)),
        (300, F(1, 5), F(3, 5)),
        (600, F(3, 5), F(4, 5)),
        (1800, F(13, 15), F(14, 15)),
        (3600, F(14, 15), F(29, 30)),
    ],
)
def test_v28_the_worst_window(window: int, low: Fraction, high: Fraction) -> None:
    """On V01, as the lowest and the highest availability of the worst window."""
    known = line([[-60, 60, 11, "G"], [600, 60, 3, "B"], [780, 60, 49, "G"]])
    worst = [budget.worst_window(part, 0, 3_600_000, window * 1000) for part in (known.worst, known.down)]
    assert [1 - F(each) / (window * 1000) for each in worst] == [low, high]


@pytest.mark.parametrize(
    ("day", "begins", "seconds"), [("2026-03-29", "T01:00:00Z", 3600), ("2026-10-25", "T00:00:00Z", 10_800)]
)
def test_v29_a_local_window_on_the_days_of_the_change(day: str, begins: str, seconds: int) -> None:
    """02:00 to 04:00 in Berlin is one hour, or three."""
    window = Window(
        every="FREQ=DAILY", from_time="02:00", lasts_ms=7_200_000, zone="Europe/Berlin", starts=day, until=day
    )
    start = period.moment(f"{day}{begins}", "UTC")
    assert exclusions.expand(window, start - 86_400_000, start + 86_400_000) == ((start, start + seconds * 1000),)


@pytest.mark.parametrize(
    ("month", "zone", "seconds"),
    [
        ("2026-03", "Europe/Berlin", 2_674_800),
        ("2026-10", "Europe/Berlin", 2_682_000),
        ("2026-11", "America/New_York", 2_595_600),
        ("2026-04", "Australia/Lord_Howe", 2_593_800),
        ("2026-10", "Australia/Lord_Howe", 2_676_600),
        ("2026-11", "America/Havana", 2_595_600),
        ("2026-03", "Europe/London", 2_674_800),
        ("2026-02", "UTC", 2_419_200),
        ("2028-02", "UTC", 2_505_600),
    ],
)
def test_v30_the_length_of_a_month(month: str, zone: str, seconds: int) -> None:
    """A month is as long as its clocks say."""
    span = period.parse(month, zone, 0)
    assert span.end_ms - span.start_ms == seconds * 1000


def test_v31_what_is_the_hosts_and_what_is_the_lines() -> None:
    """The target bad from 600 to 900, the references from 780 to 960: host [120, 420], ISP [180, 300]."""
    runs = [[-60, 60, 11, "G"], [600, 60, 6, "B"], [960, 60, 46, "G"]]
    checked = member(runs, confirm=1, timeout_ms=0)
    bad = [[-60, 60, 14, "G"], [780, 60, 4, "B"], [1020, 60, 45, "G"]]
    references = [member(bad, f"r{i}", confirm=1, network=f"as{i}", timeout_ms=0) for i in range(3)]
    gateway = member([[-60, 60, 63, "G"]], "gw")
    seen = attribution.witness(references, gateway, 0, 3_600_000)
    host = attribution.charged(line(runs), checked, seen)
    isp = attribution.isp_claim(references, seen, 0, 3_600_000)
    assert (host.down.measure // 1000, host.worst.measure // 1000) == (120, 420)
    assert (isp.down.measure // 1000, isp.worst.measure // 1000) == (180, 300)


def test_v34_the_truth_table_of_causes() -> None:
    """The rows about a failing target, instant by instant."""
    failing = Intervals.span(0, 1)
    good, bad = [[-60, 60, 3, "G"]], [[-60, 60, 3, "B"]]
    cases: tuple[tuple[Any, Any, Cause], ...] = (
        (good, good, Cause.PROVIDER_OR_PATH),
        (bad, good, Cause.ISP),
        (bad, bad, Cause.OWN_NETWORK),
        (bad, None, Cause.OWN_NETWORK_OR_ISP),
        ([], good, Cause.UNKNOWN_REFERENCE),
    )
    for reference, gateway, expected in cases:
        references = [member(reference, f"r{i}", confirm=1, network=f"as{i}", timeout_ms=0) for i in range(3)]
        seen = attribution.witness(references, member(gateway, "gw", confirm=1) if gateway else None, -1, 2)
        assert attribution.cause_of(failing, seen) is expected
