"""What the terms demand, what is missing, and services that are judged otherwise than check by check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probe.claim.demands import Demand, Have, demands, missing
from tests.claim import night
from tests.cli.office import CHECKS

NOTHING = Have(tickets=False, routes=False, sealed=(1, 1), today="2026-11-10")
ALL = Have(tickets=True, routes=True, sealed=(1, 1), today="2026-11-10")
POOLED = night.CONFIG.replace("digitalocean/droplet", "ionos/cloud-compute")
ALONE = CHECKS.replace('service = "shop"\n', "")
GROUP = """
[[check]]
name = "both"
kind = "group"
service = "shop"
group.of = ["shop-front", "mail"]
group.at_least = 2
"""


def document(**more: Any) -> dict[str, Any]:
    """An assessment's document as far as demands look at it."""
    ordinary: dict[str, Any] = {
        "service": "shop",
        "check": "front",
        "verdict": "missed",
        "reason": None,
        "agreement": "x/y",
        "period": {"complete": True, "label": "2026-10"},
        "claim": {"deadline": "2026-12-01", "needs": ["ticket number", "logs", "traceroutes", "region"], "missing": []},
        "claimable": True,
        "credit": {"certain": "24.00"},
    }
    return {**ordinary, **more}


def test_each_demand_is_answered_or_missing() -> None:
    """By what the pack has; what only the claimant knows is left to them."""
    assert demands(document(), ALL) == (
        Demand("ticket number", "tickets.json"),
        Demand("logs", "samples.jsonl"),
        Demand("traceroutes", "evidence.json"),
        Demand("region", None),
    )
    found = missing([document()], NOTHING)
    assert found[:3] == (
        "the terms demand: ticket number",
        "the terms demand: traceroutes",
        "the terms demand: region",
    )
    assert found[-1].startswith("who you are")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"verdict": "undecided", "reason": "coverage"}, "nothing is missed in shop / front: the verdict is undecided"),
        ({"agreement": None}, "no published terms are named for shop / front"),
        ({"period": {"complete": False, "label": "2026-11"}}, "the period 2026-11 still runs"),
        ({"claim": {"deadline": "2026-11-09", "needs": None, "missing": []}}, "the deadline for shop / front was"),
        ({"claimable": False}, "the terms' conditions for a claim are not fulfilled"),
        ({"credit": None, "check": None}, "what is owed for shop can not be worked out"),
    ],
)
def test_what_stands_against_a_claim_is_told_first(more: dict[str, Any], says: str) -> None:
    """Before who you are."""
    found = missing([document(**more)], ALL)
    assert any(each.startswith(says) for each in found[:-1]), found


@pytest.mark.parametrize(
    ("config", "checks", "says"),
    [
        ('combine = "any"\n', CHECKS, "shop / None: 1740.000 s proven by the samples, 1740.000 s stated"),
        ('combine = "all_down"\n', CHECKS, "shop / None: 0.000 s proven by the samples, 0.000 s stated"),
        (POOLED, CHECKS, "shop / None: not counted anew: several checks are thrown together"),
        ("uplink = true\n", ALONE, "not counted anew: of our own line the references are the evidence"),
        ("", ALONE + GROUP, "shop / both: 1740.000 s proven by the samples, 1740.000 s stated"),
    ],
)
def test_services_of_every_make_give_a_sound_pack(tmp_path: Path, config: str, checks: str, says: str) -> None:
    """Counted anew where that takes a few lines; where not, it is said."""
    whole = config if config.startswith("[") else night.CONFIG + config
    folder = night.recorded(tmp_path, whole, checks=checks)
    path = tmp_path / "shop.zip"
    night.claimed(folder, path, "--anyway")
    code, said = night.run(folder, "verify", str(path))
    assert code == 0, said
    assert says in said
