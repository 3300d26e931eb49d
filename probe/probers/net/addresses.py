"""Which addresses may be probed: what is not public only where the check says `allow_private`.

Judged on the address that a socket is about to use, never on a text, with IPv4 addresses that
hide in IPv6 ones (mapped, 6to4, NAT64, Teredo) unfolded first.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

ADDRESS_LIMIT: Final = 8
"""Addresses of one name that are used at most."""

PRIVATE_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # RFC 1918
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata (100.100.100.200)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent, public only by its looks
        "169.254.0.0/16",  # link-local, and most clouds' metadata (169.254.169.254)
        "172.16.0.0/12",  # RFC 1918
        "192.0.0.0/24",  # IETF protocol assignments
        "192.168.0.0/16",  # RFC 1918
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
PRIVATE_V6: Final = tuple(
    IPv6Network(text)
    for text in (
        "::/127",  # unspecified and loopback
        "100::/64",  # discard
        "fc00::/7",  # unique local, and a cloud's metadata (fd00:ec2::254)
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)
NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
COMPATIBLE: Final = IPv6Network("::/96")


@lru_cache(maxsize=4096)
def is_private(address: str) -> bool:
    """True for every address that is not out on the public internet."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return any(found in network for network in PRIVATE_V4)
    inner = _inner(found)
    if inner is not None and any(inner in network for network in PRIVATE_V4):
        return True
    return any(found in network for network in PRIVATE_V6)


def network_of(host: str) -> str:
    """The label of a host that was given none: its /16, its /32 for IPv6, or the name itself."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return str(ip_network(f"{address}/{16 if address.version == 4 else 32}", strict=False))


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one would reach."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in COMPATIBLE or any(address in network for network in NAT64):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
