"""Who owns the database: an flock on `<db>.lock`, which the kernel drops however its holder dies.

The file's content (pid and vantage) only names the holder; what counts is the lock. It is a file
of its own because closing any descriptor of the database itself would drop SQLite's locks.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from probe.errors import StoreError, StoreLocked

TRIES: Final = 10
PAUSE_S: Final = 0.02
"""A reader looks at the lock for some microseconds; only who holds it for 0.2 s is an owner."""


class Holder(NamedTuple):
    """Who says it holds the lock."""

    pid: int
    vantage: str


class StoreLock:
    """The ownership of one database, from construction to `release`."""

    def __init__(self, database: Path, vantage: str) -> None:
        """Take it, or StoreLocked naming the holder; StoreError when the folder does not allow it."""
        self._path = lock_path(database)
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}; make its folder writable by this user") from error
        if not _taken(self._fd):
            os.close(self._fd)
            raise StoreLocked(f"{database} is {_held_by(self._path)}; stop it, or use another [storage] path")
        os.ftruncate(self._fd, 0)
        with suppress(OSError):  # a full disk: the name of the holder is a courtesy
            os.pwrite(self._fd, f"{os.getpid()} {vantage}\n".encode(), 0)

    def release(self) -> None:
        """Give it up; again is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        """The lock, already held."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""
        self.release()


def lock_path(database: Path) -> Path:
    """Where the lock of a database lies."""
    return database.with_name(database.name + ".lock")


def holder(database: Path) -> Holder | None:
    """Who holds the database now; None when nobody does."""
    path = lock_path(database)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _named(path)
    else:
        return None
    finally:
        os.close(fd)


def _taken(fd: int) -> bool:
    for attempt in range(TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if attempt + 1 < TRIES:
            time.sleep(PAUSE_S)
    return False


def _named(path: Path) -> Holder:
    try:
        pid, _, vantage = path.read_text(errors="replace").strip().partition(" ")
        return Holder(int(pid), vantage)
    except (OSError, ValueError):
        return Holder(0, "")


def _held_by(path: Path) -> str:
    pid, vantage = _named(path)
    return f"held by pid {pid} ({vantage})" if pid else "held by another process"
