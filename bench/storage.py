"""The record beside its peers on the same outcomes: bytes and CPU of an outcome, and a month's report.

    python -m bench storage            1,000 checks at 30 s for 30 days: 86.4 million outcomes, an hour or more
    python -m bench --short storage    the same ratios from 20 checks and 2 days

PROBE_BENCH_FOLDER keeps what is built: a run that was interrupted goes on from the last whole day, and a second one
only measures. Without it a folder is made and removed. PROBE_BENCH_DAYS is for fewer days.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench._targets import Row
from bench.record import others, prometheus, samples
from bench.record.ours import Month, progress, used
from bench.record.samples import DAY_MS, FIRST, VANTAGE
from probe.model import SpanClass
from probe.store import database
from probe.store.reader import Reader, open_reader

TIMES: Final = 5
PHASED: Final = 20
"""Checks of the smaller record whose outcomes have phases."""
GOOD: Final = frozenset({SpanClass.UP, SpanClass.SUSPECT})
BAD: Final = frozenset({SpanClass.DOWN, SpanClass.TRANS_DOWN, SpanClass.TRANS_UP})


class Size(NamedTuple):
    """How much is generated. ticks: of every check, for what is written one by one."""

    checks: int
    days: int
    ticks: int


def main(short: bool) -> dict[str, Any]:
    """Build what is missing, then measure everything in one go."""
    size = Size(20, 2, 120) if short else Size(1000, int(os.environ.get("PROBE_BENCH_DAYS", samples.MONTH)), 600)
    with kept() as folder:
        month = Month(folder / f"ours-{size.checks}", size.checks)
        month.build(size.days, progress)
        month.finish()
        with_phases = Month(folder / "phases", PHASED, phases=True)
        with_phases.build(min(size.days, 6), progress)
        with_phases.finish()
        figures = {"outcomes": size.checks * size.days * samples.TICKS, **lived(month, "")}
        figures |= lived(with_phases, ", four phases")
        figures |= reports(month.path, size)
        figures |= in_prometheus(folder / f"prometheus-{size.checks}", size)
        figures |= one_by_one(folder, size)
    return {**figures, "targets": [row.document() for row in targets(figures, size)]}


@contextmanager
def kept() -> Iterator[Path]:
    """The folder of the environment, which stays, or one of our own, which goes."""
    named = os.environ.get("PROBE_BENCH_FOLDER")
    if named:
        Path(named).mkdir(parents=True, exist_ok=True)
        yield Path(named)
        return
    with tempfile.TemporaryDirectory(prefix="probe-bench-") as folder:
        yield Path(folder)


def lived(month: Month, what: str) -> dict[str, Any]:
    """Bytes of an outcome once all is sealed, and its CPU from storing to sweeping."""
    days = month.days
    n = sum(day["outcomes"] for day in days)
    store = sum(day["store_us"] * day["outcomes"] for day in days) / n
    seal = (sum(day["seal_us"] * day["outcomes"] for day in days) + month.last_us) / n
    return {
        f"bytes an outcome{what}": round((used(month.path) - empty()) / n, 2),
        f"µs CPU to store one{what}": round(store, 1),
        f"µs CPU to seal one{what}": round(seal, 1),
        f"µs CPU an outcome{what}": round(store + seal, 1),
    }


def empty() -> int:
    """Bytes of a record without anything in it, which a small run would be charged with."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.db"
        database.open_writing(path).close()
        return used(path)


def reports(path: Path, size: Size) -> dict[str, Any]:
    """ms of CPU for availability from spans, for counts and for quantiles from daily rows, of every check."""
    between = FIRST * DAY_MS, (FIRST + size.days) * DAY_MS
    with open_reader(path) as reader:
        found = {
            "ms CPU, availability from spans": timed(lambda: available(reader, between)),
            "ms CPU, counts and mean latency": timed(lambda: reader.sums(VANTAGE, *between)),
        }
        keys = [samples.key_of(number) for number in range(size.checks)]
        quantiles = timed(lambda: [reader.tally(VANTAGE, key, *between) for key in keys], 1)
        shares = available(reader, between)
    return {**found, "ms CPU, latency sketches": quantiles, "mean availability": sum(shares.values()) / len(shares)}


def available(reader: Reader, between: tuple[int, int]) -> dict[str, float]:
    """The share of the known time that was not down, by check, exact to the millisecond."""
    start, end = between
    shares = {}
    for key, spans in reader.spans_of_all(VANTAGE, start, end).items():
        good = bad = 0
        for t0, t1, cls, *_ in spans:
            length = (t1 if t1 < end else end) - (t0 if t0 > start else start)
            if cls in GOOD:
                good += length
            elif cls in BAD:
                bad += length
        shares[key] = good / (good + bad)
    return shares


def in_prometheus(folder: Path, size: Size) -> dict[str, Any]:
    """The same outcomes there; nothing where it is not installed."""
    if not shutil.which("prometheus"):
        progress("prometheus is not installed: its rows stay empty")
        return {}
    prometheus.build(folder, size.checks, size.days, progress)
    with prometheus.running(folder) as server:
        asked = [server.ask(prometheus.question(size.days), prometheus.end_s(size.days)) for _ in range(TIMES)]
    values = [float(one["value"][1]) for one in asked[0][1]]
    return {
        "Prometheus, bytes an outcome": round(prometheus.bytes_an_outcome(folder) or 0, 2),
        "Prometheus, µs CPU an outcome": round(prometheus.cpu_us(folder), 2),
        "Prometheus, ms CPU, avg_over_time": round(statistics.median(took for took, _ in asked), 1),
        "Prometheus, mean availability": sum(values) / len(values),
    }


def one_by_one(folder: Path, size: Size) -> dict[str, Any]:
    """Kuma's and Gatus' schemas on the first outcomes of the month, each in a file that is made anew."""
    found = {}
    for name, store in (("Kuma", others.kuma), ("Gatus", others.gatus)):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            cost = store(Path(place), size.checks, size.ticks)
        found[f"{name}, bytes an outcome"] = round(cost.bytes, 1)
        found[f"{name}, µs CPU an outcome"] = round(cost.cpu_us, 1)
    return found


def timed(do: Callable[[], Any], times: int = TIMES) -> float:
    """ms of CPU, the median."""
    found = []
    for _ in range(times):
        began = time.process_time_ns()
        do()
        found.append((time.process_time_ns() - began) / 1e6)
    return round(statistics.median(found), 1)


def targets(figures: dict[str, Any], size: Size) -> list[Row]:
    """What design and issue ask for."""
    note = f"{figures['outcomes'] / 1e6:.1f} M outcomes"
    small = f"{size.checks * size.ticks} outcomes there"
    ours, cpu = figures["bytes an outcome"], figures["µs CPU an outcome"]
    spans, counts = figures["ms CPU, availability from spans"], figures["ms CPU, counts and mean latency"]
    asked, sums = figures.get("Prometheus, ms CPU, avg_over_time"), "Prometheus, bytes an outcome"
    of = f"{size.checks} checks, {size.days} days"
    return [
        Row("sealed outcome, everything in the file", "B", ours, "", None, 2.6, note),
        Row("sealed outcome", "B", ours, "Kuma's schema", figures["Kuma, bytes an outcome"], 0.0167, small),
        Row("sealed outcome", "B", ours, "Prometheus, 2 series", figures.get(sums), 0.333, note),
        Row("CPU of an outcome over its life", "µs", cpu, "", None, 25, note),
        Row("CPU of an outcome", "µs", cpu, "Kuma's statements", figures["Kuma, µs CPU an outcome"], 0.125, small),
        Row("CPU of an outcome", "µs", cpu, "Gatus' statements", figures["Gatus, µs CPU an outcome"], 0.25, small),
        Row("month, availability from spans", "ms CPU", spans, "", None, 250, of),
        Row("month, availability from spans", "ms CPU", spans, "Prometheus avg_over_time", asked, 0.0667, of),
        Row("month, counts and mean latency", "ms CPU", counts, "", None, 50, of),
    ]
