"""What the listener answers: figures, health, and the JSON of the commands that read. Nothing here changes anything.

An answer is made in a thread with a reader of its own and kept for a few seconds, so that whoever asks often
costs no more than whoever asks once.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from probe.agent.desk import Desk
from probe.agent.record import Record
from probe.agent.web import JSON, TEXT, Answer, Place, Request, Route, Server
from probe.clock import Clock
from probe.config import Config
from probe.config.configuration import WebSettings
from probe.errors import ProbeError
from probe.secrets import SecretMissing
from probe.store import outbox
from probe.store.reader import Reader, open_reader

log = logging.getLogger(__name__)

KEPT_MS: Final = 5_000
OUTAGES_MS: Final = 30 * 86_400_000
Make = Callable[[Config, Reader, int], bytes]


class _Made(NamedTuple):
    at_boot_ms: int
    answer: Answer


class Face:
    """The listener of [web]: follows the configuration, and is silent where none is set."""

    def __init__(self, clock: Clock, record: Record, desk: Desk, is_well: Callable[[], str]) -> None:
        """is_well: "" or what ails the agent; nothing listens before `follow`."""
        self._clock, self._record, self._desk, self._is_well = clock, record, desk, is_well
        self._settings: WebSettings | None = None
        self._server: Server | None = None
        self._made: dict[str, _Made] = {}
        self._making: dict[str, asyncio.Lock] = {}

    async def follow(self, settings: WebSettings | None) -> None:
        """Listen as it says from now on. That it cannot is one line of the log: probing goes on."""
        if settings == self._settings and (self._server is not None or settings is None):
            return
        await self.stop()
        self._settings = settings
        if settings is None:
            return
        try:
            token = settings.token.reveal() if settings.token else None
            server = Server(self._routes(), Place(settings.host, settings.port, settings.names, token))
            await server.start()
        except (ProbeError, SecretMissing) as error:
            log.error("other programs cannot ask", extra={"problem": str(error)})  # noqa: TRY400 - one line
            return
        self._server = server
        log.info("other programs may ask", extra={"host": settings.host, "port": server.port})

    async def stop(self) -> None:
        """Listen no more."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    @property
    def port(self) -> int | None:
        """Where it listens, None where it does not."""
        return None if self._server is None else self._server.port

    def _routes(self) -> Mapping[str, Route]:
        made: dict[str, Make] = {"/api/status": _status, "/api/report": _report, "/api/outages": _outages}
        routes = {path: Route(partial(self._document, path, make)) for path, make in made.items()}
        return routes | {"/metrics": Route(self._metrics), "/healthz": Route(self._healthz)}

    async def _healthz(self, _: Request) -> Answer:
        ails = self._is_well()
        return Answer(503 if ails else 200, f"{ails or 'ok'}\n".encode(), TEXT)

    async def _document(self, path: str, make: Make, _: Request) -> Answer:
        return await self._kept(path, JSON, make)

    async def _metrics(self, _: Request) -> Answer:
        from probe.agent import exposition

        health = await self._desk.answer({"do": "health"})
        return await self._kept("/metrics", exposition.CONTENT_TYPE, partial(self._figures, health))

    async def _kept(self, path: str, content_type: str, make: Make) -> Answer:
        """The answer of a few seconds ago, else a new one; made once however many ask."""
        async with self._making.setdefault(path, asyncio.Lock()):
            made, now_ms = self._made.get(path), self._clock.read().boot_ms
            if made is None or now_ms - made.at_boot_ms >= KEPT_MS:
                body = await asyncio.to_thread(self._read, make)
                made = self._made[path] = _Made(now_ms, Answer(200, body, content_type))
            return made.answer

    def _read(self, make: Make) -> bytes:
        """Blocks. Raises StoreError."""
        config = self._record.config
        with open_reader(config.storage.path) as reader:
            return make(config, reader, self._clock.read().wall_ms)

    def _figures(self, health: Mapping[str, Any], config: Config, reader: Reader, now_ms: int) -> bytes:
        from probe import judge
        from probe.agent.exposition import Seen, exposition

        snapshot = judge.snapshot(config, reader, now_ms)
        return exposition(Seen(snapshot, dict(self._record.recorder.last), health, reader.ask(outbox.queues)))


def _status(config: Config, reader: Reader, now_ms: int) -> bytes:
    """What `probe status --json` prints."""
    from probe import judge
    from probe.report.json import status_document

    return _json(status_document(judge.snapshot(config, reader, now_ms, is_full=True)))


def _report(config: Config, reader: Reader, now_ms: int) -> bytes:
    """What `probe report --json` prints without options."""
    from probe.judge import reporting
    from probe.judge.zones import tzdata_version
    from probe.report.json import assessment_document, report_document

    found = reporting.report(config, reader, now_ms, reporting.Ask())
    documents = [assessment_document(one.assessment, one.beside) for one in found]
    vantage, tzdata = config.agent.vantage, tzdata_version()
    return _json(report_document(documents, generated_at_ms=now_ms, vantage=vantage, tzdata=tzdata))


def _outages(config: Config, reader: Reader, now_ms: int) -> bytes:
    """What `probe outages --json` prints without options, for what is configured."""
    from probe import judge
    from probe.judge import reporting
    from probe.report.json import outages_document

    keys = [check.key for check in config.checks]
    found = judge.outages(config, reader, now_ms - OUTAGES_MS, now_ms, keys)
    service_of = {check.key: check.service for check in config.checks}
    return _json(outages_document(found, service_of=service_of, marks=reporting.marks(config, found, reader)))


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"
