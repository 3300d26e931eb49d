"""The TLS handshake of an attempt as a phase, and its evidence: version and certificates, also of a failed one."""

from __future__ import annotations

import ssl
from typing import Any, Final

from probe.model import Assertion, Reason, State
from probe.probers.net.certificate import TlsContexts, TlsPolicy, certificates_of, offered_by
from probe.probers.net.connection import Connection
from probe.probers.net.fault import Fault
from probe.probers.net.x509 import read_certificate
from probe.trail import Trail

ABOUT_CERTIFICATES: Final = frozenset(
    {Reason.TLS_EXPIRED, Reason.TLS_NAME, Reason.TLS_NOT_YET_VALID, Reason.TLS_UNTRUSTED}
)
TOO_OLD: Final = frozenset({"UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "WRONG_VERSION_NUMBER"})
NO_COMMON: Final = "TLSV1_ALERT_PROTOCOL_VERSION"
ANY: Final = "a TLS version that is allowed"
WORDS: Final = {ssl.TLSVersion.TLSv1_3: "TLS 1.3 or later", ssl.TLSVersion.TLSv1_2: "TLS 1.2 or later"}
DAY_MS: Final = 86_400_000
WRITTEN_MS: Final = 1_767_225_600_000
"""2026-01-01: a wall clock before it is wrong, and every certificate seems not to be valid yet."""


def context_for(policy: TlsPolicy, contexts: TlsContexts) -> ssl.SSLContext:
    """The policy's context. Raises Fault: what cannot be made is this machine's."""
    try:
        return contexts.get(policy)
    except ValueError as error:
        raise Fault(Reason.LOCAL_ERROR, str(error)) from error


async def shake_hands(connection: Connection, context: ssl.SSLContext, name: str, trail: Trail, phase: str) -> None:
    """Shake hands as this phase. Facts: `tls` and `cipher`, `certificate` and `chain`. Raises Fault."""
    try:
        with connection.during(trail, phase):
            await connection.start_tls(context, name)
    except Fault as fault:
        trail.facts.pop("certificate", None)  # what failed is what must be shown
        raise _explained(fault, connection, context, name, trail.clock.read().wall_ms) from fault
    finally:
        if connection.tls is not None:
            _note(connection.tls, trail)


def _explained(fault: Fault, connection: Connection, context: ssl.SSLContext, name: str, wall_ms: int) -> Fault:
    """The fault with the expectation that it broke; one of our own clock is ours."""
    if fault.reason is Reason.TLS_NOT_YET_VALID and wall_ms < WRITTEN_MS:
        return Fault(Reason.LOCAL_ERROR, f"this machine's clock is wrong ({wall_ms} ms): {fault.detail}")
    if fault.reason in ABOUT_CERTIFICATES:
        return fault.breaks(f"valid, trusted and for {name}")
    if fault.state is State.UNKNOWN:
        return fault
    if fault.detail == NO_COMMON:
        return fault.breaks(WORDS.get(context.minimum_version, ANY), "the server speaks none of them")
    offered = offered_by(connection.tls) if connection.tls is not None and fault.detail in TOO_OLD else None
    if offered is not None:
        words = f"{fault.detail}: the server offers {offered}"
        return Fault(fault.reason, words, fault.state).breaks(WORDS.get(context.minimum_version, ANY), offered)
    return fault.breaks("a TLS handshake")


def days_left(trail: Trail) -> int | None:
    """Whole days until the recorded certificate ends, rounded down; None when there is none."""
    ends_ms = trail.facts.get("certificate", {}).get("not_after_ms")
    return None if ends_ms is None else int((ends_ms - trail.clock.read().wall_ms) // DAY_MS)


def judge_days(least: int | None, trail: Trail) -> list[tuple[Reason, Assertion]]:
    """The expectation `min_days_left`, where there is one and a certificate to judge."""
    days = days_left(trail)
    if least is None or days is None:
        return []
    return [(Reason.TLS_EXPIRES_SOON, Assertion(f"certificate lasts {least} days", f"{days} days", days >= least))]


def judge_version(least: str | None, trail: Trail) -> list[tuple[Reason, Assertion]]:
    """The expectation `min_tls`: it holds whenever the handshake succeeded, and is told with what was spoken."""
    version = trail.facts.get("tls")
    if least is None or version is None:
        return []
    return [(Reason.TLS_HANDSHAKE, Assertion(f"TLS {least} or later", str(version), held=True))]


def _note(tls: ssl.SSLObject, trail: Trail) -> None:
    facts = trail.facts
    version, cipher = tls.version(), tls.cipher()
    if version is not None and cipher is not None:
        facts["tls"], facts["cipher"] = version, cipher[0]
    chain = [read_certificate(der) for der in certificates_of(tls)]
    if chain and not _ends_before(facts.get("certificate"), chain[0]):
        facts["certificate"], facts["chain"] = chain[0], chain  # over redirects, the one that ends first


def _ends_before(known: dict[str, Any] | None, seen: dict[str, Any]) -> bool:
    return known is not None and known.get("not_after_ms", 0) <= seen.get("not_after_ms", 0)
