"""DNS messages as they usually are, built and read at the cost of a few µs; what is unusual is dnspython's.

Read here are answers with one question, of class IN, with A, AAAA, CNAME, MX, NS, PTR, SOA and TXT records in all
sections and an empty OPT, all names of letters, digits, "-" and "_". Whatever else comes, broken messages too, raises
Unusual, so that dnspython decides; what is read here reads there the same.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from probe.probers.net.clean import clean

PAYLOAD: Final = 1232
"""Bytes of answer that fit one datagram everywhere (DNS flag day 2020)."""
HEADER: Final = struct.Struct("!6H")
RECORD: Final = struct.Struct("!HHIH")
SOA_NUMBERS: Final = struct.Struct("!5I")
AA, TC, RD, AD = 0x0400, 0x0200, 0x0100, 0x0020
QR, QR_OPCODE_AND_Z = 0x8000, 0xF840
IN: Final = 1
OPT: Final = 41
TYPES: Final = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "NAPTR": 35,
    "DS": 43,
    "DNSKEY": 48,
    "TLSA": 52,
    "SVCB": 64,
    "HTTPS": 65,
    "CAA": 257,
}
RCODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
POINTER: Final = 0xC0
LABEL_END: Final = 0x40
NAME_LIMIT: Final = 255
TTL_LIMIT: Final = 0x7FFF_FFFF
TO_QUESTION: Final = b"\xc0\x0c"
"""The pointer to the name in the question, which nearly every record begins with."""


class Unusual(Exception):
    """Not for this reader."""


class Asked(NamedTuple):
    """A question without its server."""

    name: str
    type: str
    recursion: bool
    wants_ad: bool


class Records(NamedTuple):
    """Records of one name and type, as text; the name in lower case with its dot at the end."""

    name: str
    type: str
    texts: tuple[str, ...]


class Heard(NamedTuple):
    """What a server said: the flags, the code by its name, and the answer section."""

    flags: int
    rcode: str
    answer: tuple[Records, ...]


def question(asked: Asked) -> bytes:
    """The query with id 0, and an OPT record for answers up to PAYLOAD. Raises Unusual."""
    name = asked.name.removesuffix(".")
    labels = [label.encode() for label in name.split(".")] if name else []
    if not name.isascii() or not all(_is_plain(label) for label in labels) or len(name) > NAME_LIMIT - 2:
        raise Unusual
    flags = (RD if asked.recursion else 0) | (AD if asked.wants_ad else 0)
    wire = b"".join(len(label).to_bytes() + label for label in labels) + b"\0"
    head = HEADER.pack(0, flags, 1, 0, 0, 1)
    return head + wire + struct.pack("!HH", TYPES[asked.type], IN) + b"\0" + RECORD.pack(OPT, PAYLOAD, 0, 0)


def read(wire: bytes, query: bytes) -> Heard:
    """The answer to this query, as `question` made it. Raises Unusual."""
    try:
        return _read(wire, query)
    except (IndexError, struct.error) as error:
        raise Unusual from error


def _read(wire: bytes, query: bytes) -> Heard:
    _, flags, questions, *counts = HEADER.unpack_from(wire)
    end = query.index(0, HEADER.size) + 5
    if questions != 1 or flags & QR_OPCODE_AND_Z != QR or flags & 0xF >= len(RCODES):
        raise Unusual
    if wire[HEADER.size : end - 4].lower() != query[HEADER.size : end - 4].lower():
        raise Unusual
    if wire[end - 4 : end] != query[end - 4 : end]:
        raise Unusual
    sections = _Sections(wire, end)
    answer = sections.take(counts[0])
    sections.take(counts[1])
    sections.take(counts[2], may_hold_opt=True)
    return Heard(flags, RCODES[flags & 0xF], answer)


class _Sections:
    """The records of a message, read one section after the other."""

    def __init__(self, wire: bytes, at: int) -> None:
        self._wire, self._at = wire, at
        self._asked, _ = _name(wire, HEADER.size, len(wire))
        self._has_opt = False

    def take(self, count: int, *, may_hold_opt: bool = False) -> tuple[Records, ...]:
        """The next section."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for _ in range(count):
            name, number, begin, end = self._head(may_hold_opt=may_hold_opt)
            if number == OPT:
                continue
            kind, is_single, read = READERS.get(number) or _refuse()
            text = read(self._wire, begin, end)
            same = found.setdefault((name.lower(), kind), {})
            if is_single:
                same.clear()
            same.setdefault(text if kind == "TXT" else text.lower(), clean(text))
        return tuple(Records(name, kind, tuple(texts.values())) for (name, kind), texts in found.items())

    def _head(self, *, may_hold_opt: bool) -> tuple[str, int, int, int]:
        """Name, type, and where the data begins and ends."""
        wire, at = self._wire, self._at
        if wire[at : at + 2] == TO_QUESTION:
            name, at = self._asked, at + 2
        else:
            name, at = _name(wire, at, len(wire))
        number, class_, ttl, size = RECORD.unpack_from(wire, at)
        begin = at + RECORD.size
        self._at = end = begin + size
        if end > len(wire):
            raise Unusual
        if number == OPT:
            if not may_hold_opt or self._has_opt or name != "." or size or ttl >> 24:
                raise Unusual
            self._has_opt = True
        elif class_ != IN or ttl > TTL_LIMIT:
            raise Unusual
        return name, number, begin, end


def _refuse() -> tuple[str, bool, Callable[[bytes, int, int], str]]:
    raise Unusual


def _is_plain(label: bytes) -> bool:
    return len(label) < LABEL_END and label.replace(b"-", b"").replace(b"_", b"").isalnum()


def _name(wire: bytes, at: int, limit: int) -> tuple[str, int]:
    """A name and where it ends; no byte of it lies at `limit` or beyond, and pointers only lead back."""
    labels: list[bytes] = []
    back, end, length = at, None, 1
    while (size := wire[at]) != 0:
        if size < LABEL_END:
            label = wire[at + 1 : at + 1 + size]
            at += 1 + size
            length += 1 + size
            if at >= limit or length > NAME_LIMIT or not _is_plain(label):
                raise Unusual
            labels.append(label)
            continue
        target = (size & 0x3F) << 8 | wire[at + 1]
        if size < POINTER or target >= back or at + 2 > limit:
            raise Unusual
        end = end or at + 2
        back = at = target
    if at >= limit:
        raise Unusual
    return b".".join(labels).decode() + ".", end or at + 1


def _whole(wire: bytes, begin: int, end: int) -> str:
    """A name that fills all of it."""
    name, stop = _name(wire, begin, end)
    if stop != end:
        raise Unusual
    return name


def _a(wire: bytes, begin: int, end: int) -> str:
    if end - begin != 4:
        raise Unusual
    return socket.inet_ntoa(wire[begin:end])


def _aaaa(wire: bytes, begin: int, end: int) -> str:
    if end - begin != 16:
        raise Unusual
    return socket.inet_ntop(socket.AF_INET6, wire[begin:end])


def _mx(wire: bytes, begin: int, end: int) -> str:
    if begin + 2 >= end:
        raise Unusual
    return f"{int.from_bytes(wire[begin : begin + 2])} {_whole(wire, begin + 2, end)}"


def _soa(wire: bytes, begin: int, end: int) -> str:
    source, at = _name(wire, begin, end)
    person, at = _name(wire, at, end)
    if end - at != SOA_NUMBERS.size:
        raise Unusual
    numbers = SOA_NUMBERS.unpack_from(wire, at)
    if max(numbers[1:]) > TTL_LIMIT:
        raise Unusual
    return f"{source} {person} {' '.join(map(str, numbers))}"


def _txt(wire: bytes, begin: int, end: int) -> str:
    parts = []
    while begin < end:
        stop = begin + 1 + wire[begin]
        part = wire[begin + 1 : stop]
        if stop > end or not part.isascii() or b'"' in part or b"\\" in part or not part.decode().isprintable():
            raise Unusual
        parts.append(f'"{part.decode()}"')
        begin = stop
    return " ".join(parts) or _refuse()[0]


READERS: Final[dict[int, tuple[str, bool, Callable[[bytes, int, int], str]]]] = {
    1: ("A", False, _a),
    2: ("NS", False, _whole),
    5: ("CNAME", True, _whole),
    6: ("SOA", True, _soa),
    12: ("PTR", False, _whole),
    15: ("MX", False, _mx),
    16: ("TXT", False, _txt),
    28: ("AAAA", False, _aaaa),
}
"""By number: the type's name, whether the last record of it is the only one, and how its data reads."""
