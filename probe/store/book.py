"""One vantage point's record as the writer holds it: ids and open ends in memory, rows in the database.

Every method runs inside a transaction of the caller. After a rollback the memory is wrong: `reload`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from probe.errors import StoreError
from probe.model import Check, Event, EventKind, Outcome
from probe.store import changes, clocks, days, events, outcomes, series, spans
from probe.store.breaks import KINDS, Breaks
from probe.store.clocks import Segment
from probe.store.codes import ABSOLUTE, MANUAL
from probe.store.incoming import Incoming
from probe.store.outcomes import Row
from probe.store.series import Settings
from probe.store.spans import Closed, Context, LateSample, Tip

T = TypeVar("T")


class Book:
    """The writing half of the record."""

    def __init__(self, connection: sqlite3.Connection, vantage: str) -> None:
        """Read what is on record."""
        self.vantage = vantage
        self.reload(connection)

    def reload(self, connection: sqlite3.Connection) -> None:
        """Forget what memory says and read it again."""
        self.connection = connection
        self.segments = clocks.load(connection)
        self.closed = days.closed(connection)
        self._context = Context(self.segments, Breaks.load(connection))
        self._ids = series.ids(connection, self.vantage)
        self._revisions = series.revisions_of_all(connection, self.vantage)
        self._settings = series.settings_of_all(connection, self.vantage)
        self._tips = spans.load_tips(connection, self.vantage)
        self._before: dict[int, tuple[Tip | None, Closed]] = {}

    @property
    def segment(self) -> Segment:
        """The segment opened last at this vantage point; the absolute one before the first."""
        mine = [segment for segment in self.segments.values() if segment.vantage == self.vantage]
        return mine[-1] if mine else self.segments[ABSOLUTE]._replace(vantage=self.vantage)

    def open_clock(self, segment: Segment) -> None:
        """Begin a segment."""
        before = self.segments
        clocks.append(self.connection, segment)
        self.segments = clocks.load(self.connection)
        days.spoil_corrected(self.connection, before)
        self._context = self._context._replace(segments=self.segments)

    def register(self, checks: Sequence[Check], at_ms: int) -> None:
        """Make what is configured known; a rename is told as an event."""
        clock = self.segment
        for renamed in series.register(self.connection, checks, clock, at_ms):
            told = Event(at_ms, clock.id, EventKind.RELOAD, None, {"renamed": renamed.old, "to": renamed.new})
            events.append(self.connection, self.vantage, told)
        self.reload(self.connection)

    def change(self, change: changes.Change) -> Any:
        """Apply what a person's command changes."""
        answer = changes.apply(self.connection, change)
        if isinstance(change, changes.ImportOutcomes | changes.RecordManual | changes.Rebuild):
            self.reload(self.connection)
        return answer

    def store(self, found: Iterable[Outcome]) -> None:
        """Append outcomes of known series. IntegrityError when another one lies at the same millisecond."""
        rows = [self._row(outcome) for outcome in found]
        if any(days.day_of(row.at_ms) in self.closed for row in rows):
            self._place(rows)
            return
        self.connection.executemany(outcomes.APPEND, rows)
        self._fold(rows)

    def store_carefully(self, found: Iterable[Outcome]) -> None:
        """The same one by one: what is there already is left, what only shares its millisecond takes the next."""
        self._place([self._row(outcome) for outcome in found])

    def seal(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Do a part of sealing; it may close days."""
        answer = action(self.connection)
        self.closed = days.closed(self.connection)
        return answer

    def know(self, key: str) -> None:
        """Make a series known by its name alone: the spool may hold one that is configured no more."""
        if key not in self._ids:
            series.found(self.connection, self.vantage, key)
            self.reload(self.connection)

    def tell(self, event: Event) -> None:
        """Keep an event. A break that came later than an outcome after it is put between the two."""
        events.append(self.connection, self.vantage, event)
        if event.kind not in KINDS:
            return
        segment = self.segments[event.clock]
        start = event.at_ms - segment.offset_ms
        self._context.breaks.add(segment.boot_id, start, start + (event.lasted_ms or 0))
        # where the boot has several scales, an instant of one says little about rows of another: all is made anew
        has_one_scale = sum(one.boot_id == segment.boot_id for one in self.segments.values()) == 1
        for number, tip in list(self._tips.items()):
            if self._is_after(tip, segment, start):
                before = self._before.get(number, (None, ()))[0]
                if not has_one_scale or (before is not None and self._is_after(before, segment, start)):
                    self._before.pop(number, None)
                self._redo(number, [tip.row], event.at_ms if has_one_scale else None)

    def _is_after(self, tip: Tip, segment: Segment, start_boot_ms: int) -> bool:
        own = self.segments[tip.row.clock]
        return own.boot_id == segment.boot_id and tip.row.at_ms - own.offset_ms > start_boot_ms

    def _place(self, rows: Iterable[Row]) -> None:
        incoming = Incoming(self.connection)
        placed = [row for each in rows if (row := incoming.place(each)) is not None]
        incoming.flush()
        self._fold(placed)

    def _row(self, outcome: Outcome) -> Row:
        number = self._ids.get(outcome.key)
        if number is None:
            raise StoreError(f"check {outcome.key!r} is not registered; its outcome cannot be kept")
        if outcome.clock not in self.segments:
            raise StoreError(f"clock segment {outcome.clock} was never opened")
        known = self._revisions.setdefault(number, {})
        revision = known.get(outcome.revision)
        if revision is None:
            revision = series.revision_of(self.connection, number, outcome.revision, outcome.at_ms)
            known[outcome.revision] = revision
        return outcomes.row_of(outcome, number, revision)

    def _fold(self, rows: Iterable[Row]) -> None:
        closed: list[spans.SpanRow] = []
        touched: set[int] = set()
        late: list[Row] = []
        for row in rows:
            if row.origin == MANUAL:
                continue
            number = row.series
            tip = self._tips.get(number)
            try:
                new, final = spans.follow(tip, row, self._settings_of(number), self._context)
            except LateSample:
                late.append(row)
                continue
            self._tips[number] = new
            self._before[number] = tip, final
            touched.add(number)
            closed += final
        self.connection.executemany(spans.APPEND, closed)
        self.connection.executemany(spans.SHOW, [spans.latest_row(self._tips[number]) for number in touched])
        for row in late:
            last = self._tips[row.series].row
            self._redo(row.series, [row, last], row.at_ms if row.clock == last.clock else None)

    def _settings_of(self, number: int) -> Settings:
        settings = self._settings.get(number)
        if settings is None:
            raise StoreError(f"series {number} has no settings; register its check first")
        return settings

    def _redo(self, number: int, rows: list[Row], since_ms: int | None) -> None:
        """Take the last step of a series back and make these instead; fold it anew if that does not reach."""
        entry = self._before.pop(number, None)
        steps = self._steps(number, entry[0], rows) if entry else None
        if entry is None or steps is None:
            spans.rebuild(self.connection, {number: since_ms})
            self._tips[number] = spans.load_tips(self.connection, self.vantage)[number]
            return
        self.connection.executemany(spans.RETRACT, [row[:3] for row in entry[1]])
        for _, closed in steps:
            self.connection.executemany(spans.APPEND, closed)
        self._tips[number] = steps[-1][0]
        self._before[number] = (steps[-2][0] if len(steps) > 1 else entry[0]), steps[-1][1]
        self.connection.execute(spans.SHOW, spans.latest_row(self._tips[number]))

    def _steps(self, number: int, tip: Tip | None, rows: list[Row]) -> list[tuple[Tip, Closed]] | None:
        """The open end and the closed spans after each row; None when one lies before where it would begin."""
        found: list[tuple[Tip, Closed]] = []
        for row in rows:
            try:
                tip, closed = spans.follow(tip, row, self._settings_of(number), self._context)
            except LateSample:
                return None
            found.append((tip, closed))
        return found
