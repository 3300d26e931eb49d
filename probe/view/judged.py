"""The tables of a report: what windows forgave, unknown time, and the readings of what the terms leave open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from probe.sla.assessment import Assessment, Exclusion, Stretch
from probe.view import wording
from probe.view.page import Column, Piece, Table, Tone, row

STRETCHES_SHOWN: Final = 20
"""Unknown stretches listed in full; more are counted, and all stand in --json."""


def exclusions(listed: Sequence[Exclusion], zone: tzinfo) -> Table:
    """Each declared window: what it forgave, or why it was refused."""
    columns = (
        Column("FROM"),
        Column("TO"),
        Column("FORGAVE", is_number=True),
        Column("WHAT"),
        Column("REFUSED BECAUSE"),
        Column("ENTERED AFTER THE FACT"),
    )
    rows = tuple(
        row(
            wording.instant(one.start_ms, zone),
            wording.instant(one.end_ms, zone),
            wording.span(one.forgiven_ms),
            one.cause.replace("_", " "),
            Piece(one.refused or "", Tone.WARN),
            Piece(_late(one, zone), Tone.WARN),
        )
        for one in listed
    )
    return Table(columns, rows, indent=2)


def _late(one: Exclusion, zone: tzinfo) -> str:
    """When and by whom a window was entered that had begun by then; empty for one that was declared before."""
    if not one.is_after_the_fact:
        return ""
    return wording.instant(one.entered_at_ms, zone) + (f" by {one.entered_by}" if one.entered_by else "")


def stretch_title(listed: Sequence[Stretch]) -> str:
    """What stands above the unknown stretches, and how many are left out."""
    left = len(listed) - STRETCHES_SHOWN
    return "unknown time" + (f" (the first {STRETCHES_SHOWN}; {left:,} more in --json)" if left > 0 else "")


def stretches(listed: Sequence[Stretch], zone: tzinfo) -> Table:
    """Unknown time and why nothing is known about it."""
    columns = (Column("FROM"), Column("TO"), Column("LASTED", is_number=True), Column("WHY"))
    rows = tuple(
        row(
            wording.instant(one.start_ms, zone),
            wording.instant(one.end_ms, zone),
            wording.span(one.end_ms - one.start_ms),
            wording.cause(one.cause),
        )
        for one in listed
    )
    return Table(columns, rows, indent=2)


def readings(one: Assessment) -> Table:
    """Every reading of what the terms leave open, with its verdict."""
    columns = (Column("CLAUSE"), Column("VERDICT"), Column("AVAILABILITY", is_number=True), Column("READ AS"))
    rows = tuple(
        row(
            reading.clause,
            wording.VERDICTS[reading.verdict],
            wording.percent_range(reading.availability.low, reading.availability.high),
            reading.says,
        )
        for reading in one.readings
    )
    return Table(columns, rows, indent=2)
