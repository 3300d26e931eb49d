"""The way into the record, with a keeper that can refuse."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from probe.agent.journal import Journal
from probe.agent.recorder import Recorder, Scale
from probe.errors import StoreError
from probe.lanes import Ending
from probe.model import Event, EventKind, Finding, Origin, Outcome, State
from probe.references import References
from probe.store.outbox import Message
from tests.builders import a_check


class SlowKeeper:
    """Keeps what it is handed; each future is done when the test says so."""

    def __init__(self) -> None:
        self.handed: list[Outcome | Event] = []
        self.messages: list[Message] = []
        self.futures: list[Future[None]] = []

    def record(self, outcomes: Sequence[Outcome], messages: Sequence[Message] = ()) -> Future[None]:
        self.messages += messages
        return self._future(*outcomes)

    def event(self, event: Event) -> Future[None]:
        return self._future(event)

    def _future(self, *things: Outcome | Event) -> Future[None]:
        self.handed += things
        self.futures.append(Future())
        return self.futures[-1]


def an_ending(at_ms: int) -> Ending:
    return Ending(a_check(), Origin.GRID, at_ms, at_ms - 3, Finding(state=State.UP))


def recorder_of(keeper: SlowKeeper) -> Recorder:
    references = References()
    return Recorder(keeper, references, Journal(references), Scale(7, 1_000_000))


def test_outcomes_are_gathered_and_counted_only_when_safe() -> None:
    """Acknowledged means committed; instants are boottime on the scale of the segment."""
    keeper = SlowKeeper()
    recorder = recorder_of(keeper)

    async def story() -> None:
        recorder.take(an_ending(10))
        recorder.take(an_ending(20))
        assert keeper.handed == []
        await asyncio.sleep(0.02)
        assert len(keeper.futures) == 1
        assert (recorder.acknowledged, recorder.oldest_ms()) == (0, 10)
        keeper.futures[0].set_result(None)
        assert (recorder.acknowledged, recorder.oldest_ms()) == (2, None)

    asyncio.run(story())
    assert [(one.at_ms, one.clock) for one in keeper.handed] == [(1_000_010, 7), (1_000_020, 7)]
    assert isinstance(keeper.handed[0], Outcome)
    assert keeper.handed[0].due_ms == 1_000_007


def test_nothing_is_shown_before_the_record_has_it(caplog: pytest.LogCaptureFixture) -> None:
    """Neither by the log nor by whoever asks for the last outcome: a kill now would make a lie of it."""
    caplog.set_level(logging.INFO, "probe")
    keeper = SlowKeeper()
    recorder = recorder_of(keeper)

    async def story() -> None:
        recorder.take(an_ending(10))
        recorder.flush()
        assert ([record.message for record in caplog.records], recorder.last) == ([], {})
        keeper.futures[0].set_result(None)

    asyncio.run(story())
    assert [record.message for record in caplog.records] == ["first outcome"]
    assert [one.at_ms for one in recorder.last.values()] == [1_000_010]


def test_an_event_is_recorded_behind_the_outcomes_before_it() -> None:
    """Order in the record is order in time."""
    keeper = SlowKeeper()
    recorder = recorder_of(keeper)

    async def story() -> None:
        recorder.take(an_ending(10))
        recorder.note(EventKind.STALL, 15, 5, moved_ms=5)

    asyncio.run(story())
    assert [type(one) for one in keeper.handed] == [Outcome, Event]
    assert keeper.handed[1] == Event(1_000_015, 7, EventKind.STALL, 5, {"moved_ms": 5})


def test_what_the_record_refuses_is_counted_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost in silence, and a thousand losses are one line."""
    keeper = SlowKeeper()
    recorder = recorder_of(keeper)

    async def story() -> None:
        recorder.take(an_ending(10))
        recorder.flush()
        recorder.note(EventKind.STALL, 15)
        for future in keeper.futures:
            future.set_exception(StoreError("the disk is full"))

    asyncio.run(story())
    assert (recorder.acknowledged, recorder.refused, recorder.refused_events) == (0, 1, 1)
    assert [vars(record)["error"] for record in caplog.records] == ["the disk is full"]


def test_what_was_in_flight_while_the_loop_stood_still_is_marked() -> None:
    """Its times are partly ours; what began afterwards is not marked."""
    keeper = SlowKeeper()
    recorder = recorder_of(keeper)

    async def story() -> None:
        recorder.take(an_ending(5))
        recorder.stall = 100, 700
        for at_ms in (50, 400, 700):
            recorder.take(an_ending(at_ms))
        recorder.flush()

    asyncio.run(story())
    seen = [one.finding.facts.get("stalled_ms") for one in keeper.handed if isinstance(one, Outcome)]
    assert seen == [None, 600, 300, None]
