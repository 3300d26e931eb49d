"""The phases of one attempt as bars, each beginning where the one before ended."""

from __future__ import annotations

from collections.abc import Mapping

from probe.view import wording
from probe.view.page import Column, Piece, Table, Tone, row
from probe.view.strip import bar


def phase_table(phases_us: Mapping[str, int], columns: int = 30) -> Table:
    """One row a phase: its name, how long it took, and its bar on the scale of all of them."""
    total, start = sum(phases_us.values()), 0
    rows = []
    for name, taken in phases_us.items():
        rows.append(row(name, wording.latency(taken), Piece(bar(start, taken, total, columns), Tone.GOOD)))
        start += taken
    return Table((Column("PHASE"), Column("TOOK", is_number=True), Column("")), tuple(rows), indent=2)
