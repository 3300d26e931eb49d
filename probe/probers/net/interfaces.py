"""The interface that a connection goes over: what kind of link it is, and what all programs move over it."""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final, NamedTuple

SIOCGIFADDR: Final = 0x8915
LINKS: Final = Path("/sys/class/net")
ADDRESSES: Final = Path("/proc/net/if_inet6")
ETHERNET, LOOPBACK = "1", "772"


class Moved(NamedTuple):
    """Bytes that an interface has received and sent since it is up."""

    received: int
    sent: int


def interface_of(address: str) -> str | None:
    """The interface that has this address of ours; None where it cannot be told."""
    bare = address.partition("%")[0]
    return _with_v6(bare) if ":" in bare else _with_v4(bare)


def moved_over(interface: str) -> Moved | None:
    """Its counters; None where it is gone."""
    folder = LINKS / interface / "statistics"
    try:
        return Moved(int((folder / "rx_bytes").read_text()), int((folder / "tx_bytes").read_text()))
    except (OSError, ValueError):
        return None


def kind_of(interface: str) -> str:
    """`loopback`, `ethernet`, `wifi`, `wwan` or `other`."""
    folder = LINKS / interface
    if (folder / "wireless").exists() or (folder / "phy80211").exists():
        return "wifi"
    if interface.startswith("ww"):
        return "wwan"
    kind = ""
    with suppress(OSError):
        kind = (folder / "type").read_text().strip()
    return {ETHERNET: "ethernet", LOOPBACK: "loopback"}.get(kind, "other")


def mbits_of(interface: str) -> int | None:
    """The speed that the link was negotiated at; None where it has none."""
    try:
        speed = int((LINKS / interface / "speed").read_text())
    except (OSError, ValueError):
        return None
    return speed if speed > 0 else None


def _with_v4(address: str) -> str | None:
    wanted = socket.inet_aton(address)
    if wanted[0] == 127:
        return "lo"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            with suppress(OSError):
                if fcntl.ioctl(sock, SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))[20:24] == wanted:
                    return name
    return None


def _with_v6(address: str) -> str | None:
    wanted = IPv6Address(address).packed.hex()
    with suppress(OSError):
        for line in ADDRESSES.read_text().splitlines():
            digits, *_, name = line.split()
            if digits == wanted:
                return name
    return None
