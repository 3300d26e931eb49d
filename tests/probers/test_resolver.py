"""Our own resolver: its troubles are ours, and every name is asked for afresh."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import pytest

from probe.model import Finding, Reason, State
from probe.probers.net.resolver import Resolver, parse_hosts, parse_resolv_conf
from tests.peers import Answer, answers, dns_peer, greets, stalls, tcp_peer, zone
from tests.probers.attempts import a_resolver, find

BOTH = {("shop.example", "A"): ["127.0.0.1"], ("shop.example", "AAAA"): ["::1"]}


def resolve(tmp_path: Path, answer: Answer, name: str = "shop.example", **keys: Any) -> Finding:
    """A tcp check of a name that this server resolves; the port is open on 127.0.0.1 only."""
    delay_s = keys.pop("delay_s", 0)
    conf = keys.pop("conf", "nameserver 127.0.0.1\n")

    async def main() -> Finding:
        async with dns_peer(answer, delay_s=delay_s) as (_, port), tcp_peer(stalls) as peer:
            resolver = a_resolver(tmp_path, port, conf=str(conf))
            return await find("tcp", f"{name}:{peer.port}", resolver, **keys)

    return asyncio.run(main())


def test_a_name_leads_to_its_address(tmp_path: Path) -> None:
    """The resolved address is used and recorded, and the time it took is a phase of its own."""
    finding = resolve(tmp_path, zone({("shop.example", "A"): ["127.0.0.1"]}))
    assert finding.state is State.UP
    assert (finding.address or "").startswith("127.0.0.1:")
    assert set(finding.phases_us) == {"dns", "connect"}


def test_the_next_address_is_tried_when_one_fails(tmp_path: Path) -> None:
    """With family any, a refusal of one address leads to the next, and the one used is recorded."""
    finding = resolve(tmp_path, zone(BOTH))
    assert finding.state is State.UP
    assert (finding.address or "").startswith("127.0.0.1:")


def test_an_alias_is_followed(tmp_path: Path) -> None:
    """CNAME chains inside one answer are the normal case."""
    chain = answers("shop.example. 60 IN CNAME web.example.", "web.example. 60 IN A 127.0.0.1")
    assert resolve(tmp_path, chain, family="4").state is State.UP


def test_an_alias_that_leads_in_a_circle_is_ours(tmp_path: Path) -> None:
    """A loop ends at once, and is not an outage of the target."""
    loop = answers("shop.example. 60 IN CNAME web.example.", "web.example. 60 IN CNAME shop.example.")
    finding = resolve(tmp_path, loop, family="4")
    assert finding.reason in {Reason.RESOLVER_UNREACHABLE, Reason.NO_ADDRESS}
    assert finding.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("is_service", "state"), [(False, State.UNKNOWN), (True, State.DOWN)], ids=["by default", "name is service"]
)
def test_a_missing_name(tmp_path: Path, is_service: bool, state: State) -> None:
    """NXDOMAIN blames nobody, unless the check says that the name is what is sold."""
    finding = resolve(tmp_path, zone({}), name_is_service=is_service)
    assert (finding.state, finding.reason) == (state, Reason.NAME_NOT_FOUND)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answers(rcode=2), Reason.RESOLVER_UNREACHABLE),
        (answers(rcode=5), Reason.RESOLVER_UNREACHABLE),
        (lambda q: q.id.to_bytes(2) + b"\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff", Reason.RESOLVER_UNREACHABLE),
        (lambda _: None, Reason.RESOLVER_UNREACHABLE),
        (answers(), Reason.NO_ADDRESS),
        (zone({("shop.example", "AAAA"): ["::1"]}), Reason.NO_ADDRESS),
    ],
    ids=["SERVFAIL", "REFUSED", "garbage", "silence", "empty", "other family"],
)
def test_what_our_resolver_cannot_tell_is_unknown(tmp_path: Path, answer: Answer, reason: Reason) -> None:
    """Different troubles have different reasons, none of which blames the target."""
    finding = resolve(tmp_path, answer, family="4", timeout_ms=150)
    assert (finding.state, finding.reason) == (State.UNKNOWN, reason)


def test_a_silent_resolver_ends_before_the_deadline(tmp_path: Path) -> None:
    """Its share of the time is 60 %, so that it is told as what it is."""

    async def main() -> tuple[Finding, float]:
        async with dns_peer(lambda _: None) as (_, port):
            began = asyncio.get_running_loop().time()
            finding = await find("icmp", "shop.example", a_resolver(tmp_path, port), timeout_ms=200)
            return finding, asyncio.get_running_loop().time() - began

    finding, took_s = asyncio.run(main())
    assert finding.detail == "our own resolver gave no answer in time"
    assert 0.11 < took_s < 0.19


def test_a_slow_resolver_is_waited_for(tmp_path: Path) -> None:
    """Asking again must not throw away the answer to the first question."""
    finding = resolve(tmp_path, zone(BOTH), delay_s=0.08, timeout_ms=400, family="4")
    assert finding.state is State.UP
    assert finding.phases_us["dns"] > 70_000


def test_one_family_does_not_wait_for_ever_for_the_other(tmp_path: Path) -> None:
    """Some name servers never answer AAAA."""

    def only_a(question: dns.message.Message) -> dns.message.Message | None:
        made = zone(BOTH)(question)
        assert isinstance(made, dns.message.Message)
        return made if question.question[0].rdtype == dns.rdatatype.A else None

    finding = resolve(tmp_path, only_a, timeout_ms=1500)
    assert finding.state is State.UP
    assert 200_000 < finding.phases_us["dns"] < 700_000


def test_a_dead_server_does_not_hide_a_living_one(tmp_path: Path) -> None:
    """Name servers are tried in order, and a refusal leads to the next at once."""
    conf = "nameserver 127.0.0.9\nnameserver 127.0.0.1\n"  # nobody listens on the first
    finding = resolve(tmp_path, zone(BOTH), family="4", conf=conf)
    assert finding.state is State.UP


def test_a_long_answer_is_fetched_by_tcp(tmp_path: Path) -> None:
    """Names with many addresses do not fit a datagram."""

    async def main() -> Finding:
        cut = answers(flags=dns.flags.TC)
        async with dns_peer(cut, by_tcp=zone(BOTH)) as (_, port), tcp_peer(stalls) as peer:
            return await find("tcp", f"shop.example:{peer.port}", a_resolver(tmp_path, port), family="4")

    finding = asyncio.run(main())
    assert finding.state is State.UP
    assert set(finding.phases_us) == {"dns", "connect"}


def test_the_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    """A new resolv.conf or hosts file counts from the next attempt on."""

    async def main() -> list[Reason | None]:
        async with dns_peer(zone({("shop.example", "A"): ["127.0.0.1"]})) as (_, port), tcp_peer(stalls) as peer:
            resolver = a_resolver(tmp_path, port, conf="nameserver 127.0.0.9\n")
            target = f"shop.example:{peer.port}"
            reasons = [(await find("tcp", target, resolver, family="4")).reason]
            (tmp_path / "new").write_text("nameserver 127.0.0.1\n")
            (tmp_path / "new").replace(tmp_path / "resolv.conf")
            reasons.append((await find("tcp", target, resolver, family="4")).reason)
            (tmp_path / "hosts").write_text("127.0.0.2 shop.example\n")
            reasons.append((await find("tcp", target, resolver, family="4")).reason)
            (tmp_path / "resolv.conf").unlink()
            reasons.append((await find("tcp", target, resolver, family="6")).reason)
            return reasons

    assert asyncio.run(main()) == [Reason.RESOLVER_UNREACHABLE, None, Reason.REFUSED, Reason.NO_ADDRESS]


def test_a_short_name_is_looked_for_below_the_search_domains(tmp_path: Path) -> None:
    """As every other program of this machine would."""
    names: dict[tuple[str, str], list[str]] = {("shop.here.example", "A"): ["127.0.0.1"]}
    conf = "nameserver 127.0.0.1\nsearch there.example here.example\n"
    assert resolve(tmp_path, zone(names), "shop", family="4", conf=conf).state is State.UP
    assert resolve(tmp_path, zone({}), "shop", family="4", conf=conf).reason is Reason.NAME_NOT_FOUND
    assert resolve(tmp_path, answers(rcode=2), "shop", family="4", conf=conf).reason is Reason.RESOLVER_UNREACHABLE


def test_private_answers_are_refused_before_a_packet_is_sent(tmp_path: Path) -> None:
    """A poisoned name must not lead into our own network; a public address beside it may be used."""

    async def main() -> tuple[Finding, bool]:
        async with dns_peer(zone(BOTH)) as (_, port), tcp_peer(greets(b"x")) as peer:
            resolver = a_resolver(tmp_path, port)
            finding = await find("tcp", f"shop.example:{peer.port}", resolver, allow_private=False)
            return finding, peer.reached.is_set()

    finding, was_reached = asyncio.run(main())
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.ADDRESS_POLICY)
    assert not was_reached


def test_at_most_eight_addresses_are_tried(tmp_path: Path) -> None:
    """Fifty dead addresses must not cost fifty connections."""

    async def main() -> tuple[Finding, int]:
        many = {("shop.example", "A"): [f"127.0.1.{number}" for number in range(1, 51)]}
        from probe.clock import SystemClock
        from probe.probers.net.names import find_addresses
        from probe.trail import begin
        from tests.probers.attempts import a_check

        async with dns_peer(zone(many)) as (_, port):
            resolver = a_resolver(tmp_path, port)
            check = a_check("tcp", "shop.example:1")
            addresses = await find_addresses(check, "shop.example", resolver, begin(SystemClock(), 1000))
            return await find("tcp", "shop.example:1", resolver), len(addresses)

    finding, count = asyncio.run(main())
    assert count == 8
    assert finding.reason is Reason.REFUSED


def test_a_literal_of_the_other_family_has_no_address() -> None:
    """Asked for IPv6, an IPv4 address is not quietly used."""
    finding = asyncio.run(find("tcp", "127.0.0.1:1", family="6"))
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.NO_ADDRESS)


def test_hosts_are_parsed_as_the_manual_says() -> None:
    """Comments, aliases, several addresses of one name; nonsense is passed over."""
    text = "127.0.0.1 localhost # me\n::1 localhost\n192.0.2.7 Shop shop.example\nnonsense shop\n192.0.2.7 shop\n\n#x\n"
    assert parse_hosts(text) == {
        "localhost": ("127.0.0.1", "::1"),
        "shop": ("192.0.2.7",),
        "shop.example": ("192.0.2.7",),
    }
    assert parse_hosts("")["localhost"] == ("127.0.0.1", "::1")


def test_resolv_conf_is_parsed_as_the_manual_says() -> None:
    """Without a server it is this machine; the last search line counts."""
    assert parse_resolv_conf("").servers == ("127.0.0.1",)
    conf = parse_resolv_conf(
        "nameserver 192.0.2.1\nnameserver nonsense\nnameserver\nsearch a.example. b.example\noptions x\n"
    )
    assert conf == (("192.0.2.1",), ("a.example", "b.example"))


def test_the_resolver_of_this_machine_knows_localhost() -> None:
    """Without arguments it reads the files of this machine."""
    from probe.clock import SystemClock
    from probe.trail import Trail

    addresses = asyncio.run(Resolver().resolve("localhost", "4", Trail(SystemClock(), 1000)))
    assert "127.0.0.1" in addresses
