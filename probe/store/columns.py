"""Columns of whole numbers and of texts as bytes that compress well, and back, exactly.

Numbers: the least is taken off, then all lowest bytes, all second bytes, and so on: neighbours that look alike
come to lie together. Texts: what differs between two JSON documents of one prober is nearly always a number, so a
text is a template with holes, and the numbers in the holes are columns of their own. Where phases add up to the
latency, which is kept anyway, one of them is not kept.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

NUMBER: Final = re.compile(r"(?<![0-9])(0|[1-9][0-9]{0,14})(?![0-9])")
"""A run of digits that is the same again when it is read as a number and written."""
RARE: Final = 4
"""A template that fewer texts share is not worth columns of its own: those texts are kept whole."""
WORD: Final = 8
FIRST_PHASE: Final = re.compile(r'"phases_us":{"(\w+)":$')
NEXT_PHASE: Final = re.compile(r'^,"(\w+)":$')
NOT_TIMED: Final = "dns"
"""The phase that no latency contains: finding the address is no part of what is measured."""


class Numbers(NamedTuple):
    """What must be known to read a column: its least value and the bytes of each number."""

    least: int
    width: int


def pack_numbers(values: Sequence[int]) -> tuple[Numbers, bytes]:
    """The column; numbers may be further apart than 2^63 only if they fit when the least is taken off."""
    least = min(values, default=0)
    return _packed(least, array("Q", [value - least for value in values] if least else values))


def _packed(least: int, words: array[int]) -> tuple[Numbers, bytes]:
    width = (max(words, default=0).bit_length() + 7) // 8
    if sys.byteorder == "big":
        words.byteswap()
    raw = words.tobytes()
    return Numbers(least, width), b"".join(raw[byte::WORD] for byte in range(width))


def unpack_numbers(how: Numbers, data: bytes, n: int) -> list[int]:
    """The n numbers of a column."""
    raw = bytearray(n * WORD)
    for byte in range(how.width):
        raw[byte::WORD] = data[byte * n : (byte + 1) * n]
    words = array("Q")
    words.frombytes(bytes(raw))
    if sys.byteorder == "big":
        words.byteswap()
    return [word + how.least for word in words] if how.least else words.tolist()


class Stream:
    """Columns one after the other; their descriptions go into the header."""

    def __init__(self) -> None:
        """Empty."""
        self.described: list[list[int]] = []
        self.parts: list[bytes] = []

    def add(self, values: Sequence[int]) -> None:
        """One more column."""
        how, data = pack_numbers(values)
        self.described.append(list(how))
        self.parts.append(data)


class Source:
    """The columns of a stream in the order in which they were added. ValueError when the bytes do not suffice."""

    def __init__(self, described: Sequence[Sequence[int]], data: bytes) -> None:
        """At the first."""
        self._described: Iterator[Numbers] = (Numbers(*each) for each in described)
        self._data = memoryview(data)

    def take(self, n: int) -> list[int]:
        """The next column, of n numbers."""
        how = next(self._described)
        size = how.width * n
        if size > len(self._data):
            raise ValueError("a column ends too early")
        data, self._data = self._data[:size], self._data[size:]
        return unpack_numbers(how, bytes(data), n)


class Texts:
    """Texts as templates: which template each is, and the numbers of its holes."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        """From the texts of a column; None is template 0."""
        split = [None if text is None else NUMBER.split(text) for text in texts]
        shapes = [None if parts is None else tuple(parts[::2]) for parts in split]
        many: dict[tuple[str, ...] | None, int] = {}
        for shape in shapes:
            many[shape] = many.get(shape, 0) + 1
        self.templates: dict[tuple[str, ...], int] = {}
        self.which: list[int] = []
        self.holes: list[list[list[str]]] = [[]]
        for text, shape, parts in zip(texts, shapes, split, strict=True):
            if text is None or shape is None or parts is None:
                self.which.append(0)
            elif many[shape] < RARE:
                self._place((text,), [])
            else:
                self._place(shape, parts[1::2])

    def _place(self, shape: tuple[str, ...], values: list[str]) -> None:
        number = self.templates.setdefault(shape, len(self.templates) + 1)
        if number == len(self.holes):
            self.holes.append([])
        self.which.append(number)
        self.holes[number].append(values)

    def write(self, stream: Stream, latencies: Sequence[int]) -> list[list[Any]]:
        """The templates for the header, each with the holes that add up to the latency; the rest into the stream."""
        stream.add(self.which)
        late: list[list[int]] = [[] for _ in self.holes]
        for number, latency in zip(self.which, latencies, strict=True):
            late[number].append(latency)
        described: list[list[Any]] = []
        for shape, filled, mine in zip(self.templates, self.holes[1:], late[1:], strict=True):
            columns = [list(map(int, column)) for column in zip(*filled, strict=True)]
            summed = _adding_up(shape, columns, mine)
            for hole, column in enumerate(columns):
                if hole not in summed[-1:]:
                    stream.add(column)
            described.append([shape, summed])
        return described


def read_texts(templates: Sequence[Sequence[Any]], source: Source, latencies: Sequence[int]) -> list[str | None]:
    """The texts that `Texts.write` wrote, beside the same latencies."""
    which = source.take(len(latencies))
    of: list[Iterator[Any]] = [iter(())]
    for number, (shape, summed) in enumerate(templates, 1):
        late = [latency for latency, mine in zip(latencies, which, strict=True) if mine == number]
        of.append(iter(_read_holes(len(shape) - 1, summed, source, late)))
    return [_filled(templates[number - 1][0], next(of[number])) if number else None for number in which]


def _read_holes(holes: int, summed: Sequence[int], source: Source, late: Sequence[int]) -> list[tuple[int, ...]]:
    """What stands in each text's holes."""
    if not holes:
        return [()] * len(late)
    columns = {hole: source.take(len(late)) for hole in range(holes) if hole not in summed[-1:]}
    if summed:
        others = [columns[hole] for hole in summed[:-1]]
        columns[summed[-1]] = [latency - sum(rest) for latency, *rest in zip(late, *others, strict=True)]
    return list(zip(*(columns[hole] for hole in range(holes)), strict=True))


def _adding_up(shape: Sequence[str], columns: Sequence[Sequence[int]], late: Sequence[int]) -> list[int]:
    """The holes of phases that are the latency together each time: the last, which varies most, need not be kept."""
    phases = _phases(shape)
    timed = [hole for hole, name in phases.items() if name != NOT_TIMED]
    for summed in (timed, *([hole] for hole in phases)):
        if summed and all(map(int.__eq__, late, map(sum, zip(*(columns[hole] for hole in summed), strict=True)))):
            return sorted(summed, key=lambda hole: max(columns[hole]) - min(columns[hole]))
    return []


def _phases(shape: Sequence[str]) -> dict[int, str]:
    """Which holes are the time of a phase, and its name."""
    found: dict[int, str] = {}
    for hole, before in enumerate(shape[:-1]):
        if named := (NEXT_PHASE.match(before) if hole - 1 in found else FIRST_PHASE.search(before)):
            found[hole] = named[1]
    return found


def _filled(shape: Sequence[str], values: Sequence[int]) -> str:
    if not values:
        return shape[0]
    return shape[0] + "".join(f"{value}{part}" for value, part in zip(values, shape[1:], strict=True))
