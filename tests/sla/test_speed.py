"""Consumer speed claims by the regulators' rules."""

from __future__ import annotations

from fractions import Fraction

import pytest

from probe.sla import period
from probe.sla.assessment import Verdict, Why
from probe.sla.speed import Contract, SpeedResult, Throughput, de_fixed
from probe.sla.speed_drops import cz, uk_ofcom

MINUTE_MS = 60_000
V27 = [
    [92, 85, 84, 83, 82, 81, 85, 88, 79, 86],
    [89, 85, 83, 82, 81, 84, 86, 85, 49, 82],
    [88, 84, 83, 82, 81, 85, 86, 84, 48, 83],
]
LINE = Contract(maximum=100, normal=80, minimum=50)


def campaign(days: list[list[int]], first: int = 2, apart: int = 2) -> list[Throughput]:
    """Measurements five minutes apart, with three hours after the fifth of each day."""
    found = []
    for i, values in enumerate(days):
        start = period.moment(f"2026-06-{first + i * apart:02}T08:00:00", "Europe/Berlin")
        for j, value in enumerate(values):
            found.append(Throughput(start + j * 5 * MINUTE_MS + (j >= 5) * 180 * MINUTE_MS, value))
    return found


def told(result: SpeedResult) -> list[bool | None]:
    """The tests' outcomes."""
    return [each.deviates for each in result.findings]


def test_v27_a_german_line_deviates_by_maximum_and_minimum_but_not_by_normal() -> None:
    """The reference vector: 1 day with 90 %, 27 of 30 values, 2 days below the minimum."""
    found = de_fixed(campaign(V27), LINE)
    assert told(found) == [True, False, True]
    assert (found.verdict, found.reason, found.is_complete, found.protocol) == (Verdict.MISSED, None, True, ())
    assert [each.says for each in found.findings] == [
        "90 % of the maximum was reached on 1 of 3 days; 2 are needed",
        "27 of 30 measurements reach the normally available speed; 90 % are needed",
        "below the minimum on 2 of 3 days; 2 are a deviation",
    ]


def test_an_unfinished_campaign_says_how_far_it_is() -> None:
    """What is missing may still turn each test, unless the bad values suffice already."""
    found = de_fixed(campaign([V27[0], V27[1][:4]]), LINE)
    assert found.protocol == ("1 of 3 days done, 14 of 30 measurements valid",)
    assert told(found) == [None, None, None]
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, Why.COVERAGE)
    spoilt = [each._replace(is_valid=each.value != 49) for each in campaign(V27)]
    assert de_fixed(spoilt, LINE).protocol == ("2 of 3 days done, 29 of 30 measurements valid",)
    assert "2 of 3 days done, 20 of 30 measurements valid" in de_fixed(campaign(V27[:2]), LINE).protocol


def test_a_campaign_must_keep_to_the_order() -> None:
    """Spacing, the pause, the days between and the fortnight are each told."""
    close = de_fixed(campaign(V27, apart=1), LINE)
    assert close.protocol[0] == "2026-06-02 and 2026-06-03 have no day between them"
    assert "are more than 14 days" in de_fixed(campaign(V27, apart=8), LINE).protocol[0]
    four = de_fixed(campaign([*V27, V27[0]]), LINE)
    assert four.protocol == ("measured on 4 days; the order asks for 3",)
    hurried = campaign(V27)
    hurried[1] = hurried[1]._replace(at_ms=hurried[0].at_ms + 2 * MINUTE_MS)
    hurried[5] = hurried[5]._replace(at_ms=hurried[4].at_ms + 100 * MINUTE_MS)
    assert de_fixed(hurried, LINE).protocol == (
        "2026-06-02: measurement 2 came 2 min after the one before; 5 are asked",
        "2026-06-02: measurement 6 came 100 min after the one before; 180 are asked",
    )
    eleven = campaign([[*V27[0], 90], *V27[1:]])
    assert de_fixed(eleven, LINE).protocol == ("2026-06-02: 11 measurements; the order asks for 10",)


def test_a_good_line_is_met_and_a_contract_without_a_speed_leaves_its_test_open() -> None:
    """Nothing is assumed for what the contract does not state."""
    good = [[95] * 10] * 3
    assert de_fixed(campaign(good), LINE).verdict is Verdict.MET
    partly = de_fixed(campaign(good), Contract(maximum=100))
    assert (told(partly), partly.verdict, partly.reason) == ([False, None, None], Verdict.UNDECIDED, Why.TERMS)
    assert partly.findings[1].says == "the contract states no normally available speed"


def stream(values: list[int]) -> list[Throughput]:
    """A measurement a minute."""
    return [Throughput(i * MINUTE_MS, value) for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100] * 120, [False, False, False]),
        ([100] + [50] * 72 + [100], [True, False, False]),
        ([100] + [50] * 71 + [100], [None, False, False]),
        (([100] + [50] * 5) * 3 + [100], [False, True, False]),
        ([100, 20, 20, 100], [False, False, True]),
        ([100, 20, 100], [False, False, None]),
    ],
)
def test_a_czech_line_deviates_by_how_long_it_is_slow(values: list[int], expected: list[bool | None]) -> None:
    """Continuous over 70 min, three drops of 3.5 min in 90, or below the minimum; bounds lie between samples."""
    assert told(cz(stream(values), Contract(advertised=100))) == expected


def test_a_czech_contract_may_state_its_own_speeds() -> None:
    """They go before the shares of the advertised speed; without either nothing can be told."""
    assert told(cz(stream([70, 70, 70]), Contract(advertised=100, normal=80, minimum=75)))[2] is True
    assert told(cz(stream([70, 70]), Contract())) == [None, None, None]
    one = cz([Throughput(0, 1, is_valid=False)], Contract(advertised=100))
    assert one.protocol == ("0 of 1 measurements valid",)


def test_a_british_provider_has_thirty_days_to_mend() -> None:
    """The right to leave begins after them."""
    day = 86_400_000
    slow = [Throughput(i * day, Fraction(40)) for i in range(40)]
    assert uk_ofcom(slow, Contract(minimum=50), None, 40 * day).protocol == (
        "the provider was not told; the 30 days begin with that",
    )
    early = uk_ofcom(slow[:20], Contract(minimum=50), 0, 20 * day)
    assert (early.protocol, early.verdict) == (("the provider has 10 of 30 days left to mend it",), Verdict.UNDECIDED)
    late = uk_ofcom(slow, Contract(minimum=50), 0, 40 * day)
    assert (late.verdict, late.unverified != ()) == (Verdict.MISSED, True)
    mended = [Throughput(i * day, 40 if i < 30 else 60) for i in range(40)]
    assert uk_ofcom(mended, Contract(minimum=50), 0, 40 * day).verdict is Verdict.MET
