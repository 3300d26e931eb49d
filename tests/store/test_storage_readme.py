"""The record's written contract says what is there, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

from probe.store.plugin import prepare_connection
from tests.store.builders import DOWN, T0, UP, a_book, an_outcome

README = (Path(__file__).parents[2] / "storage" / "README.md").read_text()


def test_every_column_has_its_line_and_every_line_its_column(tmp_path: Path) -> None:
    """A database outlives the code that wrote it; its description must be whole."""
    with a_book(tmp_path / "probe.db") as book:
        columns = book.connection.execute(
            "SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c"
            " WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlite%' ESCAPE '\\'"
        ).fetchall()
    described = re.findall(r"^\| `(\w+\.\w+)` \|", README.partition("## Tables")[2], re.MULTILINE)
    assert sorted(described) == sorted(name for (name,) in columns)


def test_the_worked_queries_run(tmp_path: Path) -> None:
    """What a reader pastes into sqlite3 answers."""
    queries = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
    with a_book(tmp_path / "probe.db") as book:
        prepare_connection(book.connection)
        book.store([an_outcome(T0 + n * 60_000, DOWN if 2 < n < 7 else UP) for n in range(20)])
        answers = [book.connection.execute(query).fetchall() for query in queries]
    assert len(answers) == 4
    assert answers[0][0][:2] == ("shop", "up")


def test_every_view_is_named(tmp_path: Path) -> None:
    """A view that nobody can look up does not exist."""
    with a_book(tmp_path / "probe.db") as book:
        views = book.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'view'").fetchall()
    assert [name for (name,) in views if f"`{name}`" not in README] == []
