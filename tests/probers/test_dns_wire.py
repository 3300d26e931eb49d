"""What our own reader of DNS messages reads, dnspython reads the same; the rest it leaves to dnspython."""

from __future__ import annotations

import random
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from probe.probers.dns import TYPES
from probe.probers.net import dns_rare, dns_wire
from probe.probers.net.dns_wire import Asked, Heard, Unusual
from probe.probers.net.fault import Fault

ASKED = Asked("www.Shop.example", "A", recursion=True, wants_ad=False)
NAMES = ("www.shop.example.", "WWW.shop.EXAMPLE.", "cdn.shop.example.", "a-b.x_y.net.", "ns1.shop.example.", ".")
DATA = {
    "A": ("192.0.2.1", "192.0.2.2", "198.51.100.255"),
    "AAAA": ("2001:db8::1", "::", "::ffff:192.0.2.1", "::192.0.2.1", "2001:db8:0:0:1:0:0:1", "fe80:0:1::", "1::0:2:3"),
    "CNAME": ("cdn.shop.example.", "CDN.other.example.", "."),
    "NS": ("ns1.shop.example.", "NS1.shop.example.", "ns2.shop.example."),
    "PTR": ("host.example.",),
    "MX": ("10 mail.shop.example.", "0 ."),
    "SOA": ("ns1.shop.example. admin.shop.example. 2024 3600 600 86400 60",),
    "TXT": (
        '"v=spf1 -all"',
        '"two" "parts"',
        '""',
        '"a\\"b"',
        '"caf\\195\\169"',
        '"' + "x" * 255 + '" "' + "y" * 255 + '"',
    ),
    "SRV": ("0 5 443 host.example.",),
    "CAA": ('0 issue "ca.example"',),
}
USUAL = [kind for kind in DATA if kind not in {"SRV", "CAA"}]


def a_message(dice: random.Random, kinds: list[str]) -> dns.message.Message:
    """An answer to ASKED with a few records in each section."""
    query = dns.message.make_query(ASKED.name, ASKED.type, use_edns=0, id=0)
    answer = dns.message.make_response(query, recursion_available=True)
    answer.set_rcode(dice.choice((dns.rcode.NOERROR, dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL)))
    if dice.random() < 0.5:
        answer.flags |= dns.flags.AA
    for section in (answer.answer, answer.authority, answer.additional):
        for _ in range(dice.randrange(4)):
            kind = dice.choice(kinds)
            texts = dice.sample(DATA[kind], min(len(DATA[kind]), dice.randint(1, 3)))
            texts = texts[:1] if kind in {"CNAME", "SOA"} else texts
            section.append(dns.rrset.from_text(dice.choice(NAMES), dice.randrange(9999), "IN", kind, *texts))
    return answer


def mutated(dice: random.Random, wire: bytes) -> bytes:
    """The message with some bytes changed, taken out, put in or cut off."""
    data = bytearray(wire)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(2, len(data))
        match dice.randrange(5):
            case 0 | 1:
                data[at] = dice.choice((0, 1, 0x3F, 0x40, 0xC0, 0x0C, 0xFF, dice.randrange(256)))
            case 2:
                del data[at:]
            case 3:
                del data[at]
            case _:
                data.insert(at, dice.randrange(256))
        if len(data) < 13:
            break
    return bytes(data)


def both(wire: bytes, asked: Asked = ASKED) -> tuple[Heard | None, Heard | str | None]:
    """Ours (None where it leaves the message alone) and dnspython's."""
    ours: Heard | None
    try:
        ours = dns_wire.read(wire, dns_wire.question(asked))
    except Unusual:
        ours = None
    try:
        return ours, dns_rare.read(wire, asked)
    except Fault as fault:
        return ours, str(fault)


def messages(seed: int, count: int, kinds: list[str]) -> Iterator[tuple[random.Random, bytes]]:
    dice = random.Random(seed)
    for _ in range(count):
        yield dice, a_message(dice, kinds).to_wire(max_size=65_535)


def test_what_servers_usually_say_is_read_and_reads_as_dnspython_reads_it() -> None:
    """Codes, flags, the order of records, what counts as the same record, and every text."""
    read = 0
    for _, wire in messages(1, 600, [kind for kind in USUAL if kind != "TXT"]):
        ours, theirs = both(wire)
        read += ours is not None
        assert ours is None or ours == theirs
    assert read > 590


@pytest.mark.parametrize(("kinds", "least"), [(["A", "AAAA", "NS", "CNAME", "SOA", "MX"], 100), (list(DATA), 20)])
def test_whatever_it_reads_dnspython_reads_the_same(kinds: list[str], least: int) -> None:
    """Broken, hostile and odd messages too: it may leave them alone, but not read them differently."""
    read = 0
    for dice, wire in messages(2, 500, kinds):
        for _ in range(4):
            ours, theirs = both(mutated(dice, wire))
            read += ours is not None
            assert ours is None or ours == theirs, wire.hex()
    assert read > least


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("recursion", [True, False])
@pytest.mark.parametrize("wants_ad", [True, False])
@pytest.mark.parametrize(
    "name", ["www.shop.example", "shop.example.", ".", "_dmarc.A-b.example", "x" * 63 + ".example"]
)
def test_a_question_is_the_one_that_dnspython_asks(name: str, kind: str, recursion: bool, wants_ad: bool) -> None:
    """Byte by byte."""
    asked = Asked(name, kind, recursion, wants_ad)
    assert dns_wire.question(asked) == dns_rare.question(asked)


@pytest.mark.parametrize("name", ["bücher.example", "a\\.b.example", "*.example", "x" * 64 + ".example", "a..example"])
def test_odd_names_are_left_to_dnspython(name: str) -> None:
    """It knows how they are written, and which are none."""
    with pytest.raises(Unusual):
        dns_wire.question(Asked(name, "A", recursion=True, wants_ad=False))


def test_names_that_chase_their_own_tail_end() -> None:
    """Pointers lead back only; one that does not is no name."""
    query = dns_wire.question(ASKED)
    head = dns_wire.HEADER.pack(0, 0x8180, 1, 1, 0, 0)
    body = query[12 : query.index(0, 12) + 5]
    at = len(head + body)
    for target in (at, at + 2, 0x3FFF):
        record = (0xC000 | target).to_bytes(2) + dns_wire.RECORD.pack(1, 1, 60, 4) + bytes(4)
        ours, theirs = both(head + body + record)
        assert ours is None
        assert isinstance(theirs, str)


def test_the_name_may_be_spelled_in_other_letters() -> None:
    """Servers need not keep the case of the question."""
    for _, wire in messages(4, 1, ["A"]):
        shouted = wire.replace(b"Shop", b"SHOP", 1)
        ours, theirs = both(shouted)
        assert ours is not None
        assert ours == theirs
