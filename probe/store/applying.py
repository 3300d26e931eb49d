"""How each change is done: what `changes.apply` runs, inside the transaction of whoever asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from probe.errors import UsageError
from probe.model import EventKind, Origin
from probe.store import clocks, days, events, importing, outcomes, retention, series, spans, tickets, windows
from probe.store.changes import (
    AddTicket,
    AddWindow,
    DeclareWindows,
    ImportOutcomes,
    ImportWindows,
    Pause,
    Prune,
    Rebuild,
    RecordManual,
    RemoveWindow,
    Resume,
    Seal,
)
from probe.store.incoming import Incoming


def _prune(connection: sqlite3.Connection, change: Prune) -> dict[str, Any]:
    return retention.prune(connection, change.keep_ms, change.at_ms)._asdict()


def _rebuild(connection: sqlite3.Connection, change: Rebuild) -> None:
    """Spans at once; counts become stale and are made by sealing. What has lost outcomes keeps what it has."""
    spans.rebuild(connection, {change.series: None})
    if days.is_whole(connection, change.series):
        days.spoil_all(connection, change.series)


def _refuse_part(connection: sqlite3.Connection, change: Seal) -> None:
    raise UsageError("sealing is no part of another change")


def _home(connection: sqlite3.Connection, vantage: str) -> str:
    if vantage:
        return vantage
    row = connection.execute("SELECT vantage FROM clock ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0])


def _add_window(connection: sqlite3.Connection, change: AddWindow) -> int:
    return windows.add(connection, change.window)


def _remove_window(connection: sqlite3.Connection, change: RemoveWindow) -> None:
    windows.remove(connection, change.id, change.at_ms, change.by)


def _declare_windows(connection: sqlite3.Connection, change: DeclareWindows) -> list[int]:
    return list(windows.declare(connection, change.windows, change.at_ms))


def _import_windows(connection: sqlite3.Connection, change: ImportWindows) -> list[int]:
    return list(windows.take_in(connection, change.windows, change.events, (change.at_ms, change.by)))


def _add_ticket(connection: sqlite3.Connection, change: AddTicket) -> int:
    return tickets.add(connection, change.ticket)


def _pause(connection: sqlite3.Connection, change: Pause) -> None:
    facts = {"key": change.key, "until_ms": change.until_ms, "reason": change.reason, "by": change.by}
    vantage = _home(connection, change.vantage)
    events.note(connection, vantage, change.at_ms, (EventKind.PAUSE, facts))


def _resume(connection: sqlite3.Connection, change: Resume) -> None:
    vantage = _home(connection, change.vantage)
    events.note(connection, vantage, change.at_ms, (EventKind.RESUME, {"key": change.key, "by": change.by}))


def _import(connection: sqlite3.Connection, change: ImportOutcomes) -> dict[str, Any]:
    home = _home(connection, change.vantage)
    answer = importing.take(connection, change.rows, home, change.at_ms, change.interval_ms)
    counts = {name: answer[name] for name in ("added", "same", "refused")}
    facts = {**counts, "conflicts": len(answer["conflicts"]), "by": change.by}
    events.note(connection, home, change.at_ms, (EventKind.IMPORT, facts))
    return answer


def _record_manual(connection: sqlite3.Connection, change: RecordManual) -> None:
    outcome = replace(change.outcome, origin=Origin.MANUAL)
    if outcome.clock not in clocks.load(connection):
        raise UsageError(f"there is no clock segment {outcome.clock}")
    number = series.found(connection, _home(connection, change.vantage), outcome.key)
    revision = series.revision_of(connection, number, outcome.revision, outcome.at_ms)
    incoming = Incoming(connection)
    incoming.place(outcomes.row_of(outcome, number, revision))
    incoming.flush()


APPLY: Final[Mapping[type[Any], Callable[[sqlite3.Connection, Any], Any]]] = {
    AddWindow: _add_window,
    RemoveWindow: _remove_window,
    DeclareWindows: _declare_windows,
    ImportWindows: _import_windows,
    AddTicket: _add_ticket,
    Pause: _pause,
    Resume: _resume,
    ImportOutcomes: _import,
    RecordManual: _record_manual,
    Seal: _refuse_part,
    Prune: _prune,
    Rebuild: _rebuild,
}
