"""Declared maintenance windows: what each covers, when, and how it came into the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

from probe.model import Window, WindowKind
from probe.view import wording
from probe.view.page import Column, Page, Piece, Table, Tone, Words, paragraph, row


def windows(declared: Sequence[Window], *, zone: tzinfo = UTC) -> Page:
    """One row a window; a removed one stays, marked, because the record forgets nothing."""
    if not declared:
        return (paragraph("No maintenance windows are declared."),)
    columns = (
        Column("ID", is_number=True),
        Column("SCOPE"),
        Column("WHEN"),
        Column("ANNOUNCED"),
        Column("KIND"),
        Column("ENTERED"),
        Column("REASON"),
        Column("REMOVED"),
    )
    return (Table(columns, tuple(_row(one, zone) for one in declared)),)


def _row(one: Window, zone: tzinfo) -> tuple[Words, ...]:
    removed = "" if one.removed_at_ms is None else wording.instant(one.removed_at_ms, zone)
    return row(
        wording.NOTHING if one.id is None else str(one.id),
        scope(one),
        when(one, zone),
        wording.instant(one.announced_at_ms, zone),
        "emergency" if one.kind is WindowKind.EMERGENCY else "",
        _entered(one, zone),
        one.reason,
        Piece(removed, Tone.WARN),
    )


def scope(one: Window) -> str:
    """What a window covers: `service shop`, `checks a, b`, `everything`."""
    parts = []
    if one.provider:
        parts.append(f"provider {one.provider}")
    if one.service:
        parts.append(f"service {one.service}")
    if one.checks:
        parts.append(f"check{'s' if len(one.checks) > 1 else ''} {', '.join(one.checks)}")
    return "; ".join(parts) or "everything"


def when(one: Window, zone: tzinfo = UTC) -> str:
    """The window's times: two instants, or the rule in its own zone's wall clock."""
    if one.every is None:
        return f"{wording.instant(one.start_ms, zone)} to {wording.instant(one.end_ms, zone)}"
    said = f"{one.every} at {one.from_time} for {wording.span(one.lasts_ms)} ({one.zone})"
    if one.starts:
        said += f" from {one.starts}"
    return said + (f" until {one.until}" if one.until else "")


def _entered(one: Window, zone: tzinfo) -> str:
    by = f" by {one.entered_by}" if one.entered_by else ""
    late = ", after the fact" if one.is_after_the_fact else ""
    return f"{wording.instant(one.entered_at_ms, zone)}{by} ({one.source}{late})"
