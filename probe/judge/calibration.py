"""How far the times of this machine are off: every kind against loopback, as RFC 7679 §3.7.3 calibrates.

What is measured is what is there always (systematic, the median) and what comes and goes (random: 95 % of
the attempts lie no further from the median). What loopback itself and its other side take is in the figures:
they are the most that can be ours.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any, Final, NamedTuple

from probe.clock import NS_PER_US, Clock
from probe.config.checks import Schedule, make_check
from probe.judge.loopback import HOST, Peer, loopback_peer
from probe.model import Check, Finding, Reason, State
from probe.probers import PROBERS
from probe.probers.prober import Prober
from probe.runner import attempt
from probe.view.doctor import Error

COUNT: Final = 100
WARMING: Final = 5
"""Attempts before those that count: the first ones load what all the others share."""
TIMEOUT_MS: Final = 1_000
DESCRIPTORS: Final = 16
"""Free ones that all of it needs at one time."""
NAP_S: Final = 0.002
LONGEST_NS: Final = 900_000_000
"""What one kind may take of a person's time; a slow machine makes fewer attempts."""
ROUTE_PACKETS: Final = 10
"""Packets to the one hop of a route; ten routes at once are a hundred."""


class Trial(NamedTuple):
    """A kind, whom it is tried on, and with which of its settings; no target: why it is not tried."""

    kind: str
    target: str | None
    settings: dict[str, Any]
    why_not: str = ""


def calibrate(clock: Clock, count: int = COUNT) -> tuple[Error, ...]:
    """The timing error of each kind, and of the loop's own timers; a kind that cannot be tried says why.

    Raises OSError where nothing can be tried, ValueError where the library says so.
    """
    _make_sure_of_room()
    with loopback_peer() as peer:
        return asyncio.run(_all(clock, peer, count))


def _make_sure_of_room() -> None:
    """A loop that lacks a descriptor half-way leaves its own traces on the screen. Raises OSError."""
    with ExitStack() as stack:
        for _ in range(DESCRIPTORS):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def _trials(peer: Peer) -> tuple[Trial, ...]:
    return (
        Trial("http", f"http://{peer.tcp}/", {}),
        Trial("tcp", peer.tcp, {}),
        Trial("tls", peer.tls, {"verify": False}, "the program openssl, which makes its certificate, is not there"),
        Trial("dns", peer.dns, {"name": "loopback.test"}),
        Trial("icmp", HOST, {"count": 1}),
    )


async def _all(clock: Clock, peer: Peer, count: int) -> tuple[Error, ...]:
    found = [await _one_by_one(trial, clock, count) for trial in _trials(peer)]
    return (*found, await _routes(clock, count), await _timers(clock, count))


@asynccontextmanager
async def _ready(trial: Trial) -> AsyncIterator[tuple[Check, Prober]]:
    """The check of a trial, and a prober that is closed behind it."""
    prober = PROBERS[trial.kind]()
    settings = prober.Settings(**trial.settings)
    named = {"name": trial.kind, "settings": settings, "allow_private": True}
    check = make_check(trial.kind, trial.target or "", Schedule(timeout_ms=TIMEOUT_MS), **named)
    try:
        prober.prepare(check)
        yield check, prober
    finally:
        await prober.aclose()


async def _one_by_one(trial: Trial, clock: Clock, count: int) -> Error:
    if trial.target is None:
        return Error(trial.kind, says=trial.why_not)
    latencies: list[int] = []
    beyond: list[int] = []
    until_ns = clock.read().boot_ns + LONGEST_NS
    async with _ready(trial) as (check, prober):
        while len(latencies) < count + WARMING and (clock.read().boot_ns < until_ns or len(latencies) <= WARMING):
            finding = (await attempt(check, prober, clock)).finding
            if finding.state is not State.UP or finding.latency_us is None:
                return Error(trial.kind, says=_why(finding))
            latencies.append(finding.latency_us)
            if trial.kind == "tcp":
                beyond.append(abs(finding.latency_us - _plain_us(trial.target, clock)))
    return error_of(trial.kind, latencies[WARMING:], beyond[WARMING:])


def _plain_us(target: str, clock: Clock) -> int:
    """What the same handshake takes a program that does nothing else: the call of `connect`, and its return."""
    host, _, port = target.rpartition(":")
    with socket.socket() as sock:
        sock.settimeout(None)
        began_ns = clock.read().boot_ns
        sock.connect((host, int(port)))
        return (clock.read().boot_ns - began_ns) // NS_PER_US


async def _routes(clock: Clock, count: int) -> Error:
    """Routes of one hop, all at once: a route pauses between its packets. By UDP where ICMP is not allowed."""
    findings: list[Finding] = []
    for protocol in ("icmp", "udp"):
        settings = {"protocol": protocol, "max_hops": 1, "queries": min(ROUTE_PACKETS, count)}
        async with _ready(Trial("trace", HOST, settings)) as (check, prober):
            tries = [attempt(check, prober, clock) for _ in range(-(-count // ROUTE_PACKETS))]
            findings = [one.finding for one in await asyncio.gather(*tries)]
        if findings[0].reason is not Reason.NO_PERMISSION:
            break
    times = [rtt_us for one in findings for hop in one.facts.get("hops", ()) for rtt_us in hop["rtts_us"]]
    return error_of("trace", times) if times else Error("trace", says=_why(findings[0]))


async def _timers(clock: Clock, count: int) -> Error:
    """How late the loop wakes what waits for a time: by so much an attempt may be sent late."""
    late = []
    for _ in range(count):
        began_ns = clock.read().boot_ns
        await asyncio.sleep(NAP_S)
        took_ns = clock.read().boot_ns - began_ns
        late.append(max(took_ns // NS_PER_US - int(NAP_S * 1_000_000), 0))
    return error_of("timer", late)


def _why(finding: Finding) -> str:
    """Why a kind could not be tried, as its attempt says it."""
    return finding.detail or (finding.reason.meaning if finding.reason else "")


def error_of(kind: str, seen: Sequence[int], beyond: Sequence[int] = ()) -> Error:
    """The error that these times show, µs; `beyond` how far they lie from an independent measure."""
    middle = quantile(seen, 500)
    random = max(middle - quantile(seen, 25), quantile(seen, 975) - middle)
    further = (quantile(beyond, 500), quantile(beyond, 990)) if beyond else None
    return Error(kind, len(seen), middle, quantile(seen, 990), random, further)


def quantile(seen: Sequence[int], permille: int) -> int:
    """The smallest value that at least so many of a thousand do not exceed."""
    ranked = sorted(seen)
    return ranked[max(-(-len(ranked) * permille // 1000) - 1, 0)]
