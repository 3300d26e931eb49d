"""Clauses that change a whole judgement: service hours, edges, tickets, pooled checks, metrics, counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from typing import Any

from probe.model import State, Ticket, Window
from probe.report.json import assessment_document
from probe.sla import hours, period
from probe.sla.assess import assess
from probe.sla.assessment import Assessment, Verdict, Why
from probe.sla.claims import AUTHORITIES, REFUSED, UNSEEN, measured_by
from probe.sla.clauses import ServiceHours
from probe.sla.requests import Bucket, Request, Requests
from probe.sla.service import Combine, How, Question, Service
from probe.sla.terms import Terms, parse
from probe.view.judged import exclusions
from probe.view.plain import text
from probe.view.report import report
from tests.sla.build import healthy
from tests.sla.test_published import AS_OF, DAY, JUNE, clock, known_exactly

MINUTE = 60_000
BASE: dict[str, Any] = {
    "id": "a/b",
    "provider": "A",
    "service": "B",
    "version": "1",
    "promise": {"metric": "availability", "op": ">=", "target": "99.9 %"},
    "period": {"kind": "calendar_month", "timezone": "UTC", "partial_life": "own_lifetime"},
    "outage": {"shortest": "0s", "qualify": "gross"},
    "formula": {"archetype": "F1", "denominator": "period"},
    "source": [{"url": "https://example.org/sla", "confidence": "primary", "fields": ["promise"]}],
}
FEE = (Decimal("100.00"), "EUR")


def terms(**tables: Any) -> Terms:
    """Terms with some tables replaced."""
    return parse({**BASE, **tables}, "test")


def judged(text: Terms, *outages: Any, **more: Any) -> tuple[Assessment, ...]:
    """What the terms say; each of `outages` is one check's list."""
    service: dict[str, Any] = {"name": "s", "terms": text, "timezone": "UTC", "monthly_fee": FEE}
    service |= {key: more.pop(key) for key in ("combine", "since_ms", "weights", "affected", "speed") if key in more}
    members = [replace(known_exactly(each), key=f"check-{i}") for i, each in enumerate(outages)]
    return assess(
        Question(
            service=Service(**service),
            vantage="v",
            members=tuple(members),
            references=(healthy(-DAY, 33 * DAY, origin_ms=JUNE.start_ms),),
            gateway=None,
            period=JUNE,
            as_of_ms=AS_OF,
            **more,
        )
    )


def test_outside_service_hours_nothing_is_promised() -> None:
    """June 2026 has 22 working days of ten hours; an outage at night or on Sunday is not counted."""
    text = terms(outage={"shortest": "0s", "service_hours": "Mon-Fri 08:00-18:00"})
    [found] = judged(text, [(clock(3, 17, 50), clock(3, 18, 30)), (clock(7, 9, 0), clock(7, 12, 0))])
    assert (found.downtime.low, found.denominator_ms) == (10 * MINUTE, 22 * 10 * 60 * MINUTE)
    assert found.verdict is Verdict.MET
    days = ServiceHours(days=(7,), start="00:00", end="24:00")
    span = period.parse("2026-03", "Europe/Berlin", AS_OF)
    assert hours.expand(days, span.start_ms, span.end_ms, "Europe/Berlin").measure == (5 * 24 - 1) * 60 * MINUTE


def test_an_outage_over_the_edge_is_read_every_way() -> None:
    """Ten minutes in May, 44 in June, where only outages of 50 minutes count."""
    text = terms(outage={"shortest": "50m", "strict": False, "qualify": "gross"})
    [found] = judged(text, [(-600, 44 * 60)])
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.TERMS)
    assert [(each.says, each.verdict) for each in found.readings] == [
        ("an outage over the period's edge counts for its part inside", Verdict.MISSED),
        ("an outage counts whole in the period of its start", Verdict.MET),
        ("an outage counts whole in the period of its end", Verdict.MISSED),
    ]
    [stated] = judged(terms(outage={"shortest": "50m", "strict": False, "edge": "end"}), [(-600, 44 * 60)])
    assert (stated.downtime.low, stated.verdict) == (54 * MINUTE, Verdict.MISSED)


def test_a_window_that_meets_no_outage_leaves_nothing_open() -> None:
    """How outages and windows are recognised matters only where they meet."""
    text = terms(
        outage={"shortest": "5m", "strict": True},
        exclusion=[{"cause": "scheduled_maintenance", "excused": True, "notice": "1 h", "effect": "numerator"}],
    )
    start = JUNE.start_ms + clock(20, 1, 0) * 1000
    apart = Window(start_ms=start, end_ms=start + 60 * MINUTE, announced_at_ms=JUNE.start_ms)
    assert judged(text, [(clock(3, 1, 0), clock(3, 2, 0))], windows=(apart,))[0].readings == ()
    [met] = judged(text, [(clock(20, 0, 57), clock(20, 2, 3))], windows=(apart,))
    assert [each.verdict for each in met.readings] == [Verdict.MET, Verdict.MET]
    assert met.downtime.low == 0


def test_a_ticket_opens_the_question_where_the_clock_starts() -> None:
    """Terms that do not say are read both ways once a ticket is known."""
    ticket = Ticket(service="s", number="1", opened_ms=JUNE.start_ms + clock(3, 2, 0) * 1000)
    [found] = judged(terms(), [(clock(3, 1, 0), clock(3, 2, 30))], tickets=(ticket,))
    assert [each.verdict for each in found.readings] == [Verdict.MET, Verdict.MISSED]


def test_an_outage_that_nobody_reported_leaves_a_ticket_clause_open() -> None:
    """It counts from nowhere, but a ticket may be found."""
    text = terms(outage={"shortest": "0s", "clock_start": "ticket", "report_within": "2 h"})
    [found] = judged(text, [(clock(3, 1, 0), clock(3, 2, 30))])
    assert (found.downtime.low, found.verdict, found.reason) == (0, Verdict.UNDECIDED, Why.COVERAGE)
    assert any("none is recorded" in note for note in found.notes)
    late = Ticket(service="s", number="1", opened_ms=JUNE.start_ms + clock(3, 4, 0) * 1000)
    lost = terms(outage={"shortest": "0s", "clock_start": "onset", "report_within": "2 h"})
    [missed] = judged(lost, [(clock(3, 1, 0), clock(3, 2, 30))], tickets=(late,))
    assert (missed.verdict, missed.claimable) == (Verdict.MISSED, False)


def test_pooled_and_weighted_checks_are_added_up() -> None:
    """100 minutes of one of two: 50 each when pooled, 75 when it weighs three times as much."""
    down = [(clock(3, 1, 0), clock(3, 2, 40))]
    [pooled] = judged(terms(combine="pooled"), down, [])
    assert (pooled.downtime.low, pooled.denominator_ms) == (100 * MINUTE, 2 * 43_200 * MINUTE)
    weights = {"check-0": Fraction(3)}
    [weighted] = judged(terms(combine="weighted"), down, [], weights=weights)
    assert weighted.availability is not None
    assert weighted.availability.high == 1 - Fraction(300, 4 * 43_200)
    [by_service] = judged(terms(), down, [], combine=Combine(How.POOLED))
    assert by_service.availability == pooled.availability


def test_the_share_of_customers_weighs_an_outage() -> None:
    """F9: unknown, the share lies between nobody and everybody."""
    text = terms(formula={"archetype": "F9", "denominator": "period"})
    down = [(clock(3, 1, 0), clock(3, 2, 40))]
    [known] = judged(text, down, affected=(Fraction(1, 4), Fraction(1, 4)))
    assert (known.downtime.low, known.downtime.high, known.verdict) == (25 * MINUTE, 25 * MINUTE, Verdict.MET)
    [unknown] = judged(text, down)
    assert (unknown.downtime.low, unknown.downtime.high) == (0, 100 * MINUTE)
    assert unknown.verdict is Verdict.UNDECIDED
    assert any("share of customers" in note for note in unknown.notes)


def test_more_interruptions_than_allowed_are_a_miss_however_short() -> None:
    """Power may fail for 15 minutes once in a month."""
    text = terms(
        promise={"metric": "availability", "op": ">=", "target": "100 %"},
        outage={"shortest": "15m", "strict": True, "max_interruptions": 1},
    )
    short, other = (clock(3, 1, 0), clock(3, 1, 1)), (clock(9, 1, 0), clock(9, 1, 2))
    assert judged(text, [short])[0].verdict is Verdict.MET
    [twice] = judged(text, [short, other])
    assert (twice.verdict, twice.downtime.low) == (Verdict.MISSED, 0)


def test_loss_and_response_promises_follow_the_first() -> None:
    """Each with its own figure, credit and claim; only where something was handed in."""
    text = terms(
        promise=[
            {"metric": "availability", "op": ">=", "target": "99 %"},
            {"metric": "packet_loss", "op": "<=", "target": "0.1 %", "between": "hubs", "name": "loss"},
            {
                "metric": "latency_rtt",
                "op": "<=",
                "target": "25 ms",
                "consecutive_periods": 2,
                "samples_exclude_outage": True,
            },
            {"metric": "response_time", "op": "<=", "target": "15 min"},
            {"metric": "temperature", "op": "<=", "target": "35 C"},
            {"metric": "jitter_mean", "op": "<="},
        ],
        remedy=[{"kind": "flat", "promise": "loss", "credit": "1/30"}, {"kind": "pro_rata"}],
    )
    day_ms = 86_400_000
    samples = [
        Request(JUNE.start_ms + i * day_ms, State.DOWN if i == 3 else State.UP, 20_000 if i != 3 else None)
        for i in range(30)
    ]
    given = {"check-0": Requests(samples=samples, interval_ms=day_ms)}
    assert [each.measured for each in judged(text, [])] == [None]
    ticket = Ticket(service="s", number="1", opened_ms=JUNE.start_ms, answered_ms=JUNE.start_ms + 20 * MINUTE)
    found = judged(text, [], requests=given, tickets=(ticket,))
    named = {each.promise.metric: each for each in found if each.promise}
    loss, latency, answer = named["packet_loss"], named["latency_rtt"], named["response_time"]
    assert loss.measured is not None
    assert (loss.verdict, loss.measured.point) == (Verdict.MISSED, Fraction(1, 30))
    assert loss.credit is not None
    assert (loss.credit.certain, loss.claim is not None) == (Decimal("3.33"), True)
    assert "the text measures between hubs; this is measured from here to the target" in loss.notes
    assert (latency.verdict, latency.credit) == (Verdict.MET, None)
    assert "a miss needs 2 periods in a row; up to this one 0 are broken" in latency.notes
    assert (answer.verdict, answer.credit) == (Verdict.MISSED, None)
    assert named["temperature"].reason is Why.TERMS
    assert [each.promise for each in found].count(None) == 1


def test_attempts_are_read_only_where_a_rule_is_about_them() -> None:
    """A month of attempts is a hundred thousand rows; a time rule asks for none."""

    class Untouchable(dict[str, Requests]):
        def __getitem__(self, key: str) -> Requests:
            raise AssertionError(key)

    given = Untouchable({"check-0": Requests()})
    assert judged(terms(), [], requests=given)[0].verdict is Verdict.MET


def test_retries_that_do_not_back_off_are_left_out() -> None:
    """The rule looks at attempts, so it is applied to them."""
    text = terms(
        formula={"archetype": "F4", "denominator": "requests"}, outage={"retry_rule": "honour_backoff"},
        promise={"metric": "availability", "op": ">=", "target": "50 %"},
    )  # fmt: skip
    start = JUNE.start_ms
    samples = [Request(start, State.UP), Request(start + 9, State.DOWN), Request(start + 10, State.DOWN)]
    given = {"check-0": Requests(samples=samples, interval_ms=30 * 86_400_000)}
    [found] = judged(text, [], requests=given)
    assert found.availability is not None
    assert found.availability.high == Fraction(1, 2)


def test_nothing_handed_in_leaves_a_request_rule_open() -> None:
    """No attempt was seen: any share of them may have failed."""
    text = terms(formula={"archetype": "F3", "denominator": "buckets"}, outage={"bucket": "1h", "empty_bucket": "up"})
    [found] = judged(text, [])
    assert (found.downtime.low, found.downtime.high) == (0, found.denominator_ms)
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.COVERAGE)
    assert any("none were recorded" in note for note in found.notes)
    served = {"shortest": "0s", "bucket": "1h", "empty_bucket": "up", "service_hours": "Mon-Fri 08:00-18:00"}
    bucketed = terms(formula={"archetype": "F3", "denominator": "buckets"}, outage=served)
    counts = {"check-0": Requests(buckets=[Bucket(JUNE.start_ms + clock(3, 9, 0) * 1000, 4, 4)])}
    [hours_only] = judged(bucketed, [], requests=counts)
    assert hours_only.availability is not None
    assert hours_only.availability.high == 1 - Fraction(1, 220)


def test_totals_that_no_log_bounds_have_no_upper_figure() -> None:
    """Per-event figures of pooled checks: what one leaves open the sum leaves open."""
    text = terms(
        combine="pooled", outage={"shortest": "0s", "round": {"unit": "1m", "mode": "ceil", "level": "outage"}}
    )
    members = [replace(known_exactly([]), key="check-0"), replace(known_exactly([]), key="check-1", spans=())]
    [found] = assess(
        Question(
            service=Service(name="s", terms=text, timezone="UTC"),
            vantage="v",
            members=tuple(members),
            references=(healthy(-DAY, 33 * DAY, origin_ms=JUNE.start_ms),),
            gateway=None,
            period=JUNE,
            as_of_ms=AS_OF,
        )
    )
    assert found.availability is not None
    assert found.downtime.high is None
    assert found.availability.low == Fraction(0)
    assert found.verdict is Verdict.UNDECIDED


def test_a_miss_that_only_the_provider_can_see_is_not_claimable() -> None:
    """The state of a host is not what a probe measures; a symptom beside it that a probe sees opens the claim again."""
    host, reach = {"kind": "host_state", "says": "the host works"}, {"kind": "no_connectivity", "says": "unreachable"}
    down = [(clock(3, 1, 0), clock(3, 2, 30))]
    [unseen] = judged(terms(symptoms=[host]), down)
    assert (unseen.verdict, unseen.claimable) == (Verdict.MISSED, False)
    assert unseen.claim is not None
    assert UNSEEN in unseen.claim.missing
    [seen] = judged(terms(symptoms=[host, reach]), down)
    assert seen.claim is not None
    assert (seen.claimable, UNSEEN in seen.claim.missing) == (True, False)


def test_a_window_entered_after_it_began_is_marked_in_the_judgement() -> None:
    """Whoever reads the report sees when and by whom it was entered; one declared before has no mark."""
    start = JUNE.start_ms + clock(3, 1, 0) * 1000
    text = terms(exclusion=[{"cause": "scheduled_maintenance", "excused": True, "effect": "numerator"}])
    for entered, is_late in ((start - 1, False), (start + 1, True)):
        window = Window(start_ms=start, end_ms=start + 60 * MINUTE, entered_at_ms=entered, entered_by="ann")
        [found] = judged(text, [(clock(3, 1, 0), clock(3, 2, 0))], windows=(window,))
        [one] = found.exclusions
        document = assessment_document(found)["exclusions"][0]
        assert (one.is_after_the_fact, document["after_the_fact"], document["entered_by"]) == (is_late, is_late, "ann")
        shown = any("by ann" in cell.text for line in exclusions([one], UTC).rows for cells in line for cell in cells)
        assert shown is is_late


def test_where_the_providers_own_measuring_decides_the_log_is_evidence_and_no_proof() -> None:
    """A miss can be claimed, and the report, the claim and the document say what this log is worth."""
    outage = {"shortest": "0s", "authority": "provider"}
    [found] = judged(terms(outage=outage), [(clock(3, 1, 0), clock(3, 4, 0))])
    [said] = measured_by(terms(outage=outage))
    assert said == AUTHORITIES["provider"]
    assert found.claim is not None
    assert (found.verdict, found.claimable, found.claim.authority) == (Verdict.MISSED, True, "provider")
    assert said in found.claim.missing
    assert said in found.notes
    assert assessment_document(found)["claim"]["authority"] == "provider"
    assert "claimable yes, but the provider's own measuring decides" in " ".join(text(report([found])).split())
    [kept] = judged(terms(outage=outage), [])
    assert said in kept.notes, "also before anything is missed"


def test_where_outside_monitors_are_refused_a_miss_is_not_claimable_by_this_log() -> None:
    """The report says why; where both sides measure it asks for the other's figures."""
    outage = {"shortest": "0s", "authority": "joint", "third_party_ok": False}
    [found] = judged(terms(outage=outage), [(clock(3, 1, 0), clock(3, 4, 0))])
    assert (found.verdict, found.claimable) == (Verdict.MISSED, False)
    assert f"claimable no: {REFUSED}" in " ".join(text(report([found])).split())
    assert measured_by(terms(outage=outage)) == (AUTHORITIES["joint"], REFUSED)
    assert measured_by(terms(outage={"shortest": "0s", "authority": "customer_evidence"})) == ()
