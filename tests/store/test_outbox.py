"""Messages enter the record with the outcomes that make them true: both or neither, once, also through the spool."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from probe.errors import StoreError
from probe.store import outbox
from probe.store.outbox import Kind
from probe.store.reader import open_reader
from tests.clocks import HandClock
from tests.notify.messages import a_message
from tests.store.builders import DOWN, T0, a_writer, an_outcome
from tests.store.test_writer import broken, instants, mended, patiently


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "probe.db"


def kept(path: Path, kind: Kind = Kind.OUTAGE_BEGAN) -> list[str]:
    with open_reader(path) as reader:
        return [one.id for one in reader.ask(partial(outbox.of_kind, kind=kind))]


def letters(path: Path) -> int:
    with open_reader(path) as reader:
        return len(reader.ask(partial(outbox.waiting, channel="hook")))


def test_an_outcome_and_its_message_are_kept_together(path: Path) -> None:
    """A message that tells of nothing on record would be a lie; an outage without its message would be silent."""
    with a_writer(path) as writer:
        patiently(writer.record([an_outcome(T0 + 1, DOWN)], [a_message()]))
        refused = writer.record([an_outcome(T0 + 2, key="nobody")], [a_message(number=1)])
        with pytest.raises(StoreError):
            refused.result(5)
    assert instants(path) == [1]
    assert kept(path) == ["office/outage_began/0"]
    assert letters(path) == 1


def test_the_same_message_again_is_one(path: Path) -> None:
    """Whatever brings it again, nobody is told twice."""
    with a_writer(path) as writer:
        for at_ms in (1, 2):
            patiently(writer.record([an_outcome(T0 + at_ms, DOWN)], [a_message()]))
    assert (len(kept(path)), letters(path)) == (1, 1)


def test_messages_wait_in_the_spool_with_their_outcomes(path: Path) -> None:
    """The disk was full when it happened: it is told when the record works again, once."""
    clock = HandClock()
    with a_writer(path, clock=clock) as writer:
        broken(path)
        patiently(writer.record([an_outcome(T0 + 1, DOWN)], [a_message(), a_message(Kind.LINE_DOWN)]))
        mended(path)
        clock.advance(10_000)
        patiently(writer.record([an_outcome(T0 + 2, DOWN)], [a_message()]))
    assert instants(path) == [1, 2]
    assert (kept(path), kept(path, Kind.LINE_DOWN)) == (["office/outage_began/0"], ["office/line_down/0"])
    assert letters(path) == 2


def test_the_newest_of_each_thing_is_found(path: Path) -> None:
    """By kind, service, check and what it is about: what the next start goes on from."""
    messages = [
        a_message(number=0),
        a_message(number=0)._replace(id="later", at_ms=T0 + 5),
        a_message(number=1),
        a_message(Kind.BUDGET_BURN),
        a_message(Kind.LINE_DOWN),
    ]
    with a_writer(path) as writer:
        patiently(writer.post(partial(outbox.append, messages=messages)))
    with open_reader(path) as reader:
        found = reader.ask(partial(outbox.newest, kinds=(Kind.OUTAGE_BEGAN, Kind.BUDGET_BURN)))
    assert sorted(one.id for one in found) == ["later", "office/budget_burn/0", "office/outage_began/1"]
