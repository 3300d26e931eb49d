"""TLS policies made into contexts, and what a peer's certificate says."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from probe.probers.net.clean import clean

NAME_LIMIT: Final = 16
"""Names of a certificate that are kept at most."""
VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
SEQUENCE: Final = 0x30
UTC_TIME: Final = 0x17
EXPLICIT_VERSION: Final = 0xA0


class TlsPolicy(NamedTuple):
    """What a check demands of TLS; checks that demand the same share a context."""

    verify: bool = True
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    min_tls: str | None = None


def make_context(policy: TlsPolicy) -> ssl.SSLContext:
    """The context of a policy, with authorities in it. Raises ValueError naming the file at fault.

    Without free descriptors the library makes a context with no authorities and no error, and every
    target would look untrusted: that is a ValueError here.
    """
    try:
        context = ssl.create_default_context(cafile=policy.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"ca_file {policy.ca_file}: {error}") from error
    if policy.client_cert is not None:
        try:
            context.load_cert_chain(policy.client_cert, policy.client_key)
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"client_cert {policy.client_cert}: {error}") from error
    if policy.min_tls is not None:
        context.minimum_version = VERSIONS[policy.min_tls]
    if not policy.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not context.cert_store_stats()["x509_ca"]:
        raise ValueError("no certificate authorities could be loaded; install ca-certificates or set ca_file")
    return context


class TlsContexts:
    """One context for each policy, made once."""

    def __init__(self) -> None:
        """None yet."""
        self._made: dict[TlsPolicy, ssl.SSLContext] = {}

    def get(self, policy: TlsPolicy) -> ssl.SSLContext:
        """The policy's context. Raises ValueError when it cannot be made."""
        if policy not in self._made:
            self._made[policy] = make_context(policy)
        return self._made[policy]


def describe(tls: ssl.SSLObject) -> dict[str, Any]:
    """The peer's certificate as facts; issuer and names only when it was verified."""
    der = tls.getpeercert(binary_form=True) or b""
    facts: dict[str, Any] = {"fingerprint": sha256(der).hexdigest()}
    validity = read_validity(der)
    if validity is not None:
        facts["not_before_ms"], facts["not_after_ms"] = validity
    known: Any = tls.getpeercert() or {}
    issuer = [
        value for part in known.get("issuer", ()) for key, value in part if key in {"organizationName", "commonName"}
    ]
    if issuer:
        facts["issuer"] = clean(", ".join(issuer))
    names = [clean(value) for _, value in known.get("subjectAltName", ())[:NAME_LIMIT]]
    if names:
        facts["names"] = names
    return facts


def read_validity(der: bytes) -> tuple[int, int] | None:
    """Not-before and not-after of a DER certificate, ms since the epoch; None when it is not one.

    The standard library tells them of verified certificates only (RFC 5280 §4.1 has the layout).
    """
    try:
        (_, certificate), *_ = _elements(der)
        (_, body), *_ = _elements(certificate)
        fields = [field for field in _elements(body) if field[0] != EXPLICIT_VERSION]
        before, after = _elements(fields[3][1])  # serial, algorithm, issuer, validity
        return _instant_ms(*before), _instant_ms(*after)
    except (ValueError, IndexError):
        return None


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size])
            position += size
        if position + length > len(data):
            raise ValueError("cut short")
        yield tag, data[position : position + length]
        position += length


def _instant_ms(tag: int, text: bytes) -> int:
    digits = text.decode("ascii")
    if tag == UTC_TIME:  # two digits of a year stand for 1950 to 2049
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    instant = datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return int(instant.timestamp()) * 1000
