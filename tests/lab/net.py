"""A small internet in network namespaces: agent – gateway – provider, and two foreign networks with references.

    agent 10.99.0.2 ── 10.99.0.1 gateway 10.99.1.1 ── provider 10.99.1.2
                                 │ 198.51.100.1 ── net A 198.51.100.2, .3
                                 │ 203.0.113.1  ── net B 203.0.113.2

No namespace has a way out: a stray packet fails at once.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

PLACES = ("agent", "gateway", "provider", "neta", "netb")
LINES = (  # place, its addresses, the gateway's address
    ("agent", ("10.99.0.2",), "10.99.0.1"),
    ("provider", ("10.99.1.2",), "10.99.1.1"),
    ("neta", ("198.51.100.2", "198.51.100.3"), "198.51.100.1"),
    ("netb", ("203.0.113.2",), "203.0.113.1"),
)
GATEWAY = "10.99.0.1"
TARGET = "10.99.1.2"
REFERENCES = ("198.51.100.2", "198.51.100.3", "203.0.113.2")


def command(*words: str) -> str:
    """Run a command to its end; its standard output."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@dataclass(frozen=True)
class Lab:
    """The namespaces of one test session, named after its process."""

    prefix: str

    def inside(self, place: str, *words: str) -> tuple[str, ...]:
        """The command line that runs these words in a place."""
        return ("ip", "netns", "exec", f"{self.prefix}-{place}", *words)

    def cut(self) -> None:
        """The gateway drops everything that it would pass on or answer."""
        self._nft("add table inet cut")
        for hook in ("input", "forward", "output"):
            self._nft(f"add chain inet cut {hook} {{ type filter hook {hook} priority 0; policy drop; }}")

    def mend(self) -> None:
        """The gateway is as before."""
        self._nft("delete table inet cut")

    def _nft(self, rule: str) -> None:
        command(*self.inside("gateway", "nft", rule))


@contextmanager
def small_internet() -> Iterator[Lab]:
    """Build it, and take it down whatever happens."""
    lab = Lab(f"probe{os.getpid()}")
    names = [f"{lab.prefix}-{place}" for place in PLACES]
    try:
        for name in names:
            command("ip", "netns", "add", name)
            command("ip", "-n", name, "link", "set", "lo", "up")
        for number, (place, addresses, router) in enumerate(LINES):
            _connect(lab, (place, f"g{number}"), addresses, router)
        command(*lab.inside("gateway", "sysctl", "-qw", "net.ipv4.ip_forward=1"))
        yield lab
    finally:
        for name in names:
            subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)


def _connect(lab: Lab, ends: tuple[str, str], addresses: Sequence[str], router: str) -> None:
    place, port = ends
    name, gateway = f"{lab.prefix}-{place}", f"{lab.prefix}-gateway"
    command("ip", "-n", gateway, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
    command("ip", "-n", gateway, "address", "add", f"{router}/24", "dev", port)
    command("ip", "-n", gateway, "link", "set", port, "up")
    for address in addresses:
        command("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
    command("ip", "-n", name, "link", "set", "eth0", "up")
    command("ip", "-n", name, "route", "add", "default", "via", router)
