"""The chain, the heads and what `probe store check` finds: whoever changes what is sealed is named."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from probe.model import Ticket, Window
from probe.store import chain, days, looking, retention
from probe.store.changes import AddTicket, AddWindow, Prune, Rebuild
from probe.store.database import open_reading
from probe.store.reader import open_reader
from probe.store.verify import verify
from tests.store.builders import HOME, a_book, a_check, an_outcome
from tests.store.test_sealing import D0, DAY, a_day_of, answers, seal

NOW = D0 + 12 * DAY
GUARDS = ("block_is_never_changed", "block_is_pruned_or_kept", "block_is_never_deleted", "window_is_never_changed",
          "window_is_never_deleted", "ticket_is_never_changed", "ticket_is_never_deleted", "chain_is_never_changed",
          "chain_is_never_deleted", "seal_is_never_deleted")  # fmt: skip


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sealed days of two checks, a window and a ticket."""
    path = tmp_path_factory.mktemp("sealed") / "probe.db"
    with a_book(path, [a_check(), a_check("mail")]) as book:
        for day in range(3):
            book.store(a_day_of("shop", D0 + day * DAY, step_ms=60_000))
            book.store(a_day_of("mail", D0 + day * DAY, step_ms=600_000))
        book.change(AddWindow(Window(start_ms=D0, end_ms=D0 + 1000, entered_at_ms=D0, entered_by="me")))
        book.change(AddTicket(Ticket(service="web", number="7", opened_ms=D0, entered_at_ms=D0, entered_by="me")))
        book.connection.execute("COMMIT") if book.connection.in_transaction else None
        seal(book, path, NOW)
    return path


@pytest.fixture
def path(sealed: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copy(sealed, tmp_path / "probe.db"))


def problems(path: Path, *heads: str) -> list[tuple[str, int]]:
    connection = open_reading(path)
    try:
        return [(one.table, one.row) for one in looking.check(connection, heads)]
    finally:
        connection.close()


def spoil(path: Path, *statements: str) -> None:
    """Edit the file as somebody would who knows SQL."""
    connection = sqlite3.connect(path, isolation_level=None)
    for guard in GUARDS:
        connection.execute(f"DROP TRIGGER IF EXISTS {guard}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_what_nobody_changed_is_sound(path: Path) -> None:
    """A check that cries wolf is not run twice."""
    assert problems(path) == []


def test_the_chain_is_the_documented_one() -> None:
    """Anybody can compute it: the vectors of the method."""
    first = chain.link(chain.NOTHING, b'{"t":0,"x":"G"}')
    assert first.hex() == "7d9d369f65bde9c17090d2c5c3e30ca6de16098adf6d3832a8febe60cadca74e"
    second = chain.link(first, b'{"t":60,"x":"B"}')
    assert second.hex() == "fe8d5312b643cbf979117181fccf491d207dd3ae83ccb1d220ca2caaf810ce28"
    assert chain.line("ticket", (1, None, "é", b"\1")) == '["ticket",1,null,"é","01"]'.encode()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE ticket SET opened_ms = opened_ms - 1", ("ticket", 1)),
        ("UPDATE window SET end_ms = end_ms + 1", ("window", 1)),
        ("DELETE FROM ticket", ("ticket", 1)),
        ("UPDATE block SET t1_ms = t1_ms + 1 WHERE id = 2", ("block", 2)),
        ("UPDATE block SET made_at_ms = 1 WHERE id = 1", ("block", 1)),
        ("DELETE FROM block WHERE id = 1", ("block", 1)),
        ("UPDATE block SET data = (SELECT data FROM block WHERE id = 1) WHERE id = 2", ("block", 2)),
        ("UPDATE revision SET meaning = '{}' || meaning WHERE id = 1", ("revision", 1)),
        ("DELETE FROM chain WHERE id = 2", ("chain", 2)),
        ("DELETE FROM chain WHERE id = (SELECT max(id) FROM chain)", ("block", 2)),
        ("DELETE FROM seal WHERE id = 2", ("seal", days.day_of(D0 + 2 * DAY))),
        ("UPDATE seal SET made_at_ms = made_at_ms - 1 WHERE id = 1", ("seal", days.day_of(D0))),
        ("UPDATE seal SET outcomes = x'00' WHERE id = 3", ("seal", days.day_of(D0 + 2 * DAY))),
        ("UPDATE digest SET n = n + 1 WHERE series = 1", ("digest", days.day_of(D0))),
        ("DELETE FROM digest WHERE series = 2", ("digest", days.day_of(D0))),
        ("UPDATE span SET n = n + 1 WHERE series = 1", ("span", 1)),
        ("DELETE FROM span WHERE series = 1 AND t0_ms = (SELECT max(t0_ms) FROM span WHERE series = 1)", ("span", 1)),
        ("UPDATE latest SET run_bad = 9 WHERE series = 2", ("latest", 2)),
        ("UPDATE daily SET up = up + 1, down = down - 1 WHERE series = 2", ("daily", 2)),
    ],
)
def test_an_edit_is_found_and_named(path: Path, statement: str, named: tuple[str, int]) -> None:
    """Flip, delete, cut off: the first row that is not what was kept is told."""
    spoil(path, statement)
    found = problems(path)
    assert found[:1] == [named] or (statement.startswith("DELETE FROM chain WHERE id = (") and found[0][0] == "seal")


def test_a_row_that_is_put_in_between_is_found(path: Path) -> None:
    """An added window would forgive time; it is not in the chain although later ones are."""
    spoil(
        path,
        "INSERT INTO window (checks, start_ms, end_ms, entered_by, source) VALUES ('[]', 1, 2, 'x', 'y')",
        "UPDATE window SET id = 0 WHERE id = 2",
    )
    assert problems(path) == [("window", 0)]


def test_a_changed_outcome_of_a_day_that_is_not_yet_sealed_is_found(tmp_path: Path) -> None:
    """The head covers the outcomes of its day, also those that are still in `hot`."""
    path = tmp_path / "probe.db"
    with a_book(path) as book:
        book.store(a_day_of("shop", D0, step_ms=600_000))
        seal(book, path, D0 + 2 * DAY)
        assert problems(path) == []
        book.connection.execute("UPDATE hot SET latency_us = latency_us + 1 WHERE at_ms = (SELECT min(at_ms) FROM hot)")
    assert problems(path) == [("digest", days.day_of(D0)), ("daily", 1)]


def test_bits_that_flip_in_sealed_data_are_found(path: Path) -> None:
    """Each of many random edits of one byte in a block's data."""
    chance = random.Random(5)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DROP TRIGGER block_is_pruned_or_kept")
    (data,) = connection.execute("SELECT data FROM block WHERE id = 2").fetchone()
    for _ in range(60):
        place = chance.randrange(len(data))
        flipped = data[:place] + bytes((data[place] ^ 1 << chance.randrange(8),)) + data[place + 1 :]
        connection.execute("UPDATE block SET data = ? WHERE id = 2", (flipped,))
        first = next(verify(connection))
        assert (first.table, first.row) == ("block", 2)
    connection.execute("UPDATE block SET data = ? WHERE id = 2", (data,))
    assert list(verify(connection)) == []
    connection.close()


def test_an_older_copy_lacks_the_head_that_another_holds(path: Path) -> None:
    """A head that was handed over shows that the record was replaced."""
    connection = open_reading(path)
    heads = [row[0].hex() for row in connection.execute("SELECT hash FROM seal ORDER BY id").fetchall()]
    connection.close()
    assert problems(path, *heads) == []
    spoil(path, "DELETE FROM seal WHERE id = 3")
    assert problems(path, heads[0]) == []
    assert problems(path, heads[2].upper()) == [("seal", 0)]


def test_a_file_with_a_bad_page_says_so_first(path: Path) -> None:
    """Nothing else can be told from it."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 3 * 4096)
        file.write(b"\xff" * 8192)
    assert {table for table, _ in problems(path)} <= {"file", "block"}
    assert problems(path)


def test_the_head_covers_what_is_documented(path: Path) -> None:
    """The document of a head is canonical JSON, its hash is over the tag and the document."""
    connection = open_reading(path)
    row = connection.execute("SELECT day, closed_at_ms, made_at_ms, entries, head, outcomes, hash FROM seal").fetchone()
    head = chain.Head._make((*row[:6], chain.NOTHING))
    connection.close()
    assert head.document.startswith('{"closed_at_ms":')
    assert row[6] == sha256(b"probe-seal-v1\0" + head.document.encode()).digest()


def test_months_are_put_together_and_used(tmp_path: Path) -> None:
    """A year is twelve rows; a month with its row tells what its days tell."""
    path = tmp_path / "probe.db"
    start = days.first_day(days.month_of(days.day_of(D0)) + 1) * DAY
    with a_book(path) as book:
        book.store([an_outcome(start + n * 3_600_000) for n in range(24 * 33)])
        before = answers(path, ("shop",))
        with open_reader(path) as reader:
            counted = reader.tally(HOME, "shop", start - 5000, start + 33 * DAY)
        seal(book, path, start + 40 * DAY)
        assert book.connection.execute("SELECT n FROM monthly").fetchall() in ([(24 * n,)] for n in (28, 30, 31))
        with open_reader(path) as reader:
            assert reader.tally(HOME, "shop", start - 5000, start + 33 * DAY) == counted
        assert answers(path, ("shop",)) == before
        book.store([an_outcome(start + DAY + 77)])
        assert book.connection.execute("SELECT n FROM monthly").fetchall() == []


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Callable[[int, int], list[int]]]:
    """A record of 110 closed days; prunes it and gives blocks let go and left."""
    path = tmp_path / "old.db"
    with a_book(path) as book:
        rows = [
            an_outcome(D0 + n * 3_600_000, list(type(an_outcome(0).state))[int(n % 500 == 9)]) for n in range(24 * 110)
        ]
        book.store(rows)
        for day in range(9, 112, 6):
            seal(book, path, D0 + day * DAY + DAY // 2)
        seal(book, path, D0 + 111 * DAY)

        def prune(keep_days: int, now_ms: int) -> list[int]:
            answer = book.change(Prune(keep_days * DAY, now_ms))
            return [answer["blocks"], answer["outcomes"], answer["left"]]

        prune.book = book  # type: ignore[attr-defined]
        yield prune


def test_retention_waits_for_days_that_were_recorded(old: Callable[[int, int], list[int]]) -> None:
    """A clock that is wrong by years lets nothing go; nor does a setting below the least."""
    assert old(200, D0 + 5000 * DAY) == [0, 0, 0]
    assert old(1, D0 + 20 * DAY)[0] == 0


def test_retention_keeps_failures_their_neighbours_spans_and_counts(old: Callable[[int, int], list[int]]) -> None:
    """What a claim could rest on stays, and what is left still verifies."""
    book = old.book  # type: ignore[attr-defined]
    kept = "SELECT * FROM span UNION ALL SELECT * FROM span ORDER BY 1, 2"
    before = book.connection.execute(kept).fetchall(), book.connection.execute("SELECT * FROM daily").fetchall()
    assert old(1, D0 + 111 * DAY) == [1, 9 * 24 - 7, 0]
    assert book.connection.execute("SELECT n FROM block WHERE is_late").fetchall() == [(7,)]
    book.change(Rebuild(1))
    book.store([an_outcome(D0 + DAY + 77)])
    after = book.connection.execute(kept).fetchall(), book.connection.execute("SELECT * FROM daily").fetchall()
    assert after == before
    assert list(looking.check(book.connection)) == []


def test_neighbours_are_counted_from_both_sides() -> None:
    """Three on either side, cut at the ends."""
    from tests.store.test_columns import a_row

    rows = [a_row(at_ms=n, state=int(n in (1, 20))) for n in range(22)]
    assert [row.at_ms for row in retention.worth(rows)] == [0, 1, 2, 3, 4, 17, 18, 19, 20, 21]
