"""`probe status` on a large record: 1,000 checks, 1,000 services, 30 days with 30 outages each, one day of outcomes.

Wall and CPU time from command to prompt, piped and on a terminal of 40 lines, beside the time that Python needs to
import the libraries the agent stands on; and again two hours after the last outcome, where no agent runs.
In CI a tenth of the outcomes is written; nothing else is smaller.
"""

from __future__ import annotations

import os
import pty
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from bench._targets import Row
from probe.clock import SystemClock
from probe.config import Config, load
from probe.config.compiled import pack
from probe.judge.standing import due
from probe.store.reader import open_reader
from probe.store.writer import Writer

CHECKS: Final = 1000
OUTAGES: Final = 30
DAYS: Final = 30
DAY_MS: Final = 86_400_000
INTERVAL_MS: Final = 60_000
G_MAX_MS: Final = 600_000
"""Wide enough that the record is still fresh when the last run looks at it."""
AGREEMENT: Final = "digitalocean/droplet"
IMPORTS: Final = "import httpx, apscheduler, sqlite_utils, rich"
PIPED: Final = "status, in a pipe, all 1,000 checks"
TERMINAL: Final = "status, on a terminal"
STOPPED: Final = "status, in a pipe, agent off for two hours"
STOPPED_MS: Final = 7_200_000
LIBRARIES: Final = "python importing httpx, apscheduler, sqlite_utils, rich"
UP, DOWN, TRANS_DOWN, TRANS_UP = range(4)


def main(short: bool) -> dict[str, Any]:
    """Build the record, and one that nobody has written to for two hours; then time the command."""
    with tempfile.TemporaryDirectory() as folder:
        places = Path(folder) / "now", Path(folder) / "stopped"
        for place, ago_ms in zip(places, (0, STOPPED_MS), strict=True):
            place.mkdir()
            write_configuration(place / "probe.toml")
            now_ms = SystemClock().read().wall_ms - ago_ms
            build(load(place / "probe.toml"), now_ms, outcomes=144 if short else 1440)
        return measure(*places, runs=5 if short else 15)


def measure(place: Path, stopped: Path, runs: int) -> dict[str, Any]:
    """Median and least wall times and median CPU in ms, interleaved."""
    command, late = ([sys.executable, "-m", "probe", "--config", str(one / "probe.toml")] for one in (place, stopped))
    kinds: dict[str, Callable[[], int]] = {
        PIPED: lambda: piped([*command, "status"]),
        TERMINAL: lambda: on_terminal([*command, "status"]),
        STOPPED: lambda: piped([*late, "status"]),
        LIBRARIES: lambda: piped([sys.executable, "-c", IMPORTS]),
        "python alone": lambda: piped([sys.executable, "-c", ""]),
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    sizes = {name: run() for name, run in kinds.items()}
    for _ in range(runs):
        for name, run in kinds.items():
            took[name].append(timed(run))
    wall = {name: round(statistics.median(one for one, _ in mine), 1) for name, mine in took.items()}
    least = {name: round(min(one for one, _ in mine), 1) for name, mine in took.items()}
    cpu = {name: round(statistics.median(one for _, one in mine), 1) for name, mine in took.items()}
    figures: dict[str, Any] = {
        f"{name} (ms: median, least, CPU; bytes)": [wall[name], least[name], cpu[name], sizes[name]] for name in kinds
    }
    limit = round(0.6 * wall[LIBRARIES] + 150, 1)
    figures["limit: 0.6 × imports + 150 ms"] = limit
    most = f"0.6 × imports + 150 = {limit}"
    rows = [
        Row("status, 1,000 checks, in a pipe", "ms", wall[PIPED], "", None, 80, f"least {least[PIPED]}"),
        Row("status, 1,000 checks, a screenful", "ms", wall[TERMINAL], "", None, 175, f"least {least[TERMINAL]}"),
        Row("status, 1,000 checks, in a pipe", "ms", wall[PIPED], "", None, min(250, limit), most),
        Row("status, agent off for two hours", "ms", wall[STOPPED], "", None, min(250, limit), most),
    ]
    return {**figures, "targets": [row.document() for row in rows]}


def timed(run: Callable[[], int]) -> tuple[float, float]:
    """Wall and CPU time of a command, ms."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took * 1000, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def piped(command: list[str]) -> int:
    """Run once with its output in a pipe; bytes printed."""
    return len(subprocess.run(command, check=False, stdout=subprocess.PIPE, env=installed()).stdout)


def on_terminal(command: list[str]) -> int:
    """Run once on a terminal of its own; bytes printed."""
    master, slave = pty.openpty()
    environment = {**installed(), "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(command, stdout=slave, stderr=slave, stdin=slave, env=environment)
    os.close(slave)
    size = 0
    try:
        while block := os.read(master, 65536):
            size += len(block)
    except OSError:
        pass
    process.wait()
    os.close(master)
    return size


def installed() -> dict[str, str]:
    """The environment without what keeps Python from using compiled modules, as where a package is installed."""
    names = "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"
    around = {name: value for name, value in os.environ.items() if name not in names}
    return {**around, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "probe-bench-compiled")}


def write_configuration(path: Path) -> None:
    """A thousand checks, each a service of its own under a published SLA; four references."""
    services = "".join(
        f'[service.s{n:04}]\nprovider = "Provider {n % 7}"\nagreement = "{AGREEMENT}"\nmonthly_fee = "24 USD"\n'
        for n in range(CHECKS)
    )
    targets = ",".join(f'{{ address = "icmp://192.0.2.{n}", network = "net {n % 2}" }}' for n in range(1, 5))
    path.write_text(
        f'[agent]\nvantage = "bench"\n[storage]\npath = "probe.db"\n'
        f'[references]\ngateway = "none"\ntargets = [{targets}]\n{services}'
    )
    checks = "".join(
        f'[[check]]\nname = "c{n:04}"\nkind = "tcp"\ntarget = "198.51.{100 + n // 250}.{n % 250 + 1}:443"\n'
        f'service = "s{n:04}"\ng_max = "{G_MAX_MS // 1000}s"\n'
        for n in range(CHECKS)
    )
    folder = path.parent / "checks.d"
    folder.mkdir()
    (folder / "10.toml").write_text(checks)


def build(config: Config, now_ms: int, outcomes: int) -> None:
    """Fill the record as the agent would have left it: spans, open ends, outcomes, windows, standings."""
    clock = SystemClock()
    writer = Writer(config.storage.path, "bench", clock)
    writer.start()
    reading = clock.read()
    began_ms = now_ms - DAYS * DAY_MS
    segment = writer.open_clock(
        boot_id=clock.boot_id(), offset_ms=reading.wall_ms - reading.boot_ms, is_synced=True, at_ms=began_ms
    )
    writer.register(config.checks, began_ms)
    writer.keep_config(config.fingerprint, pack(config)).result()
    writer.close()
    fill(config.storage.path, segment, now_ms, outcomes)
    writer = Writer(config.storage.path, "bench", clock)
    writer.start()
    with open_reader(config.storage.path) as reader:
        writer.keep(due(config, reader, now_ms, CHECKS)).result()
    writer.close()


def fill(path: Path, segment: int, now_ms: int, outcomes: int) -> None:
    """Write 30 days of spans for every series, the open end of each, a window a week and recent outcomes."""
    chance = random.Random(1)
    connection = sqlite3.connect(path)
    series = connection.execute(
        "SELECT series.id, role, (SELECT max(id) FROM revision WHERE series = series.id) FROM series"
    ).fetchall()
    begun = now_ms - DAYS * DAY_MS
    with connection:
        for number, role, revision in series:
            times = sorted(chance.sample(range(60, DAYS * 1440 - 60, 11), OUTAGES)) if role == "check" else []
            *spans, last = list(spans_of(times, begun, now_ms - 5000))
            connection.executemany(
                "INSERT INTO span (series, clock, t0_ms, t1_ms, class, n, max_spacing_ms, first, last, revision)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((number, segment, *span, revision) for span in spans),
            )
            connection.execute(
                f"INSERT INTO latest VALUES (?,?,?,0,?,0,NULL,'',?,?,?,?,?,{G_MAX_MS},3,?,0,?,60000,0,0,0)",
                (number, segment, last[1], revision, 12345, last[1], last[0], segment, last[1], last[0], last[3] + 1),
            )
            first = last[1] - (outcomes - 1) * INTERVAL_MS
            connection.executemany(
                "INSERT INTO hot VALUES (?, ?, ?, ?, 0, 0, NULL, ?, NULL, NULL)",
                ((first + n * INTERVAL_MS, number, segment, revision, 10_000 + n) for n in range(outcomes)),
            )
        connection.executemany(
            "INSERT INTO window (service, kind, start_ms, end_ms, announced_at_ms, entered_at_ms, entered_by, source)"
            " VALUES (?, 'scheduled', ?, ?, ?, ?, 'bench', 'typed')",
            (
                (f"s{n:04}", begun + n * 1000, begun + n * 1000 + 1_800_000, begun - DAY_MS, begun)
                for n in range(CHECKS)
            ),
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def spans_of(times: list[int], begun: int, end_ms: int) -> Iterator[tuple[int, int, int, int, int, int, int]]:
    """Outages of four failures at these minutes: (t0, t1, class, n, largest spacing, first, last) of each span."""
    at = begun
    for minute in times:
        good = begun + minute * INTERVAL_MS
        bad, last_bad, up_again = (good + n * INTERVAL_MS for n in (1, 4, 5))
        yield at, good, UP, (good - at) // INTERVAL_MS, INTERVAL_MS, 0, 0
        yield good, bad, TRANS_DOWN, 1, INTERVAL_MS, 0, 1
        yield bad, last_bad, DOWN, 3, INTERVAL_MS, 1, 1
        yield last_bad, up_again, TRANS_UP, 1, INTERVAL_MS, 1, 0
        at = up_again
    yield at, end_ms, UP, (end_ms - at) // INTERVAL_MS, INTERVAL_MS, 0, 0
