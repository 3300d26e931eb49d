"""Does a name server, or each of a zone's name servers, answer one question as it should?

One datagram, with TCP when the answer is cut short, or TCP or TLS from the start. The latency is the time
from the question to the complete answer, of several servers the longest. What is judged is the name server,
so a name that it denies is its answer, and down; a server given by name, and the servers of a zone, are
found by our own resolver first, as phase "dns".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from probe.model import Assertion, Check, Finding, Reason, State
from probe.probers.attempting import Attempting, Judged, conclude, speed
from probe.probers.net.endpoint import Endpoint, parse_endpoint, show
from probe.probers.net.fault import Fault
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.net.certificate import TlsContexts
    from probe.probers.net.lookup import Tls
    from probe.probers.net.nameserver import Answer
    from probe.probers.net.resolver import Resolver
    from probe.runner import Land, Stop

PORTS: Final = {"udp": 53, "tcp": 53, "tls": 853}
"""The port where none is named, by transport."""
SHARE: Final = 0.95
"""Of the timeout, after which a server that is silent among others is told as such."""
SERVER_LIMIT: Final = 16
"""Name servers of a zone that are asked at most."""
SHOWN: Final = 8
"""Records of an answer that stand in a detail."""
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
    expect_ad: bool = False
    """The server must say that it verified the answer by DNSSEC (AD)."""
    transport: str = "udp"
    """`udp`, `tcp`, or `tls` (DNS over TLS, port 853 where none is named)."""
    tls_name: str | None = None
    """The name that the certificate must be for; without it the target's."""
    verify: bool = True
    """Judge the certificate of DNS over TLS."""
    servers: str = "one"
    """`all`: the target is a zone, and each of its name servers is asked, without recursion."""
    serials_agree: bool = False
    """All name servers of the zone must have the same serial number."""
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
        if problems := [*problems, *_problems_of_servers(self)]:
            raise ValueError("; ".join(problems))


def _problems_of_servers(settings: DnsSettings) -> list[str]:
    problems = []
    if settings.transport not in PORTS:
        problems.append(f'transport: "{settings.transport}" is not one of udp, tcp, tls')
    if settings.tls_name is not None and settings.transport != "tls":
        problems.append('tls_name: needs transport = "tls"')
    if settings.servers not in {"one", "all"}:
        problems.append(f'servers: "{settings.servers}" is not one of one, all')
    if settings.serials_agree and settings.servers != "all":
        problems.append('serials_agree: needs servers = "all"')
    return problems


class DnsProber(Attempting):
    """Kind "dns"; the target is a name server, `host` or `host:port`, or a zone."""

    Settings = DnsSettings

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        super().__init__(resolver)
        self._contexts: TlsContexts | None = None

    @staticmethod
    def target(text: str) -> str:
        """`host` or `host:port`. Raises ValueError with a remedy."""
        host, port = parse_endpoint(text, scheme="dns", port=0)
        return show(host, port) if port not in {0, PORTS["udp"]} else host

    def prepare(self, check: Check) -> None:
        """Load what the first attempt would have to load, and make its TLS context."""
        from probe.probers.net import dns_flight
        from probe.probers.net.dns_wire import READERS
        from probe.probers.net.dns_wire import TYPES as NUMBERS

        del dns_flight
        super().prepare(check)
        settings: DnsSettings = check.settings
        if NUMBERS[settings.type] not in READERS:
            from probe.probers.net import dns_rare

            del dns_rare
        self._tls(settings, check.target)

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        settings: DnsSettings = check.settings
        host, port = parse_endpoint(check.target, scheme="dns", port=PORTS[settings.transport])
        if settings.servers == "all":
            return await self._ask_all(check, Endpoint(host, port), trail)
        return _found(settings, await self._ask(check, Endpoint(host, port), trail), trail)

    def launch(self, check: Check, trail: Trail, land: Land) -> Stop | None:
        """As the runner's Launches says, for one server that is an address and is asked by datagram."""
        from probe.probers.net.dns_flight import launch
        from probe.probers.net.lookup import Question
        from probe.probers.net.names import known_address

        settings: DnsSettings = check.settings
        if settings.servers != "one" or settings.transport != "udp":
            return None
        host, port = parse_endpoint(check.target, scheme="dns", port=PORTS["udp"])
        try:
            address = known_address(check, host)
        except Fault:
            return None  # the task says it
        if address is None:
            return None
        trail.address = show(address, port)
        question = Question(
            settings.name, settings.type, Endpoint(address, port), settings.recursion, settings.expect_ad
        )
        return launch(question, trail, lambda answer: _found(settings, answer, trail), land)

    async def _ask(self, check: Check, server: Endpoint, trail: Trail, question: str = "") -> Answer:
        """One server's answer; question: another type than the settings', of the zone itself."""
        from probe.probers.net.lookup import Question
        from probe.probers.net.names import find_addresses
        from probe.probers.net.nameserver import ask_server

        settings: DnsSettings = check.settings
        address = (await find_addresses(check, server.host, self._names(), trail))[0]
        trail.address = show(address, server.port)
        name, kind = (check.target, question) if question else (settings.name, settings.type)
        recursion = settings.recursion and settings.servers == "one"
        asked = Question(name, kind, Endpoint(address, server.port), recursion, settings.expect_ad)
        return await ask_server(asked, settings.transport, self._tls(settings, server.host), trail)

    def _tls(self, settings: DnsSettings, host: str) -> Tls | None:
        if settings.transport != "tls":
            return None
        from probe.probers.net.certificate import TlsContexts, TlsPolicy
        from probe.probers.net.handshake import context_for
        from probe.probers.net.lookup import Tls

        self._contexts = self._contexts or TlsContexts()
        return Tls(context_for(TlsPolicy(verify=settings.verify), self._contexts), settings.tls_name or host)

    async def _ask_all(self, check: Check, zone: Endpoint, trail: Trail) -> Finding:
        """Every name server of a zone, at once; each must do."""
        import asyncio

        names = await self._servers_of(zone.host, trail)
        told = [_Told(name, trail) for name in names[:SERVER_LIMIT]]
        asked = [asyncio.ensure_future(self._tell(check, one, zone.port)) for one in told]
        try:
            await asyncio.gather(*asked)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return _judge_all(check.settings, told, trail)

    async def _servers_of(self, zone: str, trail: Trail) -> tuple[str, ...]:
        """The zone is what is judged: one that does not exist is down."""
        try:
            with trail.during("dns"):
                return await self._names().name_servers(zone, trail)
        except Fault as fault:
            state = State.DOWN if fault.reason is Reason.NAME_NOT_FOUND else None
            raise Fault(fault.reason, fault.detail, state) from fault

    async def _tell(self, check: Check, told: _Told, port: int) -> None:
        """Ask one of several servers, and its serial number too where that counts."""
        import asyncio

        try:
            async with asyncio.timeout(told.trail.left_s(SHARE)):
                told.answer = await self._ask(check, Endpoint(told.name, port), told.trail)
                told.took_us = _took_us(told.trail)
                if check.settings.serials_agree:
                    from probe.probers.net.nameserver import serial_of

                    told.serial = serial_of(await self._ask(check, Endpoint(told.name, port), told.trail, "SOA"))
        except TimeoutError:
            reason = Reason.STALL if told.trail.is_late(SHARE) else Reason.TIMEOUT
            told.fault = Fault(reason, f"no answer in {told.trail.phase or 'time'}")
        except Fault as fault:
            told.fault = fault


class _Told:
    """What one of several servers told so far."""

    def __init__(self, name: str, trail: Trail) -> None:
        """Its phases are its own, its time is that of the attempt."""
        self.name = name
        self.trail = Trail(trail.clock, trail.timeout_ms)
        self.trail.began = trail.began
        self.answer: Answer | None = None
        self.took_us: int | None = None
        self.serial: str | None = None
        self.fault: Fault | None = None

    def facts(self) -> dict[str, Any]:
        """As JSON values."""
        found: dict[str, Any] = {"server": self.name, "address": self.trail.address, "took_us": self.took_us}
        if self.answer is not None:
            found |= self.answer.facts()
        if self.serial is not None:
            found["serial"] = self.serial
        if self.fault is not None:
            found |= {"reason": str(self.fault.reason), "detail": self.fault.detail}
        return found


def _found(settings: DnsSettings, answer: Answer, trail: Trail) -> Finding:
    """The finding of one server's answer."""
    trail.facts |= answer.facts()
    latency_us = _took_us(trail)
    return conclude([*_judged(settings, answer), *speed(settings.max_time_ms, latency_us)], latency_us, trail)


def _took_us(trail: Trail) -> int:
    """From the question to the complete answer."""
    return sum(trail.phases_us.values()) - trail.phases_us.get("dns", 0)


def _judge_all(settings: DnsSettings, told: list[_Told], trail: Trail) -> Finding:
    """Down when one server fails by its own fault; what we could not ask is shown, and counts when it is all."""
    trail.facts["servers"] = [one.facts() for one in told]
    ours = [one.fault for one in told if one.fault is not None and one.fault.state is State.UNKNOWN]
    if len(ours) == len(told):
        raise ours[0]
    slowest = max((one for one in told if one.took_us is not None), key=lambda one: one.took_us or 0, default=None)
    latency_us = slowest.took_us if slowest else None
    if slowest is not None:
        trail.address = slowest.trail.address
        trail.phases_us["query"] = latency_us or 0
    judged = [one for server in told for one in _judged_server(settings, server)]
    if settings.serials_agree:
        judged.append(_agreement([one for one in told if one.fault is None]))
    return conclude(judged, latency_us, trail)


def _judged_server(settings: DnsSettings, told: _Told) -> list[Judged]:
    """The expectations of one of several servers, each with its name."""
    if told.fault is not None:
        is_theirs = told.fault.state is State.DOWN
        return [(told.fault.reason, Assertion(f"{told.name} answers", told.fault.detail, False))] if is_theirs else []
    if told.answer is None or told.took_us is None:
        return []
    judged = [*_judged(settings, told.answer), *speed(settings.max_time_ms, told.took_us)]
    return [(reason, one._replace(expectation=f"{told.name}: {one.expectation}")) for reason, one in judged]


def _agreement(told: list[_Told]) -> Judged:
    serials = {one.serial for one in told}
    seen = ", ".join(f"{one.name} has {one.serial or 'none'}" for one in told)
    return Reason.RECORDS, Assertion("serials_agree", seen, len(serials) == 1 and None not in serials)


def _judged(settings: DnsSettings, answer: Answer) -> list[Judged]:
    """The expectations of one answer."""
    wrong = Reason.NAME_NOT_FOUND if answer.rcode == "NXDOMAIN" else Reason.RCODE
    seen = f"the server answered {answer.rcode}"
    held = answer.rcode == settings.expect_rcode
    found = [(wrong, Assertion(f"expect_rcode {settings.expect_rcode}", seen, held))]
    if settings.expect_aa:
        seen = "authoritative" if answer.aa else "not authoritative"
        found.append((Reason.RECORDS, Assertion("expect_aa", f"the answer is {seen}", answer.aa)))
    if settings.expect_ad:
        seen = "verified" if answer.ad else "not verified by DNSSEC"
        found.append((Reason.RECORDS, Assertion("expect_ad", f"the answer is {seen}", answer.ad)))
    if not settings.expect_records:
        return found
    known = {_plain(record) for record in answer.records}
    shown = ", ".join(answer.records[:SHOWN]) + (", …" if len(answer.records) > SHOWN else "")
    for record in settings.expect_records:
        seen = f"the answer has {shown or 'no records'}"
        found.append((Reason.RECORDS, Assertion(f"expect_records {record}", seen, _plain(record) in known)))
    return found


def _is_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    is_well_formed = text.isprintable() and " " not in text and len(text) <= NAME_LIMIT
    return text == "." or (is_well_formed and all(0 < len(label) <= LABEL_LIMIT for label in labels))


def _plain(record: str) -> str:
    """A record as it is compared: names regardless of case, of the dot at the end and of quotes."""
    return record.strip().strip('"').removesuffix(".").lower()
