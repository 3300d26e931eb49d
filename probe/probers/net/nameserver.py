"""One name server's whole answer: asked by datagram, by TCP or under TLS, and read into plain values."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from probe.probers.net.dns_wire import AA, AD, TC, Heard
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
    heard = None
    if transport == "udp":
        with trail.during("query"):
            heard = await ask(question)
    by_tcp = heard is None or bool(heard.flags & TC)
    if heard is None or by_tcp:
        heard = await ask_by_tcp(question, trail, tls)
    return answer_of(heard, by_tcp=by_tcp)


def answer_of(heard: Heard, *, by_tcp: bool = False) -> Answer:
    """The same in plain values."""
    return Answer(
        rcode=heard.rcode,
        aa=bool(heard.flags & AA),
        ad=bool(heard.flags & AD),
        by_tcp=by_tcp,
        records=tuple(text for records in heard.answer for text in records.texts),
    )


def serial_of(answer: Answer) -> str | None:
    """The serial number in an answer with an SOA record, None where there is none."""
    fields = next((record.split() for record in answer.records if len(record.split()) == 7), [])
    return fields[2] if len(fields) == 7 and fields[2].isdecimal() else None
