"""Outcomes for analysts: typed columns, what is absent is null, the file appears whole or not at all."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.office import Office, down, up

if os.environ.get("CI"):
    import pyarrow.parquet as parquet
else:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """Two checks on record, one of a family."""
    deployment = Office(tmp_path, capsys)
    deployment.write()
    deployment.record({"mail": [*up(2), *down(1)], "dual/4": up(1)})
    return deployment


def test_every_outcome_is_a_row(office: Office) -> None:
    """Instants are instants, latencies are numbers, words are dictionaries."""
    path = office.folder / "all.parquet"
    said = office.probe("export", "-o", path)
    assert (said.code, said.err) == (0, f"4 outcomes written to {path}\n")
    table = parquet.read_table(path)
    fields = {field.name: str(field.type).partition("<")[0] for field in table.schema}
    assert fields == {
        "check": "dictionary",
        "at": "timestamp[ms, tz=UTC]",
        "state": "dictionary",
        "latency_us": "int64",
        "reason": "dictionary",
        "vantage": "dictionary",
        "origin": "dictionary",
        "family": "dictionary",
    }
    last = [row for row in table.to_pylist() if row["check"] == "mail"][-1]
    assert last == {
        "check": "mail",
        "at": datetime(2026, 10, 1, 4, 59, 30, tzinfo=UTC),
        "state": "down",
        "latency_us": None,
        "reason": "refused",
        "vantage": "office-berlin",
        "origin": "grid",
        "family": None,
    }
    assert {row["family"] for row in table.to_pylist() if row["check"] == "dual"} == {"4"}


def test_an_empty_export_is_a_file_with_columns(office: Office) -> None:
    """Nothing in that time is no error."""
    path = office.folder / "none.parquet"
    office.probe("export", "mail", "--to", "2020-01-01T00:00:00Z", "-o", path)
    table = parquet.read_table(path)
    assert (table.num_rows, table.num_columns) == (0, 8)


def test_it_is_not_for_stdout_and_writes_nothing_over(office: Office) -> None:
    """A binary in a terminal helps nobody."""
    said = office.probe("export", "--format", "parquet")
    assert (said.code, said.err) == (2, "probe: Parquet is no text; name a file with --output\n")
    there = office.folder / "there.parquet"
    there.write_text("mine")
    assert office.probe("export", "-o", there).code == 2
    assert there.read_text() == "mine"
    assert office.probe("export", "-o", office.folder / "no" / "such.parquet").code == 2
    assert not list(office.folder.glob("*.part"))


def test_without_the_extra_the_remedy_is_named(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, exit code 2, nothing written."""
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    for name in [name for name in sys.modules if name == "pyarrow" or name.startswith("pyarrow.")]:
        monkeypatch.delitem(sys.modules, name)
    path = office.folder / "x.parquet"
    said = office.probe("export", "-o", path)
    assert (said.code, said.err) == (2, "probe: Parquet needs pyarrow: pip install 'sla-probe[parquet]'\n")
    assert not path.exists()
