"""`probe report` under other rules, side by side, and with what stands beside a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.cli.exits import Exit
from tests.cli.office import CONFIG, Office
from tests.cli.test_judging import FROM, TO


def test_a_log_is_judged_again_under_another_sla(office: Office) -> None:
    """What if we were with them: another promise, another rule, the same log."""
    own = office.probe("report", "--from", FROM, "--to", TO, "--json").document["assessments"]
    said = office.probe("report", "--from", FROM, "--to", TO, "--under", "digitalocean/droplet", "--json")
    other = said.document["assessments"]
    assert {one["agreement"] for one in own} == {None}
    assert {one["agreement"] for one in other} == {"digitalocean/droplet"}
    assert [one["check"] for one in own] == [one["check"] for one in other]
    assert own[0]["promise"]["target"] == "999/1000"
    assert other[0]["promise"]["target"] == "9999/10000"
    assert own[0]["samples"] == other[0]["samples"]


def test_an_sla_that_does_not_exist_is_said(office: Office) -> None:
    """With the nearest one, as a remedy."""
    said = office.probe("report", "--under", "digitalocean/dorplet")
    assert said.code == Exit.USAGE
    assert 'did you mean "digitalocean/droplet"?' in said.err
    assert office.probe("report", "--under", "none.toml").code == Exit.USAGE


def test_services_side_by_side_under_one_rule_and_their_own(office: Office) -> None:
    """The best first; the plain measure unless another is named."""
    office.write(
        CONFIG.replace('objective = "99.9 %"', 'agreement = "digitalocean/droplet"\nmonthly_fee = "24.00 USD"')
    )
    said = office.probe("report", "--from", FROM, "--to", TO, "--compare", "--json")
    document = said.document
    assert (said.code, document["under"]) == (Exit.FAILED, None), "one missed its own promise"
    assert [row["check"] for row in document["comparison"]] == ["mail", "shop-front"]
    front = document["comparison"][1]
    assert front["own"]["agreement"] == "digitalocean/droplet"
    assert front["common"]["agreement"] is None
    assert front["own"]["promise"]["target"] == front["common"]["promise"]["target"]
    shown = office.probe("report", "--from", FROM, "--to", TO, "--compare").out
    assert shown.startswith("one rule for all: the plain measure")
    assert "shop/shop-front" in shown
    assert "missed" in shown
    under = office.probe("report", "--from", FROM, "--to", TO, "--compare", "--under", "linode/compute", "--json")
    assert {row["common"]["agreement"] for row in under.document["comparison"]} == {"linode/compute"}


LATENCY = """\
id = "own/latency"
provider = "Own"
service = "line"
version = "1"
[[promise]]
metric = "packet_loss"
op = "<="
target = "0.1 %"
statistic = "ratio"
[[promise]]
metric = "latency_rtt"
op = "<="
target = "1000 ms"
statistic = "mean_of_samples"
[period]
kind = "calendar_month"
[formula]
archetype = "F10"
[remedy]
kind = "flat"
credit = "10 %"
[[source]]
url = "https://example.net/sla"
"""


def test_a_promise_about_loss_is_never_judged_as_one_about_availability(office: Office) -> None:
    """At most 0.1 % loss is not an availability of 0.1 %; its remedy is paid for the loss."""
    (office.folder / "latency.toml").write_text(LATENCY)
    fee = 'agreement = "latency.toml"\nmonthly_fee = "24.00 USD"'
    office.write(CONFIG.replace('objective = "99.9 %"', fee))
    found = office.probe("report", "--from", FROM, "--to", TO, "--json").document["assessments"]
    plain, loss, latency = [one for one in found if one["check"] == "shop-front"]
    assert (plain["promise"], plain["verdict"], plain["budget"], plain["credit"]) == (None, "undecided", None, None)
    assert (loss["promise"]["metric"], loss["verdict"], loss["credit"]["certain"]) == ("packet_loss", "missed", "2.40")
    assert (latency["verdict"], latency["credit"]) == ("met", None)
    shown = office.probe("report", "--from", FROM, "--to", TO)
    assert shown.code == Exit.FAILED
    assert "MISSED" in shown.out
    assert "allowed" not in shown.out, "no downtime is allowed or not by a promise about loss"


def test_each_promise_has_its_row_side_by_side(office: Office) -> None:
    """An agreement about availability and loss is compared by availability first; the loss stands below."""
    argv = ["report", "--from", FROM, "--to", TO, "--compare", "--under", "vultr/instance"]
    rows = [row for row in office.probe(*argv, "--json").document["comparison"] if row["check"] == "shop-front"]
    assert [row["common"]["promise"]["metric"] for row in rows] == ["availability", "packet_loss"]
    assert [row["own"] is None for row in rows] == [False, True]
    shown = office.probe(*argv).out
    assert shown.startswith("one rule for all: vultr/instance (F5")
    assert "shop/shop-front: packet loss" in shown


def test_failures_stand_in_proportion_and_against_the_periods_before(office: Office) -> None:
    """How many outages, of how many attempts, which share of the time, and the trend."""
    said = office.probe("report", "--from", FROM, "--to", TO, "--service", "shop", "--json")
    front = next(one for one in said.document["assessments"] if one["check"] == "shop-front")
    context = front["context"]
    assert (context["outages"], context["suspects"], context["failed"], context["attempts"]) == (1, 0, 5, 59)
    assert context["share"]["exact"] == "5/59"
    assert (context["trend"], len(context["before"])) == (None, 3)
    assert front["quality"] is None
    (outage,) = front["outages"]
    assert (outage["severity"], outage["tickets"]) == ("minor", [])
    shown = office.probe("report", "--from", FROM, "--to", TO, "--trend", "1").out
    assert "in proportion" in shown
    assert "1 outage, 0 suspects; 5 of 59 scheduled attempts failed" in shown
    assert "nothing to compare with" in shown


def test_a_half_hour_is_compared_with_the_one_before(office: Office) -> None:
    """The outage was in the second half of the hour."""
    said = office.probe("report", "--from", "2026-10-01T04:30:00Z", "--to", TO, "--trend", "1")
    assert "more downtime than in the periods before" in said.out
    months = office.probe("report", "--period", "2026-10", "--trend", "2", "--json").document["assessments"]
    assert [each["period"] for each in months[0]["context"]["before"]] == ["2026-09", "2026-08"]


def test_figures_of_quality_are_those_that_the_log_supports(office: Office) -> None:
    """Sixty attempts support p95 and not p99; MTBF and MTTR are labelled; the worst hour has bounds."""
    said = office.probe("report", "--from", FROM, "--to", TO, "--quality", "--json")
    front = next(one for one in said.document["assessments"] if one["check"] == "shop-front")
    quality = front["quality"]
    latency = quality["latency"]["shop-front"]
    assert (latency["attempts"], latency["lost"], latency["unknown"]) == (59, 5, 0)
    assert set(latency["all_ms"]) == {"p50", "p95"}
    assert latency["all_ms"]["p95"] is None
    assert set(latency["answered_ms"]) == {"p50"}
    assert (quality["mttr"], quality["bounded"]) == ("300", False)
    assert quality["worst_window"] == {}
    day = office.probe("report", "--from", "2026-10-01T03:00:00Z", "--to", TO, "--quality")
    assert "worst 1h" in day.out
    assert "point estimates: the log does not bound them" in day.out
    assert "those answered" in day.out


@pytest.mark.parametrize("argv", [["--trend", "-1"], ["--trend", "99"]])
def test_a_trend_has_an_end(office: Office, argv: list[str]) -> None:
    """Two years of months are enough."""
    said = office.probe("report", *argv)
    assert said.code == Exit.USAGE


def test_outages_have_a_severity_by_the_impact_of_their_service(office: Office) -> None:
    """Half of a critical service for four minutes is major; the other check's suspect does not count."""
    office.write(CONFIG + 'impact = "critical"\n')
    one, suspect = office.probe("outages", "--json").document["outages"]
    assert (one["check"], one["severity"]) == ("shop-front", "major")
    assert (suspect["check"], suspect["severity"]) == ("mail", None)
    assert "major" in office.probe("outages", "shop-front").out


def test_failures_in_proportion_are_of_scheduled_attempts_alone(empty: Office, tmp_path: Path) -> None:
    """Twelve rechecks a minute would make an outage weigh more, only because it was looked at more closely."""
    minutes = [(minute * 60, "grid", "down" if 20 <= minute < 25 else "up") for minute in range(60)]
    rechecks = [(20 * 60 + 5 * step, "recheck", "down") for step in range(1, 58) if step % 12]
    rechecks += [(25 * 60 + second, "recheck", "up") for second in (5, 10)]
    skipped = [(40 * 60, "grid", "unknown")]
    mine = [each for each in minutes if each[0] != 40 * 60] + rechecks + skipped
    lines = [("shop-front", *each) for each in sorted(mine)] + [("ref-a", *each[:2], "up") for each in minutes]
    file = tmp_path / "log.jsonl"
    file.write_text(
        "".join(
            f'{{"check": "{key}", "at": "2026-10-01T03:{at // 60:02d}:{at % 60:02d}Z", "state": "{state}",'
            f' "origin": "{origin}"}}\n'
            for key, at, origin, state in lines
        )
    )
    assert empty.probe("import", file, "--interval", "60s").code == 0
    hour = ("--from", "2026-10-01T03:00:00Z", "--to", "2026-10-01T04:00:00Z")
    found = empty.probe("report", *hour, "--trend", "0", "--json").document["assessments"]
    front = next(one for one in found if one["check"] == "shop-front")
    assert front["outages"][0]["attempts"] == 5 + 53
    assert (front["context"]["failed"], front["context"]["attempts"]) == (5, 59)
