"""Uptime Kuma's SQLite file (kuma.db, versions 1 and 2): heartbeats become outcomes, maintenance becomes windows.

A beat is an attempt with its own send time. `pending` is a failed attempt that Kuma means to repeat: it is down, as
is `down`; Kuma counts every such beat as much as one of a whole interval, and its figure follows how often it looked.
Here a beat that comes before its interval is over is a recheck: it narrows an outage and weighs in no ratio.
Maintenance beats are no attempts: nothing was tried. They become a window over that time, whose worth the terms decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from probe.importers.history import History, Piece, Remarks
from probe.importers.names import named
from probe.model import Origin, Reason, State, Window
from probe.probers.net.clean import clean
from probe.store.exchange import EPOCH, SLOWEST_MS, Imported
from probe.store.foreign import Foreign, open_foreign

PROGRAM: Final = "Uptime Kuma"
DOWN, UP, PENDING, MAINTENANCE = range(4)
NEEDED: Final = {
    "monitor": ("id", "name", "type", "interval"),
    "heartbeat": ("monitor_id", "status", "time"),
}
MONITOR: Final = ("id", "name", "type", "interval", "retry_interval", "upside_down")
BEAT: Final = ("time", "status", "ping", "msg")
AGGREGATES: Final = ("stat_minutely", "stat_hourly", "stat_daily")
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?", re.ASCII)
LONGEST_INTERVAL_S: Final = 30 * 86_400
WORDS: Final = (
    ("timeout", Reason.TIMEOUT),
    ("timed out", Reason.TIMEOUT),
    ("econnrefused", Reason.REFUSED),
    ("econnreset", Reason.RESET),
    ("socket hang up", Reason.CLOSED),
    ("ehostunreach", Reason.UNREACHABLE_REMOTE),
    ("certificate has expired", Reason.TLS_EXPIRED),
    ("self-signed certificate", Reason.TLS_UNTRUSTED),
    ("unable to verify the first certificate", Reason.TLS_UNTRUSTED),
    ("does not match certificate", Reason.TLS_NAME),
    ("request failed with status code", Reason.STATUS),
    ("keyword", Reason.BODY),
    ("enotfound", Reason.NAME_NOT_FOUND),
    ("eai_again", Reason.RESOLVER_UNREACHABLE),
    ("enetunreach", Reason.NO_ROUTE_LOCAL),
    ("emfile", Reason.FD_LIMIT),
    ("database is locked", Reason.INTERNAL),
    ("knex: timeout acquiring a connection", Reason.INTERNAL),
)
"""What Kuma's messages hold for which of our reasons; our own faults are unknown here, though down in Kuma."""


class Monitor(NamedTuple):
    """What its beats are read by."""

    key: str
    interval_ms: int
    retry_ms: int


class Beat(NamedTuple):
    """One heartbeat that could be understood."""

    at_ms: int
    status: int
    latency_us: int | None
    message: str


def history(path: Path) -> History:
    """What that file knows; it is opened when the first piece is asked for, and closed after the last one."""
    remarks = Remarks()
    return History(_pieces(path, remarks), remarks)


def _pieces(path: Path, remarks: Remarks) -> Iterator[Piece]:
    taken: set[str] = set()
    with ExitStack() as stack:
        file = stack.enter_context(open_foreign(path))
        file.need(PROGRAM, NEEDED)
        beats = 0
        for number, title, kind, interval, retry, is_upside_down in list(file.rows("monitor", MONITOR)):
            key = named(title, taken, f"monitor-{number}")
            if kind == "group":
                remarks.leave(f"{key}: a group; its state follows from its monitors")
                continue
            if is_upside_down:
                remarks.leave(f"{key}: upside down in Kuma: up there means that nothing answered")
            monitor = Monitor(key, _seconds(interval, 60), _seconds(retry, 0))
            piece, read = _piece(file, number, monitor, remarks)
            beats += read
            yield piece
        orphans = file.count("heartbeat") - beats
        remarks.leave("a heartbeat of a monitor that is deleted or a group", max(orphans, 0))
        for table in AGGREGATES:
            remarks.leave(f"a row of {table}: counts without instants cannot become outcomes", file.count(table))


def _piece(file: Foreign, number: object, monitor: Monitor, remarks: Remarks) -> tuple[Piece, int]:
    beats: list[Beat] = []
    read = 0
    for cells in file.rows("heartbeat", BEAT, {"monitor_id": number}):
        read += 1
        try:
            beats.append(_beat(cells))
        except ValueError as error:
            remarks.refuse(f"{monitor.key}: {error}")
    beats.sort(key=lambda beat: beat.at_ms)
    windows = tuple(_windows(beats, monitor))
    return Piece(monitor.key, tuple(_outcomes(beats, monitor)), monitor.interval_ms, windows), read


def _beat(cells: Sequence[Any]) -> Beat:
    time, status, ping, message = cells
    if isinstance(status, bool) or status not in (DOWN, UP, PENDING, MAINTENANCE):
        raise ValueError(f"a heartbeat with the status {clean(str(status))[:40]!r}")
    is_latency = isinstance(ping, int | float) and 0 <= ping <= SLOWEST_MS
    return Beat(
        _instant(time),
        status,
        int(ping * 1000) if is_latency else None,
        message[:500].lower() if isinstance(message, str) else "",
    )


def _instant(time: object) -> int:
    """Kuma writes UTC without saying so."""
    if not isinstance(time, str) or not INSTANT.fullmatch(time):
        raise ValueError(f"a heartbeat at {clean(str(time))[:40]!r}, which is no instant")
    try:
        at = datetime.fromisoformat(time.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"a heartbeat at {time!r}, which is no instant") from error
    if at < EPOCH:
        raise ValueError(f"a heartbeat at {time!r}, which lies before 1970")
    return (at - EPOCH) // timedelta(milliseconds=1)


def _seconds(cell: object, otherwise: int) -> int:
    """A span that Kuma keeps in seconds, in milliseconds; `otherwise` (seconds) where it makes no sense."""
    is_span = isinstance(cell, int) and 0 < cell <= LONGEST_INTERVAL_S
    return (cell if is_span and isinstance(cell, int) else otherwise) * 1000


def _outcomes(beats: Sequence[Beat], monitor: Monitor) -> Iterator[Imported]:
    """Each attempt; what follows a pending one before the interval is over is a recheck."""
    due_ms = 0
    is_pending = False
    for beat in beats:
        if beat.status == MAINTENANCE:
            is_pending = False
            continue
        is_recheck = is_pending and beat.at_ms + monitor.retry_ms // 2 < due_ms
        if not is_recheck:
            due_ms = beat.at_ms + monitor.interval_ms
        is_pending = beat.status == PENDING
        state, reason = (State.UP, None) if beat.status == UP else _failure(beat.message)
        latency_us = beat.latency_us if state is State.UP else None
        origin = Origin.RECHECK if is_recheck else Origin.GRID
        yield Imported(monitor.key, beat.at_ms, state, reason, latency_us, origin)


def _failure(message: str) -> tuple[State, Reason]:
    reason = next((reason for words, reason in WORDS if words in message), Reason.UNSTATED)
    return reason.state, reason


def _windows(beats: Sequence[Beat], monitor: Monitor) -> Iterator[Window]:
    """A window for each run of maintenance beats: until the next attempt, at most an interval after the last one."""
    start: int | None = None
    last = 0
    for beat in beats:
        if beat.status == MAINTENANCE:
            start, last = beat.at_ms if start is None else start, beat.at_ms
        elif start is not None:
            yield _window(monitor, start, min(beat.at_ms, last + monitor.interval_ms))
            start = None
    if start is not None:
        yield _window(monitor, start, last + monitor.interval_ms)


def _window(monitor: Monitor, start_ms: int, end_ms: int) -> Window:
    return Window(
        checks=(monitor.key,),
        start_ms=start_ms,
        end_ms=end_ms,
        source="import",
        reason=f"maintenance in {PROGRAM}",
        uid=f"kuma:{monitor.key}:{start_ms}#",
    )
