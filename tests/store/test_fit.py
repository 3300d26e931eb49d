"""How cheap reading is: shape, not milliseconds, since machines are noisy."""

from __future__ import annotations

from pathlib import Path

from tests.store.builders import HOME, T0, a_check, an_outcome, recorded


def test_a_thousand_series_are_read_with_a_handful_of_statements(tmp_path: Path) -> None:
    """`status` over a thousand checks asks as often as over one."""
    checks = [a_check(f"c{n}") for n in range(50)]
    outcomes = [an_outcome(T0 + n, key=f"c{n}") for n in range(50)]
    with recorded(tmp_path / "probe.db", outcomes, checks) as reader:
        asked: list[str] = []
        reader._connection.set_trace_callback(asked.append)
        reader.latest(HOME)
        reader.series(HOME)
        reader.settings_of_all(HOME)
        reader.spans_of_all(HOME, T0, T0 + 1)
        reader.standings(T0)
    assert len(asked) <= 15


def test_a_month_of_spans_is_found_by_seeking(tmp_path: Path) -> None:
    """A year of spans beside them costs a question about a month nothing."""
    from probe.store.timelines import CLOSED

    with recorded(tmp_path / "probe.db", [an_outcome(T0)]) as reader:
        asked = {"vantage": HOME, "key": None, "start": 0, "end": 1}
        plan = reader._connection.execute("EXPLAIN QUERY PLAN " + CLOSED.replace("SHIFTED", ""), asked).fetchall()
    steps = [row[3] for row in plan]
    assert any("SEARCH span USING PRIMARY KEY (series=? AND t0_ms>? AND t0_ms<?)" in step for step in steps)
    assert not any(step.startswith("SCAN span") for step in steps)
