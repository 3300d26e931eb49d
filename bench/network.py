"""What an attempt of each kind costs, beside the programs that people use for it, interleaved in one run.

CPU time of the process alone, user and kernel, never that of the target. Medians over the rounds. Peers and targets
come from Debian and are installed if we may; those that are absent are told, and their rows stay empty. The round
trips themselves are held to the truth by `icmp`, the schedule by `schedule`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import Any

from bench._targets import Row
from bench.peers import exporter, pinger, whole
from bench.peers.house import House, absent, install, open_house, program

Found = dict[str, list[dict[str, Any]]]
HOSTS = 10_000


def main(short: bool) -> dict[str, Any]:
    """All rows of the table that this benchmark has, with what they rest on."""
    missing = absent() if short else install()
    with open_house() as house:
        found: Found = {}
        for _ in range(1 if short else 5):
            _round(house, found, 200 if short else 3_000)
        agents = None
        if not short and program("nginx") and program("prometheus") and program("prometheus-blackbox-exporter"):
            agents = whole.measure(house, 500, 100)
    rows = [*_rows(found), *_agent_rows(agents)]
    return {
        "absent": missing,
        "targets": [row.document() for row in rows],
        "rounds": found,
        "whole": agents,
    }


def _round(house: House, found: Found, count: int) -> None:
    """Each way once, peers beside ours."""
    ports, authority = house.ports, str(house.folder / "ca.pem")
    pages, safe = f"http://{{host}}:{ports['http']}/", f"https://{{host}}:{ports['https']}/"
    ways = {
        "http": ("http", pages, {}),
        "https": ("http", safe, {"ca_file": authority}),
        "tcp": ("tcp", f"{{host}}:{ports['http']}", {}),
        "dns": ("dns", f"127.0.0.1:{ports['dns']}", {"name": "www.bench.test"}),
    }
    for name, (kind, target, settings) in ways.items():
        if program("nsd" if kind == "dns" else "nginx") is None:
            continue
        _keep(found, f"ours {name}", _apart("ours", kind, target, str(count), json.dumps(settings)))
        if program("prometheus-blackbox-exporter"):
            _keep(found, f"blackbox {name}", exporter.measure(house, name, target, count))
        if name in {"http", "https"}:
            _keep(found, f"httpx {name}", _apart("stock", target, str(count // 3), authority))
    hosts = HOSTS if count > 1_000 else HOSTS // 5
    _keep(found, "ours icmp", _apart("ours", "icmp", "{host}", str(hosts), json.dumps({"count": 1})))
    if program("fping"):
        _keep(found, "fping paced", pinger.measure(house.folder, hosts, "0.02"))
        _keep(found, "fping flat out", pinger.measure(house.folder, hosts, "0.001"))


def _apart(module: str, *words: str) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", f"bench.peers.{module}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _keep(found: Found, name: str, measured: dict[str, Any]) -> None:
    if measured["good"] < measured["count"] * 0.99:
        raise RuntimeError(f"{name}: only {measured['good']} of {measured['count']} were answered")
    found.setdefault(name, []).append(measured)


def _rows(found: Found) -> list[Row]:
    cost = {name: round(median(one["cpu_us"] for one in each), 1) for name, each in found.items()}

    def row(path: str, ours: str, peer: str, target: float) -> Row:
        return Row(path, "µs CPU", cost.get(f"ours {ours}"), peer, cost.get(peer), target)

    return [
        row("ICMP per ping, 10,000 hosts", "icmp", "fping paced", 0.55),
        row("ICMP per ping, 10,000 hosts", "icmp", "fping flat out", 1.1),
        row("HTTP per probe as scheduled", "http", "blackbox http", 0.2),
        row("HTTP per probe as scheduled", "http", "httpx http", 0.1),
        row("HTTPS per probe, verified", "https", "blackbox https", 0.65),
        row("TCP connect", "tcp", "blackbox tcp", 0.12),
        row("DNS query", "dns", "blackbox dns", 0.08),
    ]


def _agent_rows(agents: dict[str, Any] | None) -> list[Row]:
    ours, theirs, memory = (None, None, None)
    if agents is not None:
        ours, theirs, memory = agents["cpu_us_ours"], agents["cpu_us_theirs"], agents["resident_mib"]["agent"]
    note = "" if agents else "not in a short run, nor without its peers"
    peer = "blackbox + Prometheus"
    return [
        Row("whole agent, 500 pages at 20 s, per check", "µs CPU", ours, peer, theirs, 0.2, note),
        Row("whole agent, resident", "MiB", memory, "", None, 60, note),
    ]
