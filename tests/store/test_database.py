"""Opening the file: made whole, refused untouched, readable where writing is not allowed."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from probe.errors import StoreDamaged, StoreError, StoreLocked, StoreMissing, StoreNewer
from probe.store import database
from probe.store.lock import StoreLock, holder, lock_path
from probe.store.migrations import STEPS
from probe.store.reader import open_reader
from probe.store.writer import Writer
from tests.clocks import HandClock
from tests.store.builders import HOME, QUICK, T0, a_book, a_check, a_writer, an_outcome, open_clock

GOLDEN = Path(__file__).parents[2] / "storage" / "schema.sql"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder's #1 ?x" / "probe.db"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def made(path: Path) -> Path:
    with a_writer(path) as writer:
        writer.record([an_outcome(T0 + 1000 * n) for n in range(50)]).result()
    return path


def test_the_folder_and_the_file_are_made_for_the_owner_and_the_group(path: Path) -> None:
    """Nobody else reads a record, and a first start needs nothing prepared."""
    made(path)
    assert path.stat().st_mode & 0o027 == 0
    assert path.parent.stat().st_mode & 0o007 == 0
    assert not list(path.parent.glob("*.new*"))


def test_the_pragmas_are_those_that_survive_a_power_cut(path: Path) -> None:
    """WAL with synchronous=FULL lost nothing in 1,000 simulated power cuts; NORMAL did in half of them."""
    with closing(database.open_writing(make_folder(path))) as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "application_id", "user_version")
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert found == ["wal", 2, 1, 1000, database.APPLICATION_ID, database.VERSION]


def make_folder(path: Path) -> Path:
    database.make_folder(path)
    return path


def test_the_version_is_the_number_of_migrations() -> None:
    """A reader tells a newer record by it without loading what makes migrations."""
    assert len(STEPS) == database.VERSION


def test_the_golden_schema_is_what_the_migrations_build(tmp_path: Path) -> None:
    """A change of the schema shows as a change of plain SQL; UPDATE_GOLDEN=1 writes it anew."""
    with a_book(tmp_path / "probe.db") as book:
        rows = book.connection.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE '%migrations' ORDER BY rowid"
        ).fetchall()
    built = "-- What the migrations build. A test compares; UPDATE_GOLDEN=1 writes it anew.\n"
    built += f"PRAGMA application_id = {database.APPLICATION_ID};\nPRAGMA user_version = {database.VERSION};\n\n"
    built += "".join(f"{sql};\n\n" for (sql,) in rows).rstrip() + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(built)
    assert GOLDEN.read_text() == built


def test_an_older_record_is_brought_up_to_date(path: Path) -> None:
    """Opening for writing applies what is missing and says so in the file."""
    made(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 0")
    connection.close()
    with a_writer(path):
        pass
    with open_reader(path) as reader:
        assert reader.counts().outcomes == 50


def garbage(path: Path) -> None:
    path.write_bytes(b"this is not a database, it is a text that is long enough to be one" * 40)


def short_garbage(path: Path) -> None:
    path.write_bytes(b"\x00\x01")


def truncated(path: Path) -> None:
    made(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def damaged(path: Path) -> None:
    made(path)
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096 * 3)


def empty(path: Path) -> None:
    path.touch()


def foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE browser_history (url TEXT)")
    connection.close()


def newer(path: Path) -> None:
    made(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {database.VERSION + 1}")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "kind", "remedy"),
    [
        (garbage, StoreDamaged, "is not a database; move it away"),
        (short_garbage, StoreDamaged, "is not a database; move it away"),
        (truncated, StoreDamaged, "damaged pages; keep it as evidence"),
        (damaged, StoreDamaged, "damaged pages; keep it as evidence"),
        (empty, StoreDamaged, "is empty; remove it"),
        (foreign, StoreDamaged, "another program; use another"),
        (newer, StoreNewer, f"newer probe (schema {database.VERSION + 1}, known {database.VERSION}); upgrade probe"),
    ],
)
def test_what_cannot_be_used_is_refused_and_left_as_it_is(
    path: Path, spoil: object, kind: type[StoreError], remedy: str
) -> None:
    """A damaged record is evidence; a start must not change a byte of it."""
    make_folder(path)
    spoil(path)  # type: ignore[operator]
    before = digest(path)
    with pytest.raises(kind) as refusal:
        Writer(path, HOME, HandClock(), QUICK).start()
    assert remedy in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert digest(path) == before
    assert holder(path) is None


@pytest.mark.parametrize(("spoil", "kind"), [(garbage, StoreDamaged), (empty, StoreDamaged), (newer, StoreNewer)])
def test_a_reader_refuses_the_same(path: Path, spoil: object, kind: type[StoreError]) -> None:
    """`status` on a broken record says why, in one line."""
    make_folder(path)
    spoil(path)  # type: ignore[operator]
    with pytest.raises(kind):
        open_reader(path)


def test_damage_that_is_met_while_reading_is_a_store_error(path: Path) -> None:
    """A page that went bad later shows as a refusal, not as a traceback."""
    damaged(make_folder(path))
    with open_reader(path) as reader, pytest.raises(StoreDamaged):
        reader.counts()


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    """A configuration that names a folder is told so."""
    path.mkdir(parents=True)
    for attempt in (lambda: Writer(path, HOME, HandClock()).start(), lambda: open_reader(path)):
        with pytest.raises(StoreDamaged, match="is not a file; point"):
            attempt()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """The folder cannot be made: which, and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="make the folder"):
        Writer(tmp_path / "file" / "probe.db", HOME, HandClock()).start()
    with pytest.raises(StoreError):
        open_reader(tmp_path / "file" / "probe.db")


def test_no_database_yet_is_missing(tmp_path: Path) -> None:
    """Reading before the first run names the command that begins."""
    with pytest.raises(StoreMissing, match="probe run"):
        open_reader(tmp_path / "probe.db")


def test_a_second_agent_is_told_who_holds_the_record(path: Path) -> None:
    """Two writers on one record would damage it; the second one hears the pid of the first."""
    with a_writer(path):
        assert holder(path) == (os.getpid(), HOME)
        with pytest.raises(StoreLocked, match=rf"held by pid {os.getpid()} \({HOME}\)"):
            Writer(path, "other", HandClock(), QUICK).start()
    assert holder(path) is None


def test_a_lock_left_by_the_dead_is_free(path: Path) -> None:
    """What counts is the kernel's lock, not the file."""
    make_folder(path)
    lock_path(path).write_text("1 ghost\n")
    assert holder(path) is None
    with a_writer(path):
        assert holder(path) == (os.getpid(), HOME)


def test_a_nameless_holder_is_still_a_holder(path: Path) -> None:
    """On a full disk the name cannot be written; the lock holds all the same."""
    with StoreLock(make_folder(path), HOME):
        lock_path(path).write_text("")
        with pytest.raises(StoreLocked, match="held by another process"):
            StoreLock(path, HOME)


def test_a_failed_start_can_be_repeated(path: Path) -> None:
    """A start that was refused holds nothing."""
    empty(make_folder(path))
    writer = Writer(path, HOME, HandClock(), QUICK)
    for _ in range(2):
        with pytest.raises(StoreDamaged):
            writer.start()
    path.unlink()
    writer.start()
    writer.close()
    writer.close()
    with pytest.raises(StoreError, match="not open for writing"):
        writer.record([])


def test_a_reader_sees_commits_that_lie_in_the_wal(path: Path) -> None:
    """Readers run beside the agent."""
    with a_writer(path) as writer, open_reader(path) as reader:
        writer.record([an_outcome(T0 + 1)]).result()
        assert database.has_wal(path)
        assert reader.counts().outcomes == 1
        holding = reader.holder()
    assert holding is not None
    assert holding.vantage == HOME


def test_the_record_is_readable_where_nothing_may_be_written() -> None:
    """A group member without rights to the folder reads a record whose agent is stopped (and only then)."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    script = (
        "import os, sys; from pathlib import Path; from probe.store.reader import open_reader\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "with open_reader(Path(sys.argv[1])) as reader: print(reader.counts().outcomes)"
    )
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = made(Path(folder) / "probe.db")
        Path(folder).chmod(0o755)
        path.chmod(0o644)
        lock_path(path).chmod(0o644)
        root = Path(__file__).parents[2]
        ran = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, cwd=root, check=False
        )
        assert (ran.stdout, ran.stderr) == ("50\n", "")
        path.chmod(0o600)
        refused = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, cwd=root, check=False
        )
    assert "let this user read it" in refused.stderr


def test_reading_loads_neither_what_migrates_nor_what_encodes(path: Path) -> None:
    """`status` must start fast."""
    made(path)
    script = (
        "import sys; from pathlib import Path; from probe.store.reader import open_reader\n"
        "with open_reader(Path(sys.argv[1])) as reader: reader.latest('office'); reader.spans_of_all('office', 0, 1)\n"
        "print([name for name in ('sqlite_utils', 'msgspec', 'asyncio', 'httpx') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_errors_of_sqlite_become_one_line_with_a_remedy(path: Path) -> None:
    """Every failure that SQLite has a code for names the file and what to do."""
    for code, (kind, remedy) in database.REMEDIES.items():
        error = sqlite3.OperationalError("x")
        error.sqlite_errorcode = code
        said = database.failure(path, error)
        assert type(said) is kind
        assert str(said) == f"{path} {remedy}"
    assert "cannot be used: odd" in str(database.failure(path, sqlite3.Error("odd")))


def test_the_settings_and_clock_survive_a_restart(path: Path) -> None:
    """A second run goes on where the first one stopped, within one boot without a gap."""
    with a_writer(path) as writer:
        writer.record([an_outcome(T0 + 60_000 * n) for n in range(1, 4)]).result()
    writer = Writer(path, HOME, HandClock(), QUICK)
    writer.start()
    number = open_clock(writer, offset_ms=T0 + 7)
    writer.register([a_check()], T0 + 190_000)
    writer.record([an_outcome(T0 + 7 + 60_000 * n, clock=number) for n in range(4, 6)]).result()
    writer.close()
    with open_reader(path) as reader:
        assert len(reader.settings(HOME, "shop")) == 1
        spans = reader.spans(HOME, "shop", T0, T0 + 10**6)
    assert {span.cls.value for span in spans} <= {"up", "unknown"}
    assert sum(span.t1_ms - span.t0_ms for span in spans if span.cls.value == "up") == 240_000
