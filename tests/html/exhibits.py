"""Assessments with pictures as the report takes them: October, with whatever a test wants to be seen in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from probe.html.report import Exhibit
from probe.model import State
from probe.report.json import assessment_document, report_header
from probe.sla.assessment import Verdict
from probe.sla.beside import Before, Beside, Context, Share
from probe.sla.interval import Intervals
from probe.sla.picture import Layers, Picture, bands
from probe.sla.requests import Request
from probe.sla.timeline import Timeline
from tests.view.builders import DAY, NOVEMBER, NOW, OCTOBER, assessment

MINUTE = 60_000
HOUR = 60 * MINUTE
HEADER = report_header(generated_at_ms=NOVEMBER + DAY, vantage="office-berlin", tzdata="2026f")


def known(
    down: Sequence[tuple[int, int]] = (),
    maybe: Sequence[tuple[int, int]] = (),
    unknown: Sequence[tuple[int, int]] = (),
    *,
    start_ms: int = OCTOBER,
    end_ms: int = NOVEMBER,
) -> Timeline:
    """A time line of these sets."""
    return Timeline(
        start_ms=start_ms,
        end_ms=end_ms,
        down=Intervals.of(down),
        maybe=Intervals.of(maybe),
        unknown=Intervals.of(unknown),
    )


def attempts(step_ms: int = 10 * MINUTE, lost_every: int = 50) -> list[Request]:
    """October's attempts, every so many lost."""
    return [
        Request(at_ms, State.DOWN) if number % lost_every == 0 else Request(at_ms, State.UP, 9_000 + number % 97 * 100)
        for number, at_ms in enumerate(range(OCTOBER, NOVEMBER, step_ms))
    ]


def picture(line: Timeline | None = None, windows: Intervals | None = None, *, key: str = "shop-front") -> Picture:
    """An October with an outage of five minutes, a minute of maintenance, and half a day unknown."""
    line = line or known(
        down=[(NOW + MINUTE, NOW + 5 * MINUTE)],
        maybe=[(NOW, NOW + MINUTE), (NOW + 5 * MINUTE, NOW + 6 * MINUTE)],
        unknown=[(NOW + DAY, NOW + DAY + 12 * HOUR)],
    )
    layers = Layers(line, windows or Intervals.span(NOW, NOW + 2 * MINUTE), line.start_ms, line.end_ms)
    return Picture(
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        days=layers.days("UTC"),
        line=layers.line(),
        bands=((key, bands(attempts(), line.start_ms, line.end_ms)),),
    )


def context(point_ms: int | None = 692_500) -> Context:
    """Three periods before, one of them not measured."""
    return Context(
        outages=1,
        suspects=0,
        grid=Share(12, 44_808),
        share=Fraction(1, 4000),
        point_ms=point_ms,
        before=(
            Before("2026-09", 2, 1_200_000, Fraction(1_300_500), Verdict.MISSED),
            Before("2026-08", 0, 0, 0, Verdict.MET),
            Before("2026-07", 0, 0, None, Verdict.UNDECIDED),
        ),
    )


def document(**more: Any) -> dict[str, Any]:
    """The document of October with its context."""
    return assessment_document(assessment(**more), Beside(context=context()))


def exhibit(picture_of: Picture | None = None, **more: Any) -> Exhibit:
    """October, drawn; `more` is for the assessment."""
    terms = [("promised", "availability ≥ 99.99 %"), ("outage", "of any length")]
    return Exhibit(document(**more), picture_of or picture(), terms, ["the provider's page (seen)"])


def day_of(at_ms: int) -> str:
    """The UTC day of an instant."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
