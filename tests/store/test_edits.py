"""A sealed record that somebody edits who knows SQL and its columns: every edit is found, and its row is named."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probe.store.chain import KINDS
from probe.store.verify import verify
from tests.store.builders import a_book, a_check
from tests.store.test_proof import GUARDS, sealed
from tests.store.test_sealing import D0, DAY, a_day_of, seal

__all__ = ["sealed"]
Named = set[tuple[str, int]]
OTHERS = {"INTEGER": 77, "TEXT": "else", "BLOB": b"else"}
"""What stands where nothing stood."""


class Editor:
    """Edits a record in a transaction; each edit tells the rows of which one must be named."""

    def __init__(self, connection: sqlite3.Connection, seed: int) -> None:
        """The guards that only keep honest programs out are gone."""
        self.chance = random.Random(seed)
        self.connection = connection
        for guard in GUARDS:
            connection.execute(f"DROP TRIGGER IF EXISTS {guard}")
        for kind in ("event", "revision", "clock", "evidence"):
            for what in ("changed", "deleted"):
                connection.execute(f"DROP TRIGGER IF EXISTS {kind}_is_never_{what}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        self.kinds = [kind for kind in KINDS if self.all(f'SELECT 1 FROM "{kind}"')]
        self.edits = (
            self.flip_data, self.flip, self.flip, self.delete, self.insert, self.reorder, self.cut_chain,
            self.truncate, self.flip_seal, self.delete_seal, self.flip_digest, self.delete_digest, self.move_data,
        )  # fmt: skip

    def all(self, sql: str, *values: object) -> list[Any]:
        return self.connection.execute(sql, values).fetchall()

    def edit(self) -> tuple[str, Named]:
        """One edit, and what may be named for it."""
        chosen = self.chance.choice(self.edits)
        return chosen.__name__, chosen()

    def other(self, value: Any, declared: str) -> Any:
        """A little different."""
        if value is None:
            return OTHERS[declared]
        if isinstance(value, int):
            return value + self.chance.choice((-1000, 1000))
        if isinstance(value, str):
            return value[:-1] if value and self.chance.random() < 0.5 else value + " "
        place = self.chance.randrange(len(value))
        return value[:place] + bytes((value[place] ^ 1 << self.chance.randrange(8),)) + value[place + 1 :]

    def change(self, table: str, columns: list[str], where: str, *which: object) -> tuple[str, Any]:
        """Change one column of one row; the column and its new value."""
        column = self.chance.choice(columns)
        declared = {row[1]: row[2] for row in self.all(f'PRAGMA table_info("{table}")')}
        ((value,),) = self.all(f'SELECT "{column}" FROM "{table}" WHERE {where}', *which)
        other = self.other(value, declared[column])
        self.connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {where}', (other, *which))
        return column, other

    def a_row(self) -> tuple[str, int]:
        kind = self.chance.choice(self.kinds)
        return kind, self.chance.choice(self.all(f'SELECT id FROM "{kind}"'))[0]

    def flip_data(self) -> Named:
        number, data = self.chance.choice(self.all("SELECT id, data FROM block"))
        self.connection.execute("UPDATE block SET data = ? WHERE id = ?", (self.other(data, "BLOB"), number))
        return {("block", number)}

    def move_data(self) -> Named:
        """The data of one block in another."""
        (one, data), (two, _) = self.chance.sample(self.all("SELECT id, data FROM block"), 2)
        self.connection.execute("UPDATE block SET data = ? WHERE id = ?", (data, two))
        return {("block", two)} | {("block", one)}

    def flip(self) -> Named:
        kind, row = self.a_row()
        self.change(kind, [column.strip() for column in KINDS[kind].split(",")][1:], "id = ?", row)
        return {(kind, row)}

    def delete(self) -> Named:
        kind, row = self.a_row()
        self.connection.execute(f'DELETE FROM "{kind}" WHERE id = ?', (row,))
        return {(kind, row)}

    def insert(self) -> Named:
        """A copy of a row put in before the others."""
        kind, number = self.chance.choice(("window", "ticket")), -self.chance.randrange(1, 1000)
        columns = KINDS[kind].removeprefix("id, ")
        self.connection.execute(
            f'INSERT INTO "{kind}" (id, {columns}) SELECT {number}, {columns} FROM "{kind}" LIMIT 1'
        )
        return {(kind, number)}

    def reorder(self) -> Named:
        """Two entries of the chain change places."""
        entries = self.all("SELECT id, kind, row, hash FROM chain")
        (first, kind, row, one), (second, _, _, two) = sorted(self.chance.sample(entries, 2))
        self.connection.execute("UPDATE chain SET hash = ? WHERE id = ?", (two, first))
        self.connection.execute("UPDATE chain SET hash = ? WHERE id = ?", (one, second))
        return {(kind, row)}

    def cut_chain(self) -> Named:
        """One entry is taken out; of the last one its row, or the head that covers it, is named."""
        number, kind, row = self.chance.choice(self.all("SELECT id, kind, row FROM chain"))
        self.connection.execute("DELETE FROM chain WHERE id = ?", (number,))
        is_last = not self.all("SELECT 1 FROM chain WHERE id > ?", number)
        return {(kind, row), *self.days()} if is_last else {("chain", number)}

    def truncate(self) -> Named:
        """The end of the chain is cut off: a row that lost its entry, or a head that covers more, is named."""
        number = self.chance.choice(self.all("SELECT id FROM chain"))[0]
        lost = self.all("SELECT kind, row FROM chain WHERE id >= ?", number)
        self.connection.execute("DELETE FROM chain WHERE id >= ?", (number,))
        return {*lost, *self.days()}

    def days(self) -> Named:
        return {("seal", day) for (day,) in self.all("SELECT day FROM seal")}

    def flip_seal(self) -> Named:
        (day,) = self.chance.choice(self.all("SELECT day FROM seal"))
        columns = ["day", "closed_at_ms", "made_at_ms", "entries", "head", "outcomes", "hash"]
        column, other = self.change("seal", columns, "day = ?", day)
        return {("seal", day)} | ({("seal", other)} if column == "day" else set())

    def delete_seal(self) -> Named:
        """The next one does not follow; of the last one somebody else has the head."""
        (day,) = self.chance.choice(self.all("SELECT day FROM seal"))
        self.connection.execute("DELETE FROM seal WHERE day = ?", (day,))
        following = self.all("SELECT min(day) FROM seal WHERE day > ?", day)[0][0]
        return {("seal", following or 0)}

    def flip_digest(self) -> Named:
        day, series = self.chance.choice(self.all("SELECT day, series FROM digest"))
        self.change("digest", ["n", "digest"], "day = ? AND series = ?", day, series)
        return {("digest", day)}

    def delete_digest(self) -> Named:
        day, series = self.chance.choice(self.all("SELECT day, series FROM digest"))
        self.connection.execute("DELETE FROM digest WHERE day = ? AND series = ?", (day, series))
        return {("digest", day)}


@pytest.fixture
def connection(sealed: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A copy to edit."""
    connection = sqlite3.connect(shutil.copy(sealed, tmp_path / "probe.db"), isolation_level=None)
    yield connection
    connection.close()


def found(connection: sqlite3.Connection, edits: int) -> set[str]:
    """Make so many edits, one at a time; the kinds of edits that there were. Each must be found and named."""
    editor = Editor(connection, seed=edits)
    (newest,) = connection.execute("SELECT lower(hex(hash)) FROM seal ORDER BY id DESC").fetchone()
    seen = set()
    for number in range(edits):
        connection.execute("BEGIN")
        what, named = editor.edit()
        first = next(verify(connection, [newest]), None)
        connection.execute("ROLLBACK")
        assert first is not None, f"edit {number}: {what} was not found"
        assert (first.table, first.row) in named, f"edit {number}: {what} of {named} is told as {first}"
        seen.add(what)
    assert list(verify(connection, [newest])) == []
    return seen


def test_each_of_sixty_random_edits_is_found_and_named(connection: sqlite3.Connection) -> None:
    """Flip, delete, insert, reorder, truncate, an older state where somebody holds the head."""
    assert len(found(connection, 60)) >= 10


@pytest.mark.soak
def test_each_of_a_thousand_random_edits_is_found_and_named(connection: sqlite3.Connection) -> None:
    """The same for the figure that the record promises."""
    assert len(found(connection, 1000)) == 12


def test_a_copy_of_an_earlier_day_lacks_the_head_that_another_holds(sealed: Path, tmp_path: Path) -> None:
    """Whoever puts an older record in its place is found by a head that lies elsewhere, and by nothing else."""
    path = tmp_path / "older.db"
    with a_book(path, [a_check(), a_check("mail")]) as book:
        book.store(a_day_of("shop", D0, step_ms=60_000))
        seal(book, path, D0 + 2 * DAY)
        with sqlite3.connect(sealed) as newer:
            (newest,) = newer.execute("SELECT lower(hex(hash)) FROM seal ORDER BY id DESC").fetchone()
        newer.close()
        assert list(verify(book.connection)) == []
        assert [(one.table, one.row) for one in verify(book.connection, [newest])] == [("seal", 0)]
