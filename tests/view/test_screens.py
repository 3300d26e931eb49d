"""Every view, compared as text at 80 and 120 columns and in a pipe; screens/ holds what is expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from probe.judge.reporting import Compared
from probe.model import Assertion, Cause, Check, Finding, Origin, Outcome, Reason, State, Ticket, Window, WindowKind
from probe.sla.assessment import (
    Bounds,
    Credit,
    Figures,
    LineSpeed,
    Measured,
    Outage,
    PeriodSpan,
    Promise,
    Resolution,
    SpeedTest,
    Verdict,
    Why,
)
from probe.sla.beside import Before, Beside, Context, Latency, Mark, Quality, Share, Worst
from probe.sla.clauses import (
    Cap,
    ClaimRule,
    Clause,
    Combining,
    Commitment,
    CreditRow,
    Deadline,
    ImpactNotice,
    OutageRule,
    Predicate,
    Remedy,
    ServiceHours,
    Shortest,
    Source,
    Sustain,
    Symptom,
    Termination,
    Wait,
)
from probe.sla.counting import Rounding
from probe.sla.losses import Pattern
from probe.sla.period import PeriodKind
from probe.sla.plan import SHARE, rows, sights
from probe.sla.severity import Severity
from probe.sla.speed_rule import SpeedRule
from probe.sla.terms import Terms
from probe.view import check as check_view
from probe.view import maintenance, plain, plan, sla
from probe.view.cells import cells
from probe.view.comparison import comparison
from probe.view.log import log
from probe.view.outages import outages
from probe.view.page import Page
from probe.view.report import report
from probe.view.snapshot import Line, Standing
from probe.view.status import fitted, status
from probe.view.tickets import tickets
from tests.sla.test_plan import MINUTE, a_plan
from tests.view.builders import DAY, NOVEMBER, NOW, OCTOBER, assessment, check, office, outage, service, snapshot

SCREENS: Final = Path(__file__).parent / "screens"
UNDECIDED: Final = Verdict.UNDECIDED
HOSTILE: Final = "\x1b]52;c;ZXZpbA==\x07[red]\u202e名前" + "x" * 200


def shop_check() -> Check:
    """The check of the attempt shown."""
    return Check(
        name="shop-front",
        key="shop-front",
        kind="http",
        target="https://shop.example.net/health",
        settings=None,
        interval_ms=60_000,
        timeout_ms=5_000,
        recheck_ms=5_000,
        g_max_ms=90_000,
        revision="ab12",
        meaning="{}",
    )


LEAF: Final = {
    "fingerprint": "f" * 64,
    "subject": "shop.example.net",
    "issuer": "R3",
    "not_after_ms": NOW + 41 * DAY,
    "names": ["shop.example.net"],
}
ROUTE: Final = {
    "address": "203.0.113.9",
    "protocol": "tcp",
    "state": "down",
    "reached": False,
    "last_hop": {"hop": 3, "address": "198.51.100.7", "network": "198.51.0.0/16"},
    "hops": [
        {"hop": 1, "address": "192.0.2.1", "sent": 3, "rtts_us": [450, 512, 498]},
        {"hop": 2, "address": None, "sent": 3, "rtts_us": []},
        {
            "hop": 3,
            "address": "198.51.100.7",
            "addresses": ["198.51.100.7", "198.51.100.8"],
            "sent": 3,
            "rtts_us": [12_345],
            "says": ["Packet filtered"],
        },
    ],
}


def zone_found() -> Finding:
    """A zone of which one name server is behind and one is silent."""
    told: dict[str, Any] = {"rcode": "NOERROR", "records": ["192.0.2.7"], "took_us": 1_200}
    servers = [
        {"server": "ns1.example.net", "address": "192.0.2.53:53", "serial": "2026112201", **told},
        {"server": "ns2.example.net", "address": "192.0.2.54:53", "serial": "2026112101", **told},
        {
            "server": "ns3.example.net",
            "address": None,
            "took_us": None,
            "reason": "timeout",
            "detail": "no answer in query",
        },
    ]
    agree = Assertion("serials_agree", "ns1.example.net has 2026112201, ns2.example.net has 2026112101", False)
    return Finding(
        state=State.DOWN, reason=Reason.TIMEOUT, latency_us=1_200, facts={"servers": servers}, assertions=(agree,)
    )


def found() -> Finding:
    """A page that answered with the wrong status."""
    return Finding(
        state=State.DOWN,
        reason=Reason.STATUS,
        latency_us=123_456,
        phases_us={"dns": 1_200, "connect": 10_300, "tls": 60_456, "ttfb": 50_000, "body": 1_500},
        address="203.0.113.9:443",
        detail="503 Service Unavailable",
        facts={
            "status": 503,
            "rtts_us": [450, None],
            "took_us": 7,
            "redirects": ["https://shop.example.net/"],
            "redirect_chain": [
                {"url": "https://shop.example.net/", "status": 301, "address": "203.0.113.9:443"},
                {"url": "https://shop.example.net/new", "status": None, "address": None},
            ],
            "tried": [
                {"address": "[2001:db8::9]:443", "result": "no answer"},
                {"address": "203.0.113.9:443", "result": "connected"},
            ],
            "http2": False,
            "certificate": LEAF,
            "chain": [
                LEAF,
                {"fingerprint": "ab" * 32, "not_after_ms": NOW - DAY, "issuer": "Root"},
                {"fingerprint": "c"},
            ],
        },
        assertions=(Assertion("status 200", "503", False), Assertion("tls ≥ 1.2", "1.3", True)),
    )


def outcomes() -> list[Outcome]:
    """Three good outcomes, a failure and its recheck."""
    made = [
        Finding(state=State.UP, latency_us=10_000 + 3_000 * number, address="203.0.113.9:443") for number in range(3)
    ]
    made.append(Finding(state=State.DOWN, reason=Reason.REFUSED, detail=HOSTILE))
    made.append(Finding(state=State.UNKNOWN, reason=Reason.OVERRUN))
    return [
        Outcome(
            key="shop-front",
            revision="ab12",
            at_ms=NOW + 60_000 * number + number,
            clock=1,
            origin=Origin.RECHECK if number == 3 else Origin.GRID,
            finding=finding,
        )
        for number, finding in enumerate(made)
    ]


def windows() -> tuple[Window, ...]:
    """A single window, a recurring one, and one taken back."""
    return (
        Window(
            id=1,
            service="shop",
            start_ms=NOW,
            end_ms=NOW + 3_600_000,
            announced_at_ms=OCTOBER,
            entered_at_ms=NOW,
            entered_by="anna",
            reason="kernel update",
        ),
        Window(
            id=2,
            provider="DigitalOcean",
            checks=("a", "b"),
            every="FREQ=WEEKLY;BYDAY=SU",
            from_time="03:00",
            lasts_ms=1_800_000,
            zone="Europe/Berlin",
            starts="2026-01-11",
            until="2026-12-31",
            source="file",
            entered_at_ms=NOW,
            entered_by="configuration",
        ),
        Window(
            kind=WindowKind.EMERGENCY,
            checks=("a",),
            start_ms=NOW,
            end_ms=NOW + 60_000,
            entered_at_ms=NOW,
            removed_at_ms=NOW + DAY,
        ),
        Window(every="FREQ=DAILY", from_time="03:00", lasts_ms=60_000),
    )


def terms() -> Terms:
    """Terms with a clause of every sort."""
    remedy = Remedy(
        kind="rows",
        rows=(
            CreditRow(above=Fraction(99, 100), below=Fraction(9999, 10000), credit=Fraction(1, 10)),
            CreditRow(credit=Fraction(1)),
        ),
        fee_base="monthly_fee",
    )
    return Terms(
        id="provider/product",
        provider="Provider",
        service="Product",
        service_class="vps",
        version="2026-01",
        valid_from="2026-01-01",
        valid_to=None,
        applies_when=(Predicate(key="zones", op=">=", value="2", says="two zones are used"),),
        promise=Promise("availability", ">=", Fraction(9999, 10000)),
        period=PeriodKind("calendar_month"),
        timezone="UTC",
        partial_life=None,
        combine="all_down",
        symptoms=None,
        archetype="F1",
        denominator="period_minus_excluded",
        outage=OutageRule(
            shortest=(Shortest(span_ms=60_000, strict=True, says="read strictly"), Shortest(span_ms=300_000)),
            excess=True,
            unit_ms=60_000,
            bucket_ms=300_000,
            bucket_rule="all",
            rounding=Rounding(unit_ms=60_000, mode="ceil", level="outage"),
        ),
        exclusions=(
            Clause(
                cause="scheduled_maintenance",
                excused=True,
                notice_ms=3 * DAY,
                cap_ms=3_600_000,
                cap_count=2,
                effect="both",
            ),
            Clause(cause="emergency_maintenance", excused=False),
        ),
        remedy=remedy,
        remedies=(remedy,),
        promises=(Commitment(metric="availability", op=">=", target=Fraction(9999, 10000), unit="%"),),
        claim=ClaimRule(
            within=30, unit="days", after="incident_end", needs=("ticket",), how="mail", authority="provider_logs"
        ),
        sources=(
            Source(url="https://example.com/sla", stated_date="2026-01-01", confidence="primary", fields=("promise",)),
        ),
        notes=("a note",),
        unevaluated=("a clause",),
    )


def bare_terms() -> Terms:
    """Terms that leave nearly everything open."""
    return replace(
        terms(),
        version="2025-01",
        valid_from=None,
        applies_when=(),
        period=PeriodKind("trailing_days", 30),
        timezone=None,
        combine=None,
        denominator=None,
        outage=OutageRule(),
        exclusions=(),
        remedy=None,
        remedies=(),
        promises=(),
        claim=None,
        sources=(Source(url="https://example.com/old", stated_date=None, confidence="unsure", fields=()),),
        notes=(),
        unevaluated=(),
    )


def plain_terms() -> Terms:
    """Terms with simple clauses."""
    return replace(
        terms(),
        period=None,
        outage=OutageRule(shortest=(Shortest(span_ms=0),)),
        claim=ClaimRule(),
        remedy=Remedy(kind="pro_rata"),
        remedies=(Remedy(kind="pro_rata"),),
        exclusions=(Clause(cause="force_majeure", excused=True),),
    )


def rich_terms() -> Terms:
    """Terms with the clauses of leased lines, request rules and colocation, all in one."""
    rows = (
        CreditRow(below=Fraction(540_000), credit=Fraction(12), credit_unit="hours_of_fee"),
        CreditRow(at_least=Fraction(600_000), credit=Fraction(1, 30)),
    )
    return replace(
        plain_terms(),
        version="2026-02",
        binding="target",
        speed=SpeedRule(
            rule="de_fixed", days=3, per_day=10, within_ms=14 * DAY, seen=("read",), unverified=("not read",)
        ),
        service_class="isp",
        archetype="F5",
        period=PeriodKind("trailing_months", months=12),
        denominator="sum_over_subjects",
        combining=Combining(how="weighted", min_groups=2, group_key="zone", weight="visitors"),
        symptoms=(Symptom(kind="severity_1"), Symptom(kind="no_connectivity", of="any", says="no way in")),
        promises=(
            Commitment(metric="packet_loss", op="<", name="loss", statistic="mean_of_samples", between="hubs"),
            Commitment(
                metric="latency_rtt",
                op="<=",
                target=Fraction(901, 20),
                unit="ms",
                sample_every_ms=300_000,
                samples_exclude_outage=True,
                consecutive_periods=2,
                binding="efforts",
                between="the line and its hub",
            ),
            Commitment(metric="temperature", op="<=", target=Fraction(95), unit="F"),
        ),
        promise=None,
        outage=OutageRule(
            sustain=(
                Sustain(span_ms=900_000, threshold=Fraction(1, 2)),
                Sustain(span_ms=60_000, strict=True),
            ),
            bucket_ms=60_000,
            bucket_rule="error_rate",
            bucket_over=Fraction(1, 20),
            min_requests=20,
            empty_bucket="up",
            retry_rule="honour_backoff",
            max_interruptions=1,
            clock_start="ticket",
            clock_stop="earlier_of",
            pauses=True,
            report_within=Wait(n=72, unit="hours"),
            authority="provider",
            third_party_ok=False,
            service_hours=ServiceHours(days=(1, 2), start="08:00", end="18:00"),
        ),
        exclusions=(
            Clause(
                cause="scheduled_maintenance",
                excused=True,
                notice=Wait(n=7, unit="business_days"),
                notice_by_impact=(
                    ImpactNotice(notice=Wait(n=7, unit="business_days"), over_ms=50),
                    ImpactNotice(notice=Wait(n=48, unit="hours"), up_to_ms=50),
                ),
                effect="both",
            ),
        ),
        remedies=(
            Remedy(kind="rows", rows=rows, trigger="each_event", lookup="event_duration", applies="all lines"),
            Remedy(
                kind="per_unit",
                promise="loss",
                credit=Fraction(1),
                credit_unit="days_of_fee",
                per_unit=Fraction(3_600_000),
                per_unit_of="ms",
                unit_base="excess",
                caps=(Cap(amount=Fraction(1), unit="share", per="12_months", of="the fee"),),
                min_credit=(Fraction(1), "USD"),
                stacking="best_of",
                automatic=True,
                discretionary=True,
            ),
            Remedy(
                kind="flat", trigger="each_day", credit=Fraction(30), credit_unit="currency_per_amp", currency="USD"
            ),
            Remedy(kind="flat", trigger="each_hour", credit=Fraction(1), credit_unit="waived", allowance_ms=360_000),
            Remedy(kind="lost_time", credit=Fraction(5, 2), credit_unit="times_lost_time"),
            Remedy(
                kind="rows",
                termination=(Termination(condition="out for 7 h", window=Wait(n=30, unit="days")),),
            ),
        ),
        claim=ClaimRule(
            within=28,
            unit="day_of_month",
            after="period_end",
            notice_deadline=Deadline(n=5, unit="business_days"),
        ),
    )


def running() -> Page:
    """A running month with nothing said that cannot be known."""
    return report(
        [
            assessment(
                check=None,
                provider=None,
                agreement=None,
                agreement_version=None,
                verdict=Verdict.UNDECIDED,
                reason=Why.RUNNING,
                period=PeriodSpan(OCTOBER, NOVEMBER, "Europe/Berlin", "", False),
                as_of_ms=NOW,
                claimable=None,
                availability=None,
                coverage=None,
                downtime=Figures(0, 0, 0, None),
                raw_downtime=Figures(0, 0, 0, None),
                budget_left=(Fraction(1000), Fraction(1000)),
                burn={},
                readings=(),
                exclusions=(),
                outages=(),
                stretches=(),
                credit=None,
                claim=None,
                objective=None,
                notes=(),
                resolution=Resolution(0, None, None),
                samples=1,
            ),
            assessment(
                verdict=Verdict.UNDECIDED,
                reason=Why.COVERAGE,
                budget_left=None,
                budget_ms=None,
                promise=None,
                outages=(),
                exclusions=(),
                stretches=(),
                readings=(),
                notes=(),
            ),
            assessment(
                verdict=Verdict.UNDECIDED,
                reason=Why.BOTH,
                outages=(),
                exclusions=(),
                readings=(),
                notes=(),
                stretches=(assessment().stretches * 22),
            ),
            assessment(
                verdict=Verdict.UNDECIDED,
                reason=Why.RESOLUTION,
                outages=(),
                exclusions=(),
                stretches=(),
                readings=(),
                availability=Bounds(Fraction(1, 2), None, Fraction(3, 4)),
                claimable=False,
                credit=Credit(None, Decimal("24.00"), "USD", "row < 99.99 % → 100 %"),
            ),
            assessment(
                verdict=Verdict.MET,
                outages=(),
                exclusions=(),
                stretches=(),
                readings=(),
                resolution=Resolution(0, None, None),
            ),
        ]
    )


NO_BUDGET: Final[Mapping[str, Any]] = {
    "budget_ms": None,
    "rows": rows(MINUTE, None, SHARE, 0, [2]),
    "unknown_ms": 60_000,
}
LITTLE: Final = Fraction(121_000)
TIGHT: Final[Mapping[str, Any]] = {"budget_ms": LITTLE, "rows": rows(MINUTE, LITTLE, SHARE, 0, [2])}
HOPELESS: Final[Mapping[str, Any]] = {"budget_ms": Fraction(1), "rows": rows(MINUTE, Fraction(1), SHARE, 0, [2])}
CHANCES: Final = sights(MINUTE, [30_000, 60_000, 600_000])


def speeds() -> Page:
    """A line under a regulator's rule: half measured, falling short, holding, and with nothing measured."""
    tests = (SpeedTest("maximum", None, "open until all is measured"), SpeedTest("minimum", None, HOSTILE[:40]))
    half = LineSpeed(
        rule="de_fixed",
        direction="down",
        contract={"maximum": 100_000_000, "normal": 80_000_000, "minimum": Fraction(50_500_000)},
        progress="1 of 3 days done, 14 of 30 measurements valid",
        missing=("2026-10-05: measurement 2 came 2 min after the one before; 5 are asked",),
        tests=tests,
        seen=("30 measurements on 3 days", "90 % of the maximum"),
        unverified=("3 hours between the fifth and the sixth measurement",),
    )
    slow = half._replace(missing=(), tests=(tests[0]._replace(deviates=True), tests[1]._replace(deviates=True)))
    fine = half._replace(missing=(), unverified=(), tests=(tests[0]._replace(deviates=False),))
    bare = half._replace(direction="up", contract={}, seen=())
    measured = Measured("bit/s", Fraction(49_000_000), Fraction(82_760_000), Fraction(92_000_000), 14)
    notes = ("unverified: 3 hours", "test maximum: open", half.progress, "measured over a cable")
    shown = ((half, UNDECIDED, Why.COVERAGE), (slow, Verdict.MISSED, None), (fine, Verdict.MET, None))
    more = ((bare, UNDECIDED, Why.TERMS), (bare, UNDECIDED, None))
    return report(
        [
            assessment(promise=None, verdict=verdict, reason=why, line=line, measured=seen, notes=notes)
            for seen, found in ((measured, shown), (None, more))
            for line, verdict, why in found
        ]
    )


def marks() -> dict[Outage, Mark]:
    """One major outage with a ticket, one suspect."""
    ticket = Ticket(service="shop", number="A-4711", opened_ms=NOW)
    return {outage(): Mark(Severity.MAJOR, (ticket,)), outage(is_confirmed=False): Mark(None, ())}


def beside() -> Beside:
    """All that can stand beside an assessment."""
    before = (
        Before("2026-09", 0, 0, Fraction(0), Verdict.MET),
        Before("2026-08", 0, 0, None, Verdict.UNDECIDED),
    )
    every = {"p50": 12_345, "p95": 45_678, "p99": None}
    seen = Latency(1000, 12, 1, every, {"p50": 12_300, "p95": 40_000, "p99": 1_234_567}, Pattern(3, 7, 1))
    nines = Fraction(999, 1000)
    return Beside(
        marks=marks(),
        context=Context(1, 1, Share(13, 44_640), Fraction(1, 3867), Fraction(692_500), before),
        quality=Quality(
            mtbf_ms=Fraction(2_678_000_000),
            mttr_ms=Fraction(300_000),
            worst={
                "1h": Worst(Fraction(9, 10), Fraction(19, 20)),
                "7d": Worst(nines, nines),
            },
            latency={"shop-front": seen, "new": Latency(0, 0, 0, {}, {})},
        ),
    )


def compared() -> list[Compared]:
    """Two services, one of which the common rule judges otherwise."""
    return [
        Compared("shop", "shop-front", assessment(), assessment(agreement=None, verdict=Verdict.MET, credit=None)),
        Compared("mail", None, None, assessment(service="mail", check=None, availability=None, promise=None)),
    ]


PAGES: Final[Mapping[str, Callable[[], Page]]] = {
    "status": lambda: status(office()),
    "status-hostile": lambda: status(
        snapshot(
            check(HOSTILE[:60], Standing.DOWN, detail=HOSTILE, reason=Reason.BANNER, cause=Cause.PROVIDER_OR_PATH),
            check("n" * 64, in_maintenance=True, strip=""),
            check("paused", Standing.PAUSED, since_ms=None, latency_us=None, strip=""),
            check("new", Standing.PENDING, since_ms=None, latency_us=None, strip=""),
            services=(
                service("s" * 64, check=None, verdict=Verdict.MISSED, reason=None, period=HOSTILE[:20]),
                service("b", target=None, low=None, high=None, budget_left_ms=None, budget_ms=None),
                service("c", verdict=Verdict.UNDECIDED, reason=Why.TERMS),
            ),
            line=Line.UNWATCHED,
            agent="never",
            agent_since_ms=None,
            warnings=("the clock is not synchronised",),
        )
    ),
    "status-short": lambda: status(
        snapshot(
            *(check(f"check-{number:02d}") for number in range(12)),
            services=tuple(service(f"service-{number}") for number in range(6)),
            agent="stopped",
        ),
        most=4,
    ),
    "status-mixed": lambda: status(
        snapshot(check("a", Standing.DOWN), check("b"), check("c", Standing.UNKNOWN), agent_since_ms=None), most=1
    ),
    "report": lambda: report([assessment()]),
    "report-running": running,
    "report-nothing": lambda: report([]),
    "outages": lambda: outages(
        [
            outage(),
            outage(key=HOSTILE[:40], is_confirmed=False, end_latest_ms=None, end_earliest_ms=None, gap_ms=99_999),
            outage(
                end_earliest_ms=NOW + 60_000, end_latest_ms=NOW + 60_000, start_earliest_ms=NOW, start_latest_ms=NOW
            ),
        ],
        asked_ms=(OCTOBER, NOW + 600_000),
    ),
    "outages-nothing": lambda: outages([]),
    "outages-marked": lambda: outages([outage(), outage(is_confirmed=False)], marks=marks()),
    "report-beside": lambda: report([assessment(burn={"1h": Fraction(20), "3d": Fraction(1, 2)})], [beside()]),
    "report-measured": lambda: report(
        [
            assessment(
                promise=Promise("round_trip", "<=", Fraction(45)),
                measured=Measured("ms", Fraction(124, 10), Fraction(127, 10), high, 1440),
                availability=None,
            )
            for high in (Fraction(131, 10), None)
        ]
    ),
    "report-speed": speeds,
    "comparison": lambda: comparison(compared(), None),
    "comparison-nothing": lambda: comparison([], None),
    "plan": lambda: plan.plans(
        [a_plan(sights=CHANCES), a_plan(check=None, **NO_BUDGET), a_plan(**TIGHT), a_plan(**HOPELESS)]
    ),
    "plan-nothing": lambda: plan.plans([]),
    "tickets": lambda: tickets(
        [
            Ticket(service="shop", number="A-4711", opened_ms=NOW, entered_at_ms=NOW, entered_by="me"),
            Ticket(
                service="shop",
                number=HOSTILE[:30],
                key="shop-front",
                opened_ms=NOW,
                answered_ms=NOW + 600_000,
                closed_ms=NOW + 6_000_000,
                outage_ms=NOW,
                note=HOSTILE,
                is_withdrawn=True,
                entered_at_ms=NOW,
                entered_by="me",
                entries=3,
            ),
        ]
    ),
    "log": lambda: log(outcomes()),
    "log-one": lambda: log(outcomes()[:1]),
    "log-nothing": lambda: log([]),
    "check": lambda: check_view.check(shop_check(), found(), NOW),
    "check-bare": lambda: check_view.check(
        shop_check(), Finding(state=State.UP, latency_us=450), NOW, check_view.Shown(is_recorded=True)
    ),
    "check-trace": lambda: check_view.check(shop_check(), found(), NOW, route=ROUTE),
    "check-zone": lambda: check_view.check(
        shop_check(),
        zone_found(),
        NOW,
        route={"state": "unknown", "protocol": "icmp", "detail": "not allowed", "last_hop": None},
    ),
    "maintenance": lambda: maintenance.windows(windows()),
    "maintenance-nothing": lambda: maintenance.windows([]),
    "sla-list": lambda: sla.catalogue([bare_terms(), terms(), plain_terms()]),
    "sla-show": lambda: sla.agreement([bare_terms(), terms(), plain_terms(), rich_terms()], 60_000),
    "sla-check": lambda: sla.checked("own.toml", [], [bare_terms()], 300_000),
    "sla-check-wrong": lambda: sla.checked("own.toml", ["own.toml: id: is missing"], [], 60_000),
}


@pytest.mark.parametrize("width", [80, 120, None])
@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reads_as_expected(name: str, width: int | None) -> None:
    """What people see is a decision, so a change of it shows up in review."""
    shown = plain.text(PAGES[name](), width)
    assert shown == (SCREENS / f"{name}-{width or 'pipe'}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen_and_nothing_dangerous_reaches_it(name: str, width: int) -> None:
    """At 80 columns nothing wraps; remote text is shown, not obeyed."""
    lines = plain.text(PAGES[name](), width).splitlines()
    assert max(cells(line) for line in lines) <= width
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("height", [12, 24, 60])
def test_a_screenful_fits_the_screen_and_says_what_is_left(height: int) -> None:
    """The worst checks are not scrolled away by a thousand good ones."""
    checks = [check(f"check-{number:03d}") for number in range(990)]
    bad = [check(f"bad-{number}", Standing.DOWN, reason=Reason.TIMEOUT) for number in range(4)]
    page = fitted(snapshot(*checks, *bad, services=(service(),)), (80, height))
    lines = plain.text(page, 80).splitlines()
    assert len(lines) <= max(height, 16)
    assert "bad-0" in "\n".join(lines)
    assert any(line.startswith("and ") and "more" in line for line in lines)


def test_a_screen_that_holds_everything_shows_everything() -> None:
    """Nothing is left out without need."""
    assert fitted(office(), (80, 40)) == status(office())


def test_figures_of_services_that_are_older_than_the_look_say_as_of_when() -> None:
    """Where no agent runs they are those of the last outcome, and must not pass for those of now."""
    old = service(as_of_ms=NOW - 7_200_000)
    page = status(snapshot(check("a"), services=(old, service("mail")), agent="stopped"))
    assert "services as of 2026" in plain.text(page, 200)
    fresh = status(snapshot(check("a"), services=(service(),), agent="stopped"))
    assert "as of" not in plain.text(fresh, 200)
