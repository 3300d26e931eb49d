"""Time as a row of marks: the strip of the last hours, the spark of latencies, the bar of phases.

Marks are never alone: the state stands beside them as a word, and `legend` says what each means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from probe.view.page import Piece, Tone, Words, words

MARKS: Final[Mapping[str, Piece]] = {
    "U": Piece("▁", Tone.GOOD),
    "S": Piece("▄", Tone.WARN),
    "D": Piece("█", Tone.BAD),
    "?": Piece("?", Tone.WARN),
    " ": Piece("·", Tone.FAINT),
}

LEVELS: Final = "▁▂▃▄▅▆▇█"
FULL: Final = "█"


@lru_cache(maxsize=4096)
def strip(slices: str) -> Words:
    """Marks for slices of time, oldest first; neighbours of one tone are one piece."""
    pieces: list[Piece] = []
    for slice_ in slices:
        mark = MARKS.get(slice_, MARKS["?"])
        if pieces and pieces[-1].tone is mark.tone:
            pieces[-1] = Piece(pieces[-1].text + mark.text, mark.tone)
        else:
            pieces.append(mark)
    return tuple(pieces)


def legend() -> Words:
    """What the marks of a strip mean."""
    return words(
        MARKS["U"], " up  ", MARKS["S"], " uncertain  ", MARKS["D"], " down  ", "? unknown  ", MARKS[" "], " no sample"
    )


def spark(values: Sequence[int | None]) -> str:
    """A line of levels from the lowest to the highest value; a space where there is none."""
    present = [value for value in values if value is not None]
    if not present:
        return ""
    low, reach = min(present), max(present) - min(present)
    return "".join(" " if value is None else LEVELS[_level(value - low, reach)] for value in values)


def _level(above: int, reach: int) -> int:
    return min(above * len(LEVELS) // reach, len(LEVELS) - 1) if reach else 0


def bar(start: int, length: int, total: int, columns: int = 30) -> str:
    """A bar of `length` beginning at `start` on a scale of `total`, at least one mark long."""
    if total <= 0:
        return ""
    before = min(start * columns // total, columns - 1)
    return " " * before + FULL * max(1, min(length * columns // total, columns - before))
