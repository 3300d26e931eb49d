"""The report as a page: what it says, that nothing in it can act, and that it is the same every time."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import pytest

from probe.html import charts
from probe.html.report import Exhibit, report_html
from probe.model import Cause
from probe.sla.assessment import (
    Bounds,
    Claim,
    Credit,
    Exclusion,
    Measured,
    PeriodSpan,
    Promise,
    Reading,
    Resolution,
    Stretch,
    Verdict,
    Why,
)
from probe.sla.interval import Intervals
from tests.html.exhibits import HEADER, HOUR, MINUTE, exhibit, known, picture
from tests.view.builders import DAY, NOVEMBER, NOW, OCTOBER, SLOW_LINE, outage

HOSTILE = "</title><img src=x onerror=alert(1)>\x1b[31m\u202e$\\alpha$\n{{ 7*7 }}"


class Tags(HTMLParser):
    """Every element of a page with its attributes, and the text."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.text += data


def page(*exhibits: Exhibit) -> str:
    """The report of these."""
    return report_html(HEADER, exhibits, lambda _: None)


def words_of(text: str) -> str:
    """The text of a page on one line, its spaces plain."""
    return " ".join(Tags(text).text.replace("\u00a0", " ").split())


def test_the_page_says_what_decides() -> None:
    """Verdict, promise, figures, windows, credit, claim, and what is not proven, in words."""
    said = words_of(page(exhibit()))
    for part in (
        "DigitalOcean promised availability ≥ 99.99 %. In 2026-10 that was missed: 11 m of downtime are proven,"
        " 4 m 27.84 s were allowed.",
        "99.970–99.975 %, best estimate 99.974 %",
        "11 m proven, best estimate 11 m 32.5 s, at most 12 m 5 s",
        "refused: announced too late",
        "24.00 USD (row < 99.99 % → 100 %)",
        "missing: a ticket number",
        "the provider or the path to it",
        "What this does not prove",
        "1 m of unknown time",
        "the terms let the provider's own monitor decide",
        "the provider's page (seen)",
        "How this was measured and decided",
    ):
        assert part in said, part


def test_every_chart_speaks() -> None:
    """Each has a title and a description of its own, and figures behind it where they are many."""
    found = Tags(page(exhibit(), exhibit(service="mail", check=None)))
    charts = [about for tag, about in found.tags if tag == "svg"]
    assert len(charts) == 2 * 5 + 1
    ids = [about["id"] for _, about in found.tags if about.get("id")]
    assert len(ids) == len(set(ids))
    assert all(set((about["aria-labelledby"] or "").split()) <= set(ids) for about in charts)
    assert sum(tag == "details" for tag, _ in found.tags) == 2 * 3


def test_nothing_in_the_page_can_act_or_ask() -> None:
    """No script, no address to fetch, no style from elsewhere; and a policy that forbids it."""
    text = page(exhibit(service=HOSTILE, check=HOSTILE, provider=HOSTILE, notes=(HOSTILE,)))
    found = Tags(text)
    assert {"script", "img", "iframe", "link", "object", "form", "base"} & {tag for tag, _ in found.tags} == set()
    for _, about in found.tags:
        assert [name for name in about if name.startswith("on")] == []
        assert (about.get("href") or "#").startswith("#")
        assert (about.get("xlink:href") or "#").startswith("#")
    assert "default-src 'none'" in text
    assert re.search(r"@import|url\((?!#)", text) is None
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "49" not in words_of(page(exhibit(service="{{ 7*7 }}"))).partition("At a glance")[2][:60]


def test_the_same_input_gives_the_same_bytes() -> None:
    """So that two who have the record can compare."""
    assert page(exhibit()) == page(exhibit())


@pytest.mark.parametrize("number", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_bad_services_are_small_enough_to_mail(number: int) -> None:
    """An outage every other hour all month long at every one of twenty is at most 1.5 MB."""
    bad = known(
        down=[(at_ms, at_ms + 20 * MINUTE) for at_ms in range(OCTOBER, NOVEMBER, 2 * HOUR)],
        maybe=[(at_ms + HOUR, at_ms + HOUR + MINUTE) for at_ms in range(OCTOBER, NOVEMBER, 5 * HOUR)],
        unknown=[(at_ms, at_ms + HOUR) for at_ms in range(OCTOBER + 90 * MINUTE, NOVEMBER, 7 * HOUR)],
    )
    one = picture(bad, Intervals.span(NOW, NOW + DAY))
    begun = [OCTOBER + place * HOUR for place in range(50 if number < 20 else 372)]
    listed = tuple(outage(start_earliest_ms=at_ms, start_latest_ms=at_ms) for at_ms in begun)
    found = page(*(exhibit(one, service=f"service-{place}", outages=listed) for place in range(number)))
    assert ("322 more are in the report’s JSON" in found) == (number == 20)
    assert len(found.encode()) <= 1_500_000 * number // 20


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            {"verdict": Verdict.MET},
            "In 2026-10 that was met, for outages of at least 2 m: 11 m of downtime are proven, 4 m 27.84 s were",
        ),
        (
            {"verdict": Verdict.UNDECIDED, "reason": Why.COVERAGE},
            "undecided, since too much of the time is unknown: between 11 m and 12 m 5 s of downtime fit the record",
        ),
        (
            {"promise": None, "availability": None, "line": SLOW_LINE, "budget_ms": None, "budget_left": None},
            "Promised: download speed, as the contract states it; 3 of 3 days done, 30 of 30 measurements valid. "
            "By the rule de_fixed that was missed in 2026-10",
        ),
        ({"promise": None, "availability": None}, "Nothing was promised; the figures stand by themselves."),
        (
            {"period": PeriodSpan(OCTOBER, NOVEMBER, "UTC", "2026-10", False)},
            "The period still runs: this is how it stands, not how it ends.",
        ),
        (
            {
                "promise": Promise("round_trip", "<=", Fraction(45)),
                "measured": Measured("ms", Fraction(12), Fraction(13), None, 5000),
                "budget_ms": None,
                "budget_left": None,
                "availability": None,
                "verdict": Verdict.MET,
            },
            "round_trip ≤ 45 ms. In 2026-10 that was met: measured at least 12.000 ms, not bounded by the log",
        ),
        ({"claim": Claim("2026-11-30", ("a ticket",), ())}, "to be claimed by 2026-11-30; the terms ask for a ticket"),
        ({"credit": None, "claim": None, "objective": None}, "that was missed"),
        (
            {"resolution": Resolution(0, None, None), "unknown_ms": 0, "verdict": Verdict.MET},
            "that was met: 11 m of downtime are proven",
        ),
        ({"outages": (outage(is_confirmed=False, gap_ms=MINUTE),)}, "Suspects: failures that were not confirmed"),
        ({"outages": (outage(end_earliest_ms=None, end_latest_ms=None),)}, "goes on — 4 m 12"),
        ({"outages": (), "exclusions": (), "stretches": ()}, "None was confirmed in this period."),
        (
            {"stretches": tuple(Stretch(NOW + i, NOW + i + 1, Cause.OWN_NETWORK) for i in range(45))},
            "5 more are in the report’s JSON.",
        ),
    ],
)
def test_the_headline_follows_the_verdict(more: dict[str, Any], says: str) -> None:
    """Each ending has its own sentence, with the figures that decide it."""
    assert says in words_of(page(exhibit(**more)._replace(picture=None)))


def test_what_was_never_measured_has_no_charts() -> None:
    """A service without a record is a page of words."""
    found = exhibit(availability=None)
    document = {**found.document, "context": None}
    text = page(found._replace(picture=None, document=document))
    assert "<svg" not in text
    assert "seen from office-berlin" in words_of(text)


def test_no_service_is_said_to_be_none() -> None:
    """An empty configuration is not an empty page."""
    assert "Nothing to judge" in words_of(page())


def test_charts_follow_the_page_into_the_dark() -> None:
    """No colour is fixed in a drawing: all are variables of the style sheet."""
    text = page(exhibit())
    sheet = text.partition("<style>")[2].partition("</style>")[0]
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    drawn += "".join(line for line in sheet.splitlines() if line.startswith("svg .d"))
    assert "fill: var(--text)" in drawn
    assert re.findall(r"(?:fill|stroke)(?:: |=\")#[0-9a-f]+", drawn) == []
    assert set(re.findall(r"var\((--\w+)\)", drawn)) <= set(re.findall(r"(--\w+):", sheet))


@pytest.mark.parametrize(("days", "labels"), [(1, ["01 Oct"]), (7, ["01 Oct", "07"]), (92, ["Nov", "Dec"])])
def test_periods_of_any_length_are_labelled(days: int, labels: list[str]) -> None:
    """A day, a week, and months where days would not fit."""
    line = known(start_ms=OCTOBER, end_ms=OCTOBER + days * DAY)
    drawn = page(exhibit(picture(line)))
    written = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert set(labels) <= set(written)


def test_a_window_that_was_entered_after_the_fact_is_marked() -> None:
    """With when and by whom, as on the screen; the other one is not."""
    late = Exclusion(NOW, NOW + MINUTE, "scheduled_maintenance", "numerator", 60_000, None, 1, NOW + HOUR, "ada")
    before = late._replace(entered_at_ms=NOW - HOUR, entered_by="bob")
    said = words_of(page(exhibit(exclusions=(late, before))))
    assert said.count("entered after the fact") == 1
    assert "by ada" in said
    assert "bob" not in said


def test_readings_that_agree_are_one_sentence() -> None:
    """Forty-eight rows of one verdict tell no more; where a verdict or a credit differs each is shown."""
    bounds = Bounds(Fraction(999, 1000), None, Fraction(9995, 10_000))
    owed = Credit(Decimal("1.00"), Decimal("2.00"), "EUR", "a row")
    same = [Reading("maintenance; edge", f"way {i}", Verdict.MISSED, None, bounds, owed) for i in range(48)]
    said = words_of(page(exhibit(readings=tuple(same))))
    assert (
        "All 48 come to the same: missed, availability 99.900–99.950 %, credit 1.00 to 2.00 EUR."
        " Open in the text: maintenance, edge."
    ) in said
    assert "way 7" not in said
    other = same[0]._replace(credit=owed._replace(possible=Decimal("1.00")))
    differing = words_of(page(exhibit(readings=(*same[1:], other))))
    assert "way 7" in differing
    assert "1.00 EUR" in differing
    unpaid = words_of(page(exhibit(readings=tuple(each._replace(credit=None) for each in same))))
    assert "availability 99.900–99.950 %. Open in the text" in unpaid


@pytest.mark.parametrize(
    ("values", "alone"), [([None], []), ([1.0], [0]), ([1.0, None, 2.0, 3.0, None, 4.0], [0, 5]), ([1.0, 2.0], [])]
)
def test_a_slice_without_a_neighbour_is_a_dot(values: list[float | None], alone: list[int]) -> None:
    """A line would not show it: the latency of a short period would be an empty chart."""
    assert charts.alone(values) == alone


@pytest.mark.parametrize(
    ("minutes", "labels"),
    [
        (1, ["00:00:00\n01 Oct", "00:00:10", "00:00:20", "00:00:30", "00:00:40", "00:00:50"]),
        (35, ["00:00\n01 Oct", "00:05", "00:10", "00:15", "00:20", "00:25", "00:30"]),
        (24 * 60, ["00:00\n01 Oct", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]),
    ],
)
def test_a_short_period_is_marked_by_the_clock(minutes: int, labels: list[str]) -> None:
    """One day's name alone says nothing of minutes."""
    places, found = charts._clock_ticks(OCTOBER, OCTOBER + minutes * MINUTE)
    assert found == labels
    assert places[0] == 0
    assert places == sorted(places)
