"""The tables of a report: what windows forgave, unknown time, and the readings of what the terms leave open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from probe.sla.assessment import Assessment, Credit, Exclusion, Stretch
from probe.view import wording
from probe.view.page import Column, Piece, Table, Tone, Words, row, words

STRETCHES_SHOWN: Final = 20
"""Unknown stretches listed in full; more are counted, and all stand in --json."""


FEW: Final = 3
"""So many readings, and more, are told in one line where they agree."""


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


def agreed(one: Assessment) -> Words | None:
    """All readings in a line where they come to the same verdict and credit; None where a person must compare them."""
    credits, verdicts = ({owed(each.credit) for each in one.readings}, {each.verdict for each in one.readings})
    if len(one.readings) < FEW or len(verdicts) > 1 or len(credits) > 1:
        return None
    bounds = [each.availability for each in one.readings]
    clauses = dict.fromkeys(clause for each in one.readings for clause in each.clause.split("; "))
    within = wording.percent_range(min(each.low for each in bounds), max(each.high for each in bounds))
    said = f": availability {within}" + "".join(f"; credit {each}" for each in credits if each)
    return words(
        f"all {len(one.readings)} come to the same: ",
        wording.VERDICTS[one.readings[0].verdict],
        f"{said} (open: {', '.join(clauses)}; each is in --json)",
    )


def owed(credit: Credit | None) -> str:
    """What is owed under a reading: certain, and what is possible where that is another amount."""
    if credit is None:
        return ""
    low, high = (wording.NOTHING if amount is None else str(amount) for amount in credit[:2])
    return f"{low} {credit.currency}" if low == high else f"{low} to {high} {credit.currency}"


def readings(one: Assessment) -> Table:
    """Every reading of what the terms leave open, with its verdict and, where any is owed, its credit."""
    columns = (
        Column("CLAUSE"),
        Column("VERDICT"),
        Column("AVAILABILITY", is_number=True),
        Column("CREDIT", is_number=True),
        Column("READ AS"),
    )
    rows = tuple(
        row(
            reading.clause,
            wording.VERDICTS[reading.verdict],
            wording.percent_range(reading.availability.low, reading.availability.high),
            owed(reading.credit),
            reading.says,
        )
        for reading in one.readings
    )
    return Table(columns, rows, indent=2)
