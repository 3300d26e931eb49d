"""The JSON that Prometheus' query API answers with, for `probe_success` and, beside it, `probe_duration_seconds`.

A sample is 1 (up) or 0 (down, nobody knows why). A series without a sample is a gap, not an outage. A range query
gives the value at each of its steps, which may be up to five minutes old; an instant query for `probe_success[30d]`
gives what was scraped, when it was scraped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from probe.errors import UsageError
from probe.importers.history import History, Piece, Remarks
from probe.importers.names import named
from probe.model import Origin, Reason, State
from probe.store.exchange import SLOWEST_MS, Imported

SIZE_LIMIT: Final = 256 << 20
SUCCESS: Final = "probe_success"
DURATION: Final = "probe_duration_seconds"
LAST_S: Final = 7_258_118_400
"""The year 2200."""
STEPS: Final = (
    "evenly spaced samples: a range query gives steps, which may repeat a value for five minutes after the last scrape;"
    " `probe_success[30d]` as an instant query gives the scrapes themselves"
)
Labels = tuple[tuple[str, str], ...]
Samples = dict[int, float]


def history(path: Path) -> History:
    """What that file knows; UsageError with one line for whatever is wrong with it as a whole."""
    remarks = Remarks()
    return History(_pieces(_result(path), remarks), remarks)


def _result(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise UsageError(f"{path}: is larger than {SIZE_LIMIT >> 20} MiB; ask for a shorter range, file by file")
        answer = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON, or cut off: {error}") from error
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        raise UsageError(f"{path}: is no answer of Prometheus with a matrix; save what /api/v1/query_range answers")
    result: list[Any] = data["result"]
    return result


def _pieces(result: list[Any], remarks: Remarks) -> Iterator[Piece]:
    success: dict[Labels, Samples] = {}
    duration: dict[Labels, Samples] = {}
    for series in result:
        labels, samples = _series(series, remarks)
        name = dict(labels).get("__name__")
        rest = tuple(pair for pair in labels if pair[0] != "__name__")
        if name in (SUCCESS, DURATION):
            (success if name == SUCCESS else duration).setdefault(rest, {}).update(samples)
        else:
            remarks.leave(f"a series of {name or 'no name'}: only {SUCCESS} and {DURATION} are understood")
    taken: set[str] = set()
    for labels in sorted(success):
        key = named(_named_like_its_check(dict(labels)), taken, "probe")
        yield _piece(key, success[labels], duration.get(labels, {}), remarks)


def _series(series: Any, remarks: Remarks) -> tuple[Labels, Samples]:
    metric = series.get("metric") if isinstance(series, dict) else None
    values = series.get("values") if isinstance(series, dict) else None
    if not isinstance(metric, dict) or not isinstance(values, list):
        remarks.refuse("a series without metric and values")
        return (("__name__", "no metric"),), {}
    labels = tuple(sorted((str(name), str(value)) for name, value in metric.items()))
    samples: Samples = {}
    for pair in values:
        try:
            at, value = pair
            at_ms, number = round(float(at) * 1000), float(value)
        except (TypeError, ValueError, OverflowError):
            at_ms, number = -1, 0.0
        if 0 <= at_ms < LAST_S * 1000:
            samples[at_ms] = number
        else:
            remarks.refuse(f"{_title(metric)}: a sample that is not [seconds, number]")
    return labels, samples


def _named_like_its_check(labels: Mapping[str, str]) -> str:
    """The job and the target without its scheme, as the configuration's importer names the check."""
    target = labels.get("instance") or labels.get("target") or ""
    return "-".join(part for part in (labels.get("job"), target.partition("://")[2] or target) if part)


def _title(metric: Mapping[Any, Any]) -> str:
    from probe.probers.net.clean import clean

    return clean(str(metric.get("instance", "a series")))[:80]


def _piece(key: str, success: Samples, duration: Samples, remarks: Remarks) -> Piece:
    rows: list[Imported] = []
    for at_ms in sorted(success):
        value = success[at_ms]
        if value not in (0.0, 1.0):
            remarks.refuse(f"{key}: a value that is neither 0 nor 1")
            continue
        state, reason = (State.UP, None) if value else (State.DOWN, Reason.UNSTATED)
        took = duration.get(at_ms)
        is_latency = state is State.UP and took is not None and 0 <= took * 1000 <= SLOWEST_MS
        latency_us = int(took * 1_000_000) if is_latency and took is not None else None
        rows.append(Imported(key, at_ms, state, reason, latency_us, Origin.GRID))
    distances = {later.at_ms - row.at_ms for row, later in pairwise(rows)}
    if len(rows) > 2 and len(distances) == 1:
        remarks.leave(f"{key}: {STEPS}")
    return Piece(key, tuple(rows), None)
