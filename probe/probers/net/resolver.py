"""Names become addresses by our own queries: /etc/hosts, then the name servers of /etc/resolv.conf.

No thread, no getaddrinfo, no cache: users resolve afresh, so do we. Both files are read again when
they change. A server that stays silent is asked again, and the others beside it, without giving up
on the first; a name without a dot is tried below the search domains.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeVar

from probe.model import Reason
from probe.probers.net.dns_wire import TC, Heard
from probe.probers.net.endpoint import Endpoint, canonical_address
from probe.probers.net.fault import Fault
from probe.probers.net.lookup import Question, ask, ask_by_tcp
from probe.probers.net.race import first
from probe.trail import Trail

T = TypeVar("T")
TYPES: Final[Mapping[str, tuple[str, ...]]] = {"4": ("A",), "6": ("AAAA",), "any": ("AAAA", "A")}
SERVER_LIMIT: Final = 3
ROUNDS: Final = 2
OTHER_FAMILY_S: Final = 0.25
"""How much longer one family is waited for once the other has addresses (some servers drop AAAA)."""
CHAIN_LIMIT: Final = 17
"""The name itself, and the aliases that are followed."""
NO_RESOLVER: Final = "our own resolver gave no answer"


class ResolvConf(NamedTuple):
    """What of resolv.conf is used."""

    servers: tuple[str, ...] = ("127.0.0.1",)
    search: tuple[str, ...] = ()


class Reread(Generic[T]):
    """A parsed file that is read again when it has changed; a missing one reads as empty."""

    def __init__(self, path: Path, parse: Callable[[str], T]) -> None:
        """Nothing is read yet."""
        self._path = path
        self._parse = parse
        self._stamp: tuple[int, ...] | None = None
        self._value = parse("")

    def get(self) -> T:
        """The value now; the last one when the file has gone."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                self._value = self._parse(self._path.read_text("utf-8", "replace"))
                self._stamp = stamp
        except OSError:
            pass
        return self._value


class Resolver:
    """Resolves names for every kind but dns. Keeps the two files, and nothing about names."""

    def __init__(
        self,
        *,
        resolv_conf: Path = Path("/etc/resolv.conf"),
        hosts: Path = Path("/etc/hosts"),
        port: int = 53,
    ) -> None:
        """The files of this machine, unless a test brings its own."""
        self._conf = Reread(resolv_conf, parse_resolv_conf)
        self._hosts = Reread(hosts, parse_hosts)
        self._port = port

    async def resolve(self, name: str, family: str, trail: Trail) -> tuple[str, ...]:
        """The addresses of a name, IPv6 first. Raises Fault with a reason that is ours, not the target's."""
        here = self._hosts.get().get(name.rstrip("."))
        if here is not None:
            return _of_family(here, family)
        conf = self._conf.get()
        names = [f"{name}.{domain}" for domain in conf.search] if "." not in name else []
        for candidate in names:
            try:
                return await self._look_up(candidate, family, trail)
            except Fault as fault:
                if fault.reason is Reason.RESOLVER_UNREACHABLE:
                    raise
        return await self._look_up(name, family, trail)

    async def name_servers(self, zone: str, trail: Trail) -> tuple[str, ...]:
        """The names of a zone's name servers, by the first of our own servers that knows. Raises Fault as `resolve`."""
        found = await self._ask_all(zone, "NS", trail)
        if not found:
            raise Fault(Reason.NAME_NOT_FOUND, f"{zone} is no zone: it has no name servers")
        return found

    async def _look_up(self, name: str, family: str, trail: Trail) -> tuple[str, ...]:
        wanted = [asyncio.ensure_future(self._ask_all(name, kind, trail)) for kind in TYPES[family]]
        try:
            done, late = await asyncio.wait(wanted, return_when=asyncio.FIRST_COMPLETED)
            if late:
                has_some = any(task.exception() is None and task.result() for task in done)
                await asyncio.wait(late, timeout=OTHER_FAMILY_S if has_some else None)
        finally:
            for task in wanted:
                task.cancel()
            await asyncio.gather(*wanted, return_exceptions=True)
        return _together(name, wanted)

    async def _ask_all(self, name: str, kind: str, trail: Trail) -> tuple[str, ...]:
        """The addresses by the first server that knows: each in turn, twice, the earlier ones still heard."""
        servers = self._conf.get().servers[:SERVER_LIMIT]
        questions = [Question(name, kind, Endpoint(server, self._port)) for server in servers] * ROUNDS
        stagger_s = trail.left_s(0.5) / len(questions)
        found = await first([partial(_answer, question, trail) for question in questions], stagger_s)
        if found is None:
            raise Fault(Reason.NAME_NOT_FOUND, f"{name} does not exist (NXDOMAIN)")
        return found


async def _answer(question: Question, trail: Trail) -> tuple[str, ...] | None:
    """One server's word: addresses (or names of servers), none of them, or None when there is no such name."""
    try:
        heard = await ask(question)
        if heard.flags & TC:
            quiet = Trail(trail.clock, trail.timeout_ms)  # its connection is not the attempt's
            heard = await ask_by_tcp(question, quiet)
        return _found(heard, question)
    except Fault as fault:
        if fault.reason is Reason.FD_LIMIT:
            raise
        words = f"{NO_RESOLVER}: {question.server.host}: {fault.detail}"
        raise Fault(Reason.RESOLVER_UNREACHABLE, words) from fault


def _found(heard: Heard, question: Question) -> tuple[str, ...] | None:
    """The records of the name, or of the one that its aliases lead to."""
    if heard.rcode == "NXDOMAIN":
        return None
    if heard.rcode != "NOERROR":
        raise Fault(Reason.RESOLVER_UNREACHABLE, heard.rcode)
    known = {(records.name, records.type): records.texts for records in heard.answer}
    name = f"{question.name.removesuffix('.')}.".lower()
    for _ in range(CHAIN_LIMIT):
        if texts := known.get((name, question.type)):
            is_names = question.type == "NS"
            return tuple(sorted(text.removesuffix(".").lower() for text in texts)) if is_names else texts
        if not (aliases := known.get((name, "CNAME"))):
            return ()
        name = aliases[0].lower()
    raise Fault(Reason.RESOLVER_UNREACHABLE, "an endless chain of aliases")


def _together(name: str, wanted: Sequence[asyncio.Future[tuple[str, ...]]]) -> tuple[str, ...]:
    """What the families gave: all addresses, or what the worst of them says."""
    faults = [error for task in wanted if not task.cancelled() and (error := task.exception()) is not None]
    found = [
        address for task in wanted if not task.cancelled() and task.exception() is None for address in task.result()
    ]
    if found:
        return tuple(found)
    for error in faults:
        raise error
    raise Fault(Reason.NO_ADDRESS, f"{name} has no address of this family")


def _of_family(addresses: Sequence[str], family: str) -> tuple[str, ...]:
    fitting = tuple(address for address in addresses if family == "any" or (":" in address) == (family == "6"))
    if not fitting:
        raise Fault(Reason.NO_ADDRESS, "/etc/hosts gives no address of this family")
    return fitting


def parse_hosts(text: str) -> dict[str, tuple[str, ...]]:
    """Names to addresses, in the order of the file; what is not an address is passed over."""
    found: dict[str, tuple[str, ...]] = {"localhost": ()}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        canonical = canonical_address(address)
        for name in names if canonical is not None else ():
            known = found.get(name.lower(), ())
            if canonical is not None and canonical not in known:
                found[name.lower()] = (*known, canonical)
    if not found["localhost"]:
        found["localhost"] = ("127.0.0.1", "::1")  # RFC 6761: never asked of a server
    return found


def parse_resolv_conf(text: str) -> ResolvConf:
    """Name servers and search domains; without a server the one on this machine, as resolv.conf(5) says."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        word, *values = line.split() or [""]
        if word == "nameserver" and values and (server := canonical_address(values[0])) is not None:
            servers.append(server)
        elif word in {"search", "domain"}:
            search = tuple(value.strip(".") for value in values)
    return ResolvConf(tuple(servers) or ResolvConf().servers, search)
