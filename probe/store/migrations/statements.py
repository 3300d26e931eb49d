"""What every step of the schema is written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

APPEND_ONLY: Final = """
CREATE TRIGGER {table}_is_never_changed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append only: add a row'); END;
CREATE TRIGGER {table}_is_never_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append only: add a row'); END
"""


def iso(milliseconds: str) -> str:
    """The SQL expression that spells an instant for people."""
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', ({milliseconds}) / 1000.0, 'unixepoch')"


def append_only(db: Database, table: str) -> None:
    """Refuse every change and removal of this table's rows."""
    for statement in APPEND_ONLY.format(table=table).strip().split(";\nCREATE"):
        db.conn.execute(statement if statement.startswith("CREATE") else "CREATE" + statement)


def statements(script: str) -> list[str]:
    """One by one, not executescript: that would commit in the middle of the migration."""
    return [statement.strip() for statement in script.split(";\n")]
