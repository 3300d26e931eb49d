"""Commands that read and change the record: log, pause, maintenance, import, export."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path

import pytest

from probe.cli.exits import Exit
from probe.cli.person import person
from probe.store.reader import open_reader
from tests.cli.office import CHECKS, NOW, VANTAGE, Office, down, up

AROUND = "2026-10-01T04:40:15Z"


def test_the_log_shows_the_last_outcomes_oldest_first(office: Office) -> None:
    """The way back from a figure to what was seen."""
    said = office.probe("log", "mail", "--last", "3")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].split() == ["SENT", "STATE", "LATENCY", "REASON"]
    assert [line.split()[2] for line in lines[1:4]] == ["up", "up", "down"]
    assert lines[3].startswith("2026-10-01 04:59:30.000Z  down         —  refused")


def test_the_log_goes_to_an_instant(office: Office) -> None:
    """Both sides of it are shown, in order."""
    said = office.probe("log", "shop-front", "--around", AROUND, "--last", "2", "--json")
    assert [one["state"] for one in said.document["outcomes"]] == ["up", "up", "down", "down"]
    assert said.document["schema"] == 1
    first = said.document["outcomes"][2]
    assert first["at"] == "2026-10-01T04:40:30Z"
    assert (first["reason"], first["latency_ms"], first["origin"]) == ("refused", None, "grid")


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["shopfront"], "no check 'shopfront'; did you mean 'shop-front'?"),
        (["shop"], "'shop' is more than one check; name one of shop-front, mail"),
        (["dual"], "'dual' is more than one check; name one of dual/4, dual/6"),
        (["mail", "--last", "0"], '--last: "0" is not a count'),
        (["mail", "--around", "yesterday"], '--around: "yesterday" is not an instant'),
        (["mail", "--around", "2026-10-01T04:00:00"], "has no offset"),
        (["mail", "--around", "+2 parsecs"], "is not a span of time"),
    ],
)
def test_a_log_that_is_not_possible_says_why(office: Office, argv: list[str], complaint: str) -> None:
    """Usage errors name the option and the remedy."""
    said = office.probe("log", *argv)
    assert said.code == Exit.USAGE
    assert said.out == ""
    assert complaint in said.err


def test_a_former_name_leads_to_the_present_one(office: Office) -> None:
    """The history went along; a likeness to another check must not lead astray."""
    office.write(checks=CHECKS.replace('= "mail"', '= "mai"\nrenamed_from = "mail"'))
    office.record({"mai": up(1)}, until_ms=NOW)
    assert "no check 'mail'; its name is 'mai' now" in office.probe("log", "mail").err
    assert len(office.probe("log", "mai", "--json").document["outcomes"]) == 20


def test_a_check_without_outcomes_has_an_empty_log(office: Office) -> None:
    """Nothing is an answer."""
    assert office.probe("log", "dual/4").out == "No outcomes recorded there.\n"


def test_without_a_record_reading_says_how_to_begin(empty: Office) -> None:
    """The first thing that a new user may type."""
    said = empty.probe("log", "mail")
    assert said.code == Exit.AGENT
    assert "there is no database" in said.err
    assert "probe run" in said.err


def test_a_pause_is_recorded_and_ended(office: Office) -> None:
    """The record keeps who, until when and why; `dual` is two checks."""
    said = office.probe("pause", "dual", "--for", "2h", "--reason", "moving house")
    assert said.code == 0
    assert said.out.splitlines() == [
        "dual/4 is paused until 2026-10-01 07:00:00Z",
        "dual/6 is paused until 2026-10-01 07:00:00Z",
    ]
    assert office.probe("pause", "mail").out == "mail is paused until `probe resume`\n"
    assert office.probe("resume", "mail").out == "mail is probed again\n"
    assert office.probe("resume", "mail").out == "mail is not paused\n"
    with open_reader(office.database) as reader:
        pauses = {one.key: one for one in reader.pauses(VANTAGE)}
    assert set(pauses) == {"dual/4", "dual/6", "mail"}


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["pause", "nobody"], "no check 'nobody'"),
        (["pause", "mail", "--for", "soon"], '--for: "soon" is not a span of time'),
        (["resume", "nobody"], "no check 'nobody'"),
    ],
)
def test_a_pause_that_is_not_possible_says_why(office: Office, argv: list[str], complaint: str) -> None:
    """A typo does not pause anything."""
    said = office.probe(*argv)
    assert said.code == Exit.USAGE
    assert complaint in said.err


def test_a_window_is_declared_listed_and_taken_back(office: Office) -> None:
    """The list keeps what was removed: the record forgets nothing."""
    added = office.probe(
        "maintenance",
        "add",
        "--service",
        "shop",
        "--start",
        "now",
        "--end",
        "+2h",
        "--reason",
        "kernel",
        "--announced-at",
        "2026-09-28T00:00:00Z",
        "--kind",
        "emergency",
    )
    assert added.code == 0
    assert added.out == "window 1: service shop, 2026-10-01 05:00:00Z to 2026-10-01 07:00:00Z\n"
    (listed,) = office.probe("maintenance", "list", "--json").document["windows"]
    assert listed["service"] == "shop"
    assert (listed["start"], listed["end"]) == ("2026-10-01T05:00:00Z", "2026-10-01T07:00:00Z")
    assert (listed["kind"], listed["reason"], listed["source"]) == ("emergency", "kernel", "typed")
    assert (listed["entered_by"], listed["entered_at"]) == (person(), "2026-10-01T05:00:00Z")
    assert office.probe("maintenance", "remove", "1").code == 0
    assert "REMOVED" in office.probe("maintenance", "list").out
    again = office.probe("maintenance", "remove", "1")
    assert again.code == Exit.USAGE
    assert "no window 1" in again.err


def test_options_of_all_commands_stand_anywhere(office: Office) -> None:
    """Also after a deed's name; a document is asked for before or after it."""
    config = str(office.config)
    assert office.probe("maintenance", "list", "--config", config, "--no-color", "-v").code == 0
    assert office.probe("maintenance", "--json", "list").document["windows"] == []
    assert office.probe("maintenance", "list", "--json").document["windows"] == []
    assert office.probe("sla", "--json", "list").document == office.probe("sla", "list", "--json").document
    said = office.probe("maintenance", "--json", "remove", "1")
    assert (said.code, "only `probe maintenance list`" in said.err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["outages"], "--from"),
        (["outages"], "--to"),
        (["report"], "--from"),
        (["log", "mail"], "--around"),
        (["export"], "--to"),
        (["maintenance", "add"], "--start"),
        (["maintenance", "add"], "--announced-at"),
    ],
)
def test_a_time_before_now_is_written_with_an_equals_sign(office: Office, command: list[str], option: str) -> None:
    """The shell's words cannot tell -1h from an option, so the remedy is named."""
    said = office.probe(*command, option, "-1h")
    assert said.code == Exit.USAGE
    assert f"write a time before now as {option}=-1h" in said.err


def test_a_recurring_window_is_read_as_in_a_file(office: Office) -> None:
    """The same rules for both ways in."""
    said = office.probe(
        "maintenance",
        "add",
        "--check",
        "mail",
        "--check",
        "dual",
        "--every",
        "FREQ=WEEKLY;BYDAY=SU",
        "--from",
        "03:00",
        "--lasts",
        "30m",
        "--zone",
        "Europe/Berlin",
        "--starts",
        "2026-01-11",
        "--until",
        "2026-12-31",
    )
    assert said.code == 0, said.err
    (window,) = office.probe("maintenance", "list", "--json").document["windows"]
    assert window["checks"] == ["mail", "dual"]
    assert (window["every"], window["from"], window["lasts"]) == ("FREQ=WEEKLY;BYDAY=SU", "03:00", "1800")
    assert (window["zone"], window["starts"], window["until"]) == ("Europe/Berlin", "2026-01-11", "2026-12-31")


@pytest.mark.parametrize(
    ("argv", "complaints"),
    [
        ([], ["neither start and end nor every"]),
        (["--start", "now"], ["--end: missing"]),
        (["--start", "+2h", "--end", "now"], ["--end: not after start"]),
        (["--start", "soon", "--end", "later"], ["--start: ", "--end: "]),
        (["--service", "shpo", "--start", "now", "--end", "+1h"], ["--service:", '"shop"']),
        (["--check", "nobody", "--start", "now", "--end", "+1h"], ["--check:"]),
        (["--every", "FREQ=WEEKLY", "--from", "25:00", "--lasts", "x"], ["--from:", "--lasts:"]),
        (
            ["--every", "FREQ=WEEKLY", "--from", "03:00", "--lasts", "1h", "--starts", "tomorrow"],
            ["--starts:", "not a day"],
        ),
        (["--start", "99999-01-01T00:00:00Z", "--end", "+1h"], ["--start:"]),
        (["--start", "0001-01-01T00:00:00+14:00", "--end", "+1h"], ["--start:", "out of range"]),
    ],
)
def test_a_window_that_is_not_possible_says_all_that_is_wrong(
    office: Office, argv: list[str], complaints: list[str]
) -> None:
    """Every problem at once, under the option's name."""
    said = office.probe("maintenance", "add", *argv)
    assert said.code == Exit.USAGE
    assert all(complaint in said.err for complaint in complaints), said.err
    assert "no maintenance windows" in office.probe("maintenance", "list").out.lower()


def test_what_is_exported_is_imported_unchanged(office: Office, tmp_path: Path) -> None:
    """Our own export comes in as the same samples, so a second import adds nothing."""
    file = tmp_path / "out.jsonl"
    said = office.probe("export", "--output", file)
    assert (said.code, said.out) == (0, "")
    assert f"240 outcomes written to {file}" in said.err
    again = office.probe("import", file)
    assert (again.code, again.out) == (0, "0 added, 240 already there, 0 refused, 0 contradictions, 0 bad lines\n")


def test_an_export_of_csv_has_a_header_and_only_what_was_asked_for(office: Office) -> None:
    """A spreadsheet opens it; --from and --to bound it."""
    said = office.probe(
        "export", "mail", "--format", "csv", "--from", "2026-10-01T04:50:00Z", "--to", "2026-10-01T04:52:00Z"
    )
    assert said.code == 0
    assert said.out.splitlines()[0].startswith("check,at,state,latency_ms,reason")
    assert len(said.out.splitlines()) == 3
    assert "2 outcomes written" in said.err
    assert office.probe("export", "mail", "-o", "-", "--to", "2026-10-01T00:00:00Z").code == 0
    assert office.probe("export", "mail", "-o", "-").out == office.probe("export", "mail").out != ""


def test_an_export_to_csv_by_name_and_never_over_a_file(office: Office, tmp_path: Path) -> None:
    """Nothing that exists is overwritten, and a failed export leaves no half file."""
    file = tmp_path / "out.csv"
    assert office.probe("export", "mail", "-o", file).code == 0
    assert file.read_text().startswith("check,at")
    said = office.probe("export", "mail", "-o", file)
    assert (said.code, "exists" in said.err) == (Exit.USAGE, True)
    said = office.probe("export", "mail", "-o", tmp_path / "no" / "where.csv")
    assert (said.code, "cannot be written" in said.err) == (Exit.USAGE, True)
    assert list(tmp_path.glob("*.part")) == []


def test_what_only_the_record_knows_is_shown_and_exported(office: Office, tmp_path: Path) -> None:
    """A check that was imported and never configured has a log, and a plain export leaves nothing out."""
    file = tmp_path / "in.jsonl"
    rows = [{"check": "newc", "at": f"2026-09-30T04:1{n}:00Z", "state": "up"} for n in range(3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert office.probe("import", file).code == 0
    assert len(office.probe("log", "newc", "--json").document["outcomes"]) == 3
    assert "0 outages" in office.probe("outages", "newc", "--from", "2026-09-30T00:00:00Z").out
    assert "243 outcomes written" in office.probe("export").err
    misspelt = office.probe("log", "nwec")
    assert (misspelt.code, "did you mean 'newc'?" in misspelt.err) == (Exit.USAGE, True)


LINES: list[dict[str, object]] = [
    {"check": "mail", "at": "2026-09-30T04:10:00Z", "state": "down", "latency_ms": None, "reason": "timeout"},
    {"check": "mail", "at": "2026-09-30T04:11:00Z", "state": "up", "latency_ms": 12.5},
]


def test_outcomes_come_in_from_json_lines(office: Office, tmp_path: Path) -> None:
    """Counted, and twice is once; a contradiction is listed."""
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    assert office.probe("import", file).out == "2 added, 0 already there, 0 refused, 0 contradictions, 0 bad lines\n"
    assert office.probe("import", file, "--json").document["same"] == 2
    file.write_text(json.dumps(LINES[1] | {"state": "down", "latency_ms": None}) + "\n")
    said = office.probe("import", file)
    assert "1 contradiction," in said.out
    assert "contradicts what is recorded, now unknown" in said.err


def test_bad_lines_are_located_and_the_good_ones_taken(office: Office, tmp_path: Path) -> None:
    """One bad line in a year of history does not cost the year."""
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps(LINES[0]) + "\nnonsense\n" + json.dumps(LINES[1] | {"state": "maybe"}) + "\n")
    said = office.probe("import", file)
    assert said.code == Exit.FAILED
    assert f"{file}: line 2: is not JSON" in said.err
    assert f"{file}: line 3: state 'maybe' is not one of" in said.err
    assert "1 added" in said.out
    assert "2 bad lines" in said.out


def test_an_outcome_of_the_future_is_refused_by_name(office: Office, tmp_path: Path) -> None:
    """Which one, and why: on stderr, and in the document."""
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in (*LINES, LINES[0] | {"at": "2027-01-01T00:00:00Z"})))
    said = office.probe("import", file)
    assert said.code == Exit.FAILED
    assert f"{file}: mail at 2027-01-01T00:00:00Z: later than now" in said.err
    assert "1 refused: later than now, 0 contradictions" in said.out
    document = office.probe("import", file, "--json").document
    assert document["refused"] == 1
    assert document["refusals"] == ["mail at 2027-01-01T00:00:00Z: later than now"]


def test_a_strict_import_takes_all_or_nothing(office: Office, tmp_path: Path) -> None:
    """For scripts that would rather know."""
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps(LINES[0]) + "\n" + "nonsense\n" * 200)
    said = office.probe("import", file, "--strict")
    assert said.code == Exit.USAGE
    assert "nothing was imported" in said.err
    assert "and 100 more bad lines" in said.err
    assert office.probe("export", "mail", "--to", "2026-10-01T00:00:00Z").out == ""


def test_csv_comes_in_from_a_pipe(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is stdin; a check that is not configured is taken with the interval given."""
    monkeypatch.setattr(sys, "stdin", StringIO("check,at,state\nold,2026-09-30T04:10:00Z,up\n"))
    said = office.probe("import", "-", "--format", "csv", "--interval", "60s")
    assert (said.code, said.out.split(",")[0]) == (0, "1 added")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("nowhere.jsonl", None, "cannot be read"),
        ("latin.jsonl", b"\xff\xfe", "not UTF-8"),
        ("in.csv", b"check,at\n", "the header lacks state"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    office: Office, tmp_path: Path, name: str, content: bytes | None, complaint: str
) -> None:
    """No traceback for what people hand in."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    said = office.probe("import", tmp_path / name)
    assert said.code in {Exit.USAGE, Exit.FAILED}
    assert complaint in said.err


def test_hostile_text_in_the_record_reaches_no_terminal(empty: Office) -> None:
    """Remote text is shown escaped on stdout, in JSON and in exports."""
    empty.record({"mail": [*up(1), *down(1, "\x1b]52;c;ZXZpbA==\x07\u202e\x7f")]})
    for argv in (["log", "mail"], ["log", "mail", "--json"], ["export", "mail"]):
        out = empty.probe(*argv).out
        assert all(char.isprintable() or char == "\n" for char in out)


def test_an_export_of_swapped_instants_is_refused(office: Office) -> None:
    """Nothing at all would otherwise pass for all that there is."""
    said = office.probe("export", "--from=now", "--to=-1h", "--output", "-")
    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "--from is not before --to; swap them" in said.err
