"""Loopback servers that misbehave on demand, and the few tools to meet them: every test of a prober starts here."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

import dns.message
import dns.rdatatype
import dns.rrset
import h2.config
import h2.connection
import h2.events

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Script = Sequence[tuple[bytes, bytes]]
Talk = Callable[[Reader, Writer], Awaitable[None]]
Answer = Callable[[dns.message.Message], "dns.message.Message | bytes | list[bytes] | None"]


@dataclass
class Peer:
    """A server in this process: where it listens, and what it has heard."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def tcp_peer(
    talk: Talk, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Peer]:
    """Whoever connects is talked to in this way; the connection is cut when the talk is over, or the test."""
    talks: set[asyncio.Task[None]] = set()
    peer = Peer(port=0)

    async def meet(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        peer.reached.set()
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            talks.discard(task)
            writer.transport.abort() if tls else writer.close()

    server = await asyncio.start_server(meet, host, port, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0.01)  # lets the transports close


def says(*parts: bytes, pause_s: float = 0) -> Talk:
    """Hears a request, answers with these parts, ends."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return talk


def greets(banner: bytes) -> Talk:
    """Speaks first, and ends."""

    async def talk(_: Reader, writer: Writer) -> None:
        writer.write(banner)
        await writer.drain()

    return talk


async def stalls(reader: Reader, writer: Writer) -> None:
    """Accepts, listens, and never says a word; leaves when the other side does."""
    del writer
    while await reader.read(4096):
        pass


def resets(after: bytes = b"", before: bytes = b"") -> Talk:
    """Waits for `after` (nothing: at once), says `before`, and resets the connection."""

    async def talk(reader: Reader, writer: Writer) -> None:
        if after:
            await reader.readuntil(after)
        writer.write(before)
        await writer.drain()
        if before:
            await asyncio.sleep(0.02)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return talk


def goes_on(head: bytes, chunk: bytes, pause_s: float = 0) -> Talk:
    """Answers with the head, and then with the chunk for ever."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return talk


def reply(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """A well-formed answer; `content_type="x"` is the header content-type."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "content_length" not in headers and "transfer_encoding" not in headers:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def routes(peer_of: Callable[[], Peer], pages: dict[str, bytes]) -> Talk:
    """A web server: path to answer; what was asked is kept in `heard`."""

    async def talk(reader: Reader, writer: Writer) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        for line in request.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                request += await reader.readexactly(int(line.split(b":")[1]))
        peer_of().heard.append(request)
        path = request.split(b" ")[1].decode()
        writer.write(pages.get(path, reply("404 Not Found")))
        await writer.drain()

    return talk


@asynccontextmanager
async def web_peer(pages: dict[str, bytes], *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """A web server with these pages."""
    found: list[Peer] = []
    async with tcp_peer(routes(lambda: found[0], pages), tls=tls) as peer:
        found.append(peer)
        yield peer


@asynccontextmanager
async def full_backlog() -> AsyncIterator[int]:
    """A port where connecting never ends: its queue is full, and the kernel drops what more comes."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            filler.connect(("127.0.0.1", port))
    await asyncio.sleep(0.02)
    try:
        yield port
    finally:
        for sock in [*fillers, listener]:
            sock.close()


def closed_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody listens on."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class DnsServer(asyncio.DatagramProtocol):
    """A name server whose every answer is made by a function of the question."""

    def __init__(self, answer: Answer, delay_s: float = 0) -> None:
        self.answer, self.delay_s = answer, delay_s
        self.questions: list[dns.message.Message] = []
        self.transport: asyncio.DatagramTransport | None = None
        self.datagrams: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)  # its own class does not say so in 3.11

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        self.datagrams.put_nowait((data, source))
        for wire in self.wires(data):
            asyncio.get_running_loop().call_later(self.delay_s, self.send, wire, source)

    async def next_datagram(self) -> tuple[bytes, tuple[str, int]]:
        """The next one heard, with its sender."""
        return await self.datagrams.get()

    def send(self, wire: bytes, source: tuple[str, int]) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(wire, source)

    def wires(self, data: bytes) -> list[bytes]:
        question = dns.message.from_wire(data)
        self.questions.append(question)
        made = self.answer(question)
        if made is None:
            return []
        if isinstance(made, list):
            return made
        return [made if isinstance(made, bytes) else made.to_wire()]


@asynccontextmanager
async def dns_peer(
    answer: Answer, *, delay_s: float = 0, by_tcp: Answer | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[DnsServer, int]]:
    """A name server on UDP and, on the same port, TCP."""
    server = DnsServer(answer, delay_s)
    over_tcp = DnsServer(by_tcp or answer)

    async def talk(reader: Reader, writer: Writer) -> None:
        size = int.from_bytes(await reader.readexactly(2))
        for wire in over_tcp.wires(await reader.readexactly(size)):
            writer.write(len(wire).to_bytes(2) + wire)
        await writer.drain()

    async with tcp_peer(talk, host=host) as peer:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=(host, peer.port))
        try:
            yield server, peer.port
        finally:
            transport.close()
            await asyncio.sleep(0)


def answers(*records: str, rcode: int = 0, flags: int = 0) -> Answer:
    """Always these records (`name ttl class type value`), whatever was asked."""

    def answer(question: dns.message.Message) -> dns.message.Message:
        made = dns.message.make_response(question)
        made.set_rcode(rcode)  # type: ignore[arg-type]  # dnspython takes the number too
        made.flags |= flags
        for record in records:
            name, ttl, cls, kind, value = record.split(" ", 4)
            made.answer.append(dns.rrset.from_text(name, int(ttl), cls, kind, value))
        return made

    return answer


def zone(names: dict[tuple[str, str], list[str]]) -> Answer:
    """A small zone: (name, type) to values; a name that is in it under no type does not exist."""

    def answer(question: dns.message.Message) -> dns.message.Message:
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        made = dns.message.make_response(question)
        if (name, kind) in names:
            made.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, names[name, kind]))
        elif not any(known == name for known, _ in names):
            made.set_rcode(3)  # type: ignore[arg-type]  # dnspython takes the number too
        return made

    return answer


class Beat(NamedTuple):
    """How late the loop came to what was due, and how much of that was ours.

    Ours is work, and waiting for a thread of ours that has the interpreter. Not ours is the time in which a thread
    could have run and had no processor: others of this machine had them.
    """

    late_s: float
    own_s: float


def starved_s() -> float:
    """How long the threads of this process have waited for a processor, all together."""
    waited_ns = 0
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            waited_ns += int((task / "schedstat").read_text().split()[1])
    return waited_ns / 1e9


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[Beat]]:
    """How this loop comes to what is due, again and again."""
    beats: list[Beat] = []

    async def beat() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s, before_s = loop.time() + 0.005, starved_s()
            await asyncio.sleep(0.005)
            late_s = max(loop.time() - due_s, 0)
            beats.append(Beat(late_s, max(late_s - max(starved_s() - before_s, 0), 0)))

    beating = asyncio.create_task(beat())
    try:
        yield beats
        await asyncio.sleep(0.01)  # the last beat counts as well
    finally:
        beating.cancel()


def open_descriptors() -> set[str]:
    """What this process holds open: sockets and pipes, by their identity."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(entry.readlink()))
    return {name for name in found if name.startswith("socket:")}


def shakes_hands(context: ssl.SSLContext) -> Talk:
    """Speaks TLS and, unlike asyncio's own servers, tells the other side with an alert when it fails."""

    async def talk(reader: Reader, writer: Writer) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        step: Callable[[], object] = tls.do_handshake
        while data := await reader.read(65_536):
            incoming.write(data)
            try:
                step()
                step = tls.read
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                writer.write(outgoing.read())
                await writer.drain()
                return
            writer.write(outgoing.read())
            await writer.drain()

    return talk


def turns(*script: tuple[bytes, bytes], tls: ssl.SSLContext | None = None, under_tls: Script = ()) -> Talk:
    """Hears something that ends like this (b"": nothing), then says that; the same again under TLS; then listens."""

    async def play(reader: Reader, writer: Writer, lines: Script) -> None:
        for heard, said in lines:
            if heard:
                await reader.readuntil(heard)
            writer.write(said)
            await writer.drain()

    async def talk(reader: Reader, writer: Writer) -> None:
        await play(reader, writer, script)
        if tls is not None:
            await writer.start_tls(tls)
            await play(reader, writer, under_tls)
        await stalls(reader, writer)

    return talk


def stops_after(said: bytes, size: int) -> Talk:
    """Says so many bytes of this, whatever it hears, and then nothing more."""

    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(said[:size])
        await writer.drain()
        await stalls(reader, writer)

    return talk


def shakes_hands_until(context: ssl.SSLContext, size: int) -> Talk:
    """Speaks TLS, but no more than so many bytes of it."""

    async def talk(reader: Reader, writer: Writer) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls, left = context.wrap_bio(incoming, outgoing, server_side=True), size
        while data := await reader.read(65_536):
            incoming.write(data)
            with contextlib.suppress(ssl.SSLError):
                tls.do_handshake()
            said = outgoing.read()[:left]
            left -= len(said)
            writer.write(said)
            await writer.drain()

    return talk


def old_tls(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same, speaking TLS 1.0 and nothing later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def speaks_http2(
    answer: Callable[[h2.connection.H2Connection, dict[str, str], bytes], None], raw: bytes = b"", *, ends: bool = False
) -> Talk:
    """An HTTP/2 server: every complete request is answered by this function; `raw` is said after it, as it is."""

    async def talk(reader: Reader, writer: Writer) -> None:
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        state.initiate_connection()
        headers: dict[str, str] = {}
        body = b""
        while data := await reader.read(65_536):
            for event in state.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = dict(cast("list[tuple[str, str]]", event.headers))
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data or b""
                    state.acknowledge_received_data(event.flow_controlled_length or 0, 1)
                elif isinstance(event, h2.events.StreamEnded):
                    answer(state, headers, body)
                    writer.write(state.data_to_send() + raw)
                    if ends:  # the end without a word of TLS, as a process that was killed leaves it
                        await writer.drain()
                        writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
            writer.write(state.data_to_send())
            await writer.drain()

    return talk
