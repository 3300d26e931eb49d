"""From the record to a receiver: at least once, as one group, and never lost when something ends in between."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from probe.agent.postman import Postman
from probe.clock import Reading
from probe.config.configuration import Channel, Config
from probe.notify.pace import Pace
from probe.secrets import Secret
from probe.store import outbox
from probe.store.outbox import Kind, Letter, Message, Queue
from probe.store.reader import open_reader
from probe.store.writer import Writer
from tests.agent.test_notices import a_config
from tests.clocks import HandClock
from tests.notify.messages import a_message
from tests.notify.receiver import SECRET, Receiver, receiving
from tests.store.builders import T0, a_writer

QUICK = Pace(retry_ms=(1_000, 8_000), give_up_ms=100_000)


class Office:
    """A record, a receiver, and a postman whose clock is turned by hand."""

    def __init__(self, folder: Path, writer: Writer, receiver: Receiver, clock: HandClock) -> None:
        self.folder, self.writer, self.receiver, self.clock = folder, writer, receiver, clock
        (folder / "url").write_text(receiver.url)
        (folder / "secret").write_text(SECRET)
        url, secret = Secret(file=str(folder / "url")), Secret(file=str(folder / "secret"))
        self.channel = Channel(name="hook", webhook=url, secret=secret, gather_ms=100)
        self.postman = self.a_postman()

    def config(self, *channels: Channel) -> Config:
        return a_config(*(channels or (self.channel,)), path=self.folder)

    def a_postman(self) -> Postman:
        self.postman = Postman(self.config(), self.writer, self.clock, QUICK)
        return self.postman

    def enter(self, *messages: Message) -> None:
        now = self.clock.read().wall_ms
        self.writer.post(partial(outbox.append, messages=[one._replace(at_ms=now) for one in messages])).result()

    async def look(self, ms: int = 1_000) -> None:
        """Let so much time pass, look once, and wait for what is on its way."""
        self.clock.advance(ms)
        await self.postman._look()
        await asyncio.gather(*self.postman._sending.values())

    def waiting(self) -> list[Letter]:
        with open_reader(self.folder / "probe.db") as reader:
            return reader.ask(partial(outbox.waiting, channel="hook"))

    def queue(self) -> Queue:
        with open_reader(self.folder / "probe.db") as reader:
            return reader.ask(outbox.queues)["hook"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """With nothing to tell yet."""
    clock = HandClock(wall_ms=T0)
    with receiving() as receiver, a_writer(tmp_path / "probe.db", clock=clock) as writer:
        yield Office(tmp_path, writer, receiver, clock)


@asynccontextmanager
async def at_work(postman: Postman) -> AsyncIterator[None]:
    postman.start()
    try:
        yield
    finally:
        await postman.stop()


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - what is waited for is another thread
            await asyncio.sleep(0.01)


def test_what_happened_together_arrives_together_and_once(office: Office) -> None:
    """One message with everything; the record knows that it arrived."""

    async def story() -> None:
        office.enter(a_message(), a_message(number=1), a_message())
        await office.look(50)
        assert office.receiver.posts == []
        await office.look()
        await office.look()
        assert len(office.receiver.events()) == 2

    asyncio.run(story())
    assert len(office.receiver.posts) == 1
    assert office.waiting() == []
    assert office.queue()._replace(delivered_at_ms=None) == (0, 0, None, None)


def test_what_is_refused_goes_again_under_the_same_key(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The same group each time, at growing distances; what came meanwhile waits behind it. Said once."""
    office.receiver.statuses = [500, 500]

    async def story() -> None:
        office.enter(a_message())
        await office.look()
        office.enter(a_message(number=1))
        for _ in range(6):
            await office.look(500)
        await office.look(2_000)
        await office.look(2_000)

    with caplog.at_level(logging.INFO, "probe"):
        asyncio.run(story())
    first, again, more, other = office.receiver.keys
    assert first == again == more != other
    assert [len(post["events"]) for post in office.receiver.posts] == [1, 1]
    assert [each.message for each in caplog.records].count("a channel does not take its messages") == 1


def test_after_days_a_message_is_given_up(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Said, counted, and not tried again."""
    office.receiver.statuses = [500, 500]

    async def story() -> None:
        office.enter(a_message())
        await office.look()
        await office.look(200_000)
        await office.look(200_000)

    asyncio.run(story())
    assert len(office.receiver.keys) == 2
    assert office.queue()[:2] == (0, 1)
    assert "messages are given up" in caplog.text


def test_what_an_agent_was_sending_when_it_was_killed_goes_again_at_once(office: Office) -> None:
    """Claimed and never heard of: the next agent sends the same group first, under the same key."""
    office.enter(a_message(), a_message(number=1))
    letters = office.waiting()
    office.writer.post(partial(outbox.claim, letters=letters, next_at_ms=T0 + 3_600_000)).result()
    office.enter(a_message(number=2))

    async def story() -> None:
        office.a_postman()
        await office.look()
        assert [len(post["events"]) for post in office.receiver.posts] == [2]
        await office.look(5_000)
        assert [len(post["events"]) for post in office.receiver.posts] == [2, 1]

    asyncio.run(story())


def test_in_quiet_hours_messages_wait_and_come_together_after_them(office: Office) -> None:
    """Nobody is woken; nothing is lost."""
    from datetime import UTC, datetime

    now = datetime.fromtimestamp(T0 / 1000, UTC)
    until_then = f"{(now.hour + 1) % 24:02}:00"
    office.postman.config = office.config(replace(office.channel, quiet=(f"{now.hour:02}:00", until_then)))

    async def story() -> None:
        office.enter(a_message())
        await office.look()
        office.enter(a_message(Kind.OUTAGE_ENDED))
        await office.look()
        assert office.receiver.posts == []
        await office.look(3_600_000)

    asyncio.run(story())
    assert [len(post["events"]) for post in office.receiver.posts] == [2]


def test_where_the_record_cannot_be_written_nothing_is_sent(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """What could not be marked would be sent for ever."""

    async def story() -> None:
        office.enter(a_message())
        office.writer.close()
        await office.look()
        await office.look()

    asyncio.run(story())
    assert office.receiver.keys == []
    assert "is not open for writing" in str([vars(each).get("problem") for each in caplog.records])


def test_trouble_with_the_record_is_said_once(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The postman goes on and looks again."""
    office.postman.config = a_config(office.channel, path=office.folder / "elsewhere")

    async def story() -> None:
        await office.look()
        await office.look()

    asyncio.run(story())
    assert [each.message for each in caplog.records] == ["messages wait"]


def test_it_works_by_itself_and_ends_in_good_order(office: Office) -> None:
    """Started, it delivers; stopped, it has finished what was on its way."""
    office.enter(a_message())
    office.clock.advance(1_000)

    async def story() -> None:
        async with at_work(office.postman):
            await until(lambda: office.receiver.posts)

    asyncio.run(story())
    assert office.waiting() == []


def test_ten_thousand_checks_failing_and_recovering_are_a_few_messages(office: Office) -> None:
    """Entered over minutes each way: at most three messages each way, and the record has every one of them."""
    count = 10_000

    async def way(kind: Kind) -> int:
        before = len(office.receiver.posts)
        for part in range(20):
            numbers = range(part * count // 20, (part + 1) * count // 20)
            office.enter(*(a_message(kind, number) for number in numbers))
            await office.look(300)
        for _ in range(20):
            await office.look(600)
        return len(office.receiver.posts) - before

    async def story() -> list[int]:
        return [await way(Kind.OUTAGE_BEGAN), await way(Kind.OUTAGE_ENDED)]

    ways = asyncio.run(story())
    assert max(ways) <= 3
    assert office.waiting() == []
    counted = [post["counts"] for post in office.receiver.posts]
    assert sum(each.get("outage_began", 0) for each in counted) == count
    assert sum(each.get("outage_ended", 0) for each in counted) == count


def test_old_messages_are_let_go_but_beginnings_and_what_waits(office: Office) -> None:
    """The outbox does not grow for ever."""
    office.enter(a_message(), a_message(Kind.OUTAGE_ENDED, channels=()), a_message(Kind.VERDICT))
    office.writer.post(partial(outbox.prune, before_ms=T0 + 1)).result()
    with open_reader(office.folder / "probe.db") as reader:
        kinds = [kind for kind in Kind for _ in reader.ask(partial(outbox.of_kind, kind=kind))]
    assert kinds == [Kind.OUTAGE_BEGAN, Kind.VERDICT]


class BrokenClock(HandClock):
    """A bug."""

    def read(self) -> Reading:
        raise ZeroDivisionError


def test_a_bug_here_is_logged_once_and_ends_nothing(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Probing is worth more than telling of it."""
    office.enter(a_message())
    letters = office.waiting()
    broken = Postman(office.config(), office.writer, BrokenClock(), QUICK)

    async def story() -> None:
        await broken.stop()
        await broken._look()
        await broken._look()
        await broken._send(office.channel, letters, [a_message()])

    asyncio.run(story())
    said = [one.message for one in caplog.records]
    assert said == ["a bug: please report it", "messages wait", "a bug: please report it"]


def test_the_end_does_not_wait_for_a_receiver_that_hangs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment, then the message is left for the next start."""
    from probe.agent import postman

    monkeypatch.setattr(postman, "STOP_S", 0.05)

    async def story(port: int) -> None:
        (office.folder / "url").write_text(f"http://127.0.0.1:{port}/")
        office.enter(a_message())
        office.clock.advance(1_000)
        await office.postman._look()
        await office.postman.stop()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(story(silent.getsockname()[1]))
    assert [one.attempts for one in office.waiting()] == [1]
