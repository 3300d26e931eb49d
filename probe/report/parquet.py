"""Outcomes as a Parquet file for analysts: the one home of pyarrow, which comes with the extra `parquet`.

Columns are those of JSON Lines, typed: `at` is a timestamp of milliseconds in UTC, words are dictionaries, and what is
absent is null. Written in groups of rows, so that memory does not grow with the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from probe.errors import UsageError
from probe.model import Outcome

REMEDY: Final = "Parquet needs pyarrow: pip install 'sla-probe[parquet]'"
GROUP: Final = 100_000
"""Rows written at a time."""


def require() -> None:
    """UsageError with the remedy where the extra is not installed."""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise UsageError(REMEDY)


def write(path: Path, outcomes: Iterable[Outcome], vantage: str) -> int:
    """Write them all and return how many there were. OSError when the file cannot be written."""
    require()
    import pyarrow
    from pyarrow import parquet

    schema = _schema(pyarrow)
    rest = iter(outcomes)
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(rest, GROUP)):
            writer.write_table(pyarrow.Table.from_pydict(_columns(group, vantage), schema=schema))
            count += len(group)
    return count


def _schema(pyarrow: Any) -> Any:
    word = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    return pyarrow.schema(
        [
            pyarrow.field("check", word, nullable=False),
            pyarrow.field("at", pyarrow.timestamp("ms", tz="UTC"), nullable=False),
            pyarrow.field("state", word, nullable=False),
            pyarrow.field("latency_us", pyarrow.int64()),
            pyarrow.field("reason", word),
            pyarrow.field("vantage", word, nullable=False),
            pyarrow.field("origin", word, nullable=False),
            pyarrow.field("family", word),
        ]
    )


def _columns(outcomes: list[Outcome], vantage: str) -> dict[str, list[Any]]:
    from probe.store.exchange import split

    names = [split(one.key) for one in outcomes]
    reasons = [one.finding.reason for one in outcomes]
    return {
        "check": [name for name, _ in names],
        "at": [one.at_ms for one in outcomes],
        "state": [one.state.value for one in outcomes],
        "latency_us": [one.finding.latency_us for one in outcomes],
        "reason": [None if reason is None else reason.value for reason in reasons],
        "vantage": [vantage] * len(outcomes),
        "origin": [one.origin.value for one in outcomes],
        "family": [family for _, family in names],
    }
