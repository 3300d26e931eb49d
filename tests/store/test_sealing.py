"""Sealing: closed days become blocks, and whatever is asked of the record gives the same answer as before."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from probe.errors import StoreDamaged
from probe.model import Finding, Origin, Outcome, Reason, State
from probe.store import blocks, days, spans
from probe.store.archive import Archive
from probe.store.book import Book
from probe.store.changes import ImportOutcomes
from probe.store.exchange import Imported
from probe.store.reader import Reader, open_reader
from probe.store.sealing import Sealed, Sealer
from probe.store.staging import ENOUGH, opened, parted
from probe.store.verify import verify
from tests.store.builders import (
    DOWN,
    HOME,
    T0,
    UNKNOWN,
    UP,
    a_book,
    a_check,
    a_segment,
    an_outcome,
    opened_to_write,
    raw_spans,
)

DAY = blocks.DAY_MS
D0 = (T0 // DAY + 1) * DAY
"""A midnight UTC."""
STEP = 20_000
"""4,320 outcomes a day: each day is a block."""


def a_day_of(key: str, day_ms: int, *, step_ms: int = STEP, seed: int = 1) -> list[Outcome]:
    """Outcomes with everything that can be kept of one, at irregular milliseconds."""
    chance = random.Random(f"{key} {day_ms} {seed}")
    return [one(chance, key, at) for at in range(day_ms + 17, day_ms + DAY - 5, step_ms)]


def one(chance: random.Random, key: str, due_ms: int) -> Outcome:
    state = chance.choices((UP, DOWN, UNKNOWN), (980, 15, 5))[0]
    reason = {UP: None, DOWN: Reason.TIMEOUT, UNKNOWN: Reason.NO_ROUTE_LOCAL}[state]
    latency = None if state is not UP else int(chance.lognormvariate(10, 0.3))
    finding = Finding(
        state=state,
        reason=reason,
        latency_us=latency,
        phases_us={"connect": latency // 3, "tls": latency // 2} if latency else {},
        address="192.0.2.1:443",
        detail="" if state is UP else f'after {chance.randrange(9000)} ms: 007 "x" é',
        facts={"status": 200} if chance.random() < 0.5 else {},
    )
    origin = Origin.RECHECK if state is DOWN and chance.random() < 0.3 else Origin.GRID
    at = due_ms + chance.randrange(4)
    return Outcome(
        key=key, revision="r1", at_ms=at, clock=1, origin=origin, finding=finding,
        due_ms=due_ms if origin is Origin.GRID else None,
    )  # fmt: skip


def seal(book: Book, path: Path, now_ms: int) -> Sealed:
    """Everything that can be sealed by then."""
    reading = opened(path)
    try:
        return Sealer(reading, writing(book)).run(now_ms)
    finally:
        reading.close()


def writing(book: Book) -> Callable[[Callable[[sqlite3.Connection], Any]], Any]:
    """As the writer does: each part in a transaction of its own."""

    def write(action: Callable[[sqlite3.Connection], Any]) -> Any:
        book.connection.execute("BEGIN IMMEDIATE")
        try:
            answer = book.seal(action)
            book.connection.execute("COMMIT")
        except BaseException:
            if book.connection.in_transaction:
                book.connection.execute("ROLLBACK")
            raise
        return answer

    return write


def answers(path: Path, keys: tuple[str, ...] = ("shop", "mail")) -> list[Any]:
    """All that a reader tells of the outcomes."""
    with open_reader(path) as reader:
        return [list(each) for key in keys for each in _told(reader, key)]


def _told(reader: Reader, key: str) -> Iterator[Any]:
    yield reader.outcomes(HOME, key, 0, 1 << 60)
    yield reader.outcomes(HOME, key, D0 + 5_000_000, D0 + DAY + 7_000_000, 100)
    yield reader.around(HOME, key, D0 + DAY + 1234, 9)
    yield reader.last(HOME, key, 20)
    yield reader.attempts(HOME, key, D0 + 3, D0 + DAY - 3)
    yield reader.reasons(HOME, key, D0, D0 + DAY)
    yield reader.tally(HOME, key, D0 + 999, D0 + 3 * DAY)
    yield reader.samples(HOME, D0 + 999, D0 + 3 * DAY - 999).items()
    for stretch in ((D0, D0 + 2 * DAY), (D0 + DAY, D0 + 5 * DAY), (D0 + 999, D0 + DAY)):
        told = reader.sums(HOME, *stretch)[key]
        assert told == reader.tally(HOME, key, *stretch)[:-1]
        yield told
    yield (reader.counts().outcomes,)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "probe.db"


@pytest.fixture
def book(path: Path) -> Iterator[Book]:
    with a_book(path, [a_check(g_max_ms=90_000), a_check("mail")]) as book:
        yield book


class Filled(NamedTuple):
    """A record, what a reader tells of it, and its spans."""

    file: bytes
    answers: list[Any]
    spans: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Three days of one check, and of one with few outcomes."""
    path = tmp_path_factory.mktemp("filled") / "probe.db"
    with a_book(path, [a_check(g_max_ms=90_000), a_check("mail")]) as book:
        for day in range(3):
            book.store(a_day_of("shop", D0 + day * DAY))
            book.store(a_day_of("mail", D0 + day * DAY, step_ms=300_000))
        told, kept = answers(path), raw_spans(book)
        book.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Filled(path.read_bytes(), told, kept)


@pytest.fixture
def full(path: Path, filled: Filled) -> Iterator[Book]:
    """That record, for one test alone."""
    path.write_bytes(filled.file)
    connection = opened_to_write(path)
    yield Book(connection, HOME)
    connection.close()


def test_sealing_changes_no_answer(full: Book, path: Path, filled: Filled) -> None:
    """What was recorded is what is read, exactly, whether it lies in `hot` or in blocks."""
    done = seal(full, path, D0 + 3 * DAY + DAY // 2)
    assert done == (3, 3, 3 * 4320, True)
    assert answers(path) == filled.answers
    assert raw_spans(full) == filled.spans
    assert full.connection.execute("SELECT DISTINCT series FROM hot").fetchall() == [(2,)]


def test_few_outcomes_wait_until_they_are_old(full: Book, path: Path, filled: Filled) -> None:
    """A small block wastes space; waiting for ever would leave `hot` large."""
    seal(full, path, D0 + 3 * DAY + DAY // 2)
    assert seal(full, path, D0 + 9 * DAY) == (0, 1, 864, True)
    assert full.connection.execute("SELECT count(*) FROM hot").fetchone() == (0,)
    assert answers(path) == filled.answers


def test_spans_and_counts_made_anew_from_blocks_are_the_same_bytes(full: Book, path: Path, filled: Filled) -> None:
    """Spans are derived from outcomes; what sealing keeps is enough to derive them again."""
    seal(full, path, D0 + 12 * DAY)
    counted = full.connection.execute("SELECT * FROM daily ORDER BY series, day").fetchall()
    spans.rebuild(full.connection, {1: None, 2: None})
    assert raw_spans(full) == filled.spans
    assert len(counted) == 6
    days.spoil(full.connection, [(row[0], row[1]) for row in counted])
    seal(full, path, D0 + 12 * DAY)
    assert full.connection.execute("SELECT * FROM daily ORDER BY series, day").fetchall() == counted


def test_today_is_never_sealed(book: Book, path: Path) -> None:
    """A day is closed some minutes after it is over."""
    book.store(a_day_of("shop", D0))
    assert seal(book, path, D0 + DAY + 60_000) == (0, 0, 0, True)
    assert seal(book, path, D0 + DAY + 600_000).days == 1


def test_a_late_outcome_is_kept_once_and_counted(full: Book, path: Path) -> None:
    """A spool replay or a clock that was set back brings outcomes of days that are sealed."""
    seal(full, path, D0 + 12 * DAY)
    late = an_outcome(D0 + DAY + 5_555, DOWN)
    for _ in range(2):
        full.store([late])
    with open_reader(path) as reader:
        assert late in list(reader.outcomes(HOME, "shop", D0 + DAY, D0 + DAY + 10_000))
        assert reader.tally(HOME, "shop", D0, D0 + 3 * DAY).n == 3 * 4320 + 1
    assert full.connection.execute("SELECT n FROM block WHERE is_late").fetchall() == [(1,)]
    assert full.connection.execute("SELECT count(*) FROM hot").fetchone() == (0,)
    seal(full, path, D0 + 12 * DAY)
    counted = "SELECT n FROM daily WHERE series = 1 AND day = ?"
    assert full.connection.execute(counted, (days.day_of(D0 + DAY),)).fetchone() == (4321,)
    kept = raw_spans(full)
    spans.rebuild(full.connection, {1: None})
    assert raw_spans(full) == kept


def test_importing_sealed_days_again_changes_nothing_and_a_contradiction_counts(book: Book, path: Path) -> None:
    """Imports are idempotent; what contradicts the record makes it unknown, and the first word stays in its block."""
    outcomes = a_day_of("shop", D0)
    book.store(outcomes)
    seal(book, path, D0 + 12 * DAY)
    same = tuple(Imported("shop", one.at_ms, one.state, None, None) for one in outcomes)
    ask = {"at_ms": D0 + 12 * DAY, "by": "me", "vantage": HOME}
    answer = book.change(ImportOutcomes(rows=same, **ask))  # type: ignore[arg-type]
    assert (answer["added"], answer["same"], answer["conflicts"]) == (0, 4320, [])
    other = next(one for one in outcomes if one.state is State.UP)
    for count in (1, 0):
        answer = book.change(ImportOutcomes(rows=(Imported("shop", other.at_ms, DOWN, None, None),), **ask))  # type: ignore[arg-type]
        assert len(answer["conflicts"]) == count
    with open_reader(path) as reader:
        (told,) = reader.outcomes(HOME, "shop", other.at_ms, other.at_ms + 1)
    assert told.finding.reason is Reason.CONFLICT
    first = [row for row in blocks.read(book.connection, 1) if row.at_ms == other.at_ms]
    assert [row.state for row in first] == [0]


def history(key: str, *first_days: int) -> ImportOutcomes:
    """Whole days of a check from elsewhere."""
    at = [D0 + day * DAY + n * STEP for day in first_days for n in range(4320)]
    rows = tuple(Imported(key, each, UP, None, 1_000) for each in at)
    return ImportOutcomes(rows=rows, at_ms=D0 + 40 * DAY, by="me", vantage=HOME)


def headed(book: Book) -> list[int]:
    """The days with a head, counted from the first."""
    found = book.connection.execute("SELECT day FROM seal WHERE hash IS NOT NULL ORDER BY day").fetchall()
    return [day - days.day_of(D0) for (day,) in found]


def test_every_imported_day_gets_a_head_and_is_counted(book: Book, path: Path) -> None:
    """An import makes blocks of many days: the head of the first covers them all, and must not hide the rest."""
    book.change(history("shop", 0, 1, 2))
    seal(book, path, D0 + 40 * DAY)
    assert headed(book) == [0, 1, 2]
    book.change(history("mail", 3, 4))
    seal(book, path, D0 + 40 * DAY)
    assert headed(book) == [0, 1, 2, 3, 4]
    counted = book.connection.execute("SELECT series, n FROM daily WHERE NOT is_stale ORDER BY day").fetchall()
    assert counted == [(1, 4320)] * 3 + [(2, 4320)] * 2
    assert book.connection.execute("SELECT count(*) FROM digest").fetchone() == (5,)
    assert list(verify(book.connection)) == []


def test_what_is_imported_while_a_day_is_sealed_gets_heads_too(book: Book, path: Path) -> None:
    """Between closing a day and its head another block may come, which that head covers."""
    book.store(a_day_of("shop", D0))
    write, waiting = writing(book), [history("mail", 3, 4)]

    def importing(action: Callable[[sqlite3.Connection], Any]) -> Any:
        answer = write(action)
        if waiting and book.connection.execute("SELECT 1 FROM seal").fetchone():
            book.change(waiting.pop())
        return answer

    reading = opened(path)
    Sealer(reading, importing).run(D0 + 40 * DAY)
    reading.close()
    assert headed(book) == [0, 3, 4]
    assert list(verify(book.connection)) == []


def test_days_without_outcomes_between_imported_ones_get_no_head(book: Book, path: Path) -> None:
    """An old outcome beside new ones, a wrong date say, must not make heads of the years between."""
    book.change(history("shop", -9000, -8999, 0))
    seal(book, path, D0 + 40 * DAY)
    assert headed(book) == [-9000, -8999, 0]


def test_a_correction_of_the_clock_counts_its_days_anew(tmp_path: Path) -> None:
    """What an unsynchronised clock recorded moves to its true days, sealed or not."""
    path = tmp_path / "probe.db"
    with a_book(path) as book:
        book.open_clock(a_segment(2, offset_ms=D0, boot="another", is_synced=False))
        rows = [an_outcome(D0 + n * STEP, clock=2) for n in range(ENOUGH)]
        book.store(rows)
        seal(book, path, D0 + 12 * DAY)
        book.open_clock(
            a_segment(3, offset_ms=D0 + 5 * DAY + 7, boot="another")._replace(opened_at_ms=D0 + 6 * DAY + 7)
        )
        with open_reader(path) as reader:
            first, last = reader.outcomes(HOME, "shop", 0, 1 << 60), reader.last(HOME, "shop", 1)
            assert [one.at_ms for one in first] == [one.at_ms + 5 * DAY + 7 for one in rows]
            assert last[0].at_ms == rows[-1].at_ms + 5 * DAY + 7
            moved = reader.tally(HOME, "shop", D0 + 5 * DAY, D0 + 6 * DAY)
            assert reader.tally(HOME, "shop", D0, D0 + DAY).n == 0
        assert moved.n == ENOUGH
        seal(book, path, D0 + 12 * DAY)
        kept = book.connection.execute("SELECT day, n FROM daily").fetchall()
        assert kept == [(days.day_of(D0 + 5 * DAY), ENOUGH)]


def rows_of(book: Book) -> list[Any]:
    """Every outcome, as it was recorded."""
    archive = Archive(book.connection)
    return [list(archive.between(series, 0, 1 << 60)) for series in (1, 2)]


def test_killed_at_any_write_it_goes_on(full: Book, path: Path, filled: Filled) -> None:
    """Whatever part was the last one that was committed, nothing is lost and nothing is there twice."""
    now = D0 + 12 * DAY
    write, before = writing(full), rows_of(full)

    def until(parts: int) -> Callable[[Callable[[sqlite3.Connection], Any]], Any]:
        left = iter(range(parts))

        def limited(action: Callable[[sqlite3.Connection], Any]) -> Any:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return write(action)

        return limited

    for parts in range(1, 14):
        reading = opened(path)
        try:
            Sealer(reading, until(parts % 4 + 1)).run(now)
        except KeyboardInterrupt:
            pass
        finally:
            reading.close()
        assert rows_of(full) == before
    seal(full, path, now)
    assert answers(path) == filled.answers


def test_a_block_that_does_not_read_back_is_never_swept(book: Book, path: Path) -> None:
    """Before anything leaves `hot`, what is to stand for it is read from the file again."""
    book.store(a_day_of("shop", D0))
    write = writing(book)

    def spoiling(action: Callable[[sqlite3.Connection], Any]) -> Any:
        answer = write(action)
        book.connection.execute("DROP TRIGGER IF EXISTS block_is_never_changed")
        book.connection.execute("UPDATE block SET crc = crc + 1")
        return answer

    reading = opened(path)
    with pytest.raises(StoreDamaged, match=r"block 1 .* checksum"):
        Sealer(reading, spoiling).run(D0 + 12 * DAY)
    reading.close()
    assert book.connection.execute("SELECT count(*) FROM hot").fetchone() == (4320,)


def test_blocks_are_whole_days(book: Book) -> None:
    """Never a part of a day, as few days as reach the number."""
    rows = [book._row(one) for one in a_day_of("shop", D0, step_ms=40_000) + a_day_of("shop", D0 + DAY, step_ms=40_000)]
    rows += [book._row(one) for one in a_day_of("shop", D0 + 2 * DAY, step_ms=40_000)]
    pieces = list(parted(rows, 0))
    assert [len(piece) for piece in pieces] == [4320]
    assert [len(piece) for piece in parted(rows, D0 + 9 * DAY)] == [4320, 2160]
