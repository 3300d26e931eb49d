"""From an origin to a connection that speaks HTTP with it: directly, or through the proxy that the check names.

The proxy is ours: what fails at it, or is said by it about the target, is `unknown`. Whatever comes
through a tunnel is the target's. Names are resolved by the proxy then, so the address policy judges
the proxy's own address, and targets that are written as addresses.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from probe.model import Check, Reason, State
from probe.probers.net.addresses import is_private
from probe.probers.net.certificate import TlsContexts, TlsPolicy
from probe.probers.net.clean import clean
from probe.probers.net.connection import Connection, open_connection
from probe.probers.net.endpoint import Endpoint, canonical_address, parse_proxy, show
from probe.probers.net.fault import Fault
from probe.probers.net.handshake import context_for, shake_hands
from probe.probers.net.http_plain import Header
from probe.probers.net.http_wire import Asked, Exchange, Wire
from probe.probers.net.names import find_addresses
from probe.probers.net.resolver import Resolver
from probe.secrets import SecretMissing
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.http import HttpSettings

T = TypeVar("T")
PORTS: Final = {"http": 80, "https": 443}
PROXY_SHARE: Final = 0.95
"""Of the timeout, after which a silent proxy is told as what it is, before the deadline says otherwise."""


class Origin(NamedTuple):
    """Whom a URL names."""

    scheme: str
    host: str
    port: int


def policy_of(settings: HttpSettings) -> TlsPolicy:
    """What the settings demand of TLS."""
    return TlsPolicy(
        settings.verify,
        settings.ca_file,
        settings.client_cert,
        settings.client_key,
        settings.min_tls,
        settings.http2,
    )


def prepare(settings: HttpSettings) -> None:
    """Load what only some settings need."""
    if settings.expect_json:
        import msgspec

        del msgspec
    if settings.http2 and find_spec("h2"):
        from probe.probers.net import http2_wire

        del http2_wire


def wire_on(connection: Connection) -> Exchange:
    """What speaks the version of HTTP that was agreed on in the handshake."""
    if connection.tls is not None and connection.tls.selected_alpn_protocol() == "h2":
        from probe.probers.net.http2_wire import Http2Wire

        return Http2Wire(connection)
    return Wire(connection)


class Way:
    """How one attempt reaches its origins."""

    def __init__(self, check: Check, resolver: Resolver, contexts: TlsContexts, trail: Trail) -> None:
        """Nothing is opened yet."""
        self._check = check
        self._settings: HttpSettings = check.settings
        self._resolver = resolver
        self._contexts = contexts
        self._trail = trail

    async def open(self, origin: Origin, *, is_redirect: bool) -> Connection:
        """A connection to the origin, under TLS for https. Raises Fault."""
        try:
            connection = await (self._open(origin) if self._settings.proxy is None else self._open_by_proxy(origin))
        except Fault as fault:
            if is_redirect and fault.reason is Reason.ADDRESS_POLICY:
                raise Fault(Reason.REDIRECT_REFUSED, f"redirected to {origin.host}: {fault.detail}") from fault
            raise
        if origin.scheme == "https":
            try:
                context = context_for(policy_of(self._settings), self._contexts)
                await shake_hands(connection, context, origin.host.removesuffix("."), self._trail, "tls")
            except BaseException:
                connection.close()
                raise
        return connection

    def ask_by(self, asked: Asked, origin: Origin) -> Asked:
        """The request as it is sent on this way: in the clear, a proxy is told the whole URL, and who we are."""
        if self._settings.proxy is None or origin.scheme == "https":
            return asked
        port = "" if origin.port == PORTS[origin.scheme] else f":{origin.port}"
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        target = f"http://{host}{port}".encode("ascii") + asked.target
        return Asked(asked.method, target, [*asked.headers, *self._credentials()], asked.body)

    async def _open(self, origin: Origin) -> Connection:
        addresses = await find_addresses(self._check, origin.host, self._resolver, self._trail)
        return await open_connection(addresses, origin.port, self._trail)

    async def _open_by_proxy(self, origin: Origin) -> Connection:
        literal = canonical_address(origin.host)
        if literal is not None and is_private(literal) and not self._check.allow_private:
            raise Fault(Reason.ADDRESS_POLICY, f"{literal} is not public; allow_private = true permits it")
        proxy = parse_proxy(self._settings.proxy or "")
        connection = await self._ours(self._open(Origin("http", *proxy)), proxy)
        if origin.scheme == "https":
            try:
                await self._ours(self._tunnel(connection, origin), proxy)
            except BaseException:
                connection.close()
                raise
        return connection

    async def _ours(self, step: Awaitable[T], proxy: Endpoint) -> T:
        """A step with the proxy: whatever ends it early is not the target's. Raises Fault."""
        try:
            async with asyncio.timeout(self._trail.left_s(PROXY_SHARE)):
                return await step
        except TimeoutError:
            raise Fault(Reason.PROXY, f"{show(*proxy)}: no answer in time") from None
        except Fault as fault:
            if fault.state is State.UNKNOWN and fault.reason is not Reason.PROXY:
                raise
            raise Fault(Reason.PROXY, f"{show(*proxy)}: {fault.detail}") from fault

    async def _tunnel(self, connection: Connection, origin: Origin) -> None:
        """Have the proxy connect to the origin. Raises Fault."""
        authority = show(origin.host, origin.port).encode("ascii")
        wire = Wire(connection)
        with connection.during(self._trail, "proxy"):
            await wire.send(Asked(b"CONNECT", authority, [(b"host", authority), *self._credentials()]))
            head = await wire.head()
        if head.status // 100 != 2:
            raise Fault(Reason.PROXY, f"it answered {head.status} {clean(head.phrase)}")
        if wire.has_unread:
            raise Fault(Reason.PROXY, "it spoke on after its answer, before TLS")

    def _credentials(self) -> list[Header]:
        password = self._settings.proxy_password
        if password is None:
            return []
        try:
            pair = f"{self._settings.proxy_user}:{password.reveal()}"
        except SecretMissing as error:
            raise Fault(Reason.SECRET_MISSING, str(error)) from error
        return [(b"proxy-authorization", b"Basic " + b64encode(pair.encode()))]
