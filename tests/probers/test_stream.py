"""Sockets on the loop's poller, and what of an attempt's time is only our own lateness."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from probe.clock import SystemClock
from probe.probers.net.connection import Connection, open_connection, socket_for
from probe.probers.net.poller import _POLLERS
from probe.probers.net.stamps import TIMESPEC, stamp_arrivals
from probe.probers.net.stream import STEP_NS, Phase, Stream
from probe.trail import Trail, begin
from tests.clocks import HandClock
from tests.peers import closed_port, full_backlog, greets, tcp_peer
from tests.probers.attempts import find

LATE_S = 0.06
LATE_US = int(LATE_S * 1_000_000)


@pytest.fixture(autouse=True, scope="module")
def stamping() -> Iterator[None]:
    """The kernel begins to stamp a moment after the first socket of the machine asks, and ends with the last."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        stamp_arrivals(sock)
        time.sleep(0.05)
        yield


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Stream, socket.socket]]:
    """A stream that is connected, and the socket at its other end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = Stream(socket_for("127.0.0.1", socket.SOCK_STREAM), SystemClock())
        with closing(stream):
            await stream.connect(server.getsockname())
            there, _ = server.accept()
            with there:
                yield stream, there


def descriptors() -> set[Path]:
    """What this process has open."""
    return set(Path("/proc/self/fd").iterdir())


def hold_up() -> None:
    """The loop does something else for a while."""
    time.sleep(LATE_S)


def test_what_our_loop_loses_is_in_no_phase() -> None:
    """The kernel knows when the first byte came and how long the handshake took, whatever the loop did meanwhile."""

    async def main() -> Trail:
        async with pair() as (stream, there):
            trail = begin(SystemClock(), 1000)
            with Phase(trail, "ttfb", stream):
                there.send(b"x")
                asyncio.get_running_loop().call_soon(hold_up)
                assert await stream.receive() == b"x"
            assert stream.late_ns >= LATE_US * 1000 / 2
            return trail

    trail = asyncio.run(main())
    assert trail.phases_us["ttfb"] < LATE_US / 2
    assert trail.phase is None


def test_a_handshake_lasts_as_long_as_the_kernel_says() -> None:
    """Connecting is timed by the round trip, not by when the loop looked."""

    async def main() -> Trail:
        async with tcp_peer(greets(b"hello")) as peer:
            trail = begin(SystemClock(), 1000)
            asyncio.get_running_loop().call_soon(hold_up)
            (await open_connection(["127.0.0.1"], peer.port, trail)).close()
            return trail

    trail = asyncio.run(main())
    assert trail.phases_us["connect"] < LATE_US / 2
    assert trail.facts["rtt_us"] <= trail.phases_us["connect"] + 1


def test_what_waited_before_a_phase_is_late_only_within_it() -> None:
    """No phase becomes shorter than nothing, however long the bytes had lain there."""

    async def main() -> Trail:
        async with pair() as (stream, there):
            there.send(b"x")
            hold_up()
            trail = begin(SystemClock(), 1000)
            with Phase(trail, "body", stream):
                await stream.receive()
            assert stream.late_ns < LATE_US * 1000 / 2
            return trail

    assert asyncio.run(main()).phases_us["body"] >= 0


def test_without_stamps_a_phase_lasts_as_long_as_it_seemed() -> None:
    """A socket that is given no stamps, as where the kernel has none, is timed by our own clock."""

    async def main() -> Trail:
        here, there = socket.socketpair()
        here.setblocking(False)
        with there, closing(Stream(here, SystemClock())) as stream:
            trail = begin(SystemClock(), 1000)
            with Phase(trail, "ttfb", stream):
                there.send(b"x")
                asyncio.get_running_loop().call_soon(hold_up)
                assert await stream.receive() == b"x"
            assert stream.late_ns == 0
            return trail

    assert asyncio.run(main()).phases_us["ttfb"] >= LATE_US


@pytest.mark.parametrize("step_ns", [STEP_NS * 100, -STEP_NS * 100])
def test_stamps_from_before_a_clock_step_are_not_believed(step_ns: int) -> None:
    """They are by the wall clock: once that was set, they say nothing about how late we are."""
    clock = HandClock()
    here, there = socket.socketpair()
    with here, there:
        stream = Stream(here, clock)
        before = clock.read()
        stream.begin_phase(before)
        stamp = TIMESPEC.pack(before.wall_ns // 10**9, before.wall_ns % 10**9)
        after = before._replace(
            wall_ns=before.wall_ns + 10_000_000 + step_ns,
            boot_ns=before.boot_ns + 10_000_000,
            mono_ns=before.mono_ns + 10_000_000,
        )
        stream._note_lateness([(socket.SOL_SOCKET, 35, stamp)], after)
        assert stream.late_ns == 0
        stream.begin_phase(before)
        stream._note_lateness([(socket.SOL_SOCKET, 35, stamp)], after._replace(wall_ns=before.wall_ns + 10_000_000))
        assert stream.late_ns == 10_000_000


def test_a_phase_that_fails_stays_named_and_is_not_counted() -> None:
    """That is how the deadline tells where an attempt was."""

    async def main() -> Trail:
        async with pair() as (stream, _):
            trail = begin(SystemClock(), 1000)
            with pytest.raises(ValueError, match="no"), Phase(trail, "ttfb", stream):
                raise ValueError("no")
            return trail

    trail = asyncio.run(main())
    assert (trail.phase, trail.phases_us) == ("ttfb", {})


def test_more_than_the_socket_takes_is_sent_piece_by_piece() -> None:
    """Neither a full buffer nor an empty one loses a byte, in both directions."""
    data = os.urandom(6 << 20)

    async def main() -> bytes:
        async with pair() as (stream, there):
            there.setblocking(False)
            other = Stream(there)
            sending = asyncio.create_task(stream.send(data))
            got = bytearray()
            while len(got) < len(data):
                got += await other.receive()
            await sending
            stream.sock.shutdown(socket.SHUT_WR)
            assert await other.receive() == b""
            assert await other.receive() == b""
            other.close()
            return bytes(got)

    assert asyncio.run(main()) == data


def test_the_loop_keeps_nothing_of_connections_that_are_gone() -> None:
    """One descriptor for all of them, and none when there are none: also after a cancelled and a refused attempt."""

    async def main() -> None:
        before = descriptors()
        async with pair() as (stream, _):
            assert len(_POLLERS) == 1
            waiting = asyncio.create_task(stream.receive())
            await asyncio.sleep(0)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
        refused = Stream(socket_for("127.0.0.1", socket.SOCK_STREAM), SystemClock())
        with closing(refused), pytest.raises(ConnectionRefusedError):
            await refused.connect(("127.0.0.1", closed_port()))
        assert not _POLLERS
        assert descriptors() == before

    asyncio.run(main())


def test_what_befalls_a_closed_connection_is_not_told_to_the_next_of_its_number() -> None:
    """A process that was just begun may still hold a copy; the next attempt must not be up by it."""

    async def main() -> None:
        async with full_backlog() as port:
            with socket.create_server(("127.0.0.1", 0)) as server:
                first = Stream(socket_for("127.0.0.1", socket.SOCK_STREAM), SystemClock())
                await first.connect(server.getsockname())
                there, _ = server.accept()
                number = first.sock.fileno()
                kept = os.dup(number)
                second = Stream(socket_for("127.0.0.1", socket.SOCK_STREAM), SystemClock())
                third = Stream(socket_for("127.0.0.1", socket.SOCK_STREAM), SystemClock())
                with closing(second):
                    third.start(("127.0.0.1", port))  # keeps the poller
                    first.close()
                    assert os.dup2(second.sock.fileno(), number) == number
                    second.sock.close()
                    second.sock = socket.socket(fileno=number)
                    connecting = asyncio.create_task(second.connect(("127.0.0.1", port)))
                    await asyncio.sleep(0)
                    there.close()
                    await asyncio.sleep(0.02)
                    assert not connecting.done()
                    connecting.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await connecting
                third.close()
                os.close(kept)

    asyncio.run(main())


def test_one_connection_that_breaks_takes_no_word_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """Each edge is told of once."""

    async def main() -> None:
        async with pair() as (one, there), pair() as (other, beyond):

            def broken(_: int) -> None:
                raise ZeroDivisionError

            one.heed = broken
            there.send(b"x")
            beyond.send(b"y")
            assert await other.receive() == b"y"

    asyncio.run(main())
    assert "a connection broke" in [record.message for record in caplog.records]


def test_a_connection_that_has_no_handshake_has_no_round_trip() -> None:
    """Absence is None, never 0."""
    here, there = socket.socketpair()
    with here, there:
        assert Connection(Stream(here)).rtt_us is None


def test_an_attempt_beside_a_busy_loop_is_as_quick_as_the_target() -> None:
    """What people read as the target's time does not hold ours."""

    async def main() -> int:
        async with tcp_peer(greets(b"220 hello\r\n")) as peer:
            asyncio.get_running_loop().call_later(0.001, hold_up)
            finding = await find("tcp", f"127.0.0.1:{peer.port}", expect="hello")
            assert finding.latency_us is not None
            return finding.latency_us

    assert asyncio.run(main()) < LATE_US / 2
