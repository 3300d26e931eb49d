"""What a certificate says, read from its DER form: also of one that was not verified, or failed to be.

The standard library tells it of verified certificates only. RFC 5280 §4.1 has the layout; what is not
laid out like that is a certificate of which nothing but the fingerprint is known. Nothing here trusts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from probe.probers.net.clean import clean

NAME_LIMIT: Final = 16
"""Names of a certificate that are kept at most."""
ELEMENT_LIMIT: Final = 4096
"""Elements of one sequence that are looked at."""
UTC_TIME: Final = 0x17
EXPLICIT_VERSION: Final = 0xA0
EXTENSIONS: Final = 0xA3
OCTETS: Final = 0x04
BMP_STRING: Final = 0x1E
DNS_NAME: Final = 0x82
ADDRESS: Final = 0x87
ALTERNATIVE_NAMES: Final = bytes((0x55, 0x1D, 0x11))
SHOWN: Final = (bytes((0x55, 0x04, 0x0A)), bytes((0x55, 0x04, 0x03)))
"""Attributes of a name that are shown: organisation, common name."""


class Element(NamedTuple):
    """One element of DER: its tag and what is in it."""

    tag: int
    content: bytes


def read_certificate(der: bytes) -> dict[str, Any]:
    """The certificate as facts: fingerprint (SHA-256), and as far as it is one subject, issuer, names, validity."""
    return dict(_read(der))


@lru_cache(maxsize=512)
def _read(der: bytes) -> dict[str, Any]:
    """Servers show the same certificates again and again, and reading one takes 50 µs."""
    facts: dict[str, Any] = {"fingerprint": sha256(der).hexdigest()}
    fields = _fields(der)
    if fields is None:
        return facts
    validity = _validity(fields)
    if validity is not None:
        facts["not_before_ms"], facts["not_after_ms"] = validity
    told = {"issuer": _name(fields, 2), "subject": _name(fields, 4), "names": _names(fields)}
    return facts | {key: value for key, value in told.items() if value}


def read_validity(der: bytes) -> tuple[int, int] | None:
    """Not-before and not-after of a DER certificate, ms since the epoch; None when it is not one."""
    fields = _fields(der)
    return None if fields is None else _validity(fields)


def _fields(der: bytes) -> list[Element] | None:
    """Serial, algorithm, issuer, validity, subject, key and what follows; None when this is no certificate."""
    try:
        certificate = next(_elements(der))
        body = next(_elements(certificate.content))
        fields = [field for field in _elements(body.content) if field.tag != EXPLICIT_VERSION]
    except (ValueError, IndexError, StopIteration):
        return None
    return fields if len(fields) > 5 else None


def _validity(fields: list[Element]) -> tuple[int, int] | None:
    try:
        before, after = _elements(fields[3].content)
        return _instant_ms(*before), _instant_ms(*after)
    except (ValueError, IndexError):
        return None


def _name(fields: list[Element], place: int) -> str:
    """Organisation and common name, "" when neither is there."""
    found = []
    try:
        for group in _elements(fields[place].content):
            for attribute in _elements(group.content):
                kind, value = _elements(attribute.content)
                if kind.content in SHOWN:
                    found.append(_text(value))
    except (ValueError, IndexError):
        return ""
    return clean(", ".join(found))


def _text(value: Element) -> str:
    return value.content.decode("utf-16-be" if value.tag == BMP_STRING else "utf-8", "backslashreplace")


def _names(fields: list[Element]) -> list[str]:
    """DNS names and addresses of the subject's alternative names."""
    try:
        extensions = next(field for field in fields[6:] if field.tag == EXTENSIONS)
        for extension in _elements(next(_elements(extensions.content)).content):
            parts = list(_elements(extension.content))
            if parts[0].content == ALTERNATIVE_NAMES and parts[-1].tag == OCTETS:
                names = _elements(next(_elements(parts[-1].content)).content)
                return [text for name in names if (text := _alternative(name))][:NAME_LIMIT]
    except (ValueError, IndexError, StopIteration):
        pass
    return []


def _alternative(name: Element) -> str:
    if name.tag == DNS_NAME:
        return clean(name.content)
    if name.tag == ADDRESS and len(name.content) in {4, 16}:
        return str(ip_address(name.content))
    return ""


def _elements(data: bytes) -> Iterator[Element]:
    position = 0
    for _ in range(ELEMENT_LIMIT):
        if position >= len(data):
            return
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size])
            position += size
        if position + length > len(data):
            raise ValueError("cut short")
        yield Element(tag, data[position : position + length])
        position += length
    raise ValueError("too many elements")


def _instant_ms(tag: int, text: bytes) -> int:
    digits = text.decode("ascii")
    if tag == UTC_TIME:  # two digits of a year stand for 1950 to 2049
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    instant = datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return int(instant.timestamp()) * 1000
