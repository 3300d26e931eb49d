"""Several vantage points in one record: judged apart, or together where a service says so."""

from __future__ import annotations

import json
from pathlib import Path

from probe.cli.exits import Exit
from tests.cli.office import CONFIG, Office
from tests.cli.test_judging import FROM, TO


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
