"""What happened to the agent itself, append only; pauses are read out of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from probe.model import Event, EventKind
from probe.store.codes import ABSOLUTE

APPEND: Final = """
    INSERT INTO event (vantage, clock, at_ms, kind, lasted_ms, facts) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""
"""The same event again is one: the spool may bring it twice. Two that differ in anything are two."""

BETWEEN: Final = """
    SELECT event.at_ms + clock.shift_ms AS at, event.clock, event.kind, event.lasted_ms, event.facts
    FROM event JOIN clock ON clock.id = event.clock
    WHERE at >= ? AND at < ? AND (? IS NULL OR event.vantage = ?) ORDER BY at, event.id
"""
LATEST: Final = """
    SELECT event.at_ms + clock.shift_ms, event.clock, event.kind, event.lasted_ms, event.facts
    FROM event JOIN clock ON clock.id = event.clock WHERE event.kind = ? ORDER BY event.id DESC LIMIT 1
"""
EVER_MS: Final = -(1 << 62), 1 << 62


class Paused(NamedTuple):
    """A pause of one check: from, until (None: until resumed), resumed (None: not before its end), why and by whom."""

    key: str
    from_ms: int
    until_ms: int | None
    resumed_ms: int | None
    reason: str
    by: str

    @property
    def end_ms(self) -> int | None:
        """When it ended or is to end; None until it is resumed."""
        return min((end for end in (self.until_ms, self.resumed_ms) if end is not None), default=None)

    def holds_at(self, at_ms: int) -> bool:
        """Whether the check is paused at that instant."""
        return self.touches(at_ms, at_ms + 1)

    def touches(self, start_ms: int, end_ms: int) -> bool:
        """Whether any of [start, end) is paused."""
        return self.from_ms < end_ms and (self.end_ms is None or self.end_ms > start_ms)


def append(connection: sqlite3.Connection, vantage: str, event: Event) -> None:
    """Keep one event."""
    facts = json.dumps(event.facts, sort_keys=True, default=str)
    row = vantage, event.clock, event.at_ms, event.kind.value, event.lasted_ms, facts
    connection.execute(APPEND, row)


def note(connection: sqlite3.Connection, vantage: str, at_ms: int, said: tuple[EventKind, Mapping[str, Any]]) -> None:
    """Keep a fact whose instant is UTC."""
    append(connection, vantage, Event(at_ms, ABSOLUTE, said[0], None, said[1]))


def load(
    connection: sqlite3.Connection,
    between: tuple[int, int] = EVER_MS,
    kinds: Sequence[EventKind] | None = None,
    vantage: str | None = None,
) -> tuple[Event, ...]:
    """Events in [start, end), in order of time; instants corrected."""
    rows = connection.execute(BETWEEN, (*between, vantage, vantage)).fetchall()
    found = (Event(at, clock, EventKind(kind), lasted, json.loads(facts)) for at, clock, kind, lasted, facts in rows)
    return tuple(event for event in found if kinds is None or event.kind in kinds)


def pauses(events: Iterable[Event]) -> tuple[Paused, ...]:
    """Every pause that these events tell of, in order of beginning. A new pause ends the one before."""
    all_of: dict[str, list[Paused]] = {}
    for event in events:
        if event.kind not in (EventKind.PAUSE, EventKind.RESUME):
            continue
        mine = all_of.setdefault(str(event.facts["key"]), [])
        if mine and mine[-1].holds_at(event.at_ms):
            mine[-1] = mine[-1]._replace(resumed_ms=event.at_ms)
        if event.kind is EventKind.PAUSE:
            mine.append(_paused(event))
    return tuple(sorted((pause for mine in all_of.values() for pause in mine), key=lambda pause: pause.from_ms))


def _paused(event: Event) -> Paused:
    facts = event.facts
    return Paused(facts["key"], event.at_ms, facts["until_ms"], None, facts["reason"], facts["by"])


def latest(connection: sqlite3.Connection, kind: EventKind) -> Event | None:
    """The one of that kind that was kept last, None when there is none."""
    row = connection.execute(LATEST, (kind.value,)).fetchone()
    return Event(row[0], row[1], kind, row[3], json.loads(row[4])) if row else None
