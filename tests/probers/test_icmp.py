"""Kind icmp: on loopback with a raw socket, and in namespaces where hosts are silent or unreachable."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from probe.clock import SystemClock
from probe.model import Finding, Reason, State
from probe.probers.icmp import IcmpProber, IcmpSettings, parse_share
from probe.probers.net import echo
from probe.probers.net.echo import V4, EchoSocket
from probe.probers.net.fault import Fault
from probe.runner import attempt
from tests.clocks import HandClock
from tests.peers import open_descriptors
from tests.probers.attempts import a_check, find, in_namespace, needs_root

QUICK: dict[str, Any] = {"spacing_ms": 5}
SILENT = "echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all"
DATAGRAM = 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range'


def ping(target: str = "127.0.0.1", **keys: Any) -> Finding:
    return asyncio.run(find("icmp", target, **(QUICK | keys)))


@needs_root
@pytest.mark.parametrize("target", ["127.0.0.1", "::1"])
def test_a_living_host_is_up(target: str) -> None:
    """Every packet is answered, and timed by the kernel."""
    finding = ping(target)
    assert (finding.state, finding.reason) == (State.UP, None)
    assert (finding.facts["sent"], finding.facts["received"]) == (3, 3)
    assert finding.latency_us == sum(finding.facts["rtts_us"]) // 3
    assert finding.facts["ttl"] == 64
    assert finding.address == target


@needs_root
@pytest.mark.parametrize("target", ["127.0.0.1", "::1"])
def test_datagram_sockets_do_as_well(target: str) -> None:
    """Where ping_group_range allows it no right is needed."""

    async def main() -> tuple[Finding, bool]:
        prober = IcmpProber()
        check = a_check("icmp", target, **QUICK)
        attempting = asyncio.ensure_future(attempt(check, prober, SystemClock()))
        await asyncio.sleep(0.002)
        is_raw = any(shared._is_raw for shared in prober._shared().all())
        return (await attempting).finding, is_raw

    finding, is_raw = in_namespace(main, [DATAGRAM])
    assert (finding.state, finding.facts["received"], is_raw) == (State.UP, 3, False)


@needs_root
@pytest.mark.parametrize("set_up", [[SILENT], [SILENT, DATAGRAM]], ids=["raw", "datagram"])
def test_a_silent_host_is_a_timeout_before_the_deadline(set_up: list[str]) -> None:
    """The burst ends by itself, so that the loss can be told."""
    finding = in_namespace(lambda: find("icmp", "127.0.0.1", timeout_ms=150, **QUICK), set_up)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert finding.detail == "0 of 3 packets answered"
    assert (finding.facts["sent"], finding.facts["received"], finding.latency_us) == (3, 0, None)


@needs_root
def test_no_route_is_ours() -> None:
    """A machine without a route cannot say anything about its targets."""
    finding = in_namespace(lambda: find("icmp", "192.0.2.7", **QUICK))
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.NO_ROUTE_LOCAL)
    assert finding.facts["sent"] == 0


@needs_root
@pytest.mark.parametrize("kind", ["unreachable", "prohibit", "blackhole"])
def test_a_route_that_refuses_is_ours(kind: str) -> None:
    """Whatever our own routing table says is no outage of the target."""
    finding = in_namespace(lambda: find("icmp", "192.0.2.7", **QUICK), [f"ip route add {kind} 192.0.2.7"])
    assert finding.state is State.UNKNOWN


@pytest.fixture
def router() -> Iterator[int]:
    """A process in a namespace of its own that will forward packets."""
    process = subprocess.Popen(["unshare", "-n", "sleep", "60"])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def behind(router: int, *more: str) -> list[str]:
    """Commands that connect this namespace with the router's: we are 198.51.100.2, it is 198.51.100.1."""
    enter = f"nsenter -t {router} -n"
    return [
        f"while [ $(readlink /proc/{router}/ns/net) = $(readlink /proc/{os.getpid()}/ns/net) ]; do :; done",
        f"ip link add near type veth peer name far netns {router}",
        "ip addr add 198.51.100.2/24 dev near && ip link set near up",
        f"{enter} ip addr add 198.51.100.1/24 dev far && {enter} ip link set far up",
        f"{enter} sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'",
        "ip route add default via 198.51.100.1",
        *more,
    ]


@needs_root
@pytest.mark.lab
@pytest.mark.parametrize("kind", ["icmp", "tcp", "dns", "http"])
@pytest.mark.parametrize(
    ("more", "state", "reason", "says"),
    [
        ([], State.DOWN, Reason.UNREACHABLE_REMOTE, "198.51.100.1"),
        (
            ["nsenter -t {router} -n ip route add prohibit 203.0.113.9"],
            State.DOWN,
            Reason.UNREACHABLE_REMOTE,
            "198.51.100.1",
        ),
        (["ip route add unreachable 203.0.113.9"], State.UNKNOWN, None, ""),
        (["ip route del default"], State.UNKNOWN, Reason.NO_ROUTE_LOCAL, "unreachable"),
        (["ip link set near down"], State.UNKNOWN, Reason.NO_ROUTE_LOCAL, ""),
    ],
    ids=["no route there", "prohibited there", "refused here", "no route here", "link down"],
)
def test_who_said_unreachable_decides_whose_fault_it_is(
    router: int, kind: str, more: list[str], state: State, reason: Reason | None, says: str
) -> None:
    """A router beyond us says it of the path; our own stack says it of ourselves."""
    target = {"icmp": "203.0.113.9", "dns": "203.0.113.9", "tcp": "203.0.113.9:80", "http": "http://203.0.113.9/"}[kind]
    by_kind: dict[str, dict[str, Any]] = {"icmp": QUICK, "dns": {"name": "shop.example"}}
    keys = by_kind.get(kind, {})
    set_up = behind(router, *(command.format(router=router) for command in more))
    finding = in_namespace(lambda: find(kind, target, allow_private=False, **keys), set_up)
    assert finding.state is state, finding
    assert reason is None or finding.reason is reason, finding
    assert says in finding.detail


@needs_root
@pytest.mark.lab
@pytest.mark.parametrize(("kind", "target"), [("tcp", "198.51.100.77:80"), ("icmp", "198.51.100.77")])
def test_a_neighbour_that_does_not_answer_may_be_our_own_link(router: int, kind: str, target: str) -> None:
    """Whether cable or host is dead cannot be told from here: unknown, not down."""
    folder = "/proc/sys/net/ipv4/neigh/near"
    quicker = f"echo 1 > {folder}/mcast_solicit; echo 50 > {folder}/retrans_time_ms"
    finding = in_namespace(lambda: find(kind, target, timeout_ms=1500), behind(router, quicker))
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.NO_ROUTE_LOCAL), finding


@needs_root
@pytest.mark.lab
def test_a_packet_that_may_not_be_split_meets_a_narrow_link(router: int) -> None:
    """Larger than our own link: we could not send it, which is ours."""
    keys: dict[str, Any] = {"size": 3000, "dont_fragment": True} | QUICK
    finding = in_namespace(lambda: find("icmp", "203.0.113.9", **keys), behind(router))
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.LOCAL_ERROR)
    assert "EMSGSIZE" in finding.detail


@needs_root
def test_without_rights_the_remedy_is_told() -> None:
    """A missing right is ours, and the detail says how to mend it."""
    script = (
        "import asyncio; from tests.probers.attempts import find\nprint(repr(asyncio.run(find('icmp', '127.0.0.1'))))"
    )
    drop = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--reuid=65534", "--clear-groups"]
    if subprocess.run([*drop, "true"], capture_output=True, check=False).returncode:
        pytest.skip("setpriv cannot drop rights here")
    import sys

    outside = subprocess.run(
        ["unshare", "-n", *drop, sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path.cwd()), "PATH": os.environ["PATH"]},
    )
    if "no_permission" not in outside.stdout and "Permission denied" in outside.stderr:
        pytest.skip("the unprivileged user cannot read this working copy")
    assert "no_permission" in outside.stdout, outside.stderr
    assert "ping_group_range" in outside.stdout


@needs_root
def test_many_bursts_share_one_socket() -> None:
    """A raw socket sees every packet of the machine: a hundred of them would see ten thousand."""

    async def main() -> tuple[int, list[Finding], int]:
        prober = IcmpProber()
        before = open_descriptors()
        clock = SystemClock()
        checks = [a_check("icmp", f"127.0.0.{number}", **QUICK) for number in range(1, 101)]
        attempts = [asyncio.create_task(attempt(check, prober, clock)) for check in checks]
        await asyncio.sleep(0.01)
        during = len(open_descriptors() - before)
        findings = [(await one).finding for one in attempts]
        return during, findings, len(open_descriptors() - before)

    during, findings, after = asyncio.run(main())
    assert during <= 1
    assert [finding.state for finding in findings] == [State.UP] * 100
    assert all(finding.facts["received"] == 3 for finding in findings)
    assert after == 0


@needs_root
def test_forged_replies_are_not_answers() -> None:
    """A reply counts only with the random bytes of its request and from the address that was asked."""

    async def main() -> tuple[bool, int]:
        shared = EchoSocket(V4, SystemClock())
        request = shared.send("127.0.0.1", 56)
        nonce, now = request.nonce, SystemClock().read()
        head = bytes(20)[:0] + b"\x45" + bytes(19)
        header = struct.pack("!BBHHH", 0, 0, 0, 1, request.sequence)
        guess = head + header + b"\0" * 16
        shared._receive(guess, [], "127.0.0.1", now)  # right host and sequence, wrong bytes
        shared._receive(head + header + nonce, [], "192.0.2.66", now)  # right bytes, another host
        shared._receive(head + struct.pack("!BBHHH", 8, 0, 0, 1, 1) + nonce, [], "127.0.0.1", now)  # a request
        shared._receive(head + b"\0", [], "127.0.0.1", now)  # cut short
        shared._receive(b"", [], "127.0.0.1", now)
        answered = request.answer.done()
        rejected = shared.rejected
        shared.forget(request)
        return answered, rejected

    assert asyncio.run(main()) == (False, 1)


@needs_root
def test_a_round_trip_is_never_negative_nor_longer_than_it_took() -> None:
    """A wall clock that was stepped makes kernel stamps useless; boottime is right then."""

    async def main() -> list[int]:
        clock = HandClock()
        shared = EchoSocket(V4, clock)
        request = shared.send("127.0.0.1", 56)
        clock.advance(7)
        sent_ns = request.sent.wall_ns
        stamps = [sent_ns + 3_000_000, sent_ns - 1, sent_ns + 3_600_000_000_000, None]
        rtts = [shared.rtt_us(request, stamp) for stamp in stamps]
        shared.forget(request)
        return rtts

    assert asyncio.run(main()) == [3_000, 7_000, 7_000, 7_000]


def notice(kind: int = 3, code: int = 1, reporter: str = "192.0.2.1") -> Any:
    from probe.probers.net.faults import Notice

    return Notice(reporter, kind, code, b"", "203.0.113.9")


def test_errors_are_named_insay() -> None:
    """A router's answer is evidence for people."""
    from probe.probers.net.faults import say

    assert "ost unreachable" in say(notice())
    assert say(notice(11, 0))
    assert say(notice(1, 0, "2001:db8::1"))
    assert say(notice(0, 0)) == "ICMP type 0 code 0"


@needs_root
def test_expectations_are_judged() -> None:
    """Loss and round trip, each with its reason."""
    assert ping(max_loss="0 %", max_rtt_ms=1000).state is State.UP
    burst_finding = in_namespace(
        lambda: find("icmp", "127.0.0.1", max_loss="20 %", count=2, timeout_ms=300, spacing_ms=60),
        ["(sleep 0.03; " + SILENT + ") &"],
    )
    assert burst_finding.reason in {Reason.LOSS, Reason.TIMEOUT, None}


def test_loss_beyond_the_limit_is_down() -> None:
    """Judged exactly: half of four is not more than 50 %."""
    from probe.probers.icmp import _assertions

    for limit, loss, held in (("50 %", Fraction(1, 2), True), ("49.9%", Fraction(1, 2), False)):
        [(reason, assertion)] = _assertions(IcmpSettings(max_loss=limit), loss, 5)
        assert (reason, assertion.held) == (Reason.LOSS, held)
    [(reason, assertion)] = _assertions(IcmpSettings(max_rtt_ms=1), Fraction(0), 1001)
    assert (reason, assertion.held) == (Reason.TOO_SLOW, False)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("50 %", Fraction(1, 2)),
        ("0%", Fraction(0)),
        ("33.3 %", Fraction(333, 1000)),
        ("101 %", None),
        ("x", None),
        ("5", None),
        ("-1 %", None),
        ("1.2.3 %", None),
        ("%", None),
    ],
)
def test_shares_are_exact(text: str, share: Fraction | None) -> None:
    """A share of packets is a fraction, not a float."""
    assert parse_share(text) == share


def test_bad_settings_are_refused_together() -> None:
    """Every problem in one message."""
    with pytest.raises(ValueError, match=r"count: .*; spacing: .*; size: .*; max_loss: .*; max_rtt: "):
        IcmpSettings(count=0, spacing_ms=0, size=8, max_loss="lots", max_rtt_ms=0)
    assert IcmpSettings().least_timeout_ms == 1631


def test_targets() -> None:
    """A host name or an address, in one spelling."""
    assert IcmpProber.target("2001:DB8::7") == "2001:db8::7"
    with pytest.raises(ValueError, match="neither"):
        IcmpProber.target("127.1")


def test_the_checksum_is_that_of_the_rfc() -> None:
    """RFC 1071's own example, and an odd length."""
    assert echo._checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D
    assert echo._checksum(b"\xff") == 0x00FF


def test_no_time_left_to_send_is_ours() -> None:
    """A burst that could not begin blames nobody."""

    async def main() -> Finding:
        clock = HandClock()
        from probe.probers.icmp import _judge
        from probe.probers.net.volley import Volley
        from probe.trail import Trail

        trail = Trail(clock, 100)
        clock.advance(200)
        over = asyncio.Event()
        volley = Volley(EchoSocket(V4, clock), "127.0.0.1", IcmpSettings(), trail)
        volley.begin(trail.left_s(), over.set)
        await over.wait()
        with pytest.raises(Fault) as caught:
            _judge(volley)
        return caught.value.finding(trail)

    finding = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.STALL)


def test_a_socket_that_cannot_be_made_is_ours() -> None:
    """Whatever the system says, the target is not to blame."""
    from probe.probers.net.echo import Dialect, _open_socket

    odd = Dialect(socket.AF_INET, 9999, 8, 0, 0, 0, 0, 0, 0)
    with pytest.raises(Fault) as caught:
        _open_socket(odd)
    assert caught.value.state is State.UNKNOWN


def test_an_attempt_uses_what_prepare_made() -> None:
    """`prepare` may be left out, and may be called twice."""
    prober = IcmpProber()
    check = a_check("icmp", "127.0.0.1")
    prober.prepare(check)
    resolver = prober._resolver
    prober.prepare(check)
    assert prober._resolver is resolver is not None
    asyncio.run(prober.aclose())


@needs_root
def test_closing_ends_a_burst_on_its_way() -> None:
    """aclose gives the socket back even while somebody waits."""

    async def main() -> int:
        before = open_descriptors()
        prober = IcmpProber()
        task = asyncio.create_task(attempt(a_check("icmp", "127.0.0.1"), prober, SystemClock()))
        await asyncio.sleep(0.01)
        await prober.aclose()
        left = len(open_descriptors() - before)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return left

    assert asyncio.run(main()) == 0
