"""Is TLS spoken, and is the certificate as it should be: on any port, at once or after STARTTLS?

The latency is the TLS handshake alone: connecting, and what is said before it (phases "banner" and
"dialogue"), are not in it. The certificates that the server sent are evidence, also when they did
not pass. Nothing is said after the handshake.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from probe.model import Assertion, Check, Finding, Reason
from probe.probers.attempting import Attempting, Judged, conclude, speed
from probe.probers.net.clean import clean
from probe.probers.net.endpoint import parse_endpoint, parse_host, show
from probe.probers.net.tls_problems import find_tls_problems
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.net.certificate import TlsContexts, TlsPolicy
    from probe.probers.net.connection import Connection
    from probe.probers.net.resolver import Resolver

PORT: Final = 443
PROTOCOLS: Final = ("ftp", "imap", "ldap", "mysql", "pop3", "postgres", "smtp", "submission", "xmpp")
PHASE: Final = "handshake"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """The keys under `tls.` of a check."""

    starttls: str | None = None
    """Protocol in which TLS is begun: ftp, imap, ldap, mysql, pop3, postgres, smtp, submission or xmpp."""
    server_name: str | None = None
    """Name that is asked for and that the certificate must be for; without it the target's host."""
    verify: bool = True
    """Demand a certificate that is valid, trusted and for this name."""
    ca_file: str | None = None
    """Absolute path of the authorities to trust instead of the system's, PEM."""
    client_cert: str | None = None
    """Absolute path of our certificate, PEM."""
    client_key: str | None = None
    """Absolute path of its key, when it is not in the same file."""
    min_tls: str | None = None
    """The oldest TLS version that is spoken, "1.2" or "1.3"."""
    min_days_left: int | None = None
    """Days that the certificate must be valid for at least."""
    expect_names: tuple[str, ...] = ()
    """Names that must be in the certificate, spelled as there."""
    expect_issuer: str | None = None
    """Text that the issuer's organisation and name must contain."""
    all_addresses: bool = False
    """Every address of the name must do so (at most 8), each tried for itself; the slowest is the latency."""
    max_time_ms: int | None = None
    """`max_time`: the handshake must be done within this time."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        object.__setattr__(self, "expect_names", tuple(self.expect_names))
        problems = find_tls_problems(self)
        if self.starttls is not None and self.starttls not in PROTOCOLS:
            problems.append(f'starttls: "{self.starttls}" is not one of {", ".join(PROTOCOLS)}')
        if self.server_name is not None:
            try:
                parse_host(self.server_name)
            except ValueError as error:
                problems.append(f"server_name: {error}")
        if self.max_time_ms is not None and self.max_time_ms <= 0:
            problems.append("max_time: must be longer than 0")
        if problems:
            raise ValueError("; ".join(problems))


class TlsProber(Attempting):
    """Kind "tls"; the target is `host` or `host:port`."""

    Settings = TlsSettings

    def __init__(self, resolver: Resolver | None = None) -> None:
        """resolver: None for the one of this machine."""
        super().__init__(resolver)
        self._contexts: TlsContexts | None = None

    @staticmethod
    def target(text: str) -> str:
        """`host:port`, port 443 where none is written. Raises ValueError with a remedy."""
        return show(*parse_endpoint(text, scheme="tls", port=PORT))

    def prepare(self, check: Check) -> None:
        """Make the TLS context that the check's attempts share. Raises ValueError naming a bad file."""
        super().prepare(check)
        self._shared().get(_policy_of(check.settings))

    async def aclose(self) -> None:
        """Let the TLS contexts go; nothing else is kept between attempts."""
        self._contexts = None

    async def _attempt(self, check: Check, trail: Trail) -> Finding:
        from probe.probers.net.connection import open_connection
        from probe.probers.net.handshake import context_for, shake_hands
        from probe.probers.net.names import find_addresses

        settings: TlsSettings = check.settings
        host, port = parse_endpoint(check.target, scheme="tls", port=PORT)
        name = parse_host(settings.server_name or host).removesuffix(".")
        context = context_for(_policy_of(settings), self._shared())
        addresses = await find_addresses(check, host, self._names(), trail)
        with closing(await open_connection(addresses, port, trail)) as connection:
            if settings.starttls is not None:
                await _begin(connection, settings.starttls, name, trail)
            await shake_hands(connection, context, name, trail, PHASE)
        took_us = trail.phases_us[PHASE]
        return conclude([*_judged(settings, name, trail), *speed(settings.max_time_ms, took_us)], took_us, trail)

    def _shared(self) -> TlsContexts:
        from probe.probers.net.certificate import TlsContexts

        self._contexts = self._contexts or TlsContexts()
        return self._contexts


def _policy_of(settings: TlsSettings) -> TlsPolicy:
    from probe.probers.net.certificate import TlsPolicy

    return TlsPolicy(settings.verify, settings.ca_file, settings.client_cert, settings.client_key, settings.min_tls)


async def _begin(connection: Connection, protocol: str, name: str, trail: Trail) -> None:
    """Talk until the handshake may begin. Raises Fault."""
    from probe.probers.net.dialogue import Dialogue
    from probe.probers.net.starttls import steps_of

    dialogue = Dialogue(connection, trail)
    await dialogue.run(steps_of(protocol, name))
    dialogue.refuse_unread()


def _judged(settings: TlsSettings, name: str, trail: Trail) -> Iterator[Judged]:
    from probe.probers.net.handshake import judge_days, judge_version

    certificate: dict[str, Any] = trail.facts.get("certificate", {})
    if settings.verify:
        issuer = certificate.get("issuer", "verified")
        yield Reason.TLS_UNTRUSTED, Assertion(f"valid, trusted and for {name}", str(issuer), held=True)
    names = [str(one).lower() for one in certificate.get("names", ())]
    for wanted in settings.expect_names:
        held = wanted.lower() in names
        yield Reason.TLS_NAME, Assertion(f"certificate names {wanted}", ", ".join(names) or "no names", held)
    if settings.expect_issuer is not None:
        issuer = str(certificate.get("issuer", "no issuer"))
        held = settings.expect_issuer.lower() in issuer.lower()
        yield Reason.TLS_ISSUER, Assertion(f"issuer {clean(settings.expect_issuer)}", issuer, held)
    yield from judge_version(settings.min_tls, trail)
    yield from judge_days(settings.min_days_left, trail)
