"""How TLS is begun on a connection that starts in the clear, for each protocol that has a word for it.

RFC 3207 (SMTP), 3501 (IMAP), 2595 (POP3), 4217 (FTP), 6120 (XMPP), 4511 (LDAP), and the manuals of
PostgreSQL and MySQL. A server that refuses, or does not offer it, failed at TLS: `tls_handshake`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from probe.model import Reason
from probe.probers.net import frames
from probe.probers.net.dialogue import Hear, Send, Step

OFFER: Final = "offer of STARTTLS"
ANSWER: Final = "answer to STARTTLS"
EHLO: Final = Send(b"EHLO probe\r\n")
SMTP_ERROR: Final = rb"(?:\d{3}-[^\n]*\n)*[45]\d\d[^\n]*\n"
SMTP_OFFER: Final = rb"(?i)(?=(?:250[ -][^\n]*\n)*?250[ -]STARTTLS\r?\n)(?:250-[^\n]*\n)*250 [^\n]*\n"
SMTP_COMPLETE: Final = rb"(?:250-[^\n]*\n)*250 [^\n]*\n"
LINE: Final = rb"[^\n]*\n"
"""Any line: where the first one must be a greeting, another is a refusal, or another protocol."""
IMAP_GREETING: Final = Hear(rb"\* (?:OK|PREAUTH)[^\n]*\n", LINE)
POP3_GREETING: Final = Hear(rb"\+OK[^\n]*\n", LINE)
POSTGRES_SSL_REQUEST: Final = bytes.fromhex("00000008 04d2162f")
CLIENT_SSL: Final = 0x08
"""In the second byte of a MySQL server's capabilities."""
MYSQL_OFFER: Final = (
    rb"(?s)...\x00\x0a[^\x00]+\x00.{12}\x00."
    + b"["
    + b"".join(b"\\x%02x" % n for n in range(256) if n & CLIENT_SSL)
    + b"]"
)
MYSQL_SSL_REQUEST: Final = bytes.fromhex("20000001 0d8a0000 00000001 21") + bytes(23)
LDAP_STARTTLS: Final = bytes.fromhex("301d020101771880 16") + b"1.3.6.1.4.1.1466.20037"
LDAP_LENGTH: Final = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x84....)"
LDAP_SUCCESS: Final = rb"(?s)\x30" + LDAP_LENGTH + rb"\x02\x01\x01\x78" + LDAP_LENGTH + rb"\x0a\x01\x00"
XMPP_STREAM: Final = (
    "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
XMPP_OFFER: Final = rb"(?s)(?>.*?<stream:features\b)(?>.*?<starttls\b)(?>.*?</stream:features>)"


def reply(code: int, what: str = "greeting", reason: Reason = Reason.BANNER) -> Hear:
    """A reply of SMTP or FTP, of one line or several, with this code."""
    pattern = rb"%d(?:-[^\n]*\n(?:(?!%d )[^\n]*\n)*%d)?(?: [^\n]*)?\r?\n" % (code, code, code)
    return Hear(pattern, SMTP_ERROR + rb"|\D[^\n]*\n", what, reason)  # a line without a code is another protocol


def _answer(pattern: bytes, refusal: bytes, what: str = ANSWER) -> Hear:
    return Hear(pattern, refusal, what, Reason.TLS_HANDSHAKE)


SMTP: Final[tuple[Step, ...]] = (
    reply(220),
    EHLO,
    _answer(SMTP_OFFER, SMTP_COMPLETE + b"|" + SMTP_ERROR, OFFER),
    Send(b"STARTTLS\r\n"),
    reply(220, ANSWER, Reason.TLS_HANDSHAKE),
)
STARTTLS: Final[Mapping[str, tuple[Step, ...]]] = {
    "ftp": (reply(220), Send(b"AUTH TLS\r\n"), reply(234, ANSWER, Reason.TLS_HANDSHAKE)),
    "imap": (
        IMAP_GREETING,
        Send(b"p STARTTLS\r\n"),
        _answer(rb"(?:\* [^\n]*\n)*p OK[^\n]*\n", rb"(?:\* [^\n]*\n)*(?:p (?:NO|BAD)|\* BYE)[^\n]*\n"),
    ),
    "ldap": (Send(LDAP_STARTTLS), Hear(LDAP_SUCCESS, what=ANSWER, reason=Reason.TLS_HANDSHAKE, frame=frames.ldap)),
    "mysql": (
        Hear(MYSQL_OFFER, what=OFFER, reason=Reason.TLS_HANDSHAKE, frame=frames.mysql),
        Send(MYSQL_SSL_REQUEST),
    ),
    "pop3": (POP3_GREETING, Send(b"STLS\r\n"), _answer(rb"\+OK[^\n]*\n", rb"-ERR[^\n]*\n")),
    "postgres": (Send(POSTGRES_SSL_REQUEST), _answer(rb"S", rb"[^S]")),
    "smtp": SMTP,
    "submission": SMTP,
    "xmpp": (
        _answer(
            XMPP_OFFER, rb"(?s)(?>.*?(?:</stream:features>|<stream:features/>|<stream:error\b|</stream:stream>))", OFFER
        ),
        Send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        _answer(
            rb"\s*<proceed\b[^>]*(?:/>|>\s*</proceed>)", rb"(?s)\s*<(?:failure|stream:error)\b|\s*</stream:stream>"
        ),
    ),
}
"""Each ends where the handshake begins; nothing may follow the last answer."""


def steps_of(protocol: str, name: str) -> tuple[Step, ...]:
    """What is said before the handshake, to a server that is asked by this name."""
    steps = STARTTLS[protocol]
    return (Send(XMPP_STREAM.format(name).encode()), *steps) if protocol == "xmpp" else steps
