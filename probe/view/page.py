"""A screen as values: words with a tone, lines, fields and tables. Every view returns a page.

What a page looks like on paper, on a terminal or in a pipe is decided by `plain` and `terminal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    """How a word is meant; never the only carrier of what it says."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"


class Piece(NamedTuple):
    """Some text and its tone. The text may be anything at all: it is made printable when laid out."""

    text: str
    tone: Tone = Tone.PLAIN


Words = tuple[Piece, ...]


def words(*parts: str | Piece | Words) -> Words:
    """Join texts, pieces and words into words."""
    joined: list[Piece] = []
    for part in parts:
        if isinstance(part, Piece):
            joined.append(part)
        elif isinstance(part, str):
            joined.append(Piece(part))
        else:
            joined.extend(part)
    return tuple(joined)


def strong(text: str) -> Piece:
    """A word that leads."""
    return Piece(text, Tone.STRONG)


def faint(text: str) -> Piece:
    """A word that may be overlooked."""
    return Piece(text, Tone.FAINT)


@dataclass(frozen=True, slots=True)
class Prose:
    """One paragraph, wrapped at spaces where the width is bounded; later lines hang by `hang` more columns."""

    words: Words
    indent: int = 0
    hang: int = 2


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels and what belongs to them, the labels in one column."""

    rows: tuple[tuple[str, Words], ...]
    indent: int = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    is_name: as the first column it may be made narrower than its longest cell, which then has a line of its own.
    wide: shown only where the page is at least that many columns wide, or unbounded.
    """

    title: str
    is_number: bool = False
    is_name: bool = False
    wide: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. Where the page is too narrow, columns from the right move to a line below their row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Words, ...], ...]
    indent: int = 0


BLANK = Prose(())
Block = Prose | Fields | Table
Page = tuple[Block, ...]


def paragraph(*parts: str | Piece | Words, indent: int = 0, hang: int = 2) -> Prose:
    """A paragraph of the given parts."""
    return Prose(words(*parts), indent, hang)


def row(*cells: str | Piece | Words) -> tuple[Words, ...]:
    """A table row of the given cells."""
    return tuple(words(cell) for cell in cells)


def stacked(pages: Sequence[Page]) -> Page:
    """Pages below each other with a blank line between."""
    blocks: list[Block] = []
    for page in pages:
        if blocks and page:
            blocks.append(BLANK)
        blocks.extend(page)
    return tuple(blocks)
