"""`probe ticket`: entered, completed, withdrawn, and shown with the outage it is about."""

from __future__ import annotations

import sqlite3

import pytest

from probe.cli.exits import Exit
from probe.cli.person import person
from tests.cli.office import Office
from tests.cli.test_judging import FROM, TO

OPENED = "2026-10-01T04:41:00Z"


def test_a_ticket_is_entered_completed_and_listed(office: Office) -> None:
    """Two entries make one ticket; the record keeps both, with when and by whom."""
    said = office.probe("ticket", "add", "shop", "A-1", "--opened", OPENED, "--note", "line 2")
    assert (said.code, said.out) == (0, "ticket A-1 of service shop is entered\n")
    said = office.probe("ticket", "add", "shop", "A-1", "--answered", "2026-10-01T04:50:00Z")
    assert said.out == "ticket A-1 of service shop is completed\n"
    (one,) = office.probe("ticket", "list", "--json").document["tickets"]
    assert (one["opened_at"], one["answered_at"], one["closed_at"]) == (OPENED, "2026-10-01T04:50:00Z", None)
    assert (one["entries"], one["note"], one["entered_by"], one["withdrawn"]) == (2, "line 2", person(), False)
    shown = office.probe("ticket", "list", "--service", "shop").out
    assert "A-1" in shown
    assert "2 entries" in shown
    connection = sqlite3.connect(office.database)
    assert connection.execute("SELECT number, entered_by FROM tickets").fetchall() == [("A-1", person())] * 2
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        connection.execute("DELETE FROM ticket")
    connection.close()


def test_a_ticket_stands_with_its_outage(office: Office) -> None:
    """In outages and in the report, by when it was opened or by the outage it names."""
    office.probe("ticket", "add", "shop", "A-1", "--opened", OPENED, "--check", "shop-front")
    office.probe("ticket", "add", "shop", "B-2", "--opened", "now", "--outage", OPENED, "--closed", "now")
    front, mail = office.probe("outages", "--json").document["outages"]
    assert [ticket["number"] for ticket in front["tickets"]] == ["A-1", "B-2"]
    assert [ticket["number"] for ticket in mail["tickets"]] == []
    assert "A-1, B-2" in office.probe("outages").out
    found = office.probe("report", "--from", FROM, "--to", TO, "--json").document["assessments"]
    (outage,) = next(one for one in found if one["check"] == "shop-front")["outages"]
    assert [ticket["number"] for ticket in outage["tickets"]] == ["A-1", "B-2"]


def test_a_withdrawn_ticket_stays_on_record_and_leaves_its_outage(office: Office) -> None:
    """It was there; it no longer counts."""
    office.probe("ticket", "add", "shop", "A-1", "--opened", OPENED)
    assert office.probe("ticket", "add", "shop", "A-1", "--withdraw").out.endswith("is withdrawn\n")
    assert "A-1 (withdrawn)" in office.probe("ticket", "list").out
    assert office.probe("outages", "shop-front", "--json").document["outages"][0]["tickets"] == []


def test_the_first_entry_is_opened_now_and_works_before_there_is_a_record(empty: Office) -> None:
    """Somebody calls the provider before the agent ever ran."""
    assert empty.probe("ticket", "add", "shop", "A-1", "--outage", OPENED).code == 0
    (one,) = empty.probe("ticket", "list", "--json").document["tickets"]
    assert (one["opened_at"], one["outage_at"], one["entries"]) == ("2026-10-01T05:00:00Z", OPENED, 1)
    assert "the outage at 2026-10-01 04:41:00Z" in empty.probe("ticket", "list").out


def test_no_ticket_is_no_table(office: Office) -> None:
    """Nothing is said as nothing."""
    assert office.probe("ticket", "list").out == "No tickets are recorded.\n"


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["shpo", "1"], "did you mean 'shop'?"),
        (["shop", " "], "NUMBER: empty"),
        (["shop", "1", "--opened", "+1h"], "--opened: lies in the future"),
        (["shop", "1", "--opened", "now", "--answered", "2026-10-01T04:00:00Z"], "answered before it was opened"),
        (["shop", "1", "--opened", "now", "--closed", "2026-10-01T04:00:00Z"], "closed before it was opened"),
        (["shop", "1", "--check", "nobody"], "--check: no check 'nobody' in shop"),
    ],
)
def test_a_ticket_that_is_not_possible_says_why(office: Office, argv: list[str], complaint: str) -> None:
    """And nothing is entered."""
    said = office.probe("ticket", "add", *argv)
    assert said.code == Exit.USAGE
    assert complaint in said.err
    assert office.probe("ticket", "list", "--json").document["tickets"] == []
    assert office.probe("ticket", "list", "--service", "shpo").code == Exit.USAGE
