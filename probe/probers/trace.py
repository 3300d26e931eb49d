"""By which routers does the way to a target lead, and does it get there?

Up when the target itself answers, whatever the routers do; the latency is the mean round trip of its
answers. Routers that stay silent are shown as such: many do, and it proves nothing. A route is taken
by itself too, at most one a minute and target, while a check of another kind fails, and kept as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from probe.model import Check, Finding, Reason
from probe.probers.attempting import Attempting, conclude
from probe.probers.net.endpoint import Endpoint, parse_host
from probe.probers.net.fault import Fault
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.net.echo import EchoSockets
    from probe.probers.net.resolver import Resolver
    from probe.probers.net.route import Hop, Shot

PORTS: Final = {"udp": 33434, "tcp": 80}
"""Where a packet goes when no port is named, by protocol; ICMP has none."""
MAX_HOPS: Final = 64
MAX_QUERIES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """The keys under `trace.` of a check."""

    protocol: str = "icmp"
    """Packets that are sent: `icmp`, `udp` or `tcp`; the last two need no right."""
    port: int | None = None
    """Where they go; without it 33434 by UDP and 80 by TCP."""
    max_hops: int = 30
    """Routers that are followed at most; eight silent ones in a row end the search before."""
    queries: int = 3
    """Packets for each hop."""
    wait_ms: int = 800
    """`wait`: how long an answer is waited for."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        problems = []
        if self.protocol not in {"icmp", *PORTS}:
            problems.append(f'protocol: "{self.protocol}" is not one of icmp, tcp, udp')
        if self.port is not None and self.protocol not in PORTS:
            problems.append("port: ICMP has none; leave it out, or use tcp or udp")
        if self.port is not None and not 0 < self.port < 65536:
            problems.append("port: must be from 1 to 65535")
        if not 0 < self.max_hops <= MAX_HOPS:
            problems.append(f"max_hops: must be from 1 to {MAX_HOPS}")
        if not 0 < self.queries <= MAX_QUERIES:
            problems.append(f"queries: must be from 1 to {MAX_QUERIES}")
        if self.wait_ms < 1:
            problems.append("wait: must be at least 1 ms")
        if problems:
            raise ValueError("; ".join(problems))


class TraceProber(Attempting):
    """Kind "trace"; the target is a host name or an address."""

    Settings = TraceSettings

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        super().__init__(resolver)
        self._sockets: EchoSockets | None = None

    @staticmethod
    def target(text: str) -> str:
        """A host name or an address. Raises ValueError with a remedy."""
        return parse_host(text.removeprefix("trace://"))

    def prepare(self, check: Check) -> None:
        """Load what the first attempt would have to load, and have the kernel stamp from now on."""
        from probe.probers.net import shots

        del shots
        super().prepare(check)
        self._shared().keep_stamping()

    async def aclose(self) -> None:
        """Close the shared sockets, should an attempt still be on its way; nothing is stamped any more."""
        if self._sockets is not None:
            self._sockets.close()

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.names import find_addresses
        from probe.probers.net.route import Search, find_route

        settings: TraceSettings = check.settings
        address = (await find_addresses(check, check.target, self._names(), trail))[0]
        trail.address = address
        trail.facts["protocol"] = settings.protocol
        search = Search(settings.max_hops, settings.queries, settings.wait_ms / 1000)
        with trail.during("route"):
            hops = await find_route(self._way(settings, address, trail), search, trail)
        return _judge(hops, trail)

    def _shared(self) -> EchoSockets:
        from probe.probers.net.echo import EchoSockets

        self._sockets = self._sockets or EchoSockets()
        return self._sockets

    def _way(self, settings: TraceSettings, address: str, trail: Trail) -> Shot:
        from probe.probers.net.shots import by_icmp, by_tcp, by_udp

        if settings.protocol == "icmp":
            return by_icmp(self._shared().get(address, trail.clock), address)
        target = Endpoint(address, settings.port or PORTS[settings.protocol])
        trail.facts["port"] = target.port
        return (by_tcp if settings.protocol == "tcp" else by_udp)(target, trail.clock)


def _judge(hops: list[Hop], trail: Trail) -> Finding:
    """Up with the round trip to the target. Raises Fault when it did not answer."""
    heard = [answer for hop in hops for answer in hop.heard]
    rtts_us = [answer.rtt_us for answer in heard if answer.is_target]
    trail.facts["reached"] = bool(rtts_us)
    trail.facts["last_hop"] = _last(hops)
    trail.facts["hops"] = [hop.facts() for hop in hops]
    if rtts_us:
        return conclude([], sum(rtts_us) // len(rtts_us), trail)
    refusal = next((answer for answer in heard if answer.says), None)
    if refusal is not None:
        reason = Reason.NO_ROUTE_LOCAL if refusal.is_own else Reason.UNREACHABLE_REMOTE
        raise Fault(reason, f"{refusal.address}: {refusal.says}")
    where = f"the last to answer is hop {hops[-1].number}, {hops[-1].heard[0].address}" if hops else "nobody answered"
    raise Fault(Reason.TIMEOUT, f"the target did not answer; {where}")


def _last(hops: list[Hop]) -> dict[str, object] | None:
    """The last hop that answered and the network it is in; None when none did."""
    from probe.probers.net.addresses import network_of

    if not hops:
        return None
    address = hops[-1].heard[0].address
    return {"hop": hops[-1].number, "address": address, "network": network_of(address)}
