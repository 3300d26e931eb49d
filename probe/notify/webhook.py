"""One POST of JSON over HTTP/1.1, signed; nothing is followed, and no more of the answer is read than its status.

The signature is HMAC-SHA256 over `<unix seconds>.<body>`, so that neither the body nor its time can be
changed, and an old one can be told by the receiver. Plain HTTP is for loopback only.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import h11

from probe import __version__

SECONDS: Final = 15.0
"""For everything from the name to the answer."""
HEAD_LIMIT: Final = 16 * 1024
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Target(NamedTuple):
    """Where to send."""

    is_tls: bool
    host: str
    port: int
    path: str
    netloc: str


class WebhookRefused(Exception):
    """It was not taken; str() says why and holds nothing of the URL, which may be a secret."""


def target_of(url: str) -> Target:
    """The parts of a URL; WebhookRefused for one that cannot be used."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path.encode("ascii")
    except ValueError as error:
        raise WebhookRefused("the webhook is not a URL") from error
    is_tls = parts.scheme == "https"
    if not host or parts.username is not None or not (is_tls or (parts.scheme == "http" and host in LOOPBACK)):
        raise WebhookRefused("the webhook must be https://host/… without a user name (http on loopback only)")
    netloc = f"[{host}]" if ":" in host else host
    return Target(is_tls, host, port or (443 if is_tls else 80), path, netloc if port is None else f"{netloc}:{port}")


def signature(secret: str, body: bytes, unix_s: int) -> str:
    """The value of X-Probe-Signature."""
    digest = hmac.new(secret.encode(), f"{unix_s}.".encode() + body, "sha256").hexdigest()
    return f"t={unix_s},v1={digest}"


async def post(target: Target, body: bytes, headers: Iterable[tuple[str, str]]) -> None:
    """Send it; WebhookRefused unless the answer is a success. Takes at most SECONDS."""
    context = await asyncio.to_thread(ssl.create_default_context) if target.is_tls else None
    try:
        async with asyncio.timeout(SECONDS):
            status = await _exchange(target, context, body, headers)
    except TimeoutError:
        raise WebhookRefused(f"no answer within {SECONDS:.0f} s") from None
    except h11.RemoteProtocolError as error:
        raise WebhookRefused("the answer is not HTTP") from error
    except OSError as error:
        raise WebhookRefused(_why(error)) from error
    if not 200 <= status < 300:
        raise WebhookRefused(f"answered with status {status}")


async def _exchange(
    target: Target, context: ssl.SSLContext | None, body: bytes, headers: Iterable[tuple[str, str]]
) -> int:
    reader, writer = await asyncio.open_connection(target.host, target.port, ssl=context)
    try:
        state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        fixed = [
            ("Host", target.netloc),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("User-Agent", f"probe/{__version__}"),
            ("Connection", "close"),
        ]
        request = h11.Request(method="POST", target=target.path, headers=[*fixed, *headers])
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(state.send(event) or b"")
        await writer.drain()
        return await _status(state, reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _status(state: h11.Connection, reader: asyncio.StreamReader) -> int:
    while True:
        event = state.next_event()
        if isinstance(event, h11.Response):
            return event.status_code
        if event is h11.NEED_DATA:
            state.receive_data(await reader.read(4096))


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return error.strerror or type(error).__name__
