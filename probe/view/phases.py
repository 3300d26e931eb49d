"""The phases of one attempt as bars, each beginning where the one before ended."""

from __future__ import annotations

from collections.abc import Mapping

from probe.view import wording
from probe.view.page import Column, Piece, Table, Tone, row
from probe.view.strip import bar


def phase_table(phases_us: Mapping[str, int], broken: tuple[str, int] | None = None, columns: int = 30) -> Table:
    """One row a phase: its name, how long it took, and its bar on the scale of all of them.

    broken: the phase in which the attempt ended without an answer, and how long it had lasted.
    """
    total, start = sum(phases_us.values()) + (broken[1] if broken else 0), 0
    rows = []
    for name, taken in phases_us.items():
        rows.append(row(name, wording.exact(taken), Piece(bar(start, taken, total, columns), Tone.GOOD)))
        start += taken
    if broken:
        name, taken = broken
        marks = Piece(bar(start, taken, total, columns), Tone.BAD)
        rows.append(row(Piece(f"{name}, ended here", Tone.BAD), wording.exact(taken), marks))
    return Table((Column("PHASE"), Column("TOOK", is_number=True), Column("")), tuple(rows), indent=2)
