"""What kind tcp says to servers of well-known protocols, and what they must answer.

Each preset leaves as the protocol wants it, so that the server's log stays clean and it does not take
us for an intruder: MySQL shuts a host out that connects often and never says who it is. Databases are
asked to log in a user "probe" without a password, and are up when they refuse that themselves; a
server that is starting, or has too many connections, is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from probe.probers.net import frames
from probe.probers.net.dialogue import Hear, Send, Step
from probe.probers.net.starttls import EHLO, IMAP_GREETING, POP3_GREETING, SMTP, SMTP_ERROR, reply

QUIT: Final = Send(b"QUIT\r\n")
SUBMISSION_OFFER: Final = (
    rb"(?i)(?=(?:250[ -][^\n]*\n)*?250[ -](?:STARTTLS|AUTH[ =][^\n]*)\r?\n)(?:250-[^\n]*\n)*250 [^\n]*\n"
)
MYSQL_LOGIN: Final = bytes.fromhex("00820800 00000001 21") + bytes(23) + b"probe\0" + b"\0" + b"mysql_native_password\0"
"""Protocol 41, secure connection, plugin authentication; a user, and no password."""
MYSQL_NO_PASSWORD: Final = b"\0\0\0\3"
"""To a server that asks in another way: an exchange left open counts against our address."""
POSTGRES_LOGIN: Final = bytes.fromhex("00030000") + b"user\0probe\0database\0postgres\0\0"
POSTGRES_ANSWERS: Final = rb"(?s)R|E.{4}(?:[^C\x00][^\x00]*\x00)*C(?:28|3D)"
"""A demand for a password, or an error of class 28 (authorisation) or 3D (no such database): it is there."""


class Preset(NamedTuple):
    """What is said until TLS begins (until the end, where it does not), and what is said under it."""

    steps: tuple[Step, ...]
    under_tls: tuple[Step, ...] = ()


PRESETS: Final[Mapping[str, Preset]] = {
    "ftp": Preset((reply(220), QUIT)),
    "imap": Preset((IMAP_GREETING, Send(b"p LOGOUT\r\n"))),
    "mysql": Preset(
        (
            Hear(rb"(?s)...\x00\x0a[^\x00]+\x00", frame=frames.mysql),
            Send(len(MYSQL_LOGIN).to_bytes(3, "little") + b"\x01" + MYSQL_LOGIN),
            Hear(
                rb"(?s)...\x02(?:\x00|\xfe|\xff(?!\x10\x04|\x69\x04))", what="answer to the login", frame=frames.mysql
            ),
            Send(MYSQL_NO_PASSWORD),
        )
    ),
    "pop3": Preset((POP3_GREETING, QUIT)),
    "postgres": Preset(
        (
            Send((len(POSTGRES_LOGIN) + 4).to_bytes(4) + POSTGRES_LOGIN),
            Hear(POSTGRES_ANSWERS, what="answer to the login", frame=frames.postgres),
            Send(b"X\0\0\0\4"),
        )
    ),
    "redis": Preset(
        (
            Send(b"PING\r\n"),
            Hear(rb"\+PONG\r\n|-(?:NOAUTH|NOPERM)[^\n]*\n", rb"[-+$*:][^\n]*\n", what="answer to PING"),
            QUIT,
        )
    ),
    "smtp": Preset((reply(220), EHLO, reply(250, "answer to EHLO"), QUIT)),
    "smtp-starttls": Preset(SMTP, (EHLO, reply(250, "answer to EHLO under TLS"), QUIT)),
    "ssh": Preset((Hear(rb"(?:(?!SSH-)[^\n]*\n)*SSH-(?:2\.0|1\.99)-[^\n]*\n", rb"(?:(?!SSH-)[^\n]*\n)*SSH-[^\n]*\n"),)),
    "submission": Preset(
        (
            reply(220),
            EHLO,
            Hear(SUBMISSION_OFFER, rb"(?:250-[^\n]*\n)*250 [^\n]*\n|" + SMTP_ERROR, "offer of STARTTLS or AUTH"),
            QUIT,
        )
    ),
}
