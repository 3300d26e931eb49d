"""TLS policies made into contexts, and the certificates that a peer sends."""

from __future__ import annotations

import encodings.idna  # noqa: F401 - the names of handshakes go through it, the first of them in an attempt
import ssl
from typing import Any, Final, NamedTuple

VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
ALPN: Final = ("h2", "http/1.1")
HANDSHAKE: Final = 22
CERTIFICATE: Final = 11
"""Type of the handshake message that holds the certificates."""
SERVER_HELLO: Final = 2
"""Type of the one in which the server says which version it wants."""
OFFERED: Final = "version heard"
"""Attribute of a TLS object that keeps that version, as it stands in the message."""
NAMES: Final = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2"}
HEARD: Final = "certificates heard"
"""Attribute of a TLS object that keeps that message."""
CHAIN_LIMIT: Final = 10
"""Certificates of a chain that are looked at."""


class TlsPolicy(NamedTuple):
    """What a check demands of TLS; checks that demand the same share a context."""

    verify: bool = True
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    min_tls: str | None = None
    http2: bool = False


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
    _settle(context, policy)
    if not policy.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not context.cert_store_stats()["x509_ca"]:
        raise ValueError("no certificate authorities could be loaded; install ca-certificates or set ca_file")
    return context


def _settle(context: ssl.SSLContext, policy: TlsPolicy) -> None:
    _listen(context)
    if policy.min_tls is not None:
        context.minimum_version = VERSIONS[policy.min_tls]
    if policy.http2:
        context.set_alpn_protocols(ALPN)


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


def certificates_of(tls: ssl.SSLObject) -> list[bytes]:
    """The certificates that the peer sent, its own first, as DER: also when the handshake failed on them.

    Where this Python does not let us listen, the peer's own alone, and none of a failed handshake.
    """
    message = vars(tls).get(HEARD)
    if message is not None:
        return _split(message)
    try:
        der = tls.getpeercert(binary_form=True)
    except ValueError:  # the handshake is not done
        der = None
    return [der] if der else []


def offered_by(tls: ssl.SSLObject) -> str | None:
    """The version that the server's hello names; None where it said none. TLS 1.3 calls itself 1.2 there."""
    return NAMES.get(vars(tls).get(OFFERED, 0))


def _listen(context: ssl.SSLContext) -> None:
    """Keep the version and the certificates of each handshake: of a failed one nothing else tells what was wrong.

    The library's own property of this name wraps each message in three enumerations, which costs a
    tenth of a handshake; the one below it does not.
    """
    hook = getattr(ssl.SSLContext.__base__, "_msg_callback", None)
    if hook is not None:
        hook.__set__(context, _hear)


def _hear(tls: Any, direction: str, *message: Any) -> None:
    _, content, kind, data = message
    if content != HANDSHAKE or direction != "read":
        return
    if kind == CERTIFICATE:
        vars(tls).setdefault(HEARD, bytes(data))
    elif kind == SERVER_HELLO:
        vars(tls)[OFFERED] = int.from_bytes(bytes(data[4:6]))


def _split(message: bytes) -> list[bytes]:
    """A certificate message of TLS 1.2 (RFC 5246 §7.4.2) or 1.3 (RFC 8446 §4.4.2), as far as it is one."""
    body = message[4:]
    is_later = len(body) > 3 and len(body) == 4 + body[0] + int.from_bytes(body[1 + body[0] : 4 + body[0]])
    position = 4 + body[0] if is_later else 3
    found: list[bytes] = []
    while position + 3 <= len(body) and len(found) < CHAIN_LIMIT:
        length = int.from_bytes(body[position : position + 3])
        position += 3
        found.append(body[position : position + length])
        position += length
        if is_later:
            position += 2 + int.from_bytes(body[position : position + 2])
    return found
