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
from typing import TYPE_CHECKING, Final

import httpx

from probe.model import Check, Reason
from probe.probers.net.certificate import TlsContexts, TlsPolicy, describe
from probe.probers.net.clean import clean
from probe.probers.net.connection import Connection, open_connection
from probe.probers.net.endpoint import parse_host
from probe.probers.net.fault import Fault
from probe.probers.net.http_expect import Answer
from probe.probers.net.http_wire import Head, Wire
from probe.probers.net.inflate import Inflater
from probe.probers.net.names import find_addresses
from probe.probers.net.resolver import Resolver
from probe.secrets import Secret, SecretMissing
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.http import HttpSettings

PORTS: Final = {"http": 80, "https": 443}
LOCATION_LIMIT: Final = 8 * 1024
"""Characters of a redirect's URL."""
SHORT: Final = 1024
"""Characters of a URL that httpx escapes in a millisecond."""
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
BODY_HEADERS: Final = frozenset({"content-length", "content-type", "transfer-encoding"})
WRITTEN_MS: Final = 1_767_225_600_000
"""2026-01-01: a wall clock before it is wrong, and every certificate seems not to be valid yet."""
DEFAULT_HEADERS: Final = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "connection": "close",
    "user-agent": "probe (availability check)",
}


def policy_of(settings: HttpSettings) -> TlsPolicy:
    """What the settings demand of TLS."""
    return TlsPolicy(settings.verify, settings.ca_file, settings.client_cert, settings.client_key, settings.min_tls)


class Attempt:
    """One attempt of a check of kind http."""

    def __init__(self, check: Check, resolver: Resolver, contexts: TlsContexts, trail: Trail) -> None:
        """Nothing is sent yet."""
        self._check = check
        self._settings: HttpSettings = check.settings
        self._resolver = resolver
        self._contexts = contexts
        self._trail = trail
        self._visited: list[str] = []

    async def run(self) -> Answer:
        """The answer at the end of the redirects. Raises Fault."""
        request = _first_request(self._settings, self._check.target)
        while True:
            with closing(await self._connect(request.url)) as connection:
                wire = Wire(connection)
                head = await self._ask(wire, request)
                headers = httpx.Headers(list(head.headers))
                location = headers.get("location")
                if not self._settings.follow_redirects or head.status not in REDIRECTS or location is None:
                    return await self._read(wire, head, headers, str(request.url))
            request = await self._next(request, head.status, location)

    async def _connect(self, url: httpx.URL) -> Connection:
        host, port = _host(url), url.port or PORTS[url.scheme]
        addresses = await self._find(host)
        connection = await open_connection(addresses, port, self._trail)
        if url.scheme == "https":
            try:
                await self._start_tls(connection, host)
            except BaseException:
                connection.close()
                raise
        return connection

    async def _find(self, host: str) -> tuple[str, ...]:
        try:
            return await find_addresses(self._check, host, self._resolver, self._trail)
        except Fault as fault:
            if self._visited and fault.reason is Reason.ADDRESS_POLICY:
                raise Fault(Reason.REDIRECT_REFUSED, f"redirected to {host}: {fault.detail}") from fault
            raise

    async def _start_tls(self, connection: Connection, host: str) -> None:
        try:
            context = self._contexts.get(policy_of(self._settings))
        except ValueError as error:
            raise Fault(Reason.LOCAL_ERROR, str(error)) from error
        try:
            with self._trail.during("tls"):
                await connection.start_tls(context, host.removesuffix("."))
        except Fault as fault:
            wall_ms = self._trail.clock.read().wall_ms
            if fault.reason is Reason.TLS_NOT_YET_VALID and wall_ms < WRITTEN_MS:
                raise Fault(
                    Reason.LOCAL_ERROR, f"this machine's clock is wrong ({wall_ms} ms): {fault.detail}"
                ) from fault
            raise
        if connection.tls is None:
            return
        facts = self._trail.facts
        facts["tls"] = connection.tls.version()
        seen, known = describe(connection.tls), facts.get("certificate")
        if known is None or seen.get("not_after_ms", 0) < known.get("not_after_ms", 0):
            facts["certificate"] = seen  # over redirects, the one that ends first

    async def _ask(self, wire: Wire, request: httpx.Request) -> Head:
        with self._trail.during("ttfb"):
            await wire.send(request.method.encode("ascii"), request.url.raw_path, request.headers.raw, request.content)
            head = await wire.head()
        self._trail.facts.update(
            status=head.status, phrase=clean(head.phrase), http=head.version, url=clean(str(request.url))
        )
        return head

    async def _read(self, wire: Wire, head: Head, headers: httpx.Headers, url: str) -> Answer:
        settings = self._settings
        limit = max(settings.body_limit, settings.min_bytes or 0, (settings.max_bytes or -1) + 1)
        inflater = Inflater(headers.get("content-encoding", ""), limit)
        try:
            with self._trail.during("body"):
                async for chunk in wire.chunks():
                    if await inflater.feed(chunk):
                        break
                else:
                    inflater.finish()
        finally:
            self._trail.facts["bytes"] = inflater.received
        return Answer(
            status=head.status,
            headers=headers,
            url=url,
            body=bytes(inflater.data),
            is_cut=inflater.is_cut,
            is_readable=inflater.is_readable,
        )

    async def _next(self, request: httpx.Request, status: int, location: str) -> httpx.Request:
        """The request after this one. Raises Fault."""
        if len(location) > LOCATION_LIMIT:
            raise Fault(Reason.PROTOCOL, f"redirected to a URL of {len(location)} characters")
        if len(location) > SHORT:
            return await asyncio.to_thread(self._follow, request, status, location)
        return self._follow(request, status, location)

    def _follow(self, request: httpx.Request, status: int, location: str) -> httpx.Request:
        """The request that a redirect asks for. Raises Fault."""
        self._visited.append(clean(str(request.url)))
        self._trail.facts["redirects"] = list(self._visited)
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
        return httpx.Request(method, url, headers=headers, content=None if becomes_get else request.content)


def _first_request(settings: HttpSettings, target: str) -> httpx.Request:
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
    return httpx.Request(settings.method, target, headers=httpx.Headers(headers, encoding="utf-8"), content=body)


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


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, _host(url), url.port or PORTS[url.scheme]
