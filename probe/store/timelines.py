"""The spans of many series over a stretch of time in one question: closed rows, then the open end of `latest`.

What comes out is contiguous from the first sample to the last: a hole (a reboot) becomes an unknown
span; where a synchronised clock was set back, and one minute was lived twice, the later span wins.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Final

from probe.model import Span, SpanClass
from probe.sla.classify import tail
from probe.store import clocks
from probe.store.clocks import Segment
from probe.store.codes import CLASSES, STATES, UP_CLASS
from probe.store.spans import LATEST_COLUMNS, tip_of

FAR: Final = 1 << 62
COLUMNS: Final = "span.series, t0_ms, t1_ms, class * 9 + first * 3 + last, n, max_spacing_ms, revision, clock"
WORDS: Final = [(cls, first, last) for cls in CLASSES for first in STATES for last in STATES]
"""Class, first and last by their one number: a column less is a tenth of the time."""
CLOSED: Final = f"""
    SELECT {COLUMNS}
    FROM series CROSS JOIN span ON span.series = series.id AND span.clock NOT IN (SHIFTED)
        AND t0_ms >= coalesce((SELECT max(t0_ms) FROM span AS before WHERE before.series = series.id
            AND before.t0_ms <= :start AND before.class = {UP_CLASS} AND before.clock NOT IN (SHIFTED)), -{FAR})
        AND t0_ms <= coalesce((SELECT min(t0_ms) FROM span AS after WHERE after.series = series.id
            AND after.t0_ms >= :end AND after.class = {UP_CLASS} AND after.clock NOT IN (SHIFTED)), {FAR})
    WHERE series.vantage = :vantage AND (:key IS NULL OR series.key = :key)
    ORDER BY series.key, span.t0_ms
"""
"""From the up span before the stretch to the one after it, of what needs no correction: nearly all there is."""
CORRECTED: Final = f"""
    SELECT {COLUMNS} FROM span JOIN series ON series.id = span.series
    WHERE span.clock IN (SHIFTED) AND series.vantage = :vantage AND (:key IS NULL OR series.key = :key)
"""
OPEN: Final = f"""
    SELECT {LATEST_COLUMNS} FROM latest
    WHERE series IN (SELECT id FROM series WHERE vantage = :vantage AND (:key IS NULL OR key = :key))
"""
KEYS: Final = "SELECT id, key FROM series WHERE vantage = :vantage AND (:key IS NULL OR key = :key)"

_made = tuple.__new__


class Line:
    """The spans of one series on their way to a timeline."""

    __slots__ = ("clocks", "end_ms", "is_torn", "spans")

    def __init__(self) -> None:
        """Empty. clocks: the segment of each span; is_torn: some span does not begin where the last one ends."""
        self.spans: list[Span] = []
        self.clocks: list[int] = []
        self.end_ms: int | None = None
        self.is_torn = False

    def fill(self, rows: Iterable[tuple[int, ...]]) -> None:
        """What the rows of `COLUMNS` say, in order; there may be a hundred thousand, so each step counts."""
        end, place, note = self.end_ms, self.spans.append, self.clocks.append
        for _, t0, t1, code, n, spacing, revision, clock in rows:
            if t0 != end and end is not None:
                self.is_torn = True
            end = t1
            cls, first, last = WORDS[code]
            place(_made(Span, (t0, t1, cls, n, spacing, first, last, revision)))
            note(clock)
        self.end_ms = end

    def add(self, span: Span, clock: int) -> None:
        """One more."""
        if span.t0_ms != self.end_ms:
            self.is_torn = self.is_torn or self.end_ms is not None
        self.end_ms = span.t1_ms
        self.spans.append(span)
        self.clocks.append(clock)


def load(
    connection: sqlite3.Connection, vantage: str, between: tuple[int, int], key: str | None
) -> dict[str, tuple[Span, ...]]:
    """The timelines by key, each from the up span before the stretch to the one after it."""
    asked = {"vantage": vantage, "key": key, "start": between[0], "end": between[1]}
    connection.execute("BEGIN")  # closed spans and open ends of one moment
    try:
        segments = clocks.load(connection)
        found = _found(connection, asked, segments)
        names = dict(connection.execute(KEYS, asked).fetchall())
    finally:
        connection.execute("COMMIT")
    return {names[number]: _timeline(line, segments, between) for number, line in found.items()}


def _found(
    connection: sqlite3.Connection, asked: Mapping[str, object], segments: Mapping[int, Segment]
) -> dict[int, Line]:
    shifted = ", ".join(str(segment.id) for segment in segments.values() if segment.shift_ms)
    found: dict[int, Line] = {}
    for question in (CLOSED, CORRECTED) if shifted else (CLOSED,):
        rows = connection.execute(question.replace("SHIFTED", shifted), asked)
        for number, mine in groupby(rows, key=itemgetter(0)):
            found.setdefault(number, Line()).fill(mine)
    for row in connection.execute(OPEN, asked).fetchall():
        tip = tip_of(row)
        for span in tail(tip.run):
            found.setdefault(row[0], Line()).add(span, tip.scale)
    return found


def _timeline(line: Line, segments: Mapping[int, Segment], between: tuple[int, int]) -> tuple[Span, ...]:
    if any(segments[clock].shift_ms for clock in set(line.clocks)):
        placed = zip(line.spans, line.clocks, strict=True)
        line = Line()
        for span, clock in sorted((_corrected(span, segments[clock].shift_ms), clock) for span, clock in placed):
            line.add(span, clock)
    whole = _stitched(line, segments) if line.is_torn else line.spans
    return tuple(_cut(whole, *between))


def _cut(whole: list[Span], start_ms: int, end_ms: int) -> list[Span]:
    """From the last up span that begins before the stretch to the first one that begins after it."""
    first, last = 0, len(whole)
    for place, span in enumerate(whole):
        if span.t0_ms > start_ms:
            break
        if span.cls is SpanClass.UP:
            first = place
    for place in range(last - 1, -1, -1):
        span = whole[place]
        if span.t0_ms < end_ms:
            break
        if span.cls is SpanClass.UP:
            last = place + 1
    return whole[first:last]


def _corrected(span: Span, shift_ms: int) -> Span:
    return span._replace(t0_ms=span.t0_ms + shift_ms, t1_ms=span.t1_ms + shift_ms)


def _stitched(line: Line, segments: Mapping[int, Segment]) -> list[Span]:
    whole: list[Span] = []
    clock_before = 0
    for span, clock in zip(line.spans, line.clocks, strict=True):
        if whole and whole[-1].t1_ms != span.t0_ms:
            _join(whole, span, is_reboot=segments[clock].boot_id != segments[clock_before].boot_id)
        whole.append(span)
        clock_before = clock
    return whole


def _join(whole: list[Span], span: Span, *, is_reboot: bool) -> None:
    """Let the last span reach just to the next one."""
    while whole and whole[-1].t0_ms >= span.t0_ms:
        whole.pop()
    if not whole:
        return
    before = whole[-1]
    if before.t1_ms > span.t0_ms:
        whole[-1] = before._replace(t1_ms=span.t0_ms)
    elif before.t1_ms < span.t0_ms:
        length = span.t0_ms - before.t1_ms
        hole = SpanClass.UNKNOWN, int(is_reboot), length, before.last, span.first, span.revision
        whole.append(Span(before.t1_ms, span.t0_ms, *hole))
