"""What the kinds share that reach out over the network: one attempt, its end, and our resolver.

Nothing is loaded before it is needed: a kind's Settings are read without any of the network code.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING

from probe.model import Assertion, Check, Finding, Reason, State
from probe.probers.net.clean import clean
from probe.probers.net.fault import Fault
from probe.trail import Trail, current

if TYPE_CHECKING:
    from probe.probers.net.resolver import Resolver

Judged = tuple[Reason, Assertion]
"""An expectation, and the reason of the outcome should it not hold."""


class Attempting:
    """Base of a prober: a Fault that ends the attempt becomes what is recorded of it."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        self._resolver = resolver

    def prepare(self, check: Check) -> None:
        """Load what the first attempt would have to load."""
        from probe.probers.net import names

        del check, names
        self._names()

    async def probe(self, check: Check) -> Finding:
        """Perform the check once."""
        trail = current()
        try:
            if getattr(check.settings, "all_addresses", False):
                return await self._try_every(check, trail)
            return await self._attempt(check, trail)
        except Fault as fault:
            return fault.finding(trail)

    async def aclose(self) -> None:
        """Nothing is kept between attempts."""

    async def apart(self, check: Check, resolver: Resolver, trail: Trail) -> Finding:
        """One attempt as part of another, which asks this resolver and leaves a trail of its own."""
        twin = copy(self)
        vars(twin)["_resolver"] = resolver
        return await twin.once(check, trail)

    async def once(self, check: Check, trail: Trail) -> Finding:
        """One attempt on this trail."""
        try:
            return await self._attempt(check, trail)
        except Fault as fault:
            return fault.finding(trail)

    async def _try_every(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.every import try_every

        return await try_every(check, self._names(), trail, partial(self.apart, check))

    @abstractmethod
    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        """The attempt itself. Raises Fault."""
        ...

    def _names(self) -> Resolver:
        """The resolver that all attempts share."""
        if self._resolver is None:
            from probe.probers.net.resolver import Resolver

            self._resolver = Resolver()
        return self._resolver


def conclude(judged: Iterable[Judged], latency_us: int | None, trail: Trail) -> Finding:
    """The finding of a complete answer: up when all expectations held, else down by the first that did not."""
    all_judged = tuple(judged)
    reason, broken = None, None
    for reason_of_one, one in all_judged:
        if not one.held:
            reason, broken = reason_of_one, one
            break
    return Finding(
        state=State.UP if reason is None else State.DOWN,
        reason=reason,
        latency_us=latency_us,
        phases_us=dict(trail.phases_us),
        address=trail.address,
        detail="" if broken is None else clean(f"{broken.expectation}: {broken.seen}"),
        facts=dict(trail.facts),
        assertions=tuple(assertion for _, assertion in all_judged),
    )


def speed(max_time_ms: int | None, took_us: int) -> list[Judged]:
    """The expectation `max_time`, where there is one."""
    if max_time_ms is None:
        return []
    held = took_us <= max_time_ms * 1000
    return [(Reason.TOO_SLOW, Assertion(f"max_time {max_time_ms} ms", f"{took_us} µs", held))]
