"""Sealed outcomes can be asked for in the programs that people open the record with."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from probe.store import plugin
from tests.store.builders import a_book, a_check
from tests.store.test_sealing import D0, DAY, a_day_of, seal

README = (Path(__file__).parents[2] / "storage" / "README.md").read_text()
QUERY = next(query for query in re.findall(r"```sql\n(.*?)```", README, re.DOTALL) if "block_outcomes" in query)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One day of one check, all of it in a block."""
    path = tmp_path_factory.mktemp("sealed") / "probe.db"
    with a_book(path, [a_check("shop-front", g_max_ms=90_000)]) as book:
        book.store(a_day_of("shop-front", D0))
        seal(book, path, D0 + 12 * DAY)
    return path


def test_sqlite_utils_reads_a_sealed_day(sealed: Path) -> None:
    """The installed package gives it the function; the query of storage/README.md answers with every outcome."""
    query = QUERY.replace("unixepoch('2026-10-04') * 1000", str(D0 + DAY)).replace(
        "unixepoch('2026-10-03') * 1000", str(D0)
    )
    words = [sys.executable, "-m", "sqlite_utils", "query", str(sealed), query]
    told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    rows = json.loads(told.stdout)
    expected = a_day_of("shop-front", D0)
    assert len(rows) == len(expected) == 4320
    assert [row["latency_ms"] for row in rows] == [
        None if one.finding.latency_us is None else one.finding.latency_us / 1000 for one in expected
    ]


def test_a_hook_of_both_hosts() -> None:
    """sqlite-utils and Datasette look for marks of their own on one name."""
    assert hasattr(plugin.prepare_connection, "sqlite_utils_impl")
    assert hasattr(plugin.prepare_connection, "datasette_impl")


def test_what_was_pruned_is_nothing_and_what_is_damaged_is_an_error(sealed: Path) -> None:
    """A query must not show a damaged day as an empty one."""
    del sealed
    assert plugin.block_outcomes(None, 1) is None
    with pytest.raises(ValueError, match=r"piece|block|corrupt|Corrupt|Expecting"):
        plugin.block_outcomes(b"not a block", 1)
