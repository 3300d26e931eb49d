"""Messages that `dns_wire` leaves alone, in the hands of dnspython: rare types, odd names, what is broken."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from probe.model import Reason
from probe.probers.net.clean import clean
from probe.probers.net.dns_wire import PAYLOAD, Asked, Heard, Records
from probe.probers.net.fault import Fault

QUESTIONS: Final = 256


def question(asked: Asked) -> bytes:
    """The query with id 0."""
    return _built(asked).to_wire()


def read(wire: bytes, asked: Asked) -> Heard | None:
    """What it says; None when it is no answer to this question. Raises Fault when it is a broken message."""
    try:
        answer = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as error:
        raise Fault(Reason.PROTOCOL, f"not a DNS message: {error}") from error
    if not _built(asked).is_response(answer):
        return None
    rcode = dns.rcode.to_text(answer.rcode())
    return Heard(int(answer.flags), rcode, tuple(Records(*_labels(one), _texts(one)) for one in answer.answer))


@lru_cache(maxsize=QUESTIONS)
def _built(asked: Asked) -> dns.message.QueryMessage:
    query = dns.message.make_query(asked.name, asked.type, use_edns=0, payload=PAYLOAD, id=0)
    if not asked.recursion:
        query.flags &= ~dns.flags.RD
    if asked.wants_ad:
        query.flags |= dns.flags.AD
    return query


def _labels(records: dns.rrset.RRset) -> tuple[str, str]:
    kind = dns.rdatatype.to_text(records.rdtype)
    if records.rdclass != dns.rdataclass.IN:
        kind = f"{dns.rdataclass.to_text(records.rdclass)} {kind}"
    return records.name.to_text().lower(), kind


def _texts(records: dns.rrset.RRset) -> tuple[str, ...]:
    """Cleaned: TXT and names are remote text."""
    return tuple(clean(record.to_text()) for record in records)
