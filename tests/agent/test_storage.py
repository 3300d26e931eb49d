"""What the agent says of storage: one line at each change, never one a second."""

from __future__ import annotations

import logging
from concurrent.futures import Future

import pytest

from probe.agent.journal import Journal
from probe.agent.recorder import Recorder, Scale
from probe.agent.storage import QUIET_MS, StorageWatch, condition
from probe.errors import StoreError
from probe.model import EventKind
from probe.references import References
from probe.store.keeper import Health
from tests.agent.test_recorder import SlowKeeper

WELL = Health(False, "", 0, 0)
FULL = Health(True, "the disk is full", 3, 0)


class Scene:
    """A recorder whose keeper may refuse, and the watch over it."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "probe")
        self.caplog = caplog
        references = References()
        self.keeper = SlowKeeper()
        self.recorder = Recorder(self.keeper, references, Journal(references), Scale(1, 0))
        self.watch = StorageWatch(self.recorder)

    def refuse(self) -> None:
        self.recorder.note(EventKind.STALL, 1)
        future: Future[None] = self.keeper.futures[-1]
        future.set_exception(StoreError("the spool is full"))

    def said(self) -> list[str]:
        return [record.getMessage() for record in self.caplog.records]


def test_a_degraded_database_is_told_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    """An hour of trouble is two lines."""
    scene = Scene(caplog)
    for second in range(3_600):
        scene.watch.look(FULL, second * 1_000)
    assert condition(FULL, scene.recorder) == "degraded"
    for second in range(3_600, 3_700):
        scene.watch.look(WELL, second * 1_000)
    assert scene.said() == ["storage is degraded", "storage works again"]
    assert vars(caplog.records[0])["reason"] == "the disk is full"
    assert vars(caplog.records[1])["lost"] == 0


def test_losses_are_told_when_they_begin_and_counted_when_they_end(caplog: pytest.LogCaptureFixture) -> None:
    """A spool that is full refuses every outcome: one line, then how many."""
    scene = Scene(caplog)
    for second in range(100):
        scene.refuse()
        scene.watch.look(FULL, second * 1_000)
    assert condition(FULL, scene.recorder) == "losing"
    scene.watch.look(WELL, 100_000)
    assert condition(WELL, scene.recorder) == "well"
    assert scene.said()[1:] == ["storage is degraded", "storage works again"]
    assert scene.said()[0].startswith("the record did not take it")
    assert vars(caplog.records[-1])["lost"] == 100


def test_one_that_is_refused_again_and_again_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """What the database will never take is told, and called over when it has long been quiet; then told anew."""
    scene = Scene(caplog)
    for minute in range(60):
        scene.refuse()
        scene.watch.look(WELL, minute * 60_000)
    assert len(scene.said()) == 1
    scene.watch.look(WELL, 59 * 60_000 + QUIET_MS)
    assert scene.said()[1:] == ["the record takes everything again"]
    scene.refuse()
    assert len(scene.said()) == 3


def test_nothing_is_said_while_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    """A healthy agent is silent."""
    scene = Scene(caplog)
    for second in range(3_600):
        scene.watch.look(WELL, second * 1_000)
    assert scene.said() == []
    assert condition(WELL, scene.recorder) == "well"
