"""Kind dns over all name servers of a zone, by other transports, and what its details say."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from probe.model import Finding, Reason, State
from probe.probers.dns import DnsProber, DnsSettings
from tests.peers import Answer, answers, dns_peer, zone
from tests.probers.attempts import a_resolver, find
from tests.probers.test_dns import A, ask

NAMES = {
    ("shop.example", "NS"): ["ns1.shop.example.", "ns2.shop.example."],
    ("ns1.shop.example", "A"): ["127.0.0.1"],
    ("ns2.shop.example", "A"): ["127.0.0.1"],
    ("shop.example", "A"): ["192.0.2.7"],
}
SOA = "shop.example. 60 IN SOA ns1.shop.example. root.shop.example. {} 2 3 4 5"


def ask_zone(tmp_path: Path, answer: Answer, **keys: Any) -> Finding:
    """All name servers of shop.example, which our own resolver finds by the same peer."""

    async def main() -> Finding:
        async with dns_peer(answer) as (_, port):
            resolver = a_resolver(tmp_path, port)
            keys.setdefault("name", "shop.example")
            return await find("dns", f"shop.example:{port}", resolver, servers="all", family="4", **keys)

    return asyncio.run(main())


def test_all_name_servers_of_a_zone_are_asked(tmp_path: Path) -> None:
    """Each with its own time, code and answer; the slowest is the latency."""
    finding = ask_zone(tmp_path, zone(NAMES), expect_records=("192.0.2.7",))
    assert (finding.state, finding.detail) == (State.UP, "")
    servers = finding.facts["servers"]
    assert [(one["server"], one["rcode"], one["records"]) for one in servers] == [
        ("ns1.shop.example", "NOERROR", ["192.0.2.7"]),
        ("ns2.shop.example", "NOERROR", ["192.0.2.7"]),
    ]
    assert finding.latency_us == max(one["took_us"] for one in servers)
    assert [one.held for one in finding.assertions] == [True] * 4


def test_one_name_server_that_fails_is_down_and_named(tmp_path: Path) -> None:
    """A dead secondary is found before the primary dies."""
    finding = ask_zone(tmp_path, zone(NAMES | {("ns2.shop.example", "A"): ["127.0.0.2"]}))
    assert (finding.state, finding.reason) == (State.DOWN, Reason.REFUSED)
    assert finding.detail.startswith("ns2.shop.example answers: ECONNREFUSED")
    assert "reason" not in finding.facts["servers"][0]


def test_a_name_server_that_stays_silent_is_told_with_the_others(tmp_path: Path) -> None:
    """Before the deadline, which would hide what the others said."""

    def answer(question: dns.message.Message) -> Any:
        is_it = str(question.question[0].name) == "silent.example."
        return None if is_it else zone(NAMES)(question)

    finding = ask_zone(tmp_path, answer, name="silent.example", timeout_ms=1000)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert finding.detail == "ns1.shop.example answers: no answer in query"


def test_what_we_cannot_reach_ourselves_is_not_judged(tmp_path: Path) -> None:
    """A name server without an address of our family: shown, and no fault of the zone's unless it is all."""
    names = {key: value for key, value in NAMES.items() if key[0] != "ns2.shop.example"}
    one = ask_zone(tmp_path, zone(names | {("ns2.shop.example", "AAAA"): ["::1"]}))
    assert (one.state, one.facts["servers"][1]["reason"]) == (State.UP, "no_address")
    lone = {("shop.example", "NS"): ["ns9.shop.example."], ("ns9.shop.example", "AAAA"): ["::1"]}
    assert ask_zone(tmp_path, zone(lone)).reason is Reason.NO_ADDRESS


@pytest.mark.parametrize(("serials", "state"), [((7, 7), State.UP), ((7, 8), State.DOWN), ((None, 7), State.DOWN)])
def test_serial_numbers_are_compared(tmp_path: Path, serials: tuple[int | None, int], state: State) -> None:
    """A secondary that no longer follows serves yesterday's zone."""
    left = list(serials)

    def answer(question: dns.message.Message) -> Any:
        if question.question[0].rdtype != dns.rdatatype.SOA:
            return zone(NAMES)(question)
        serial = left.pop()
        return answers(*([] if serial is None else [SOA.format(serial)]))(question)

    finding = ask_zone(tmp_path, answer, serials_agree=True)
    assert finding.state is state
    assert finding.assertions[-1].expectation == "serials_agree"
    if state is State.DOWN:
        assert (finding.reason, "has 7" in finding.detail) == (Reason.RECORDS, True)


def test_a_zone_that_does_not_exist_is_down(tmp_path: Path) -> None:
    """The zone is what is judged; one without name servers is none; a resolver of ours that fails is ours."""
    finding = ask_zone(tmp_path, answers(rcode=3))
    assert (finding.state, finding.reason) == (State.DOWN, Reason.NAME_NOT_FOUND)
    assert ask_zone(tmp_path, zone({("shop.example", "A"): ["192.0.2.7"]})).state is State.DOWN
    assert ask_zone(tmp_path, answers(rcode=2)).reason is Reason.RESOLVER_UNREACHABLE


def test_tcp_can_be_asked_for() -> None:
    """Without a datagram before it."""
    finding = ask(lambda _: None, by_tcp=answers(A), transport="tcp")
    assert (finding.state, finding.facts["by_tcp"], "query" in finding.phases_us) == (State.UP, True, False)


def test_dnssec_can_be_demanded() -> None:
    """The flag is asked for, and judged."""
    seen: list[bool] = []

    def answer(question: dns.message.Message) -> Any:
        seen.append(bool(question.flags & dns.flags.AD))
        return answers(A, flags=dns.flags.AD)(question)

    assert ask(answer, expect_ad=True).state is State.UP
    assert ask(answers(A), expect_ad=True).detail == "expect_ad: the answer is not verified by DNSSEC"
    assert seen == [True]


def test_a_wrong_code_is_told_in_words() -> None:
    """What was expected, and what came."""
    finding = ask(answers(rcode=3))
    assert finding.detail == "expect_rcode NOERROR: the server answered NXDOMAIN"
    assert ask(answers(), expect_records=("192.0.2.8",)).detail.endswith("192.0.2.8: the answer has no records")


def test_dns_over_tls_shows_its_certificate() -> None:
    """The answer comes under TLS, and a certificate nobody vouches for is down unless it is not to be judged."""
    import ssl
    import struct

    import trustme

    from tests.peers import Reader, Writer, tcp_peer

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("dns.example").configure_cert(context)

    async def talk(reader: Reader, writer: Writer) -> None:
        size = int.from_bytes(await reader.readexactly(2))
        made = answers(A)(dns.message.from_wire(await reader.readexactly(size)))
        assert isinstance(made, dns.message.Message)
        wire = made.to_wire()
        writer.write(struct.pack("!H", len(wire)) + wire)
        await writer.drain()

    async def main(**keys: Any) -> Finding:
        async with tcp_peer(talk, tls=context) as peer:
            keys |= {"name": "shop.example", "transport": "tls", "tls_name": "dns.example"}
            return await find("dns", f"127.0.0.1:{peer.port}", **keys)

    unjudged, judged = asyncio.run(main(verify=False)), asyncio.run(main())
    assert (unjudged.state, unjudged.facts["records"]) == (State.UP, ["192.0.2.7"])
    assert {"connect", "tls", "exchange"} <= set(unjudged.phases_us)
    assert (judged.state, judged.reason) == (State.DOWN, Reason.TLS_UNTRUSTED)
    assert judged.facts["certificate"]["fingerprint"]


def test_the_port_follows_the_transport() -> None:
    """853 under TLS, 53 otherwise, and none is written where it is the usual one."""
    finding = asyncio.run(find("dns", "127.0.0.1", name="a.example", transport="tls", timeout_ms=300))
    assert finding.address == "127.0.0.1:853"
    assert DnsProber.target("dns://127.0.0.1:853") == "127.0.0.1:853"


def test_settings_that_need_each_other_are_refused_alone() -> None:
    """Every problem in one message."""
    with pytest.raises(ValueError, match=r"transport: .*; tls_name: .*; servers: .*; serials_agree: "):
        DnsSettings(name="a.example", transport="doh", tls_name="x", servers="some", serials_agree=True)


def test_name_servers_that_our_loop_did_not_hear_in_time_are_not_blamed(tmp_path: Path) -> None:
    """Their answers lay there while it stood still."""

    def answer(question: dns.message.Message) -> Any:
        if str(question.question[0].name) == "late.example.":
            time.sleep(0.45)  # the loop of both sides
        return zone(NAMES)(question)

    finding = ask_zone(tmp_path, answer, name="late.example", timeout_ms=300)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.STALL)
