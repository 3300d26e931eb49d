"""Spans, kept as outcomes arrive: closed ones are rows, the open end of each series is its `latest` row.

A healthy check therefore costs one row of `hot` and one upsert of `latest`; `span` is touched only
when something begins or ends.

Scale. A span is expressed on the clock segment of its first sample. The first good or unknown sample
after a change of segment ends the open span and begins the next on its own segment; samples of one
boot are linked by boottime, so a clock step neither stretches nor tears anything. A reboot ends the
open span at its last sample: what lies between two boots has no row and is unknown.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from probe.model import Sample, Span, State
from probe.sla.classify import Run, extend, grown, stays_up, tail
from probe.store import archive, blocks, clocks, outcomes, series
from probe.store.breaks import Breaks
from probe.store.clocks import Segment
from probe.store.codes import ABSOLUTE, CLASS_CODE, STATE_CODE, STATES, UP_CLASS
from probe.store.outcomes import Row

SpanRow = tuple[int, int, int, int, int, int, int, int, int, int]

COLUMNS: Final = "series, t0_ms, clock, t1_ms, class, n, max_spacing_ms, first, last, revision"
APPEND: Final = f"INSERT INTO span ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
RETRACT: Final = "DELETE FROM span WHERE series = ? AND t0_ms = ? AND clock = ?"
LATEST_COLUMNS: Final = (
    "series, clock, at_ms, state, revision, origin, reason, detail, latency_us, due_ms, since_ms, run_clock, run_at_ms,"
    " run_g_max_ms, run_confirm, run_t0_ms, run_first, run_n, run_spacing_ms, run_bad, run_first_bad_ms,"
    " run_bad_confirm"
)
SHOW: Final = f"INSERT OR REPLACE INTO latest ({LATEST_COLUMNS}) VALUES ({', '.join('?' * 22)})"

UP_STATE: Final = STATE_CODE[State.UP]


class LateSample(ValueError):
    """A sample that lies before the last one of its series."""


class Tip(NamedTuple):
    """The open end of a series: its last outcome (on its own segment) and the run on segment `scale`.

    since_ms: the first sample of the unbroken stretch of the present state, on the last outcome's segment.
    """

    row: Row
    detail: str
    since_ms: int
    run: Run
    scale: int


Closed = tuple[SpanRow, ...]


class Context(NamedTuple):
    """What reading samples takes beside the samples: segments by id, and the breaks between samples."""

    segments: Mapping[int, Segment]
    breaks: Breaks


def follow(tip: Tip | None, row: Row, settings: series.Settings, context: Context) -> tuple[Tip, Closed]:
    """The open end after one more outcome, and the rows of the spans that are final now.

    LateSample when the outcome lies before the last one of the same boot.
    """
    rule = settings.rule_at(row.at_ms, row.clock)
    if tip is not None and _stays_up(tip, row, context):
        return Tip(row, "", tip.since_ms, grown(tip.run, row.at_ms, rule), tip.scale), ()
    detail = outcomes.detail_of(row.more) if row.state else ""
    sample = Sample(row.at_ms, STATES[row.state], row.revision, rule)
    if tip is None:
        run, _ = extend(None, sample)
        return Tip(row, detail, row.at_ms, run, row.clock), ()
    if context.breaks.lie_between(tip.row, row, context.segments):
        sample = sample._replace(is_broken=True)
    if tip.scale != row.clock:
        return _across(tip, Tip(row, detail, row.at_ms, tip.run, row.clock), sample, context.segments)
    if row.at_ms <= tip.run.at_ms:
        raise LateSample(row.at_ms)
    run, spans = extend(tip.run, sample)
    since = tip.since_ms if run.n > 1 and row.state == tip.row.state else row.at_ms
    return Tip(row, detail, since, run, tip.scale), _rows(row.series, tip.scale, spans) if spans else ()


def _stays_up(tip: Tip, row: Row, context: Context) -> bool:
    """The usual case, which everything below would lead to as well, only later."""
    return (
        row.state == tip.row.state == UP_STATE
        and tip.scale == row.clock
        and stays_up(tip.run, row.at_ms, row.revision)
        and not context.breaks.lie_between(tip.row, row, context.segments)
    )


def _across(tip: Tip, new: Tip, sample: Sample, segments: Mapping[int, Segment]) -> tuple[Tip, Closed]:
    """The same over a change of segment; `new` holds the outcome and the segment that it was sent in."""
    row, scale, own = new.row, segments[tip.scale], segments[new.row.clock]
    at = clocks.carried(sample.at_ms, own, scale)
    if at is not None and at < tip.run.at_ms and scale.boot_id == own.boot_id:
        raise LateSample(row.at_ms)
    if at is None or at < tip.run.at_ms:
        run, _ = extend(None, sample)
        return new._replace(run=run), _rows(row.series, tip.scale, tail(tip.run))
    at = max(at, tip.run.at_ms + 1)  # two figures of one millisecond of boottime
    run, spans = extend(tip.run, sample._replace(at_ms=at))
    kept = clocks.carried(tip.since_ms, segments[tip.row.clock], own)
    is_same = kept is not None and run.n > 1 and row.state == tip.row.state
    since = kept if is_same and kept is not None else row.at_ms
    if sample.state is State.DOWN:
        return Tip(row, new.detail, since, run, tip.scale), _rows(row.series, tip.scale, spans)
    rebased, _ = extend(None, sample)
    return Tip(row, new.detail, since, rebased, row.clock), _rows(row.series, tip.scale, (*spans, *tail(run)))


def _rows(series_id: int, scale: int, spans: Iterable[Span]) -> Closed:
    return tuple(
        (
            series_id,
            span.t0_ms,
            scale,
            span.t1_ms,
            CLASS_CODE[span.cls],
            span.n,
            span.max_spacing_ms,
            STATE_CODE[span.first],
            STATE_CODE[span.last],
            span.revision,
        )
        for span in spans
    )


def latest_row(tip: Tip) -> tuple[int | str | None, ...]:
    """The `latest` row of an open end; `tip_of` reads it back."""
    row, run = tip.row, tip.run
    outcome = row.series, row.clock, row.at_ms, row.state, row.revision, row.origin, row.reason
    shown = tip.detail, row.latency_us, row.due_ms, tip.since_ms, tip.scale
    stretch = run.at_ms, run.g_max_ms, run.confirm, run.t0_ms, STATE_CODE[run.first], run.n, run.spacing_ms
    return (*outcome, *shown, *stretch, run.bad, run.first_bad_ms, run.run_confirm)


def tip_of(row: Sequence[Any]) -> Tip:
    """The open end that a `latest` row holds."""
    number, clock, at_ms, state, revision, origin, reason, detail, latency, due, since, scale, *rest = row
    last = Row(at_ms, number, clock, revision, origin, state, reason, latency, due, None)
    return Tip(last, detail, since, run_of(state, revision, rest), scale)


def run_of(state: int, revision: int, rest: Sequence[int]) -> Run:
    """The run of a `latest` row; `rest` are its columns from run_at_ms on."""
    at, g_max, confirm, t0, first, *counted = rest
    return Run(at, STATES[state], revision, g_max, confirm, t0, STATES[first], *counted)


def load_tips(connection: sqlite3.Connection, vantage: str) -> dict[int, Tip]:
    """The open end of each series of a vantage point."""
    rows = connection.execute(
        f"SELECT {LATEST_COLUMNS} FROM latest WHERE series IN (SELECT id FROM series WHERE vantage = ?)", (vantage,)
    )
    return {row[0]: tip_of(row) for row in rows.fetchall()}


def rebuild(connection: sqlite3.Connection, touched: Mapping[int, int | None]) -> None:
    """Make the spans and `latest` of these series anew from their outcomes: the same as would have been kept.

    touched: series → the instant before which nothing changed, None for all of it.
    """
    context = Context(clocks.load(connection), Breaks.load(connection))
    starts = {
        each: _allowed(connection, each, _restart(connection, each, since, context)) for each, since in touched.items()
    }
    whole = any(start is None for start in starts.values())
    earliest = None if whole else min((start for start in starts.values() if start is not None), default=None)
    for each, rows in archive.samples(connection, touched, earliest).items():
        start = starts[each]
        since = [row for row in rows if start is None or row.at_ms >= start]
        _fold_anew(connection, each, (start, since), context)


def _fold_anew(
    connection: sqlite3.Connection, number: int, work: tuple[int | None, list[Row]], context: Context
) -> None:
    start, rows = work
    since = -(1 << 63) if start is None else start
    connection.execute("DELETE FROM span WHERE series = ? AND t0_ms >= ?", (number, since))
    tip, found = anew(rows, series.Settings(series.settings(connection, number)), context)
    connection.executemany(APPEND, found)
    if tip is not None:
        connection.execute(SHOW, latest_row(tip))


def anew(rows: list[Row], settings: series.Settings, context: Context) -> tuple[Tip | None, list[SpanRow]]:
    """The open end and the closed spans that these rows of one series make, from the first on."""
    found: list[SpanRow] = []
    tip: Tip | None = None
    for row in _in_order(rows, context.segments):
        try:
            tip, closed = follow(tip, row, settings, context)
        except LateSample:  # an import amid a clock that was set back: nothing links the two
            assert tip is not None
            closed = _rows(row.series, tip.scale, tail(tip.run))
            tip, _ = follow(None, row, settings, context)
        found += closed
    return tip, found


def _in_order(rows: list[Row], segments: Mapping[int, Segment]) -> Iterator[Row]:
    """In the order of recording; those that came as UTC go where they belong by UTC."""

    def instant(row: Row) -> int:
        return row.at_ms + segments[row.clock].shift_ms

    came = sorted((row for row in rows if row.clock == ABSOLUTE), key=lambda row: row.at_ms)
    sent = sorted((row for row in rows if row.clock != ABSOLUTE), key=lambda row: _sent(row, segments))
    return heapq.merge(sent, came, key=instant)


def _sent(row: Row, segments: Mapping[int, Segment]) -> tuple[int, int, int]:
    """Segments of one boot are one scale of boottime; the boots come in the order of their first segment."""
    segment = segments[row.clock]
    first = min(each.id for each in segments.values() if each.boot_id == segment.boot_id)
    return first, row.at_ms - segment.offset_ms, row.clock


def _allowed(connection: sqlite3.Connection, number: int, start: int | None) -> int | None:
    """The start, or after what retention has let go: spans of that time are the only witness and stay as they are."""
    if not blocks.has_blocks(connection):
        return start
    gone = "SELECT max(t1_ms) FROM block WHERE series = ? AND data IS NULL"
    (floor,) = connection.execute(gone, (number,)).fetchone()
    if floor is None or (start is not None and start > floor):
        return start
    found = [t0 for t0, cls in _backwards(connection, number, archive.FAR) if cls == UP_CLASS and t0 > floor]
    return min(found, default=archive.FAR)


def _restart(connection: sqlite3.Connection, number: int, since: int | None, context: Context) -> int | None:
    """Where folding anew can begin: at an up span that nothing good comes before; None for the beginning."""
    if since is None or not clocks.are_tidy(context.segments):
        return None
    candidate: int | None = None
    for t0, cls in _backwards(connection, number, since):
        if candidate is not None and cls != UP_CLASS:
            return candidate
        candidate = t0 if cls == UP_CLASS else None
    return None


def _backwards(connection: sqlite3.Connection, number: int, since: int) -> Iterator[tuple[int, int]]:
    """The spans of a series that begin before `since`, last first, the open up span included."""
    is_up = "SELECT run_t0_ms, ? FROM latest WHERE series = ? AND state = 0 AND run_t0_ms < ?"
    yield from connection.execute(is_up, (UP_CLASS, number, since)).fetchall()
    closed = "SELECT t0_ms, class FROM span WHERE series = ? AND t0_ms < ? ORDER BY t0_ms DESC"
    yield from connection.execute(closed, (number, since))
