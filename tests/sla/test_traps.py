"""What people must know before they rely on a text, and what a text leaves open."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from probe.sla.clauses import Commitment, CreditRow, OutageRule, Remedy, Shortest
from probe.sla.terms import Terms
from probe.sla.traps import holes, traps
from probe.sla.unstated import unsourced, unstated
from tests.sla.build import published

MINUTE = 60_000


def said(name: str, interval_ms: int = MINUTE) -> str:
    """All traps of a shipped file, one a line."""
    return "\n".join(traps(published(name), interval_ms))


@pytest.mark.parametrize(
    ("name", "interval_ms", "expected"),
    [
        ("digitalocean/droplet@undated", MINUTE, "judged in intervals of 5 min; a probe every 1 min looks into each 5"),
        ("digitalocean/droplet@undated", 600_000, "a probe every 10 min never looks into some of them"),
        ("digitalocean/droplet@undated", MINUTE, "longer than 5 min count; of an outage between 3 min and 7 min long"),
        ("scaleway/database-ha@undated", MINUTE, "of at least 1 min count; of an outage up to 3 min long"),
        ("scaleway/serverless-functions@undated", MINUTE, "needs 20 requests to be bad; a probe every 1 min sends 5"),
        ("scaleway/serverless-functions@undated", MINUTE, "only above 50 % errors"),
        ("google/compute-engine-single@undated", MINUTE, "an outage to 1 min only, as coarse as the unit itself"),
        ("google/compute-engine-single@undated", MINUTE, "whether a unit runs from the onset or on the clock"),
        ("google/cloud-storage-regional@undated", MINUTE, "retries faster than the text allows do not count"),
        ("linode/compute@1.1", MINUTE, "30 days leave 4 min 19 s of downtime, 4 probes of 1 min: probe faster"),
        ("linode/compute@1.1", 180_000, "1 probe of 3 min"),
        ("linode/compute@1.1", 600_000, "less than one probe of 10 min"),
        ("scaleway/instances@undated", MINUTE, "what is promised was not seen"),
        ("vultr/instance@undated", MINUTE, "any counted second is a miss"),
        ("vultr/instance@undated", MINUTE, "no row pays between 9 min and 10 min"),
        ("telus/wavelength-unprotected@undated", MINUTE, "no row pays between 96.89 % and 97.9 %"),
        ("github/enterprise-cloud@pre-2021", MINUTE, "exactly 99.9 % keeps the promise and earns a credit"),
        ("github/enterprise-cloud@pre-2021", MINUTE, "no row pays at exactly 99 %"),
        ("hostgator/shared@undated", MINUTE, "reports of outside monitors are refused, probe's included"),
        ("hetzner/cloud-server@undated", MINUTE, "the state of the host is judged"),
        ("azure/virtual-machines-zones@2026-09-01", MINUTE, "one of several down is not an outage"),
        ("azure/virtual-machines-zones@2026-09-01", MINUTE, "reached at a private address it is up"),
        ("comcast/ethernet-dedicated-internet@1.6", MINUTE, "the clock stands still while the provider waits"),
        ("verizon/internet-dedicated@undated", MINUTE, "not reported within 72 hours does not count"),
        ("dreamhost/dreamobjects@undated", MINUTE, "scheduled maintenance beyond 1 h a period counts as down"),
        ("leonardo/public-cloud@undated", MINUTE, "shortens the period too"),
        ("softbank/ultina-ethernet@undated", MINUTE, "round trip must fail 2 periods in a row"),
        ("netstream/internet@undated", MINUTE, "the period rolls"),
        ("rollernet/colocation@undated", MINUTE, "interrupted more than once in a period is a miss"),
        ("scaleway/database-ha@undated", MINUTE, "did not exist counts as up"),
        ("aws/ec2-instance@2022-05-05", MINUTE, "an hour on the clock pays only when more than 6 min of it are down"),
        ("ovhcloud-us/key-management@2024-03-06", MINUTE, "whether a begun unit pays is not stated"),
        (
            "aws/ec2-instance@2022-05-05",
            MINUTE,
            "other people's descriptions only: how it is worked out, what counts as an outage, what",
        ),
        ("certified-hosting/network@undated", MINUTE, "an outage is at least 15 min with more than 50 % loss"),
        ("att/managed-internet@2010-01-25", MINUTE, "one outage in a day earns that day's credit"),
        ("telus/wavelength-protected@undated", MINUTE, "above 99.98 % and below 99.99 % the promise is missed"),
        ("azure/dns@2026-09-01", MINUTE, "probe each, in a service that fails when all do"),
        ("cloudflare/business@undated", MINUTE, "what the customer causes shortens the period too"),
        ("verizon/internet-dedicated@undated", MINUTE, "descriptions only: what is promised (packet delivery)"),
    ],
)
def test_each_text_has_its_traps(name: str, interval_ms: int, expected: str) -> None:
    """The sentence is worked out from the clauses and from how often one probes."""
    assert expected in said(name, interval_ms)


def test_a_plain_text_and_a_fast_probe_have_few_traps() -> None:
    """Nothing is said that is not so."""
    plain = replace(published("linode/compute@1.1"), outage=OutageRule(unit_ms=MINUTE, unit_align="clock"))
    assert traps(plain, 1000) == (
        "only whole units of 1 min count: many short outages may come to nothing",
        "uncertain, so read the page before you rely on it: how it is worked out",
    )
    plain = replace(plain, sources=())
    loss = Commitment(metric="packet_loss", op="<=", target=Fraction(1, 100), unit="%")
    promise = plain.promise
    assert promise is not None
    other = replace(plain, promises=(loss,), promise=promise._replace(metric="packet_loss"), outage=OutageRule())
    assert traps(other, MINUTE) == ()


def test_holes_are_the_gaps_between_rows() -> None:
    """Rows that touch have none, unless both leave the edge out; a row without a top has none above it."""
    half, whole = Fraction(1, 2), Fraction(1)
    low: dict[str, Any] = {"below": half, "credit": whole}
    assert holes((CreditRow(at_least=half, credit=whole), CreditRow(**low))) == ()
    assert holes((CreditRow(above=half, credit=whole), CreditRow(**low))) == ((half, half),)
    assert holes((CreditRow(credit=whole), CreditRow(at_least=half, credit=whole))) == ()


def keys(terms: Terms) -> list[str]:
    """What the terms leave open."""
    return [each.key for each in unstated(terms)]


def test_what_a_text_leaves_open_is_told_with_what_follows() -> None:
    """A person who writes a file sees what to look for in the text."""
    open_terms = replace(
        published("linode/compute@1.1"), service_class=None, valid_from=None, period=None, symptoms=None, sources=()
    )
    assert keys(open_terms) == [
        "service_class",
        "valid_from",
        "period.kind",
        "period.timezone",
        "period.partial_life",
        "outage.edge",
        "combine",
        "symptoms",
        "outage.shortest",
        "outage.clock_start",
        "formula.denominator",
        "remedy",
        "claim.within",
        "claim.needs",
    ]
    assert unsourced(open_terms) == ("promise", "exclusion", "formula")
    assert all(each.follows for each in unstated(open_terms))


def test_open_buckets_windows_and_credits_are_told() -> None:
    """Each kind of rule has clauses of its own that may be missing."""
    assert {"outage.bucket_rule", "outage.empty_bucket", "exclusion.notice"} <= set(
        keys(published("digitalocean/droplet@undated"))
    )
    assert "promise.target of availability" in keys(published("scaleway/instances@undated"))
    assert "exclusion of scheduled_maintenance" in keys(published("aws/ec2-instance@2022-05-05"))
    assert "remedy.unit_round" in keys(published("ovhcloud-us/key-management@2024-03-06"))
    assert "claim.after" in keys(published("ovhcloud-us/key-management@2024-03-06"))
    assert "remedy.stacking" in keys(published("aws/ec2-instance@2022-05-05"))
    assert "outage.whole_unit_align" in keys(published("google/compute-engine-single@undated"))
    assert "outage.bucket" in keys(replace(published("digitalocean/spaces@undated"), outage=OutageRule()))


def test_a_full_text_leaves_nothing_open_in_what_it_states() -> None:
    """What stands there is not asked for."""
    full = replace(
        published("aws/s3-standard@2023-11-28"),
        timezone="UTC",
        partial_life="own_lifetime",
        outage=OutageRule(shortest=(Shortest(span_ms=0),), clock_start="onset", edge="split"),
        archetype="F1",
        remedies=(Remedy(kind="flat", credit=Fraction(1), fee_base="fee"),),
    )
    assert keys(full) == ["combine", "exclusion of scheduled_maintenance"]
    maintained = published("azure/virtual-machines-single-premium@2026-09-01")
    assert not {"exclusion of scheduled_maintenance", "exclusion.notice"} & set(keys(maintained))
