"""Does our own resolver answer? Asked for the names that the checks name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from probe.clock import NS_PER_MS, Clock
from probe.config import Config
from probe.config.targets import host_of
from probe.model import Check, Reason
from probe.probers import is_tried
from probe.probers.net.endpoint import canonical_address
from probe.probers.net.fault import Fault
from probe.probers.net.resolver import Resolver
from probe.trail import begin
from probe.view.doctor import Level, Symptom

NAMES: Final = 3
WAIT_MS: Final = 3_000
SLOW_MS: Final = 500
FIX: Final = "name servers that answer in /etc/resolv.conf"


def resolving(config: Config, clock: Clock, resolver: Resolver | None = None) -> Iterator[Symptom]:
    """One symptom for each of a few names; none where every check names an address."""
    hosts = [host_of(check.target) for check in config.checks if is_tried(check.kind) and not _is_zone(check)]
    names = list(dict.fromkeys(host for host in hosts if canonical_address(host) is None))[:NAMES]
    for name in names:
        yield asyncio.run(_ask(name, clock, resolver or Resolver()))


def _is_zone(check: Check) -> bool:
    """Whether the target is a zone: it need not have an address."""
    return getattr(check.settings, "servers", None) == "all"


async def _ask(name: str, clock: Clock, resolver: Resolver) -> Symptom:
    trail = begin(clock, WAIT_MS)
    try:
        async with asyncio.timeout(WAIT_MS / 1000):
            await resolver.resolve(name, "any", trail)
    except Fault as fault:
        if fault.reason in {Reason.NAME_NOT_FOUND, Reason.NO_ADDRESS}:
            what = "does not exist" if fault.reason is Reason.NAME_NOT_FOUND else "has no address"
            return Symptom("resolver", Level.WARNING, f"{name}: the name {what}", "mend the check's target")
        return Symptom("resolver", Level.FAILED, f"{name}: {fault.reason.meaning}", FIX)
    except TimeoutError:
        return Symptom("resolver", Level.FAILED, f"{name}: no answer in {WAIT_MS // 1000} s", FIX)
    took_ms = (clock.read().boot_ns - trail.began.boot_ns) // NS_PER_MS
    level = Level.WARNING if took_ms > SLOW_MS else Level.FINE
    return Symptom("resolver", level, f"{name}: answered in {took_ms} ms", FIX if took_ms > SLOW_MS else "")
