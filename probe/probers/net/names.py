"""From the host of a check to the addresses that its attempt may use, as phase "dns".

Resolving may use RESOLVER_SHARE of the attempt's time: a resolver of ours that stays silent is
told as what it is, and not as a target that did not answer.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from functools import lru_cache
from typing import Final

from probe.model import Check, Reason, State
from probe.probers.net.addresses import ADDRESS_LIMIT, is_private
from probe.probers.net.connection import socket_address
from probe.probers.net.endpoint import KNOWN, canonical_address
from probe.probers.net.fault import Fault
from probe.probers.net.resolver import NO_RESOLVER, Resolver
from probe.trail import Trail

CONSIDERED: Final = 64
"""Addresses of a name that are looked at; an answer can hold thousands."""
RESOLVER_SHARE: Final = 0.6
DISCARD_PORT: Final = 9


async def find_addresses(check: Check, host: str, resolver: Resolver, trail: Trail) -> tuple[str, ...]:
    """Literal addresses of the host: of the family asked for, allowed, reachable ones first, at most 8.

    Raises Fault: name_not_found (down where the name is the service), resolver_unreachable,
    no_address, address_policy.
    """
    known = known_address(check, host)
    return (
        (known,)
        if known is not None
        else _usable(
            host, check.family, await _resolve(check, host, resolver, trail), allow_private=check.allow_private
        )
    )


def known_address(check: Check, host: str) -> str | None:
    """The host itself where it is an address; None where it is a name. Raises Fault: no_address, address_policy."""
    return _known(host, check.family, check.allow_private)


@lru_cache(maxsize=KNOWN)
def _known(host: str, family: str, allow_private: bool) -> str | None:
    literal = canonical_address(host)
    return None if literal is None else _usable(host, family, (literal,), allow_private=allow_private)[0]


def _usable(host: str, family: str, found: tuple[str, ...], *, allow_private: bool) -> tuple[str, ...]:
    fitting = [address for address in found[:CONSIDERED] if family == "any" or (":" in address) == (family == "6")]
    if not fitting:
        raise Fault(Reason.NO_ADDRESS, f"{host} is not an IPv{family} address")
    allowed = [address for address in fitting if allow_private or not is_private(address)]
    if not allowed:
        raise Fault(Reason.ADDRESS_POLICY, f"{fitting[0]} is not public; allow_private = true permits it")
    return tuple(sorted(allowed, key=_has_no_route)[:ADDRESS_LIMIT]) if len(allowed) > 1 else tuple(allowed)


async def _resolve(check: Check, host: str, resolver: Resolver, trail: Trail) -> tuple[str, ...]:
    try:
        with trail.during("dns"):
            async with asyncio.timeout(trail.left_s(RESOLVER_SHARE)):
                return await resolver.resolve(host, check.family, trail)
    except TimeoutError:
        raise Fault(Reason.RESOLVER_UNREACHABLE, f"{NO_RESOLVER} in time") from None
    except Fault as fault:
        if fault.reason is Reason.NAME_NOT_FOUND and check.name_is_service:
            raise Fault(fault.reason, fault.detail, State.DOWN) from fault
        raise


def _has_no_route(address: str) -> bool:
    """Whether this machine cannot even try: connecting a datagram socket asks the routes and sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as sock:
            sock.connect(socket_address(address, DISCARD_PORT))
    except OSError:
        return True
    return False
