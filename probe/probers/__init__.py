"""The kinds of probe: one table, one file a kind. Importing it loads no network library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probe.probers.dns import DnsProber
from probe.probers.http import HttpProber
from probe.probers.icmp import IcmpProber
from probe.probers.prober import Prober
from probe.probers.tcp import TcpProber

PROBERS: Final[Mapping[str, type[Prober]]] = {
    "dns": DnsProber,
    "http": HttpProber,
    "icmp": IcmpProber,
    "tcp": TcpProber,
}


def kind_settings(kind: str) -> type[Any]:
    """The Settings of a kind. Raises KeyError for a kind that there is not."""
    return PROBERS[kind].Settings
