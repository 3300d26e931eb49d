"""A log judged again under an agreement of every archetype: rules about requests and metrics find their attempts."""

from __future__ import annotations

import pytest

from probe.cli.exits import Exit
from probe.config import catalogue
from tests.cli.office import Office, down, up
from tests.cli.test_judging import FROM, TO


def one_of_each() -> list[str]:
    """The first agreement of each archetype."""
    found: dict[str, str] = {}
    for agreement, versions in catalogue.published().items():
        found.setdefault(versions[-1].archetype, agreement)
    return [found[archetype] for archetype in sorted(found)]


@pytest.mark.parametrize("agreement", one_of_each())
def test_a_log_is_judged_under_every_archetype(office: Office, agreement: str) -> None:
    """On the screen, as JSON, and side by side; never an internal error."""
    argv = ["report", "--from", FROM, "--to", TO, "--under", agreement]
    said = office.probe(*argv, "--quality")
    assert said.code in {Exit.FINE, Exit.FAILED}, said.err
    assert agreement in said.out
    found = office.probe(*argv, "--json").document["assessments"]
    assert {one["agreement"] for one in found} == {agreement}
    assert office.probe(*argv, "--compare").code in {Exit.FINE, Exit.FAILED}


def test_the_mean_of_error_rates_comes_from_the_attempts_of_the_record(office: Office) -> None:
    """Five failures in a row fill one interval of five minutes, of twelve; the last ones were not measured whole."""
    argv = ["report", "--from", "2026-10-01T04:00:00Z", "--to", "2026-10-01T05:00:00Z", "--under", "aws/s3-standard"]
    found = office.probe(*argv, "--json").document["assessments"]
    front = next(one for one in found if one["check"] == "shop-front")
    assert front["availability"]["high"]["exact"] == "11/12"
    assert front["context"]["failed"] == 5


def test_requests_that_failed_on_our_own_line_are_charged_to_nobody(empty: Office) -> None:
    """With every reference down as well, the mean of error rates stays open: nothing is proven, nothing is met."""
    lost = [*up(40), *down(5), *up(15)]
    empty.record({"shop-front": lost, "ref-a": lost, "ref-b": lost, "ref-c": lost})
    argv = ["report", "--from", "2026-10-01T04:00:00Z", "--to", "2026-10-01T05:00:00Z", "--json"]
    for agreement in ("aws/s3-standard", "google/cloud-storage-regional"):
        found = empty.probe(*argv, "--under", agreement).document["assessments"]
        front = next(one for one in found if one["check"] == "shop-front")
        assert front["downtime"]["low"] == "0"
        assert front["availability"]["high"]["exact"] == "1/1"
        assert front["downtime"]["high"] != "0"
