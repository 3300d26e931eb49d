"""The way to an address, hop by hop: packets that may pass 1, 2, 3 … routers, and who sends them back.

Eight hops are asked at once, each `queries` times with a pause between, because routers answer a few
such packets a second only; it ends with the target's answer, or when eight hops in a row stay silent.
Errors come from the kernel's own queue with its time stamp (IP_RECVERR), so UDP and TCP need no right,
and ICMP what an echo needs. icmplib's traceroute is not used: it blocks, hop by hop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from probe.probers.net.fault import Fault
from probe.trail import Trail

AT_ONCE: Final = 8
"""Hops that are asked together; so many silent ones in a row end the search."""
PAUSE_S: Final = 0.005
"""Between two packets of a round, and ten times that between two rounds."""
SHARE: Final = 0.95
"""Of the attempt's time; what is not answered then stays silent, and the route so far is told."""


class Answer(NamedTuple):
    """Who answered a packet, how fast, and whether it was the target; `says` is what else a router said."""

    address: str
    rtt_us: int
    is_target: bool = False
    says: str = ""
    is_own: bool = False
    """It is this machine that says so."""


Shot = Callable[[int, float], Awaitable[Answer | None]]
"""Sends one packet that may pass so many hops; its answer within so many seconds. Raises Fault."""


class Hop(NamedTuple):
    """One step of the way, and the answers to its packets in the order of sending."""

    number: int
    answers: tuple[Answer | None, ...]

    @property
    def heard(self) -> list[Answer]:
        """The answers that came."""
        return [answer for answer in self.answers if answer is not None]

    def facts(self) -> dict[str, Any]:
        """As JSON values. `addresses`: more than one where the way divides."""
        heard = self.heard
        addresses = list(dict.fromkeys(answer.address for answer in heard))
        found: dict[str, Any] = {
            "hop": self.number,
            "address": addresses[0] if addresses else None,
            "sent": len(self.answers),
            "rtts_us": [answer.rtt_us for answer in heard],
        }
        if len(addresses) > 1:
            found["addresses"] = addresses
        says = sorted({answer.says for answer in heard if answer.says})
        return found | ({"says": says} if says else {})


class Search(NamedTuple):
    """How far a route is followed, packets for each hop, and how long one is waited for."""

    max_hops: int
    queries: int
    wait_s: float


async def find_route(shoot: Shot, search: Search, trail: Trail) -> list[Hop]:
    """The hops up to the target, else up to the last that answered. Raises Fault when nothing can be sent."""
    hops: list[Hop] = []
    for first in range(1, search.max_hops + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, search.max_hops + 1))
        more = await _ask(shoot, numbers, search, trail)
        hops += more
        if not any(hop.heard for hop in more) or _end(more) or trail.left_s(SHARE) <= 0:
            break
    hops = _folded(hops)
    last = _end(hops) or max((hop.number for hop in hops if hop.heard), default=0)
    return [hop for hop in hops if hop.number <= last]


def _folded(hops: list[Hop]) -> list[Hop]:
    """A router of the way that says "unreachable" of packets meant for the hops behind it says it at its own place."""
    says = {answer.address: answer for hop in hops for answer in hop.heard if answer.says}
    for place, hop in enumerate(hops):
        for number, answer in enumerate(hop.answers):
            if answer is not None and answer.address in says:
                told = answer._replace(says=says[answer.address].says, is_own=says[answer.address].is_own)
                answers = (*hop.answers[:number], told, *hop.answers[number + 1 :])
                return [*hops[:place], hop._replace(answers=answers), *hops[place + 1 :]]
    return hops


def _end(hops: Sequence[Hop]) -> int:
    """The number of the first hop that ends the way: the target, or a router that goes no further; else 0."""
    ends = (hop.number for hop in hops if any(answer.is_target or answer.says for answer in hop.heard))
    return next(ends, 0)


async def _ask(shoot: Shot, numbers: range, search: Search, trail: Trail) -> list[Hop]:
    """All answers of these hops, in rounds. Raises the first Fault where no packet could be sent."""
    rounds: list[list[asyncio.Task[Answer | Fault | None]]] = [[] for _ in range(search.queries)]
    tasks: list[asyncio.Task[Answer | Fault | None]] = []
    try:
        for one in rounds:
            for number in numbers:
                wait_s = min(search.wait_s, trail.left_s(SHARE))
                one.append(asyncio.ensure_future(_try(shoot, number, wait_s)))
                tasks.append(one[-1])
                await asyncio.sleep(PAUSE_S)
            await asyncio.sleep(10 * PAUSE_S)
        await asyncio.wait(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    results = [[task.result() for task in one] for one in rounds]
    faults = [result for one in results for result in one if isinstance(result, Fault)]
    if len(faults) == len(tasks):
        raise faults[0]
    return [Hop(number, _answers(one[place] for one in results)) for place, number in enumerate(numbers)]


async def _try(shoot: Shot, number: int, wait_s: float) -> Answer | Fault | None:
    try:
        return await shoot(number, wait_s)
    except Fault as fault:
        return fault


def _answers(results: Iterable[Answer | Fault | None]) -> tuple[Answer | None, ...]:
    """Those of the packets that were sent."""
    return tuple(result for result in results if not isinstance(result, Fault))
