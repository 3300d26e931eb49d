"""One name server's whole answer: asked by datagram, by TCP or under TLS, and read into plain values."""

from __future__ import annotations

import asyncio
from typing import Any, Final, NamedTuple

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from probe.probers.net.clean import clean
from probe.probers.net.lookup import Question, Tls, ask, ask_by_tcp
from probe.trail import Trail

RECORD_LIMIT: Final = 32
"""Records that are kept in the facts at most."""


class Answer(NamedTuple):
    """What a server said; `records` are all of the answer section, without names and TTLs, as text."""

    rcode: str
    aa: bool
    ad: bool
    by_tcp: bool
    records: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """As JSON values; at most RECORD_LIMIT records."""
        return {
            "by_tcp": self.by_tcp,
            "rcode": self.rcode,
            "aa": self.aa,
            "ad": self.ad,
            "records": list(self.records[:RECORD_LIMIT]),
        }


async def ask_server(question: Question, transport: str, tls: Tls | None, trail: Trail) -> Answer:
    """The answer by `udp` (with TCP when it is cut short), `tcp` or `tls`. Raises Fault."""
    message = None
    if transport == "udp":
        with trail.during("query"):
            message = await ask(question)
    by_tcp = message is None or bool(message.flags & dns.flags.TC)
    if message is None or by_tcp:
        message = await ask_by_tcp(question, trail, tls)
    return Answer(
        rcode=dns.rcode.to_text(message.rcode()),
        aa=bool(message.flags & dns.flags.AA),
        ad=bool(message.flags & dns.flags.AD),
        by_tcp=by_tcp,
        records=tuple(await _records(message, is_small=not by_tcp)),
    )


def serial_of(answer: Answer) -> str | None:
    """The serial number in an answer with an SOA record, None where there is none."""
    fields = next((record.split() for record in answer.records if len(record.split()) == 7), [])
    return fields[2] if len(fields) == 7 and fields[2].isdecimal() else None


async def _records(answer: dns.message.Message, *, is_small: bool) -> list[str]:
    """Every record of the answer section as text; a large answer can hold thousands of them."""
    is_small = is_small and sum(len(records) for records in answer.answer) <= RECORD_LIMIT
    return _texts(answer) if is_small else await asyncio.to_thread(_texts, answer)


def _texts(answer: dns.message.Message) -> list[str]:
    """Cleaned: TXT and names are remote text."""
    return [clean(record.to_text()) for records in answer.answer for record in records]
