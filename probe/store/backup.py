"""A copy of the record beside a busy agent: whole, of one moment, looked at before it gets its name."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from probe.errors import StoreDamaged, StoreError, UsageError
from probe.store import database


def backup(path: Path, to: Path) -> int:
    """Copy the record at `path` to a new file; its size. UsageError when that file exists already."""
    if to.exists() or to.is_symlink():
        raise UsageError(f"{to} exists already; name a new file")
    database.look_at_file(path)
    made = to.with_name(to.name + ".part")
    try:
        made.unlink(missing_ok=True)
        os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
        _copy(path, made)
        os.link(made, to)  # never over a file that has come meanwhile
        database.sync_folder(to.parent)
    except OSError as error:
        raise StoreError(
            f"{to}: {error.strerror}; choose a new file in a folder that this user can write to"
        ) from error
    finally:
        made.unlink(missing_ok=True)
    return to.stat().st_size


def _copy(path: Path, made: Path) -> None:
    """VACUUM INTO reads one moment and writes a file without free pages."""
    with database.guarded(path), closing(database.open_anywhere(path)) as source:
        database.look_at_version(path, source)
        source.execute("PRAGMA query_only = 0")
        source.execute("VACUUM INTO ?", (str(made),))
    with database.guarded(made), closing(sqlite3.connect(made)) as copy:
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreDamaged(f"the copy of {path} is damaged: {verdict}; `probe store check` tells more")
    with made.open("rb") as file:
        os.fsync(file.fileno())
