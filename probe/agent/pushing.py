"""The ways by which reports of others come in: `probe push` through the control socket, and POST /push/TOKEN.

Both answer once the record has the report. The listener is off unless [push] says where, takes no more than a
KiB, and compares what it is given with every token in constant time. Only POST reports: what may be fetched by
a preview, a prefetch or a crawler must change nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from probe.agent.crew import Crew
from probe.agent.pushes import KIND, Pushes, refusal
from probe.agent.record import Record
from probe.agent.web import Answer, Limits, Place, Refusal, Request, Route, Server
from probe.clock import Clock
from probe.config import Config
from probe.errors import StoreError, UsageError
from probe.model import Check, Origin, Outcome, State
from probe.secrets import SecretMissing
from probe.store.reader import open_reader

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
LIMITS: Final = Limits(head=1024, body=1024, seconds=5.0, connections=32)
SHORTEST_TOKEN: Final = 16
"""Characters below which a token could be guessed."""


class Pushing:
    """Takes reports in from when it is started until it is stopped."""

    def __init__(self, clock: Clock, record: Record, crew: Crew) -> None:
        """Nothing is awaited before `start`."""
        self._clock, self._record, self._crew = clock, record, crew
        self.pushes = Pushes(clock, crew.ended)
        self._tokens: dict[bytes, str] = {}
        self._server: Server | None = None
        self._place: Place | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int | None:
        """Where reports are taken in over HTTP; None: nowhere."""
        return None if self._server is None else self._server.port

    async def start(self, config: Config) -> None:
        """Await reports from now on. Raises AgentError when the listener's address cannot be had."""
        await self.follow(config)
        self._again()

    async def follow(self, config: Config) -> None:
        """The configuration is another one; tokens are read anew."""
        checks = [check for check in config.checks if check.kind == KIND]
        self.pushes.follow(checks, await asyncio.to_thread(self._heard, checks))
        self._tokens = await asyncio.to_thread(_tokens, checks)
        await self._listen(config)

    async def stop(self) -> None:
        """Take in no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._server is not None:
            await self._server.stop()

    async def report(self, key: str, state: State, detail: str, sent_ms: int | None) -> int:
        """Record one report; its instant, once it is on disk. Raises UsageError, or AgentError where it is not."""
        at_ms = self.pushes.report(key, state, detail, sent_ms)
        kept: Future[None] | None = self._record.recorder.flush()
        try:
            if kept is not None:
                await asyncio.wrap_future(kept)
        except StoreError as error:
            raise refusal(key) from error
        return at_ms + self._record.recorder.scale.offset_ms

    def _again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._again()
        try:
            self.pushes.paused = self._crew.pauses
            self.pushes.look()
        except Exception:  # the next look must come, whatever this one met
            log.exception("looking for late reports failed")

    def _heard(self, checks: list[Check]) -> dict[str, int]:
        """When each check was last heard of by the record, on boottime. Blocks."""
        found: dict[str, int] = {}
        if checks:
            config, offset_ms = self._record.config, self._record.recorder.scale.offset_ms
            with open_reader(config.storage.path) as reader:
                known = {one.key for one in reader.series(config.agent.vantage)}
                for key in (check.key for check in checks if check.key in known):
                    for outcome in reader.last(config.agent.vantage, key, 1):
                        heard_ms = _heard_ms(outcome)
                        found |= {} if heard_ms is None else {key: heard_ms - offset_ms}
        return found

    async def _listen(self, config: Config) -> None:
        wanted = None if config.push is None else Place(config.push.host, config.push.port, config.push.names)
        if wanted == self._place:
            return
        if self._server is not None:
            await self._server.stop()
            self._server = self._place = None
        if wanted is not None:
            server = Server({"/push/": Route(self._answer, ("POST",))}, wanted, LIMITS)
            await server.start()
            self._server, self._place = server, wanted

    async def _answer(self, request: Request) -> Answer:
        key = self._key_of(request.tail)
        if key is None:
            raise Refusal(404, "no such path")
        word, _, detail = request.body.decode("utf-8", "replace").strip().partition(" ")
        if word.rstrip(":").lower() not in {"", "up", "down"}:
            raise Refusal(400, 'the body is empty, "up", or "down" and why')
        state = State.DOWN if word.rstrip(":").lower() == "down" else State.UP
        try:
            await self.report(key, state, detail, None)
        except UsageError as error:
            raise Refusal(429, str(error)) from error
        return Answer(200, b"recorded\n")

    def _key_of(self, token: str) -> str | None:
        """The check of a token. Every one is compared, so that the time taken tells nothing."""
        given, found = sha256(token.encode()).digest(), None
        for digest, key in self._tokens.items():
            if hmac.compare_digest(digest, given):
                found = key
        return found


def _tokens(checks: list[Check]) -> dict[bytes, str]:
    """The checks by the digest of their token; what cannot be used is told, and admits nobody. Blocks."""
    found: dict[bytes, str] = {}
    spoiled: set[bytes] = set()
    for check in checks:
        if check.settings.token is None:
            continue
        try:
            token = check.settings.token.reveal()
        except SecretMissing as error:
            log.warning("nobody can report over HTTP", extra={"check": check.key, "why": str(error)})
            continue
        digest = sha256(token.encode()).digest()
        if len(token) < SHORTEST_TOKEN:
            log.warning("nobody can report over HTTP", extra={"check": check.key, "why": "token under 16 characters"})
        elif digest in found:
            spoiled.add(digest)
            log.warning("nobody can report over HTTP", extra={"check": check.key, "why": "another check has its token"})
        else:
            found[digest] = check.key
    return {digest: key for digest, key in found.items() if digest not in spoiled}


def _heard_ms(outcome: Outcome) -> int | None:
    """When the last report before or at this outcome was sent; None: there never was one."""
    if outcome.origin in {Origin.PUSH, Origin.IMPORT}:
        return outcome.at_ms
    ago_ms = outcome.finding.facts.get("heard_ms_ago")
    return outcome.at_ms - ago_ms if isinstance(ago_ms, int) else None


def read_report(message: Mapping[str, Any]) -> tuple[str, State, str, int | None]:
    """Key, state, detail and send time of a request to the control socket. Raises UsageError."""
    with suppress(KeyError, ValueError, TypeError):
        state, sent_ms = State(str(message["state"])), message.get("sent_ms")
        if state is not State.UNKNOWN and (sent_ms is None or isinstance(sent_ms, int)):
            return str(message["key"]), state, str(message.get("reason", "")), sent_ms
    raise UsageError("a report has `key`, `state` up or down, and perhaps `reason` and `sent_ms`")
