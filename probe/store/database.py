"""Opening the file: pragmas, creation, examination before anything is written, and what its errors mean.

A new database is built beside its place and moved there whole, so that a half-made one never lies in
it. A file that is damaged, newer or somebody else's is examined read-only and left as it is.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from probe.errors import StoreDamaged, StoreError, StoreLocked, StoreMissing, StoreNewer
from probe.lean import without

if TYPE_CHECKING:
    from collections.abc import Mapping

Connection = sqlite3.Connection
"""What commands pass on without knowing what it is."""
APPLICATION_ID: Final = 0x70726F62  # "prob"
VERSION: Final = 5
"""The number of migrations this program knows; kept in the file as `user_version`."""
BUSY_S: Final = 2.0
WAL_LIMIT: Final = 8 << 20
"""What the WAL is cut back to when a reader that kept it from being begun anew is gone."""
CHECKED_BYTES: Final = 32 << 20
"""Up to this size a start looks at every page (0.1 s for each 10 MiB)."""

REMEDIES: Final[Mapping[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_NOTADB: (StoreDamaged, "is not a database; move it away or restore a backup"),
    sqlite3.SQLITE_CORRUPT: (StoreDamaged, "has damaged pages; keep it as evidence and restore a backup"),
    sqlite3.SQLITE_FULL: (StoreError, "cannot grow: the disk is full; free some space"),
    sqlite3.SQLITE_BUSY: (StoreLocked, "is locked by another process; end what writes to it"),
    sqlite3.SQLITE_READONLY: (StoreError, "is read-only here; make the file and its folder writable by this user"),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "cannot be opened; let this user read the file and use its folder"),
    sqlite3.SQLITE_IOERR: (StoreError, "met an error of the disk; look at the system's log"),
}


def failure(path: Path, error: sqlite3.Error) -> StoreError:
    """What SQLite said, as one line with a remedy and the fitting type."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    kind, remedy = REMEDIES.get(code & 0xFF, (StoreError, f"cannot be used: {error}"))
    return kind(f"{path} {remedy}")


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns what SQLite raises inside into a StoreError that names the record."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(path, error) from error


def open_writing(path: Path) -> sqlite3.Connection:
    """The one connection that writes and checkpoints; the caller holds the lock. Made and migrated if needed."""
    if not path.exists() and not path.is_symlink():
        _create(path)
    version = _examine(path)
    was_left = has_wal(path)
    try:
        connection = reopen(path)
        if was_left:
            _write_back(connection)
        if version < VERSION:
            _migrate(connection)
    except sqlite3.Error as error:
        raise failure(path, error) from error
    return connection


def open_reading(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that can only read; sqlite3.Error when it can not even do that."""
    access = "immutable=1" if immutable else "mode=ro"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{access}", uri=True, isolation_level=None, timeout=BUSY_S)
    try:
        connection.execute("PRAGMA query_only = 1")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def open_anywhere(path: Path) -> sqlite3.Connection:
    """The same, also where we may not write beside the file: SQLite opens no WAL database that nobody has open."""
    from probe.store.lock import holder

    try:
        return open_reading(path)
    except sqlite3.OperationalError:
        if has_wal(path) or holder(path):
            raise
        return open_reading(path, immutable=True)


def look_at_file(path: Path) -> None:
    """Refuse what is not even a file with something in it, before SQLite sees it."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise StoreMissing(f"there is no database at {path}; `probe run` makes one") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; let this user read the file and its folder") from error
    if not stat.S_ISREG(found.st_mode):
        raise StoreDamaged(f"{path} is not a file; point [storage] path at a file")
    if not os.access(path, os.R_OK):
        raise StoreError(f"{path} cannot be read; let this user read it, or join the group {found.st_gid}")
    if found.st_size == 0:
        raise StoreDamaged(f"{path} is empty; remove it to start a new record, or restore a backup")


def look_at_version(path: Path, connection: sqlite3.Connection) -> int:
    """The schema's version; refuse a newer one and other programs' databases."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreDamaged(f"{path} is a database of another program; use another [storage] path")
    if version > VERSION:
        raise StoreNewer(f"{path} was written by a newer probe (schema {version}, known {VERSION}); upgrade probe")
    return int(version)


def has_wal(path: Path) -> bool:
    """Whether commits lie beside the file that are not yet in it."""
    return wal_bytes(path) > 0


def wal_bytes(path: Path) -> int:
    """Size of the write-ahead log beside the file; 0 where there is none."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except OSError:
        return 0


def _examine(path: Path) -> int:
    look_at_file(path)
    try:
        # nobody writes while we hold the lock: without a WAL the file can be read without a trace
        connection = open_reading(path, immutable=not has_wal(path))
        try:
            version = look_at_version(path, connection)
            if path.stat().st_size <= CHECKED_BYTES:
                _check_pages(path, connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise failure(path, error) from error
    return version


def _check_pages(path: Path, connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreDamaged(f"{path} has damaged pages; keep it as evidence and restore a backup")


def _create(path: Path) -> None:
    made = path.with_name(path.name + ".new")
    try:
        for leftover in (made, made.with_name(made.name + "-journal")):
            leftover.unlink(missing_ok=True)
        os.close(os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640))
        _build(made)
        made.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; make room and let this user write there") from error
    except sqlite3.Error as error:
        made.unlink(missing_ok=True)
        raise failure(path, error) from error


def _build(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _migrate(connection)
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def reopen(path: Path) -> sqlite3.Connection:
    """A writing connection to a record that is known to be ours; sqlite3.Error when there is none."""
    where = f"file:{quote(str(path))}?mode=rw"
    connection = sqlite3.connect(
        where, uri=True, isolation_level=None, timeout=BUSY_S, check_same_thread=False, cached_statements=256
    )
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 1000", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    except BaseException:
        connection.close()
        raise
    return connection


def _write_back(connection: sqlite3.Connection) -> None:
    """Move what an agent left in the WAL into the file, and begin the WAL anew.

    After an fsync that failed Linux may show pages that no disk has; what is committed behind them would be lost with
    them. Where it cannot be done now, the ordinary checkpoints do it later.
    """
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _migrate(connection: sqlite3.Connection) -> None:
    with without("numpy", "pandas"):
        from sqlite_utils import Database

    from probe.store.migrations import migrations

    migrations().apply(Database(connection, execute_plugins=False))
    connection.execute(f"PRAGMA user_version = {VERSION}")


def make_folder(path: Path) -> None:
    """The folder of the database, made if it is missing."""
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: {error.strerror}; make the folder, writable by this user") from error


def sync_folder(folder: Path) -> None:
    """Make its names safe from a power cut; OSError when that fails."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
