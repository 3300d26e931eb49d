"""Words as cells of a terminal: what is printable, how wide it is, where a line ends.

Characters that are not printable are shown as `\\xNN` or `\\uNNNN`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from probe.view.page import Piece, Words

Line = list[Piece]


def printable(text: str) -> str:
    """Every character that is not printable shown as an escape: no control code, no bidi override survives."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def escaped(char: str) -> str:
    """As `\\xNN`, `\\uNNNN` or `\\UNNNNNNNN`."""
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cells(text: str) -> int:
    """How many terminal columns a printable text takes: 2 for wide characters, 0 for combining ones."""
    return len(text) if text.isascii() else _wide_cells(text)


@lru_cache(maxsize=4096)
def _wide_cells(text: str) -> int:
    """Screens repeat their own signs: strips and dashes are measured once."""
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(words: Words, width: int | None, indent: int, hang: int) -> Iterator[Line]:
    """Lines of at most `width` columns, the first indented by `indent`, the others by `hang`."""
    line: Line = [Piece(" " * indent)]
    if width is None:
        yield [*line, *words]
        return
    used, is_empty = indent, True
    for word in _unbroken(words, max(width - max(indent, hang), 1)):
        size = sum(cells(piece.text) for piece in word)
        trailing = len(word[-1].text) - len(word[-1].text.rstrip())
        if not is_empty and used + size - trailing > width:
            yield _ended(line)
            line, used, is_empty = [Piece(" " * hang)], hang, True
        line += word
        used += size
        is_empty = False
    yield line


def _ended(line: Line) -> Line:
    """The line without the space before the next: in the last column it would be a line of its own."""
    *others, last = line
    return [*others, Piece(last.text.rstrip(), last.tone)]


def _unbroken(words: Words, longest: int) -> Iterator[Line]:
    """What must not be torn apart: pieces up to the next space, each at most `longest` columns without it."""
    word: Line = []
    for piece in words:
        for atom in _split_after_spaces(piece.text):
            word.append(Piece(atom, piece.tone))
            if atom.endswith(" "):
                yield from _chopped(word, longest)
                word = []
    if word:
        yield from _chopped(word, longest)


def _split_after_spaces(raw: str) -> Iterator[str]:
    start = 0
    for index in range(1, len(raw)):
        if raw[index - 1] == " " and raw[index] != " ":
            yield raw[start:index]
            start = index
    if raw:
        yield raw[start:]


def _chopped(word: Line, longest: int) -> Iterator[Line]:
    """The word itself if it fits on a line, else pieces of it that do."""
    if sum(cells(piece.text.rstrip()) for piece in word) <= longest:
        yield word
        return
    for piece in word:
        rest = piece.text
        while cells(rest.rstrip()) > longest:
            taken = _fitting(rest, longest)
            yield [Piece(rest[:taken], piece.tone)]
            rest = rest[taken:]
        yield [Piece(rest, piece.tone)]


def _fitting(raw: str, longest: int) -> int:
    used = 0
    for index, char in enumerate(raw):
        used += _cell(char)
        if used > longest:
            return max(index, 1)
    return len(raw)
