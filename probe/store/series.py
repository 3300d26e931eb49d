"""What is measured: series, the revisions of their meaning and the validity of their settings.

A series is everything recorded under one key at one vantage point. It outlives its configuration:
nothing here is deleted, a check that comes back finds its series, a renamed one takes its along.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from probe.model import Check, Role, Rule
from probe.store.clocks import Segment
from probe.store.codes import ABSOLUTE


class Series(NamedTuple):
    """One series. revision: the digest of its present meaning; former: keys that it had, oldest first."""

    id: int
    vantage: str
    key: str
    name: str
    kind: str
    target: str
    role: Role
    service: str | None
    network: str | None
    is_configured: bool
    revision: str | None
    former: tuple[str, ...]


class Setting(NamedTuple):
    """How a series was measured from `from_ms` (on the scale of `clock`) until the next one."""

    from_ms: int
    interval_ms: int
    timeout_ms: int | None
    recheck_ms: int | None
    confirm: int
    g_max_ms: int
    clock: int = ABSOLUTE

    @property
    def rule(self) -> Rule:
        """How its samples are read."""
        return Rule(self.g_max_ms, self.confirm)

    def on(self, segments: Mapping[int, Segment]) -> Setting:
        """The same with its instant corrected."""
        return self._replace(from_ms=self.from_ms + segments[self.clock].shift_ms)


class Settings:
    """The settings of one series in order, and which of them is valid when."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        """From rows in any order."""
        self.all = sorted(settings, key=lambda setting: (setting.clock, setting.from_ms))
        self._rules = [setting.rule for setting in self.all]
        self._only = self._rules[0] if len(self._rules) == 1 else None

    def rule_at(self, at_ms: int, clock: int) -> Rule:
        """The rule valid for a sample; the first one before the first. IndexError when there is none.

        Instants of different segments are compared by the order of the segments, which is the order of
        recording; those that came as UTC by their figures.
        """
        if self._only is not None:
            return self._only
        for place in range(len(self.all) - 1, 0, -1):
            valid_from = self.all[place]
            by_figure = valid_from.clock == clock or ABSOLUTE in (clock, valid_from.clock)
            if at_ms >= valid_from.from_ms if by_figure else clock > valid_from.clock:
                return self._rules[place]
        return self._rules[0]


OF_VANTAGE: Final = "(SELECT id FROM series WHERE vantage = ?)"
SETTING_COLUMNS: Final = "from_ms, interval_ms, timeout_ms, recheck_ms, confirm, g_max_ms, clock"
NEWEST: Final = "SELECT digest FROM revision WHERE revision.series = series.id ORDER BY id DESC LIMIT 1"
ALL: Final = f"""
    SELECT id, vantage, key, name, kind, target, role, service, network, is_configured, ({NEWEST}) FROM series
    WHERE vantage = ? ORDER BY id
"""
SETTINGS_OF_ALL: Final = f"""
    SELECT series.key, {SETTING_COLUMNS} FROM setting JOIN series ON series.id = setting.series
    WHERE series.vantage = ? ORDER BY setting.clock, from_ms
"""
ADD_SETTING: Final = f"INSERT OR REPLACE INTO setting (series, {SETTING_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
ADD_REVISION: Final = "INSERT INTO revision (series, digest, meaning, clock, from_ms) VALUES (?, ?, ?, ?, ?)"
ADD_SERIES: Final = """
    INSERT INTO series (vantage, key, name, kind, target, role, service, network, is_configured)
    VALUES (:vantage, :key, :name, :kind, :target, :role, :service, :network, :is_configured)
"""
DESCRIBE: Final = """
    UPDATE series SET name = :name, kind = :kind, target = :target, role = :role, service = :service,
        network = :network, is_configured = 1
    WHERE id = :id
"""


class Renamed(NamedTuple):
    """A series that took another key."""

    old: str
    new: str


def register(
    connection: sqlite3.Connection, checks: Sequence[Check], clock: Segment, at_ms: int
) -> tuple[Renamed, ...]:
    """Make what is configured known: new series, renames, changed meanings and settings, all from `at_ms` on.

    `clock` is the segment whose scale `at_ms` is on. Registering the same again changes nothing.
    """
    vantage = clock.vantage
    connection.execute("UPDATE series SET is_configured = 0 WHERE vantage = ?", (vantage,))
    renamed = tuple(_renamed(connection, vantage, checks, at_ms))
    known = ids(connection, vantage)
    for check in checks:
        described = _described(check, vantage)
        series = known.get(check.key)
        if series is None:
            series = _added(connection, described)
        else:
            connection.execute(DESCRIBE, {**described, "id": series})
        _revise(connection, series, check, (clock.id, at_ms))
        _set(connection, series, check, (clock.id, at_ms))
    return renamed


def load_all(connection: sqlite3.Connection, vantage: str) -> tuple[Series, ...]:
    """Every series of a vantage point, in the order they came."""
    former: dict[int, tuple[str, ...]] = {}
    for number, key in connection.execute("SELECT series, key FROM former ORDER BY series, until_ms").fetchall():
        former[number] = (*former.get(number, ()), key)
    return tuple(series_of(row, former.get(row[0], ())) for row in connection.execute(ALL, (vantage,)).fetchall())


def corrected_settings(
    connection: sqlite3.Connection, vantage: str, segments: Mapping[int, Segment]
) -> dict[str, tuple[Setting, ...]]:
    """How each series of a vantage point was measured and since when, oldest first; instants corrected."""
    found: dict[str, tuple[Setting, ...]] = {}
    for key, *row in connection.execute(SETTINGS_OF_ALL, (vantage,)).fetchall():
        found[key] = (*found.get(key, ()), Setting._make(row).on(segments))
    return found


def series_of(row: Iterable[Any], former: tuple[str, ...]) -> Series:
    """A row of `series` and the digest of its newest revision as a value."""
    *named, role, service, network, is_configured, revision = row
    return Series._make((*named, Role(role), service, network, bool(is_configured), revision, former))


def ids(connection: sqlite3.Connection, vantage: str) -> dict[str, int]:
    """The series of a vantage point by key."""
    return dict(connection.execute("SELECT key, id FROM series WHERE vantage = ?", (vantage,)).fetchall())


def found(connection: sqlite3.Connection, vantage: str, key: str) -> int:
    """The series of that key, made with nothing but its name when it is not known (imports, one-off checks)."""
    row = connection.execute("SELECT id FROM series WHERE vantage = ? AND key = ?", (vantage, key)).fetchone()
    if row:
        return int(row[0])
    bare = {"vantage": vantage, "key": key, "name": key, "kind": "", "target": "", "role": Role.CHECK.value}
    return _added(connection, {**bare, "service": None, "network": None, "is_configured": 0})


def revision_of(connection: sqlite3.Connection, series: int, digest: str, at_ms: int) -> int:
    """The newest revision with that digest (any, when it is empty), made without a meaning when there is none."""
    row = connection.execute(
        "SELECT id FROM revision WHERE series = ? AND (digest = ? OR ? = '') ORDER BY id DESC LIMIT 1",
        (series, digest, digest),
    ).fetchone()
    if row:
        return int(row[0])
    return _new_id(connection.execute(ADD_REVISION, (series, digest, "", ABSOLUTE, at_ms)))


def revisions_of_all(connection: sqlite3.Connection, vantage: str) -> dict[int, dict[str, int]]:
    """The newest revision of each digest, by series."""
    rows = connection.execute(
        f"SELECT series, digest, id FROM revision WHERE series IN {OF_VANTAGE} ORDER BY id", (vantage,)
    )
    found: dict[int, dict[str, int]] = {}
    for number, digest, revision in rows.fetchall():
        found.setdefault(number, {})[digest] = revision
    return found


def settings_of_all(connection: sqlite3.Connection, vantage: str) -> dict[int, Settings]:
    """The settings of each series."""
    rows = connection.execute(f"SELECT series, {SETTING_COLUMNS} FROM setting WHERE series IN {OF_VANTAGE}", (vantage,))
    found: dict[int, list[Setting]] = {}
    for number, *row in rows.fetchall():
        found.setdefault(number, []).append(Setting._make(row))
    return {number: Settings(rows) for number, rows in found.items()}


def settings(connection: sqlite3.Connection, series: int) -> tuple[Setting, ...]:
    """The settings of a series, oldest first."""
    rows = connection.execute(
        f"SELECT {SETTING_COLUMNS} FROM setting WHERE series = ? ORDER BY clock, from_ms", (series,)
    )
    return tuple(map(Setting._make, rows.fetchall()))


def add_setting(connection: sqlite3.Connection, series: int, setting: Setting) -> None:
    """Let a setting be valid from its instant on."""
    connection.execute(ADD_SETTING, (series, *setting))


def _renamed(connection: sqlite3.Connection, vantage: str, checks: Sequence[Check], at_ms: int) -> Iterable[Renamed]:
    for check in checks:
        if check.renamed_from is None:
            continue
        old = check.renamed_from + check.key.removeprefix(check.name)
        known = ids(connection, vantage)
        if old in known and check.key not in known:
            connection.execute("UPDATE series SET key = ? WHERE id = ?", (check.key, known[old]))
            former = (known[old], old, at_ms)
            connection.execute("INSERT INTO former (series, key, until_ms) VALUES (?, ?, ?)", former)
            yield Renamed(old, check.key)


def _described(check: Check, vantage: str) -> dict[str, object]:
    return {
        "vantage": vantage,
        "key": check.key,
        "name": check.name,
        "kind": check.kind,
        "target": check.target,
        "role": check.role.value,
        "service": check.service,
        "network": check.network,
        "is_configured": 1,
    }


def _added(connection: sqlite3.Connection, described: dict[str, object]) -> int:
    return _new_id(connection.execute(ADD_SERIES, described))


def _revise(connection: sqlite3.Connection, series: int, check: Check, since: tuple[int, int]) -> None:
    newest = connection.execute(
        "SELECT digest FROM revision WHERE series = ? ORDER BY id DESC LIMIT 1", (series,)
    ).fetchone()
    if newest is None or newest[0] != check.revision:
        connection.execute(ADD_REVISION, (series, check.revision, check.meaning, *since))


def _set(connection: sqlite3.Connection, series: int, check: Check, since: tuple[int, int]) -> None:
    clock, at_ms = since
    wanted = check.interval_ms, check.timeout_ms, check.recheck_ms, check.confirm, check.g_max_ms
    present = settings(connection, series)
    if not present or present[-1][1:6] != wanted:
        add_setting(connection, series, Setting(at_ms, *wanted, clock))


def _new_id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
