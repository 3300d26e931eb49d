"""History at speed: whole days that are over go straight into blocks, with nothing else about them being different."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from probe.model import Reason, State
from probe.store.blocks import DAY_MS
from probe.store.changes import ImportOutcomes, Seal, offline
from probe.store.exchange import Imported
from probe.store.reader import Reader, open_reader

T0: Final = 20_000 * DAY_MS
NOW: Final = T0 + 30 * DAY_MS
FAR: Final = 1 << 60


def history(days: float, every_ms: int = 30_000, key: str = "shop") -> tuple[Imported, ...]:
    """So many days of attempts, down for ten of them on the second day."""
    rows = []
    for number in range(int(days * DAY_MS) // every_ms):
        is_down = 3_000 <= number < 3_010
        said = (State.DOWN, Reason.TIMEOUT, None) if is_down else (State.UP, None, 12_000)
        rows.append(Imported(key, T0 + number * every_ms, *said))
    return tuple(rows)


def taken(path: Path, *batches: tuple[Imported, ...]) -> list[dict[str, object]]:
    """Import batches, one after the other."""
    with offline(path) as apply:
        return [apply(ImportOutcomes(rows=rows, at_ms=NOW, by="me", vantage="home")) for rows in batches]


def counted(path: Path) -> tuple[int, int, int]:
    """Blocks, the outcomes in them, and those in `hot`."""
    with closing(sqlite3.connect(path)) as connection:
        blocks, n = connection.execute("SELECT count(*), coalesce(sum(n), 0) FROM block").fetchone()
        (hot,) = connection.execute("SELECT count(*) FROM hot").fetchone()
    return blocks, n, hot


def seen(reader: Reader) -> tuple[object, ...]:
    """What there is to see of the record."""
    return (
        [(one.at_ms, one.state, one.finding.reason) for one in reader.outcomes("home", "shop", 0, FAR)],
        reader.spans("home", "shop", 0, FAR),
    )


def test_whole_days_become_blocks_and_the_rest_waits(tmp_path: Path) -> None:
    """2,880 outcomes a day: two days make a block, the odd day is put where what has just come is put."""
    path = tmp_path / "probe.db"
    (answer,) = taken(path, history(5))
    assert (answer["added"], counted(path)) == (14_400, (2, 11_520, 2_880))


def test_it_is_the_same_record_as_one_that_came_bit_by_bit(tmp_path: Path) -> None:
    """Outcomes, spans, and after sealing everything."""
    rows = history(5)
    taken(tmp_path / "one.db", rows)
    taken(tmp_path / "two.db", *(rows[start : start + 1_000] for start in range(0, len(rows), 1_000)))
    assert counted(tmp_path / "one.db") != counted(tmp_path / "two.db")
    with open_reader(tmp_path / "one.db") as one, open_reader(tmp_path / "two.db") as two:
        assert seen(one) == seen(two)
        before = seen(one)
    for name in ("one.db", "two.db"):
        with offline(tmp_path / name) as apply:
            while not apply(Seal(at_ms=NOW))["is_done"]:
                pass
        with open_reader(tmp_path / name) as reader:
            assert seen(reader) == before


@pytest.mark.parametrize("is_sealed", [False, True])
def test_what_contradicts_a_block_counts_before_and_after_its_days_are_closed(tmp_path: Path, is_sealed: bool) -> None:
    """One unknown outcome, and importing the contradiction again changes nothing."""
    path = tmp_path / "probe.db"
    rows = history(2)
    taken(path, rows)
    if is_sealed:
        with offline(path) as apply:
            while not apply(Seal(at_ms=NOW))["is_done"]:
                pass
    other = rows[100]._replace(state=State.DOWN, reason=Reason.REFUSED)
    first, again = taken(path, (other,), (other,))
    assert (first["conflicts"], first["added"]) == (["shop at 2024-10-04T00:50:00Z"], 0)
    assert (again["conflicts"], again["same"]) == ([], 1)
    with open_reader(path) as reader:
        found = list(reader.outcomes("home", "shop", 0, FAR))
    assert (len(found), found[100].state, found[100].finding.reason) == (5_760, State.UNKNOWN, Reason.CONFLICT)


def test_importing_over_blocks_adds_only_what_is_new(tmp_path: Path) -> None:
    """The same days again with attempts between those that are there, and failures at other times."""
    path = tmp_path / "probe.db"
    taken(path, history(2))
    (answer,) = taken(path, history(3, 15_000))
    assert (answer["same"], len(answer["conflicts"]), answer["added"]) == (5_745, 15, 11_520)  # type: ignore[arg-type]


def test_a_file_that_contradicts_itself_makes_the_instant_unknown(tmp_path: Path) -> None:
    """Its day is taken one by one."""
    path = tmp_path / "probe.db"
    rows = history(2)
    (answer,) = taken(path, (*rows[:11], rows[10]._replace(state=State.DOWN, reason=Reason.REFUSED), *rows[11:]))
    assert (answer["added"], len(answer["conflicts"])) == (5_760, 1)  # type: ignore[arg-type]


def test_a_day_that_runs_is_not_sealed(tmp_path: Path) -> None:
    """What is not over stays in `hot`, however much it is."""
    path = tmp_path / "probe.db"
    rows = tuple(row._replace(at_ms=row.at_ms + NOW - T0) for row in history(0.5, 5_000))
    with offline(path) as apply:
        apply(ImportOutcomes(rows=rows, at_ms=NOW + DAY_MS, by="me", vantage="home"))
    assert counted(path) == (0, 0, 8_640)
