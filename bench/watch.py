"""`probe watch` on 1,000 checks and services while an agent writes: CPU of the screen, of one core, after its start.

On a terminal of 120 × 40, each list for a while, a check's page, and scrolling by hand at ten keys a second. The
writer commits as the agent does, 17 outcomes a second. The bytes are what the terminal has to draw.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Any, Final

from bench.status import CHECKS, build, write_configuration
from probe.clock import SystemClock
from probe.config import load

SIZE: Final = (40, 120)
START_S: Final = 4.0
LIMIT: Final = 5.0
TICK: Final = os.sysconf("SC_CLK_TCK")
KEYS: Final = {"checks": b"", "our own line": b"\t", "services": b"\t", "a check's page": b"\t\r"}
WRITER: Final = "import sys; from bench.watch import write; write(sys.argv[1], float(sys.argv[2]))"


def main(short: bool) -> dict[str, Any]:
    """Build the record, write to it, and watch."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.toml"
        write_configuration(path)
        build(load(path), SystemClock().read().wall_ms, outcomes=144 if short else 1440)
        seconds = 5.0 if short else 20.0
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(10 * seconds + 60)])
        try:
            return measure(path, seconds)
        finally:
            writer.terminate()
            writer.wait()


def measure(path: Path, seconds: float) -> dict[str, Any]:
    """Percent of a core and KB/s drawn on each screen."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    command = [sys.executable, "-m", "probe", "--config", str(path), "watch"]
    environment = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)
    figures: dict[str, Any] = {}
    drain(master, START_S)
    figures["CPU to the first screen (s)"] = cpu_s(process.pid)
    shares = {}
    for name, keys in KEYS.items():
        os.write(master, keys)
        drain(master, 1.5)
        shares[name] = share(process.pid, master, seconds)
        figures[f"{name} (% of a core, KB/s)"] = shares[name]
    os.write(master, b"\x1b")
    drain(master, 1.5)
    figures["scrolling by hand (% of a core, KB/s)"] = share(process.pid, master, seconds / 2, b"\x1b[6~")
    figures[f"met (every screen at most {LIMIT} %)"] = all(part[0] <= LIMIT for part in shares.values())
    process.send_signal(signal.SIGTERM)
    drain(master, 1.0)
    process.wait()
    os.close(master)
    return figures


def share(pid: int, master: int, seconds: float, key: bytes = b"") -> tuple[float, float]:
    """Percent of a core that a process uses for a while, and the KB/s that it draws; `key` is pressed ten times a s."""
    before, began, size = cpu_s(pid), time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        size += drain(master, min(0.1, seconds - passed))
        if key:
            os.write(master, key)
    return round(100 * (cpu_s(pid) - before) / passed, 1), round(size / 1000 / passed, 1)


def drain(master: int, seconds: float) -> int:
    """Read what is drawn for so long; its bytes."""
    size, end = 0, time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        if select.select([master], [], [], left)[0]:
            try:
                size += len(os.read(master, 65536))
            except OSError:
                break
    return size


def cpu_s(pid: int) -> float:
    """CPU time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def write(path: str, seconds: float) -> None:
    """Be the agent that writes: every check once a minute, committed ten times a second."""
    from probe.model import Finding, Origin, Outcome, State
    from probe.store.writer import Writer

    config, clock = load(Path(path)), SystemClock()
    writer = Writer(config.storage.path, "bench", clock)
    writer.start()
    reading = clock.read()
    segment = writer.open_clock(
        boot_id=clock.boot_id(),
        offset_ms=reading.wall_ms - reading.boot_ms,
        is_synced=True,
        at_ms=reading.wall_ms,
    )
    end, place = time.perf_counter() + seconds, 0
    found = Finding(state=State.UP, latency_us=12_000)
    while time.perf_counter() < end:
        now_ms = clock.read().wall_ms
        due = [config.checks[(place + n) % len(config.checks)] for n in range(max(CHECKS // 600, 1))]
        place += len(due)
        writer.record(
            [
                Outcome(
                    key=one.key,
                    revision=one.revision,
                    at_ms=now_ms,
                    due_ms=now_ms,
                    clock=segment,
                    origin=Origin.GRID,
                    finding=found,
                )
                for one in due
            ]
        ).result()
        time.sleep(0.1)
    writer.close()


if __name__ == "__main__":
    print(main(True))
