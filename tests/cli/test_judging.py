"""Commands that judge: status, outages, report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from probe.cli.exits import Exit
from probe.cli.status import only
from tests.cli.office import CHECKS, CONFIG, NOW, Office, down, up
from tests.cli.test_main import HEAVY
from tests.view.builders import check, service, snapshot

TERMS = Path(__file__).parent.parent / "config" / "own-terms.toml"
FROM, TO = "2026-10-01T04:00:30Z", "2026-10-01T04:59:30Z"


def test_status_shows_the_worst_first_and_an_unconfirmed_failure_is_no_alarm(office: Office) -> None:
    """One refused connection is `down (1 of 3)` and exit code 0."""
    said = office.probe("status")
    assert (said.code, said.err) == (0, "")
    lines = [line for line in said.out.splitlines() if line.startswith(("mail", "shop-front", "dual"))]
    assert lines[0].startswith("mail")
    assert "down (1 of 3)" in lines[0]
    assert "refused" in lines[0]
    assert "shop-front" in said.out
    assert "\x1b" not in said.out


def test_a_confirmed_outage_is_exit_code_1(empty: Office) -> None:
    """Three refusals while the references answer."""
    empty.record({"mail": [*up(30), *down(5)], "ref-a": up(35), "ref-b": up(35)})
    said = empty.probe("status")
    assert said.code == Exit.FAILED
    assert "the provider or the path to it" in said.out


def test_nobody_is_blamed_for_our_own_line(empty: Office) -> None:
    """When the references are down with it, the check is not down."""
    empty.record({"mail": [*up(30), *down(5)], "ref-a": [*up(30), *down(5)], "ref-b": [*up(30), *down(5)]})
    said = empty.probe("status", "--json")
    (mail,) = [one for one in said.document["checks"] if one["name"] == "mail"]
    assert mail["state"] == "unknown"
    assert said.code == 0
    assert "provider or the path" not in empty.probe("status").out


def test_status_of_some_checks(office: Office) -> None:
    """NAME is a check, both families of one, or a service."""
    said = office.probe("status", "mail", "--json")
    assert [one["name"] for one in said.document["checks"]] == ["mail"]
    assert [one["check"] for one in said.document["services"]] == ["mail"]
    assert [one["name"] for one in office.probe("status", "dual", "--json").document["checks"]] == ["dual/4", "dual/6"]
    misspelt = office.probe("status", "mial")
    assert (misspelt.code, "did you mean 'mail'?" in misspelt.err) == (Exit.USAGE, True)


def test_a_snapshot_of_some_checks_keeps_their_services() -> None:
    """A service judged as a whole stays with any of its checks."""
    whole = snapshot(check("a"), check("b", service="other"), services=(service(check=None), service("other")))
    some = only(whole, {"a"})
    assert [one.key for one in some.checks] == ["a"]
    assert [one.service for one in some.services] == ["shop"]


def test_status_as_json_is_one_document(office: Office) -> None:
    """The keys that other programs hold on to."""
    document = office.probe("status", "--json").document
    assert {"schema", "generated_at", "vantage", "checks", "services"} <= set(document)
    assert (document["schema"], document["vantage"]) == (1, "office-berlin")
    (mail,) = [one for one in document["checks"] if one["name"] == "mail"]
    expected = {"name", "kind", "service", "state", "since", "reason", "cause", "latency_ms", "next_at", "strip"}
    assert expected <= set(mail)


def test_status_uses_the_kept_configuration_only_while_the_files_say_the_same(office: Office) -> None:
    """A check added a second ago is there, whether the agent knows it or not."""
    assert "postbox" not in office.probe("status").out
    extra = '[[check]]\nname = "postbox"\nkind = "tcp"\ntarget = "box.example.net:25"\n'
    (office.folder / "checks.d" / "20-more.toml").write_text(extra)
    assert "postbox" in office.probe("status").out
    (office.folder / "checks.d" / "20-more.toml").write_text(extra.replace("tcp", "tpc"))
    said = office.probe("status")
    assert said.code == 0
    assert "postbox" not in said.out
    assert "1 problem (`probe validate` names it); showing what the agent runs" in said.err


@pytest.mark.parametrize(
    "argv",
    [
        ["status", "--json"],
        ["log", "mail", "--json"],
        ["outages", "--json"],
        ["report", "--json"],
        ["maintenance", "list", "--json"],
    ],
)
def test_a_half_edited_file_blinds_nobody(office: Office, argv: list[str]) -> None:
    """What the agent runs is shown and judged, with one line on stderr; stdout stays one document."""
    (office.folder / "checks.d" / "20-more.toml").write_text("[[check]\n")
    said = office.probe(*argv)
    assert said.code == 0
    assert said.document["schema"] == 1
    assert len(said.err.splitlines()) == 1
    assert "showing what the agent runs" in said.err
    assert office.probe("validate").code == Exit.USAGE
    assert office.probe("run").code == Exit.USAGE


def test_a_half_edited_file_hinders_no_change(office: Office) -> None:
    """A pause, a window and an export reach the record."""
    (office.folder / "checks.d" / "20-more.toml").write_text("[[check]\n")
    assert office.probe("pause", "mail").out == "mail is paused until `probe resume`\n"
    assert office.probe("resume", "mail").out == "mail is probed again\n"
    assert office.probe("maintenance", "add", "--start", "now", "--end", "+1h").code == 0
    assert "240 outcomes written" in office.probe("export").err


def test_without_a_kept_configuration_a_bad_file_is_named(empty: Office) -> None:
    """There is nothing to show instead."""
    (empty.folder / "checks.d" / "20-more.toml").write_text("[[check]\n")
    said = empty.probe("status")
    assert said.code == Exit.USAGE
    assert "20-more.toml" in said.err


def test_outages_of_a_check_that_is_no_longer_configured(office: Office) -> None:
    """The record forgets nothing: it is judged by the settings that it was measured with."""
    office.write(checks=CHECKS.replace("shop-front", "new-front"))
    assert office.probe("validate").code == 0
    document = office.probe("outages", "shop-front", "--json").document
    assert [(one["check"], one["service"]) for one in document["outages"]] == [("shop-front", "shop")]
    assert "shop-front" in office.probe("outages").out
    assert office.probe("status", "shop-front").code == Exit.USAGE


def test_status_in_a_pipe_imports_nothing_heavy(office: Office) -> None:
    """What is up is known at once."""
    code = (
        "import sys; from probe.cli import main; main(sys.argv[1:]);"
        f"sys.stderr.write('imported: ' + ' '.join(sorted({HEAVY} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "status", "--config", str(office.config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "mail" in done.stdout
    assert done.stderr.endswith("imported: ")


def test_a_terminal_holds_a_screenful_and_says_what_is_left(empty: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand checks do not scroll the bad ones away; --all, a name or a pipe shows every one."""
    many = "".join(f'[[check]]\nname = "c{n:02d}"\nkind = "tcp"\ntarget = "a.example:25"\n' for n in range(40))
    (empty.folder / "checks.d" / "20-more.toml").write_text(many)
    empty.record({f"c{n:02d}": up(3) for n in range(40)})
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "30")
    said = empty.probe("status", "--no-color")
    assert "more, " in said.out
    assert len(said.out.splitlines()) <= 40
    assert "c39" in empty.probe("status", "--all").out


def test_outages_are_listed_with_both_ends(office: Office) -> None:
    """Earliest and latest, confirmed or suspect."""
    said = office.probe("outages")
    assert said.code == 0
    assert said.out.startswith("1 outage, 1 suspect between ")
    row = next(line for line in said.out.splitlines() if line.startswith("shop-front"))
    assert "2026-10-01 04:39:30–04:40:30Z" in row
    document = office.probe("outages", "shop-front", "--json").document
    (one,) = document["outages"]
    assert one["service"] == "shop"
    assert one["start"] == {"earliest": "2026-10-01T04:39:30Z", "latest": "2026-10-01T04:40:30Z"}
    assert one["cause"] == "provider_or_path"


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["outages", "--from", "now", "--to", "-1h"], "unrecognized arguments"),
        (["outages", "--from", "now", "--to=-1h"], "--from is not before --to"),
        (["outages", "nobody"], "no check 'nobody'"),
        (["report", "--period", "2026-13"], "2026-13"),
        (["report", "--period", "2026-10", "--from", "now"], "exclude each other"),
        (["report", "--to", "now"], "--to needs --from"),
        (["report", "--period", "2099"], "2099 has not begun: it starts at 2099-01-01T00:00:00Z; ask for an earlier"),
        (["report", "--from", "now"], "--from is not before --to"),
        (["report", "--service", "shpo"], "no service 'shpo'; did you mean 'shop'?"),
        (["report", "--csv", "/nowhere/x.csv"], "/nowhere/x.csv: cannot be written"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_one(office: Office, argv: list[str], complaint: str) -> None:
    """Usage errors are exit code 2 and name the remedy."""
    said = office.probe(*argv)
    assert said.code == Exit.USAGE
    assert complaint in said.err or "expected one argument" in said.err


def test_a_report_judges_every_check_and_misses_are_exit_code_1(office: Office) -> None:
    """Four proven minutes in an hour are more than 99.9 % allows."""
    said = office.probe("report", "--from", FROM, "--to", TO)
    assert said.code == Exit.FAILED
    assert "shop / shop-front" in said.out
    assert "MISSED" in said.out
    assert "4 m proven" in said.out
    assert "the provider or the path to it" in said.out
    (period,) = {line for line in said.out.splitlines() if line.startswith("  period ")}
    assert period.split(maxsplit=1)[1] == "2026-10-01 04:00:30Z to 2026-10-01 04:59:30Z (UTC)"


def test_a_report_as_json_bounds_the_truth(office: Office) -> None:
    """Decimals as text, nothing rounded."""
    document = office.probe("report", "--from", FROM, "--to", TO, "--service", "shop", "--json").document
    (one,) = [found for found in document["assessments"] if found["check"] == "shop-front"]
    assert one["verdict"] == "missed"
    assert (one["downtime"]["low"], one["downtime"]["high"]) == ("240", "360")
    assert document["vantage"] == "office-berlin"
    assert document["tzdata"]


def test_a_report_as_csv_is_a_file(office: Office, tmp_path: Path) -> None:
    """A spreadsheet wants it; stdout still has the report."""
    file = tmp_path / "report.csv"
    said = office.probe("report", "--from", FROM, "--to", TO, "--csv", file)
    assert "shop-front" in file.read_text(encoding="utf-8")
    assert f"wrote {file}" in said.err
    assert "MISSED" in said.out


def test_a_report_as_csv_on_stdout_is_nothing_else(office: Office, tmp_path: Path) -> None:
    """A pipe gets the table alone."""
    file = tmp_path / "report.csv"
    office.probe("report", "--from", FROM, "--to", TO, "--csv", file)
    said = office.probe("report", "--from", FROM, "--to", TO, "--csv", "-")
    assert (said.out, said.err) == (file.read_bytes().decode(), "")
    assert office.probe("report", "--csv", "-", "--json").code == Exit.USAGE


def test_an_own_objective_that_was_missed_is_exit_code_1(office: Office) -> None:
    """The terms may be met while one's own target, beside them, is not."""
    terms = TERMS.read_text(encoding="utf-8").replace('"99.9 %"', '"50 %"')
    (office.folder / "terms.toml").write_text(terms, encoding="utf-8")
    own = '[service.shop]\nagreement = "terms.toml"\nobjective = "99.999 %"\n'
    office.write(CONFIG.partition("[service.shop]")[0] + own)
    said = office.probe("report", "--from", FROM, "--to", TO, "--json")
    assert {one["verdict"] for one in said.document["assessments"]} == {"met"}
    assert "missed" in {one["objective"]["verdict"] for one in said.document["assessments"]}
    assert said.code == Exit.FAILED


def test_a_report_of_the_last_full_period_or_a_named_one(office: Office) -> None:
    """September was not measured, so nothing is claimed of it."""
    said = office.probe("report")
    assert said.code == 0
    assert "2026-09" in said.out
    assert "UNDECIDED" in said.out
    assert "2026-10" in office.probe("report", "--period", "2026-10").out


def test_now_is_what_the_clock_says(office: Office) -> None:
    """The instant is handed in, so a report can be repeated."""
    document = office.probe("report", "--json").document
    assert document["generated_at"] == "2026-10-01T05:00:00Z"
    assert NOW % 1000 == 0
