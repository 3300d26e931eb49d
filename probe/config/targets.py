"""What can be told of a target without asking the network: credentials in it, private addresses, families."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from probe.config import values
from probe.config.table import Table
from probe.probers import PROBERS
from probe.probers.net.addresses import is_private
from probe.probers.prober import Prober
from probe.secrets import Secret

FAMILIES: Final = ("any", "4", "6", "both")
SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})


def target(kind: str, kinds: Mapping[str, type[Prober]] = PROBERS) -> Callable[[object], str]:
    """A parser for targets of a kind, "" for one that is not known; credentials are refused and never repeated."""

    def parse(value: object) -> str:
        given = values.text(value)
        if "@" in re.split("[/?#]", given.rpartition("://")[2])[0]:
            raise ValueError(
                'holds credentials; leave them out and refer to them, such as http.auth_password = { env = "NAME" }'
            )
        return kinds[kind].target(given) if kind else given

    return parse


def host_of(found: str) -> str:
    """The host in a target: an address, host:port, or a URL."""
    if _address(found):
        return found
    return urlsplit(found if "://" in found else f"//{found}").hostname or found


def judge_address(table: Table, key: str, found: str, family: str, allow_private: bool) -> None:
    """Complain at `key` when the target is an address that the rest of the table does not fit."""
    address = _address(host_of(found))
    if address is None:
        return
    if is_private(str(address)) and not allow_private:
        table.complain(key, f"{address} is a private address; add allow_private = true if that is meant")
    if family not in {"any", str(address.version)}:
        table.complain("family", f'"{family}" does not fit the address {address}; leave it out, or name a host')


def judge_secrets(table: Table, settings: object) -> None:
    """Complain of headers that are secrets by their name and written as they are."""
    for name, value in getattr(settings, "headers", {}).items():
        if name.lower() in SECRET_HEADERS and not isinstance(value, Secret):
            table.complain(
                f"headers.{name}", 'a secret is never written here; refer to it: { env = "NAME" } or { file = "/PATH" }'
            )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
