"""What this Linux machine says of its network: default gateway, resolvers, name. Read from files, nothing is sent."""

from __future__ import annotations

import os
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

ROUTES: Final = Path("/proc/net")
RESOLV_CONF: Final = Path("/etc/resolv.conf")

UP, GATEWAY, REJECT = 0x1, 0x2, 0x200  # flags of linux/route.h


def gateway(routes: Path = ROUTES) -> str | None:
    """The default gateway with the lowest metric, IPv4 before IPv6; None without a default route."""
    found = _ipv4_gateways(routes / "route") or _ipv6_gateways(routes / "ipv6_route")
    return min(found)[1] if found else None


def has_ipv6(routes: Path = ROUTES) -> bool:
    """Whether there is a default route for IPv6."""
    return bool(_ipv6_gateways(routes / "ipv6_route"))


def resolvers(resolv_conf: Path = RESOLV_CONF) -> tuple[str, ...]:
    """The addresses of the name servers in resolv.conf, in its order; what is not an address is left out."""
    words = [line.split() for line in _lines(resolv_conf)]
    return tuple(word[1] for word in words if len(word) > 1 and word[0] == "nameserver" and _is_address(word[1]))


def search_domains(resolv_conf: Path = RESOLV_CONF) -> tuple[str, ...]:
    """The domains that names are looked for in, in its order, in lower case and without a dot at the end."""
    words = [line.split() for line in _lines(resolv_conf)]
    named = [word[1:] for word in words if len(word) > 1 and word[0] in ("search", "domain")]
    return tuple(domain.lower().rstrip(".") for domains in named for domain in domains)


def first_line(path: Path) -> str:
    """What a file says in its first line; empty where it is not there or may not be read."""
    return next(iter(_lines(path)), "").strip()


def host_name() -> str:
    """This machine's name."""
    return os.uname().nodename


def _ipv4_gateways(path: Path) -> list[tuple[int, str]]:
    found = []
    for line in _lines(path)[1:]:
        row = line.split()  # iface destination gateway flags refcnt use metric mask …, addresses in host byte order
        if len(row) < 8 or row[1] != "00000000" or row[7] != "00000000":
            continue
        if _is_route(int(row[3], 16)):
            found.append((int(row[6]), str(IPv4Address(bytes.fromhex(row[2])[::-1]))))
    return found


def _ipv6_gateways(path: Path) -> list[tuple[int, str]]:
    found = []
    for line in _lines(path):
        row = line.split()  # destination length source length gateway metric refcnt use flags iface
        if len(row) < 10 or int(row[0], 16) or row[1] != "00" or not _is_route(int(row[8], 16)):
            continue
        address = IPv6Address(bytes.fromhex(row[4]))
        scope = f"%{row[9]}" if address.is_link_local else ""
        found.append((int(row[5], 16), f"{address}{scope}"))
    return found


def _is_route(flags: int) -> bool:
    return bool(flags & UP and flags & GATEWAY and not flags & REJECT)


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []
