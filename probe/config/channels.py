"""[web] and [notify.NAME]: where other programs may ask, and who is told what.

A channel's URL is a secret more often than not, so it stands here by reference only.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address
from typing import Final

from probe.config import values
from probe.config.configuration import Channel, PushListener, WebSettings
from probe.config.settings import secret
from probe.config.table import Table
from probe.store.outbox import Kind

GATHER_MS: Final = 5_000
LONGEST_GATHER_MS: Final = 300_000
_QUIET: Final = re.compile(r"(\S+)\s*[-–]\s*(\S+)")


def read_web(table: Table) -> WebSettings | None:
    """[web]; None where nothing is to listen."""
    listen = table.take("listen", _listen, None)
    names = table.take("names", values.many(values.text), ())
    token = table.take("token", secret, None)
    table.done()
    if listen is None:
        if table.has("names", "token") and table.is_sound("listen"):
            table.complain("", 'nothing listens; add listen = "127.0.0.1:9310" or leave [web] out')
        return None
    host, port = listen
    if token is None and not _is_loopback(host) and table.is_sound("token"):
        table.complain("listen", 'reachable from outside; add token = { env = "NAME" }, or listen on 127.0.0.1')
    return WebSettings(host=host, port=port, names=names, token=token)


def read_push(table: Table) -> PushListener | None:
    """[push]; None where nothing is to listen: reports then come through `probe push` alone."""
    listen = table.take("listen", _listen, None)
    names = table.take("names", values.many(values.text), ())
    table.done()
    if listen is not None:
        return PushListener(host=listen[0], port=listen[1], names=names)
    if table.has("names") and table.is_sound("listen"):
        table.complain("", 'nothing listens; add listen = "127.0.0.1:9311" or leave [push] out')
    return None


def exposed(web: WebSettings | None, push: PushListener | None) -> tuple[str, ...]:
    """What listens where others reach it, and what of it they could read on the way."""
    carried = (("web", web, "the token and what is shown"), ("push", push, "the tokens of the checks"))
    return tuple(
        f"[{section}] listen: {one.host} is reachable from outside, and {what} go there in the clear; "
        "put a proxy with TLS before it, or a tunnel, and listen on 127.0.0.1"
        for section, one, what in carried
        if one is not None and not _is_loopback(one.host)
    )


def read_channels(section: Table, services: Collection[str] | None) -> tuple[Channel, ...]:
    """Every [notify.NAME]; services: those that there are, None when not all could be read."""
    found = [_channel(name, section.table(name), services) for name in section.content]
    return tuple(channel for channel in found if channel is not None)


def _channel(name: str, table: Table, known: Collection[str] | None) -> Channel | None:
    url, webhook = table.take("url", secret, None), table.take("webhook", secret, None)
    signed = table.take("secret", secret, None)
    channel = Channel(
        name=name,
        url=url,
        webhook=webhook,
        secret=signed,
        services=table.take("services", values.many(values.name), None),
        events=table.take("events", values.many(values.choice(*Kind)), None),
        quiet=table.take("quiet", _quiet, None),
        zone=table.take("zone", values.zone, "UTC"),
        gather_ms=table.take("gather", _gather, GATHER_MS),
    )
    table.done()
    if not table.is_sound("url", "webhook", "secret"):
        return None
    if (url is None) == (webhook is None):
        table.complain("", 'one of url = { env = "NAME" } (apprise) and webhook = { env = "NAME" } is needed')
    if webhook is not None and signed is None:
        table.complain("secret", 'missing; what is sent is signed, add secret = { env = "NAME" }')
    if url is not None and signed is not None:
        table.complain("secret", "only a webhook is signed; leave it out")
    for service in channel.services or ():
        if known is not None and service not in known:
            table.complain("services", f'"{service}" does not exist; {values.suggestion(service, known)}')
    return channel


def _listen(value: object) -> tuple[str, int]:
    """ "127.0.0.1:9310" or "[::1]:9310"."""
    given = values.text(value)
    host, _, port = given.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    try:
        is_address = bool(ip_address(bare))
    except ValueError:
        is_address = False
    if not is_address or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f'"{given[:60]}" is not an address and a port; write it like "127.0.0.1:9310"')
    return bare, int(port)


def _gather(value: object) -> int:
    gather_ms = values.span(value)
    if gather_ms > LONGEST_GATHER_MS:
        raise ValueError(f"{values.span_text(gather_ms)} is long; at most 5m is possible")
    return gather_ms


def _quiet(value: object) -> tuple[str, str]:
    """ "22:00-07:00"."""
    match = _QUIET.fullmatch(values.text(value).strip())
    if match is None:
        raise ValueError('not quiet hours; write them like "22:00-07:00"')
    start, end = values.time_of_day(match[1]), values.time_of_day(match[2])
    if start == end:
        raise ValueError("begins when it ends; leave the channel out if it is never to be used")
    return start, end


def _is_loopback(host: str) -> bool:
    return ip_address(host).is_loopback
