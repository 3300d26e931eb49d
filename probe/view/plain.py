"""A page as lines of text: columns, wrapping and escaping, by arithmetic alone and without Rich.

With a width nothing is longer than it and nothing is cut; without one (a pipe) nothing is wrapped.
Every word of every view is made printable here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from probe.view.cells import Line, cells, escaped, printable, wrapped
from probe.view.page import Block, Column, Fields, Page, Piece, Prose, Table, Tone, Words

GAP: Final = 2
"""Columns between two columns of a table."""

NAME_FLOOR: Final = 18
"""A column of names is not made narrower than this; longer names take a line of their own."""

ASCII: Final = str.maketrans(
    {
        "—": "-",
        "–": "-",
        "−": "-",
        "…": "...",
        "≥": ">=",
        "≤": "<=",
        "×": "x",
        "±": "+/-",
        "µ": "u",
        "·": ".",
        "→": "->",
        "▁": "_",
        "▂": "_",
        "▃": "-",
        "▄": "~",
        "▅": "=",
        "▆": "=",
        "▇": "#",
        "█": "#",
        "“": '"',
        "”": '"',
    }
)
"""What our own signs become where the output is not UTF-8; other characters become escapes."""


def lines(page: Page, width: int | None = None, *, is_ascii: bool = False) -> Iterator[Line]:
    """The lines of a page, each a list of pieces that are safe to write."""
    for block in page:
        yield from _block_lines(_safe(block, is_ascii), width)


def text(page: Page, width: int | None = None, *, is_ascii: bool = False) -> str:
    """A page as one text without colour, a newline after each line."""
    if width is None:
        return "".join(line + "\n" for block in page for line in _in_a_pipe(_safe(block, is_ascii)))
    return "".join(_joined(line).rstrip() + "\n" for line in lines(page, width, is_ascii=is_ascii))


def _in_a_pipe(block: Block) -> Iterator[str]:
    """The lines of a block where nothing is wrapped; a table of thousands of rows is put together column by column."""
    if not isinstance(block, Table):
        yield from (_joined(line).rstrip() for line in _block_lines(block, None))
        return
    shown = [i for i in range(len(block.columns)) if _is_shown(block, i, None)]
    padded = [_padded(block.columns[i], [row[i] for row in block.rows]) for i in shown]
    lead = " " * block.indent
    for row in zip(*padded, strict=True):
        yield (lead + (" " * GAP).join(row)).rstrip()


def _padded(column: Column, column_cells: Sequence[Words]) -> list[str]:
    """The title and the cells of a column as texts of one size."""
    texts = [column.title, *map(_joined, column_cells)]
    sizes = [cells(one) for one in texts]
    room = max(sizes)
    if column.is_number:
        return [" " * (room - size) + one for one, size in zip(texts, sizes, strict=True)]
    return [one + " " * (room - size) for one, size in zip(texts, sizes, strict=True)]


def _joined(words: Sequence[Piece]) -> str:
    return words[0].text if len(words) == 1 else "".join([piece.text for piece in words])


def _safe(block: Block, is_ascii: bool) -> Block:
    if isinstance(block, Prose):
        return Prose(_clean(block.words, is_ascii), block.indent, block.hang)
    if isinstance(block, Fields):
        return Fields(
            tuple((_clean_text(label, is_ascii), _clean(words, is_ascii)) for label, words in block.rows), block.indent
        )
    columns = tuple(replace(column, title=_clean_text(column.title, is_ascii)) for column in block.columns)
    return Table(columns, tuple(tuple(_clean(cell, is_ascii) for cell in row) for row in block.rows), block.indent)


def _clean(words: Words, is_ascii: bool) -> Words:
    if not is_ascii and all(piece.text.isprintable() for piece in words):
        return words
    return tuple(Piece(_clean_text(piece.text, is_ascii), piece.tone) for piece in words)


def _clean_text(raw: str, is_ascii: bool) -> str:
    shown = printable(raw)
    if not is_ascii or shown.isascii():
        return shown
    shown = shown.translate(ASCII)
    return "".join(char if char.isascii() else escaped(char) for char in shown)


def _block_lines(block: Block, width: int | None) -> Iterator[Line]:
    if isinstance(block, Prose):
        yield from wrapped(block.words, width, block.indent, block.indent + block.hang)
    elif isinstance(block, Fields):
        yield from _field_lines(block, width)
    else:
        yield from _table_lines(block, width)


def _field_lines(block: Fields, width: int | None) -> Iterator[Line]:
    """A label too long for its column stands on a line of its own, its words below where the others' are."""
    sizes = [cells(label) for label, _ in block.rows]
    label_width = max((size for size in sizes if width is None or size <= max(width // 3, NAME_FLOOR)), default=0) + GAP
    hang = block.indent + label_width
    for label, words in block.rows:
        if cells(label) + GAP > label_width:
            yield from wrapped((Piece(label, Tone.FAINT),), width, block.indent, hang)
            yield from wrapped(words, width, hang, hang)
            continue
        lead = " " * block.indent + label + " " * (label_width - cells(label))
        first, *rest = list(wrapped(words, width, hang, hang))
        yield [Piece(lead, Tone.FAINT), *first[1:]]
        yield from rest


def _table_lines(table: Table, width: int | None) -> Iterator[Line]:
    shown = [i for i in range(len(table.columns)) if _is_shown(table, i, width)]
    columns = [table.columns[i] for i in shown]
    rows = [[row[i] for i in shown] for row in table.rows]
    sizes = [_column_size(columns[i], [row[i] for row in rows]) for i in range(len(columns))]
    sizes, count = _fitted(sizes, width, table.indent, is_named=bool(columns) and columns[0].is_name)
    heads = [(Piece(column.title, Tone.FAINT),) for column in columns[:count]]
    yield _aligned(heads, columns, sizes, table.indent)
    for row in rows:
        yield from _row_lines(row, columns, sizes[:count], (table.indent, width))


def _is_shown(table: Table, index: int, width: int | None) -> bool:
    """Whether a column has room on such a page and anything to say."""
    has_room = width is None or width >= table.columns[index].wide
    return index == 0 or (has_room and (not table.rows or any(_size(row[index]) for row in table.rows)))


def _column_size(column: Column, column_cells: Sequence[Words]) -> int:
    return max([cells(column.title), *(_size(cell) for cell in column_cells)])


def _size(words: Words) -> int:
    return sum(cells(piece.text) for piece in words)


def _fitted(sizes: list[int], width: int | None, indent: int, *, is_named: bool) -> tuple[list[int], int]:
    """Sizes with the column of names narrowed where needed, and how many columns fit beside each other."""
    if width is None or not sizes:
        return sizes, len(sizes)
    first = min(sizes[0], width - indent)
    if is_named:
        first = min(first, max(NAME_FLOOR, width - indent - sum(sizes[1:]) - GAP * (len(sizes) - 1)))
    sizes = [first, *sizes[1:]]
    count = len(sizes)
    while count > 1 and indent + sum(sizes[:count]) + GAP * (count - 1) > width:
        count -= 1
    return sizes, count


def _row_lines(
    row: list[Words], columns: list[Column], sizes: list[int], frame: tuple[int, int | None]
) -> Iterator[Line]:
    indent, width = frame
    count = len(sizes)
    beside = row[:count]
    if width is not None and _size(row[0]) > sizes[0]:
        yield from wrapped(row[0], width, indent, indent)
        beside = [(), *row[1:count]]
    yield _aligned(beside, columns, sizes, indent)
    below = _spilled(columns[count:], row[count:])
    if below:
        yield from wrapped(below, width, indent + GAP, indent + GAP)


def _spilled(columns: Sequence[Column], row: Sequence[Words]) -> Words:
    """What did not fit beside the others, as one sentence: `title value; title value`; a text alone needs no title."""
    spilled: list[Piece] = []
    for column, cell in zip(columns, row, strict=True):
        if not _size(cell):
            continue
        if spilled:
            spilled.append(Piece("; ", Tone.FAINT))
        if column.title and (len(columns) > 1 or column.is_number):
            spilled.append(Piece(column.title.lower() + " ", Tone.FAINT))
        spilled.extend(cell)
    return tuple(spilled)


def _aligned(row: Sequence[Words], columns: Sequence[Column], sizes: Sequence[int], indent: int) -> Line:
    line: Line = [Piece(" " * indent)]
    for index, cell in enumerate(row):
        padding = Piece(" " * (sizes[index] - _size(cell)))
        line += [padding, *cell] if columns[index].is_number else [*cell, padding]
        if index + 1 < len(row):
            line.append(Piece(" " * GAP))
    return line
