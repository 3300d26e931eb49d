"""Is the SQLite of this machine fit, and is the record sound? For `probe doctor`, in a process of its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from probe.store.database import failure, has_wal, look_at_file, look_at_version, open_reading
from probe.store.lock import holder

MENDED: Final = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""Versions of each branch from which the bug of a WAL that is reset under a second writer is gone."""
FIRST_BAD: Final = (3, 7, 0)
PROBLEMS: Final = 3


def sqlite_version() -> str:
    """The version that Python uses here."""
    return sqlite3.sqlite_version


def resets_wal_safely(version: str) -> bool:
    """Whether that version cannot lose commits when two writers checkpoint; one writer alone never meets it."""
    parts = tuple(int(part) for part in version.split("."))
    if parts < FIRST_BAD or parts >= MENDED[0]:
        return True
    return any(parts[:2] == mended[:2] and parts >= mended for mended in MENDED)


def page_problems(path: Path) -> list[str]:
    """What SQLite finds wrong with the pages, a few at most. Raises StoreError for what is no record of ours."""
    look_at_file(path)
    try:
        with closing(open_reading(path, immutable=holder(path) is None and not has_wal(path))) as connection:
            look_at_version(path, connection)
            found = [str(says) for (says,) in connection.execute(f"PRAGMA quick_check({PROBLEMS})")]
    except sqlite3.Error as error:
        raise failure(path, error) from error
    return [] if found == ["ok"] else found
