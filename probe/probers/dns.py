"""Does one name server answer one question as it should?

One datagram, with TCP when the answer is cut short. The latency is the time from the question to
the complete answer. What is judged is the name server, so a name that it denies is its answer, and
down; a server given by name is itself resolved by our own resolver first, as phase "dns".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from probe.model import Assertion, Check, Finding, Reason
from probe.probers.attempting import Attempting, Judged, conclude, speed
from probe.probers.net.clean import clean
from probe.probers.net.endpoint import Endpoint, parse_endpoint, show
from probe.trail import Trail

if TYPE_CHECKING:
    from dns.message import Message

    from probe.probers.net.lookup import Question

PORT: Final = 53
RECORD_LIMIT: Final = 32
"""Records that are kept in the facts at most."""
TYPES: Final = (
    *("A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX"),
    *("NAPTR", "NS", "PTR", "SOA", "SRV", "SVCB", "TLSA", "TXT"),
)
RCODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
NAME_LIMIT: Final = 253
LABEL_LIMIT: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """The keys under `dns.` of a check."""

    name: str
    """The name that is asked for."""
    type: str = "A"
    """The record type that is asked for."""
    expect_rcode: str = "NOERROR"
    """The response code that the server must give."""
    expect_records: tuple[str, ...] = ()
    """Records that must be in the answer, as `dig +short` shows them; others may be there too."""
    expect_aa: bool = False
    """The answer must be authoritative."""
    recursion: bool = True
    """Ask the server to find out what it does not know itself."""
    max_time_ms: int | None = None
    """`max_time`: the complete answer must be there within this time."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        object.__setattr__(self, "expect_records", tuple(self.expect_records))
        problems = []
        if not _is_name(self.name):
            problems.append(f'name: "{self.name}" is not a domain name')
        if self.type not in TYPES:
            problems.append(f'type: "{self.type}" is not one of {", ".join(TYPES)}')
        if self.expect_rcode not in RCODES:
            problems.append(f'expect_rcode: "{self.expect_rcode}" is not one of {", ".join(RCODES)}')
        if self.max_time_ms is not None and self.max_time_ms <= 0:
            problems.append("max_time: must be longer than 0")
        if problems:
            raise ValueError("; ".join(problems))


class DnsProber(Attempting):
    """Kind "dns"; the target is a name server, `host` or `host:port`."""

    Settings = DnsSettings

    @staticmethod
    def target(text: str) -> str:
        """`host` or `host:port`. Raises ValueError with a remedy."""
        host, port = parse_endpoint(text, scheme="dns", port=PORT)
        return host if port == PORT else show(host, port)

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.lookup import Question
        from probe.probers.net.names import find_addresses

        settings: DnsSettings = check.settings
        host, port = parse_endpoint(check.target, scheme="dns", port=PORT)
        address = (await find_addresses(check, host, self._names(), trail))[0]
        trail.address = show(address, port)
        server = Endpoint(address, port)
        answer = await _ask(Question(settings.name, settings.type, server, settings.recursion), trail)
        records = await _records(answer, is_small=not trail.facts["by_tcp"])
        trail.facts["records"] = records[:RECORD_LIMIT]
        return _judge(settings, records, trail)


async def _ask(question: Question, trail: Trail) -> Message:
    import dns.flags
    import dns.rcode

    from probe.probers.net.lookup import ask, ask_by_tcp

    with trail.during("query"):
        answer = await ask(question)
    if answer.flags & dns.flags.TC:
        answer = await ask_by_tcp(question, trail)
    trail.facts["by_tcp"] = "exchange" in trail.phases_us
    trail.facts["rcode"] = dns.rcode.to_text(answer.rcode())
    trail.facts["aa"] = bool(answer.flags & dns.flags.AA)
    return answer


async def _records(answer: Message, *, is_small: bool) -> list[str]:
    """Every record of the answer section as text; a large answer can hold thousands of them."""
    import asyncio

    is_small = is_small and sum(len(records) for records in answer.answer) <= RECORD_LIMIT
    return _texts(answer) if is_small else await asyncio.to_thread(_texts, answer)


def _texts(answer: Message) -> list[str]:
    """Cleaned: TXT and names are remote text."""
    return [clean(record.to_text()) for records in answer.answer for record in records]


def _judge(settings: DnsSettings, records: list[str], trail: Trail) -> Finding:
    latency_us = sum(trail.phases_us.values()) - trail.phases_us.get("dns", 0)
    return conclude([*_judged(settings, records, trail), *speed(settings.max_time_ms, latency_us)], latency_us, trail)


def _judged(settings: DnsSettings, records: list[str], trail: Trail) -> list[Judged]:
    rcode = str(trail.facts["rcode"])
    wrong = Reason.NAME_NOT_FOUND if rcode == "NXDOMAIN" else Reason.RCODE
    found = [(wrong, Assertion(f"rcode {settings.expect_rcode}", rcode, rcode == settings.expect_rcode))]
    if settings.expect_aa:
        is_aa = bool(trail.facts["aa"])
        seen = "authoritative" if is_aa else "not authoritative"
        found.append((Reason.RECORDS, Assertion("authoritative answer", seen, is_aa)))
    known = {_plain(record) for record in records}
    for record in settings.expect_records:
        seen = ", ".join(records[:RECORD_LIMIT]) or "no records"
        found.append((Reason.RECORDS, Assertion(f"record {record}", seen, _plain(record) in known)))
    return found


def _is_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    is_well_formed = text.isprintable() and " " not in text and len(text) <= NAME_LIMIT
    return text == "." or (is_well_formed and all(0 < len(label) <= LABEL_LIMIT for label in labels))


def _plain(record: str) -> str:
    """A record as it is compared: names regardless of case, of the dot at the end and of quotes."""
    return record.strip().strip('"').removesuffix(".").lower()
