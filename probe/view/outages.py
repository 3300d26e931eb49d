"""Outages: when each began and ended at the earliest and at the latest, whose fault it was, what it counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

from probe.sla.assessment import Outage
from probe.view import wording
from probe.view.page import Column, Page, Piece, Table, Tone, Words, faint, paragraph, row, words


def outages(found: Sequence[Outage], *, zone: tzinfo = UTC, span_words: str = "") -> Page:
    """Confirmed outages first, then suspects, which are listed but never counted or notified."""
    confirmed = [one for one in found if one.is_confirmed]
    suspects = [one for one in found if not one.is_confirmed]
    said = f"{wording.count(len(confirmed), 'outage')}, {wording.count(len(suspects), 'suspect')}"
    head = paragraph(said, faint(f" {span_words}") if span_words else "")
    listed = [*confirmed, *suspects]
    return (head, outage_table(listed, zone)) if listed else (head,)


def outage_table(found: Sequence[Outage], zone: tzinfo, *, is_counted: bool = False) -> Table:
    """One row an outage; with `is_counted` indented and with what was counted under the terms."""
    columns = [
        Column("CHECK", is_name=True),
        Column("BEGAN"),
        Column("ENDED"),
        Column("LASTED", is_number=True),
        Column("ATTEMPTS", is_number=True),
        Column("CAUSE"),
    ]
    if is_counted:
        columns = [*columns[1:], columns[0]]
        columns.insert(3, Column("COUNTED", is_number=True))
    return Table(tuple(columns), tuple(_row(one, zone, is_counted) for one in found), indent=2 if is_counted else 0)


def _row(one: Outage, zone: tzinfo, is_counted: bool) -> tuple[Words, ...]:
    name: list[str | Words] = [one.key]
    cells: list[str | Words] = [
        wording.between(one.start_earliest_ms, one.start_latest_ms, zone),
        _end(one, zone),
        _lasted(one),
        f"{one.attempts:,}",
        _cause(one),
    ]
    if is_counted:
        cells.insert(3, wording.span(one.counted_ms))
        return row(*cells, *name)
    return row(*name, *cells)


def _end(one: Outage, zone: tzinfo) -> Words:
    if one.end_latest_ms is None:
        return (Piece("goes on", Tone.BAD),)
    return words(wording.between(one.end_earliest_ms, one.end_latest_ms, zone))


def _lasted(one: Outage) -> str:
    if one.end_earliest_ms is None or one.end_latest_ms is None:
        return wording.NOTHING
    shortest = max(one.end_earliest_ms - one.start_latest_ms, 0)
    longest = one.end_latest_ms - one.start_earliest_ms
    low, high = wording.brief(shortest), wording.brief(longest)
    return low if low == high else f"{low} – {high}"


def _cause(one: Outage) -> Words:
    parts = [wording.cause(one.cause)]
    if not one.is_confirmed:
        parts.append("not confirmed")
    if one.gap_ms:
        parts.append(f"{wording.brief(one.gap_ms)} of it unmeasured")
    return words("; ".join(parts))
