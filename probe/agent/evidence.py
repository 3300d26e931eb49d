"""What is looked at while a fault is on: the route to a target that is down, and the certificate it showed.

At most one route for each target and minute, a few at a time, beside the probing: a route that finds
no place is taken at the next failure. What the record cannot take is lost and told once: outcomes come first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol

from probe.agent.recorder import Recorder
from probe.clock import Clock
from probe.lanes import Ending
from probe.model import Check, Evidence, EvidenceKind, Finding, Reason, Role, State
from probe.probers import PROBERS
from probe.probers.net.endpoint import Endpoint, parse_endpoint
from probe.probers.prober import Prober
from probe.runner import Attempted, attempt

log = logging.getLogger(__name__)

EACH_MS: Final = 60_000
"""A target's route and its certificate are kept at most once in this time."""
AT_ONCE: Final = 4
WAITING: Final = 32
"""Routes that are being taken or wait for a place; more are not begun."""
TIMEOUT_MS: Final = 10_000
BY_TCP: Final = frozenset({"http", "tcp", "tls"})


class Keeper(Protocol):
    """What is needed of the store's writer here."""

    def keep_evidence(self, found: Sequence[Evidence]) -> Future[None]:
        """Append evidence; done when it is safe."""
        ...


class Wanted(NamedTuple):
    """A route to take: to what, and whether by TCP to its port."""

    target: Endpoint
    is_tcp: bool


class Witness:
    """Takes evidence of the targets that are down. `see` every ending; `stop` before the record closes."""

    def __init__(self, clock: Clock, keeper: Keeper, recorder: Recorder) -> None:
        """Nothing is looked at before the first failure."""
        self._clock, self._keeper, self._recorder = clock, keeper, recorder
        self._down: dict[str, str] = {}
        self._taken_ms: dict[tuple[EvidenceKind, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._prober: Prober = PROBERS["trace"]()
        self._is_refusing = False

    def see(self, ending: Ending) -> None:
        """One more ending: what it begins or ends is looked after."""
        check, found = ending.check, ending.finding
        if found.state is not State.DOWN or check.role is not Role.CHECK:
            self._down.pop(check.key, None)
            return
        certificate = found.facts.get("certificate")
        if certificate and found.reason is not None and found.reason.startswith("tls_"):
            self._keep_certificate(check, found, ending.at_boot_ms)
        target = wanted(check, found)
        if target is not None and check.kind != "trace":
            self._down[check.key] = target.target.host
            self._want(check, target)

    def forget(self, key: str) -> None:
        """This check is probed no more."""
        self._down.pop(key, None)

    async def stop(self) -> None:
        """Take no more; what is on its way is given up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._prober.aclose()

    def _want(self, check: Check, way: Wanted) -> None:
        if len(self._tasks) < WAITING and self._is_due(EvidenceKind.ROUTE, way.target.host):
            task = asyncio.get_running_loop().create_task(self._take(check, way), name=f"route {check.key}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _is_due(self, kind: EvidenceKind, target: str) -> bool:
        """Whether the minute since the last one is over; from now on another one runs."""
        now_ms = self._clock.read().boot_ms
        if now_ms - self._taken_ms.get((kind, target), -EACH_MS) < EACH_MS:
            return False
        self._taken_ms.pop((kind, target), None)
        while self._taken_ms and now_ms - next(iter(self._taken_ms.values())) >= EACH_MS:  # the oldest is first
            del self._taken_ms[next(iter(self._taken_ms))]
        self._taken_ms[kind, target] = now_ms
        return True

    async def _take(self, check: Check, way: Wanted) -> None:
        async with self._places:
            if way.target.host not in self._down.values():
                return  # it is up again
            tried = await take_route(check, way, self._prober, self._clock)
        keys = [key for key, host in self._down.items() if host == way.target.host] or [check.key]
        document = route_document(tried.finding)
        # another check of this target may have failed since the route was begun
        at_ms = dict.fromkeys(keys, tried.ended.boot_ms) | {check.key: tried.sent.boot_ms}
        self._keep([self._evidence(key, at_ms[key], EvidenceKind.ROUTE, document) for key in keys])

    def _keep_certificate(self, check: Check, found: Finding, at_boot_ms: int) -> None:
        if self._is_due(EvidenceKind.CERTIFICATE, check.key):
            names = ("certificate", "chain", "tls_version", "cipher")
            seen = {name: found.facts[name] for name in names if found.facts.get(name)}
            document = {"reason": str(found.reason), "address": found.address, **seen}
            self._keep([self._evidence(check.key, at_boot_ms, EvidenceKind.CERTIFICATE, document)])

    def _evidence(self, key: str, at_boot_ms: int, kind: EvidenceKind, document: Mapping[str, Any]) -> Evidence:
        scale = self._recorder.scale
        return Evidence(key, at_boot_ms + scale.offset_ms, scale.clock, kind, document)

    def _keep(self, found: list[Evidence]) -> None:
        self._keeper.keep_evidence(found).add_done_callback(self._settle)

    def _settle(self, done: Future[None]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None and not self._is_refusing:
            log.warning("evidence is not kept", extra={"error": str(error)})
        self._is_refusing = error is not None


def wanted(check: Check, found: Finding) -> Wanted | None:
    """The route to the address that an attempt used; None where it came to use none."""
    if found.address is None:
        return None
    target = parse_endpoint(found.address, scheme="", port=0)
    return Wanted(target, check.kind in BY_TCP and target.port > 0)


async def take_route(check: Check, way: Wanted, prober: Prober, clock: Clock) -> Attempted:
    """By TCP to the port that was used, else by ICMP, or UDP where that is not permitted."""
    settings = PROBERS["trace"].Settings
    if way.is_tcp:
        return await attempt(_traced(check, way, settings(protocol="tcp", port=way.target.port)), prober, clock)
    tried = await attempt(_traced(check, way, settings()), prober, clock)
    if tried.finding.reason is not Reason.NO_PERMISSION:
        return tried
    return await attempt(_traced(check, way, settings(protocol="udp")), prober, clock)


def _traced(check: Check, way: Wanted, settings: Any) -> Check:
    """The address was judged already when the attempt that failed used it."""
    host = way.target.host
    return replace(
        check, kind="trace", target=host, settings=settings, timeout_ms=TIMEOUT_MS, family="any", allow_private=True
    )


def route_document(found: Finding) -> dict[str, Any]:
    """A route as it is kept and shown: its facts, and why it ended where it did."""
    reason = None if found.reason is None else str(found.reason)
    return {"address": found.address, "state": str(found.state), "reason": reason, "detail": found.detail} | dict(
        found.facts
    )
