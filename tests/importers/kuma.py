"""Uptime Kuma's database made by hand to its public schema: the columns of version 1 that version 2 still has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

SCHEMA: Final = """
CREATE TABLE [monitor] (
    [id] INTEGER PRIMARY KEY AUTOINCREMENT, [name] VARCHAR(150), [active] BOOLEAN DEFAULT 1 NOT NULL, [user_id] INTEGER,
    [interval] INTEGER DEFAULT 20 NOT NULL, [url] TEXT, [type] VARCHAR(20), [weight] INTEGER DEFAULT 2000,
    [hostname] VARCHAR(255), [port] INTEGER, [created_date] DATETIME DEFAULT (DATETIME('now')) NOT NULL,
    [keyword] VARCHAR(255), [maxretries] INTEGER NOT NULL DEFAULT 0, [ignore_tls] BOOLEAN DEFAULT 0 NOT NULL,
    [upside_down] BOOLEAN DEFAULT 0 NOT NULL, [maxredirects] INTEGER DEFAULT 10 NOT NULL,
    [accepted_statuscodes_json] TEXT DEFAULT '["200-299"]' NOT NULL, [dns_resolve_type] VARCHAR(5),
    [dns_resolve_server] VARCHAR(255), [retry_interval] INTEGER DEFAULT 0 NOT NULL, [push_token] VARCHAR(20),
    [method] TEXT DEFAULT 'GET' NOT NULL, [body] TEXT, [headers] TEXT, [basic_auth_user] TEXT, [basic_auth_pass] TEXT,
    [invert_keyword] BOOLEAN DEFAULT 0 NOT NULL, [timeout] DOUBLE DEFAULT 0 NOT NULL, [packet_size] INTEGER DEFAULT 56,
    [proxy_id] INTEGER
);
CREATE TABLE [heartbeat] (
    [id] INTEGER PRIMARY KEY AUTOINCREMENT, [important] BOOLEAN DEFAULT 0 NOT NULL,
    [monitor_id] INTEGER NOT NULL REFERENCES [monitor] ([id]) ON DELETE CASCADE ON UPDATE CASCADE,
    [status] SMALLINT NOT NULL, [msg] TEXT, [time] DATETIME NOT NULL, [ping] INTEGER, [duration] INTEGER DEFAULT 0
);
CREATE INDEX [monitor_time_index] ON [heartbeat] ([monitor_id], [time]);
CREATE TABLE [stat_hourly] ([id] INTEGER PRIMARY KEY, [monitor_id] INTEGER, [timestamp] INTEGER, [up] INTEGER);
"""
DOWN, UP, PENDING, MAINTENANCE = range(4)
DAY: Final = datetime(2026, 9, 29, tzinfo=UTC)
Beats = Iterable[tuple[float, int, str, object]]
"""Seconds since DAY, status, message, ping."""


def kuma_db(path: Path, monitors: Iterable[dict[str, object]], beats: Mapping[int, Beats]) -> Path:
    """Write such a database."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        for monitor in monitors:
            columns = ", ".join(f"[{name}]" for name in monitor)
            marks = ", ".join("?" * len(monitor))
            connection.execute(f"INSERT INTO monitor ({columns}) VALUES ({marks})", list(monitor.values()))
        for number, mine in beats.items():
            connection.executemany(
                "INSERT INTO heartbeat (monitor_id, time, status, msg, ping) VALUES (?, ?, ?, ?, ?)",
                ((number, at(seconds), *said) for seconds, *said in mine),
            )
    return path


def at(seconds: float) -> str:
    """An instant as Kuma writes it: UTC without saying so."""
    return (DAY + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def steady(first: int = 0, last: int = 1440) -> list[tuple[float, int, str, object]]:
    """A good beat a minute."""
    return [(60.0 * minute, UP, "200 - OK", 23) for minute in range(first, last)]


def with_blip(minute: int = 700) -> list[tuple[float, int, str, object]]:
    """A day with one blip of a minute that never became down: three pending beats, 20 s apart."""
    retries = [(60.0 * minute + wait, PENDING, "connect ECONNREFUSED 192.0.2.1:443", None) for wait in (0, 20, 40)]
    return [*steady(0, minute), *retries, *steady(minute + 1, 1441)]
