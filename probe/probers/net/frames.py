"""Messages that tell their own length: how long the one at the beginning is, in MySQL, PostgreSQL and LDAP."""

from __future__ import annotations

from typing import Final

MYSQL_HEAD: Final = 4
POSTGRES_HEAD: Final = 5
LONG_FORM: Final = 0x80


def mysql(said: bytes) -> int | None:
    """A packet: three bytes of length, one of sequence, and so many bytes."""
    return MYSQL_HEAD + int.from_bytes(said[:3], "little") if len(said) >= MYSQL_HEAD else None


def postgres(said: bytes) -> int | None:
    """A message: its type, and four bytes of length that count themselves."""
    return 1 + int.from_bytes(said[1:5]) if len(said) >= POSTGRES_HEAD else None


def ldap(said: bytes) -> int | None:
    """A BER element with its length in the short or the long form."""
    if len(said) < 2:
        return None
    if said[1] < LONG_FORM:
        return 2 + said[1]
    size = said[1] & 0x7F
    return 2 + size + int.from_bytes(said[2 : 2 + size]) if len(said) >= 2 + size else None
