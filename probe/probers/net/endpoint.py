"""What a target's text names: a host, perhaps a port. Nothing is resolved here.

An address is accepted in its one canonical spelling only: what merely looks like an address
(`127.1`, `0x7f.1`, `2130706433`) is neither an address nor a name, and is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

LABEL: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
NAME_LIMIT: Final = 253
PROXY_PORT: Final = 3128
URL_SAFE: Final = "/%:@!$&'()*+,;=~?-._"
KNOWN: Final = 16_384
"""Texts whose meaning is kept: each attempt asks for its own target's again."""
REMEDY: Final = 'write a host name or an address, as in "host.example.net", "192.0.2.7" or "2001:db8::7"'


class Endpoint(NamedTuple):
    """A host as the check names it (address or name) and a port."""

    host: str
    port: int


def parse_host(text: str) -> str:
    """The canonical address or the name in ASCII. Raises ValueError with a remedy."""
    address = canonical_address(text)
    if address is not None:
        return address
    try:
        name = text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        raise ValueError(f'"{text}" is not a host name; {REMEDY}') from None
    labels = name.removesuffix(".").split(".")
    is_name = len(name) <= NAME_LIMIT and all(LABEL.fullmatch(label) for label in labels)
    if not is_name or _looks_like_number(labels[-1]):
        raise ValueError(f'"{text}" is neither a host name nor an address; {REMEDY}')
    return name.lower()


@lru_cache(maxsize=KNOWN)
def parse_endpoint(text: str, *, scheme: str, port: int | None = None) -> Endpoint:
    """`host:port`, `[v6]:port` or the same after `scheme://`. Raises ValueError with a remedy.

    port: what stands for a port left out; None when it must be there.
    """
    rest = text.removeprefix(f"{scheme}://")
    if canonical_address(rest) is not None and ":" in rest:
        host, port_text = rest, ""
    elif rest.startswith("["):
        host, _, after = rest[1:].partition("]")
        if after and not after.startswith(":"):
            raise ValueError(f'"{text}": only ":port" may follow the address in brackets')
        port_text = after.removeprefix(":")
    else:
        host, _, port_text = rest.partition(":")
    return Endpoint(parse_host(host), _parse_port(text, port_text, port))


def parse_url(text: str) -> str:
    """An http or https URL, its host in one spelling, without a fragment. Raises ValueError with a remedy."""
    from urllib.parse import quote, urlsplit

    if not text.isprintable() or " " in text:
        raise ValueError(f"{text!r}: a URL has no spaces or control characters; write %20")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"}:
        raise ValueError(f'"{text}" must begin with http:// or https://')
    if parts.username is not None or parts.password is not None:
        raise ValueError("the URL must not hold credentials; use http.auth_user and http.auth_password")
    host = parse_host(parts.hostname or "")
    netloc = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        netloc += f":{_parse_port(text, str(parts.port), None)}"
    path, query = quote(parts.path or "/", URL_SAFE), quote(parts.query, URL_SAFE)
    return parts._replace(netloc=netloc, path=path, query=query, fragment="").geturl()


def parse_proxy(text: str) -> Endpoint:
    """Where an HTTP proxy listens: `http://host:port`. Raises ValueError with a remedy."""
    if not text.startswith("http://"):
        raise ValueError(f'"{text}" must begin with http://, as in "http://proxy.example.net:3128"')
    return parse_endpoint(text.removesuffix("/"), scheme="http", port=PROXY_PORT)


def show(host: str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def canonical_address(text: str) -> str | None:
    """The one spelling of an IP address, a zone (`%eth0`) kept; None when it is not an address."""
    return _spelling(text) if len(text) <= NAME_LIMIT else _spelling.__wrapped__(text)


@lru_cache(maxsize=KNOWN)
def _spelling(text: str) -> str | None:
    from ipaddress import ip_address

    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _looks_like_number(label: str) -> bool:
    return label.isdigit() or label.lower().startswith("0x")


def _parse_port(text: str, digits: str, default: int | None) -> int:
    if not digits:
        if default is None:
            raise ValueError(f'"{text}" names no port; write "host:port"')
        return default
    if not digits.isascii() or not digits.isdigit() or not 0 < int(digits[:6]) < 65536:
        raise ValueError(f'"{text}": the port must be a number from 1 to 65535')
    return int(digits)
