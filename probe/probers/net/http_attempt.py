"""One HTTP attempt: a request, the redirects it leads through, and the answer at their end.

What was decided about httpx: it has had no release since December 2024, and httpx2 carries it on.
Used here are its URL, Headers and Request alone, which both have; connections, deadlines, redirects
and bodies are ours, since those are where either library can be brought to blame the wrong side
(slots that leak, time-outs that never fire, sockets left by a cancelled handshake, errors without
their cause). It stays httpx, pinned below 0.29, until a release of it is broken by a new Python;
the move is the one import below.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from probe.model import Check, Reason
from probe.probers.net.certificate import TlsContexts
from probe.probers.net.clean import clean
from probe.probers.net.connection import Connection
from probe.probers.net.endpoint import parse_host
from probe.probers.net.fault import Fault
from probe.probers.net.http_expect import Answer, looks_at_body
from probe.probers.net.http_plain import Head, Plain, read_plain
from probe.probers.net.http_way import PORTS, Origin, Way, wire_on
from probe.probers.net.http_wire import SLICE, Asked, Exchange, Wire
from probe.probers.net.inflate import Inflater
from probe.probers.net.resolver import Resolver
from probe.probers.net.stream import Phase
from probe.secrets import Secret, SecretMissing
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.http import HttpSettings

LOCATION_LIMIT: Final = 8 * 1024
"""Characters of a redirect's URL."""
SHORT: Final = 1024
"""Characters of a URL that httpx escapes in a millisecond."""
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
BODY_HEADERS: Final = frozenset({"content-length", "content-type", "transfer-encoding"})
DEFAULT_HEADERS: Final = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "connection": "close",
    "user-agent": "probe (availability check)",
}


class Step(NamedTuple):
    """One request of an attempt: the first, or one that a redirect asks for."""

    request: httpx.Request
    asked: Asked
    origin: Origin
    url: str
    shown: str
    """The URL as it is recorded."""


class Begun(NamedTuple):
    """An attempt that is under way: its request is on the connection, but for the end of it."""

    step: Step
    connection: Connection
    ttfb: Phase
    unsent: bytes
    heard: bytes | None
    """What has been answered so far, b"" for the end of the connection; None for nothing yet."""


class Attempt:
    """One attempt of a check of kind http."""

    def __init__(self, check: Check, resolver: Resolver, contexts: TlsContexts, trail: Trail) -> None:
        """Nothing is sent yet."""
        self._target = check.target
        self._settings: HttpSettings = check.settings
        self._way = Way(check, resolver, contexts, trail)
        self._trail = trail
        self._visited: list[str] = []
        self._hops: list[dict[str, Any]] = []

    async def run(self, begun: Begun | None = None) -> Answer:
        """The answer at the end of the redirects; the first connection may be open already. Raises Fault."""
        step = begun.step if begun else first_step(self._settings, self._target)
        while True:
            hop = self._hop(step)
            with closing(await self._open(step, begun)) as connection:
                hop["address"] = self._trail.address
                wire = wire_on(connection) if begun is None else Wire(connection, begun.heard, step.asked)
                head = await self._ask(connection, wire, step, begun)
                hop["status"] = head.status
                location = _value(head, b"location") if head.status in REDIRECTS else None
                if not self._settings.follow_redirects or location is None:
                    return await self._read(connection, wire, head, step.url)
            step, begun = await self._next(step.request, head.status, location), None

    def read_at_once(self, step: Step, heard: bytes, ttfb: Phase) -> Answer | None:
        """The answer, where these bytes are all of it and nothing remains to be done; None where `run` must go on."""
        settings = self._settings
        plain = None if looks_at_body(settings) else read_plain(heard, step.asked.method, SLICE)
        if plain is None or plain.length is None or len(plain.rest) < plain.length or _needs_more(plain):
            return None
        limit, body = _limit(settings), plain.rest[: plain.length]
        if len(body) > limit:
            return None
        ttfb.end()
        self._note(step, plain)
        self._trail.phases_us["body"], self._trail.facts["bytes"] = 0, len(body)
        return Answer(
            status=plain.status,
            headers=httpx.Headers(plain.head.headers) if settings.expect_header else {},
            url=step.url,
            body=body,
            is_cut=False,
            is_readable=True,
        )

    def _hop(self, step: Step) -> dict[str, Any]:
        hop: dict[str, Any] = {"url": step.shown, "status": None, "address": None}
        self._hops.append(hop)
        return hop

    async def _open(self, step: Step, begun: Begun | None) -> Connection:
        if begun is not None:
            return begun.connection
        return await self._way.open(step.origin, is_redirect=bool(self._visited))

    async def _ask(self, connection: Connection, wire: Exchange, step: Step, begun: Begun | None) -> Head:
        if begun is None:
            with connection.during(self._trail, "ttfb"):
                await wire.send(self._way.ask_by(step.asked, step.origin))
                head = await wire.head()
        else:
            await connection.send(begun.unsent)
            head = await wire.head()
            begun.ttfb.end()
        self._note(step, head)
        return head

    def _note(self, step: Step, head: Head | Plain) -> None:
        facts = self._trail.facts
        facts["status"], facts["http"] = head.status, head.version
        if head.phrase:  # HTTP/2 has none
            facts["phrase"] = clean(head.phrase)
        facts["url"] = step.shown

    async def _read(self, connection: Connection, wire: Exchange, head: Head, url: str) -> Answer:
        settings = self._settings
        inflater = Inflater(_value(head, b"content-encoding") or "", _limit(settings))
        try:
            with connection.during(self._trail, "body"):
                await _inflate(wire, inflater)
        finally:
            self._trail.facts["bytes"] = inflater.received
        return Answer(
            status=head.status,
            headers=httpx.Headers(head.headers) if settings.expect_header else {},
            url=url,
            body=bytes(inflater.data),
            is_cut=inflater.is_cut,
            is_readable=inflater.is_readable,
        )

    async def _next(self, request: httpx.Request, status: int, location: str) -> Step:
        """What follows this request. Raises Fault."""
        if len(location) > LOCATION_LIMIT:
            raise Fault(Reason.PROTOCOL, f"redirected to a URL of {len(location)} characters")
        if len(location) > SHORT:
            return await asyncio.to_thread(self._follow, request, status, location)
        return self._follow(request, status, location)

    def _follow(self, request: httpx.Request, status: int, location: str) -> Step:
        """What a redirect asks for. Raises Fault."""
        self._visited.append(clean(str(request.url)))
        self._trail.facts["redirects"] = list(self._visited)
        self._trail.facts["redirect_chain"] = self._hops
        if len(self._visited) > self._settings.max_redirects:
            raise Fault(Reason.REDIRECT_LOOP, f"more than {self._settings.max_redirects} redirects")
        url = _target_of(request.url, location)
        drops_body = status == 303 or (status in {301, 302} and request.method == "POST")
        becomes_get = drops_body and request.method != "HEAD"
        dropped = {"host"} | (BODY_HEADERS if becomes_get else set())
        if _origin(url) != _origin(request.url):
            secret = {name.lower() for name, value in self._settings.headers.items() if isinstance(value, Secret)}
            dropped |= CREDENTIALS | secret
        headers = {name: value for name, value in request.headers.items() if name not in dropped}
        method = "GET" if becomes_get else request.method
        content = None if becomes_get else request.content
        return _step(httpx.Request(method, url, headers=headers, content=content))


def first_step(settings: HttpSettings, target: str) -> Step:
    """The request of a check: made once, or each time afresh where it holds a secret, which is read when it is used."""
    holds_secret = settings.auth_bearer or settings.auth_password
    if holds_secret or any(isinstance(value, Secret) for value in settings.headers.values()):
        return _build(settings, target)
    return _built(settings, target)


@lru_cache(maxsize=16_384)
def _built(settings: HttpSettings, target: str) -> Step:
    return _build(settings, target)


def _build(settings: HttpSettings, target: str) -> Step:
    """Raises Fault when a secret cannot be read."""
    headers = dict(DEFAULT_HEADERS)
    try:
        for name, value in settings.headers.items():
            headers[name.lower()] = value.reveal() if isinstance(value, Secret) else value
        if settings.auth_bearer is not None:
            headers["authorization"] = f"Bearer {settings.auth_bearer.reveal()}"
        if settings.auth_password is not None:
            pair = f"{settings.auth_user}:{settings.auth_password.reveal()}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode('ascii')}"
    except SecretMissing as error:
        raise Fault(Reason.SECRET_MISSING, str(error)) from error
    body = None if settings.body is None else settings.body.encode()
    made = httpx.Request(settings.method, target, headers=httpx.Headers(headers, encoding="utf-8"), content=body)
    return _step(made)


def _step(request: httpx.Request) -> Step:
    url = str(request.url)
    asked = Asked(request.method.encode("ascii"), request.url.raw_path, request.headers.raw, request.content)
    return Step(request, asked, _origin(request.url), url, clean(url))


def _value(head: Head, name: bytes) -> str | None:
    """A header's value, several of them joined; None where it is not there."""
    if all(known != name for known, _ in head.headers):
        return None
    return httpx.Headers(head.headers)[name.decode("ascii")]


def _needs_more(plain: Plain) -> bool:
    return plain.status in REDIRECTS or plain.has(b"content-encoding")


def _limit(settings: HttpSettings) -> int:
    """Bytes of the body that are looked at."""
    return max(settings.body_limit, settings.min_bytes or 0, (settings.max_bytes or -1) + 1)


async def _inflate(wire: Exchange, inflater: Inflater) -> None:
    """Take the body as far as it is wanted. Raises Fault."""
    whole = wire.whole()
    if whole is not None:
        if not await inflater.feed(whole):
            inflater.finish()
        return
    async for chunk in wire.chunks():
        if await inflater.feed(chunk):
            return
    inflater.finish()


def _target_of(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect points to. Raises Fault when that is nowhere."""
    try:
        target = url.join(location)
        is_web = target.scheme in PORTS
        if is_web:
            parse_host(_host(target))
    except (httpx.InvalidURL, ValueError) as error:
        raise Fault(Reason.PROTOCOL, f"redirected to what is not a URL: {clean(location)}") from error
    if not is_web:
        raise Fault(Reason.REDIRECT_REFUSED, f"redirected to {clean(location)}")
    if target.port is not None and not 0 < target.port < 65536:
        raise Fault(Reason.PROTOCOL, f"redirected to port {target.port}")
    return target


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]")


def _origin(url: httpx.URL) -> Origin:
    return Origin(url.scheme, _host(url), url.port or PORTS[url.scheme])
