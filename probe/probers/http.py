"""Does a web server answer one request as it should?

The latency is connecting, TLS, waiting and reading, over all redirects; resolving names is not in
it. Every attempt opens fresh connections, as users do: no pool, no keep-alive, no cookies, no proxy
from the environment.

The request and the redirects are in net/http_attempt.py, the only home of httpx.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probe.model import Check, Finding
from probe.probers.attempting import Attempting
from probe.probers.net.endpoint import parse_url
from probe.probers.net.fault import Fault
from probe.probers.net.http_problems import find_problems
from probe.secrets import Secret
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.net.certificate import TlsContexts
    from probe.probers.net.resolver import Resolver
    from probe.runner import Land, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """The keys under `http.` of a check."""

    method: str = "GET"
    """The request's method."""
    headers: Mapping[str, str | Secret] = field(default_factory=dict, hash=False)
    """Headers sent beside our own; a value is text or a secret's reference."""
    body: str | None = None
    """The request's body."""
    auth_user: str | None = None
    """User name for basic authentication."""
    auth_password: Secret | None = None
    """Password for basic authentication."""
    auth_bearer: Secret | None = None
    """Token for bearer authentication."""
    expect_status: tuple[int | str, ...] = ("2xx", "3xx")
    """Codes and classes, any of which the answer may have."""
    expect_header: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Headers that must be there, each with a text that its value must contain ("" for any)."""
    expect_body: str | None = None
    """Text that the body must contain."""
    expect_body_regex: str | None = None
    """Regular expression that the body, read as UTF-8, must match somewhere."""
    expect_json: Mapping[str, str | int | bool] = field(default_factory=dict, hash=False)
    """Values of a JSON body by their path (`{ "status" = "ok", "nodes[0].alive" = true }`)."""
    expect_final_url: str | None = None
    """URL at which the redirects must end."""
    max_time_ms: int | None = None
    """`max_time`: the complete answer must be there within this time."""
    min_bytes: int | None = None
    """Bytes that the body must have at least."""
    max_bytes: int | None = None
    """Bytes that the body may have at most."""
    body_limit: int = 1 << 20
    """Bytes of the body that are read and inflated; the rest is not looked at."""
    follow_redirects: bool = True
    """Go where a redirect points to."""
    max_redirects: int = 5
    """Redirects that are followed at most."""
    verify: bool = True
    """Demand a certificate that is valid, trusted and for this name."""
    ca_file: str | None = None
    """Absolute path of the authorities to trust instead of the system's, PEM."""
    client_cert: str | None = None
    """Absolute path of our certificate, PEM."""
    client_key: str | None = None
    """Absolute path of its key, when it is not in the same file."""
    min_days_left: int | None = None
    """Days that the certificate must be valid for at least."""
    min_tls: str | None = None
    """The oldest TLS version that is spoken, "1.2" or "1.3"."""
    all_addresses: bool = False
    """Every address of the name must do so (at most 8), each tried for itself; the slowest is the latency."""
    http2: bool = False
    """Offer HTTP/2 in the TLS handshake; a server that does not take it is spoken to in HTTP/1.1."""
    proxy: str | None = None
    """Proxy to go through, `http://host:port`; none is taken from the environment."""
    proxy_user: str | None = None
    """User name for the proxy."""
    proxy_password: Secret | None = None
    """Password for the proxy."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        object.__setattr__(self, "expect_status", tuple(self.expect_status))
        problems = find_problems(self)
        if problems:
            raise ValueError("; ".join(problems))


class HttpProber(Attempting):
    """Kind "http"; the target is an http or https URL."""

    Settings = HttpSettings

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        super().__init__(resolver)
        self._contexts: TlsContexts | None = None

    @staticmethod
    def target(text: str) -> str:
        """The URL, its host in one spelling. Raises ValueError with a remedy."""
        return parse_url(text)

    def prepare(self, check: Check) -> None:
        """Make the TLS context that the check's attempts share. Raises ValueError naming a bad file."""
        from probe.probers.net import http_flight
        from probe.probers.net.http_way import policy_of, prepare

        del http_flight
        self._names()
        prepare(check.settings)
        self._shared().get(policy_of(check.settings))

    async def aclose(self) -> None:
        """Let the TLS contexts go; nothing else is kept between attempts."""
        self._contexts = None

    def launch(self, check: Check, trail: Trail, land: Land) -> Stop | None:
        """Begin without a task, as the runner's Launches says: an address, in the clear, and no proxy."""
        from probe.probers.net.http_attempt import Attempt, first_step
        from probe.probers.net.http_flight import Flight
        from probe.probers.net.landing import fail_later
        from probe.probers.net.names import known_address

        settings: HttpSettings = check.settings
        if settings.proxy is not None or not check.target.startswith("http://"):
            return None
        try:
            step = first_step(settings, check.target)
            address = known_address(check, step.origin.host)
        except Fault as fault:
            return fail_later(fault, trail, land)
        if address is None:
            return None
        flight = Flight(check, Attempt(check, self._names(), self._shared(), trail), trail, land)
        flight.begin(step, address)
        return flight.stop

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.http_attempt import Attempt
        from probe.probers.net.http_expect import judge

        answer = await Attempt(check, self._names(), self._shared(), trail).run()
        return await judge(check.settings, answer, trail)

    def _shared(self) -> TlsContexts:
        from probe.probers.net.certificate import TlsContexts

        self._contexts = self._contexts or TlsContexts()
        return self._contexts
