"""Is what kind icmp says true? Many hosts 50 ms away, and dead hosts for which another one answers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probe.clock import SystemClock
from probe.model import Finding, Reason, State
from probe.probers.icmp import IcmpProber
from probe.runner import attempt
from tests.probers.attempts import a_check, attempt_once, find, in_namespace, needs_root
from tests.probers.test_icmp import DATAGRAM
from tests.probers.way import inside, way

pytestmark = [needs_root, pytest.mark.lab]
DELAY_MS = 50


@pytest.fixture
def far() -> Iterator[list[str]]:
    """Commands that lead to a namespace where each address of 10.99.0.0/16 answers after 50 ms."""
    pong = [sys.executable, str(Path(__file__).parent / "pong.py"), str(DELAY_MS)]
    process = subprocess.Popen(["unshare", "-n", *pong], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    enter = f"nsenter -t {process.pid} -n"
    try:
        yield [
            f"ip link add near type veth peer name far netns {process.pid}",
            "ip addr add 10.98.0.1/24 dev near && ip link set near up",
            f"{enter} ip link set lo up; {enter} ip addr add 10.98.0.2/24 dev far; {enter} ip link set far up",
            f"{enter} ip route add local 10.99.0.0/16 dev lo",
            f"{enter} sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all'",
            "ip route add 10.99.0.0/16 via 10.98.0.2",
        ]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ping_all(set_up: list[str], hosts: list[str], *, timeout_ms: int, count: int = 1) -> tuple[list[Finding], int]:
    """One attempt of each host, begun in slices of 100 each 20 ms, and how many replies came from the wrong address."""

    async def main() -> tuple[list[Finding], int]:
        prober, clock, begun = IcmpProber(), SystemClock(), []
        for place, host in enumerate(hosts):
            check = a_check("icmp", host, count=count, spacing_ms=20, timeout_ms=timeout_ms)
            begun.append(asyncio.create_task(attempt(check, prober, clock)))
            if place % 100 == 99:
                await asyncio.sleep(0.02)
        findings = [(await one).finding for one in begun]
        await prober.aclose()
        return findings, sum(shared.rejected for shared in prober._shared().all())

    return in_namespace(main, set_up)


def hosts(count: int, first: int = 1, last: int = 250) -> list[str]:
    width = last - first + 1
    return [f"10.99.{place // width}.{place % width + first}" for place in range(count)]


@pytest.mark.parametrize("socket_kind", ["raw", "datagram"])
@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_no_living_host_is_down(far: list[str], socket_kind: str, count: int) -> None:
    """However many there are at once, each of them 50 ms away."""
    set_up = [*far, DATAGRAM] if socket_kind == "datagram" else far
    findings, _ = ping_all(set_up, hosts(count), timeout_ms=8000)
    assert [finding.detail for finding in findings if finding.state is not State.UP] == []
    nearest = min(finding.latency_us for finding in findings if finding.latency_us is not None)
    assert nearest >= DELAY_MS * 1000


@pytest.mark.parametrize("socket_kind", ["raw", "datagram"])
def test_no_dead_host_is_up(far: list[str], socket_kind: str) -> None:
    """Replies with the right identifier, sequence number and payload from somebody else are not its answer."""
    set_up = [*far, DATAGRAM] if socket_kind == "datagram" else far
    findings, rejected = ping_all(set_up, hosts(200, 251, 254), timeout_ms=2000, count=3)
    assert rejected > 100
    assert {finding.facts["received"] for finding in findings} == {0}
    for finding in findings:  # on a machine that is too busy to send all in time, that is what it says
        found = (finding.state, finding.reason, finding.facts["sent"])
        assert found == (State.DOWN, Reason.TIMEOUT, 3) or found[1] is Reason.STALL
    assert sum(finding.state is State.DOWN for finding in findings) > 100


def test_another_process_with_our_identifiers_makes_nobody_up(far: list[str]) -> None:
    """It floods the living hosts with requests of every sequence number; dead hosts stay dead beside it."""
    flood = """
import socket, struct, itertools
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
def check(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
for number in itertools.cycle(range(0, 65536, 7)):
    head = struct.pack("!BBHHH", 8, 0, 0, number, number)
    out.sendto(struct.pack("!BBHHH", 8, 0, check(head), number, number), (f"10.99.0.{number % 250 + 1}", 0))
"""
    marker = f"/tmp/flood.{os.getpid()}.pid"
    begin = f"timeout 20 {sys.executable} -c '{flood}' > /dev/null 2>&1 & echo $! > {marker}; sleep 0.09"
    try:
        findings, _ = ping_all([*far, begin], [*hosts(40, 251, 254), *hosts(40)], timeout_ms=1500, count=2)
    finally:
        subprocess.run(f"kill $(cat {marker}); rm {marker}", shell=True, check=False)
    assert {finding.state for finding in findings[:40]} == {State.DOWN}
    assert {finding.state for finding in findings[40:]} == {State.UP}


@pytest.mark.parametrize("socket_kind", ["raw", "datagram"])
@pytest.mark.parametrize("network", [201, 202, 203], ids=["twice", "out of order", "forged before"])
def test_strange_replies_change_no_figure(far: list[str], socket_kind: str, network: int) -> None:
    """A second reply, one that another overtook, and a forged one: each request has its own true answer."""
    set_up = [*far, DATAGRAM] if socket_kind == "datagram" else far
    findings, _ = ping_all(set_up, [f"10.99.{network}.{host}" for host in range(1, 31)], timeout_ms=2000, count=4)
    for finding in findings:
        assert (finding.state, finding.facts["sent"], finding.facts["received"]) == (State.UP, 4, 4)
        assert min(finding.facts["rtts_us"]) >= DELAY_MS * 1000
    slow = [rtt_us for finding in findings for rtt_us in finding.facts["rtts_us"] if rtt_us >= (DELAY_MS + 60) * 1000]
    assert (len(slow) >= 60) == (network == 202)


@pytest.mark.parametrize("kind", ["icmp", "tcp", "dns", "http"])
def test_a_way_that_goes_in_a_circle_is_told_by_its_routers(kind: str) -> None:
    """Time exceeded on the way is said of the path: down, with the router that said it."""
    host = "203.0.113.9"
    target = {"icmp": host, "dns": host, "tcp": f"{host}:80", "http": f"http://{host}/"}[kind]
    by_kind: dict[str, dict[str, Any]] = {"icmp": {"spacing_ms": 5}, "dns": {"name": "a.example"}}
    keys = by_kind.get(kind, {})
    with way(2) as (lay, pids):
        circle = [inside(pids[0], "ip route add 203.0.113.0/24 via 10.7.2.2")]
        circle.append(inside(pids[1], "ip route add 203.0.113.0/24 via 10.7.2.1"))
        finding = in_namespace(lambda: find(kind, target, **keys), [*lay, *circle])
    assert (finding.state, finding.reason) == (State.DOWN, Reason.UNREACHABLE_REMOTE), finding
    assert "10.7." in finding.detail
    assert "exceeded" in finding.detail.lower()


def test_a_burst_that_our_loop_could_not_send_is_no_outage(far: list[str]) -> None:
    """One lost packet of three proves little, and why the others were not sent is ours."""

    async def main() -> Finding:
        check = a_check("icmp", hosts(1, 251, 254)[0], count=3, spacing_ms=20, timeout_ms=300)
        asyncio.get_running_loop().call_later(0.01, time.sleep, 0.3)
        return (await attempt_once(check)).finding

    finding = in_namespace(main, far)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.STALL)
    assert finding.detail == "0 of 1 packets answered, and for 2 more no time was left"
