"""Tickets: which service, the provider's number, and when it was told, answered and closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

from probe.model import Ticket
from probe.view import wording
from probe.view.page import Column, Page, Piece, Table, Tone, Words, paragraph, row


def tickets(told: Sequence[Ticket], *, zone: tzinfo = UTC) -> Page:
    """One row a ticket; a withdrawn one stays, marked, because the record forgets nothing."""
    if not told:
        return (paragraph("No tickets are recorded."),)
    columns = (
        Column("SERVICE", is_name=True),
        Column("NUMBER"),
        Column("OPENED"),
        Column("ANSWERED"),
        Column("CLOSED"),
        Column("ABOUT"),
        Column("ENTERED"),
        Column("NOTE"),
    )
    return (Table(columns, tuple(_row(one, zone) for one in told)),)


def _row(one: Ticket, zone: tzinfo) -> tuple[Words, ...]:
    entered = f"{wording.instant(one.entered_at_ms, zone)} by {one.entered_by}"
    if one.entries > 1:
        entered += f", {one.entries} entries"
    return row(
        one.service,
        Piece(f"{one.number} (withdrawn)", Tone.FAINT) if one.is_withdrawn else one.number,
        wording.instant(one.opened_ms, zone),
        wording.instant(one.answered_ms, zone),
        wording.instant(one.closed_ms, zone),
        _about(one, zone),
        entered,
        one.note,
    )


def _about(one: Ticket, zone: tzinfo) -> str:
    """The check and the outage, where they are named."""
    outage = None if one.outage_ms is None else f"the outage at {wording.instant(one.outage_ms, zone)}"
    return "; ".join(part for part in (one.key, outage) if part)
