"""Outages: when each began and ended at the earliest and at the latest, whose fault it was, what it counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Final

from probe.model import EvidenceKind
from probe.sla.assessment import Outage
from probe.sla.beside import Mark
from probe.sla.severity import Severity
from probe.view import evidence, wording
from probe.view.page import Column, Page, Piece, Table, Tone, Words, faint, paragraph, row, words

Marks = Mapping[Outage, Mark]
NO_MARKS: Final[Marks] = {}
TONES: Final[Mapping[Severity, Tone]] = {
    Severity.CRITICAL: Tone.BAD,
    Severity.MAJOR: Tone.BAD,
    Severity.MINOR: Tone.WARN,
    Severity.SLIGHT: Tone.FAINT,
}


def outages(
    found: Sequence[Outage], *, zone: tzinfo = UTC, asked_ms: tuple[int, int] | None = None, marks: Marks = NO_MARKS
) -> Page:
    """Confirmed outages first, then suspects, which are listed but never counted or notified.

    asked_ms: the time looked at; one that goes on has lasted until its end.
    """
    span_words = (
        f"between {wording.instant(asked_ms[0], zone)} and {wording.instant(asked_ms[1], zone)}" if asked_ms else ""
    )
    as_of_ms = asked_ms[1] if asked_ms else None
    confirmed = [one for one in found if one.is_confirmed]
    suspects = [one for one in found if not one.is_confirmed]
    said = f"{wording.count(len(confirmed), 'outage')}, {wording.count(len(suspects), 'suspect')}"
    head = paragraph(said, faint(f" {span_words}") if span_words else "")
    listed = [*confirmed, *suspects]
    return (head, outage_table(listed, zone, marks=marks, as_of_ms=as_of_ms)) if listed else (head,)


def outage_table(
    found: Sequence[Outage],
    zone: tzinfo,
    *,
    is_counted: bool = False,
    marks: Marks = NO_MARKS,
    as_of_ms: int | None = None,
) -> Table:
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
    rows = [_row(one, zone, is_counted, as_of_ms) for one in found]
    if marks:
        columns += [Column("SEVERITY"), Column("TICKETS"), Column("EVIDENCE")]
        rows = [(*cells, *_mark(marks.get(one))) for cells, one in zip(rows, found, strict=True)]
    return Table(tuple(columns), tuple(rows), indent=2 if is_counted else 0)


def _mark(mark: Mark | None) -> tuple[Words, ...]:
    """How bad it was, and the tickets about it."""
    if mark is None or mark.severity is None:
        return row("", _tickets(mark), _evidence(mark))
    return row(Piece(str(mark.severity), TONES[mark.severity]), _tickets(mark), _evidence(mark))


def _tickets(mark: Mark | None) -> str:
    return ", ".join(ticket.number for ticket in mark.tickets) if mark else ""


def _evidence(mark: Mark | None) -> str:
    """What the last route and the last certificate say, and how many there are; `--json` has them whole."""
    parts = []
    for kind in EvidenceKind:
        found = [one.document for one in mark.evidence if one.kind is kind] if mark else []
        if found:
            said = evidence.route(found[-1]) if kind is EvidenceKind.ROUTE else evidence.certificate(found[-1])
            more = f" ({len(found) - 1:,} before)" if len(found) > 1 else ""
            parts.append(f"{kind} {said}{more}")
    return "; ".join(parts)


def _row(one: Outage, zone: tzinfo, is_counted: bool, as_of_ms: int | None) -> tuple[Words, ...]:
    name: list[str | Words] = [one.key]
    cells: list[str | Words] = [
        wording.between(one.start_earliest_ms, one.start_latest_ms, zone),
        _end(one, zone),
        _lasted(one, as_of_ms),
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


def _lasted(one: Outage, as_of_ms: int | None) -> str:
    if one.end_latest_ms is None and as_of_ms is not None:
        return f"{wording.brief(max(as_of_ms - one.start_latest_ms, 0))} so far"
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
