"""What a reader of history gives: outcomes of one check after the other, its maintenance, and what was left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from probe.model import Window
from probe.store.exchange import Imported

SAID: Final = 100
"""Different remarks that are kept; what comes after is counted."""


class Piece(NamedTuple):
    """Outcomes of one check in order of time. interval_ms: how often it was tried, None when nothing says so."""

    key: str
    rows: tuple[Imported, ...]
    interval_ms: int | None
    windows: tuple[Window, ...] = ()


class Remarks:
    """What could not be carried, each remark with how often it was made, and how many rows were no good."""

    def __init__(self) -> None:
        """Nothing was left behind yet."""
        self._said: Counter[str] = Counter()
        self.bad_rows = 0

    def leave(self, what: str, times: int = 1) -> None:
        """Something is not carried, and need not be."""
        if times and (what in self._said or len(self._said) < SAID):
            self._said[what] += times

    def refuse(self, what: str) -> None:
        """A row cannot be understood."""
        self.bad_rows += 1
        self.leave(what)

    def lines(self) -> list[str]:
        """One line a remark."""
        return [f"{what} (× {times:,})" if times > 1 else what for what, times in self._said.items()]


class History(NamedTuple):
    """What is in a file. `remarks` is complete once `pieces` have been read."""

    pieces: Iterator[Piece]
    remarks: Remarks
