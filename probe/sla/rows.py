"""Looking a value up in published rows, as they are printed: edges in or out, gaps and all.

Between the edges nothing changes, so a range of values is looked up exactly by trying its ends, the
edges in it and one value between any two. A value in a hole pays nothing that can be named; at most
it pays what its neighbours do.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from probe.sla.assessment import Ms
from probe.sla.clauses import CreditRow


def row_of(rows: Sequence[CreditRow], value: Ms) -> CreditRow | None:
    """The first row that a value lies in; None in a hole or outside."""
    return next((row for row in rows if _is_in(row, value)), None)


class Place(NamedTuple):
    """Where a value falls: into a row, or beside all of them (1: all lie above it, -1: below), or in a hole (0)."""

    row: CreditRow | None
    side: int

    @property
    def is_hole(self) -> bool:
        """Whether no row names the value although some lie on both sides."""
        return self.row is None and self.side == 0


def place_of(rows: Sequence[CreditRow], value: Ms) -> Place:
    """Where a value falls among the rows."""
    row = row_of(rows, value)
    if row is not None:
        return Place(row, 0)
    sides = {_side(each, value) for each in rows}
    return Place(None, sides.pop() if len(sides) == 1 else 0)


def looked_up(rows: Sequence[CreditRow], low: Ms, high: Ms) -> tuple[Place, ...]:
    """Every place that values from `low` to `high` fall into."""
    found: list[Place] = []
    for value in _tries(rows, low, high):
        place = place_of(rows, value)
        if place not in found:
            found.append(place)
    return tuple(found)


def neighbours(rows: Sequence[CreditRow], low: Ms, high: Ms) -> tuple[CreditRow, ...]:
    """The rows next to the holes among values from `low` to `high`."""
    found: dict[CreditRow, None] = {}
    for value in _tries(rows, low, high):
        if place_of(rows, value).is_hole:
            found[max((row for row in rows if _side(row, value) < 0), key=_top)] = None
            found[min((row for row in rows if _side(row, value) > 0), key=_bottom)] = None
    return tuple(found)


def pays(rows: Sequence[CreditRow], low: Ms, high: Ms) -> tuple[int, int]:
    """Whether durations from `low` to `high` are paid for at least, and at most, as 0 or 1."""
    found = [
        bool(place.row.credit) if place.row else None if place.side < 1 else False
        for place in looked_up(rows, low, high)
    ]
    return int(all(found)), int(any(each is not False for each in found))


def _is_in(row: CreditRow, value: Ms) -> bool:
    return _side(row, value) == 0


def _side(row: CreditRow, value: Ms) -> int:
    """Where a row lies as seen from a value: below it (-1), around it (0) or above it (1)."""
    if (row.at_least is not None and value < row.at_least) or (row.above is not None and value <= row.above):
        return 1
    if (row.up_to is not None and value > row.up_to) or (row.below is not None and value >= row.below):
        return -1
    return 0


def _edges(row: CreditRow) -> list[Fraction]:
    return [edge for edge in (row.at_least, row.above, row.up_to, row.below) if edge is not None]


def _top(row: CreditRow) -> Fraction:
    return max(_edges(row))


def _bottom(row: CreditRow) -> Fraction:
    return min(_edges(row))


def _tries(rows: Sequence[CreditRow], low: Ms, high: Ms) -> list[Ms]:
    edges = sorted([edge for row in rows for edge in _edges(row) if low < edge < high])
    found = [low]
    for edge in [*edges, high]:
        if edge != found[-1]:
            found += [(found[-1] + edge) / Fraction(2), edge]
    return found
