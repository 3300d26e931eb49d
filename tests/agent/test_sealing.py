"""The agent seals what is over by itself, slowly, and on demand; trouble is one line."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from probe.agent.sealing import Sealing
from probe.config.configuration import StorageSettings
from probe.store.changes import Seal, decode, encode, offline
from probe.store.reader import open_reader
from probe.store.sealing import Sealed
from probe.store.writer import Writer
from tests.clocks import HandClock
from tests.store.builders import HOME, a_writer
from tests.store.test_sealing import D0, DAY, a_day_of


def a_sealing(path: Path, writer: Writer, key: Path | None = None) -> Sealing:
    """The agent's sealing two days after the outcomes."""
    storage = StorageSettings(path=path, keep_outcomes_ms=DAY, sign_with=key)
    config = cast("Any", SimpleNamespace(storage=storage))
    return Sealing(config, writer, HandClock(D0 + 2 * DAY))


async def until_done(sealing: Sealing) -> None:
    while not sealing.sealed.is_done or not sealing.sealed.days:  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(0.005)


def test_what_is_over_is_sealed_after_the_start_and_when_asked(tmp_path: Path) -> None:
    """Nobody has to run a command for it; one who does begins it at once."""
    path = tmp_path / "probe.db"
    outcomes = a_day_of("shop", D0)

    async def story(writer: Writer) -> Sealed:
        sealing = a_sealing(path, writer)
        sealing.start()
        await until_done(sealing)
        assert sealing.nudge().is_done is False
        await until_done(sealing)
        await sealing.stop()
        return sealing.sealed

    with a_writer(path) as writer:
        writer.record(outcomes).result()
        assert asyncio.run(asyncio.wait_for(story(writer), 30)) == (1, 1, 4320, True)
        with open_reader(path) as reader:
            assert list(reader.outcomes(HOME, "shop", 0, 1 << 60)) == outcomes


def test_trouble_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A record that cannot be read does not end the agent, and does not fill its log."""
    caplog.set_level(logging.ERROR)

    async def story(writer: Writer) -> None:
        sealing = a_sealing(tmp_path / "elsewhere.db", writer)
        sealing.start()
        for _ in range(3):
            sealing.nudge()
            while not sealing.sealed.is_done:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.005)
        await sealing.stop()

    with a_writer(tmp_path / "probe.db") as writer:
        asyncio.run(asyncio.wait_for(story(writer), 30))
    assert [record.getMessage() for record in caplog.records] == ["the record is not sealed"]


def test_without_an_agent_the_change_seals_part_by_part(tmp_path: Path) -> None:
    """The same change works under the lock; it is asked again until it is done."""
    path = tmp_path / "probe.db"
    with a_writer(path) as writer:
        for day in range(5):
            writer.record(a_day_of("shop", D0 + day * DAY, step_ms=200_000)).result()
    change = decode(encode(Seal(at_ms=D0 + 20 * DAY)))
    sealed: list[dict[str, int]] = []
    with offline(path) as apply:
        while not sealed or not sealed[-1]["is_done"]:
            sealed.append(apply(change))
    assert sum(each["days"] for each in sealed) == 5
    assert sum(each["outcomes"] for each in sealed) == 5 * 432
    assert len(sealed) > 1


def test_a_key_that_cannot_sign_is_one_warning_and_the_day_is_sealed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Signatures are made beside sealing; that they fail never stops it."""
    path = tmp_path / "probe.db"
    with a_writer(path) as writer:
        writer.record(a_day_of("shop", D0, step_ms=600_000)).result()
        sealing = a_sealing(path, writer, tmp_path / "no key")
        assert [sealing.a_while().days for _ in range(2)] == [1, 0]
    assert [record.getMessage() for record in caplog.records].count("heads are not signed") == 1
