"""The documents of `--json` and the table of `--csv`: every key always there, absence null, figures exact."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Cause, Reason
from probe.report.csv import COLUMNS, assessments_csv
from probe.report.figures import exact_decimal, exact_ratio, instant, percent, ratio, seconds
from probe.report.json import (
    assessment_document,
    check_document,
    outages_document,
    report_document,
    status_document,
)
from probe.sla.assessment import Bounds, Claim, Credit, Figures, Measured, Resolution, Verdict, Why
from probe.view.snapshot import Line, Standing
from tests.view.builders import NOVEMBER, NOW, SLOW_LINE, assessment, check, outage, snapshot

ASSESSMENT: dict[str, Any] = {
    "service": str,
    "check": str,
    "vantage": str,
    "provider": str,
    "agreement": str,
    "agreement_version": str,
    "promise": {"metric", "op", "target"},
    "period": {"start", "end", "timezone", "complete"},
    "downtime": {"low", "point", "observed_high", "high", "high_at_resolution"},
    "raw_downtime": {"low", "point", "observed_high", "high"},
    "unknown": str,
    "denominator": str,
    "budget": str,
    "coverage": {"exact", "percent"},
    "availability": {"low", "point", "high"},
    "verdict": str,
    "reason": None,
    "claimable": bool,
    "readings": list,
    "exclusions": list,
    "outages": list,
    "credit": {"certain", "possible", "currency", "rule", "why"},
    "claim": {"deadline", "needs", "missing"},
    "resolution": {"declared", "h1", "h2"},
    "samples": int,
    "revision": str,
    "method": str,
}
"""Every field of the interface, with its keys or its type."""
CHECK = {"name", "kind", "service", "state", "since", "reason", "cause", "latency_ms", "next_at", "strip"}
OUTAGE = {"check", "service", "start", "end", "cause", "attempts", "evidence", "tickets"}
EMPTY: dict[str, Any] = {
    "check": None,
    "provider": None,
    "agreement": None,
    "agreement_version": None,
    "promise": None,
    "downtime": Figures(0, 0, 0, None),
    "budget_ms": None,
    "budget_left": None,
    "coverage": None,
    "availability": None,
    "verdict": Verdict.UNDECIDED,
    "reason": Why.NO_TIME,
    "claimable": None,
    "readings": (),
    "exclusions": (),
    "outages": (),
    "stretches": (),
    "credit": None,
    "claim": None,
    "objective": None,
    "resolution": Resolution(0, None, None),
    "burn": {},
    "samples": 0,
    "revisions": (),
}


def as_read(document: Any) -> Any:
    """What another program reads: no float where an exact figure is meant, no value that JSON has no word for."""
    return json.loads(json.dumps(document, allow_nan=False))


def test_every_field_of_an_assessment_is_there() -> None:
    """The contract of the interface, key by key."""
    read = as_read(assessment_document(assessment()))
    for name, said in ASSESSMENT.items():
        if isinstance(said, set):
            assert set(read[name]) >= said, name
        elif said is not None:
            assert isinstance(read[name], said), name
    assert read["reason"] is None
    assert set(read["exclusions"][0]) >= {"start", "end", "cause", "effect", "forgiven", "refused"}
    assert set(read["outages"][0]) >= {"start", "end", "cause", "counted"}
    assert set(read["readings"][0]) >= {"clause", "says", "verdict", "availability"}


def test_what_cannot_be_said_is_null_and_its_key_is_there() -> None:
    """A program need not ask whether a key exists."""
    full, empty = (as_read(assessment_document(one)) for one in (assessment(), assessment(**EMPTY)))
    assert empty.keys() == full.keys() >= ASSESSMENT.keys()
    for name in (*EMPTY.keys() & full.keys(), "budget", "revision"):
        if EMPTY.get(name) is None:
            assert empty[name] is None, name
    assert empty["downtime"]["high"] is None
    assert empty["downtime"]["high_at_resolution"] is None
    assert empty["resolution"] == {"declared": "0", "h1": None, "h2": None}
    assert (empty["verdict"], empty["reason"]) == ("undecided", "no_time")


def test_figures_are_exact_and_percentages_rounded_down() -> None:
    """As the example of the interface shows them."""
    read = as_read(assessment_document(assessment()))
    assert read["downtime"] == {
        "low": "660",
        "point": "692.5",
        "observed_high": "725",
        "high": "725",
        "high_at_resolution": "725",
    }
    assert (read["budget"], read["denominator"], read["unknown"]) == ("267.84", "2678400", "60")
    assert read["budget_left"] == {"low": "-457.16", "high": "-392.16"}
    assert read["promise"] == {"metric": "availability", "op": ">=", "target": "9999/10000"}
    assert read["availability"]["point"] == {"exact": "49987/50000", "percent": "99.97"}
    assert read["burn"] == {"1h": "0/1", "6h": "29/20"}
    assert read["credit"] == {
        "certain": "24.00",
        "possible": "24.00",
        "currency": "USD",
        "rule": "row < 99.99 % → 100 %",
        "why": [],
    }
    assert read["termination"] == []
    assert read["objective"]["budget_left"] == {"low": "600", "high": "679.2"}
    assert (read["period"]["start"], read["period"]["end"]) == ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")


def test_parts_may_be_absent_by_themselves() -> None:
    """A credit that only may be owed, a claim that says what it needs, several revisions."""
    one = assessment(
        credit=Credit(None, None, "EUR", "stated nowhere"),
        claim=Claim("2026-12-01", ("the ticket",), ()),
        revisions=("a", "b"),
        availability=Bounds(Fraction(0), None, Fraction(1)),
    )
    read = as_read(assessment_document(one))
    assert (read["credit"]["certain"], read["credit"]["possible"]) == (None, None)
    assert read["claim"] == {"deadline": "2026-12-01", "needs": ["the ticket"], "missing": [], "authority": None}
    assert (read["revision"], read["revisions"]) == (None, ["a", "b"])
    assert read["availability"]["point"] is None


def test_a_report_says_when_where_and_by_which_clocks_rules() -> None:
    """Around the assessments."""
    read = as_read(
        report_document([assessment_document(assessment())], generated_at_ms=NOVEMBER, vantage="office", tzdata="2026f")
    )
    assert {name: read[name] for name in ("schema", "generated_at", "vantage", "tzdata")} == {
        "schema": 1,
        "generated_at": "2026-11-01T00:00:00Z",
        "vantage": "office",
        "tzdata": "2026f",
    }
    assert len(read["assessments"]) == 1


def test_every_field_of_a_status_is_there() -> None:
    """Checks, services, our own line and the agent; a check with nothing recorded has nulls."""
    pending = check(
        "new",
        Standing.PENDING,
        service=None,
        since_ms=None,
        last_at_ms=None,
        next_at_ms=None,
        latency_us=None,
        strip="",
    )
    failing = check("mail", Standing.UNKNOWN, reason=Reason.TIMEOUT, cause=Cause.OWN_NETWORK)
    seen = replace(
        snapshot(pending, failing, line=Line.DOWN, line_cause=Cause.OWN_NETWORK, warnings=("beware",)),
        assessments=(assessment(),),
    )
    read = as_read(status_document(seen))
    assert read.keys() >= {"schema", "generated_at", "vantage", "checks", "services"}
    assert read["line"] == {"state": "down", "cause": "own_network"}
    assert read["warnings"] == ["beware"]
    first, second = read["checks"]
    assert first.keys() == second.keys() >= CHECK
    nulls = ("service", "since", "reason", "cause", "latency_ms", "next_at", "last_at")
    assert [first[name] for name in nulls] == [None] * len(nulls)
    assert (second["state"], second["reason"], second["cause"]) == ("unknown", "timeout", "own_network")
    assert second["latency_ms"] == 12.345
    assert read["services"][0].keys() == as_read(assessment_document(assessment())).keys()
    assert as_read(status_document(snapshot()))["line"] == {"state": "up", "cause": None}


def test_a_check_document_has_its_count_of_failures() -> None:
    """`down (1 of 3)` for programs."""
    read = check_document(check("a", Standing.DOWN, failures=1))
    assert (read["state"], read["failures"], read["confirm"]) == ("down", 1, 3)


def test_every_field_of_the_outages_is_there() -> None:
    """One that goes on has no end; one whose earliest end is unknown has that null; a check may have no service."""
    going_on = outage(key="b", end_earliest_ms=None, end_latest_ms=None, cause=Cause.ISP, is_confirmed=False)
    read = as_read(outages_document([outage(), going_on], service_of={"shop-front": "shop"}, marks={}))
    first, second = read["outages"]
    assert read["schema"] == 1
    assert first.keys() == second.keys() >= OUTAGE
    assert first["start"] == {"earliest": "2026-10-03T04:00:00Z", "latest": "2026-10-03T04:01:00Z"}
    assert first["end"] == {"earliest": "2026-10-03T04:05:00Z", "latest": "2026-10-03T04:06:00Z"}
    assert (second["end"], second["service"], second["cause"], second["confirmed"]) == (None, None, "isp", False)
    assert (first["evidence"], first["tickets"]) == ([], [])


@pytest.mark.parametrize(
    ("span", "text"),
    [(None, None), (0, "0"), (1, "0.001"), (692_500, "692.5"), (-60_000, "-60"), (-1, "-0.001")],
)
def test_a_span_is_exact_seconds(span: int | None, text: str | None) -> None:
    """Never rounded, never a float."""
    assert seconds(span) == text


def test_what_has_no_finite_decimal_is_a_fraction() -> None:
    """A third of a second can be said exactly too."""
    assert seconds(Fraction(1000, 3)) == "1/3"
    assert seconds(Fraction(1, 2)) == "0.0005"
    assert exact_ratio(Fraction(3)) == "3/1"
    assert ratio(None) is None


@given(st.fractions())
def test_a_decimal_says_exactly_what_it_stands_for(value: Fraction) -> None:
    """Reading it back gives the same number."""
    assert Fraction(exact_decimal(value)) == value


@given(st.fractions(min_value=0, max_value=1), st.integers(0, 4))
def test_a_percentage_is_never_rounded_up(value: Fraction, digits: int) -> None:
    """99.995 % is not 100 %; and not more than one place is lost."""
    shown = Fraction(percent(value, digits))
    assert shown <= value * 100 < shown + Fraction(1, 10**digits)


def test_known_percentages() -> None:
    """The boundary cases by hand."""
    assert percent(Fraction(99995, 100_000)) == "99.99"
    assert (percent(Fraction(1)), percent(Fraction(0)), percent(Fraction(1, 2), 0)) == ("100", "0", "50")
    assert percent(Fraction(999, 1000)) == "99.9"


def test_instants_are_utc_with_milliseconds_only_where_there_are_any() -> None:
    """A fraction of a millisecond is rounded down."""
    assert instant(None) is None
    assert instant(NOW) == "2026-10-03T04:00:00Z"
    assert instant(NOW + 7) == "2026-10-03T04:00:00.007Z"
    assert instant(Fraction(2 * NOW + 1, 2)) == "2026-10-03T04:00:00Z"


def rows(text: str) -> list[dict[str, str]]:
    """The table as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_has_the_same_exact_figures() -> None:
    """A line for each assessment, a cell for each column, empty for what is not known."""
    full, empty = rows(assessments_csv([assessment(), assessment(**EMPTY)]))
    assert tuple(full) == COLUMNS
    assert (full["downtime_low_s"], full["downtime_point_s"], full["budget_s"]) == ("660", "692.5", "267.84")
    assert (full["target"], full["availability_low_percent"]) == ("9999/10000", "99.97")
    assert (full["verdict"], full["claimable"], full["credit_certain"]) == ("missed", "True", "24.00")
    assert full["outages"] == "1"
    exact = assessment().availability
    assert exact is not None
    assert tuple(full)[-4:] == ("metric", *(f"availability_{end}_exact" for end in ("low", "point", "high")))
    assert (full["metric"], Fraction(full["availability_low_exact"])) == ("availability", exact.low)
    assert (Fraction(full["availability_point_exact"]), Fraction(full["availability_high_exact"])) == exact[1:]
    assert {"metric", "availability_low_exact"} <= {name for name, cell in empty.items() if cell == ""}
    unknown = [name for name, cell in empty.items() if cell == ""]
    assert {"check", "provider", "target", "budget_s", "coverage_percent", "downtime_high_s"} <= set(unknown)
    assert {"availability_low_percent", "availability_point_percent", "availability_high_percent"} <= set(unknown)
    assert (empty["outages"], empty["samples"]) == ("0", "0")


def test_a_line_under_a_speed_rule_has_its_tests_and_its_measurements() -> None:
    """What is from the regulation and what is unverified are apart; the speeds are exact, in bit/s."""
    measured = Measured("bit/s", Fraction(49_000_000), Fraction(247, 3), None, 30)
    one = assessment(promise=None, line=SLOW_LINE, measured=measured)
    assert assessment_document(assessment())["line"] is None
    assert assessment_document(one)["line"] == {
        "rule": "de_fixed",
        "direction": "down",
        "contract": {"maximum": "100000000"},
        "progress": "3 of 3 days done, 30 of 30 measurements valid",
        "missing": [],
        "tests": [{"test": "maximum", "deviates": True, "says": "reached on 1 of 3 days"}],
        "from_the_regulation": ["30 measurements"],
        "unverified": ["3 hours"],
    }
    [row] = rows(assessments_csv([one]))
    told = [row[name] for name in ("measured_unit", "measured_low", "measured_point", "measured_high")]
    assert told == ["bit/s", "49000000", "247/3", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'"])
def test_no_cell_starts_a_formula(start: str) -> None:
    """A provider's name is somebody else's text; an apostrophe makes it text again."""
    name = f'{start}cmd|"/c calc"!A1'
    [row] = rows(assessments_csv([assessment(provider=name, availability=Bounds(Fraction(0), None, Fraction(1)))]))
    assert row["provider"] == f"'{name}"
    assert row["availability_point_percent"] == ""
