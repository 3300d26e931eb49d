"""A channel at work: a parcel goes out, or there is a line that says why not. The home of apprise."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from probe.clock import Clock
from probe.config.configuration import Channel
from probe.notify import webhook
from probe.notify.parcel import Parcel
from probe.secrets import Secret, SecretMissing

if TYPE_CHECKING:
    from concurrent.futures import Future

APPRISE_S: Final = 60.0
REMEDY: Final = "a channel with url needs apprise; pip install 'sla-probe[notify]'"
Problem = str
"""Why something was not delivered, "" when it was."""


class Channels:
    """Sends to the channels of a configuration; one at a time to each."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is loaded before it is used."""
        self._clock = clock
        self._busy: dict[str, threading.Thread] = {}

    async def send(self, channel: Channel, parcel: Parcel) -> Problem:
        """Deliver; "" or one line that says why not. Never raises, never takes long, tells no secret."""
        try:
            if channel.webhook is not None:
                await self._post(channel.webhook, channel.secret, parcel)
                return ""
            assert channel.url is not None
            return await self._apprise(channel.name, channel.url.reveal(), parcel)
        except (SecretMissing, webhook.WebhookRefused) as error:
            return str(error)

    async def _post(self, url: Secret, secret: Secret | None, parcel: Parcel) -> None:
        target = webhook.target_of(url.reveal())
        body = json.dumps(parcel.document).encode()
        headers = [("Idempotency-Key", parcel.id)]
        if secret is not None:
            now_s = self._clock.read().wall_ms // 1000
            headers.append(("X-Probe-Signature", webhook.signature(secret.reveal(), body, now_s)))
        await webhook.post(target, body, headers)

    async def _apprise(self, name: str, url: str, parcel: Parcel) -> Problem:
        """In a thread of its own: the library blocks. One that hangs is left alone and nothing is put behind it."""
        busy = self._busy.get(name)
        if busy is not None and busy.is_alive():
            return "the last message is still on its way"
        from concurrent.futures import Future

        future: Future[Problem] = Future()
        thread = threading.Thread(target=_notify, args=(url, parcel, future), name=f"notify {name}", daemon=True)
        self._busy[name] = thread
        thread.start()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), APPRISE_S)
        except TimeoutError:
            return f"not delivered within {APPRISE_S:.0f} s"


def _notify(url: str, parcel: Parcel, future: Future[Problem]) -> None:
    future.set_result(_with_apprise(url, parcel))


def _with_apprise(url: str, parcel: Parcel) -> Problem:
    try:
        import apprise
    except ImportError:
        return REMEDY
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # what it logs may hold what is in the URL
    try:
        to = apprise.Apprise()
        if not to.add(url):
            return "apprise does not know this kind of url"
        return "" if to.notify(title=parcel.subject, body=parcel.text) else "apprise could not deliver it"
    except Exception as error:  # noqa: BLE001 - a library of a hundred services must not end the agent
        return f"apprise failed: {type(error).__name__}"


def missing_library(channels: Iterable[Channel]) -> str:
    """What is to be installed for these channels, "" when nothing is."""
    from importlib.util import find_spec

    is_needed = any(channel.url is not None for channel in channels)
    return REMEDY if is_needed and find_spec("apprise") is None else ""
