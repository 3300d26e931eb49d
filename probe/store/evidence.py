"""What was seen of a target during a fault, append only: routes and certificates, one JSON document each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from probe.model import Evidence, EvidenceKind
from probe.store.codes import ABSOLUTE

SINCE: Final = 3
"""The step of the schema that brought the table."""
APPEND: Final = """
    INSERT INTO evidence (vantage, key, clock, at_ms, kind, document) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""
BETWEEN: Final = """
    SELECT coalesce((SELECT series.key FROM former JOIN series ON series.id = former.series
            WHERE former.key = evidence.key AND series.vantage = evidence.vantage
            ORDER BY former.until_ms DESC LIMIT 1), evidence.key),
        evidence.at_ms + clock.shift_ms AS at, evidence.kind, evidence.document
    FROM evidence JOIN clock ON clock.id = evidence.clock
    WHERE evidence.vantage = ? AND at >= ? AND at < ? ORDER BY at, evidence.id
"""


def append(connection: sqlite3.Connection, vantage: str, found: Iterable[Evidence]) -> None:
    """Keep it; the same again is one."""
    rows = [
        (vantage, one.key, one.clock, one.at_ms, str(one.kind), json.dumps(one.document, ensure_ascii=False))
        for one in found
    ]
    connection.executemany(APPEND, rows)


def load(connection: sqlite3.Connection, vantage: str, between: tuple[int, int]) -> tuple[Evidence, ...]:
    """In order of time, corrected, under the present name of a renamed check; none from a record without the table."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < SINCE:
        return ()
    rows = connection.execute(BETWEEN, (vantage, *between)).fetchall()
    return tuple(Evidence(key, at, ABSOLUTE, EvidenceKind(kind), json.loads(text)) for key, at, kind, text in rows)
