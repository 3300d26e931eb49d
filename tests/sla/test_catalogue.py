"""The catalogue of published terms: one golden judgement for every file, and which version binds on which day."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from probe.config import catalogue
from probe.sla import agreements, speed, speed_drops, terms, vocabulary
from probe.sla.terms import Terms
from tests.sla.build import PUBLISHED

VECTORS = json.loads((PUBLISHED.parent / "vectors" / "catalogue.json").read_text(encoding="utf-8"))
FILES = sorted(path.relative_to(PUBLISHED).as_posix().removesuffix(".toml") for path in PUBLISHED.rglob("*.toml"))


def tables(name: str) -> Mapping[str, Any]:
    """The raw tables of one version."""
    return tomllib.loads((PUBLISHED / f"{name}.toml").read_text(encoding="utf-8"))


def text(name: str) -> Terms:
    """One version."""
    return terms.parse(tables(name), name)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_every_text_judges_its_log_as_it_says(vector: Mapping[str, Any]) -> None:
    """A log, a period, and the exact verdict and credit under that text."""
    assert agreements.differences(vector, tables) == ()


def test_every_file_has_its_golden_judgement() -> None:
    """A file without one does not come in, and there are no fewer than were promised."""
    assert sorted({vector["agreement"] for vector in VECTORS}) == FILES
    assert len(FILES) >= 35


@pytest.mark.parametrize(
    ("agreement", "day", "version"),
    [
        ("digitalocean/droplet", "2025-06-02", "undated"),
        ("digitalocean/droplet", "2025-06-03", "2025-06-03"),
        ("google/compute-engine-single", "2021-05-01", "2020-04-07"),
        ("google/compute-engine-single", "2026-05-01", "undated"),
        ("google/compute-engine-multi-zone", "2018-05-01", "2015-10-16"),
        ("aws/ec2-region", "2010-01-01", "2008-10-23"),
        ("aws/ec2-region", "2020-01-01", "2018-02-12"),
        ("aws/ec2-region", "2026-01-01", "2022-05-05"),
        ("github/actions", "2026-05-31", "pre-2021"),
        ("github/enterprise-cloud", "2026-05-31", "pre-2021"),
        ("github/enterprise-cloud", "2026-06-01", "2026-06"),
        ("upcloud/server", "2026-06-01", "2026-06"),
    ],
)
def test_of_two_texts_at_one_address_the_day_decides(agreement: str, day: str, version: str) -> None:
    """An incident is judged by the version that was valid on its day."""
    found = terms.valid_on(catalogue.versions(agreement), day)
    assert found is not None
    assert found.version == version


def test_the_newest_version_is_the_one_that_still_holds() -> None:
    """A text without a date that still stands is newer than a dated one that has ended."""
    for agreement in catalogue.ids():
        versions = catalogue.versions(agreement)
        assert all(one.valid_to is not None for one in versions[:-1]), agreement
    assert [one.version for one in catalogue.versions("google/compute-engine-single")] == ["2020-04-07", "undated"]


def test_a_version_is_named_with_its_date() -> None:
    """A vector that names another one is told so."""
    assert catalogue.version_tables("linode/compute@1.1")["version"] == "1.1"
    with pytest.raises(ValueError, match="is not in the catalogue"):
        catalogue.version_tables("linode/compute@9")


def test_the_facts_that_no_log_shows_are_kept() -> None:
    """Clauses of every kind come through from the file."""
    vultr = text("vultr/instance@undated")
    assert vultr.remedies[0].trigger == "each_event"
    assert [row.credit for row in vultr.remedies[0].rows] == [12, 24, 48, 120, 240, 672]
    verizon = text("verizon/internet-dedicated@undated")
    assert verizon.claim is not None
    assert verizon.claim.notice_deadline is not None
    assert (verizon.claim.notice_deadline.n, verizon.claim.notice_deadline.unit) == (72, "hours")
    assert str(verizon.outage.report_within) == "72 hours"
    power = text("verizon/premium-data-center-power@undated").exclusions[0]
    assert [str(each.notice) for each in power.notice_by_impact] == ["7 business days", "48 hours"]
    assert [(each.over_ms, each.up_to_ms) for each in power.notice_by_impact] == [(50, None), (None, 50)]
    fastly = text("fastly/network-services@undated").remedies[0].termination
    assert [(each.total_ms, each.consecutive_periods) for each in fastly] == [(25_920_000, None), (2_628_000, 3)]
    assert [(cap.amount, cap.unit, cap.per) for cap in text("cloudflare/business@undated").remedies[0].caps] == [
        (Fraction(1), "months_of_fee", "12_months")
    ]
    roller = text("rollernet/colocation@undated")
    assert [(one.credit, one.credit_unit, one.currency) for one in roller.remedies[:2]] == [
        (Fraction(30), "currency_per_amp", "USD"),
        (Fraction(20), "currency_per_amp", "USD"),
    ]


def test_the_speed_rules_are_those_that_are_worked_out() -> None:
    """The data of the regulators' texts and the numbers of the arithmetic are the same."""
    german = text("bundesnetzagentur/fixed-line-speed@2021-12-08").speed
    assert german is not None
    assert (german.days, german.per_day) == (speed.DE_FIXED.days, speed.DE_FIXED.per_day)
    assert (german.spacing_ms, german.pause_ms) == (speed.DE_FIXED.spacing_ms, speed.DE_FIXED.pause_ms)
    assert german.within_ms == speed.DE_FIXED.within_days * 86_400_000
    assert len(german.unverified) == len(speed.DE_FIXED.unverified)
    czech = text("ctu/fixed-line-speed@2021-01-01").speed
    assert czech is not None
    assert (czech.normal, czech.minimum) == (speed_drops.CZ_NORMAL, speed_drops.CZ_MINIMUM)
    assert text("ofcom/broadband-speed-code@2022-12-21").binding == "voluntary"
    assert vocabulary.SPEED_RULES == speed_drops.RULES


def test_confidence_is_kept_for_each_field() -> None:
    """A field is as good as its own source, not as the best of the file."""
    google = text("google/compute-engine-single@undated")
    assert [google.confidence(field) for field in ("promise", "outage", "remedy.rows", "nobody")] == [
        "primary",
        "primary-copy",
        "secondary",
        None,
    ]
    s3 = text("aws/s3-standard@2023-11-28")
    assert [s3.confidence(field) for field in ("remedy.rows", "remedy.min_credit")] == ["primary", "secondary"]
