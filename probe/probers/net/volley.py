"""The packets of one ICMP attempt: sent at their spacing, gathered as they are answered. Nothing waits: all is called.

A thousand volleys that begin together cost a thousand packets and not a thousand tasks: they share the socket,
and its reader hands out all answers that have come in one turn of the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from probe.model import Check, Finding
from probe.probers.net.echo import EchoSocket, EchoSockets, Reply, Request
from probe.probers.net.fault import Fault
from probe.probers.net.faults import Notice
from probe.probers.net.landing import fail_later
from probe.probers.net.names import known_address
from probe.runner import Land, Stop
from probe.trail import Trail
from probe.wheel import Appointment, running_wheel

ECHO: Final = "echo"
"""The phase of the packets."""


class Burst(Protocol):
    """What is to be sent."""

    @property
    def count(self) -> int:
        """Packets."""
        ...

    @property
    def spacing_ms(self) -> int:
        """Time between two."""
        ...

    @property
    def size(self) -> int:
        """Bytes of payload."""
        ...

    @property
    def dont_fragment(self) -> bool:
        """Whether routers may not split them."""
        ...


Judge = Callable[["Volley"], Finding]
"""Makes the finding of a volley that is over. Raises Fault."""


class _Packet(Request):
    """One packet, and its answer once there is one."""

    __slots__ = ("answer", "volley")

    def __init__(self, address: str, volley: Volley) -> None:
        self.address, self.volley = address, volley
        self.answer: Reply | Notice | None = None

    def take(self, answer: Reply | Notice) -> None:
        """Keep it, and tell the volley; after that it is only kept by it."""
        self.answer = answer
        volley = self.volley
        del self.volley
        volley.note()


class Volley:
    """The packets of one attempt and what became of them. `over` is called once, never from within `begin`."""

    __slots__ = (
        "_end",
        "_is_sending",
        "_left",
        "_next",
        "_over",
        "_shared",
        "_unanswered",
        "address",
        "burst",
        "packets",
        "refusals",
        "trail",
    )

    def __init__(self, shared: EchoSocket, address: str, burst: Burst, trail: Trail) -> None:
        """Nothing is sent yet."""
        self._shared, self.address, self.burst, self.trail = shared, address, burst, trail
        self._over: Callable[[], object] | None = None
        self._left, self._unanswered = burst.count, 0
        self._next: Appointment | None = None
        self.packets: list[_Packet] = []
        """Those that left this machine, as far as it knows, in the order of sending."""
        self.refusals: list[Fault] = []
        """Why others did not."""

    def begin(self, wait_s: float, over: Callable[[], object]) -> None:
        """Send the first packet; the others follow, and what has no answer so many seconds from now is lost."""
        self._over = over
        self._end = running_wheel().after(wait_s, self._lose)
        if wait_s > 0:
            self._send()

    def stop(self) -> None:
        """Stop waiting; `over` is not called any more."""
        self._over = None
        self._end.cancel()
        if self._next is not None:
            self._next.cancel()
        if self._unanswered:
            for packet in self.packets:
                if packet.answer is None:
                    self._shared.forget(packet)

    def note(self) -> None:
        """A packet of this volley was answered."""
        self._unanswered -= 1
        if not self._unanswered and not self._left and not self._is_sending:
            self._conclude()

    @property
    def is_unsent(self) -> bool:
        """Whether the end came before all packets were sent: a loop that stood still."""
        return self._left > 0

    @property
    def replies(self) -> list[Reply]:
        """The answers, in the order of sending."""
        return [packet.answer for packet in self.packets if type(packet.answer) is Reply]

    @property
    def notices(self) -> list[Notice]:
        """The ICMP errors about packets that were not answered."""
        return [packet.answer for packet in self.packets if type(packet.answer) is Notice]

    def _send(self) -> None:
        """One packet; a loop that is late sends none after the end."""
        self._left -= 1
        packet = _Packet(self.address, self)
        self._is_sending = True
        self.packets.append(packet)
        self._unanswered += 1
        try:
            self._shared.post(packet, self.burst.size, may_fragment=not self.burst.dont_fragment)
        except Fault as refusal:
            self.refusals.append(refusal)
            self.packets.pop()
            self._unanswered -= 1
        self._is_sending = False
        if self._left:
            self._next = running_wheel().after(self.burst.spacing_ms / 1000, self._send_next)
        elif not self._unanswered:
            self._next = running_wheel().after(0, self._conclude)

    def _send_next(self) -> None:
        if asyncio.get_running_loop().time() < self._end.due_s:
            self._send()

    def _lose(self) -> None:
        """The time is up; but what the kernel holds already has come in time."""
        self._shared.drain()
        self._conclude()

    def _conclude(self) -> None:
        over = self._over
        if over is not None:
            self.stop()
            over()


class Volleys:
    """All volleys of one prober, and the sockets that they share."""

    def __init__(self, share: float) -> None:
        """Nothing is open yet. share: of the timeout, after which what is not answered is lost."""
        self.sockets, self._share = EchoSockets(), share

    def launch(self, check: Check, trail: Trail, judge: Judge, land: Land) -> Stop | None:
        """Begin a volley at a target that is an address; None where it is a name. See the runner's Launches."""
        try:
            address = known_address(check, check.target)
        except Fault as fault:
            return fail_later(fault, trail, land)
        if address is None:
            return None
        trail.address, trail.phase = address, ECHO
        volley = _Launched(self.sockets.get(address, trail.clock), address, check.settings, trail)
        volley.judge, volley.land = judge, land
        volley.begin(check.timeout_ms * self._share / 1000, volley.finish)
        return volley.stop

    async def fire(self, check: Check, address: str, trail: Trail) -> Volley:
        """A volley, once it is over."""
        done = asyncio.Event()
        volley = Volley(self.sockets.get(address, trail.clock), address, check.settings, trail)
        try:
            with trail.during(ECHO):
                volley.begin(trail.left_s(self._share), done.set)
                await done.wait()
        finally:
            volley.stop()
        return volley


class _Launched(Volley):
    """One that no task waits for."""

    __slots__ = ("judge", "land")
    judge: Judge
    land: Land

    def finish(self) -> None:
        """It is over."""
        land = self.land
        del self.land
        land(self._find)

    def _find(self) -> Finding:
        self.trail.leave(ECHO, self.trail.began.boot_ns)
        try:
            return self.judge(self)
        except Fault as fault:
            return fault.finding(self.trail)
