"""The agent keeps the standings that `status` starts from, and nothing about them can hurt it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from probe.agent.standings import Standings
from probe.config.roster import roster
from probe.errors import StoreError
from probe.judge import look
from tests.clocks import HandClock
from tests.judge.office import CHECK, GATEWAY, Office, an_office, refuse

NAMES = [f"s{number:02}" for number in range(12)]
SERVICES = "".join(f'[service.{name}]\nobjective = "99 %"\n' for name in NAMES)
CHECKS = "".join(CHECK.replace('"shop"', f'"{name}"') for name in NAMES)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Twelve services that are up."""
    with an_office(tmp_path, GATEWAY + SERVICES, CHECKS) as made:
        made.run(300)
        yield made


def standings_of(office: Office, clock: HandClock) -> Standings:
    """The keeper of an office's standings."""
    return Standings(office.config, office.writer, clock)


def kept(office: Office) -> list[str]:
    """The services whose standings are kept."""
    with office.reader() as reader:
        return [one.service for one in reader.standings(office.now_ms)]


def test_the_agent_keeps_them_a_few_at_a_time(office: Office) -> None:
    """Ten, a second later the rest; then a look judges nothing, and stopping does not wait for the next turn."""
    clock = HandClock(office.now_ms)

    async def story() -> None:
        keeper = standings_of(office, clock)
        keeper.start()
        seen: list[list[str]] = []
        while not seen or len(seen[-1]) < 12:
            seen.append(await asyncio.to_thread(kept, office))
        assert {len(one) for one in seen} <= {0, 10, 12}
        await keeper.stop()

    asyncio.run(asyncio.wait_for(story(), 10))
    with office.reader() as reader:
        shown = look(roster(office.config), reader, office.now_ms, refuse)
    assert [one.service for one in shown.services] == NAMES


def test_one_that_was_never_started_stops(office: Office) -> None:
    """An agent that fails while starting stops in good order."""
    keeper = standings_of(office, HandClock(office.now_ms))
    asyncio.run(keeper.stop())
    assert kept(office) == []


def test_a_writer_that_has_closed_is_one_line_and_no_wait(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The writer may close first: nobody waits for what it will never do, however often it is tried."""
    caplog.set_level(logging.WARNING, "probe.agent.standings")
    clock = HandClock(office.now_ms)
    office.writer.close()

    async def story() -> None:
        keeper = standings_of(office, clock)
        for _ in range(3):
            await keeper.rounds.once()
        keeper.start()
        await keeper.stop()

    asyncio.run(asyncio.wait_for(story(), 10))
    [record] = caplog.records
    assert record.message == "standings are not kept"
    assert "is not open for writing" in vars(record)["problem"]
    assert kept(office) == []


def test_a_record_that_cannot_be_read_is_one_line_until_it_changes(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """Trouble is said once; after it is over, new trouble is said again."""
    caplog.set_level(logging.WARNING, "probe.agent.standings")
    keeper = standings_of(office, HandClock(office.now_ms))
    good = office.config
    gone = replace(good, storage=replace(good.storage, path=office.folder / "gone.db"))

    async def story() -> None:
        for config in (gone, gone, good, gone):
            keeper.config = config
            await keeper.rounds.once()

    asyncio.run(story())
    assert [record.message for record in caplog.records] == ["standings are not kept"] * 2
    with pytest.raises(StoreError):
        keeper.keep()


def test_a_bug_in_judging_does_not_end_the_agent(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with where it was, once."""
    caplog.set_level(logging.WARNING, "probe.agent.standings")
    keeper = standings_of(office, HandClock(office.now_ms))
    keeper.config = replace(office.config, services=(object(),))  # type: ignore[arg-type]

    async def story() -> list[int | None]:
        return [await keeper.rounds.once() for _ in range(2)]

    assert asyncio.run(story()) == [None, None]
    [record] = caplog.records
    assert (record.message, record.exc_info is not None) == ("a bug: please report it", True)
