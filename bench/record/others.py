"""Outcomes in Uptime Kuma's and in Gatus' schema, made by hand from their public sources, with the statements that each
performs for an outcome. Python's sqlite3 stands in for their drivers, which favours them little or harms them little.

Kuma writes a heartbeat and three rows of statistics, each a transaction of its own. Gatus looks its endpoint up, writes
the result and what became of each condition, counts, and adds to the hour, in one transaction. Both run WAL with
synchronous=NORMAL, where ours runs FULL. What they delete with age is left out.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from bench.record import samples
from probe.model import Outcome, State

KUMA: Final = """
CREATE TABLE monitor (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(150), active BOOLEAN DEFAULT 1 NOT NULL);
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY AUTOINCREMENT, important BOOLEAN DEFAULT 0 NOT NULL,
    monitor_id INTEGER NOT NULL REFERENCES monitor (id) ON DELETE CASCADE ON UPDATE CASCADE, status SMALLINT NOT NULL,
    msg TEXT, time DATETIME NOT NULL, ping INTEGER, duration INTEGER DEFAULT 0 NOT NULL,
    down_count INTEGER DEFAULT 0 NOT NULL, end_time DATETIME NULL, retries INTEGER DEFAULT 0 NOT NULL
);
CREATE INDEX important ON heartbeat (important);
CREATE INDEX monitor_id ON heartbeat (monitor_id);
CREATE INDEX monitor_important_time_index ON heartbeat (monitor_id, important, time);
CREATE INDEX monitor_time_index ON heartbeat (monitor_id, time);
"""
KUMA_STATS: Final = ("stat_minutely", "stat_hourly", "stat_daily")
KUMA_STAT: Final = """
CREATE TABLE {0} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    monitor_id INTEGER NOT NULL REFERENCES monitor (id) ON DELETE CASCADE ON UPDATE CASCADE, timestamp INTEGER NOT NULL,
    ping FLOAT NOT NULL, up SMALLINT NOT NULL, down SMALLINT NOT NULL, ping_min FLOAT NOT NULL DEFAULT 0,
    ping_max FLOAT NOT NULL DEFAULT 0, extras TEXT DEFAULT NULL
);
CREATE UNIQUE INDEX {0}_monitor_id_timestamp_unique ON {0} (monitor_id, timestamp);
CREATE INDEX {0}_timestamp_index ON {0} (timestamp);
"""
BEAT: Final = (
    "INSERT INTO heartbeat (important, monitor_id, status, msg, time, ping, duration, down_count, end_time, retries)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
)
STAT: Final = "INSERT INTO {0} (monitor_id, timestamp, ping, up, down, ping_min, ping_max) VALUES (?, ?, ?, ?, ?, ?, ?)"
MORE: Final = "UPDATE {0} SET ping = ?, up = ?, down = ?, ping_min = ?, ping_max = ? WHERE id = ?"
GATUS: Final = """
CREATE TABLE endpoints (
    endpoint_id INTEGER PRIMARY KEY, endpoint_key TEXT UNIQUE, endpoint_name TEXT NOT NULL,
    endpoint_group TEXT NOT NULL,
    UNIQUE (endpoint_name, endpoint_group)
);
CREATE TABLE endpoint_results (
    endpoint_result_id INTEGER PRIMARY KEY, endpoint_id INTEGER REFERENCES endpoints (endpoint_id) ON DELETE CASCADE,
    success INTEGER, errors TEXT, connected INTEGER, status INTEGER, dns_rcode TEXT, certificate_expiration INTEGER,
    domain_expiration INTEGER, hostname TEXT, ip TEXT, duration INTEGER, timestamp TIMESTAMP
);
CREATE TABLE endpoint_result_conditions (
    endpoint_result_condition_id INTEGER PRIMARY KEY,
    endpoint_result_id INTEGER REFERENCES endpoint_results (endpoint_result_id) ON DELETE CASCADE,
    condition TEXT, success INTEGER
);
CREATE TABLE endpoint_uptimes (
    endpoint_uptime_id INTEGER PRIMARY KEY, endpoint_id INTEGER REFERENCES endpoints (endpoint_id) ON DELETE CASCADE,
    hour_unix_timestamp INTEGER, total_executions INTEGER, successful_executions INTEGER, total_response_time INTEGER,
    UNIQUE (endpoint_id, hour_unix_timestamp)
);
CREATE INDEX endpoint_results_endpoint_id_idx ON endpoint_results (endpoint_id);
CREATE INDEX endpoint_result_conditions_endpoint_result_id_idx ON endpoint_result_conditions (endpoint_result_id);
"""
RESULT: Final = (
    "INSERT INTO endpoint_results (endpoint_id, success, errors, connected, status, dns_rcode, certificate_expiration,"
    " domain_expiration, hostname, ip, duration, timestamp) VALUES (?, ?, ?, ?, ?, '', 0, 0, ?, ?, ?, ?)"
)
CONDITION: Final = "INSERT INTO endpoint_result_conditions (endpoint_result_id, condition, success) VALUES (?, ?, ?)"
UPTIME: Final = """
    INSERT INTO endpoint_uptimes (endpoint_id, hour_unix_timestamp, total_executions, successful_executions,
        total_response_time) VALUES (?, ?, 1, ?, ?)
    ON CONFLICT (endpoint_id, hour_unix_timestamp) DO UPDATE SET total_executions = total_executions + 1,
        successful_executions = successful_executions + excluded.successful_executions,
        total_response_time = total_response_time + excluded.total_response_time
"""
CONDITIONS: Final = "[STATUS] == 200", "[RESPONSE_TIME] < 5000"


class Cost(NamedTuple):
    """Of an outcome."""

    bytes: float
    cpu_us: float


def kuma(folder: Path, checks: int, ticks: int) -> Cost:
    """What an outcome costs in Kuma's schema."""
    with closing(_opened(folder / "kuma.db")) as connection:
        connection.executescript(KUMA + "".join(KUMA_STAT.format(name) for name in KUMA_STATS))
        monitors = ((samples.key_of(number),) for number in range(checks))
        connection.executemany("INSERT INTO monitor (name) VALUES (?)", monitors)
        beats = Beats(connection)
        return _measured(connection, beats.store, (checks, ticks))


class Beats:
    """Kuma's side: the statistics of the running minute, hour and day are in memory and written each time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Nothing is known yet."""
        self._connection = connection
        self._running: dict[tuple[str, int], list[float]] = {}

    def store(self, outcome: Outcome) -> None:
        """A heartbeat and its three statistics."""
        monitor, is_up = int(outcome.key[-4:]) + 1, outcome.finding.state is State.UP
        ping = (outcome.finding.latency_us or 0) // 1000
        said = "200 - OK" if is_up else "timeout of 5000ms exceeded"
        began = _instant(outcome.at_ms)
        beat = 0, monitor, int(is_up), said, began, ping, 30, 0, _instant(outcome.at_ms + ping)
        self._connection.execute(BEAT, beat)
        for name, length in zip(KUMA_STATS, (60, 3600, 86_400), strict=True):
            self._count(name, (monitor, outcome.at_ms // 1000 // length * length), (is_up, ping))

    def _count(self, name: str, of: tuple[int, int], seen: tuple[bool, int]) -> None:
        is_up, ping = seen
        known = self._running.get((name, of[0]))
        if known is None or known[1] != of[1]:
            row = (*of, ping, int(is_up), int(not is_up), ping, ping)
            number = self._connection.execute(STAT.format(name), row).lastrowid or 0
            self._running[name, of[0]] = [number, of[1], ping, int(is_up), int(not is_up), ping, ping]
            return
        known[2] = (known[2] * known[3] + ping) / (known[3] + 1) if is_up else known[2]
        known[3 if is_up else 4] += 1
        known[5], known[6] = min(known[5], ping), max(known[6], ping)
        self._connection.execute(MORE.format(name), (*known[2:], known[0]))


def gatus(folder: Path, checks: int, ticks: int) -> Cost:
    """What an outcome costs in Gatus' schema."""
    with closing(_opened(folder / "gatus.db")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(GATUS)
        names = ((f"_{samples.key_of(number)}", samples.key_of(number)) for number in range(checks))
        connection.executemany("INSERT INTO endpoints VALUES (NULL, ?, ?, '')", names)
        return _measured(connection, lambda outcome: _result(connection, outcome), (checks, ticks))


def _result(connection: sqlite3.Connection, outcome: Outcome) -> None:
    is_up, took = outcome.finding.state is State.UP, (outcome.finding.latency_us or 0) * 1000
    connection.execute("BEGIN")
    found = "SELECT endpoint_id FROM endpoints WHERE endpoint_key = ?", (f"_{outcome.key}",)
    (endpoint,) = connection.execute(*found).fetchone()
    said = endpoint, int(is_up), "" if is_up else "context deadline exceeded", int(is_up), 200 if is_up else 0
    row = (*said, "example.net", "192.0.2.1", took, _instant(outcome.at_ms) + "+00:00")
    number = connection.execute(RESULT, row).lastrowid
    for condition in CONDITIONS:
        connection.execute(CONDITION, (number, condition, int(is_up)))
    hour = outcome.at_ms // 3_600_000 * 3600
    connection.execute(UPTIME, (endpoint, hour, int(is_up), took // 1_000_000))
    connection.execute("COMMIT")


def _measured(connection: sqlite3.Connection, store: Callable[[Outcome], None], size: tuple[int, int]) -> Cost:
    checks, ticks = size
    n, spent, empty = 0, 0, _used(connection)
    for found in islice(samples.day_of(0, checks).outcomes(), -(-ticks // samples.AT_ONCE)):
        began = time.process_time_ns()
        for outcome in found:
            store(outcome)
        spent += time.process_time_ns() - began
        n += len(found)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Cost((_used(connection) - empty) / n, spent / 1000 / n)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _used(connection: sqlite3.Connection) -> int:
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


def _instant(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
