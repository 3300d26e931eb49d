"""How large the record is and what it is made of: for `probe store stats`."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

from probe.store import blocks, retention
from probe.store.database import wal_bytes

TABLES: Final = ("series", "hot", "block", "span", "daily", "monthly", "event", "window", "ticket", "evidence", "chain")
SEALED: Final = "SELECT coalesce(sum(n), 0), coalesce(sum(length(data)), 0) FROM block WHERE data IS NOT NULL"
LAST: Final = (
    "SELECT date(day * 86400, 'unixepoch'), lower(hex(hash)) FROM seal WHERE hash IS NOT NULL ORDER BY id DESC"
)
PAGES: Final = ("page_count", "freelist_count", "page_size")


def figures(path: Path, connection: sqlite3.Connection) -> dict[str, Any]:
    """Figures by name; None for what there is not."""
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema").fetchall()}
    rows = {name: _count(connection, name) if name in known else 0 for name in TABLES}
    pages, free, page = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PAGES)
    return {
        "path": str(path),
        "file_bytes": path.stat().st_size,
        "wal_bytes": wal_bytes(path),
        "used_bytes": (pages - free) * page,
        "free_bytes": free * page,
        **_sealed(connection, rows["hot"]),
        "rows": rows,
        "schema": connection.execute("PRAGMA user_version").fetchone()[0],
        "sqlite": sqlite3.sqlite_version,
    }


def _sealed(connection: sqlite3.Connection, hot: int) -> dict[str, Any]:
    has_blocks = blocks.has_blocks(connection)
    sealed, size = connection.execute(SEALED).fetchone() if has_blocks else (0, 0)
    day, head = (connection.execute(LAST).fetchone() if has_blocks else None) or (None, None)
    return {
        "outcomes": hot + sealed,
        "hot_outcomes": hot,
        "sealed_outcomes": sealed,
        "sealed_bytes": size,
        "oldest_whole_day": retention.oldest_day(connection) if has_blocks else None,
        "last_sealed_day": day,
        "last_head": head,
    }


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
