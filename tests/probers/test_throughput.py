"""How fast the line is: over real sockets on loopback, for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from probe.clock import SystemClock
from probe.model import Finding, Reason, State
from probe.probers.net.interfaces import interface_of, kind_of, mbits_of, moved_over
from probe.probers.net.resolver import Resolver
from probe.probers.net.transfer import Flow, Line
from probe.probers.throughput import ThroughputProber, ThroughputSettings, bits
from probe.runner import attempt
from probe.trail import begin
from tests.clocks import HandClock
from tests.probers.attempts import a_check

SHORT: dict[str, Any] = {"duration_ms": 500, "ramp_ms": 100, "connections": 2, "max_bytes": 10**10, "max_other": 10**6}
"""Loopback carries the traffic of all tests that run beside; what that does to a figure has a test of its own."""
ZEROS = bytes(64 * 1024)


@asynccontextmanager
async def server(
    pause_s: float = 0.0, status: str = "200 OK", silent: bool = False, size: int | None = None, refused: bool = False
) -> AsyncIterator[str]:
    """Sends without an end or `size` bytes, or takes what it is sent, or refuses an upload and ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if silent:
                await reader.read()
            elif head.startswith(b"POST") and refused:
                writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
                await reader.read(1 << 20)
            elif head.startswith(b"POST"):
                while await reader.read(1 << 20):
                    pass
            elif size is not None:
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(size))
                await writer.drain()
            else:
                writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n".encode())
                while True:
                    writer.write(ZEROS)
                    await writer.drain()
                    await asyncio.sleep(pause_s)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/big"


def tried(*prober: ThroughputProber, pause_s: float = 0.0, upload: bool = False, **keys: Any) -> Finding:
    """One attempt against a server like that."""
    about = {key: keys.pop(key) for key in ("status", "silent", "size", "refused") if key in keys}

    async def main() -> Finding:
        async with server(pause_s, **about) as url:
            more = {"upload": url} if upload else {}
            check = a_check("throughput", url, timeout_ms=5000, **{**SHORT, **more, **keys})
            return (await attempt(check, prober[0] if prober else ThroughputProber(), SystemClock())).finding

    return asyncio.run(main())


def test_a_download_and_an_upload_have_their_rates_and_what_explains_them() -> None:
    """Bits a second after the ramp, by the second, round trips idle and loaded, the link."""
    finding = tried(upload=True)
    facts = finding.facts
    assert (finding.state, finding.reason) == (State.UP, None)
    assert facts["down_bps"] > 10**7
    assert facts["up_bps"] > 10**7
    assert facts["bytes"] > 10**6
    assert facts["link"] == "loopback"
    assert facts["interface"] == "lo"
    assert finding.latency_us == facts["rtt_idle_us"] > 0
    assert facts["rtt_loaded_us"] > 0
    assert sum(facts["down_seconds_bps"]) > 0
    assert facts["other_traffic"] is False
    assert {"down_idle", "down", "up_idle", "up"} <= finding.phases_us.keys()


def test_a_slow_line_is_measured_and_held_against_the_contract() -> None:
    """64 KiB every 20 ms on two connections are at most some 52 Mbit/s."""
    finding = tried(pause_s=0.02, down_min="1 Gbit/s")
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TOO_SLOW)
    assert 10**5 < finding.facts["down_bps"] < 60 * 10**6
    assert not finding.assertions[0].held


def test_a_day_has_so_many_bytes() -> None:
    """The test ends with them; the next is not made, and that is no fault of the line."""
    prober = ThroughputProber()
    first = tried(prober, max_bytes=1_000_000, ramp_ms=0)
    assert first.reason in {None, Reason.BUDGET}
    assert first.facts["bytes"] < 1_000_000 + 2 * 2 * len(ZEROS)
    second = tried(prober, max_bytes=1_000_000)
    assert (second.state, second.reason) == (State.UNKNOWN, Reason.BUDGET)
    assert "bytes" not in second.facts


def test_what_was_spent_before_a_restart_counts() -> None:
    """By the day, not for ever."""
    now_ms = SystemClock().read().wall_ms
    prober = ThroughputProber()
    prober.spend("shop", now_ms - 86_400_000, 10**10)
    assert tried(prober).state is State.UP
    prober.spend("shop", now_ms, 10**10)
    assert tried(prober).reason is Reason.BUDGET


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"status": "404 Not Found"}, Reason.STATUS),
        ({"silent": True}, Reason.TIMEOUT),
        ({"size": 12}, Reason.TOO_SMALL),
    ],
)
def test_a_server_without_anything_to_send_is_down(about: dict[str, Any], reason: Reason) -> None:
    """Nothing was measured, and it is said why."""
    finding = tried(**about)
    assert (finding.state, finding.reason) == (State.DOWN, reason)
    assert "down_bps" not in finding.facts


def test_an_upload_that_is_refused_says_so() -> None:
    """Whoever breaks an upload off has said why before; the status, not the broken connection, is the reason."""
    finding = tried(upload=True, refused=True)
    assert finding.state is State.DOWN
    assert (finding.reason, finding.detail) == (Reason.STATUS, "405 to the upload")


def test_each_second_has_its_own_rate_and_the_end_none() -> None:
    """What arrives while the test is being ended is in no second; a pause is slow, not left out."""
    clock = HandClock()
    check = a_check("throughput", "http://a.example/", **{**SHORT, "duration_ms": 2500, "ramp_ms": 500})
    flow = Flow(Line(check, Resolver(), begin(clock, 5000), 10**10))
    for ms, count in ((100, 1000), (900, 1000), (1100, 3000), (2501, 7)):
        clock.boot_ns = flow.began_ns + ms * 1_000_000
        flow.add(count)
    flow.finish()
    assert flow.bps_by_second() == [16_000, 24_000, 0]
    assert flow.bps() == 4000 * 8000 // 2000


def test_other_traffic_makes_it_unknown() -> None:
    """Loopback carries both directions, so that an upload beside it is other traffic."""

    async def main() -> Finding:
        async with server() as url:
            crowd = ThroughputProber()
            check = a_check("throughput", url, timeout_ms=5000, **{**SHORT, "max_other": 0})
            other = asyncio.create_task(attempt(check, crowd, SystemClock()))
            finding = (await attempt(check, ThroughputProber(), SystemClock())).finding
            await other
            return finding

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.CROSS_TRAFFIC)
    assert finding.facts["other_traffic"] is True
    assert finding.facts["down_bps"] > 0


def test_one_runs_at_a_time() -> None:
    """Two checks of one agent measure one after the other."""

    async def main() -> list[tuple[int, int]]:
        async with server() as url:
            prober = ThroughputProber()
            check = a_check("throughput", url, timeout_ms=5000, **{**SHORT, "duration_ms": 300})
            both = await asyncio.gather(*(attempt(check, prober, SystemClock()) for _ in range(2)))
            assert {one.finding.state for one in both} == {State.UP}
            return [(one.sent.boot_ms, one.ended.boot_ms) for one in both]

    (_, first), (_, second) = sorted(asyncio.run(main()), key=lambda one: one[1])
    assert second - first >= 300


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"max_bytes": 10}, "max_bytes"),
        ({"connections": 0}, "connections"),
        ({"ramp_ms": 20_000}, "duration"),
        ({"down_min": "fast"}, "not a rate"),
        ({"up_min": "1 Mbit/s"}, "name a URL"),
        ({"upload": "ftp://a.example/"}, "upload"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(keys: dict[str, Any], complaint: str) -> None:
    """With what would be right."""
    with pytest.raises(ValueError, match=complaint):
        ThroughputSettings(**{"max_bytes": 10**9, **keys})


def test_rates_are_exact() -> None:
    """Decimal units, as contracts have them."""
    assert [bits(each) for each in ("50 Mbit/s", "1.5 Gbit/s", "9 bit/s", "2kbit/s")] == [
        50 * 10**6,
        15 * 10**8,
        9,
        2000,
    ]


def test_the_interface_of_an_address() -> None:
    """Loopback is there everywhere; an address of nobody has none."""
    assert interface_of("127.0.0.1") == "lo"
    assert interface_of("192.0.2.77") is None
    assert interface_of("2001:db8::77") is None
    assert interface_of("::1") in {"lo", None}
    assert (kind_of("lo"), kind_of("wwan9"), kind_of("none")) == ("loopback", "wwan", "other")
    assert (mbits_of("none"), moved_over("none")) == (None, None)
