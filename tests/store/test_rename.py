"""A renamed check takes its history along, and the record stays sound."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from probe.model import Check
from probe.store.writer import Writer
from tests.builders import a_check
from tests.clocks import HandClock


def renamed(check: Check) -> Check:
    """The same check under another name."""
    return a_check("new", renamed_from=check.key)


def test_a_record_with_a_rename_is_opened_again_and_again(tmp_path: Path) -> None:
    """SQLite's own check of the pages finds nothing to complain of after a rename."""
    path, old = tmp_path / "probe.db", a_check("old")
    for checks in ([old], [renamed(old)], [renamed(old)]):
        writer = Writer(path, "here", HandClock())
        writer.start()
        writer.register(checks, 1_000)
        writer.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT key FROM series").fetchall() == [("new",)]
    connection.close()
