"""The tables of a report: readings in a line where they agree, with their credits where they do not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from probe.sla.assessment import Bounds, Credit, Reading, Verdict
from probe.view.plain import text
from probe.view.report import report
from tests.view.builders import assessment

BOUNDS = Bounds(Fraction(999, 1000), None, Fraction(9995, 10_000))
OWED = Credit(Decimal("1.00"), Decimal("2.00"), "EUR", "a row")
SAME = [Reading("maintenance; edge", f"way {i}", Verdict.MISSED, None, BOUNDS, OWED) for i in range(12)]


def said(*readings: Reading) -> str:
    """The report with these readings."""
    return text(report([assessment(readings=readings)]))


def test_many_readings_that_agree_are_one_line() -> None:
    """What they come to, and which clauses are open."""
    line = "all 12 come to the same: missed: availability 99.900–99.950 %; credit 1.00 to 2.00 EUR (open: maintenance,"
    assert line in said(*SAME)
    assert "way 3" not in said(*SAME)


def test_readings_that_differ_are_shown_each_with_its_credit() -> None:
    """Also where only the amount differs; one without any has an empty cell."""
    found = said(*SAME[1:], SAME[0]._replace(credit=OWED._replace(possible=Decimal("1.00"))))
    assert "1.00 to 2.00 EUR" in found
    assert "1.00 EUR" in found
    assert "way 11" in found
    assert "way 1" in said(*(each._replace(credit=None) for each in SAME[:2]))
