"""`probe sla` on the published files: shown in plain words, and every fault in a broken copy told with its remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from probe.cli import main
from probe.cli.exits import Exit
from probe.config import catalogue
from probe.sla.clauses import Symptom
from probe.view import plain, sla
from probe.view.cells import cells
from tests.sla.build import PUBLISHED, published

BROKEN: Sequence[tuple[str, Sequence[tuple[str, str, str]]]] = (
    (
        "aws/s3-standard@2023-11-28",
        (
            ('bucket = "5m"', 'bucket = "5 mintes"', 'outage: bucket: "5 mintes" is not a span of time in whole units'),
            ('archetype = "F3"', 'archetype = "F33"', 'archetype: "F33" is not one of F1, F2'),
            ('below = "99.9 %"', 'below = "999 %"', 'rows[1]: below: "999 %" is not a percentage from 0 % to 100 %'),
        ),
    ),
    (
        "azure/dns@2026-09-01",
        (
            ("strict = false\n", "", "outage: strict: is needed with shortest"),
            ('combine = "pooled"', 'combine = "poold"', 'did you mean "pooled"?'),
            ('"primary-copy"', '"sure"', 'source[1]: confidence: "sure" is not one of primary, primary-copy'),
        ),
    ),
    (
        "digitalocean/droplet@undated",
        (
            ("valid_to = 2025-06-02", 'valid_to = "2025-6-2"', "valid_to: '2025-6-2' is not a date such as 2025-06-03"),
            ('kind = "lost_time"', 'kind = "flat"', 'remedy: credit: is needed with kind = "flat"'),
            ('unit = "months"\n', "", "claim: within: unit is needed with it"),
        ),
    ),
    (
        "verizon/internet-dedicated@undated",
        (
            ('report_within = "72 h"', 'report_within = "72 hrs"', '"72 hrs" is not a length of time such as "72 h"'),
            ('promise = "packet_delivery"', 'promise = "packet_delivry"', 'did you mean "packet_delivery"?'),
            ('per_unit = "1 h"\n', "", 'remedy[1]: per_unit: is needed, such as "1 h" or "1 %"'),
        ),
    ),
    (
        "fastly/network-services@undated",
        (
            ('total_over = "432m"', 'total_over = "7.2 h"', 'termination[1]: total_over: "7.2 h" is not a span'),
            ('metric = "availability"', 'metric = "uptime"', 'promise: metric: "uptime" is not one of availability'),
            ("periods = 3", "periods = 0", "termination[2]: consecutive_periods: 0 is not above 0"),
        ),
    ),
    (
        "github/enterprise-cloud@pre-2021",
        (
            ('bucket_over = "5 %"\n', "", 'outage: bucket_over: is needed with bucket_rule = "error_rate"'),
            ('id = "github/enterprise-cloud"', 'id = "github"', 'id: is a path such as "provider/service"'),
            ("[formula]\n", "[formulas]\n", "formula: the table is missing"),
        ),
    ),
    (
        "rollernet/colocation@undated",
        (
            ('credit = "30 USD/A"', 'credit = "30 dollars"', 'remedy[1]: credit: "30 dollars" is not a credit such as'),
            ('service_class = "colo"', 'service_class = "colos"', 'did you mean "colo"?'),
            ("interruptions = 1", 'interruptions = "one"', "max_interruptions: 'one' is not a whole number above 0"),
        ),
    ),
    (
        "linode/compute@1.1",
        (
            ("excused = true\nnotice", "notice", "exclusion[1]: excused: true or false is needed"),
            ('notice = "24 h"', 'notice = "1 week"', 'exclusion[1]: notice: "1 week" is not a length of time'),
            ("[promise]\n", "[promise]\nweight = 2\n", "promise: weight: unknown key"),
        ),
    ),
    (
        "hopone/colocation@undated",
        (
            ("\ndays = 30\n", "\n", 'period: days: is needed with kind = "trailing_days"'),
            ('per_unit = "1 %"', 'per_unit = "0 %"', "per_unit: is nothing"),
            ('fields = ["promise"', 'fields = ["promises"', '"promises" is no key of a terms file; did you mean'),
        ),
    ),
    (
        "cloudflare/business@undated",
        (
            ('how = "weighted"', 'how = "weigted"', 'did you mean "weighted"?'),
            ('strict = false\nsays = "only', 'says = "only', "outage: reading[1]: strict: is needed with shortest"),
            ('url = "https://www.cloudflare.com/business-sla/"\n', "", "source[1]: url: is missing"),
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("name", "changes"), BROKEN, ids=[name for name, _ in BROKEN])
def test_every_fault_in_a_file_is_told_once_with_its_remedy(
    name: str, changes: Sequence[tuple[str, str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three faults in a published file: all at once, each on its line with the file and the key."""
    text = (PUBLISHED / f"{name}.toml").read_text(encoding="utf-8")
    for old, new, _ in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    assert main(["sla", "check", str(file)]) == Exit.USAGE
    *lines, count = capsys.readouterr().out.splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    for _, _, expected in changes:
        assert sum(expected in line for line in lines) == 1, expected
    is_renamed = any("[formulas]" in new for _, new, _ in changes)
    assert count == f"{3 + is_renamed} problems"
    assert main(["sla", "check", str(file), "--json"]) == Exit.USAGE
    assert json.loads(capsys.readouterr().out)["problems"] == lines


@pytest.mark.parametrize("agreement", catalogue.ids())
def test_an_agreement_is_shown_in_words_that_fit_the_screen(agreement: str) -> None:
    """No key or word of the file's own language, nothing twice, no line over 80 columns."""
    for one in catalogue.versions(agreement):
        page = sla.agreement([one], 60_000)
        assert all(cells(line) <= 80 for line in plain.text(page, 80).splitlines())
        body = plain.text(page, None).partition("\n  source: ")[0].split("\n", 1)[1]
        assert re.findall(r"\b[a-z]+_[a-z_]+\b", body) == []
        lines = [line for line in body.splitlines() if line]
        assert sorted(set(lines)) == sorted(lines)


def test_a_document_of_an_agreement_has_every_clause(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in a file comes through, and besides it the traps and what is left open."""
    for agreement in ("hopone/colocation", "github/enterprise-cloud", "vultr/instance"):
        assert main(["sla", "show", agreement, "--json"]) == Exit.FINE
        found = json.loads(capsys.readouterr().out)
        assert found["id"] == agreement
        for table, shown in zip(catalogue.tables(agreement), found["versions"], strict=True):
            assert set(shown) == {*table, "traps", "unstated", "unsourced"}


def test_clauses_that_no_shipped_text_has_are_shown_too() -> None:
    """A threshold without words of its own, a month of a fixed length, rounding before the comparison."""
    slow = Symptom(kind="slow", of="reads", threshold=Fraction(2000), unit="ms")
    said = dict(
        sla.in_words(
            replace(
                published("hetzner/cloud-server@undated"),
                symptoms=(slow,),
                fixed_period_ms=2_592_000_000,
                round_result=2,
            )
        )
    )
    assert said["down means"] == "slow reads, more than 2 s"
    assert said["period"].startswith("calendar month, taken as 30 days, in")
    assert said["measured over"].endswith("rounded to 2 decimals before it is compared")
