"""Does the host answer echo requests? A burst counts as one attempt, good if any packet is answered.

The latency is the mean round trip of the packets that came back, by the kernel's time stamps. A
burst ends when every packet has its answer, or after 95 % of the check's timeout. Not being allowed
to send, or having no route, is ours: unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, cast

from probe.model import Assertion, Check, Finding, Reason
from probe.probers.attempting import Attempting, Judged, conclude
from probe.probers.net.endpoint import parse_host
from probe.probers.net.fault import Fault
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.net.echo import EchoSockets
    from probe.probers.net.faults import Notice
    from probe.probers.net.resolver import Resolver
    from probe.probers.net.volley import Volley, Volleys
    from probe.runner import Land, Stop

SHARE: Final = 0.95
"""Of the timeout, after which what is not answered is lost: before the deadline, so that the loss is told."""
COUNT_LIMIT: Final = 100
NO_LOSS: Final = Fraction(0)
SIZES: Final = range(16, 65_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpSettings:
    """The keys under `icmp.` of a check."""

    count: int = 3
    """Packets in a volley."""
    spacing_ms: int = 300
    """`spacing`: time between two packets of a volley."""
    size: int = 56
    """Bytes of payload in a packet; 16 of them are random and identify it."""
    dont_fragment: bool = False
    """Forbid routers to split the packets."""
    max_loss: str | None = None
    """Largest share of packets that may be lost, as in "50 %"; without it any answer is enough."""
    max_rtt_ms: int | None = None
    """`max_rtt`: the mean round trip must not be longer."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        problems = []
        if not 0 < self.count <= COUNT_LIMIT:
            problems.append(f"count: must be from 1 to {COUNT_LIMIT}")
        if self.spacing_ms < 1:
            problems.append("spacing: must be at least 1 ms")
        if self.size not in SIZES:
            problems.append(f"size: must be from {SIZES.start} to {SIZES.stop - 1}")
        if self.max_loss is not None and parse_share(self.max_loss) is None:
            problems.append(f'max_loss: "{self.max_loss}" is not a share; write it as "50 %"')
        if self.max_rtt_ms is not None and self.max_rtt_ms <= 0:
            problems.append("max_rtt: must be longer than 0")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def least_timeout_ms(self) -> int:
        """The shortest timeout in which the whole burst can be sent and its last packet be answered."""
        return int((self.count - 1) * self.spacing_ms / SHARE) + 1000


def parse_share(text: str) -> Fraction | None:
    """ "50 %" as 1/2; None when it is not a share from 0 % to 100 %."""
    number = text.strip()
    if not number.endswith("%") or not number[:-1].strip().replace(".", "", 1).isdecimal():
        return None
    share = Fraction(number[:-1].strip()) / 100
    return share if share <= 1 else None


class IcmpProber(Attempting):
    """Kind "icmp"; the target is a host name or an address."""

    Settings = IcmpSettings

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        super().__init__(resolver)
        self._fired: Volleys | None = None

    @staticmethod
    def target(text: str) -> str:
        """A host name or an address. Raises ValueError with a remedy."""
        return parse_host(text)

    def prepare(self, check: Check) -> None:
        """Load what the first attempt would have to load."""
        super().prepare(check)
        self._shared().keep_stamping()

    async def aclose(self) -> None:
        """Close the shared sockets, should a burst still be on its way."""
        if self._fired is not None:
            self._fired.sockets.close()

    def _volleys(self) -> Volleys:
        """What all attempts share."""
        if self._fired is None:
            from probe.probers.net.volley import Volleys

            self._fired = Volleys(SHARE)
        return self._fired

    def _shared(self) -> EchoSockets:
        """The sockets that all attempts share."""
        return self._volleys().sockets

    def launch(self, check: Check, trail: Trail, land: Land) -> Stop | None:
        """Begin without a task, as the runner's Launches says; a name that must be resolved first needs one."""
        return self._volleys().launch(check, trail, _judge, land)

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        """With a task to wait in."""
        from probe.probers.net.names import find_addresses

        address = (await find_addresses(check, check.target, self._names(), trail))[0]
        trail.address = address
        return _judge(await self._volleys().fire(check, address, trail))


def _judge(volley: Volley) -> Finding:
    trail, settings = volley.trail, cast("IcmpSettings", volley.burst)
    replies, sent = volley.replies, len(volley.packets)
    notices = volley.notices if len(replies) < sent else []
    rtts_us = [reply.rtt_us for reply in replies]
    trail.facts |= {"sent": sent, "received": len(replies), "rtts_us": rtts_us}
    if replies:
        trail.facts["ttl"] = replies[-1].ttl
    if notices:
        from probe.probers.net.faults import say

        trail.facts["errors"] = sorted({f"{notice.reporter}: {say(notice)}" for notice in notices})
    if not replies:
        raise _silence(volley, notices)
    latency_us = sum(rtts_us) // len(rtts_us)
    loss = Fraction(sent - len(replies), sent) if len(replies) < sent else NO_LOSS
    return conclude(_assertions(settings, loss, latency_us), latency_us, trail)


def _assertions(settings: IcmpSettings, loss: Fraction, latency_us: int) -> list[Judged]:
    found = []
    allowed = None if settings.max_loss is None else parse_share(settings.max_loss)
    if allowed is not None:
        seen = f"{int(loss * 100)} % lost"
        found.append((Reason.LOSS, Assertion(f"max_loss {settings.max_loss}", seen, loss <= allowed)))
    if settings.max_rtt_ms is not None:
        held = latency_us <= settings.max_rtt_ms * 1000
        found.append((Reason.TOO_SLOW, Assertion(f"max_rtt {settings.max_rtt_ms} ms", f"{latency_us} µs", held)))
    return found


def _silence(volley: Volley, notices: Sequence[Notice]) -> Fault:
    """Why nothing came back, and whose fault that is."""
    from probe.probers.net.faults import is_own_address, say

    if not volley.packets:
        return volley.refusals[0] if volley.refusals else Fault(Reason.STALL, "no time was left to send anything")
    if volley.is_unsent:
        sent, planned = len(volley.packets), volley.burst.count
        return Fault(Reason.STALL, f"0 of {sent} packets answered, and for {planned - sent} more no time was left")
    if not notices:
        return Fault(Reason.TIMEOUT, f"0 of {len(volley.packets)} packets answered")
    last = notices[-1]
    is_ours = all(notice.is_own for notice in notices) and not is_own_address(last.destination)
    reason = Reason.NO_ROUTE_LOCAL if is_ours else Reason.UNREACHABLE_REMOTE
    return Fault(reason, f"{last.reporter}: {say(last)}")
