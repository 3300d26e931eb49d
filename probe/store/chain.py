"""The chain over what is kept for good, and the heads that it is anchored by, one a closed day.

h_i = SHA256("probe-rec-v1\\0" ‖ h_(i-1) ‖ line_i), h_0 = 32 zero bytes; line_i is a JSON list: the table's name and
the columns listed here, bytes as hex. A head is a JSON object of what it covers; its hash covers the one before.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from probe.store import days

TAG: Final = b"probe-rec-v1\0"
SEAL_TAG: Final = b"probe-seal-v1\0"
NOTHING: Final = bytes(32)
KINDS: Final[Mapping[str, str]] = {
    "block": "id, series, t0_ms, t1_ms, n, first_clock, last_clock, is_late, made_at_ms, codec, crc, digest",
    "window": (
        "id, removes, provider, service, checks, kind, start_ms, end_ms, every, from_time, lasts_ms, zone, starts,"
        " until, announced_at_ms, entered_at_ms, entered_by, source, reason, uid, impact"
    ),
    "ticket": (
        "id, service, number, key, outage_ms, opened_ms, answered_ms, closed_ms, is_withdrawn, entered_at_ms,"
        " entered_by, note"
    ),
    "evidence": "id, vantage, key, clock, at_ms, kind, document",
    "event": "id, vantage, clock, at_ms, kind, lasted_ms, facts",
    "revision": "id, series, digest, meaning, clock, from_ms",
    "clock": "id, vantage, boot_id, opened_at_ms, offset_ms, is_synced",
}
"""Tables whose rows are chained, and the columns: the list is part of the format, never edited."""
LINK: Final = "INSERT INTO chain (kind, row, hash) VALUES (?, ?, ?)"
LAST: Final = "SELECT id, hash FROM chain ORDER BY id DESC LIMIT 1"
HEAD: Final = """
    UPDATE seal SET made_at_ms = :made_at_ms, entries = :entries, head = :head, outcomes = :outcomes, hash = :hash
    WHERE day = :day AND hash IS NULL
"""
BEFORE: Final = "SELECT hash FROM seal WHERE hash IS NOT NULL AND id < ? ORDER BY id DESC LIMIT 1"


class Head(NamedTuple):
    """The head of one day: what it covers, and its hash."""

    day: int
    closed_at_ms: int
    made_at_ms: int
    entries: int
    head: bytes
    outcomes: bytes
    previous: bytes

    @property
    def document(self) -> str:
        """What is hashed, signed and handed to others."""
        said = {
            "day": days.named(self.day),
            "closed_at_ms": self.closed_at_ms,
            "made_at_ms": self.made_at_ms,
            "entries": self.entries,
            "head": self.head.hex(),
            "outcomes": self.outcomes.hex(),
            "previous": self.previous.hex(),
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> bytes:
        """What one number stands for all of it."""
        return sha256(SEAL_TAG + self.document.encode()).digest()


def line(kind: str, row: tuple[Any, ...]) -> bytes:
    """The canonical bytes of a row."""
    values = [value.hex() if isinstance(value, bytes) else value for value in row]
    return json.dumps([kind, *values], separators=(",", ":"), ensure_ascii=False).encode()


def link(before: bytes, said: bytes) -> bytes:
    """The hash of an entry after the one before it."""
    return sha256(TAG + before + said).digest()


def extend(connection: sqlite3.Connection) -> int:
    """Chain every row that is not chained yet, table by table; how many entries there are then."""
    number, hashed = connection.execute(LAST).fetchone() or (0, NOTHING)
    for kind, columns in KINDS.items():
        for row in _unchained(connection, kind, columns):
            hashed = link(hashed, line(kind, row))
            connection.execute(LINK, (kind, row[0], hashed))
            number += 1
    return int(number)


def head(connection: sqlite3.Connection, day: int, now_ms: int) -> Head:
    """Make the head of a closed day, with all that is chained now. It is made once; again gives the same."""
    number, closed_at = connection.execute("SELECT id, closed_at_ms FROM seal WHERE day = ?", (day,)).fetchone()
    entries = extend(connection)
    (hashed,) = connection.execute("SELECT hash FROM chain WHERE id = ?", (entries,)).fetchone()
    (previous,) = connection.execute(BEFORE, (number,)).fetchone() or (NOTHING,)
    made = Head(day, closed_at, now_ms, entries, hashed, outcomes_of(connection, day), previous)
    connection.execute(HEAD, {**made._asdict(), "hash": made.hash})
    return made


def outcomes_of(connection: sqlite3.Connection, day: int) -> bytes:
    """SHA-256 over the digests of a day: series, how many outcomes, digest as hex, one series a line."""
    hashed = sha256()
    rows = "SELECT series, n, digest FROM digest WHERE day = ? ORDER BY series"
    for series, n, digest in connection.execute(rows, (day,)).fetchall():
        hashed.update(f"{series} {n} {digest.hex()}\n".encode())
    return hashed.digest()


def _unchained(connection: sqlite3.Connection, kind: str, columns: str) -> Iterator[tuple[Any, ...]]:
    (last,) = connection.execute("SELECT coalesce(max(row), -1) FROM chain WHERE kind = ?", (kind,)).fetchone()
    yield from connection.execute(f'SELECT {columns} FROM "{kind}" WHERE id > ? ORDER BY id', (last,)).fetchall()
