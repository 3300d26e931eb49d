"""`probe plan` on a record and before there is one."""

from __future__ import annotations

import pytest

from probe.cli.exits import Exit
from tests.cli.office import CHECKS, CONFIG, Office


def test_a_plan_of_an_objective_of_three_nines(office: Office) -> None:
    """October of 99.9 %: 2678.4 s, one outage leaves 65 s open, and the minute's grid decides."""
    said = office.probe("plan", "--json", "--unknown", "1s")
    assert (said.code, said.err) == (0, "")
    front = next(plan for plan in said.document["plans"] if plan["check"] == "shop-front")
    assert (front["budget"], front["outages"], front["seen"]) == ("2678.4", 1, 1)
    assert (front["unknown"], front["width"], front["can_decide"]) == ("1", "66", True)
    assert front["largest_interval"] == "2672.4"
    assert front["schedule"]["confirmation"] == "12"
    assert [row["outages"] for row in front["by_outages"]] == [1, 2, 5, 10]
    assert next(each for each in front["chances"] if each["lasting"] == "30")["seen"]["exact"] == "1/2"
    assert front["agent_may_be_off"]["without_outages"] == "2318.4"


def test_a_plan_on_the_screen(office: Office) -> None:
    """In words: whether it decides, and up to which interval."""
    said = office.probe("plan", "shop", "--outages", "2", "--unknown", "10s")
    assert said.code == 0
    assert "shop / shop-front" in said.out
    assert "leave 2 m 20 s open, 10 s of it unknown time" in said.out
    assert "yes; up to an interval of" in said.out


def test_a_plan_needs_no_record(empty: Office) -> None:
    """Before the fact: the same arithmetic with nothing seen; nothing is written."""
    said = empty.probe("plan", "--json", "--unknown", "1s")
    assert said.code == 0
    assert {plan["seen"] for plan in said.document["plans"]} == {0}
    assert not empty.database.exists()


def test_a_schedule_that_cannot_decide_is_exit_code_1(empty: Office) -> None:
    """Ten outages at 99.999 % need an interval that a minute is not."""
    empty.write(CONFIG.replace("99.9 %", "99.999 %"))
    said = empty.probe("plan", "--outages", "10", "--unknown", "1s")
    assert said.code == Exit.FAILED
    assert "no, and no interval would" in said.out
    said = empty.probe("plan", "--outages", "1", "--unknown", "1s", "--share", "100", "--lasting", "7m")
    assert "no; an interval of at most 20.7 s would" in said.out
    assert "7 m" in said.out


def test_nothing_promised_is_nothing_to_plan(empty: Office) -> None:
    """A service without terms and objective has no budget."""
    empty.write(CONFIG.replace('objective = "99.9 %"', ""), CHECKS)
    assert "Nothing to plan" in empty.probe("plan").out


@pytest.mark.parametrize("agreement", ["tw-telecom/internet", "cogent/dedicated-internet"])
def test_terms_that_count_otherwise_are_planned_without_a_budget(empty: Office, agreement: str) -> None:
    """Neither a credit for each event nor a promise of packet loss has seconds to spare."""
    empty.write(CONFIG.replace('objective = "99.9 %"', f'agreement = "{agreement}"'))
    said = empty.probe("plan", "--unknown", "1s")
    assert said.code == 0
    assert "shop / shop-front" in said.out
    assert "none in time: the terms count otherwise" in said.out


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["shpo"], "did you mean 'shop'?"),
        (["--outages", "0"], "--outages: 0 is out of range"),
        (["--unknown", "soon"], "--unknown:"),
        (["--lasting", "5"], "--lasting:"),
        (["--share", "200"], "--share:"),
    ],
)
def test_a_wish_that_cannot_be_planned_says_so(empty: Office, argv: list[str], complaint: str) -> None:
    """Usage errors are exit code 2 and name the option."""
    said = empty.probe("plan", *argv)
    assert said.code == Exit.USAGE
    assert complaint in said.err
