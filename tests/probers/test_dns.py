"""Kind dns against name servers that answer, lie, dawdle and refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import pytest

from probe.model import Finding, Reason, State
from probe.probers.dns import DnsProber, DnsSettings
from tests.peers import Answer, answers, closed_port, dns_peer, zone
from tests.probers.attempts import a_resolver, find

A = "shop.example. 60 IN A 192.0.2.7"


def ask(answer: Answer, *, by_tcp: Answer | None = None, delay_s: float = 0, **keys: Any) -> Finding:
    async def main() -> Finding:
        async with dns_peer(answer, by_tcp=by_tcp, delay_s=delay_s) as (_, port):
            return await find("dns", f"127.0.0.1:{port}", **({"name": "shop.example"} | keys))

    return asyncio.run(main())


def test_an_answer_is_up_with_its_records() -> None:
    """The plainest check, with what the server said."""
    finding = ask(answers(A))
    assert (finding.state, finding.reason) == (State.UP, None)
    assert finding.facts == {"by_tcp": False, "rcode": "NOERROR", "aa": False, "ad": False, "records": ["192.0.2.7"]}
    assert finding.latency_us == finding.phases_us["query"]


@pytest.mark.parametrize(
    ("rcode", "expect", "state", "reason"),
    [
        (3, "NOERROR", State.DOWN, Reason.NAME_NOT_FOUND),
        (3, "NXDOMAIN", State.UP, None),
        (2, "NOERROR", State.DOWN, Reason.RCODE),
        (5, "NOERROR", State.DOWN, Reason.RCODE),
        (0, "REFUSED", State.DOWN, Reason.RCODE),
    ],
)
def test_the_response_code_is_judged(rcode: int, expect: str, state: State, reason: Reason | None) -> None:
    """The server is what is judged, so a name that it denies is its answer, and down."""
    finding = ask(answers(rcode=rcode), expect_rcode=expect)
    assert (finding.state, finding.reason) == (state, reason)


@pytest.mark.parametrize(
    ("expected", "held"),
    [(("192.0.2.7",), True), (("192.0.2.8",), False), (("192.0.2.7", "192.0.2.8"), False)],
)
def test_records_are_expected_by_value(expected: tuple[str, ...], held: bool) -> None:
    """A hijacked name answers, but not with this."""
    finding = ask(answers(A), expect_records=expected)
    assert finding.reason is (None if held else Reason.RECORDS)


def test_names_and_texts_compare_as_people_write_them() -> None:
    """Case, the last dot and quotes are spelling, not content."""
    mail = answers("shop.example. 60 IN MX 10 Mail.Example.")
    assert ask(mail, type="MX", expect_records=("10 mail.example",)).state is State.UP
    text = answers('shop.example. 60 IN TXT "v=spf1 -all"')
    assert ask(text, type="TXT", expect_records=("v=spf1 -all",)).state is State.UP


def test_an_authoritative_answer_can_be_demanded() -> None:
    """A delegation that went astray is answered from caches, without the flag."""
    assert ask(answers(A), expect_aa=True).reason is Reason.RECORDS
    assert ask(answers(A, flags=dns.flags.AA), expect_aa=True).state is State.UP


def test_a_long_answer_is_fetched_by_tcp() -> None:
    """What does not fit a datagram is asked again over a connection."""
    finding = ask(answers(flags=dns.flags.TC), by_tcp=answers(A))
    assert finding.state is State.UP
    assert finding.facts["by_tcp"] is True
    assert set(finding.phases_us) == {"query", "connect", "exchange"}


def test_a_connection_that_ends_early_is_closed() -> None:
    """A server whose TCP side is broken fails every long answer."""
    finding = ask(answers(flags=dns.flags.TC), by_tcp=lambda _: None)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.CLOSED)


def test_an_answer_by_tcp_to_another_question_is_protocol() -> None:
    """On a connection of our own nobody else can answer: the server itself is wrong."""
    finding = ask(answers(flags=dns.flags.TC), by_tcp=lambda _: dns.message.make_query("other.example", "A"))
    assert finding.reason is Reason.PROTOCOL


def with_id(change: int) -> Callable[[dns.message.Message], dns.message.Message]:
    def answer(question: dns.message.Message) -> dns.message.Message:
        made = answers(A)(question)
        assert isinstance(made, dns.message.Message)
        made.id = (made.id + change) & 0xFFFF
        return made

    return answer


def other_question(question: dns.message.Message) -> dns.message.Message:
    other = dns.message.make_query("other.example", "A", id=question.id)
    return dns.message.make_response(other)


@pytest.mark.parametrize(
    "forged",
    [with_id(1), other_question, lambda _: b"\0", lambda q: q.to_wire()],
    ids=["another id", "another question", "a byte", "the question itself"],
)
def test_what_is_no_answer_is_passed_over(forged: Callable[[dns.message.Message], dns.message.Message | bytes]) -> None:
    """Forged and late datagrams neither answer nor end the attempt; the true answer behind them counts."""

    def both(question: dns.message.Message) -> list[bytes]:
        lie, truth = forged(question), answers(A)(question)
        assert isinstance(truth, dns.message.Message)
        return [lie if isinstance(lie, bytes) else lie.to_wire(), truth.to_wire()]

    assert ask(both).facts["records"] == ["192.0.2.7"]
    lonely = ask(lambda question: forged(question), timeout_ms=60)
    assert (lonely.reason, lonely.detail) == (Reason.TIMEOUT, "timeout in query after 60 ms")


def test_an_answer_from_another_source_is_never_seen() -> None:
    """An answer counts from the address and port that was asked, nowhere else."""
    import socket

    async def main() -> Finding:
        async with dns_peer(lambda _: None) as (server, port):
            asking = asyncio.ensure_future(find("dns", f"127.0.0.1:{port}", name="shop.example", timeout_ms=80))
            data, asker = await server.next_datagram()
            truth = answers(A)(dns.message.from_wire(data))
            assert isinstance(truth, dns.message.Message)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(truth.to_wire(), asker)
            return await asking

    assert asyncio.run(main()).reason is Reason.TIMEOUT


def test_broken_messages_are_protocol() -> None:
    """Our id, and then nonsense: the server is at fault, and nothing of ours breaks."""

    def garbage(question: dns.message.Message) -> bytes:
        return question.id.to_bytes(2) + b"\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff\xff\xff"

    finding = ask(garbage)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.PROTOCOL)


def test_a_port_without_a_server_refuses() -> None:
    """The ICMP error of a closed UDP port is heard."""
    import socket

    port = closed_port(socket.SOCK_DGRAM)
    finding = asyncio.run(find("dns", f"127.0.0.1:{port}", name="shop.example"))
    assert (finding.state, finding.reason) == (State.DOWN, Reason.REFUSED)
    assert "said by 127.0.0.1" in finding.detail


def test_a_slow_answer_is_too_slow() -> None:
    """Answered, but later than allowed."""
    finding = ask(answers(A), delay_s=0.03, max_time_ms=10)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TOO_SLOW)
    assert finding.latency_us is not None
    assert finding.latency_us > 10_000


def test_recursion_can_be_left_undesired() -> None:
    """An authoritative server is asked as other servers ask it."""
    seen: list[bool] = []

    def answer(question: dns.message.Message) -> dns.message.Message | None:
        seen.append(bool(question.flags & dns.flags.RD))
        return answers(A)(question)  # type: ignore[return-value]  # this one makes messages

    ask(answer, recursion=False)
    ask(answer)
    assert seen == [False, True]


def test_remote_text_is_cleaned() -> None:
    """A record may hold anything; a terminal must not obey it."""
    finding = ask(answers('shop.example. 60 IN TXT "\\027[2J"'), type="TXT")
    assert finding.facts["records"] == ['"\\027[2J"']
    assert all(record.isprintable() for record in finding.facts["records"])


def test_a_server_may_be_given_by_name(tmp_path: Path) -> None:
    """Its name is resolved by our own resolver, and the address that answered is recorded."""

    async def main() -> Finding:
        async with dns_peer(zone({("shop.example", "A"): ["192.0.2.7"], ("ns.example", "A"): ["127.0.0.1"]})) as (
            _,
            port,
        ):
            return await find("dns", f"ns.example:{port}", a_resolver(tmp_path, port), name="shop.example")

    finding = asyncio.run(main())
    assert (finding.state, set(finding.phases_us)) == (State.UP, {"dns", "query"})
    assert (finding.address or "").startswith("127.0.0.1:")


def test_bad_settings_are_refused_together() -> None:
    """Every problem in one message."""
    with pytest.raises(ValueError, match=r"name: .*; type: .*; expect_rcode: .*; max_time: "):
        DnsSettings(name="a..b", type="X", expect_rcode="MAYBE", max_time_ms=0)


def test_targets() -> None:
    """A name server is an address, with a port where it is not 53."""
    assert DnsProber.target("9.9.9.9") == "9.9.9.9"
    assert DnsProber.target("dns://9.9.9.9:53") == "9.9.9.9"
    assert DnsProber.target("dns://[2620:fe::fe]:5353") == "[2620:fe::fe]:5353"
    assert DnsSettings(name=".", type="NS").name == "."
