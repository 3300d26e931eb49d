"""What the record and the contract add to a judgement: earlier periods, speeds, weights."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from probe.judge import PeriodChoice, assess
from probe.judge.evidence import Evidence
from probe.judge.speeds import speeds_of
from probe.model import State
from probe.sla.assessment import Assessment, Verdict
from tests.judge.office import DAY, HOUR, MINUTE, OCTOBER, REFERENCES, SHOP, VANTAGE, Office, a_finding, an_office

SPEED = """
[service.shop]
agreement = "bundesnetzagentur/fixed-line-speed"
timezone = "Europe/Berlin"
speed = { down = { max = "100 Mbit/s", normal = "80 Mbit/s", min = "50 Mbit/s" } }
"""
CAPPED = """
[service.shop]
agreement = "cloudflare/business"
timezone = "UTC"
monthly_fee = "200.00 USD"
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A line whose speed is promised, looked at from the first of October."""
    with an_office(tmp_path, REFERENCES + SPEED, now_ms=OCTOBER) as office:
        yield office


def judged(office: Office) -> tuple[Assessment, ...]:
    """The service over October."""
    with office.reader() as reader:
        return assess(office.config, reader, PeriodChoice(text="2026-10"), office.now_ms)


def test_measured_speeds_reach_the_rule_of_the_regulator(office: Office) -> None:
    """14 outcomes with `down_bps` of which one came over radio: 13 of 30 count, and what lacks is said."""
    for i in range(14):
        facts = {"down_bps": 60_000_000, "link": "wifi" if i == 13 else "ethernet", "up_bps": 0.5}
        office.see("shop", OCTOBER + 8 * HOUR + i * 5 * MINUTE, a_finding(State.UP, facts=facts))
    office.see("shop", OCTOBER + 12 * HOUR, a_finding(State.UP))
    office.see("shop", OCTOBER + 13 * HOUR, a_finding(State.UNKNOWN, facts={"down_bps": 1}))
    office.see("shop", OCTOBER + 14 * HOUR, a_finding(State.UP, facts={"down_bps": 9, "other_traffic": True}))
    office.commit()
    office.now_ms = OCTOBER + 2 * DAY
    found = {each.rule: each for each in judged(office)}
    down, up = found["de_fixed: speed down"], found["de_fixed: speed up"]
    assert down.verdict is Verdict.UNDECIDED
    assert "1 of 3 days done, 10 of 30 measurements valid" in down.notes
    assert "some measurements are not valid: over radio, not over a cable" in down.notes
    assert "some measurements are not valid: other traffic was on the line" in down.notes
    assert "some measurements are not valid: it did not end by itself" in down.notes
    assert "0 of 3 days done, 0 of 30 measurements valid" in up.notes


def test_speeds_are_read_only_where_a_rule_asks(tmp_path: Path) -> None:
    """Any other service costs no look at its outcomes."""
    with an_office(tmp_path, REFERENCES + CAPPED) as office, office.reader() as reader:
        [shop] = office.config.services
        assert speeds_of(reader, shop, (0, 1, VANTAGE)) == {}


def test_a_cap_over_twelve_months_looks_back_on_the_record(tmp_path: Path) -> None:
    """The record begins in October: what was paid before is not known, and the report says so."""
    with an_office(tmp_path, REFERENCES + CAPPED, now_ms=OCTOBER) as office:
        office.run(3600)
        office.run(7200, {"shop": State.DOWN})
        office.run(3600)
        office.now_ms = OCTOBER + 40 * DAY
        found = judged(office)[0]
        assert found.credit is not None
        says = "the cap per 12 months is not applied: not all of the 11 periods before were judged"
        assert says in found.credit.why
        assert says in found.notes


def test_weights_and_shares_of_the_configuration_reach_the_judgement(tmp_path: Path) -> None:
    """`affected` weighs an outage where the terms do (F9)."""
    terms = tmp_path / "own.toml"
    terms.write_text(
        'id = "own/shop"\nprovider = "Own"\nservice = "shop"\nversion = "1"\n'
        '[promise]\nmetric = "availability"\nop = ">="\ntarget = "99 %"\n'
        '[period]\nkind = "calendar_month"\ntimezone = "UTC"\n'
        '[outage]\nshortest = "0s"\nedge = "split"\nclock_start = "onset"\n'
        '[formula]\narchetype = "F9"\ndenominator = "period"\n[[source]]\nurl = "https://own.example"\n'
    )
    service = '\n[service.shop]\nagreement = "own.toml"\naffected = "25 %"\n'
    with an_office(tmp_path, REFERENCES + service, now_ms=OCTOBER) as office:
        office.run(3600)
        office.run(7200, {"shop": State.DOWN})
        office.run(3600)
        quarter = judged(office)[0].downtime.low
        office.follow((REFERENCES + service).replace("25 %", "100 %"))
        assert quarter * 4 == judged(office)[0].downtime.low
        assert Fraction(quarter) > 0


def test_a_series_without_settings_is_read_as_usual(office: Office) -> None:
    """What is neither configured nor described on record costs no exception."""
    with office.reader() as reader:
        found = Evidence(office.config, reader, (OCTOBER, OCTOBER + DAY), counts_samples=False).member("gone")
    assert (found.interval_ms, found.confirm, found.spans, found.until_ms) == (60_000, 3, (), None)


def test_a_service_of_several_vantage_points_is_never_taken_from_what_was_kept(tmp_path: Path) -> None:
    """What was imported from elsewhere is not seen in our own open ends."""
    joint = SHOP + 'vantages = { of = ["office", "home"], at_least = 1 }\n'
    for service, kept in ((SHOP, 1), (joint, 0)):
        with an_office(tmp_path / str(kept), REFERENCES + service) as office:
            office.run(600)
            assert office.keep() == kept
