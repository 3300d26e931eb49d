"""The regulators' speed rules as assessments: both directions, the protocol in words, the right to leave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.model import Ticket
from probe.sla.assess import assess
from probe.sla.assessment import Assessment, Verdict, Why
from probe.sla.clauses import Commitment
from probe.sla.service import Service
from probe.sla.speed import Contract, Speed
from tests.sla.build import healthy, published, question, span

MBIT = 1_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BERLIN_8 = 6 * HOUR
LINE = Contract(maximum=100 * MBIT, normal=80 * MBIT, minimum=50 * MBIT)
CAMPAIGN = [day * 2 * DAY + BERLIN_8 + j * 5 * MINUTE + (j >= 5) * 3 * HOUR for day in range(1, 4) for j in range(10)]
"""Ten measurements on each of three days with a day between."""


def judged(agreement: str, seen: list[Speed], **more: Any) -> dict[str, Assessment]:
    """The assessments of a month of measurements by direction."""
    service = Service(
        name="line", terms=published(agreement), timezone="Europe/Berlin", speed=more.pop("speed", {"down": LINE})
    )
    settings = {"period": span(0, 30 * DAY, "Europe/Berlin"), "as_of_ms": 31 * DAY, **more}
    asked = question(service, [healthy(-3600, 30 * 86_400, "down")], speeds={"down": seen}, **settings)
    found = assess(asked)
    return {each.rule.rpartition(" ")[2]: each for each in found[1:]}


def at(down: int | None, up: int | None = None, times: list[int] | None = None) -> list[Speed]:
    """Measurements in Mbit/s."""
    return [
        Speed(when, None if down is None else down * MBIT, None if up is None else up * MBIT)
        for when in (CAMPAIGN if times is None else times)
    ]


def test_a_german_line_that_is_half_measured_says_what_is_missing() -> None:
    """14 of 30 measurements: one day done, nothing decided."""
    found = judged("bundesnetzagentur/fixed-line-speed@2021-12-08", at(85, times=CAMPAIGN[:14]))
    assert (found["down"].verdict, found["down"].reason) == (Verdict.UNDECIDED, Why.COVERAGE)
    assert "1 of 3 days done, 14 of 30 measurements valid" in found["down"].notes
    assert "0 of 3 days done, 0 of 30 measurements valid" in found["up"].notes
    line = found["down"].line
    assert line is not None
    assert (line.rule, line.direction, line.progress) == (
        "de_fixed",
        "down",
        "1 of 3 days done, 14 of 30 measurements valid",
    )
    assert line.contract == {"maximum": 100 * MBIT, "normal": 80 * MBIT, "minimum": 50 * MBIT}
    assert any(each.startswith("30 measurements on 3 days") for each in line.seen)
    assert any(each.startswith("3 hours") for each in line.unverified)
    assert 'the speeds of the contract are not known: set `speed` of the service, "up"' in found["up"].notes
    assert (found["up"].measured, found["up"].samples) == (None, 0)


def test_a_slow_german_line_deviates_and_may_be_left() -> None:
    """Every test fails, the protocol is whole; the deviation is the right."""
    found = judged("bundesnetzagentur/fixed-line-speed@2021-12-08", at(40, 40))["down"]
    assert (found.verdict, found.availability) == (Verdict.MISSED, None)
    assert [each.reached for each in found.rights] == [True]
    assert found.measured is not None
    assert (found.measured.unit, int(found.measured.low), found.measured.samples) == ("bit/s", 40 * MBIT, 30)
    assert any(note.startswith("test minimum: falls short") for note in found.notes)
    assert any(note.startswith("unverified: 3 hours") for note in found.notes)


def test_a_fast_german_line_keeps_its_promise_only_once_the_period_is_over() -> None:
    """While the period runs another measurement may come."""
    agreement = "bundesnetzagentur/fixed-line-speed@2021-12-08"
    fast = judged(agreement, at(95))["down"]
    assert (fast.verdict, [each.reached for each in fast.rights]) == (Verdict.MET, [False])
    running = span(0, 30 * DAY, "Europe/Berlin")._replace(is_complete=False)
    so_far = judged(agreement, at(95), period=running, as_of_ms=20 * DAY)["down"]
    assert (so_far.verdict, so_far.reason) == (Verdict.UNDECIDED, Why.RUNNING)
    assert [each.reached for each in so_far.rights] == [None]


def test_a_measurement_over_radio_is_not_one_of_the_thirty() -> None:
    """It is kept, counted as not valid, and said."""
    seen = [*at(40)[:-1], at(40)[-1]._replace(fault="over radio, not over a cable")]
    found = judged("bundesnetzagentur/fixed-line-speed@2021-12-08", seen)["down"]
    assert "2 of 3 days done, 29 of 30 measurements valid" in found.notes
    assert "some measurements are not valid: over radio, not over a cable" in found.notes


def test_a_czech_line_is_judged_by_how_long_it_is_slow() -> None:
    """70 minutes below the normal speed."""
    contract = {"down": Contract(advertised=100 * MBIT)}
    slow = at(40, times=[i * 3 * MINUTE for i in range(30)])
    found = judged("ctu/fixed-line-speed@2021-01-01", slow, speed=contract)
    assert found["down"].verdict is Verdict.MISSED


def test_a_british_line_has_thirty_days_from_the_ticket() -> None:
    """The provider must have been told; then time must have passed."""
    agreement = "ofcom/broadband-speed-code@2022-12-21"
    slow = at(10, times=[i * 12 * HOUR for i in range(140)])
    whole = {"period": span(0, 70 * DAY), "as_of_ms": 71 * DAY}
    silent = judged(agreement, slow, **whole)["down"]
    assert "the provider was not told; the 30 days begin with that" in silent.notes
    told = Ticket(service="line", number="7", opened_ms=2 * DAY)
    assert judged(agreement, slow, tickets=(told,), **whole)["down"].verdict is Verdict.MISSED


def test_only_the_promises_about_speed_follow_the_rule() -> None:
    """Another promise in the same terms is judged by its own figure."""
    terms = published("bundesnetzagentur/fixed-line-speed@2021-12-08")
    mixed = replace(terms, promises=(Commitment(metric="packet_loss", op="<="), *terms.promises))
    asked = question(Service(name="line", terms=mixed), [healthy(-3600, 30 * 86_400, "down")])
    assert [each.rule for each in assess(asked)[1:]] == ["de_fixed: speed down", "de_fixed: speed up"]
