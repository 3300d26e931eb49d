"""The whole agent with its record beside blackbox_exporter and Prometheus: the same pages at the same pace, at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.peers.house import House, start_prometheus

ROOT = Path(__file__).parents[2]
INTERVAL_S = 20
SETTLE_S = 45
CONFIG = """
[agent]
vantage = "bench"
[storage]
path = "probe.db"
[defaults]
interval = "{interval}s"
timeout = "10s"
[references]
gateway = "none"
"""
CHECK = '[[check]]\nname = "page-{number}"\nkind = "http"\ntarget = "{url}"\nallow_private = true\n'


def measure(house: House, checks: int, seconds: int) -> dict[str, Any]:
    """CPU and memory of both over the same window; what was asked is counted by the server's own log."""
    start_agent(house, checks)
    start_prometheus(house, [page(house, "theirs", number) for number in range(checks)], INTERVAL_S)
    time.sleep(SETTLE_S)
    before, seen = _used(house), _seen(house)
    began = time.monotonic()
    time.sleep(seconds)
    took_s = time.monotonic() - began
    after, seen_after = _used(house), _seen(house)
    resident = {name: house.resident_mib(name) for name in before}
    house.end("agent")
    house.end("prometheus")
    ours = after["agent"] - before["agent"]
    theirs = sum(after[name] - before[name] for name in ("blackbox", "prometheus"))
    return {
        "seconds": round(took_s, 1),
        "asked_ours": seen_after["ours"] - seen["ours"],
        "asked_theirs": seen_after["theirs"] - seen["theirs"],
        "cpu_us_ours": round(ours / max(seen_after["ours"] - seen["ours"], 1) * 1e6),
        "cpu_us_theirs": round(theirs / max(seen_after["theirs"] - seen["theirs"], 1) * 1e6),
        "resident_mib": resident,
    }


def start_agent(house: House, checks: int) -> None:
    """`probe run` on as many pages, with a record of its own."""
    folder = house.folder / "agent"
    (folder / "checks.d").mkdir(parents=True)
    (folder / "probe.toml").write_text(CONFIG.format(interval=INTERVAL_S))
    pages = "\n".join(CHECK.format(number=number, url=page(house, "ours", number)) for number in range(checks))
    (folder / "checks.d" / "all.toml").write_text(pages)
    with (folder / "log").open("wb") as log:
        house.running["agent"] = subprocess.Popen(
            [sys.executable, "-m", "probe", "--config", str(folder / "probe.toml"), "run"],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )


def page(house: House, port: str, number: int) -> str:
    """One of the pages, each with an address line of its own."""
    return f"http://127.0.0.{number % 39 + 1}:{house.ports[port]}/?page={number}"


def _used(house: House) -> dict[str, float]:
    return {name: house.cpu_s(name) for name in ("agent", "blackbox", "prometheus")}


def _seen(house: House) -> dict[str, int]:
    return {name: (house.folder / f"{name}.log").read_bytes().count(b"\n") for name in ("ours", "theirs")}
