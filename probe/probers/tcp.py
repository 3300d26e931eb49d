"""Can a TCP connection be opened, and does the server greet as expected?

The latency is the handshake alone: resolving the name and reading the greeting are not in it.
The fact `rtt_us` is the same round trip as the kernel saw it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from probe.model import Assertion, Check, Finding, Reason, State
from probe.probers.net.clean import clean
from probe.probers.net.endpoint import parse_endpoint, show
from probe.probers.net.expression import find_problem, search
from probe.probers.net.fault import Fault
from probe.trail import Trail, current

if TYPE_CHECKING:
    from probe.probers.net.connection import Connection
    from probe.probers.net.resolver import Resolver

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


class TcpProber:
    """Kind "tcp"; the target is `host:port`."""

    Settings = TcpSettings

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        self._resolver = resolver

    @staticmethod
    def target(text: str) -> str:
        """`host:port`. Raises ValueError with a remedy."""
        return show(*parse_endpoint(text, scheme="tcp"))

    def prepare(self, check: Check) -> None:
        """Load what the first attempt would have to load."""
        from probe.probers.net import names
        from probe.probers.net.resolver import Resolver

        del check, names
        self._resolver = self._resolver or Resolver()

    async def probe(self, check: Check) -> Finding:
        """Connect once, and talk as the settings say."""
        trail = current()
        try:
            return await self._attempt(check, trail)
        except Fault as fault:
            return fault.finding(trail)

    async def aclose(self) -> None:
        """Nothing is kept between attempts."""

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.connection import open_connection
        from probe.probers.net.names import find_addresses
        from probe.probers.net.resolver import Resolver

        self._resolver = self._resolver or Resolver()
        settings: TcpSettings = check.settings
        host, port = parse_endpoint(check.target, scheme="tcp")
        addresses = await find_addresses(check, host, self._resolver, trail)
        with closing(await open_connection(addresses, port, trail)) as connection:
            if connection.rtt_us is not None:
                trail.facts["rtt_us"] = connection.rtt_us
            if settings.send is not None:
                await connection.send(settings.send.encode())
            assertions = [*_speed(settings, trail)]
            if settings.expect is not None:
                assertions.append(await _greeting(connection, settings.expect, trail))
        return _judge(assertions, trail)


def _speed(settings: TcpSettings, trail: Trail) -> list[Assertion]:
    if settings.max_time_ms is None:
        return []
    took_us = trail.phases_us["connect"]
    held = took_us <= settings.max_time_ms * 1000
    return [Assertion(f"max_time {settings.max_time_ms} ms", f"{took_us} µs", held)]


async def _greeting(connection: Connection, expect: str, trail: Trail) -> Assertion:
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
    return Assertion(f"expect {clean(expect)}", clean(said), held)


def _judge(assertions: list[Assertion], trail: Trail) -> Finding:
    broken = next((assertion for assertion in assertions if not assertion.held), None)
    reason = None
    if broken is not None:
        reason = Reason.TOO_SLOW if broken.expectation.startswith("max_time") else Reason.BANNER
    return Finding(
        state=State.UP if reason is None else reason.state,
        reason=reason,
        latency_us=trail.phases_us["connect"],
        phases_us=dict(trail.phases_us),
        address=trail.address,
        detail="" if broken is None else broken.seen,
        facts=dict(trail.facts),
        assertions=tuple(assertions),
    )
