"""[references]: the checks that must answer before a failure is somebody else's, and the default gateway."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from probe.config import machine, targets, values
from probe.config.checks import Schedule, make_check, read_schedule
from probe.config.table import Table
from probe.model import Check, Role
from probe.probers import kind_settings
from probe.probers.net.addresses import network_of

INTERVAL_MS: Final = 15_000
GATEWAY: Final = "gateway"
ENOUGH_REFERENCES: Final = 3
ENOUGH_NETWORKS: Final = 2
"""An ISP's own claim needs three witnesses in two foreign networks (availability: whose fault)."""

EXAMPLES: Final = '"icmp://192.0.2.1", "tcp://192.0.2.1:443" or "https://example.com/"'


class Address(NamedTuple):
    """Where a reference is, as kind and target, and the host in it."""

    kind: str
    target: str
    host: str


def read_references(table: Table, defaults: Schedule, routes: Path = machine.ROUTES) -> list[tuple[Check, Table]]:
    """The gateway and each target of [references], each with its place; interval 15 s unless it says otherwise."""
    schedule = read_schedule(
        table, Schedule(recheck_ms=defaults.recheck_ms, confirm=defaults.confirm, interval_ms=INTERVAL_MS)
    )
    address = table.take("gateway", _gateway, "auto")
    found = [one for target in table.tables("targets") for one in _read_target(target, schedule)]
    table.done()
    if address == "auto":
        address = machine.gateway(routes) or ""
    if address in {"", "none"}:
        return found
    gateway = make_check(
        "icmp",
        address,
        schedule,
        name=GATEWAY,
        role=Role.GATEWAY,
        allow_private=True,
        settings=kind_settings("icmp")(),
    )
    return [(gateway, table), *found]


def few_references(checks: Sequence[Check]) -> str | None:
    """The remark that an ISP's own claim stays undecided, None when there are witnesses enough."""
    networks = [check.network for check in checks if check.role is Role.REFERENCE]
    if len(networks) >= ENOUGH_REFERENCES and len(set(networks)) >= ENOUGH_NETWORKS:
        return None
    return (
        f"references.targets: {len(networks)} in {len(set(networks))} networks; an uplink's SLA stays undecided "
        f"with fewer than {ENOUGH_REFERENCES} references in {ENOUGH_NETWORKS} networks: add some"
    )


def _read_target(table: Table, schedule: Schedule) -> list[tuple[Check, Table]]:
    address = table.need("address", _address, None, '"icmp://192.0.2.1"')
    network = table.take("network", values.text, None)
    name = table.take("name", values.name, None)
    allow_private = table.take("allow_private", values.flag, False)
    table.done()
    if address is None:
        return []
    targets.judge_address(table, "address", address.target, "any", allow_private)
    check = make_check(
        address.kind,
        address.target,
        schedule,
        name=name or f"ref:{table.content['address']}",
        role=Role.REFERENCE,
        network=network or network_of(address.host),
        allow_private=allow_private,
        settings=kind_settings(address.kind)(),
    )
    return [(check, table)]


def _gateway(value: object) -> str:
    given = values.text(value)
    if given in {"auto", "none"}:
        return given
    try:
        return str(ip_address(given))
    except ValueError as error:
        raise ValueError(f'"{given[:60]}" is not an address; write "auto", "none" or an address') from error


def _address(value: object) -> Address:
    given = values.text(value)
    try:
        parts = urlsplit(given)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f'"{given[:60]}" is not an address ({error}); write {EXAMPLES}') from error
    if not host or parts.scheme not in {"icmp", "tcp", "http", "https"} or (parts.scheme == "tcp") > (port is not None):
        raise ValueError(f'"{given[:60]}" is not an address of a reference; write {EXAMPLES}')
    if parts.scheme == "icmp":
        return Address("icmp", targets.target("icmp")(host), host)
    if parts.scheme == "tcp":
        return Address("tcp", targets.target("tcp")(parts.netloc), host)
    return Address("http", targets.target("http")(given), host)
