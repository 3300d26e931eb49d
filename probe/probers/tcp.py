"""Can a TCP connection be opened, and does the server greet as expected?

The latency is the handshake alone: resolving the name and reading the greeting are not in it.
The fact `rtt_us` is the same round trip as the kernel saw it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from probe.model import Assertion, Check, Finding, Reason
from probe.probers.attempting import Attempting, Judged, conclude, speed
from probe.probers.net.clean import clean
from probe.probers.net.endpoint import parse_endpoint, show
from probe.probers.net.expression import find_problem, search
from probe.probers.net.fault import Fault
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.net.connection import Connection

BANNER_LIMIT: Final = 4096
"""Bytes of greeting that are read at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSettings:
    """The keys under `tcp.` of a check."""

    send: str | None = None
    """Text sent after connecting, as it is written (`"EHLO probe\\r\\n"` in TOML)."""
    expect: str | None = None
    """Regular expression that the first 4 KiB of what the server says must contain."""
    max_time_ms: int | None = None
    """`max_time`: the connection must be open within this time."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        problems = []
        if self.expect is not None and (problem := find_problem(self.expect.encode())):
            problems.append(f"expect: {problem}")
        if self.max_time_ms is not None and self.max_time_ms <= 0:
            problems.append("max_time: must be longer than 0")
        if problems:
            raise ValueError("; ".join(problems))


class TcpProber(Attempting):
    """Kind "tcp"; the target is `host:port`."""

    Settings = TcpSettings

    @staticmethod
    def target(text: str) -> str:
        """`host:port`. Raises ValueError with a remedy."""
        return show(*parse_endpoint(text, scheme="tcp"))

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.connection import open_connection
        from probe.probers.net.names import find_addresses

        settings: TcpSettings = check.settings
        host, port = parse_endpoint(check.target, scheme="tcp")
        addresses = await find_addresses(check, host, self._names(), trail)
        with closing(await open_connection(addresses, port, trail)) as connection:
            if connection.rtt_us is not None:
                trail.facts["rtt_us"] = connection.rtt_us
            if settings.send is not None:
                await connection.send(settings.send.encode())
            judged = speed(settings.max_time_ms, trail.phases_us["connect"])
            if settings.expect is not None:
                judged.append(await _greeting(connection, settings.expect, trail))
        return conclude(judged, trail.phases_us["connect"], trail)


async def _greeting(connection: Connection, expect: str, trail: Trail) -> Judged:
    """Read until the expression is found, the server ends or 4 KiB are full. Raises Fault when nothing comes."""
    said = b""
    held = False
    with trail.during("banner"):
        while not held and len(said) < BANNER_LIMIT:
            more = await connection.receive()
            if not more:
                break
            said = (said + more)[:BANNER_LIMIT]
            held = await search(expect.encode(), said, trail)
            trail.facts["banner"] = clean(said)
    if not said:
        raise Fault(Reason.CLOSED, "closed before saying anything")
    return Reason.BANNER, Assertion(f"expect {clean(expect)}", clean(said), held)
