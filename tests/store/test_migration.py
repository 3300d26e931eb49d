"""A record of an earlier release is read as it is, and brought up to date without a word of it changing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from probe.cli import main
from probe.cli.exits import Exit
from probe.store import database
from probe.store.book import Book
from probe.store.migrations import STEPS
from probe.store.outcomes import APPEND
from probe.store.reader import open_reader
from tests.store.builders import HOME, T0
from tests.store.test_sealing import seal

RELEASED = 2
"""The steps of the first release."""
DAY = 86_400_000
TABLES = ("clock", "series", "revision", "setting", "hot", "span", "latest", "event", "window", "ticket")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A record as the first release made it."""
    return first_release(tmp_path / "probe.db")


def first_release(path: Path) -> Path:
    """Two days of a check, one outage, a window and a ticket."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
    steps = Migrations("probe")
    for step in STEPS[:RELEASED]:
        steps()(step)
    steps.apply(Database(connection, execute_plugins=False))
    connection.execute(f"PRAGMA user_version = {RELEASED}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO clock VALUES (1, 'office', 'b', ?, ?, 1, 0, NULL)", (T0, T0))
    connection.execute("INSERT INTO series VALUES (1, 'office', 'shop', 'shop', 'tcp', 'a:1', 'check', NULL, NULL, 1)")
    connection.execute("INSERT INTO revision VALUES (1, 1, 'r1', '{}', 1, ?)", (T0,))
    connection.execute("INSERT INTO setting VALUES (1, 1, ?, 20000, 5000, NULL, 3, 30000)", (T0,))
    rows = [
        (T0 + n * 20_000, 1, 1, 1, 0, int(100 < n < 109), None, 900 + n, T0 + n * 20_000, None) for n in range(9000)
    ]
    connection.execute("BEGIN")
    connection.executemany(APPEND, rows)
    connection.execute("COMMIT")
    connection.execute(
        "INSERT INTO window (checks, kind, entered_by, source) VALUES ('[]', 'scheduled', 'me', 'typed')"
    )
    connection.execute("INSERT INTO ticket (service, number, entered_at_ms, entered_by) VALUES ('web', '7', 1, 'me')")
    connection.close()
    return path


HERE = Path(__file__).parent
CONFIGURED = """
[agent]
vantage = "office"
[references]
gateway = "none"
[storage]
path = "probe.db"
[service.shop]
objective = "99.9 %"
timezone = "UTC"
[[check]]
name = "web"
service = "shop"
kind = "http"
target = "http://127.0.0.1:18999/"
interval = "2s"
timeout = "1s"
allow_private = true
"""


@pytest.mark.parametrize("migrated", [False, True], ids=["as it is", "migrated"])
def test_what_the_first_release_wrote_is_told_as_it_told_it(
    migrated: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`release_2.sql` is a record by the released agent and its commands, `release_2.jsonl` its own export of it."""
    connection = sqlite3.connect(tmp_path / "probe.db", isolation_level=None)
    connection.executescript((HERE / "release_2.sql").read_text())
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    (tmp_path / "probe.toml").write_text(CONFIGURED)
    if migrated:
        database.open_writing(tmp_path / "probe.db").close()

    def told(*words: str) -> str:
        assert main(["--config", str(tmp_path / "probe.toml"), *words]) == Exit.FINE
        return capsys.readouterr().out

    once = [json.loads(line) for line in (HERE / "release_2.jsonl").read_text().splitlines()]
    now = [json.loads(line) for line in told("export").splitlines()]
    assert [{key: one[key] for key in then} for one, then in zip(now, once, strict=True)] == once
    found = json.loads(told("outages", "--json"))["outages"]
    assert sorted(one["start"]["earliest"] for one in found) == ["2026-11-22T23:18:26.917Z", "2026-11-22T23:18:39.901Z"]
    assert "move" in told("maintenance", "list")
    assert "4711" in told("ticket", "list")


def contents(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in TABLES}


def test_a_record_of_the_first_release_is_read_before_any_agent_migrates_it(path: Path) -> None:
    """`status` and `log` must not need a writer first."""
    with open_reader(path) as reader:
        assert reader.counts().outcomes == 9000
        assert len(list(reader.outcomes(HOME, "shop", T0, T0 + 10 * DAY))) == 9000
        assert reader.samples(HOME, T0, T0 + DAY)["shop"] == 4320
        assert reader.tally(HOME, "shop", T0, T0 + DAY).sent == 4320
        assert len(reader.last(HOME, "shop", 3)) == 3
        assert reader.attempts(HOME, "shop", T0, T0 + DAY)[0].at_ms == T0


def test_a_record_of_the_first_release_is_migrated_and_sealed(path: Path) -> None:
    """Nothing that was there changes, and its outcomes are sealed as any other's."""
    connection = sqlite3.connect(path)
    before = contents(connection)
    connection.close()
    connection = database.open_writing(path)
    try:
        assert contents(connection) == before
        assert connection.execute("PRAGMA user_version").fetchone() == (database.VERSION,)
        with open_reader(path) as reader:
            told = list(reader.outcomes(HOME, "shop", 0, 1 << 60))
        done = seal(Book(connection, HOME), path, T0 + 20 * DAY)
        assert done.outcomes == 9000
        with open_reader(path) as reader:
            assert list(reader.outcomes(HOME, "shop", 0, 1 << 60)) == told
        chained = dict(connection.execute("SELECT kind, count(*) FROM chain GROUP BY kind").fetchall())
        assert chained["window"] == chained["ticket"] == chained["revision"] == 1
    finally:
        connection.close()
