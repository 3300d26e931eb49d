"""The kinds of probe: one table, one file a kind. Importing it loads no network library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from probe.probers.dns import DnsProber
from probe.probers.group import GroupProber
from probe.probers.http import HttpProber
from probe.probers.icmp import IcmpProber
from probe.probers.prober import Prober
from probe.probers.push import PushProber
from probe.probers.tcp import TcpProber
from probe.probers.throughput import ThroughputProber
from probe.probers.tls import TlsProber
from probe.probers.trace import TraceProber

PROBERS: Final[Mapping[str, type[Prober]]] = {
    "dns": DnsProber,
    "group": GroupProber,
    "http": HttpProber,
    "icmp": IcmpProber,
    "push": PushProber,
    "tcp": TcpProber,
    "throughput": ThroughputProber,
    "tls": TlsProber,
    "trace": TraceProber,
}


def is_tried(kind: str) -> bool:
    """Whether a kind is attempted on a schedule: not where others report, nor where all follows from other checks."""
    return kind not in {"group", "push"}


def kind_settings(kind: str) -> type[Any]:
    """The Settings of a kind. Raises KeyError for a kind that there is not."""
    return PROBERS[kind].Settings
