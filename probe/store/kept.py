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
ALL: Final = f"SELECT {COLUMNS} FROM standing ORDER BY service, key, period_start_ms"


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
    """Replace the standing of each service, key and period."""
    connection.executemany(KEEP, standings)


def keep_config(connection: sqlite3.Connection, kept: Kept) -> None:
    """Replace the compiled configuration."""
    connection.execute(KEEP_CONFIG, kept)


def standings(connection: sqlite3.Connection) -> tuple[Standing, ...]:
    """All that are kept."""
    return tuple(map(Standing._make, connection.execute(ALL).fetchall()))


def config(connection: sqlite3.Connection) -> Kept | None:
    """The latest, None before the first."""
    row = connection.execute(CONFIG).fetchone()
    return Kept._make(row) if row else None
