"""Outcomes from outside into the record: each instant once, in any order, the spans made anew afterwards.

A day of which the record has nothing yet is taken as it is; where it is over, and there are enough of such outcomes,
they go straight into blocks. Everything else is compared with what is there, one by one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from statistics import median_low
from typing import Any, Final, NamedTuple

from probe.model import Finding, Origin, Reason, State
from probe.store import blocks, clocks, days, series, spans
from probe.store.archive import FAR, Archive
from probe.store.blocks import DAY_MS
from probe.store.codes import ABSOLUTE, ORIGIN_CODE, REASONS, STATE_CODE, STATES
from probe.store.exchange import Imported, iso
from probe.store.incoming import Incoming
from probe.store.outcomes import Row, more_of
from probe.store.series import Setting

INTERVAL_MS: Final = 60_000
"""Taken when a single outcome does not show its interval."""
EXTRA: Final = frozenset({Origin.RECHECK, Origin.MANUAL})
"""Attempts beside the schedule: they do not show how far apart the others are."""
LISTED: Final = 100


class Target(NamedTuple):
    """The series that rows go to: its revisions by (from, id), the corrections that instants may have; and now."""

    series: int
    revisions: Sequence[tuple[int, int]]
    shifts: Mapping[int, frozenset[int]]
    now_ms: int


def take(
    connection: sqlite3.Connection, rows: Iterable[Imported], home: str, now_ms: int, interval_ms: int | None
) -> dict[str, Any]:
    """Import the rows. The answer counts what was added, was there already or was refused, and lists conflicts.

    Refused is what lies after `now_ms` or before 1970, where no day of a record can be. An outcome that contradicts
    the one already there makes it unknown (reason conflict).
    """
    answer: dict[str, Any] = {"added": 0, "same": 0, "refused": 0, "conflicts": []}
    by_series: dict[tuple[str, str], list[Imported]] = {}
    for row in rows:
        if not 0 <= row.at_ms <= now_ms:
            answer["refused"] += 1
        else:
            by_series.setdefault((row.vantage or home, row.key), []).append(row)
    touched: dict[int, int | None] = {}
    for (vantage, key), mine in by_series.items():
        mine.sort(key=lambda row: row.at_ms)
        number = series.found(connection, vantage, key)
        _give_settings(connection, number, mine, interval_ms)
        changed = _take_series(connection, _target(connection, number, mine[0].at_ms, now_ms), mine, answer)
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
    interval = interval_ms or _usual_ms([row for row in rows if row.origin not in EXTRA]) or _usual_ms(rows)
    interval = interval or INTERVAL_MS
    series.add_setting(connection, number, Setting(rows[0].at_ms, interval, None, None, 3, interval * 3 // 2))


def _usual_ms(rows: Sequence[Imported]) -> int | None:
    """How far apart most of them are."""
    distances = [later.at_ms - row.at_ms for row, later in pairwise(rows) if later.at_ms > row.at_ms]
    return median_low(distances) if distances else None


def _target(connection: sqlite3.Connection, number: int, first_ms: int, now_ms: int) -> Target:
    series.revision_of(connection, number, "", first_ms)
    revisions = connection.execute("SELECT from_ms, id FROM revision WHERE series = ? ORDER BY id", (number,))
    shifts: dict[int, set[int]] = {}
    for segment in clocks.load(connection).values():
        shifts.setdefault(segment.shift_ms, set()).add(segment.id)
    return Target(number, revisions.fetchall(), {shift: frozenset(ids) for shift, ids in shifts.items()}, now_ms)


def _take_series(
    connection: sqlite3.Connection, target: Target, rows: Sequence[Imported], answer: dict[str, Any]
) -> int | None:
    """The instant of the first change, None when nothing changed."""
    incoming = Incoming(connection)
    changed: list[int] = []
    fresh: list[Row] = []
    archive = Archive(connection)
    for day, of_day in groupby(rows, key=_day):
        mine = list(of_day)
        if _is_empty(archive, target, day) and all(row.at_ms < later.at_ms for row, later in pairwise(mine)):
            fresh += [_row(row, target) for row in mine]
            changed.append(mine[0].at_ms)
        else:
            changed += _compared(incoming, target, (_there(archive, target, mine), mine), answer)
    answer["added"] += len(fresh)
    _put_fresh(connection, incoming, fresh, target.now_ms)
    incoming.flush()
    return min(changed, default=None)


def _compared(
    incoming: Incoming, target: Target, work: tuple[dict[int, Row], Iterable[Imported]], answer: dict[str, Any]
) -> Iterator[int]:
    """Take rows one by one beside what is there; the instants of what changed."""
    present, rows = work
    for row in rows:
        there = present.get(row.at_ms)
        if there is None:
            present[row.at_ms] = mine = _row(row, target)
            incoming.place(mine)
            answer["added"] += 1
        elif STATES[there.state] is row.state or REASONS[there.reason] is Reason.CONFLICT:
            answer["same"] += 1
            continue
        else:
            present[row.at_ms] = contradicted = _in_conflict(there, row)
            incoming.amend(contradicted)
            _list(answer["conflicts"], row)
        yield row.at_ms


def _put_fresh(connection: sqlite3.Connection, incoming: Incoming, rows: list[Row], now_ms: int) -> None:
    """Days that are over become blocks, several each and none missing; what is left is put as if it had just come."""
    from probe.store.sealing import GRACE_MS  # most that import this only read
    from probe.store.staging import parted

    closed = days.closed(connection)
    over = [row for row in rows if (_day(row) + 1) * DAY_MS + GRACE_MS <= now_ms and _day(row) not in closed]
    blocked: set[int] = set()
    for piece in (piece for run in _runs(over) for piece in parted(run, -FAR)):
        blocks.keep(connection, blocks.make(piece), now_ms)
        blocked.update(range(_day(piece[0]), _day(piece[-1]) + 1))
    incoming.put(row for row in rows if _day(row) not in blocked)


def _runs(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows of days that follow one another, without a day between that has none."""
    run: list[Row] = []
    for row in rows:
        if run and _day(row) > _day(run[-1]) + 1:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _is_empty(archive: Archive, target: Target, day: int) -> bool:
    """Whether nothing is recorded whose corrected instant can lie in that day."""
    reach = max(map(abs, target.shifts), default=0)
    found = archive.between(target.series, day * DAY_MS - reach, (day + 1) * DAY_MS + reach)
    return next(found, None) is None


def _day(row: Imported | Row) -> int:
    return days.day_of(row.at_ms)


def _there(archive: Archive, target: Target, rows: Sequence[Imported]) -> dict[int, Row]:
    """What is recorded in the time of these rows, by corrected instant."""
    found: dict[int, Row] = {}
    first, end = rows[0].at_ms, rows[-1].at_ms + 1
    for shift, segments in target.shifts.items():
        for row in archive.between(target.series, first - shift, end - shift):
            if row.clock in segments:
                found.setdefault(row.at_ms + shift, row)
    return found


def _row(row: Imported, target: Target) -> Row:
    known = target.revisions
    valid = known[:1] if len(known) == 1 else [one for one in known if one[0] <= row.at_ms] or known[:1]
    reason = None if row.reason is None else row.reason.value
    said = ORIGIN_CODE[row.origin], STATE_CODE[row.state], reason, row.latency_us
    more = more_of(Finding(state=row.state, facts=row.facts)) if row.facts else None
    return Row(row.at_ms, target.series, ABSOLUTE, valid[-1][1], *said, None, more)


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
