"""The tables of a report: readings in a line where they agree, with their credits where they do not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from probe.model import State
from probe.report.beside import quality_document
from probe.sla.assessment import Bounds, Credit, Reading, Verdict
from probe.sla.beside import Quality, latency
from probe.view.beside import quality_fields
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


def test_jitter_stands_beside_loss_where_attempts_are_bursts() -> None:
    """Labelled, since it is not the jitter of promises; where there are no bursts it is not said."""
    seen = [(State.UP, 20_000)] * 3
    with_bursts = Quality(mtbf_ms=None, mttr_ms=None, worst={}, latency={"a": latency(seen, [(20_000, 24_000)] * 3)})
    without = Quality(mtbf_ms=None, mttr_ms=None, worst={}, latency={"a": latency(seen)})
    said = dict(quality_fields(with_bursts))["jitter a"]
    assert "".join(piece.text for piece in said) == "0.70 ms at the end, 0.70 ms at most (RFC 3550, of round trips)"
    assert "jitter a" not in dict(quality_fields(without))
    assert quality_document(with_bursts)["latency"]["a"]["jitter_rfc3550_ms"] == {"last": 0.704, "highest": 0.704}
    assert quality_document(without)["latency"]["a"]["jitter_rfc3550_ms"] is None
