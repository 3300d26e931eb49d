"""Two caches that `status` starts from: the compiled configuration and the standing of each service.

Both can be made again from the configuration and the spans; losing them costs time, not truth.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

KEEP_CONFIG: Final = "INSERT OR REPLACE INTO config (id, fingerprint, document) VALUES (1, ?, ?)"
CONFIG: Final = "SELECT fingerprint, document FROM config WHERE id = 1"
COLUMNS: Final = "service, key, period_start_ms, period_end_ms, token, as_of_ms, document"
KEEP: Final = f"INSERT OR REPLACE INTO standing ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
RUNNING: Final = f"SELECT {COLUMNS} FROM standing WHERE period_start_ms <= ? AND period_end_ms > ? ORDER BY service"
DROP_ENDED: Final = "DELETE FROM standing WHERE period_end_ms <= ?"


class Standing(NamedTuple):
    """A judged period of a service (and check): `token` says what it was judged from, `document` what came out."""

    service: str
    key: str
    period_start_ms: int
    period_end_ms: int
    token: str
    as_of_ms: int
    document: str


class Kept(NamedTuple):
    """The compiled configuration and the fingerprint of the files it came from."""

    fingerprint: str
    document: str


def keep(connection: sqlite3.Connection, standings: Iterable[Standing]) -> None:
    """Replace the standing of each service, key and period; those of periods that have ended are let go."""
    standings = tuple(standings)
    connection.executemany(KEEP, standings)
    connection.execute(DROP_ENDED, (min((one.as_of_ms for one in standings), default=0),))


def keep_config(connection: sqlite3.Connection, kept: Kept) -> None:
    """Replace the compiled configuration."""
    connection.execute(KEEP_CONFIG, kept)


def standings(connection: sqlite3.Connection, as_of_ms: int) -> tuple[Standing, ...]:
    """Those of the periods that run at that instant."""
    return tuple(map(Standing._make, connection.execute(RUNNING, (as_of_ms, as_of_ms)).fetchall()))


def config(connection: sqlite3.Connection) -> Kept | None:
    """The latest, None before the first."""
    row = connection.execute(CONFIG).fetchone()
    return Kept._make(row) if row else None
