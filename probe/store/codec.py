"""Outcomes of one series as one compressed piece, and back, exactly: every column of `hot`, nothing rounded.

Piece = compressed(length of the header, header, columns). The header is JSON: how many, words, templates, and what
each column's numbers need to be read (columns.py). A due instant is kept as its distance from the one before and
the send time as its distance from the due one: on a schedule the first is constant and the second a few ms.
The format has a number; a released one is never edited.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise, repeat
from typing import Any, Final

from probe.store.columns import Source, Stream, Texts, read_texts
from probe.store.outcomes import Row

FILTERS: Final = ({"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 20, "lc": 0, "lp": 0, "pb": 0},)
HEAD: Final = 4
MOST: Final = 1 << 21
"""Outcomes in one piece."""
LARGEST: Final = 256 << 20
"""No piece is ever unpacked to more than this, whatever its bytes say."""


def encode(rows: Sequence[Row]) -> bytes:
    """The piece. All rows are of one series, which is not in it."""
    stream = Stream()
    dues = [row.at_ms if row.due_ms is None else row.due_ms for row in rows]
    stream.add([later - due for due, later in pairwise([0, *dues])][1:])
    stream.add([row.at_ms - due for row, due in zip(rows, dues, strict=True)])
    _add_flags(stream, rows)
    latencies = [0 if row.latency_us is None else row.latency_us for row in rows]
    stream.add(latencies)
    revisions = _words(stream, [row.revision for row in rows])
    clocks = _words(stream, [row.clock for row in rows])
    reasons = _words(stream, [row.reason for row in rows])
    texts = Texts([row.more for row in rows]).write(stream, latencies)
    header = {
        "n": len(rows),
        "from": dues[0],
        "revisions": revisions,
        "clocks": clocks,
        "reasons": reasons,
        "more": texts,
        "columns": stream.described,
    }
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    body = b"".join((len(head).to_bytes(HEAD, "little"), head, *stream.parts))
    return lzma.compress(body, lzma.FORMAT_RAW, filters=list(FILTERS))


def decode(piece: bytes, series: int) -> list[Row]:
    """The rows of a piece. ValueError when it is none."""
    return list(map(Row._make, _decoded(piece, series)))


def is_of(piece: bytes, rows: Sequence[Row]) -> bool:
    """Whether a piece gives just these rows back."""
    return list(_decoded(piece, rows[0].series)) == list(rows)


def _decoded(piece: bytes, series: int) -> Iterator[tuple[Any, ...]]:
    header, source = _opened(piece)
    try:
        return _rows(header, source, series)
    except (KeyError, IndexError, TypeError, StopIteration) as error:
        raise ValueError(f"not a piece of outcomes: {error}") from error


def _rows(header: dict[str, Any], source: Source, series: int) -> Iterator[tuple[Any, ...]]:
    """In the order of the columns of `Row`."""
    n = header["n"]
    if not 0 < n <= MOST:
        raise ValueError(f"a piece of {n} outcomes")
    dues = list(accumulate(source.take(n - 1), initial=header["from"]))
    sent = map(int.__add__, dues, source.take(n))
    origins, states, has_due, has_latency = (source.take(n) for _ in range(4))
    latencies = source.take(n)
    revisions, clocks, reasons = (_spelled(header[name], source, n) for name in ("revisions", "clocks", "reasons"))
    more = read_texts(header["more"], source, latencies)
    said = repeat(series, n), clocks, revisions, origins, states, reasons
    return zip(list(sent), *said, _where(latencies, has_latency), _where(dues, has_due), more, strict=True)


def _where(values: list[int], is_there: list[int]) -> Sequence[int | None]:
    """None where nothing is."""
    if all(is_there):
        return values
    return [value if there else None for value, there in zip(values, is_there, strict=True)]


def _opened(piece: bytes) -> tuple[dict[str, Any], Source]:
    try:
        body = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=list(FILTERS)).decompress(piece, LARGEST)
        size = int.from_bytes(body[:HEAD], "little")
        header = json.loads(body[HEAD : HEAD + size])
        return header, Source(header["columns"], body[HEAD + size :])
    except (lzma.LZMAError, EOFError, KeyError, TypeError) as error:
        raise ValueError(f"not a piece of outcomes: {error}") from error


def _add_flags(stream: Stream, rows: Sequence[Row]) -> None:
    stream.add([row.origin for row in rows])
    stream.add([row.state for row in rows])
    stream.add([int(row.due_ms is not None) for row in rows])
    stream.add([int(row.latency_us is not None) for row in rows])


def _words(stream: Stream, values: Iterable[Any]) -> list[Any]:
    """The distinct values for the header; which of them each is into the stream."""
    known: dict[Any, int] = {}
    stream.add([known.setdefault(value, len(known)) for value in values])
    return list(known)


def _spelled(words: Sequence[Any], source: Source, n: int) -> list[Any]:
    return [words[number] for number in source.take(n)]
