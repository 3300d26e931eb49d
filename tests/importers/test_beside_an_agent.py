"""History beside a running agent: it goes through it, in parts that its socket takes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from probe.control import ControlServer
from probe.store.changes import decode
from probe.store.writer import Writer
from tests.cli.office import VANTAGE, Office, StandingClock
from tests.importers.kuma import kuma_db, steady


@pytest.fixture
def requests(office: Office) -> Iterator[list[int]]:
    """The sizes of the imports that an agent's two ends, the socket and the writer, were asked for."""
    sizes: list[int] = []
    office.database.parent.mkdir()
    writer = Writer(office.database, VANTAGE, StandingClock())
    writer.start()

    async def handle(message: Mapping[str, Any]) -> Any:
        change = decode(message["change"])
        sizes.append(len(getattr(change, "rows", ())))
        return await asyncio.wrap_future(writer.change(change))

    listening, over = threading.Event(), threading.Event()

    async def serve() -> None:
        server = ControlServer(office.database, handle)
        await server.start()
        listening.set()
        await asyncio.to_thread(over.wait)
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert listening.wait(10)
    yield sizes
    over.set()
    thread.join()
    writer.close()


def test_it_goes_through_the_agent_in_parts(office: Office, requests: list[int], tmp_path: Path) -> None:
    """The agent holds the lock; nothing is written beside it, and all of it arrives."""
    monitor = {"id": 1, "name": "mail", "type": "port", "interval": 60}
    path = kuma_db(tmp_path / "kuma.db", [monitor], {1: steady(0, 2_500)})
    said = office.probe("import", "kuma", path, "--json")
    assert (said.code, said.document["added"]) == (0, 2_500)
    assert requests == [2_000, 500]
    again = office.probe("import", "kuma", path, "--json")
    assert (again.document["added"], again.document["same"]) == (0, 2_500)
