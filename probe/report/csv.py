"""Assessments as a table for a spreadsheet: one line each, exact figures, no cell that starts a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from probe.report.figures import exact_decimal, exact_ratio, instant, percent, seconds
from probe.sla.assessment import Assessment, Bounds, Measured
from probe.store.exchange import cell

COLUMNS: Final = (
    "service",
    "check",
    "vantage",
    "provider",
    "agreement",
    "agreement_version",
    "target",
    "period_start",
    "period_end",
    "timezone",
    "availability_low_percent",
    "availability_point_percent",
    "availability_high_percent",
    "downtime_low_s",
    "downtime_point_s",
    "downtime_high_s",
    "unknown_s",
    "denominator_s",
    "budget_s",
    "coverage_percent",
    "verdict",
    "reason",
    "claimable",
    "credit_certain",
    "credit_currency",
    "outages",
    "samples",
    "method",
    "rule",
    "measured_unit",
    "measured_low",
    "measured_point",
    "measured_high",
    "metric",
    "availability_low_exact",
    "availability_point_exact",
    "availability_high_exact",
)


def assessments_csv(assessments: Iterable[Assessment]) -> str:
    """The header and a line for each assessment; what is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in assessments:
        writer.writerow([cell(value) for value in _row(one)])
    return text.getvalue()


def _row(one: Assessment) -> list[object]:
    credit = one.credit
    return [
        *(one.service, one.check, one.vantage, one.provider, one.agreement, one.agreement_version),
        exact_ratio(one.promise.target) if one.promise else None,
        *(instant(one.period.start_ms), instant(one.period.end_ms), one.period.timezone),
        *_bounds(one.availability),
        *(seconds(one.downtime.low), seconds(one.downtime.point), seconds(one.downtime.high)),
        *(seconds(one.unknown_ms), seconds(one.denominator_ms), seconds(one.budget_ms)),
        None if one.coverage is None else percent(one.coverage),
        *(one.verdict, one.reason, one.claimable),
        *(credit.certain if credit else None, credit.currency if credit else None),
        *(len(one.outages), one.samples, one.method),
        one.rule,
        *_measured(one.measured),
        one.promise.metric if one.promise else None,
        *_exact(one.availability),
    ]


def _measured(found: Measured | None) -> list[str | None]:
    if found is None:
        return [None] * 4
    return [found.unit, *(None if one is None else exact_decimal(one) for one in (found.low, found.point, found.high))]


def _bounds(bounds: Bounds | None) -> list[str | None]:
    if bounds is None:
        return [None, None, None]
    return [None if value is None else percent(value) for value in bounds]


def _exact(bounds: Bounds | None) -> list[str | None]:
    if bounds is None:
        return [None, None, None]
    return [None if value is None else exact_ratio(value) for value in bounds]
