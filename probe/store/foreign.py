"""Somebody else's SQLite file, read and never written: tables only, bounded cells, nothing of the file is run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from probe.errors import UsageError
from probe.store import database

CELL_LIMIT: Final = 1 << 20
"""Bytes of a cell; a larger one is refused."""
MAGIC: Final = b"SQLite format 3\0"
REMEDIES: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_NOTADB: "is not a database of SQLite",
    sqlite3.SQLITE_CORRUPT: "is damaged or cut off; copy it again while its program is stopped",
    sqlite3.SQLITE_BUSY: "is locked; copy it while its program is stopped, and import the copy",
    sqlite3.SQLITE_TOOBIG: f"holds a cell of more than {CELL_LIMIT} bytes",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; copy it, with its -wal file, to where this user may write",
    sqlite3.SQLITE_READONLY: "cannot be opened; copy it, with its -wal file, to where this user may write",
}


class Foreign:
    """One open file of another program."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """`path` is for what is said about it."""
        self._connection, self._path = connection, path
        named = connection.execute("SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE type = 'table'").fetchall()
        self._tables = {str(name) for name, sql in named if not str(sql).upper().startswith("CREATE VIRTUAL")}

    def need(self, program: str, tables: Mapping[str, Sequence[str]]) -> None:
        """UsageError unless these tables are there with these columns, as every database of `program` has them."""
        missing = [name for name in tables if name not in self._tables]
        missing += [
            f"{name}.{column}"
            for name, columns in tables.items()
            if name in self._tables
            for column in columns
            if column not in self._columns(name)
        ]
        if missing:
            raise UsageError(f"{self._path}: is no database of {program}: it has no {', '.join(missing)}")

    def rows(
        self, table: str, columns: Sequence[str], where: Mapping[str, object] | None = None
    ) -> Iterator[list[Any]]:
        """The rows of a table, all in the order of entering; a column that is not there is None, a table is empty."""
        if table not in self._tables:
            return
        there = self._columns(table)
        chosen = ", ".join(_quoted(name) if name in there else "NULL" for name in columns)
        narrowed = " AND ".join(f"{_quoted(name)} = ?" for name in where or ())
        query = f"SELECT {chosen} FROM {_quoted(table)} " + (f"WHERE {narrowed}" if narrowed else "ORDER BY rowid")
        with told(self._path):
            for row in self._connection.execute(query, list((where or {}).values())):
                yield list(row)

    def count(self, table: str) -> int:
        """How many rows a table has; 0 when it is not there."""
        if table not in self._tables:
            return 0
        with told(self._path):
            return int(self._connection.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])

    def _columns(self, table: str) -> set[str]:
        return {row[1] for row in self._connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()}


@contextmanager
def open_foreign(path: Path) -> Iterator[Foreign]:
    """The file, open for reading in one moment of it. UsageError with one line for whatever is wrong with it."""
    _look(path)
    with told(path):
        connection = database.open_reading(path)
        try:
            connection.execute("PRAGMA trusted_schema = 0")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, CELL_LIMIT)
            connection.text_factory = lambda cell: cell.decode("utf-8", "backslashreplace")
            connection.execute("BEGIN")
            yield Foreign(connection, path)
        finally:
            connection.close()


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns what SQLite raises inside into a UsageError that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        raise UsageError(f"{path}: {REMEDIES.get(code & 0xFF, f'cannot be read: {error}')}") from error


def _look(path: Path) -> None:
    """Refuse what is no such file before SQLite sees it."""
    try:
        if not path.is_file():
            raise UsageError(f"{path}: there is no such file")
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if head != MAGIC:
        raise UsageError(f"{path}: {REMEDIES[sqlite3.SQLITE_NOTADB]}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
