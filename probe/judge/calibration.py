"""How far the times of this machine are off: HTTP, TCP and ICMP against loopback, as RFC 7679 calibrates.

The other side is a process of its own, so that it does not wait for our interpreter. What loopback itself takes
is in the figures: they are the most that can be ours.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from probe.clock import NS_PER_US, Clock
from probe.config.checks import Schedule, make_check
from probe.model import State
from probe.probers import PROBERS
from probe.runner import attempt
from probe.view.doctor import Error

COUNT: Final = 100
NAP_S: Final = 0.002
PEER: Final = """
import socket, sys
server = socket.socket(fileno=int(sys.argv[1]))
while True:
    peer, _ = server.accept()
    with peer:
        if peer.recv(4096):
            peer.sendall(b"HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n")
"""


def calibrate(clock: Clock, count: int = COUNT) -> tuple[Error, ...]:
    """The timing error of each kind that can be tried here, and of the loop's own timers."""
    with _peer() as port:
        return asyncio.run(_all(clock, port, count))


@contextmanager
def _peer() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        number = server.fileno()
        peer = subprocess.Popen([sys.executable, "-S", "-c", PEER, str(number)], pass_fds=[number])
    try:
        yield port
    finally:
        peer.kill()
        peer.wait()


async def _all(clock: Clock, port: int, count: int) -> tuple[Error, ...]:
    targets = {"http": f"http://127.0.0.1:{port}/", "tcp": f"127.0.0.1:{port}", "icmp": "127.0.0.1"}
    found = [await _kind(kind, target, clock, count) for kind, target in targets.items()]
    return (*(one for one in found if one is not None), await _timers(clock, count))


async def _kind(kind: str, target: str, clock: Clock, count: int) -> Error | None:
    """The error of a kind; None where it cannot be tried here."""
    prober = PROBERS[kind]()
    settings = prober.Settings(count=1) if kind == "icmp" else prober.Settings()
    check = make_check(kind, target, Schedule(), name=kind, settings=settings, allow_private=True)
    latencies, beyond = [], []
    try:
        prober.prepare(check)
        for _ in range(count + 5):
            finding = (await attempt(check, prober, clock)).finding
            if finding.state is not State.UP or finding.latency_us is None:
                return None
            latencies.append(finding.latency_us)
            if isinstance(rtt_us := finding.facts.get("rtt_us"), int):
                beyond.append(max(finding.latency_us - rtt_us, 0))
    finally:
        await prober.aclose()
    return _error(kind, latencies[5:], beyond[5:] if kind == "tcp" else ())


async def _timers(clock: Clock, count: int) -> Error:
    """How late the loop wakes what waits for a time: by so much an attempt may be sent late."""
    late = []
    for _ in range(count):
        began_ns = clock.read().boot_ns
        await asyncio.sleep(NAP_S)
        took_ns = clock.read().boot_ns - began_ns
        late.append(max(took_ns // NS_PER_US - int(NAP_S * 1_000_000), 0))
    return _error("timer", late, ())


def _error(kind: str, seen: Sequence[int], beyond: Sequence[int]) -> Error:
    further = (quantile(beyond, 50), quantile(beyond, 99)) if beyond else None
    return Error(kind, len(seen), quantile(seen, 50), quantile(seen, 99), further)


def quantile(seen: Sequence[int], percent: int) -> int:
    """The smallest value that at least so many percent do not exceed."""
    ranked = sorted(seen)
    return ranked[max(-(-len(ranked) * percent // 100) - 1, 0)]
