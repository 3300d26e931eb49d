"""The catalogue clause by clause: what a source says stands in the file, what none says does not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from probe.sla import terms
from probe.sla.terms import Terms
from probe.sla.unstated import unsourced
from tests.sla.build import PUBLISHED

FILES = sorted(path.relative_to(PUBLISHED).as_posix().removesuffix(".toml") for path in PUBLISHED.rglob("*.toml"))

STATED: Mapping[str, Mapping[str, Any]] = {
    "alibaba/ecs-single@undated": {"outage.shortest": "1m", "outage.strict": True, "promise.target": "99.975 %"},
    "att/business-dsl@2007": {"claim": None, "outage": None, "remedy.2.promise": "packet_loss"},
    "att/internet-for-business@undated": {"promise.target": None, "claim.within": 30, "remedy": None},
    "aws/ec2-instance@2022-05-05": {"remedy.1.allowance": "6m", "remedy.1.automatic": True},
    "aws/ec2-region@2018-02-12": {"promise.target": None, "outage.whole_unit": "60s", "remedy": None},
    "aws/s3-infrequent-access@2023-11-28": {"claim.needs.2": "resource ids", "outage.empty_bucket": "up"},
    "aws/s3-standard@2023-11-28": {"claim.needs.2": "resource ids", "outage.bucket": "5m"},
    "azure/dns@2026-09-01": {"outage.shortest": "60s", "outage.strict": False, "combine": "pooled"},
    "azure/virtual-machines-availability-set@2026-09-01": {"period.partial_life": "customer_stop_shrinks"},
    "azure/virtual-machines-zones@2026-09-01": {"period.partial_life": "customer_stop_shrinks", "exclusion": None},
    "certified-hosting/network@undated": {"outage.sustain.0.strict": False, "outage.sustain.1.loss_over": "1 %"},
    "cloudflare/business@undated": {"exclusion.0.effect": "both", "remedy.caps.0.per": "12_months"},
    "digitalocean/droplet@undated": {"outage.strict": True, "exclusion.1.cause": "customer"},
    "digitalocean/droplet@2025-06-03": {"exclusion.1.cause": "customer", "remedy.rows.0.credit": "100 %"},
    "fastly/network-services@undated": {"remedy.0.termination.1.total_over": "2628s"},
    "github/actions@pre-2021": {"formula.archetype": "F4", "formula.denominator": "requests"},
    "github/enterprise-cloud@pre-2021": {"remedy.rows.0.up_to": "99.9 %", "remedy.rows.1.below": "99.0 %"},
    "github/packages-storage@pre-2021": {"outage.bucket": "1h", "outage.empty_bucket": "up"},
    "godaddy/shared@undated": {"exclusion.3.cause": "emergency_maintenance"},
    "google/compute-engine-multi-zone@2015-10-16": {"outage": None, "exclusion.0.cause": "scheduled_maintenance"},
    "google/compute-engine-single-memory-optimised@undated": {"applies_when.3.key": "region"},
    "hopone/colocation@undated": {"promise.2.metric": "environment", "remedy.2.per_unit": "1 day"},
    "ionos/cloud-compute@undated": {"symptoms.0.of": None, "formula.denominator": "sum_over_subjects"},
    "linode/compute@1.1": {"exclusion.0.notice": "24 h", "exclusion.1.cause": "force_majeure"},
    "lumen/network-exchange@2019-06-11": {"formula.denominator": "period", "service_class": "isp"},
    "ntt/global-ip-network-europe@undated": {"promise.0.target": None, "claim": None, "outage.strict": True},
    "ntt/global-ip-network@undated": {"promise.0.binding": "target", "claim.within": 60, "promise.4.over": "10 ms"},
    "ovhcloud-us/connect-two@2024-01-06": {"formula.denominator": None, "outage.clock_start": "ticket"},
    "ovhcloud-us/key-management@2024-03-06": {"outage.strict": True, "remedy.unit_round": None, "claim.after": None},
    "rackspace/managed-cloud@undated": {"remedy.unit_round": "ceil", "remedy.per_unit": "30 min"},
    "rackspace/managed-hosting@undated": {"promise.2.target": "1 h", "remedy.unit_round": None},
    "rollernet/colocation@undated": {"outage.max_interruptions": 1, "remedy.3.credit": "waived"},
    "scaleway/instances@undated": {"outage.shortest": "4m", "outage.strict": False, "promise.target": None},
    "softbank/ultina-ethernet@undated": {"remedy.rows.0.above": "45 min", "promise.1.consecutive_periods": 2},
    "spectrum/enterprise-dedicated-internet@undated": {"promise.3.op": "<", "applies_when.0.value": "on-net"},
    "telus/wavelength-unprotected@undated": {"remedy.rows.2.at_least": "93.9 %", "remedy.rows.1.up_to": "96.89 %"},
    "verizon/global-data-links@undated": {"valid_from": None, "applies_when.0.key": "order_date"},
    "verizon/premium-data-center-power@undated": {"outage.report_within": "5 days"},
}  # fmt: skip


def tables(name: str) -> dict[str, Any]:
    """The raw tables of one version."""
    return tomllib.loads((PUBLISHED / f"{name}.toml").read_text(encoding="utf-8"))


def text(name: str) -> Terms:
    """One version."""
    return terms.parse(tables(name), name)


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


@pytest.mark.parametrize(
    ("name", "path", "expected"), [(name, path, value) for name, some in STATED.items() for path, value in some.items()]
)
def test_a_clause_stands_as_its_source_says_it(name: str, path: str, expected: Any) -> None:
    """Figures, strictness and silence alike; None is a clause that nobody has seen."""
    assert at(tables(name), path) == expected


def named(table: Mapping[str, Any], field: str) -> bool:
    """Whether a source's field names something that is in the file."""
    first, _, rest = field.partition(".")
    entries = table.get(first) if isinstance(table.get(first), list) else [table.get(first)]
    if not rest:
        return first in table
    return any(rest in each or rest in (each.get("name"), each.get("metric")) for each in entries or () if each)


@pytest.mark.parametrize("name", FILES)
def test_sources_answer_for_all_that_is_stated_and_for_nothing_else(name: str) -> None:
    """Confidence is per field: none is stated without a source, none sourced without being stated."""
    table = tables(name)
    fields = [field for source in table["source"] for field in source["fields"]]
    assert [field for field in fields if not named(table, field)] == []
    assert unsourced(text(name)) == ()
    assert all("seen_on" in source for source in table["source"])


@pytest.mark.parametrize("name", FILES)
def test_a_day_of_validity_is_the_texts_own_or_has_a_source(name: str) -> None:
    """Where one version ends and the next begins is a claim like any other."""
    table = tables(name)
    fields = {field for source in table["source"] for field in source["fields"]}
    days = {source.get("stated_date") for source in table["source"]}
    for key in ("valid_from", "valid_to"):
        assert key not in table or key in fields or table[key] in days, key
