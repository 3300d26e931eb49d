"""`probe store`: the record's own figures, checks and keeping, with and without an agent."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from probe.cli import main
from tests.clocks import HandClock
from tests.store.builders import HOME, a_book
from tests.store.test_sealing import D0, DAY, a_day_of
from tests.store.test_signing import a_key
from tests.store.test_signing import pytestmark as needs_openssh
from tests.store.test_writer import tiny_disk

__all__ = ["tiny_disk"]

NOW = D0 + 12 * DAY


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A configuration, and a record of three days that nobody has sealed."""
    (tmp_path / "probe.toml").write_text(
        f'[agent]\nvantage = "{HOME}"\n[storage]\npath = "probe.db"\nkeep_outcomes = "100d"\n'
        '[[check]]\nname = "shop"\nkind = "tcp"\ntarget = "192.0.2.1:443"\n'
    )
    with a_book(tmp_path / "probe.db") as book:
        for day in range(3):
            book.store(a_day_of("shop", D0 + day * DAY, step_ms=100_000))
    return tmp_path


def probe(place: Path, *words: str) -> int:
    return main(["--config", str(place / "probe.toml"), "store", *words], clock=HandClock(NOW))


def test_sealing_checking_and_figures(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, as an administrator would."""
    assert probe(place, "seal") == 0
    assert "2,592 outcomes sealed" in capsys.readouterr().out
    assert probe(place, "check") == 0
    assert "as they were kept" in capsys.readouterr().out
    assert probe(place, "stats", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["schema"] > 0, figures["sealed_outcomes"], figures["hot_outcomes"]) == (True, 2592, 0)
    assert probe(place, "check", "--head", figures["last_head"], "--json") == 0
    assert json.loads(capsys.readouterr().out)["is_sound"] is True
    assert probe(place, "stats") == 0
    assert "2,592, " in capsys.readouterr().out
    assert probe(place, "prune", "--dry-run") == 0
    assert probe(place, "prune") == 0
    assert probe(place, "rebuild") == 0
    assert probe(place, "check") == 0


def test_a_record_on_a_read_only_disk_is_checked_and_copied(
    place: Path, tiny_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that was put away: on a medium that nobody can write to, or in a snapshot."""
    assert probe(place, "seal") == 0
    for name in ("probe.toml", "probe.db"):
        shutil.copy(place / name, tiny_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    for words in (["stats"], ["check"], ["backup", str(place / "copy.db")]):
        assert probe(tiny_disk, *words) == 0
    assert "as they were kept" in capsys.readouterr().out


@needs_openssh
def test_sealing_signs_where_no_agent_does(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the key that the agent would sign with; one that cannot sign is a warning, and the next time signs it all."""
    main_file = place / "probe.toml"
    main_file.write_text(main_file.read_text().replace('keep_outcomes = "100d"', 'sign_with = "key0"'))
    assert probe(place, "seal") == 0
    assert "warning: heads are not signed: [storage] sign_with: there is no file" in capsys.readouterr().err
    a_key(place)
    assert probe(place, "seal") == 0
    assert "warning" not in capsys.readouterr().err
    with closing(sqlite3.connect(place / "probe.db")) as connection:
        signatures = [row[0] for row in connection.execute("SELECT signature FROM seal")]
    assert len(signatures) == 3
    assert all(signature.startswith("-----BEGIN SSH SIGNATURE") for signature in signatures)
    assert probe(place, "check") == 0


def test_what_was_changed_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, one line a problem."""
    assert probe(place, "seal") == 0
    connection = sqlite3.connect(place / "probe.db", isolation_level=None)
    connection.execute("UPDATE span SET n = n + 1")
    connection.close()
    capsys.readouterr()
    assert probe(place, "check") == 1
    assert capsys.readouterr().out.startswith("span 1: row 1 of series 1 does not follow")
    assert probe(place, "check", "--json") == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["table"] == "span"


def test_a_backup_is_a_whole_record_and_overwrites_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy can be put in the place of the record."""
    copy = place / "it's a copy.db"
    assert probe(place, "backup", str(copy)) == 0
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT count(*) FROM hot").fetchone() == (2592,)
    connection.close()
    assert probe(place, "backup", str(copy)) == 2
    assert "exists already" in capsys.readouterr().err
    assert probe(place, "backup", str(place / "no folder" / "copy.db")) == 3
    assert sorted(one.name for one in place.glob("*.part")) == []
