"""A way of several routers, each in a network namespace of its own: we are 10.7.1.1, they 10.7.1.2, 10.7.2.2, …"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

OPEN = (
    "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; "
    "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit"
)


@contextmanager
def way(length: int) -> Iterator[tuple[list[str], list[int]]]:
    """Commands that lay a way of so many machines from the namespace they run in, and the machines' processes.

    The machine of number n is 10.7.n.2 and fd07:n::2; all but the last are routers.
    """
    processes = [subprocess.Popen(["unshare", "-n", "sleep", "60"]) for _ in range(length)]
    pids = [process.pid for process in processes]
    ours = f"$(readlink /proc/{os.getpid()}/ns/net)"
    try:
        yield (
            [
                *(f"while [ $(readlink /proc/{pid}/ns/net) = {ours} ]; do :; done" for pid in pids),
                *(command for number in range(1, length + 1) for command in _link(number, pids)),
                "ip route add default via 10.7.1.2; ip -6 route add default via fd07:1::2",
            ],
            pids,
        )
    finally:
        for process in processes:
            process.kill()
            process.wait()


def inside(pid: int, command: str) -> str:
    """The command line that runs a command in the namespace of a process."""
    return f"nsenter -t {pid} -n {command}"


def _link(number: int, pids: list[int]) -> Iterator[str]:
    """Connect a machine with the one before it, and tell that and all others where it is."""
    pid = pids[number - 1]
    before = f"nsenter -t {pids[number - 2]} -n " if number > 1 else ""
    yield f"{before}ip link add near{number} type veth peer name far netns {pid}"
    yield f"{before}ip addr add 10.7.{number}.1/24 dev near{number}"
    yield f"{before}ip -6 addr add fd07:{number}::1/64 dev near{number} nodad"
    yield f"{before}ip link set near{number} up"
    yield inside(pid, "ip link set lo up")
    yield inside(pid, f"ip addr add 10.7.{number}.2/24 dev far")
    yield inside(pid, f"ip -6 addr add fd07:{number}::2/64 dev far nodad")
    yield inside(pid, "ip link set far up")
    yield inside(pid, f"sh -c '{OPEN}'")
    yield inside(pid, f"ip route add default via 10.7.{number}.1")
    yield inside(pid, f"ip -6 route add default via fd07:{number}::1")
    for earlier in range(1, number - 1):
        router = pids[earlier - 1]
        yield inside(router, f"ip route add 10.7.{number}.0/24 via 10.7.{earlier + 1}.2")
        yield inside(router, f"ip -6 route add fd07:{number}::/64 via fd07:{earlier + 1}::2")
