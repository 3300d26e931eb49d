"""History out of Uptime Kuma: every attempt once, at its own time, and maintenance as windows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from probe.errors import UsageError
from probe.importers import kuma
from probe.importers.history import Piece
from probe.model import Origin, Reason, State
from tests.cli.office import Office
from tests.importers.kuma import DAY, DOWN, MAINTENANCE, PENDING, UP, at, kuma_db, steady, with_blip

DAY_MS: Final = int(DAY.timestamp() * 1000)
MONITOR: Final = {"id": 1, "name": "shop front", "type": "http", "interval": 60, "retry_interval": 20, "maxretries": 3}
REFERENCE: Final = {"id": 2, "name": "ref-a", "type": "ping", "interval": 60}
CHECKS: Final = """\
[[check]]
name    = "shop-front"
kind    = "http"
target  = "https://shop.example.net/"
service = "shop"
"""


def pieces(path: Path) -> tuple[list[Piece], list[str]]:
    """All that is in a file, and what was left behind."""
    history = kuma.history(path)
    return list(history.pieces), history.remarks.lines()


def test_the_report_shows_the_true_time_where_kuma_counts_retries(office: Office, tmp_path: Path) -> None:
    """A minute's blip: Kuma shows 99.792 %; the range of the report holds the true 99.931 % and excludes Kuma's."""
    office.write(checks=CHECKS)
    path = kuma_db(tmp_path / "kuma.db", [MONITOR, REFERENCE], {1: with_blip(), 2: steady(0, 1441)})
    said = office.probe("import", "kuma", path)
    assert (said.code, said.out) == (0, "2,884 added, 0 already there, 0 refused, 0 contradictions, 0 bad lines\n")
    report = ("report", "--json", "--from", "2026-09-29T00:00:00Z", "--to", "2026-09-30T00:00:00Z")
    (assessment,) = office.probe(*report).document["assessments"]
    low, high = (Fraction(assessment["availability"][name]["exact"]) for name in ("low", "high"))
    shown_by_kuma, true = 1 - Fraction(3, 1443), 1 - Fraction(60, 86_400)
    assert shown_by_kuma < low < true < high
    assert (low, high) == (1 - Fraction(120, 86_400), 1 - Fraction(40, 86_400))
    assert assessment["unknown"] == "0"


def test_a_retry_is_a_recheck_and_what_ends_it_is_the_tick(tmp_path: Path) -> None:
    """Of a blip one attempt was due: ratios see one failure of 1,441, time sees all three."""
    path = kuma_db(tmp_path / "kuma.db", [MONITOR], {1: with_blip()})
    ((piece,), left_out) = pieces(path)
    assert (piece.key, piece.interval_ms, left_out) == ("shop-front", 60_000, [])
    grid = [row for row in piece.rows if row.origin is Origin.GRID]
    assert (len(grid), [row.at_ms for row in grid if row.state is State.DOWN]) == (1441, [DAY_MS + 42_000_000])
    assert [row.at_ms - DAY_MS for row in piece.rows if row.origin is Origin.RECHECK] == [42_020_000, 42_040_000]
    assert {row.reason for row in piece.rows} == {None, Reason.REFUSED}
    assert {row.latency_us for row in piece.rows if row.state is State.UP} == {23_000}


def test_importing_twice_changes_nothing(office: Office, tmp_path: Path) -> None:
    """Outcomes and windows are known by their instants."""
    beats = [*steady(0, 10), *((60.0 * minute, MAINTENANCE, "", None) for minute in (10, 11)), *steady(12, 20)]
    path = kuma_db(tmp_path / "kuma.db", [MONITOR], {1: beats})
    first, again = (office.probe("import", "kuma", path, "--json").document for _ in range(2))
    assert (first["added"], first["windows"]) == (18, {"added": 1, "same": 0})
    assert (again["added"], again["same"], again["windows"]) == (0, 18, {"added": 0, "same": 1})
    assert first["unconfigured"] == []
    (window,) = office.probe("maintenance", "list", "--json").document["windows"]
    assert (window["start"], window["end"]) == ("2026-09-29T00:10:00Z", "2026-09-29T00:12:00Z")


def test_a_later_copy_adds_what_came_and_keeps_what_kuma_forgot(office: Office, tmp_path: Path) -> None:
    """Kuma deletes what is older than a day; the record does not, windows included."""
    early = [(0.0, MAINTENANCE, "", None), *steady(1, 20)]
    office.probe("import", "kuma", kuma_db(tmp_path / "one.db", [MONITOR], {1: early}))
    later = office.probe("import", "kuma", kuma_db(tmp_path / "two.db", [MONITOR], {1: steady(10, 40)}), "--json")
    assert (later.document["added"], later.document["same"]) == (20, 10)
    assert len(office.probe("maintenance", "list", "--json").document["windows"]) == 1


def test_maintenance_is_no_attempt(tmp_path: Path) -> None:
    """The time is a gap with a window over it, which ends at the next attempt or an interval after the last beat."""
    beats = [
        (0.0, UP, "", 5), (60.0, MAINTENANCE, "", None), (120.0, MAINTENANCE, "", None), (150.0, UP, "", 5),
        (210.0, MAINTENANCE, "", None), (900.0, UP, "", 5), (960.0, MAINTENANCE, "", None),
    ]  # fmt: skip
    ((piece,), _) = pieces(kuma_db(tmp_path / "kuma.db", [MONITOR], {1: beats}))
    assert [(row.at_ms - DAY_MS) // 1000 for row in piece.rows] == [0, 150, 900]
    found = [((one.start_ms or 0) - DAY_MS, (one.end_ms or 0) - DAY_MS) for one in piece.windows]
    assert found == [(60_000, 150_000), (210_000, 270_000), (960_000, 1_020_000)]


def test_own_faults_of_kuma_are_not_the_targets(tmp_path: Path) -> None:
    """What Kuma's messages say was its own resolver, descriptors or database is unknown, not down."""
    messages = ["getaddrinfo EAI_AGAIN shop", "connect EMFILE", "SQLITE: database is locked", "timeout of 48000ms", "?"]
    beats = [(60.0 * number, DOWN, message, None) for number, message in enumerate(messages)]
    ((piece,), _) = pieces(kuma_db(tmp_path / "kuma.db", [MONITOR], {1: beats}))
    assert [(row.state, row.reason) for row in piece.rows] == [
        (State.UNKNOWN, Reason.RESOLVER_UNREACHABLE),
        (State.UNKNOWN, Reason.FD_LIMIT),
        (State.UNKNOWN, Reason.INTERNAL),
        (State.DOWN, Reason.TIMEOUT),
        (State.DOWN, Reason.UNSTATED),
    ]


def test_what_cannot_be_carried_is_said(tmp_path: Path) -> None:
    """Groups, deleted monitors, counts without instants, monitors that are upside down."""
    monitors = [
        {**MONITOR, "upside_down": 1},
        {"id": 2, "name": "all of it", "type": "group", "interval": 60},
        {"id": 3, "name": "shop front", "type": "http", "interval": -7},
        {"id": 4, "name": "///", "type": "http", "interval": "often"},
    ]
    beats = {1: steady(0, 2), 2: steady(0, 3), 9: steady(0, 1)}
    path = kuma_db(tmp_path / "kuma.db", monitors, beats)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO stat_hourly (up) VALUES (?)", [(60,), (60,)])
    found, left_out = pieces(path)
    assert [(piece.key, piece.interval_ms) for piece in found] == [
        ("shop-front", 60_000),
        ("shop-front-2", 60_000),
        ("monitor-4", 60_000),
    ]
    assert left_out == [
        "shop-front: upside down in Kuma: up there means that nothing answered",
        "all-of-it: a group; its state follows from its monitors",
        "a heartbeat of a monitor that is deleted or a group (× 4)",
        "a row of stat_hourly: counts without instants cannot become outcomes (× 2)",
    ]


def test_cells_of_wrong_types_are_told_and_the_others_taken(office: Office, tmp_path: Path) -> None:
    """SQLite keeps any type in any column."""
    odd = [
        (0.0, 7, "", 1), (60.0, "up", "", 1), (120.0, None, "", 1), (180.0, 1.5, "", 1),
        (240.0, UP, "", "fast"), (300.0, UP, None, -5), (360.0, UP, "", 1e300), (420.0, PENDING, 5, None),
    ]  # fmt: skip
    path = tmp_path / "kuma.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE monitor (id, name, type, interval);"
            "CREATE TABLE heartbeat (monitor_id, status, time, ping, msg)"
        )
        connection.execute("INSERT INTO monitor VALUES (1, x'ff00', 'http', 60)")
        beats: list[tuple[object, ...]] = [
            (at(seconds), status, ping, message) for seconds, status, message, ping in odd
        ]
        times = (None, 5, "soon", "2026-02-30 10:00:00", "2026-09-29 00:08:00\x1b[2J", "1969-12-31 23:59:59")
        beats += [(time, UP, 1, "") for time in times]
        connection.executemany(
            "INSERT INTO heartbeat (monitor_id, time, status, ping, msg) VALUES (1, ?, ?, ?, ?)", beats
        )
    said = office.probe("import", "kuma", path, "--json")
    assert (said.code, said.document["added"], said.document["bad_lines"]) == (1, 4, 10)
    assert "\x1b" not in said.out
    text = office.probe("import", "kuma", path)
    assert text.code == 1
    assert f"{path}: not carried: monitor-1: a heartbeat with the status 'up'\n" in text.err


def test_a_file_that_is_no_such_database_is_one_line(office: Office, tmp_path: Path) -> None:
    """Not there, a folder, text, empty, cut off, another program's, a cell that is huge."""
    whole = kuma_db(tmp_path / "whole.db", [MONITOR], {1: steady()}).read_bytes()
    (tmp_path / "text.db").write_text("SELECT 1")
    (tmp_path / "empty.db").touch()
    (tmp_path / "cut.db").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "odd.db").write_bytes(whole[:100] + b"\xff" * 4000 + whole[4100:])
    huge = kuma_db(tmp_path / "huge.db", [MONITOR], {1: [(0.0, DOWN, "x" * (3 << 20), None)]})
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE notes (text)")
    with closing(sqlite3.connect(tmp_path / "view.db")) as connection, connection:
        connection.execute("CREATE TABLE monitor (id, name, type, interval)")
        connection.execute("CREATE VIEW heartbeat AS SELECT 1 AS monitor_id, 1 AS status, 1 AS time")
    problems = {
        "absent.db": "there is no such file",
        ".": "there is no such file",
        "text.db": "is not a database of SQLite",
        "empty.db": "is not a database of SQLite",
        "cut.db": "is damaged or cut off",
        "odd.db": "is damaged or cut off",
        huge.name: "holds a cell of more than 1048576 bytes",
        "other.db": "is no database of Uptime Kuma: it has no monitor, heartbeat",
        "view.db": "is no database of Uptime Kuma: it has no heartbeat",
    }
    for name, problem in problems.items():
        said = office.probe("import", "kuma", tmp_path / name)
        assert (name, said.code, len(said.err.splitlines()), problem in said.err) == (name, 2, 1, True)


def test_a_locked_file_is_told(tmp_path: Path) -> None:
    """A Kuma that writes just then does not hang the import for ever."""
    path = kuma_db(tmp_path / "kuma.db", [MONITOR], {1: steady(0, 3)})
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UsageError, match="is locked; copy it while its program is stopped"):
            pieces(path)
