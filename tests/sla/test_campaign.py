"""The plan of a measuring campaign, and how a condition or symptom reads without words of its own."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from probe.sla.campaign import CAMPAIGNS, instants, planned
from probe.sla.clauses import Predicate, Symptom
from probe.sla.speed import MINUTE_MS, Contract, Throughput, de_fixed
from probe.sla.wallclock import local as at_home
from probe.sla.wallclock import zone


def test_a_planned_campaign_keeps_its_own_protocol() -> None:
    """Thirty measurements made when the plan says are a whole campaign, also over the end of summer time."""
    instants_planned = planned("de_fixed", "2026-10-23")
    found = de_fixed(
        [Throughput(at_ms, 95) for at_ms in instants_planned], Contract(maximum=100, normal=80, minimum=50)
    )
    assert (len(instants_planned), found.is_complete, found.protocol) == (30, True, ())
    assert found.progress == "3 of 3 days done, 30 of 30 measurements valid"


def test_a_day_of_a_campaign_begins_at_nine_and_pauses_after_the_fifth() -> None:
    """A quarter of an hour between two, and three hours more in the middle."""
    of_day = instants(CAMPAIGNS["de_fixed"], date(2026, 10, 23))
    assert at_home(of_day[0], zone("Europe/Berlin")).isoformat() == "2026-10-23T09:00:00"
    apart = [(b - a) // MINUTE_MS for a, b in pairwise(of_day[:10])]
    assert apart == [15, 15, 15, 15, 195, 15, 15, 15, 15]


def test_clauses_without_words_of_their_own_read_as_their_key() -> None:
    """A condition is its comparison, a symptom its kind; the text's words stand where there are some."""
    assert str(Predicate(key="zone_count", op=">=", value="2")) == "zone count: 2 or more"
    assert str(Predicate(key="zones", op=">=", value="2", says="two zones")) == "two zones"
    assert (str(Symptom(kind="no_answer")), str(Symptom(kind="loss", says="more than 5 %"))) == (
        "no answer",
        "more than 5 %",
    )
