"""Reading the record: short questions over the standard library's sqlite3, no transaction held between them.

Every instant that comes out of here is corrected (clocks.py): what was recorded by a clock that was
not yet synchronised lies where the synchronised clock of the same boot says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from probe.model import Event, EventKind, Evidence, Origin, Outcome, Reason, Span, State, Ticket, Window
from probe.sla.classify import Run
from probe.store import attempts, clocks, counting, events, evidence, kept, series, tickets, timelines, windows
from probe.store.archive import Archive
from probe.store.attempts import Attempt
from probe.store.clocks import Segment
from probe.store.codes import ORIGINS, REASONS, STATES
from probe.store.counting import Samples, Sums
from probe.store.database import failure, look_at_file, look_at_version, open_anywhere
from probe.store.events import Paused
from probe.store.kept import Kept, Standing
from probe.store.lock import Holder, holder
from probe.store.series import SETTING_COLUMNS, Series, Setting
from probe.store.source import Source
from probe.store.spans import LATEST_COLUMNS, run_of
from probe.store.tally import Tally

T = TypeVar("T")


class Latest(NamedTuple):
    """The last outcome of a series and the open end of its spans.

    at_ms: corrected. since_ms: the first sample of the unbroken stretch of this state. run: on its own
    scale; `shift_ms` added to its instants corrects them. run.bad: failures in a row.
    """

    key: str
    at_ms: int
    state: State
    reason: Reason | None
    detail: str
    latency_us: int | None
    origin: Origin
    due_ms: int | None
    since_ms: int
    run: Run
    shift_ms: int


class Counts(NamedTuple):
    """How much is in the record, by table."""

    series: int
    outcomes: int
    spans: int
    events: int
    windows: int


class Reader:
    """One open record. Use as a context manager, or `close` it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Made by `open_reader`."""
        self.path = path
        self._connection = connection
        self._archive = Archive(connection)

    def __enter__(self) -> Self:
        """The reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def holder(self) -> Holder | None:
        """The agent that owns the record now, None when none runs."""
        return holder(self.path)

    def vantages(self) -> tuple[str, ...]:
        """Every vantage point with a series, in order of name."""
        return tuple(name for (name,) in self._all("SELECT DISTINCT vantage FROM series ORDER BY vantage"))

    def series(self, vantage: str) -> tuple[Series, ...]:
        """Every series of a vantage point, in the order they came."""
        return self._guarded(lambda connection: series.load_all(connection, vantage))

    def latest(self, vantage: str) -> dict[str, Latest]:
        """The last outcome of each series by key; those without one are missing."""
        columns = ", ".join("latest." + column.strip() for column in LATEST_COLUMNS.split(","))
        rows = self._all(
            f"SELECT series.key, {columns} FROM latest JOIN series ON series.id = latest.series"
            " WHERE series.vantage = ? ORDER BY series.id",
            vantage,
        )
        segments = self.clocks()
        return {row[0]: _latest(row, segments) for row in rows}

    def spans(self, vantage: str, key: str, start_ms: int, end_ms: int) -> tuple[Span, ...]:
        """The spans that meet [start, end): contiguous, corrected, the provisional ones included.

        Besides, outward to the first up span on either side, so that a run that crosses an edge is seen whole.
        """
        return self._timelines(vantage, (start_ms, end_ms), key).get(key, ())

    def spans_of_all(self, vantage: str, start_ms: int, end_ms: int) -> dict[str, tuple[Span, ...]]:
        """The same for every series of a vantage point that has an outcome."""
        return self._timelines(vantage, (start_ms, end_ms), None)

    def outcomes(
        self, vantage: str, key: str, start_ms: int, end_ms: int, limit: int | None = None
    ) -> Iterator[Outcome]:
        """Every outcome in [start, end) in order of time, manual ones too, at most `limit`; read page by page."""
        source = self._source(vantage, key)
        rows = self._guarded_each(source.rows(self._archive, start_ms, end_ms))
        return map(source.outcome, islice(rows, limit))

    def around(self, vantage: str, key: str, at_ms: int, count: int) -> list[Outcome]:
        """Up to `count` outcomes before an instant and as many from it on, in order of time."""
        source = self._source(vantage, key)
        before = self._guarded(lambda _: source.before(self._archive, at_ms, count))
        after = self._guarded_each(source.rows(self._archive, at_ms, timelines.FAR))
        return [source.outcome(row) for row in (*before, *islice(after, count))]

    def last(self, vantage: str, key: str, count: int) -> list[Outcome]:
        """The last `count` outcomes, in order of time."""
        return self.around(vantage, key, timelines.FAR, count)

    def windows(self) -> tuple[Window, ...]:
        """Every declared window in the order of entering; removed ones have `removed_at_ms`."""
        return self._guarded(windows.load)

    def tickets(self) -> tuple[Ticket, ...]:
        """Every ticket in the order of entering, withdrawn ones too."""
        return self._guarded(tickets.load)

    def evidence(self, vantage: str, start_ms: int, end_ms: int) -> tuple[Evidence, ...]:
        """Routes and certificates seen in [start, end), in order of time, each under its check's name of now."""
        return self._guarded(lambda connection: evidence.load(connection, vantage, (start_ms, end_ms)))

    def events(self, start_ms: int, end_ms: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """What happened to the agent in [start, end), in order of time."""
        return self._guarded(lambda connection: events.load(connection, (start_ms, end_ms), kinds))

    def last_event(self, kind: EventKind) -> Event | None:
        """The latest event of a kind, None when there never was one."""
        return self._guarded(lambda connection: events.latest(connection, kind))

    def samples(self, vantage: str, start_ms: int, end_ms: int) -> Samples:
        """How many outcomes of each series lie in [start, end), manual ones left out."""
        return self._guarded(lambda connection: Samples(connection, self._archive, vantage, (start_ms, end_ms)))

    def tally(self, vantage: str, key: str, start_ms: int, end_ms: int) -> Tally:
        """Counts, loss and latency of a series in [start, end): whole UTC days are not counted again."""
        number, between = self._source(vantage, key).number, (start_ms, end_ms)
        return self._guarded(lambda connection: counting.over(connection, self._archive, number, between))

    def sums(self, vantage: str, start_ms: int, end_ms: int) -> dict[str, Sums]:
        """The same of every series, without quantiles: of whole counted days in one question."""
        between = start_ms, end_ms
        return self._guarded(lambda connection: counting.sums(connection, self._archive, vantage, between))

    def attempts(self, vantage: str, key: str, start_ms: int, end_ms: int) -> list[Attempt]:
        """The attempts of the grid in [start, end), in order of time: for rules about requests, loss and latency."""
        source = self._source(vantage, key)
        rows = self._guarded_each(source.rows(self._archive, start_ms, end_ms))
        return list(attempts.of_rows(source, rows))

    def reasons(self, vantage: str, key: str, start_ms: int, end_ms: int) -> frozenset[Reason]:
        """The reasons given by the outcomes of a series in [start, end), each once."""
        rows = self._guarded_each(self._source(vantage, key).rows(self._archive, start_ms, end_ms))
        return frozenset(reason for word in {row.reason for row in rows} if (reason := REASONS[word]))

    def pauses(self, vantage: str) -> tuple[Paused, ...]:
        """Every pause on record, in order of beginning."""
        kinds = (EventKind.PAUSE, EventKind.RESUME)
        return self._guarded(lambda connection: events.pauses(events.load(connection, kinds=kinds, vantage=vantage)))

    def settings(self, vantage: str, key: str) -> tuple[Setting, ...]:
        """How a series was measured and since when, oldest first; instants corrected."""
        rows = self._all(
            f"SELECT {SETTING_COLUMNS} FROM setting WHERE series = "
            "(SELECT id FROM series WHERE vantage = ? AND key = ?) ORDER BY clock, from_ms",
            vantage,
            key,
        )
        segments = self.clocks()
        return tuple(Setting._make(row).on(segments) for row in rows)

    def settings_of_all(self, vantage: str) -> dict[str, tuple[Setting, ...]]:
        """The same for every series, in one question."""
        segments = self.clocks()
        return self._guarded(lambda connection: series.corrected_settings(connection, vantage, segments))

    def revisions(self, vantage: str, key: str) -> dict[int, str]:
        """The digest of each revision of a series, by the number that spans carry."""
        rows = self._all(
            "SELECT revision.id, digest FROM revision JOIN series ON series.id = revision.series"
            " WHERE vantage = ? AND key = ? ORDER BY revision.id",
            vantage,
            key,
        )
        return dict(rows)

    def clocks(self) -> dict[int, Segment]:
        """Every clock segment by number."""
        return self._guarded(clocks.load)

    def config(self) -> Kept | None:
        """The compiled configuration that the agent used last."""
        return self._guarded(kept.config)

    def standings(self, as_of_ms: int) -> tuple[Standing, ...]:
        """The standing of each service in its period that runs at that instant, as it was judged last."""
        return self._guarded(lambda connection: kept.standings(connection, as_of_ms))

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """A question that another module of the store knows how to put (outbox)."""
        return self._guarded(question)

    def counts(self) -> Counts:
        """How many rows there are; counts every outcome, so not for a screen that is drawn often."""
        tables = ("series", "hot", "span", "event", "window WHERE removes IS NULL")
        series, hot, *rest = (self._all(f"SELECT count(*) FROM {table}")[0][0] for table in tables)
        return Counts(series, hot + self._guarded(counting.sealed), *rest)

    def _timelines(self, vantage: str, between: tuple[int, int], key: str | None) -> dict[str, tuple[Span, ...]]:
        return self._guarded(lambda connection: timelines.load(connection, vantage, between, key))

    def _source(self, vantage: str, key: str) -> Source:
        found = self._all("SELECT id FROM series WHERE vantage = ? AND key = ?", vantage, key)
        return Source(key, found[0][0] if found else -1, self.revisions(vantage, key), self.clocks())

    def _all(self, sql: str, *values: object) -> list[Any]:
        return self._guarded(lambda connection: connection.execute(sql, values).fetchall())

    def _guarded_each(self, rows: Iterator[T]) -> Iterator[T]:
        """The same for what is read bit by bit."""
        try:
            yield from rows
        except sqlite3.Error as error:
            raise failure(self.path, error) from error

    def _guarded(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """Ask, with what SQLite raises turned into a StoreError."""
        try:
            return ask(self._connection)
        except sqlite3.Error as error:
            raise failure(self.path, error) from error


def open_reader(path: Path) -> Reader:
    """Open the record for reading; StoreMissing, StoreNewer, StoreDamaged or StoreError say why it cannot be."""
    look_at_file(path)
    try:
        connection = open_anywhere(path)
    except sqlite3.Error as error:
        raise failure(path, error) from error
    try:
        look_at_version(path, connection)
    except BaseException:
        connection.close()
        raise
    return Reader(path, connection)


def _latest(row: tuple[Any, ...], segments: dict[int, Segment]) -> Latest:
    key, _, clock, at, state, revision, origin, reason, detail, latency, due, since, scale, *rest = row
    shift = segments[clock].shift_ms
    run = run_of(state, revision, rest)
    due = None if due is None else due + shift
    said = STATES[state], REASONS[reason], detail, latency, ORIGINS[origin]
    return Latest(key, at + shift, *said, due, since + shift, run, segments[scale].shift_ms)
