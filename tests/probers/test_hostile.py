"""Servers that want to be listened to for ever: they get their attempt's time, and nobody else's."""

from __future__ import annotations

import asyncio
import gc
import gzip
import zlib
from typing import Any, NamedTuple

import dns.message
import dns.rrset
import pytest

from probe.model import Check, Finding, Reason, State
from probe.runner import OWED_S
from probe.wheel import BEAT_S, HELD_S
from tests.peers import Beat, Talk, answers, dns_peer, goes_on, greets, heartbeat, reply, says, tcp_peer, web_peer
from tests.probers.attempts import a_check, attempt_once, find

TIMEOUT_MS = 400
TRIES = 5
OWN_S = 0.2
"""Others are late by no more than this through one turn of ours; half a second would be an overrun."""
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Met(NamedTuple):
    """What became of a hostile attempt and of the others meanwhile."""

    finding: Finding
    took_ms: int
    excused_ms: float
    own_s: float
    stood_still: bool
    neighbours: list[Finding]


async def meet_beside(check: Check) -> Met:
    """The attempt, made again where the loop stood still: whatever the cause, the target has that time back then."""
    met = await meet_once_beside(check)
    for _ in range(1, TRIES):
        if not met.stood_still and not is_starved(met):
            break
        met = await meet_once_beside(check)
    assert not is_starved(met), "this machine lets nobody run"
    return met


def is_starved(met: Met) -> bool:
    """Whether the machine let us run so little that the attempt says so itself."""
    return met.finding.reason is Reason.STALL and met.excused_ms > 0


async def meet_once_beside(check: Check) -> Met:
    """The attempt, with a healthy check probed again and again in the same loop."""
    neighbours: list[Finding] = []

    async def probe_neighbour(target: str) -> None:
        while True:
            neighbours.append(await find("http", target))
            await asyncio.sleep(0.02)

    async with web_peer({"/": reply(body=b"fine")}) as healthy:
        target = f"http://127.0.0.1:{healthy.port}/"
        await find("http", target)  # loads what the first attempt loads
        neighbour = asyncio.create_task(probe_neighbour(target))
        gc.collect()
        gc.freeze()  # what other tests have left lying about is not looked through meanwhile
        async with heartbeat() as beats:
            sent, ended, finding = await attempt_once(check)
        gc.unfreeze()
        neighbour.cancel()
        await asyncio.gather(neighbour, return_exceptions=True)
    own_s = max(beat.own_s for beat in beats)
    stood_still = any(beat.late_s > HELD_S * 3 / 4 for beat in beats)
    return Met(finding, ended.boot_ms - sent.boot_ms, excused_ms(beats), own_s, stood_still, neighbours)


def excused_ms(beats: list[Beat]) -> float:
    """How much later than its timeout an attempt may end where others of the machine kept our loop from running.

    What they took is given back to the target, in pieces, and a loop that stood still is noticed to within a beat.
    """
    taken_s = [beat.late_s - beat.own_s for beat in beats]
    return 1000 * sum(2 * one + (BEAT_S + OWED_S if one > HELD_S / 2 else 0) for one in taken_s)


def meet(talk: Talk, kind: str = "http", **keys: Any) -> Met:
    """A hostile server and its check."""

    async def main() -> Met:
        async with tcp_peer(talk) as peer:
            place = f"127.0.0.1:{peer.port}"
            target = f"http://{place}/" if kind == "http" else place
            return await meet_beside(a_check(kind, target, **({"timeout_ms": TIMEOUT_MS} | keys)))

    return asyncio.run(main())


def assert_harmless(met: Met) -> None:
    """The deadline held, the loop went on, and the neighbours were up."""
    assert met.took_ms <= TIMEOUT_MS + 100 + met.excused_ms
    assert met.own_s < OWN_S
    assert met.neighbours
    assert {(one.state, one.reason) for one in met.neighbours} == {(State.UP, None)}


def empties(count: int) -> bytes:
    """Compressed data that goes on and stands for nothing."""
    return b"\x78\x9c" + b"\x00\x00\x00\xff\xff" * count


@pytest.mark.parametrize(
    ("pattern", "body"),
    [
        ("Welcome.*user", b"Welcome " * (1 << 17)),
        ("^(a+)+$", b"a" * ((1 << 20) - 1) + b"b"),
        ("^(a|aa)+$", b"a" * 60_000 + b"b"),
    ],
    ids=["quadratic", "nested", "ambiguous"],
)
def test_a_slow_expression_on_a_page_is_ours(pattern: str, body: bytes) -> None:
    """It ends at the deadline as unknown, and holds nobody back."""
    met = meet(says(reply(body=body)), expect_body_regex=pattern)
    assert (met.finding.state, met.finding.reason) == (State.UNKNOWN, Reason.EXPRESSION), met.finding.detail
    assert met.finding.facts["status"] == 200
    assert_harmless(met)


def test_a_slow_expression_on_a_greeting_is_ours() -> None:
    """Four kibibytes are enough for an expression that doubles its work with each byte."""
    met = meet(greets(b"a" * 4000 + b"b"), "tcp", expect="^(a|aa)+$")
    assert (met.finding.state, met.finding.reason) == (State.UNKNOWN, Reason.EXPRESSION)
    assert_harmless(met)


def test_more_slow_expressions_than_threads_hold_up_no_quick_one() -> None:
    """Who waits for a thread waits in vain, but a small answer needs none."""

    async def main() -> tuple[list[Finding], Met]:
        async with web_peer({"/": reply(body=b"a" * 60_000 + b"b"), "/ok": reply(body=b"all is well")}) as peer:
            base = f"http://127.0.0.1:{peer.port}"
            await find("http", f"{base}/ok", expect_body_regex="well")  # loads what the first attempt loads
            slow = [
                asyncio.create_task(find("http", f"{base}/", timeout_ms=1500, expect_body_regex="^(a+)+$"))
                for _ in range(8)
            ]
            await asyncio.sleep(0.05)
            met = await meet_beside(a_check("http", f"{base}/ok", timeout_ms=TIMEOUT_MS, expect_body_regex="is well$"))
            return await asyncio.gather(*slow), met

    slow, met = asyncio.run(main())
    assert {one.reason for one in slow} == {Reason.EXPRESSION}
    assert met.finding.state is State.UP
    assert_harmless(met)


@pytest.mark.parametrize(
    ("talk", "reasons"),
    [
        (goes_on(CHUNKED, b"1\r\nx\r\n" * 10_000), {Reason.TIMEOUT, Reason.PROTOCOL}),
        (goes_on(b"", b"HTTP/1.1 103 Early\r\n" + b"a:b\r\n" * 900 + b"\r\n"), {Reason.PROTOCOL}),
        (goes_on(b"HTTP/1.1 200 OK\r\n", b"a:b\r\n" * 10_000), {Reason.PROTOCOL}),
        (goes_on(b"HTTP/1.1 200 OK\r\n", b"a", pause_s=0.001), {Reason.TIMEOUT}),
        (goes_on(CHUNKED + b"0\r\n", b"a:b\r\n" * 10_000), {Reason.PROTOCOL}),
        (
            goes_on(b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\n\r\n" + empties(0), empties(13_000)[2:]),
            {Reason.TIMEOUT},
        ),
    ],
    ids=["crumbs", "interim storm", "header storm", "header trickle", "trailer storm", "empty blocks"],
)
def test_an_endless_answer_ends_at_the_deadline(talk: Talk, reasons: set[Reason]) -> None:
    """How much we work is not for the server to say."""
    met = meet(talk)
    assert met.finding.state is State.DOWN
    assert met.finding.reason in reasons, met.finding.detail
    assert_harmless(met)


def test_a_body_in_crumbs_has_a_limit() -> None:
    """Given time, it is the number of pieces that ends it."""
    met = meet(goes_on(CHUNKED, b"1\r\nx\r\n" * 10_000), timeout_ms=30_000)
    assert (met.finding.state, met.finding.reason) == (State.DOWN, Reason.PROTOCOL)
    assert "65536 pieces" in met.finding.detail
    assert met.own_s < OWN_S


def test_a_coding_that_hides_its_work_is_a_bomb() -> None:
    """Gigabytes between two codings count, although nothing comes out in the end."""
    inner = empties(13_000_000)
    coded = gzip.compress(inner, 9)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: deflate, gzip\r\ncontent-length: {len(coded)}\r\n\r\n".encode()
    met = meet(says(head + coded))
    assert zlib.decompressobj().decompress(inner[:1000]) == b""
    assert (met.finding.state, met.finding.reason) == (State.DOWN, Reason.TOO_LARGE), met.finding.detail
    assert_harmless(met)


def test_an_honest_body_in_small_pieces_is_read() -> None:
    """Many chunks are not yet too many, and none of them is lost."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(word), word) for word in (b"%d," % number for number in range(5000)))
    met = meet(says(CHUNKED + chunks + b"0\r\n\r\n"), expect_body="4998,4999,", timeout_ms=5000)
    assert (met.finding.state, met.finding.reason) == (State.UP, None)
    assert met.finding.facts["bytes"] == sum(len(f"{number},") for number in range(5000))


def test_an_expectation_across_two_looks_is_found() -> None:
    """A large body is looked at piece by piece, what lies on the seam included."""
    body = b"x" * ((1 << 20) - 2) + "nähe".encode() + b"x" * 1000
    for keys in ({"expect_body": "nähe"}, {"expect_body_regex": "xnähex"}):
        met = meet(says(reply(body=body)), body_limit=2 << 20, timeout_ms=5000, **keys)
        assert (met.finding.state, met.finding.reason) == (State.UP, None), met.finding.detail


def test_a_name_server_that_talks_past_us_ends_at_the_deadline() -> None:
    """Datagrams about another question are passed over, but not for ever and not alone."""

    def answer(question: dns.message.Message) -> list[bytes]:
        other = dns.message.make_query("other.example", "A", id=question.id)
        return [dns.message.make_response(other).to_wire()] * 250  # what a socket queues

    async def main() -> Met:
        async with dns_peer(answer) as (_, port):
            check = a_check("dns", f"127.0.0.1:{port}", name="shop.example", timeout_ms=TIMEOUT_MS)
            return await meet_beside(check)

    met = asyncio.run(main())
    assert (met.finding.state, met.finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert_harmless(met)


def test_an_answer_of_thousands_of_records_holds_nobody_back() -> None:
    """A message of 64 KiB is read beside the loop."""
    question = dns.message.make_query("shop.example", "A")
    full = dns.message.make_response(question)
    full.answer.append(
        dns.rrset.from_text_list("shop.example.", 60, "IN", "A", [f"192.0.{n >> 8}.{n & 255}" for n in range(4000)])
    )
    wire = full.to_wire()

    def by_tcp(asked: dns.message.Message) -> bytes:
        return asked.id.to_bytes(2) + wire[2:]

    async def main() -> Met:
        async with dns_peer(answers(flags=0x0200), by_tcp=by_tcp) as (_, port):
            check = a_check(
                "dns", f"127.0.0.1:{port}", name="shop.example", expect_records=("192.0.15.159",), timeout_ms=5000
            )
            return await meet_beside(check)

    met = asyncio.run(main())
    assert (met.finding.state, met.finding.reason) == (State.UP, None), met.finding.detail
    assert met.own_s < OWN_S
