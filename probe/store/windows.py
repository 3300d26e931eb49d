"""Declared maintenance, append only: a removal is a row of its own that says when and by whom."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from probe.errors import UsageError
from probe.model import Window, WindowKind

FIELDS: Final = (
    "provider, service, checks, kind, start_ms, end_ms, every, from_time, lasts_ms, zone, starts, until,"
    " announced_at_ms, entered_at_ms, entered_by, source, reason"
)
NOTICE: Final = "uid, impact"
"""Columns that came with the second step of the schema."""
ADD: Final = f"INSERT INTO window ({FIELDS}, {NOTICE}) VALUES ({', '.join('?' * 19)})"
NOTICES_SINCE: Final = 2
OCCURRENCE: Final = "#"
"""Parts an event's uid from the start of its occurrence."""
REMOVE: Final = """
    INSERT INTO window (removes, entered_at_ms, entered_by, source, reason) VALUES (?, ?, ?, 'removal', '')
"""
ALL: Final = f"""
    SELECT window.id, {", ".join("window." + field.strip() for field in FIELDS.split(","))}, NOTICES,
        removal.entered_at_ms
    FROM window LEFT JOIN window AS removal ON removal.removes = window.id
    WHERE window.removes IS NULL ORDER BY window.id
"""


def add(connection: sqlite3.Connection, window: Window) -> int:
    """Append a window; its number in the record."""
    number = connection.execute(ADD, _row(window)).lastrowid
    assert number is not None
    return number


def remove(connection: sqlite3.Connection, number: int, at_ms: int, by: str) -> None:
    """Append a removal. UsageError when there is no such window or it is removed already."""
    there = {window.id: window for window in load(connection)}.get(number)
    if there is None:
        raise UsageError(f"there is no maintenance window {number}; `probe maintenance list` shows them")
    if there.removed_at_ms is not None:
        raise UsageError(f"maintenance window {number} is removed already")
    connection.execute(REMOVE, (number, at_ms, by))


def declare(connection: sqlite3.Connection, windows: Iterable[Window], at_ms: int) -> tuple[int, int]:
    """Let the windows of source "file" be just these: add the new, remove the vanished; how many of each."""
    present = {_content(window): window for window in load(connection) if _is_in_file(window)}
    wanted = {_content(window): window for window in windows}
    added = [window for content, window in wanted.items() if content not in present]
    vanished = [window for content, window in present.items() if content not in wanted]
    for window in added:
        entered = at_ms if window.entered_at_ms is None else window.entered_at_ms
        add(connection, replace(window, entered_at_ms=entered, entered_by=window.entered_by or "configuration"))
    for window in vanished:
        connection.execute(REMOVE, (window.id, at_ms, "configuration"))
    return len(added), len(vanished)


def undeclared(recorded: Iterable[Window], files: Iterable[Window]) -> tuple[Window, ...]:
    """The windows of the files that no agent has taken into the record yet."""
    present = {_content(window) for window in recorded if _is_in_file(window)}
    return tuple(window for window in files if _content(window) not in present)


def load(connection: sqlite3.Connection) -> tuple[Window, ...]:
    """Every window in the order of entering, removed ones too."""
    columns = ", ".join(f"window.{name}" for name in NOTICE.split(", ")) if knows_notices(connection) else "NULL, NULL"
    return tuple(_window(row) for row in connection.execute(ALL.replace("NOTICES", columns)).fetchall())


def knows_notices(connection: sqlite3.Connection) -> bool:
    """Whether the record has the second step of the schema; one that is only read may not have it yet."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] >= NOTICES_SINCE)


def take_in(
    connection: sqlite3.Connection, windows: Iterable[Window], events: Iterable[str], entry: tuple[int, str]
) -> tuple[int, int, int, int]:
    """Take the windows of a calendar in, each occurrence once; how many came, were there already, went, and stay.

    events: the uids of the calendar's events without their occurrence. What the record has of them and the
    calendar no longer says (moved, cancelled) is removed by a row that says when and by whom (`entry`). Of a
    series only what has not begun is: calendars forget the past, the record does not; that stays.
    """
    at_ms, by = entry
    known = set(events)
    present = {window.uid: window for window in load(connection) if _is_of(window, known)}
    added = same = 0
    for window in windows:
        before = present.pop(window.uid, None)
        if before is not None and _said(before) == _said(window):
            same += 1
            continue
        if before is not None:
            connection.execute(REMOVE, (before.id, at_ms, by))
        add(connection, replace(window, entered_at_ms=at_ms, entered_by=by))
        added += 1
    gone = [window for window in present.values() if _is_single(window) or (window.start_ms or 0) >= at_ms]
    for window in gone:
        connection.execute(REMOVE, (window.id, at_ms, by))
    return added, same, len(gone), len(present) - len(gone)


def _is_single(window: Window) -> bool:
    """Whether the event that a window came from happens once: its uid names no occurrence."""
    return (window.uid or "").endswith(OCCURRENCE)


def _is_of(window: Window, events: set[str]) -> bool:
    is_present = window.removed_at_ms is None and window.uid is not None
    return is_present and (window.uid or "").partition(OCCURRENCE)[0] in events


def _said(window: Window) -> tuple[Any, ...]:
    """What a calendar says of a window: its text may be worded anew, and a later notice announces nothing earlier."""
    return (*_row(window)[:12], window.impact)


def _is_in_file(window: Window) -> bool:
    return window.source == "file" and window.removed_at_ms is None


def _row(window: Window) -> tuple[Any, ...]:
    scope = window.provider, window.service, json.dumps(window.checks), window.kind.value
    once = window.start_ms, window.end_ms
    again = window.every, window.from_time, window.lasts_ms, window.zone, window.starts, window.until
    entry = window.announced_at_ms, window.entered_at_ms, window.entered_by, window.source, window.reason
    return (*scope, *once, *again, *entry, window.uid, window.impact)


def _content(window: Window) -> tuple[Any, ...]:
    """What a window says, without when it came into the record: the same twice is one."""
    row = _row(window)
    return (*row[:13], *row[15:])


def _window(row: tuple[Any, ...]) -> Window:
    number, provider, service, checks, kind, start, end, *rest = row
    every, from_time, lasts, zone, starts, until, announced, entered, by, source, reason, uid, impact, removed = rest
    return Window(
        id=number,
        provider=provider,
        service=service,
        checks=tuple(json.loads(checks)),
        kind=WindowKind(kind),
        start_ms=start,
        end_ms=end,
        every=every,
        from_time=from_time,
        lasts_ms=lasts,
        zone=zone,
        starts=starts,
        until=until,
        announced_at_ms=announced,
        entered_at_ms=entered,
        entered_by=by,
        source=source,
        reason=reason,
        uid=uid,
        impact=impact,
        removed_at_ms=removed,
    )
