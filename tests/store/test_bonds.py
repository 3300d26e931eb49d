"""What no chain covers and all depends on: `probe store check` names an edit of it, and never ends with a bug."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.store import looking
from tests.store.builders import a_book, a_check, a_segment, an_outcome
from tests.store.test_sealing import D0, DAY, STEP, a_day_of, seal


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sealed day of one check and, a month later, two outcomes by a clock that was corrected."""
    path = tmp_path_factory.mktemp("record") / "probe.db"
    with a_book(path, [a_check(g_max_ms=90_000), a_check("mail")]) as book:
        book.store(a_day_of("shop", D0))
        later = D0 + 30 * DAY
        book.open_clock(a_segment(2, offset_ms=later, boot="another", is_synced=False))
        book.store([an_outcome(later + n * STEP, key="mail", clock=2) for n in range(2)])
        book.open_clock(a_segment(3, offset_ms=later + 7, boot="another")._replace(opened_at_ms=later + DAY))
        seal(book, path, later + 3 * DAY)
    return path.read_bytes()


@pytest.fixture
def record(tmp_path: Path, whole: bytes) -> Iterator[sqlite3.Connection]:
    """The record without the guards that only keep honest programs out."""
    (tmp_path / "probe.db").write_bytes(whole)
    connection = sqlite3.connect(tmp_path / "probe.db", isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    yield connection
    connection.close()


def test_a_record_that_nobody_edited_is_sound(record: sqlite3.Connection) -> None:
    """Corrections and sums that the store itself made follow."""
    assert record.execute("SELECT shift_ms FROM clock WHERE id = 2").fetchone() == (7,)
    assert record.execute("SELECT count(*) FROM monthly").fetchone() != (0,)
    assert list(looking.check(record)) == []


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ("UPDATE clock SET shift_ms = 3600000 WHERE id = 1", ("clock", 1)),
        ("UPDATE clock SET shift_ms = 8 WHERE id = 2", ("clock", 2)),
        ("UPDATE clock SET shift_ms = 0, corrected_by = NULL WHERE id = 2", ("clock", 2)),
        ("DELETE FROM clock WHERE id = 1", ("clock", 1)),
        ("DELETE FROM series WHERE id = 2", ("series", 2)),
        ("UPDATE daily SET series = 9 WHERE series = 1", ("series", 9)),
        ("DELETE FROM setting WHERE series = 1", ("setting", 1)),
        ("DELETE FROM latest WHERE series = 2", ("latest", 2)),
        ("UPDATE monthly SET down = down + 1 WHERE series = 1", ("monthly", 1)),
        ("UPDATE monthly SET month = month - 1 WHERE series = 1", ("monthly", 1)),
    ],
)
def test_an_edit_beside_the_chain_is_named(record: sqlite3.Connection, edit: str, named: tuple[str, int]) -> None:
    """A correction moves every instant of its segment; sums are what a year is told from."""
    assert record.execute(edit).rowcount
    problems = list(looking.check(record))
    assert named in {(one.table, one.row) for one in problems}
