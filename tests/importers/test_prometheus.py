"""History out of Prometheus: samples as they were scraped, and one line for what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from probe.errors import UsageError
from probe.importers import prometheus
from probe.importers.history import Piece
from probe.model import Origin, Reason, State
from probe.store.exchange import Imported
from tests.cli.office import Office
from tests.judge.office import OCTOBER

LABELS: Final = {"__name__": "probe_success", "instance": "https://shop.example.net/", "job": "web"}
T0: Final = OCTOBER // 1000


def saved(path: Path, *series: Any) -> Path:
    """An answer of the API as a file."""
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(series)}}))
    return path


def pieces(path: Path) -> tuple[list[Piece], list[str], int]:
    """All that is in a file, what was left behind, and how many rows were bad."""
    history = prometheus.history(path)
    return list(history.pieces), history.remarks.lines(), history.remarks.bad_rows


def test_samples_become_outcomes_with_their_duration(tmp_path: Path) -> None:
    """1 is up, 0 is down for a reason nobody knows; a latency belongs to the sample of the same instant."""
    success = {"metric": LABELS, "values": [[T0 + 0.25, "1"], [T0 + 61, "0"], [T0 + 120, "1"]]}
    duration = {
        "metric": {**LABELS, "__name__": "probe_duration_seconds"},
        "values": [[T0 + 0.25, "0.0123"], [T0 + 61, "9.5"]],
    }
    ((piece,), left_out, bad) = pieces(saved(tmp_path / "p.json", duration, success))
    assert (piece.key, left_out, bad) == ("web-shop.example.net", [], 0)
    assert piece.rows == (
        Imported(piece.key, OCTOBER + 250, State.UP, None, 12_300, Origin.GRID),
        Imported(piece.key, OCTOBER + 61_000, State.DOWN, Reason.UNSTATED, None, Origin.GRID),
        Imported(piece.key, OCTOBER + 120_000, State.UP, None, None, Origin.GRID),
    )


def test_even_steps_are_told(tmp_path: Path) -> None:
    """A range query repeats a value after the last scrape: who imports that should know."""
    values = [[T0 + 60 * step, "1"] for step in range(5)]
    _, (remark,), _ = pieces(saved(tmp_path / "p.json", {"metric": LABELS, "values": values}))
    assert remark.startswith("web-shop.example.net: evenly spaced samples: a range query gives steps")


def test_what_is_no_sample_is_told_and_the_others_taken(office: Office, tmp_path: Path) -> None:
    """Averages, NaN, other metrics, series and samples of wrong types."""
    odd = [[T0, "0.97"], [T0 + 60, "NaN"], [T0 + 120], "x", [None, "1"], [1e300, "1"], [-5, "1"], [T0 + 180, "1"]]
    path = saved(
        tmp_path / "p.json",
        {"metric": {**LABELS, "instance": "a\x1b[2J"}, "values": odd},
        {"metric": {"__name__": "up"}, "values": []},
        {"metric": {}, "values": []},
        {"metric": 5},
        "series",
    )
    said = office.probe("import", "prometheus", path, "--json")
    assert (said.code, said.document["added"], said.document["bad_lines"]) == (1, 1, 9)
    assert "a series of up: only probe_success and probe_duration_seconds are understood" in said.document["left_out"]
    again = office.probe("import", "prometheus", path)
    assert again.out.startswith("0 added, 1 already there")
    assert "\x1b" not in again.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not JSON, or cut off"),
        (b'{"status": "success", "data": {"resultType": "matr', "is not JSON, or cut off"),
        (b"\xff\xfe\x00", "is not JSON, or cut off"),
        (b"[" * 100_000, "is not JSON, or cut off"),
        (b"[]", "is no answer of Prometheus with a matrix"),
        (b'{"data": {"resultType": "vector", "result": []}}', "is no answer of Prometheus with a matrix"),
    ],
)
def test_a_file_that_is_no_answer_is_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    """No traceback for any bytes."""
    path = tmp_path / "p.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=problem) as caught:
        prometheus.history(path)
    assert "\n" not in str(caught.value)


def test_a_huge_or_absent_file_is_told(tmp_path: Path) -> None:
    """Before it is read into memory."""
    path = tmp_path / "p.json"
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        prometheus.history(path)
    with path.open("wb") as file:
        file.truncate(prometheus.SIZE_LIMIT + 1)
    with pytest.raises(UsageError, match="is larger than 256 MiB"):
        prometheus.history(path)
