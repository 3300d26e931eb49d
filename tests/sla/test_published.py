"""Golden judgements: the worked examples of the catalogue of published SLAs, part 7."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from probe.model import Span, SpanClass, State, Window
from probe.sla import period
from probe.sla.assess import assess
from probe.sla.assessment import Assessment, PeriodSpan, Verdict, Why
from probe.sla.service import Member, Question, Service
from tests.sla.build import healthy, published

DAY = 86_400
AS_OF = period.moment("2026-12-01T08:00:00Z", "UTC")
JUNE = period.parse("2026-06", "UTC", AS_OF)
FEE = (Decimal("100.00"), "USD")


def known_exactly(outages: Sequence[tuple[int, int]], month: PeriodSpan = JUNE) -> Member:
    """A check whose outages, in seconds after the period's start, are known to the millisecond."""
    up, down, spans, since = State.UP, State.DOWN, [], month.start_ms - DAY * 1000
    for start, end in outages:
        a, b = month.start_ms + start * 1000, month.start_ms + end * 1000
        spans += [
            Span(since, a, SpanClass.UP, 9, 1000, up, up, 1),
            Span(a, b, SpanClass.DOWN, 9, 1000, down, down, 1),
        ]
        since = b
    spans.append(Span(since, month.end_ms + DAY * 1000, SpanClass.UP, 9, 1000, up, up, 1))
    settings: dict[str, Any] = {"declared_ms": 0, "g_max_ms": 1, "confirm": 3, "interval_ms": 1, "timeout_ms": 1}
    return Member(key="shop-front", spans=spans, recheck_ms=None, **settings)


def clock(day: int, hour: int, minute: int, second: int = 0) -> int:
    """Seconds after the start of the month."""
    return (day - 1) * DAY + hour * 3600 + minute * 60 + second


def judged(name: str, outages: Sequence[tuple[int, int]], **more: Any) -> Assessment:
    """What the terms say of these outages in June 2026."""
    windows = more.pop("windows", ())
    month = more.pop("period", JUNE)
    service: dict[str, Any] = {"name": "shop", "terms": published(name), "timezone": "UTC", "monthly_fee": FEE}
    [found] = assess(
        Question(
            service=Service(**{**service, **more}),
            vantage="v",
            members=(known_exactly(outages, month),),
            references=(healthy(-DAY, 367 * DAY, origin_ms=month.start_ms),),
            gateway=None,
            period=month,
            as_of_ms=AS_OF,
            windows=tuple(windows),
        )
    )
    return found


def percent(share: Fraction) -> float:
    """Of an availability, for comparison with printed figures."""
    return round(float(share) * 100, 6)


TWELVE = [(clock(day, 11, 10, 20), clock(day, 11, 13, 50)) for day in range(3, 15)]
THREE = [
    (clock(3, 4, 10), clock(3, 4, 18)),
    (clock(11, 13, 40), clock(11, 14, 25)),
    (clock(20, 22, 57), clock(21, 1, 7)),
]


def test_twelve_short_outages_are_met_by_one_and_missed_by_another() -> None:
    """Example 1: one log, three answers."""
    google = judged("google/compute-engine-single@undated", TWELVE)
    assert google.verdict is Verdict.MET
    assert [percent(reading.availability.high) for reading in google.readings] == [99.944444, 99.916667]
    assert google.credit is None
    older = judged("digitalocean/droplet@undated", TWELVE)
    assert (older.verdict, older.downtime.low, older.readings) == (Verdict.MET, 0, ())
    newer = judged("digitalocean/droplet@2025-06-03", TWELVE)
    assert newer.availability is not None
    assert (newer.verdict, percent(newer.availability.high)) == (Verdict.MISSED, 99.902778)
    assert newer.credit is not None
    assert newer.credit.certain == Decimal("100.00")


def test_exactly_on_the_boundary_is_met() -> None:
    """Example 2a: 43 min 12 s is exactly 99.9 %; Google counts 43 whole minutes."""
    found = judged("google/compute-engine-single@undated", [(clock(9, 1, 0), clock(9, 1, 43, 12))])
    assert (found.verdict, found.downtime.low) == (Verdict.MET, 43 * 60_000)
    assert found.availability is not None
    assert percent(found.availability.low) == 99.900463


def test_bad_intervals_are_counted_wholly_or_touched() -> None:
    """Example 5: 35 to 38 bad intervals of 8,640; the credit is the lost time at its price."""
    older = judged("digitalocean/droplet@undated", THREE)
    assert older.verdict is Verdict.MISSED
    assert [percent(reading.availability.high) for reading in older.readings] == [99.594907, 99.560185]
    assert older.credit is not None
    assert (older.credit.certain, older.credit.possible) == (Decimal("0.42"), Decimal("0.42"))
    assert older.claim is not None
    assert (older.claim.deadline, older.claimable) == ("2026-09-30", False)
    newer = judged("digitalocean/droplet@2025-06-03", THREE)
    assert newer.credit is not None
    assert newer.credit.certain == Decimal("100.00")


MAINTENANCE = (clock(14, 2, 0), clock(14, 6, 0))
UNPLANNED = (clock(20, 11, 0), clock(20, 11, 43))
ANNOUNCED = Window(
    id=4,
    start_ms=JUNE.start_ms + MAINTENANCE[0] * 1000,
    end_ms=JUNE.start_ms + MAINTENANCE[1] * 1000,
    announced_at_ms=JUNE.start_ms + clock(6, 2, 0) * 1000,
)


def test_a_capped_exclusion_forgives_its_first_hour() -> None:
    """Example 8: DreamObjects forgives one hour a month."""
    found = judged("dreamhost/dreamobjects@undated", [MAINTENANCE, UNPLANNED], windows=[ANNOUNCED])
    assert found.availability is not None
    assert (found.verdict, percent(found.availability.high)) == (Verdict.MISSED, 99.483796)
    assert found.credit is not None
    assert (found.credit.certain, found.credit.rule) == (
        Decimal("0.52"),
        "the share of the period that counts as down",
    )
    assert [each.forgiven_ms for each in found.exclusions] == [3_600_000]
    assert found.claim is not None
    assert found.claim.deadline == "2026-06-28"
    late = Window(start_ms=ANNOUNCED.start_ms, end_ms=ANNOUNCED.end_ms, announced_at_ms=ANNOUNCED.start_ms)
    refused = judged("dreamhost/dreamobjects@undated", [MAINTENANCE, UNPLANNED], windows=[late])
    assert [each.refused for each in refused.exclusions] == ["the terms ask 5 days notice; this was 0 min"]
    assert refused.downtime.low == 283 * 60_000


def test_maintenance_out_of_the_denominator_costs_the_promise() -> None:
    """Example 8: Leonardo's formula applied to one month; 99.899907 % where the numerator alone would meet."""
    found = judged("leonardo/public-cloud@undated", [MAINTENANCE, UNPLANNED], windows=[ANNOUNCED])
    assert found.denominator_ms == 42_960 * 60_000
    assert found.availability is not None
    assert percent(found.availability.high) == 99.899907
    assert found.verdict is Verdict.MISSED
    assert found.credit is not None
    assert (found.credit.certain, found.credit.rule) == (Decimal("5.00"), "row ≥ 99 % and < 99.9 % → 5 %")
    assert [each.effect for each in found.exclusions] == ["both"]


def test_a_silent_text_is_read_every_way() -> None:
    """Linode states neither a shortest outage nor a denominator; four minutes decide by the reading."""
    long = judged("linode/compute@1.1", [UNPLANNED])
    assert (long.verdict, long.credit, long.readings) == (Verdict.MISSED, None, ())
    short = judged("linode/compute@1.1", [(clock(5, 1, 0), clock(5, 1, 4, 30))])
    assert (short.verdict, short.reason) == (Verdict.UNDECIDED, Why.TERMS)
    assert [(reading.says, reading.verdict) for reading in short.readings] == [
        ("only outages of at least 5 min count", Verdict.MET),
        ("only outages of at least 1 min count", Verdict.MISSED),
        ("every outage counts", Verdict.MISSED),
    ]
    assert {reading.clause for reading in short.readings} == {"shortest outage"}
    with_window = judged("linode/compute@1.1", [MAINTENANCE, UNPLANNED], windows=[ANNOUNCED])
    assert {reading.clause for reading in with_window.readings} == {
        "shortest outage; denominator; maintenance inside an outage",
        "shortest outage; denominator",
    }


def test_life_within_the_month_is_the_period() -> None:
    """Example 9a: created on the 21st, four bad intervals of 2,880."""
    start = JUNE.start_ms + clock(21, 0, 0) * 1000
    found = judged("digitalocean/droplet@undated", [(clock(25, 9, 0), clock(25, 9, 20))], since_ms=start)
    assert found.availability is not None
    assert (found.denominator_ms, percent(found.availability.high)) == (14_400 * 60_000, 99.861111)


@pytest.mark.parametrize(("combine", "verdict"), [(None, Verdict.MET), ("each", Verdict.MISSED)])
def test_not_all_down_is_up_for_a_regional_promise(combine: str | None, verdict: Verdict) -> None:
    """Example 9b: of two machines in two zones one was down for five hours."""
    service = Service(
        name="shop", terms=published("google/compute-engine-multi-zone@undated"), timezone="UTC", keys=("a", "b")
    )
    if combine:
        service = Service(name="shop", terms=published("google/compute-engine-single@undated"), timezone="UTC")
    down = known_exactly([(clock(2, 1, 0), clock(2, 6, 0))])
    found = assess(
        Question(
            service=service,
            vantage="v",
            members=(down, known_exactly([])),
            references=(healthy(-DAY, 32 * DAY, origin_ms=JUNE.start_ms),),
            gateway=None,
            period=JUNE,
            as_of_ms=AS_OF,
        )
    )
    assert found[0].verdict is verdict
    assert [each.check for each in found] == ([None] if combine is None else ["shop-front", "shop-front"])
