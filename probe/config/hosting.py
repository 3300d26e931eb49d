"""Whose machine this is, as far as it says so itself: by its DMI strings and its DNS search list. Nothing is sent.

A hint, never a setting: a container says what its host is, and a provider may rent from another.
The strings are those that the providers document for telling their machines, as cloud-init uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from probe.config import catalogue, machine

DMI: Final = Path("/sys/class/dmi/id")

STRINGS: Final[Mapping[tuple[str, str], str]] = {
    ("bios_vendor", "Amazon EC2"): "aws",
    ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77"): "azure",
    ("chassis_asset_tag", "Amazon EC2"): "aws",
    ("chassis_asset_tag", "OracleCloud.com"): "oracle",
    ("product_name", "Alibaba Cloud ECS"): "alibaba",
    ("product_name", "Google Compute Engine"): "google",
    ("sys_vendor", "Akamai"): "linode",
    ("sys_vendor", "Amazon EC2"): "aws",
    ("sys_vendor", "DigitalOcean"): "digitalocean",
    ("sys_vendor", "Hetzner"): "hetzner",
    ("sys_vendor", "Linode"): "linode",
    ("sys_vendor", "Scaleway"): "scaleway",
    ("sys_vendor", "UpCloud"): "upcloud",
    ("sys_vendor", "Vultr"): "vultr",
}
"""A file of the DMI folder, what is in it, and whose name in the catalogue that is."""

DOMAINS: Final[Mapping[str, str]] = {
    "compute.internal": "aws",
    "ec2.internal": "aws",
    "google.internal": "google",
    "internal.cloudapp.net": "azure",
    "members.linode.com": "linode",
    "oraclevcn.com": "oracle",
}
"""The end of a DNS search domain, and whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A provider of the catalogue, and what of this machine points at it."""

    provider: str
    because: str


def hint(dmi: Path = DMI, resolv_conf: Path = machine.RESOLV_CONF) -> Hint | None:
    """Whose machine this seems to be; None where nothing says so."""
    for (name, text), provider in STRINGS.items():
        if machine.first_line(dmi / name) == text:
            return Hint(provider=provider, because=f'{name} of its DMI is "{text}"')
    for domain in machine.search_domains(resolv_conf):
        for end, provider in DOMAINS.items():
            if f".{domain}".endswith(f".{end}"):
                return Hint(provider=provider, because=f"it searches names in {end}")
    return None


def agreements(provider: str) -> list[tuple[str, str]]:
    """The agreements of a provider in the catalogue: id, and what its newest version is about."""
    found = [name for name in catalogue.ids() if name.startswith(f"{provider}/")]
    return [(name, str(catalogue.tables(name)[-1]["service"])) for name in found]


def shown_name(provider: str) -> str:
    """What a provider of the catalogue calls itself."""
    first = next(name for name in catalogue.ids() if name.startswith(f"{provider}/"))
    return str(catalogue.tables(first)[-1]["provider"])
