"""Moves bytes over several connections for a fixed time and counts them; asks the round trip before and meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from probe.clock import NS_PER_MS, NS_PER_US
from probe.model import Check, Reason
from probe.probers.net.certificate import TlsPolicy, make_context
from probe.probers.net.connection import Connection, open_connection
from probe.probers.net.endpoint import parse_host
from probe.probers.net.fault import Fault
from probe.probers.net.http_wire import Wire
from probe.probers.net.interfaces import Moved, interface_of, kind_of, mbits_of, moved_over
from probe.probers.net.names import find_addresses
from probe.probers.net.resolver import Resolver
from probe.trail import Trail

if TYPE_CHECKING:
    import ssl

    from probe.probers.throughput import ThroughputSettings

PORTS: Final = {"http": 80, "https": 443}
IDLE_TRIES: Final = 3
LOADED_S: Final = 0.25
PIECE: Final = bytes(64 * 1024)
LEAST: Final = 64 * 1024
"""An answer with fewer bytes measures how fast connections are opened, not the line."""
TAIL_MS: Final = 200
"""Less time than this has no rate of its own."""
OVERHEAD_PERCENT: Final = 8
"""What headers of Ethernet, IP, TCP and TLS may add to the payload at most."""
HEADERS: Final = "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\nUser-Agent: probe (speed test)\r\n"


class Line:
    """One test: what it may move, what it has moved, and where it writes what it found."""

    def __init__(self, check: Check, resolver: Resolver, trail: Trail, left: int) -> None:
        """Nothing is moved yet; at most `left` bytes may be."""
        self.check, self.resolver, self.trail, self.left = check, resolver, trail, left
        self.settings: ThroughputSettings = check.settings
        self.moved = 0
        self.interface: str | None = None


class Flow:
    """Bytes of one direction, by the second; those of the ramp are not counted in the rate."""

    def __init__(self, line: Line) -> None:
        self.line, self.began_ns = line, line.trail.clock.read().boot_ns
        self.counted = self.total = 0
        self.end_ms = 0
        self.seconds: dict[int, int] = {}

    def add(self, count: int) -> bool:
        """Count what was moved; whether there may be more."""
        at_ms = self._elapsed_ms()
        self.total += count
        self.line.moved += count
        if at_ms < self.line.settings.duration_ms:
            self.seconds[at_ms // 1000] = self.seconds.get(at_ms // 1000, 0) + count
            self.counted += count if at_ms >= self.line.settings.ramp_ms else 0
        return self.line.moved < self.line.left

    def finish(self) -> None:
        """The test is over: also the time in which nothing came counts."""
        self.end_ms = min(self._elapsed_ms(), self.line.settings.duration_ms)

    def _elapsed_ms(self) -> int:
        return (self.line.trail.clock.read().boot_ns - self.began_ns) // NS_PER_MS

    def bps(self) -> int | None:
        """Bits a second after the ramp; None where too little time was left for one."""
        lasted_ms = self.end_ms - self.line.settings.ramp_ms
        return self.counted * 8000 // lasted_ms if lasted_ms >= TAIL_MS else None

    def bps_by_second(self) -> list[int]:
        """Bits a second in each second; the last may be a part of one, and what came after the end is in none."""
        lengths = [min(1000, self.end_ms - begin_ms) for begin_ms in range(0, max(self.end_ms, 1), 1000)]
        if len(lengths) > 1 and lengths[-1] < TAIL_MS:
            lengths.pop()
        return [self.seconds.get(second, 0) * 8000 // length_ms for second, length_ms in enumerate(lengths)]


Stream = Callable[[Connection, bytes, Flow], Awaitable[None]]


async def measure(line: Line) -> None:
    """Both directions, with everything that explains them, as facts of the trail. Raises Fault."""
    settings, facts = line.settings, line.trail.facts
    facts.update(other_traffic=False, basis="tcp payload", connections=settings.connections)
    facts.update(duration_ms=settings.duration_ms, ramp_ms=settings.ramp_ms)
    busy = os.times()
    await _direction(line, "down", line.check.target, _download)
    if settings.upload is not None:
        await _direction(line, "up", settings.upload, _upload)
    done = os.times()
    took_s = done.elapsed - busy.elapsed
    facts["cpu_percent"] = round(100 * (done.user + done.system - busy.user - busy.system) / took_s) if took_s else None


async def _direction(line: Line, name: str, url: str, stream: Stream) -> None:
    trail, facts = line.trail, line.trail.facts
    way = await _Way.to(line, url)
    with trail.during(f"{name}_idle"):
        idle = [await way.round_trip() for _ in range(IDLE_TRIES)]
    facts.setdefault("rtt_idle_us", min(idle))
    before = _counters(line)
    flow = Flow(line)
    with trail.during(name):
        loaded = await _transfer(line, way, flow, stream)
        flow.finish()
    if not flow.total:
        raise Fault(Reason.TIMEOUT, f"not a byte in {line.settings.duration_ms} ms")
    rate = flow.bps()
    if rate is None:
        raise Fault(Reason.BUDGET, f"{line.left} bytes left for the day were too few for a measurement")
    facts[f"{name}_bps"] = rate
    facts[f"{name}_seconds_bps"] = flow.bps_by_second()
    if loaded:
        facts["rtt_loaded_us"] = max(facts.get("rtt_loaded_us", 0), sum(loaded) // len(loaded))
    _note_others(line, name, flow.total, before)


def _counters(line: Line) -> Moved | None:
    return None if line.interface is None else moved_over(line.interface)


def _note_others(line: Line, name: str, ours: int, before: Moved | None) -> None:
    """What else went over the interface meanwhile, in the direction that was measured."""
    after = _counters(line)
    if before is None or after is None:
        return
    at = 0 if name == "down" else 1
    other = after[at] - before[at] - ours * (100 + OVERHEAD_PERCENT) // 100
    facts = line.trail.facts
    facts[f"{name}_interface_bytes"] = [before[at], after[at]]
    facts["other_traffic"] = facts["other_traffic"] or other > ours * line.settings.max_other


class _Way:
    """How to reach one URL: its addresses, resolved once, and TLS where it asks for it."""

    def __init__(self, line: Line, url: str) -> None:
        self._line = line
        parts = urlsplit(url)
        self._host, self._port = parse_host(parts.hostname or ""), parts.port or PORTS[parts.scheme]
        self._path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        self._netloc = parts.netloc
        self._addresses: tuple[str, ...] = ()
        self._context: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._context = make_context(TlsPolicy(line.settings.verify, None, None, None, None))

    @classmethod
    async def to(cls, line: Line, url: str) -> _Way:
        """The way to a URL, its interface noted."""
        way = cls(line, url)
        way._addresses = await find_addresses(line.check, way._host, line.resolver, line.trail)
        with closing(await way._connect()) as connection:
            line.trail.address = connection.address
            interface = interface_of(connection.sock.getsockname()[0])
        line.interface = interface
        if interface is not None:
            line.trail.facts.update(interface=interface, link=kind_of(interface), link_mbits=mbits_of(interface))
        return way

    async def round_trip(self) -> int:
        """One handshake of TCP, µs: the kernel's figure where it has one."""
        clock = self._line.trail.clock
        began_ns = clock.read().boot_ns
        with closing(await self._connect()) as connection:
            return connection.rtt_us or (clock.read().boot_ns - began_ns) // NS_PER_US

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Connection]:
        """A connection, under TLS where the URL says so."""
        with closing(await self._connect()) as connection:
            if self._context is not None:
                await connection.start_tls(self._context, self._host)
            yield connection

    def head(self, method: str, extra: str = "") -> bytes:
        """The head of a request."""
        return f"{method} {self._path} HTTP/1.1\r\nHost: {self._netloc}\r\n{HEADERS}{extra}\r\n".encode("ascii")

    async def _connect(self) -> Connection:
        """A connection; its times are not those of the test."""
        aside = Trail(self._line.trail.clock, self._line.trail.timeout_ms)
        self._line.trail.address = self._line.trail.address or self._addresses[0]
        return await open_connection(self._addresses, self._port, aside)


async def _transfer(line: Line, way: _Way, flow: Flow, stream: Stream) -> list[int]:
    """Move bytes until the time is over or all that may be moved is; the round trips meanwhile. Raises Fault."""
    loaded: list[int] = []
    head = way.head("GET") if stream is _download else way.head("POST", "Transfer-Encoding: chunked\r\n")

    async def one() -> None:
        while line.moved < line.left:
            async with way.open() as connection:
                await stream(connection, head, flow)

    async def ask() -> None:
        while True:
            await asyncio.sleep(LOADED_S)
            loaded.append(await way.round_trip())

    tasks = [asyncio.ensure_future(one()) for _ in range(line.settings.connections)]
    asking = asyncio.ensure_future(ask())
    try:
        done, _ = await asyncio.wait(
            tasks, timeout=line.settings.duration_ms / 1000, return_when=asyncio.FIRST_EXCEPTION
        )
        for ended in done:
            ended.result()
    finally:
        everything: list[asyncio.Future[Any]] = [*tasks, asking]
        for task in everything:
            task.cancel()
        await asyncio.gather(*everything, return_exceptions=True)
    return loaded


async def _download(connection: Connection, head: bytes, flow: Flow) -> None:
    """One answer, counted as it comes; what came with its head as well."""
    await connection.send(head)
    wire = Wire(connection)
    answer = await wire.head()
    if answer.status != 200:
        raise Fault(Reason.STATUS, f"{answer.status} instead of 200")
    count, more = 0, wire.unread or await connection.receive()
    while more:
        count += len(more)
        if not flow.add(len(more)):
            return
        more = await connection.receive()
    if count < LEAST:
        raise Fault(Reason.TOO_SMALL, f"the answer ended after {count} bytes; at least {LEAST} measure a line")


async def _upload(connection: Connection, head: bytes, flow: Flow) -> None:
    """One request without an end. A server that breaks it off may have said why."""
    frame = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    more = True
    try:
        await connection.send(head)
        while more:
            await connection.send(frame)
            more = flow.add(len(PIECE))
    except Fault:
        status = await _said(connection)
        if status is None or status < 300:
            raise
        raise Fault(Reason.STATUS, f"{status} to the upload") from None


async def _said(connection: Connection) -> int | None:
    """The status of an answer that is there; None where there is none."""
    try:
        return (await Wire(connection).head()).status
    except Fault:
        return None
