"""The same month in Prometheus: two series a check, written to its remote-write receiver; and its answer about a month.

What a request carries is fixed in size but for the labels, so it is laid out by numpy: a protocol buffer, framed for
snappy without compressing. Days that are in are noted, and a folder is gone on with.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.record import samples
from bench.record.samples import DAY_MS, FIRST

PORT: Final = 19_190
TICKS_AT_ONCE: Final = 240
SAMPLE: Final = np.dtype(
    [("samples", "u1"), ("size", "u1"), ("is_double", "u1"), ("value", "<f8"), ("is_varint", "u1"), ("at", "u1", 6)]
)
"""A sample inside its series: instants of this century are varints of six bytes."""
SUCCESS, SECONDS = "probe_success", "probe_duration_seconds"
READY_S: Final = 120.0


class Server:
    """A Prometheus of our own on the loopback, with what it has used of the processor."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Made by `running`."""
        self._process = process

    @property
    def cpu_ms(self) -> float:
        """User and kernel time since it started."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000

    def write(self, body: bytes) -> None:
        """One remote-write request."""
        headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}/api/v1/write", framed(body), headers)
        urllib.request.urlopen(request, timeout=120).read()

    def ask(self, question: str, at_s: int) -> tuple[float, list[Any]]:
        """ms of CPU that an answer took, and the answer."""
        before = self.cpu_ms
        asked = urllib.parse.urlencode({"query": question, "time": at_s, "timeout": "10m"})
        answer = json.load(urllib.request.urlopen(f"http://127.0.0.1:{PORT}/api/v1/query?{asked}", timeout=900))
        return self.cpu_ms - before, answer["data"]["result"]


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Prometheus over its blocks in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=20y", f"--web.listen-address=127.0.0.1:{PORT}",
                "--web.enable-remote-write-receiver", "--query.max-samples=500000000", "--query.timeout=10m",
                "--log.level=warn",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(process, folder / "log")
        yield Server(process)
    finally:
        process.terminate()
        process.wait()


def build(folder: Path, checks: int, days: int, tell: Callable[[str], None] = lambda said: None) -> None:
    """Go on until so many days are in."""
    notes = folder / "days.json"
    done = json.loads(notes.read_text()) if notes.exists() else []
    if len(done) >= days:
        return
    with running(folder) as server:
        for number in range(len(done), days):
            before = server.cpu_ms
            day = samples.day_of(number, checks)
            for first in range(0, samples.TICKS, TICKS_AT_ONCE):
                server.write(b"".join(_requests(day, slice(first, first + TICKS_AT_ONCE))))
            spent = (server.cpu_ms - before) * 1000 / day.at.size
            done.append(spent)
            notes.write_text(json.dumps(done))
            tell(f"Prometheus, day {number + 1} of {days}: {spent:.1f} µs of CPU an outcome")


def bytes_an_outcome(folder: Path) -> float | None:
    """Of what lies in blocks; what is still in the head and its log is left out, in Prometheus' favour."""
    size = n = 0
    for meta in folder.glob("data/*/meta.json"):
        n += json.loads(meta.read_text())["stats"]["numSamples"]
        size += sum(file.stat().st_size for file in meta.parent.rglob("*") if file.is_file())
    return size / (n / 2) if n else None


def cpu_us(folder: Path) -> float:
    """Of an outcome, to take it in and to make blocks as it goes."""
    days = json.loads((folder / "days.json").read_text())
    return float(sum(days) / len(days))


def question(days: int) -> str:
    """Availability as people ask Prometheus for it."""
    return f"avg_over_time({SUCCESS}[{days}d])"


def end_s(days: int) -> int:
    """The end of the last day."""
    return (FIRST + days) * DAY_MS // 1000


def framed(body: bytes) -> bytes:
    """Snappy's block format with nothing but one literal."""
    return _varint(len(body)) + b"\xfc" + (len(body) - 1).to_bytes(4, "little") + body


def _requests(day: samples.Day, ticks: slice) -> Iterator[bytes]:
    at, failed, latency = day.at[:, ticks], day.failed[:, ticks], day.latency[:, ticks]
    for check in range(len(at)):
        yield _series(SUCCESS, check, at[check], (failed[check] == 0).astype(np.float64))
        yield _series(SECONDS, check, at[check], latency[check] / 1e6)


def _series(name: str, check: int, at: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> bytes:
    rows = np.zeros(len(at), SAMPLE)
    rows["samples"], rows["size"], rows["is_double"], rows["is_varint"] = 0x12, 16, 0x09, 0x10
    rows["value"] = values
    septets = (at[:, None] >> (7 * np.arange(6))) & 127
    rows["at"] = septets | np.array([128, 128, 128, 128, 128, 0])
    labels = b"".join(_label(*pair) for pair in (("__name__", name), ("instance", samples.key_of(check))))
    return _field(1, labels + rows.tobytes())


def _label(name: str, value: str) -> bytes:
    return _field(1, _field(1, name.encode()) + _field(2, value.encode()))


def _field(number: int, body: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/-/ready", timeout=5).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"prometheus does not start: {log.read_text()[-500:]}")
