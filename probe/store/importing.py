"""Outcomes from outside into the record: each instant once, in any order, the spans made anew afterwards."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median_low
from typing import Any, Final, NamedTuple

from probe.model import Finding, Reason, State
from probe.store import clocks, series, spans
from probe.store.codes import ABSOLUTE, ORIGIN_CODE, REASONS, STATE_CODE, STATES
from probe.store.exchange import Imported, iso
from probe.store.incoming import Incoming
from probe.store.outcomes import Row, more_of
from probe.store.series import Setting

INTERVAL_MS: Final = 60_000
"""Taken when a single outcome does not show its interval."""
LISTED: Final = 100


class Target(NamedTuple):
    """The series that rows go to: its revisions by (from, id), and the corrections that instants may have."""

    series: int
    revisions: Sequence[tuple[int, int]]
    shifts: Mapping[int, frozenset[int]]


def take(
    connection: sqlite3.Connection, rows: Iterable[Imported], home: str, now_ms: int, interval_ms: int | None
) -> dict[str, Any]:
    """Import the rows. The answer counts what was added, was there already, lies after `now_ms`, and lists conflicts.

    An outcome that contradicts the one already there makes it unknown (reason conflict).
    """
    answer: dict[str, Any] = {"added": 0, "same": 0, "refused": 0, "conflicts": []}
    by_series: dict[tuple[str, str], list[Imported]] = {}
    for row in rows:
        if row.at_ms > now_ms:
            answer["refused"] += 1
        else:
            by_series.setdefault((row.vantage or home, row.key), []).append(row)
    touched: dict[int, int | None] = {}
    for (vantage, key), mine in by_series.items():
        mine.sort(key=lambda row: row.at_ms)
        number = series.found(connection, vantage, key)
        _give_settings(connection, number, mine, interval_ms)
        changed = _take_series(connection, _target(connection, number, mine[0].at_ms), mine, answer)
        if changed is not None:
            touched[number] = changed
    if touched:
        spans.rebuild(connection, touched)
    return answer


def _give_settings(
    connection: sqlite3.Connection, number: int, rows: Sequence[Imported], interval_ms: int | None
) -> None:
    if series.settings(connection, number):
        return
    distances = [later.at_ms - row.at_ms for row, later in pairwise(rows) if later.at_ms > row.at_ms]
    interval = interval_ms or (median_low(distances) if distances else INTERVAL_MS)
    series.add_setting(connection, number, Setting(rows[0].at_ms, interval, None, None, 3, interval * 3 // 2))


def _target(connection: sqlite3.Connection, number: int, first_ms: int) -> Target:
    series.revision_of(connection, number, "", first_ms)
    revisions = connection.execute("SELECT from_ms, id FROM revision WHERE series = ? ORDER BY id", (number,))
    shifts: dict[int, set[int]] = {}
    for segment in clocks.load(connection).values():
        shifts.setdefault(segment.shift_ms, set()).add(segment.id)
    return Target(number, revisions.fetchall(), {shift: frozenset(ids) for shift, ids in shifts.items()})


def _take_series(
    connection: sqlite3.Connection, target: Target, rows: Iterable[Imported], answer: dict[str, Any]
) -> int | None:
    """The instant of the first change, None when nothing changed."""
    first: int | None = None
    incoming = Incoming(connection)
    for row in rows:
        there = _there(incoming, target, row.at_ms)
        if there is None:
            incoming.place(_row(row, target))
            answer["added"] += 1
        elif STATES[there.state] is row.state or REASONS[there.reason] is Reason.CONFLICT:
            answer["same"] += 1
            continue
        else:
            incoming.amend(_in_conflict(there, row))
            _list(answer["conflicts"], row)
        first = row.at_ms if first is None else first
    incoming.flush()
    return first


def _there(incoming: Incoming, target: Target, at_ms: int) -> Row | None:
    """The outcome at that corrected instant."""
    for shift, segments in target.shifts.items():
        for row in incoming.at(target.series, at_ms - shift):
            if row.clock in segments:
                return row
    return None


def _row(row: Imported, target: Target) -> Row:
    valid = [number for from_ms, number in target.revisions if from_ms <= row.at_ms] or [target.revisions[0][1]]
    reason = None if row.reason is None else row.reason.value
    said = ORIGIN_CODE[row.origin], STATE_CODE[row.state], reason, row.latency_us
    more = more_of(Finding(state=row.state, facts=row.facts)) if row.facts else None
    return Row(row.at_ms, target.series, ABSOLUTE, valid[-1], *said, None, more)


def _in_conflict(there: Row, row: Imported) -> Row:
    """The outcome that is there, as it counts now that another one contradicts it."""
    more = json.loads(there.more) if there.more else {}
    more["facts"] = {**more.get("facts", {}), "recorded": STATES[there.state].value, "imported": row.state.value}
    return there._replace(state=STATE_CODE[State.UNKNOWN], reason=Reason.CONFLICT.value, more=json.dumps(more))


def _list(conflicts: list[str], row: Imported) -> None:
    if len(conflicts) < LISTED:
        conflicts.append(f"{row.key} at {iso(row.at_ms)}")
    elif len(conflicts) == LISTED:
        conflicts.append("and more")
