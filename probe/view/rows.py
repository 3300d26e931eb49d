"""Lists of one line a row, for a screen that is moved through: fixed columns, what is too long cut with `…`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from probe.view.cells import cells, printable
from probe.view.page import Piece, Words, faint

GAP = 2
"""Columns between two slots."""
CUT = "…"


class Slot(NamedTuple):
    """One column: its heading and how wide it is, whatever stands in it."""

    title: str
    size: int
    is_number: bool = False


def heading(slots: Sequence[Slot]) -> Words:
    """The titles above their columns."""
    return line(slots, [(faint(slot.title),) for slot in slots])


def line(slots: Sequence[Slot], row: Sequence[Words]) -> Words:
    """One row, every cell cut and padded to its slot."""
    found: list[Piece] = []
    for slot, cell in zip(slots, row, strict=True):
        shown = cut(cell, slot.size)
        padding = Piece(" " * (slot.size - sum(cells(piece.text) for piece in shown)))
        found += [padding, *shown] if slot.is_number else [*shown, padding]
        found.append(Piece(" " * GAP))
    return tuple(found[:-1])


def cut(cell: Words, size: int) -> Words:
    """The words made printable, and cut with a sign where they take more than so many terminal columns."""
    safe = [Piece(printable(piece.text), piece.tone) for piece in cell]
    if sum(cells(piece.text) for piece in safe) <= size:
        return tuple(safe)
    left = size - cells(CUT)
    found: list[Piece] = []
    for piece in safe:
        text = _beginning(piece.text, left)
        left -= cells(text)
        found.append(Piece(text, piece.tone))
        if text != piece.text:
            break
    return (*found, Piece(CUT)) if size > 0 else ()


def _beginning(text: str, size: int) -> str:
    """As much of a text as fits."""
    if text.isascii():
        return text[: max(size, 0)]
    used = 0
    for index, char in enumerate(text):
        used += cells(char)
        if used > size:
            return text[:index]
    return text
