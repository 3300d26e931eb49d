"""A group on the screens: what follows from its checks, nothing of its own on record."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.office import Office

GROUP = '[[check]]\nname = "{name}"\nkind = "group"\n{more}group.of = {of}\ngroup.at_least = {least}\n'


def gather(office: Office, *groups: tuple[str, list[str], int], more: str = "") -> None:
    """Add groups to the configuration."""
    text = "".join(GROUP.format(name=name, of=of, least=least, more=more) for name, of, least in groups)
    (office.folder / "checks.d" / "50-groups.toml").write_text(text.replace("'", '"'))


def rows(office: Office) -> dict[str, dict[str, Any]]:
    """The checks of `status --json` by name."""
    return {one["name"]: one for one in office.probe("status", "--json").document["checks"]}


def test_a_group_is_up_down_or_unknown_by_its_checks(office: Office) -> None:
    """The page is up, mail has failed once, dual was never tried."""
    gather(
        office,
        ("one", ["shop-front", "mail"], 1),
        ("both", ["shop-front", "mail"], 2),
        ("perhaps", ["mail", "dual/4"], 1),
        ("later", ["dual/4", "dual/6"], 1),
    )
    found = rows(office)
    assert {name: found[name]["state"] for name in ("one", "both", "perhaps", "later")} == {
        "one": "up",
        "both": "down",
        "perhaps": "unknown",
        "later": "pending",
    }
    assert found["both"]["detail"] == "1 of 2 up, at least 2 wanted"
    assert found["one"]["strip"].strip()
    assert found["both"]["since"] is not None


def test_a_group_is_confirmed_when_enough_of_its_checks_are(office: Office) -> None:
    """One failure that may be a lost packet is none of the group's either: status ends well."""
    gather(office, ("both", ["shop-front", "mail"], 2))
    assert office.probe("status", "both").code == 0


def test_outages_of_a_group_are_those_of_its_checks_together(office: Office) -> None:
    """Five minutes of the page bring down what wants both, and nothing that wants one."""
    gather(office, ("one", ["shop-front", "mail"], 1), ("both", ["shop-front", "mail"], 2))
    found = office.probe("outages", "one", "both", "--from", "2026-10-01T00:00:00Z", "--json").document["outages"]
    assert {each["check"] for each in found if each["confirmed"]} == {"both"}


def test_a_report_judges_a_group_and_counts_nothing_twice(office: Office) -> None:
    """As a service of its own: down as long as the page was."""
    (office.config).write_text(office.config.read_text() + '\n[service.pair]\nobjective = "99.9 %"\n')
    gather(office, ("both", ["shop-front", "mail"], 2), more='service = "pair"\n')
    period = ("--from", "2026-10-01T04:00:00Z", "--to", "2026-10-01T05:00:00Z")
    document = office.probe("report", *period, "--service", "pair", "--json").document
    alone = office.probe("report", *period, "--service", "shop", "--json").document
    (group,) = document["assessments"]
    page = next(one for one in alone["assessments"] if one["check"] == "shop-front")
    assert group["downtime"]["low"] == page["downtime"]["low"]


@pytest.mark.parametrize(
    ("group", "complaint"),
    [
        (("g", ["shop-front", "nobody"], 1), '"nobody" does not exist'),
        (("g", ["shop-front", "dual"], 1), "write ['dual/4', 'dual/6']"),
        (("g", ["shop-front"], 1), "name two checks or more"),
        (("g", ["shop-front", "mail"], 3), "3 of 2 is not possible"),
        (("g", ["g", "mail"], 1), '"g" is a group itself'),
    ],
)
def test_a_group_that_cannot_be_is_refused(empty: Office, group: tuple[str, list[str], int], complaint: str) -> None:
    """At start, with the remedy."""
    gather(empty, group)
    said = empty.probe("validate")
    assert (said.code, complaint in said.out) == (2, True), said.out


def test_what_would_count_twice_is_refused(empty: Office) -> None:
    """A check beside its group in one service."""
    gather(empty, ("g", ["shop-front", "mail"], 1), more='service = "shop"\n')
    assert "would count twice" in empty.probe("validate").out


def test_a_group_is_not_probed(office: Office) -> None:
    """`probe check` says where to look."""
    gather(office, ("g", ["shop-front", "mail"], 1))
    assert office.probe("check", "g").code == 2
