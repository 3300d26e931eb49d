"""Raw outcomes: the way back from any figure to what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

from probe.model import Origin, Outcome
from probe.view import wording
from probe.view.page import BLANK, Block, Column, Page, Table, Words, faint, paragraph, row
from probe.view.strip import spark

SPARKS = 60
"""Latencies in the line below the log: the last so many."""


def log(outcomes: Sequence[Outcome], *, zone: tzinfo = UTC) -> Page:
    """One row an outcome, oldest first, and the latencies of the last ones as a line."""
    if not outcomes:
        return (paragraph("No outcomes recorded there."),)
    page: list[Block] = [log_table(outcomes, zone)]
    latencies = [one.finding.latency_us for one in outcomes[-SPARKS:]]
    present = [taken for taken in latencies if taken is not None]
    if len(present) > 1:
        reach = f"  {wording.latency(min(present))} to {wording.latency(max(present))}"
        page += [BLANK, paragraph(faint("latency  "), spark(latencies), faint(reach))]
    return tuple(page)


def log_table(outcomes: Sequence[Outcome], zone: tzinfo = UTC) -> Table:
    """The rows of the log: with milliseconds, since they are the evidence."""
    columns = (
        Column("SENT"),
        Column("STATE"),
        Column("LATENCY", is_number=True),
        Column("ORIGIN"),
        Column("REASON"),
        Column("ADDRESS", wide=100),
        Column("DETAIL"),
    )
    return Table(columns, tuple(_row(one, zone) for one in outcomes))


def _row(one: Outcome, zone: tzinfo) -> tuple[Words, ...]:
    found = one.finding
    return row(
        precise(one.at_ms, zone),
        wording.STATES[found.state],
        wording.latency(found.latency_us),
        "" if one.origin is Origin.GRID else str(one.origin),
        found.reason or "",
        found.address or "",
        found.detail,
    )


def precise(at_ms: int, zone: tzinfo) -> str:
    """An instant to the millisecond."""
    at = wording.moment(at_ms, zone)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at_ms % 1000:03d}{wording.offset(at)}"
