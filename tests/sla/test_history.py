"""What the preceding periods add: caps over several of them, rights to leave, misses in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from probe.errors import TermsError
from probe.model import Span, SpanClass, State
from probe.sla import history, period
from probe.sla import terms as parsing
from probe.sla.assess import assess
from probe.sla.assessment import Assessment, PeriodSpan, Right, Verdict, Why
from probe.sla.requests import Request, Requests
from probe.sla.service import Member, Question, Service
from probe.sla.terms import Terms
from tests.sla.build import member, published

FAR = period.moment("2027-06-01T00:00:00Z", "UTC")
HOUR = 3_600_000
DAY = 24 * HOUR
FEE = (Decimal("100.00"), "EUR")
RENEWAL = "the next pre-paid renewal fee"


def month(text: str) -> PeriodSpan:
    """A calendar month that is over."""
    return period.parse(text, "UTC", FAR)


def line(key: str, span: PeriodSpan, down_ms: int) -> Member:
    """A check that is known to the millisecond, down for so long from the tenth day on."""
    start = span.start_ms - DAY
    edges = [(start, span.start_ms + 10 * DAY, State.UP)]
    edges.append((edges[0][1], edges[0][1] + down_ms, State.DOWN))
    edges.append((edges[1][1], span.end_ms + DAY, State.UP))
    classes = {State.UP: SpanClass.UP, State.DOWN: SpanClass.DOWN}
    spans = tuple(Span(a, b, classes[state], 2, 1, state, state, 1) for a, b, state in edges if a < b)
    return replace(
        member([], key), spans=spans, declared_ms=0, g_max_ms=1, confirm=1, interval_ms=1, timeout_ms=1, network=key
    )


def judged(
    terms: Terms, text: str, down_ms: int, before: Sequence[Sequence[Assessment]] = (), **more: Any
) -> tuple[Assessment, ...]:
    """A month with that much downtime under the terms."""
    span = month(text)
    settings = {"name": "shop", "terms": terms, "timezone": "UTC", "monthly_fee": FEE, **more.pop("service", {})}
    asked = Question(
        service=Service(**settings),
        vantage="here",
        members=(line("shop", span, down_ms),),
        references=(line("reference", span, 0),),
        gateway=None,
        period=span,
        as_of_ms=FAR,
        before=tuple(tuple(each) for each in before),
        **more,
    )
    return assess(asked)


def made(remedy: dict[str, Any], **more: Any) -> Terms:
    """Terms of 99.9 % a month with one remedy."""
    return parsing.parse(
        {
            "id": "example/hosting",
            "provider": "Example",
            "service": "hosting",
            "version": "1",
            "combine": "each",
            "promise": {"metric": "availability", "op": ">=", "target": "99.9 %"},
            "period": {"kind": "calendar_month", "timezone": "UTC", "partial_life": "own_lifetime"},
            "outage": {"shortest": "0s", "edge": "split", "clock_start": "onset"},
            "formula": {"archetype": "F1", "denominator": "period"},
            "remedy": remedy,
            "source": [{"url": "https://example.com", "confidence": "primary", "fields": ["promise"]}],
            **more,
        },
        "example.toml",
    )


CAPPED = made({"kind": "flat", "credit": "60 %", "caps": [{"amount": "1 month", "per": "12_months"}]})
MONTHS = ("2026-09", "2026-08", "2026-07", "2026-06", "2026-05", "2026-04", "2026-03", "2026-02", "2026-01", "2025-12")
ELEVEN = (*MONTHS, "2025-11")


def year(down: dict[str, int]) -> list[tuple[Assessment, ...]]:
    """The eleven months before October, with downtime in some."""
    return [judged(CAPPED, text, down.get(text, 0)) for text in ELEVEN]


def credit(found: Sequence[Assessment]) -> tuple[Any, ...]:
    """Certain, possible and what is said of it."""
    assert found[0].credit is not None
    return found[0].credit.certain, found[0].credit.possible, found[0].credit.why


def test_a_cap_over_twelve_months_takes_what_was_paid_before() -> None:
    """60 of 100 went in March, so 40 are left in October; what lies thirteen months back does not count."""
    assert history.reach(CAPPED) == 11
    assert credit(judged(CAPPED, "2026-10", 5 * HOUR, year({}))) == (Decimal("60.00"), Decimal("60.00"), ())
    once = year({"2026-03": 5 * HOUR})
    assert credit(judged(CAPPED, "2026-10", 5 * HOUR, once)) == (Decimal("40.00"), Decimal("40.00"), ())
    twice = year({"2026-03": 5 * HOUR, "2026-04": 5 * HOUR})
    assert credit(judged(CAPPED, "2026-10", 5 * HOUR, twice)) == (Decimal("0.00"), Decimal("0.00"), ())


def test_a_cap_whose_periods_are_not_known_is_not_applied_and_says_so() -> None:
    """Nobody knows what was paid in a month that was not judged."""
    why = ("the cap per 12 months is not applied: not all of the 11 periods before were judged",)
    found = judged(CAPPED, "2026-10", 5 * HOUR, year({})[:3])
    assert credit(found) == (Decimal("60.00"), Decimal("60.00"), why)
    assert why[0] in found[0].notes
    young = [*year({})[:3], *(replace_all(each, Why.NO_TIME) for each in year({})[3:])]
    assert credit(judged(CAPPED, "2026-10", 5 * HOUR, young))[2] == ()
    blind = [*year({})[:3], *(replace_all(each, Why.COVERAGE) for each in year({})[3:])]
    assert credit(judged(CAPPED, "2026-10", 5 * HOUR, blind))[2] == why
    owing = year({"2026-03": 5 * HOUR})
    owed = owing[6][0].credit
    assert owed is not None
    owing[6] = (replace(owing[6][0], credit=owed._replace(certain=None)),)
    assert credit(judged(CAPPED, "2026-10", 5 * HOUR, owing))[2] == why


def replace_all(found: Sequence[Assessment], why: Why) -> tuple[Assessment, ...]:
    """The same, undecided for that reason."""
    return tuple(replace(each, verdict=Verdict.UNDECIDED, reason=why, credit=None) for each in found)


def test_a_cap_for_a_quarter_counts_its_own_months_only() -> None:
    """October begins a quarter; what September paid was under another cap."""
    terms = made({"kind": "flat", "credit": "60 %", "caps": [{"amount": "100 %", "per": "quarter"}]})
    assert history.reach(terms) == 2
    before = [judged(terms, text, 5 * HOUR) for text in ("2026-09", "2026-08")]
    assert credit(judged(terms, "2026-10", 5 * HOUR, before))[0] == Decimal("60.00")
    before = [judged(terms, text, 5 * HOUR) for text in ("2026-10", "2026-09")]
    assert credit(judged(terms, "2026-11", 5 * HOUR, before))[0] == Decimal("40.00")


def test_a_cap_for_one_of_several_credits_is_not_applied_to_their_sum() -> None:
    """Which of them was paid before is not known."""
    two = [
        {"kind": "flat", "credit": "60 %", "caps": [{"amount": "1 month", "per": "12_months"}], "stacking": "sum"},
        {"kind": "flat", "credit": "5 %"},
    ]
    terms = made(two)  # type: ignore[arg-type]
    found = credit(judged(terms, "2026-10", 5 * HOUR, [judged(terms, text, 0) for text in ELEVEN]))
    assert found == (
        Decimal("65.00"),
        Decimal("65.00"),
        ("the cap per 12 months is not applied: it is for one of several credits",),
    )


def test_a_cap_on_a_fee_that_nobody_knows_makes_the_credit_unknown() -> None:
    """10 % of the next renewal is not 10 % of a month."""
    terms = made({"kind": "flat", "credit": "60 %", "caps": [{"amount": "10 %", "of": RENEWAL, "per": "12_months"}]})
    says = f"the cap hangs on {RENEWAL}, which is not known; set it with `fees` of the service"
    found = judged(terms, "2026-10", 5 * HOUR)
    assert credit(found) == (None, Decimal("60.00"), (says,))
    assert says in found[0].notes
    known = {"fees": {RENEWAL: (Decimal("120.00"), "EUR")}}
    before = [judged(terms, text, 0) for text in ELEVEN]
    assert credit(judged(terms, "2026-10", 5 * HOUR, before, service=known))[:2] == (Decimal("12.00"),) * 2
    other = {"fees": {RENEWAL: (Decimal("120.00"), "USD")}}
    assert credit(judged(terms, "2026-10", 5 * HOUR, service=other))[0] is None


def test_a_credit_of_a_fee_that_nobody_knows_is_unknown() -> None:
    """A share of the annual fee is never taken of the monthly one."""
    terms = made({"kind": "flat", "credit": "10 %", "fee_base": "the annual fee"})
    says = "the credit is of the annual fee, which is not known; set it with `fees` of the service"
    assert credit(judged(terms, "2026-10", 5 * HOUR)) == (None, None, (says,))
    known = {"fees": {"the annual fee": (Decimal("1000.00"), "EUR")}}
    assert credit(judged(terms, "2026-10", 5 * HOUR, service=known)) == (Decimal("100.00"), Decimal("100.00"), ())
    days = made({"kind": "flat", "credit": "1 day", "fee_base": "the annual fee"})
    assert credit(judged(days, "2026-10", 5 * HOUR, service=known))[:2] == (None, None)


RIGHTS: list[dict[str, Any]] = [
    {"condition": "7.2 h in a month", "total_over": "432m"},
    {"condition": "43.8 min in each of three", "total_over": "2628s", "consecutive_periods": 3},
    {"condition": "3 misses in 6 months", "misses": 3, "periods": 6},
    {"condition": "1 % of the month", "share_over": "1 %"},
    {"condition": "in its own words"},
]
LEAVING = made({"termination": RIGHTS})


@pytest.mark.parametrize(
    ("now", "before", "reached"),
    [
        (8, (8, 8, 0, 0, 0), [True, True, True, True, None]),
        (8, (0, 8, 0, 8, 0), [True, False, True, True, None]),
        (1, (1, 0, 0, 0, 0), [False, False, False, False, None]),
        (1, (1,), [False, None, None, False, None]),
        (0, (), [False, False, None, False, None]),
    ],
)
def test_a_right_to_leave_is_told_from_this_period_and_those_before(
    now: int, before: tuple[int, ...], reached: list[bool | None]
) -> None:
    """In one month, in each of three, or three misses in six; a period that nobody judged leaves it open."""
    earlier = [judged(LEAVING, text, hours * HOUR) for text, hours in zip(MONTHS, before, strict=False)]
    [found] = judged(LEAVING, "2026-10", now * HOUR, earlier)
    assert found.rights == tuple(Right(each["condition"], is_so) for each, is_so in zip(RIGHTS, reached, strict=True))
    is_said = [f"right to leave ({each.condition}): reached" in found.notes for each in found.rights]
    assert is_said == [each.reached is True for each in found.rights]


def test_a_period_without_time_reaches_no_share_of_it() -> None:
    """Before the service began there is nothing to be a share of."""
    [found] = judged(LEAVING, "2026-10", 0, service={"since_ms": month("2026-11").start_ms})
    assert found.rights[3].reached is None


def test_terms_look_back_only_where_they_must() -> None:
    """A judgement of most terms needs no other period."""
    assert (history.reach(None), history.reach(made({"kind": "pro_rata"})), history.reach(LEAVING)) == (0, 0, 5)
    assert history.reach(published("cloudflare/business@undated")) == 11
    assert history.reach(published("fastly/network-services@undated")) == 2
    assert history.reach(published("github/enterprise-cloud@pre-2021")) == 0


SLOW = made(
    {"kind": "flat", "credit": "5 %", "promise": "latency_rtt", "termination": [RIGHTS[0]]},
    promise=[
        {"metric": "availability", "op": ">=", "target": "99.9 %"},
        {
            "metric": "latency_rtt",
            "op": "<=",
            "target": "25 ms",
            "statistic": "mean_of_samples",
            "consecutive_periods": 2,
        },
    ],
)


def latency(text: str, ms: int, before: Sequence[Sequence[Assessment]] = (), *, seen: bool = True) -> Any:
    """A month whose round trips took so long."""
    start = month(text).start_ms
    days = (month(text).end_ms - start) // DAY
    samples = [Request(start + i * DAY, State.UP, ms * 1000) for i in range(days if seen else 0)]
    return judged(SLOW, text, 0, before, requests={"shop": Requests(samples=samples, interval_ms=DAY, timeout_ms=1000)})


def test_a_promise_that_must_fail_twice_in_a_row_is_missed_in_the_second_period() -> None:
    """The first bad month alone is no miss; a month that nobody measured leaves it open."""
    bad, good, unseen = latency("2026-09", 40), latency("2026-09", 10), latency("2026-09", 40, seen=False)
    assert (bad[1].verdict, bad[1].reason) == (Verdict.UNDECIDED, Why.COVERAGE)
    second = latency("2026-10", 40, [bad])[1]
    assert (second.verdict, second.credit.certain) == (Verdict.MISSED, Decimal("5.00"))
    assert "a miss needs 2 periods in a row; up to this one 2 are broken" in second.notes
    assert latency("2026-10", 40, [good])[1].verdict is Verdict.MET
    assert latency("2026-10", 40, [unseen])[1].verdict is Verdict.UNDECIDED
    assert second.measured.point == Fraction(40)


def test_a_share_of_packets_lost_may_be_left_for() -> None:
    """A right that is about another metric than its remedy's promise is held against that one."""
    loss = {"condition": "5 % lost", "share_over": "5 %", "metric": "packet_loss"}
    terms = made(
        {"kind": "pro_rata", "termination": [loss]},
        promise=[
            {"metric": "availability", "op": ">=", "target": "99.9 %"},
            {"metric": "packet_loss", "op": "<=", "target": "1 %"},
        ],
    )
    start = month("2026-10").start_ms
    samples = [Request(start + i * DAY, State.DOWN if i < 3 else State.UP, 9) for i in range(31)]
    given = {"shop": Requests(samples=samples, interval_ms=DAY, timeout_ms=1000)}
    first, lost = judged(terms, "2026-10", 0, requests=given)
    assert (first.rights, lost.rights) == ((), (Right("5 % lost", reached=True),))


def test_misses_and_periods_go_together() -> None:
    """Three misses of how many?"""
    with pytest.raises(TermsError) as caught:
        made({"termination": [{"condition": "3 misses", "misses": 3}]})
    assert "misses and periods go together" in str(caught.value)
