"""One attempt for each address of a name, where a check demands all of them: any one that fails is the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

from probe.model import Assertion, Check, Finding, State
from probe.probers.net.clean import clean
from probe.probers.net.endpoint import parse_endpoint, parse_host
from probe.probers.net.names import find_addresses
from probe.probers.net.resolver import Resolver
from probe.trail import Trail

ORDER: Final = (State.DOWN, State.UNKNOWN, State.UP)
"""Theirs before ours, before what is well."""

Attempt = Callable[[Resolver, Trail], Awaitable[Finding]]
"""One attempt that asks this resolver, and leaves this trail."""


class Pinned(NamedTuple):
    """A resolver to which one name has one address; about others it asks as ever."""

    others: Resolver
    host: str
    address: str

    async def resolve(self, host: str, family: str, trail: Trail) -> tuple[str, ...]:
        """The address, or those that another name has. Raises Fault."""
        return (self.address,) if host == self.host else await self.others.resolve(host, family, trail)


async def try_every(check: Check, resolver: Resolver, trail: Trail, attempt: Attempt) -> Finding:
    """The worst of what the attempts find, all at once; fact `each`: what became of every address. Raises Fault."""
    host = _host(check.target)
    addresses = await find_addresses(check, host, resolver, trail)
    told: list[dict[str, Any]] = [{"address": address, "state": None} for address in addresses]
    trail.facts["each"], trail.phase = told, "each address"

    async def one(number: int) -> Finding:
        pinned = cast("Resolver", Pinned(resolver, host, addresses[number]))
        finding = await attempt(pinned, Trail(trail.clock, trail.timeout_ms))
        told[number].update(state=finding.state.value, latency_us=finding.latency_us, detail=finding.detail)
        return finding

    return _joined(addresses, await _all_of([one(number) for number in range(len(addresses))]), trail)


async def _all_of(attempts: Sequence[Awaitable[Finding]]) -> list[Finding]:
    """All of them; when one breaks, or nobody waits any more, none goes on."""
    tasks = [asyncio.ensure_future(each) for each in attempts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _joined(addresses: Sequence[str], findings: Sequence[Finding], trail: Trail) -> Finding:
    place = min(range(len(findings)), key=lambda at: (ORDER.index(findings[at].state), -(findings[at].latency_us or 0)))
    worst, address = findings[place], addresses[place]
    judged = tuple(_judged(*pair) for pair in zip(addresses, findings, strict=True))
    return replace(
        worst,
        phases_us={**worst.phases_us, "dns": trail.phases_us["dns"]} if "dns" in trail.phases_us else worst.phases_us,
        detail=worst.detail if worst.state is State.UP else clean(f"{address}: {worst.detail}"),
        facts={**worst.facts, "each": trail.facts["each"]},
        assertions=(*judged, *worst.assertions),
    )


def _judged(address: str, finding: Finding) -> Assertion:
    is_up = finding.state is State.UP
    seen = f"{finding.latency_us} µs" if is_up else finding.detail or str(finding.reason)
    return Assertion(f"{address} is up", seen, is_up)


def _host(target: str) -> str:
    if target.startswith(("http://", "https://")):
        return parse_host(urlsplit(target).hostname or "")
    return parse_endpoint(target, scheme="tcp", port=443).host
