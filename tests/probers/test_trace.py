"""Kind trace: over routers in namespaces, by ICMP, UDP and TCP, with and without rights."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from probe.clock import Reading, SystemClock
from probe.model import Finding, Reason, State
from probe.probers.net.fault import Fault
from probe.probers.net.faults import Notice
from probe.probers.net.route import Answer, Hop, Search, find_route
from probe.probers.net.shots import answered
from probe.probers.net.stamps import round_trip_us
from probe.probers.trace import TraceProber, TraceSettings, _judge
from probe.trail import Trail
from tests.clocks import HandClock
from tests.probers.attempts import find, in_namespace, needs_root
from tests.probers.way import inside, way

DATAGRAM = 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range'
PROTOCOLS = ("icmp", "udp", "tcp")


def addresses(finding: Finding) -> list[str | None]:
    return [hop["address"] for hop in finding.facts["hops"]]


@needs_root
@pytest.mark.lab
def test_every_protocol_finds_the_way() -> None:
    """The same routers in the same order, with the target at the end, over both families."""

    async def main() -> list[Finding]:
        targets = ("10.7.3.2", "fd07:3::2")
        asked = [(target, protocol) for target in targets for protocol in PROTOCOLS]
        await find("trace", "fd07:3::2", protocol="udp", wait_ms=900)  # neighbours are found out
        return [await find("trace", target, protocol=protocol, queries=2) for target, protocol in asked]

    with way(3) as (commands, _):
        findings = in_namespace(main, commands)
    assert [finding.state for finding in findings] == [State.UP] * 6
    assert {tuple(addresses(finding)) for finding in findings[:3]} == {("10.7.1.2", "10.7.2.2", "10.7.3.2")}
    assert {tuple(addresses(finding)) for finding in findings[3:]} == {("fd07:1::2", "fd07:2::2", "fd07:3::2")}
    assert all(finding.latency_us is not None and finding.facts["reached"] for finding in findings)
    assert all(len(hop["rtts_us"]) == hop["sent"] == 2 for finding in findings for hop in finding.facts["hops"])


@needs_root
@pytest.mark.lab
def test_a_silent_target_shows_how_far_the_way_goes() -> None:
    """The last answering hop and its network: where to look for the fault."""

    async def main() -> tuple[Finding, Finding]:
        keys: dict[str, Any] = {"wait_ms": 60, "queries": 1}
        prohibited = await find("trace", "10.7.2.77", **keys)  # first: a router tells this a few times only
        return await find("trace", "10.7.2.9", **keys), prohibited

    with way(2) as (commands, pids):
        refused = inside(pids[0], "ip route add prohibit 10.7.2.77")
        silent, prohibited = in_namespace(main, [*commands, refused])
    assert (silent.state, silent.reason) == (State.DOWN, Reason.TIMEOUT)
    assert silent.detail == "the target did not answer; the last to answer is hop 1, 10.7.1.2"
    assert silent.facts["last_hop"] == {"hop": 1, "address": "10.7.1.2", "network": "10.7.0.0/16"}
    assert (prohibited.state, prohibited.reason) == (State.DOWN, Reason.UNREACHABLE_REMOTE)
    assert prohibited.facts["hops"] == [
        {"hop": 1, "address": "10.7.1.2", "sent": 1, "rtts_us": prohibited.facts["hops"][0]["rtts_us"]}
        | {"says": prohibited.facts["hops"][0]["says"]}
    ]
    assert "10.7.1.2: " in prohibited.detail


@needs_root
@pytest.mark.lab
def test_udp_and_tcp_need_no_right_and_icmp_says_what_it_needs() -> None:
    """An agent without root takes routes too."""
    script = """
import asyncio
from tests.probers.attempts import find
for protocol in ("icmp", "udp", "tcp"):
    found = asyncio.run(find("trace", "10.7.2.2", protocol=protocol, queries=1))
    print(protocol, found.state, len(found.facts.get("hops", ())), found.detail)
"""
    drop = "setpriv --bounding-set=-net_raw --inh-caps=-net_raw --reuid=65534 --clear-groups"
    if subprocess.run([*drop.split(), "true"], capture_output=True, check=False).returncode:
        pytest.skip("setpriv cannot drop rights here")
    env = {"PYTHONPATH": str(Path.cwd()), "PATH": os.environ["PATH"]}

    async def main() -> subprocess.CompletedProcess[str]:
        run = [*drop.split(), sys.executable, "-c", script]
        return await asyncio.to_thread(subprocess.run, run, capture_output=True, text=True, check=False, env=env)

    with way(2) as (commands, _):
        done = in_namespace(main, commands)
    if "Permission denied" in done.stderr:
        pytest.skip("the unprivileged user cannot read this working copy")
    icmp, udp, tcp = done.stdout.splitlines()
    assert icmp.startswith("icmp unknown 0 not allowed to send echo requests; allow it with: ")
    assert (udp.split(), tcp.split()) == (["udp", "up", "2"], ["tcp", "up", "2"])


@needs_root
@pytest.mark.lab
def test_a_datagram_socket_will_do() -> None:
    """Where ping_group_range allows it, ICMP needs no right either."""
    with way(2) as (commands, _):
        finding = in_namespace(lambda: find("trace", "10.7.2.2", queries=1), [*commands, DATAGRAM])
    assert addresses(finding) == ["10.7.1.2", "10.7.2.2"]


def test_a_machine_reaches_itself_by_udp_and_tcp() -> None:
    """One hop, also where the port is closed."""
    for protocol in ("udp", "tcp"):
        finding = asyncio.run(find("trace", "127.0.0.1", protocol=protocol, queries=1, port=9))
        assert (finding.state, addresses(finding)) == (State.UP, ["127.0.0.1"])
        assert finding.facts["port"] == 9


def test_whoever_listens_there_is_the_target_too() -> None:
    """An open port answers differently, and answers."""
    from tests.peers import answers, dns_peer

    async def main() -> list[Finding]:
        async with dns_peer(answers(), by_tcp=answers()) as (server, port):
            by_tcp = await find("trace", "127.0.0.1", protocol="tcp", port=port, queries=1)
            asking = asyncio.ensure_future(find("trace", "127.0.0.1", protocol="udp", port=port, queries=1, max_hops=1))
            _, source = await server.next_datagram()
            server.send(b"whatever", source)
            return [by_tcp, await asking]

    assert [(finding.state, finding.facts["reached"]) for finding in asyncio.run(main())] == [(State.UP, True)] * 2


@needs_root
def test_no_route_is_ours() -> None:
    """By every protocol: nothing was sent, nobody is blamed."""
    for protocol in PROTOCOLS:
        finding = in_namespace(lambda: find("trace", "192.0.2.7", protocol=protocol))  # noqa: B023 - run at once
        assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.NO_ROUTE_LOCAL), protocol


def a_trail(timeout_ms: int = 5000) -> Trail:
    return Trail(SystemClock(), timeout_ms)


def searched(reply: dict[int, Answer], *, max_hops: int = 30, timeout_ms: int = 5000) -> tuple[list[Hop], list[int]]:
    """The route where hop n answers as told, and the hops that were asked, in order."""
    asked: list[int] = []

    async def shoot(hops: int, wait_s: float) -> Answer | None:
        del wait_s
        asked.append(hops)
        return reply.get(hops)

    hops = asyncio.run(find_route(shoot, Search(max_hops, 1, 0.01), a_trail(timeout_ms)))
    return hops, asked


def test_the_search_ends_at_the_target() -> None:
    """Beyond it nothing is asked that was not on its way already."""
    hops, asked = searched({n: Answer(f"192.0.2.{n}", 5, is_target=n >= 10) for n in range(1, 17)})
    assert [hop.number for hop in hops] == list(range(1, 11))
    assert asked == list(range(1, 17))


def test_eight_silent_hops_in_a_row_end_the_search() -> None:
    """A dead end costs two waits, not thirty."""
    hops, asked = searched({2: Answer("192.0.2.2", 5)})
    assert ([hop.number for hop in hops], max(asked)) == ([1, 2], 16)
    assert hops[0].facts() == {"hop": 1, "address": None, "sent": 1, "rtts_us": []}


def test_no_more_hops_than_allowed_nor_after_the_time() -> None:
    """Both limits hold."""
    everybody = {n: Answer(f"192.0.2.{n}", 5) for n in range(1, 65)}
    assert max(searched(everybody, max_hops=3)[1]) == 3
    assert max(searched(everybody, timeout_ms=1)[1]) == 8


def test_a_refusal_belongs_to_the_place_of_the_router() -> None:
    """It is said of packets that were to go on from there."""
    router, refusal = Answer("192.0.2.1", 5), Answer("192.0.2.1", 9, says="prohibited")
    hops, _ = searched({1: router, 4: refusal})
    assert [(hop.number, hop.facts()["says"]) for hop in hops] == [(1, ["prohibited"])]


def test_a_way_that_divides_shows_all_its_addresses() -> None:
    """More than one router may answer for one distance."""
    hop = Hop(2, (Answer("192.0.2.1", 5), None, Answer("192.0.2.2", 6)))
    expected = {"hop": 2, "address": "192.0.2.1", "sent": 3, "rtts_us": [5, 6], "addresses": ["192.0.2.1", "192.0.2.2"]}
    assert hop.facts() == expected


def test_a_fault_counts_only_where_nothing_could_be_sent() -> None:
    """One packet that this machine refused does not hide what the others met."""

    async def shoot(hops: int, wait_s: float) -> Answer | None:
        del wait_s
        if hops % 2:
            raise Fault(Reason.LOCAL_ERROR, "no")
        return Answer("192.0.2.1", 5, is_target=True)

    hops = asyncio.run(find_route(shoot, Search(2, 1, 0.01), a_trail()))
    assert [hop.answers for hop in hops] == [(), (Answer("192.0.2.1", 5, is_target=True),)]


def test_a_bug_is_not_hidden_by_the_search() -> None:
    """What is no Fault comes out."""

    async def shoot(hops: int, wait_s: float) -> Answer | None:
        raise ZeroDivisionError(hops, wait_s)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(find_route(shoot, Search(1, 1, 0.01), a_trail()))


def test_our_own_refusal_is_ours() -> None:
    """This machine saying "unreachable" says nothing of the target."""
    trail = a_trail()
    own = Hop(1, (Answer("192.0.2.1", 5, says="Destination host unreachable", is_own=True),))
    with pytest.raises(Fault) as caught:
        _judge([own], trail)
    assert caught.value.reason is Reason.NO_ROUTE_LOCAL
    with pytest.raises(Fault, match="nobody answered"):
        _judge([], trail)
    assert trail.facts["last_hop"] is None


@pytest.mark.parametrize(
    ("reporter", "kind", "code", "is_target", "says"),
    [
        ("192.0.2.1", 11, 0, False, ""),
        ("192.0.2.9", 3, 3, True, ""),
        ("192.0.2.1", 3, 3, True, ""),
        ("192.0.2.9", 3, 13, True, "Destination unreachable"),
        ("2001:db8::1", 3, 0, False, ""),
        ("2001:db8::1", 1, 4, True, ""),
    ],
)
def test_what_an_error_means_for_the_way(reporter: str, kind: int, code: int, is_target: bool, says: str) -> None:
    """A step, the target, or a router that goes no further."""
    found = answered(Notice(reporter, kind, code, b"", ""), "192.0.2.9", 7)
    assert (found.address, found.is_target, found.rtt_us) == (reporter, is_target, 7)
    assert bool(found.says) == bool(says)


def test_a_stamp_that_cannot_be_true_is_not_believed() -> None:
    """A stepped wall clock leaves boottime."""
    clock = HandClock()
    sent = clock.read()
    clock.advance(7)
    now: Reading = clock.read()
    stamps = [sent.wall_ns + 3_000_000, sent.wall_ns - 1, sent.wall_ns + 8_000_000, None]
    assert [round_trip_us(sent, now, stamp) for stamp in stamps] == [3000, 7000, 7000, 7000]


def test_bad_settings_are_refused_together() -> None:
    """Every problem in one message."""
    with pytest.raises(ValueError, match=r"protocol: .*; port: ICMP.*|protocol: "):
        TraceSettings(protocol="sctp", max_hops=0)
    with pytest.raises(ValueError, match=r"port: ICMP has none.*; max_hops: .*; queries: .*; wait: "):
        TraceSettings(port=80, max_hops=65, queries=0, wait_ms=0)
    with pytest.raises(ValueError, match="from 1 to 65535"):
        TraceSettings(protocol="tcp", port=65536)
    assert TraceProber.target("trace://Example.NET") == "example.net"
