"""Several vantage points in one record: judged apart, or together where a service says so."""

from __future__ import annotations

import json
from pathlib import Path

from probe.cli.exits import Exit
from tests.cli.office import CONFIG, Office
from tests.cli.test_judging import FROM, TO

TERMS = """
id = "own/line"
provider = "My ISP"
service = "line"
version = "1"
combine = "{combine}"
promise = {{ metric = "availability", op = ">=", target = "99.9 %" }}
outage = {{ shortest = "0s" }}
formula = {{ archetype = "F1", denominator = "period" }}
source = [{{ url = "https://isp.example.net/sla" }}]
"""

FRONT = """[[check]]
name = "shop-front"
kind = "http"
target = "https://shop.example.net/health"
service = "shop"
"""


def imported(office: Office, folder: Path, down: range) -> None:
    """An hour from home: the shop's page was down in those minutes, the references answered."""
    lines = [
        {"check": key, "vantage": "home", "at": f"2026-10-01T04:{minute:02d}:30Z", "state": state}
        for key, bad in (("shop-front", down), ("mail", ()), ("ref-a", ()))
        for minute in range(60)
        for state in ["down" if minute in bad else "up"]
    ]
    file = folder / "home.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert office.probe("import", file).code == 0


def front(office: Office, *argv: str) -> dict[str, object]:
    """The assessment of the shop's page."""
    found = office.probe("report", "--from", FROM, "--to", TO, "--json", *argv).document["assessments"]
    return next(one for one in found if one["check"] == "shop-front")


def test_vantage_points_are_judged_apart(office: Office, tmp_path: Path) -> None:
    """What came from elsewhere never changes what was seen here."""
    before = front(office)
    imported(office, tmp_path, range(10, 20))
    here, home = front(office), front(office, "--vantage", "home")
    assert here == before
    assert (here["vantage"], home["vantage"]) == ("office-berlin", "home")
    assert here["downtime"]["low"] == "240"  # type: ignore[index]
    assert home["downtime"]["low"] == "540"  # type: ignore[index]
    said = office.probe("report", "--vantage", "hoem")
    assert (said.code, "did you mean 'home'?" in said.err) == (Exit.USAGE, True)


def test_a_quorum_counts_what_both_saw(office: Office, tmp_path: Path) -> None:
    """The office was down from minute 40 to 44, home from 42 to 50; one that is silent knows nothing."""
    imported(office, tmp_path, range(42, 51))
    office.write(CONFIG + 'vantages = { of = ["office-berlin", "home"], at_least = 2 }\n')
    assert front(office)["downtime"]["low"] == "120"  # type: ignore[index]
    office.write(CONFIG + 'vantages = { of = ["office-berlin", "home"], at_least = 1 }\n')
    assert front(office)["downtime"]["low"] == "600"  # type: ignore[index]
    office.write(CONFIG + 'vantages = { of = ["office-berlin", "nowhere"], at_least = 2 }\n')
    silent = front(office)
    assert silent["downtime"]["low"] == "0"  # type: ignore[index]
    assert silent["downtime"]["high"] == "360"  # type: ignore[index]


def test_several_vantage_points_are_judged_apart_and_together_where_a_rule_says_how(
    office: Office, tmp_path: Path
) -> None:
    """The office saw minutes 40 to 44, home 42 to 50: two must see it, by the service or by the terms' own rule."""
    imported(office, tmp_path, range(42, 51))
    both = ("--vantage", "office-berlin", "--vantage", "home")
    assert [low for _, low in lows(office, *both)] == ["240", "480"], "no rule says how to put them together"
    office.write(CONFIG + 'vantages = { of = ["office-berlin", "home"], at_least = 2 }\n')
    *apart, together = lows(office, *both)
    assert [low for _, low in apart] == ["240", "480"]
    assert together == ("office-berlin + home, down while at least 2 of 2 see it", "120")
    office.write(CONFIG + 'vantages = { of = ["office-berlin", "home", "nowhere"], at_least = 3 }\n')
    assert len(lows(office, *both)) == 2, "two cannot be three"
    for combine, low in (("any", "600"), ("all_down", "120"), ("each", None)):
        office.write(CONFIG.partition("[service.shop]")[0] + '[service.shop]\nagreement = "terms.toml"\n', FRONT)
        (office.folder / "terms.toml").write_text(TERMS.format(combine=combine))
        found = office.probe("report", "--from", FROM, "--to", TO, "--json", *both).document["assessments"]
        assert [one["downtime"]["low"] for one in found] == ["240", "480", *([low] if low else [])], combine
    page = tmp_path / "report.html"
    office.write(CONFIG + 'vantages = { of = ["office-berlin", "home"], at_least = 2 }\n')
    assert office.probe("report", "--from", FROM, "--to", TO, "--html", page, *both).code == Exit.FAILED
    assert "down while at least 2 of 2 see it" in page.read_text(encoding="utf-8")


def test_several_vantage_points_are_not_compared(office: Office, tmp_path: Path) -> None:
    """Every name must be on record; side by side is for one of them."""
    imported(office, tmp_path, range(0))
    said = office.probe("report", "--vantage", "home", "--vantage", "office-berlin", "--compare")
    assert (said.code, "give one --vantage" in said.err) == (Exit.USAGE, True)
    said = office.probe("report", "--vantage", "hoem", "--vantage", "offic-berlin")
    assert said.err.count("did you mean") == 2


def lows(office: Office, *argv: str) -> list[tuple[str, str]]:
    """Who saw the shop's page, and the downtime that is proven."""
    found = office.probe("report", "--from", FROM, "--to", TO, "--json", *argv).document["assessments"]
    return [(one["vantage"], one["downtime"]["low"]) for one in found if one["check"] == "shop-front"]
