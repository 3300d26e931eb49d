"""`probe maintenance import`: whose windows they are, and what a second import does."""

from __future__ import annotations

import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from probe.cli.exits import Exit
from tests.cli.office import Office
from tests.config.test_calendar import ONCE, WEEKLY, calendar

NOTICE = ONCE + "X-MAINTNOTE-PROVIDER:example hosting\nX-MAINTNOTE-IMPACT:OUTAGE"


def listed(office: Office) -> list[dict[str, object]]:
    """The windows on record that are not removed."""
    windows = office.probe("maintenance", "list", "--json").document["windows"]
    return [window for window in windows if window["removed_at"] is None]


def test_a_calendar_is_imported_once_however_often_it_comes(office: Office, tmp_path: Path) -> None:
    """The second time adds nothing; a moved event is removed and added; a cancelled one removed."""
    file = tmp_path / "acme.ics"
    file.write_bytes(calendar(ONCE, WEEKLY))
    argv = ["maintenance", "import", str(file), "--service", "shop"]
    assert office.probe(*argv).out == "7 added, 0 already there, 0 removed, 0 not understood\n"
    assert office.probe(*argv).out == "0 added, 7 already there, 0 removed, 0 not understood\n"
    file.write_bytes(calendar(ONCE.replace("T040000Z", "T050000Z"), WEEKLY + "STATUS:CANCELLED"))
    said = office.probe(*argv, "--json")
    assert said.document == {
        "schema": 1, "added": 1, "same": 0, "removed": 6, "kept": 0, "left_out": ["2@acme: cancelled"], "problems": [],
    }  # fmt: skip
    (window,) = listed(office)
    assert (window["end"], window["source"], window["service"]) == ("2026-10-03T05:00:00Z", "ical", "shop")
    assert (window["uid"], window["after_the_fact"]) == ("1@acme#", False)


def test_an_occurrence_of_the_past_that_a_calendar_no_longer_has_stays_and_is_told(
    office: Office, tmp_path: Path
) -> None:
    """Calendars forget the past, the record does not: only what has not begun is removed."""
    file = tmp_path / "acme.ics"
    argv = ["maintenance", "import", str(file), "--service", "shop"]
    daily = ONCE.replace("20261003", "20260905") + "RRULE:FREQ=DAILY;COUNT="
    file.write_bytes(calendar(daily + "4"))
    said = office.probe(*argv)
    assert said.err == ""
    assert said.out == "4 added, 0 already there, 0 removed, 0 not understood\n"
    file.write_bytes(calendar(daily + "3"))
    kept = "0 added, 3 already there, 0 removed, 1 past occurrence kept, 0 not understood\n"
    assert office.probe(*argv).out == kept
    file.write_bytes(calendar(daily + "2"))
    assert office.probe(*argv, "--json").document["kept"] == 2
    assert len(listed(office)) == 4


def test_a_notice_says_whose_windows_they_are(office: Office, tmp_path: Path) -> None:
    """The provider it names, where that one is configured; else the person has to."""
    file = tmp_path / "notice.ics"
    file.write_bytes(calendar(NOTICE))
    assert office.probe("maintenance", "import", file).code == 0
    (window,) = listed(office)
    assert (window["provider"], window["impact"]) == ("Example Hosting", "outage")
    for event, complaint in ((ONCE, "names no provider"), (NOTICE.replace("example", "other"), "names other hosting")):
        file.write_bytes(calendar(event))
        said = office.probe("maintenance", "import", file)
        assert said.code == Exit.USAGE
        assert complaint in said.err


def test_a_recurring_window_that_reaches_back_is_marked(office: Office) -> None:
    """What began to recur before the day it was entered covers time that was known already."""
    every = ["maintenance", "add", "--every", "FREQ=DAILY", "--from", "03:00", "--lasts", "1h"]
    for starts in ("2026-09-01", "2026-10-01"):
        assert office.probe(*every, "--starts", starts).code == Exit.FINE
    windows = office.probe("maintenance", "list", "--json").document["windows"]
    assert [one["after_the_fact"] for one in windows] == [True, False]


def test_a_window_declared_after_the_fact_is_marked(office: Office, tmp_path: Path) -> None:
    """The record keeps when it was entered."""
    file = tmp_path / "late.ics"
    file.write_bytes(calendar(ONCE.replace("20261003", "20260920")))
    assert office.probe("maintenance", "import", file, "--check", "mail", "--kind", "emergency").code == 0
    (window,) = listed(office)
    assert (window["after_the_fact"], window["kind"], window["checks"]) == (True, "emergency", ["mail"])
    assert "after the fact" in office.probe("maintenance", "list").out


def test_what_cannot_be_read_is_exit_code_1_and_the_rest_is_taken(office: Office, tmp_path: Path) -> None:
    """One line for each event, with the file's name."""
    file = tmp_path / "bad.ics"
    file.write_bytes(calendar(ONCE, "UID:broken"))
    said = office.probe("maintenance", "import", file, "--service", "shop")
    assert said.code == Exit.FAILED
    assert f"{file}: event broken: has no DTSTART" in said.err
    assert said.out.startswith("1 added")


def test_a_calendar_comes_from_a_pipe(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is stdin; a zone for times that name none."""
    day = calendar("UID:d\nDTSTART;VALUE=DATE:20261025\n")
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(day)))
    argv = ["maintenance", "import", "-", "--service", "shop", "--zone", "Europe/Berlin", "--announced-at", "now"]
    assert office.probe(*argv).code == 0
    (window,) = listed(office)
    assert (window["start"], window["announced_at"]) == ("2026-10-24T22:00:00Z", "2026-10-01T05:00:00Z")


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["nowhere.ics", "--service", "shop"], "nowhere.ics: cannot be read"),
        (["nowhere.ics", "--service", "shpo"], '"shop"'),
        (["nowhere.ics", "--service", "shop", "--zone", "Mars"], "--zone:"),
    ],
)
def test_a_wrong_import_says_what_is_wrong(office: Office, argv: list[str], complaint: str) -> None:
    """Usage errors are exit code 2."""
    said = office.probe("maintenance", "import", *argv)
    assert said.code == Exit.USAGE
    assert complaint in said.err


def test_a_long_series_travels_in_several_requests(office: Office, tmp_path: Path) -> None:
    """An event is never torn."""
    file = tmp_path / "daily.ics"
    rule = "DTSTART:20261001T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    file.write_bytes(calendar(*(f"UID:{number}\n{rule}" for number in range(3))))
    assert office.probe("maintenance", "import", file, "--service", "shop").out.startswith("1,2")
    assert office.probe("maintenance", "import", file, "--service", "shop").out.startswith("0 added, 1,2")
