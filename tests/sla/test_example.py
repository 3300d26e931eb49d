"""The example of the JSON interface, from its log."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from probe.model import Cause, Rule, Sample, State, Window
from probe.sla import period
from probe.sla.assess import assess
from probe.sla.assessment import Figures, Promise, Verdict
from probe.sla.classify import classify
from probe.sla.service import Member, Question, Service, declared_resolution
from tests.sla.build import healthy, published

MINUTE_MS = 60_000
FIRST_BAD_MINUTE = 4 * 1440 + 600
AS_OF = period.moment("2026-11-01T08:00:00Z", "UTC")
OCTOBER = period.parse("2026-10", "UTC", AS_OF)


def outage_of_fifteen_minutes() -> list[Sample]:
    """October on an undithered 60 s grid: refused at once for 900 s, rechecked after 2, 5, then every 5 s."""
    rule = Rule(90_000, 3)
    start_ms = OCTOBER.start_ms
    bad_ms = start_ms + FIRST_BAD_MINUTE * MINUTE_MS
    grid = {start_ms + minute * MINUTE_MS for minute in range(-2, 44_640 + 2)}
    rechecks = {bad_ms + offset * 1000 for offset in (2, *range(5, 911, 5))}
    return [
        Sample(at_ms, State.DOWN if bad_ms <= at_ms <= bad_ms + 900_000 else State.UP, 1, rule)
        for at_ms in sorted(grid | rechecks)
    ]


def test_the_example_of_the_interface_is_recomputed() -> None:
    """A reader who checks the documented document by hand must come to the same figures."""
    seen = outage_of_fifteen_minutes()
    bad_ms = OCTOBER.start_ms + FIRST_BAD_MINUTE * MINUTE_MS
    inside = [each for each in seen if OCTOBER.start_ms <= each.at_ms < OCTOBER.end_ms]
    shop_front = Member(
        key="shop-front",
        spans=classify(seen),
        declared_ms=declared_resolution(60_000, 5000),
        g_max_ms=90_000,
        confirm=3,
        interval_ms=60_000,
        recheck_ms=5000,
        timeout_ms=5000,
        samples=len(inside),
        revisions=("abc",),
    )
    service = Service(
        name="shop",
        terms=published("digitalocean/droplet@2025-06-03"),
        timezone="UTC",
        monthly_fee=(Decimal("24.00"), "USD"),
        keys=("shop-front",),
    )
    window = Window(
        id=1,
        service="shop",
        start_ms=bad_ms + 300_000,
        end_ms=bad_ms + 540_000,
        announced_at_ms=OCTOBER.start_ms,
    )
    [found] = assess(
        Question(
            service=service,
            vantage="office-berlin",
            members=(shop_front,),
            references=(healthy(-86_400, 32 * 86_400, origin_ms=OCTOBER.start_ms),),
            gateway=None,
            period=OCTOBER,
            as_of_ms=AS_OF,
            windows=(window,),
            tzdata="2026f",
        )
    )
    assert (found.service, found.check, found.vantage) == ("shop", "shop-front", "office-berlin")
    assert (found.provider, found.agreement) == ("DigitalOcean", "digitalocean/droplet")
    assert found.agreement_version == "2025-06-03"
    assert found.promise == Promise("availability", ">=", Fraction(9999, 10000))
    assert found.period.is_complete
    assert found.downtime == Figures(660_000, 692_500, 725_000, 725_000, 725_000)
    assert found.raw_downtime == Figures(900_000, 932_500, 965_000, 965_000)
    assert (found.unknown_ms, found.denominator_ms) == (0, 2_678_400_000)
    assert found.budget_ms == 267_840
    assert found.coverage == 1
    assert found.availability is not None
    assert found.availability.low == 1 - Fraction(725, 2_678_400)
    assert (found.verdict, found.reason, found.claimable, found.readings) == (Verdict.MISSED, None, True, ())
    [excluded] = found.exclusions
    assert (excluded.cause, excluded.effect) == ("scheduled_maintenance", "numerator")
    assert (excluded.forgiven_ms, excluded.refused) == (240_000, None)
    [outage] = found.outages
    assert outage[:5] == ("shop-front", bad_ms - 60_000, bad_ms, bad_ms + 900_000, bad_ms + 905_000)
    assert (outage.cause, outage.is_confirmed, outage.counted_ms) == (Cause.PROVIDER_OR_PATH, True, 660_000)
    assert found.credit is not None
    assert (found.credit.certain, found.credit.possible) == (Decimal("24.00"), Decimal("24.00"))
    assert (found.credit.currency, found.credit.rule) == ("USD", "row < 99.99 % → 100 %")
    assert found.claim is not None
    assert (found.claim.deadline, found.claim.needs) == (None, None)
    assert found.claim.missing == ("no deadline was seen in the terms",)
    assert found.resolution == (120_000, 5000, 60_000)
    assert (found.samples, found.method) == (44_808, "1")
