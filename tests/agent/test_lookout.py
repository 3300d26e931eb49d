"""What is told of figures, from records made by hand: each once, and again only when it says something else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from probe.agent.lookout import Lookout, _claimable, absence
from probe.clock import Reading
from probe.config import Config, load
from probe.config.configuration import Channel
from probe.judge import PeriodChoice, assess
from probe.judge.judging import Judge
from probe.model import EventKind, Finding, State
from probe.secrets import Secret
from probe.sla.assessment import Assessment, Claim, PeriodSpan, Verdict
from probe.sla.service import Service
from probe.store.events import note
from probe.store.outbox import Kind, Message
from probe.store.reader import Reader, open_reader
from probe.store.writer import Writer
from tests.cli.office import CONFIG, NOW, VANTAGE, Office, StandingClock, down, up

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
ALL = Channel(name="all", webhook=Secret(env="X"), secret=Secret(env="Y"))


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """A service with an objective of 99.9 %."""
    office = Office(tmp_path, capsys)
    office.write()
    return office


class Post:
    """A lookout with the record open for writing, looking at instants that the test names."""

    def __init__(self, office: Office, writer: Writer, config: Config) -> None:
        self.office, self.writer, self.config, self.clock = office, writer, config, StandingClock()
        self.lookout = Lookout(config, writer, self.clock)

    def look(self, later_ms: int = 0) -> list[Message]:
        self.clock.wall_ms = NOW + later_ms
        return self.lookout.look()


@contextmanager
def watching(office: Office, *channels: Channel) -> Iterator[Post]:
    config = replace(load(office.config), channels=channels or (ALL,))
    writer = Writer(config.storage.path, VANTAGE, StandingClock())
    writer.start()
    try:
        yield Post(office, writer, config)
    finally:
        writer.close()


def test_a_budget_that_burns_is_told_once_a_window(empty: Office) -> None:
    """Five minutes down in an hour: far beyond 14.4 times what 99.9 % allows."""
    empty.record({"shop-front": [*up(40), *down(5), *up(15)], "ref-a": up(60), "ref-b": up(60)})
    with watching(empty) as post:
        found = [one for one in post.look() if one.kind is Kind.BUDGET_BURN]
        assert sorted(str(one.document["about"]) for one in found) == ["1h", "6h"]
        assert {(one.service, one.key, one.channels) for one in found} == {("shop", "shop-front", ("all",))}
        assert next(one for one in found if one.document["about"] == "1h").document["target"] == "99.9 %"
        assert [one for one in post.look(1_000) if one.kind is Kind.BUDGET_BURN] == []
        assert Lookout(post.config, post.writer, post.clock).look() == [], "nor after a restart"


def test_a_verdict_is_told_when_it_changes(empty: Office) -> None:
    """Missed beyond doubt in the middle of the month, and not a second time."""
    empty.record({"shop-front": [*down(300)], "ref-a": up(300), "ref-b": up(300)})
    with watching(empty) as post:
        verdicts = [one for one in post.look() if one.kind is Kind.VERDICT]
        assert [(one.key, one.document["verdict"], one.document["before"]) for one in verdicts] == [
            ("shop-front", "missed", "undecided")
        ]
        assert [one for one in post.look(1_000) if one.kind is Kind.VERDICT] == []


def test_nobody_who_wants_it_is_nobody_told(empty: Office) -> None:
    """Channels for other things hear nothing, and nothing is entered."""
    empty.record({"shop-front": down(300), "ref-a": up(300), "ref-b": up(300)})
    with watching(empty, replace(ALL, events=("line_down",))) as post:
        assert post.look() == []


def test_a_claim_is_told_while_there_is_time(empty: Office) -> None:
    """Of a miss that can be claimed, by the days that are left; of nothing else."""
    empty.record({"shop-front": down(300), "ref-a": up(300), "ref-b": up(300)})
    with open_reader(empty.database) as reader:
        config = load(empty.config)
        one = next(
            one for one in assess(config, reader, PeriodChoice(text="2026-10"), NOW) if one.check == "shop-front"
        )
    missed = replace(one, verdict=Verdict.MISSED, claimable=True, claim=Claim("2026-10-07", None, ("a ticket",)))
    (found,) = _claimable(missed, NOW)
    assert (found.kind, found.service, found.document["deadline"]) == (Kind.CLAIM_DEADLINE, "shop", "2026-10-07")
    assert found.document["missing"] == ["a ticket"]
    assert [each.document["about"] for each in _claimable(missed, NOW + 6 * DAY_MS)] == ["2026-10 1"]
    for other in (
        replace(missed, verdict=Verdict.MET),
        replace(missed, claimable=False),
        replace(missed, claim=None),
        replace(missed, claim=Claim(None, None, ())),
        replace(missed, claim=Claim("2026-12-31", None, ())),
    ):
        assert list(_claimable(other, NOW)) == []


def certified(ends_ms: int) -> Finding:
    return Finding(state=State.UP, latency_us=1, facts={"certificate": {"not_after_ms": ends_ms}})


@pytest.mark.parametrize(("days", "told"), [(30, None), (20, "20"), (6, "6"), (0, "0"), (-3, "0")])
def test_a_certificate_near_its_end_is_told_once_for_each_mark(empty: Office, days: int, told: str | None) -> None:
    """Three weeks, one week, one day before."""
    empty.record({"shop-front": [certified(NOW + days * DAY_MS + HOUR_MS)] * 3, "ref-a": up(3), "ref-b": up(3)})
    with watching(empty) as post:
        found = [one for one in post.look() if one.kind is Kind.CERTIFICATE]
        assert [one.document["days"] for one in found] == ([] if told is None else [told])
        assert [one for one in post.look() if one.kind is Kind.CERTIFICATE] == []


def test_an_absence_of_the_agent_is_told_with_its_bounds(empty: Office) -> None:
    """Two minutes and more; whether it was stopped or killed; nothing for a quick restart or a first start."""
    empty.record({"shop-front": up(3)})
    config = replace(load(empty.config), channels=(ALL,))
    with open_reader(empty.database) as reader:
        last_ms = max(one.at_ms for one in reader.latest(VANTAGE).values())
        assert absence(config, reader, last_ms + 119_000) is None
        assert absence(replace(config, channels=()), reader, last_ms + HOUR_MS) is None
        gap = absence(config, reader, last_ms + HOUR_MS)
        assert gap is not None
        assert (gap.kind, gap.document["why"]) == (Kind.AGENT_GAP, "it ended without a word")
    with watching(empty) as post:
        post.writer.post(lambda c: note(c, VANTAGE, last_ms + 100, (EventKind.STOP, {}))).result()
        with open_reader(empty.database) as reader:
            gap = absence(config, reader, last_ms + HOUR_MS)
    assert gap is not None
    assert gap.document["why"] == "it was stopped"


def test_trouble_in_judging_is_one_line_and_it_goes_on(empty: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The lookout runs by itself, is asked to stop, and survives a record that cannot be read."""
    empty.record({"shop-front": up(3)})
    with watching(empty) as post:
        gone = replace(post.config.storage, path=empty.folder / "none.db")

        async def story() -> None:
            post.lookout.config = replace(post.config, storage=gone)
            await post.lookout.rounds.once()
            await post.lookout.rounds.once()
            post.lookout.config = post.config
            post.lookout.start()
            await post.lookout.stop()

        with caplog.at_level(logging.WARNING, "probe"):
            asyncio.run(story())
    assert [one.message for one in caplog.records] == ["figures are not watched"]


class BrokenClock(StandingClock):
    """A bug."""

    def read(self) -> Reading:
        raise ZeroDivisionError


def test_a_bug_in_judging_is_logged_once_and_ends_nothing(empty: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Probing is worth more than figures about it."""
    empty.record({"shop-front": up(3)})
    with watching(empty) as post:
        broken = Lookout(post.config, post.writer, BrokenClock())

        async def story() -> None:
            await broken.stop()
            await broken.rounds.once()
            await broken.rounds.once()

        asyncio.run(story())
    assert [one.message for one in caplog.records] == ["a bug: please report it"]


def test_many_services_take_turns_and_those_that_fail_now_come_first(empty: Office) -> None:
    """However little a round may cost, it judges some, and after a few rounds each; a failing one in every round."""
    names = [f"s{number:02}" for number in range(22)]
    services = "".join(f'[service.{name}]\nobjective = "99.9 %"\n' for name in names)
    checks = "".join(
        f'[[check]]\nname = "{name}"\nkind = "tcp"\ntarget = "192.0.2.1:25"\nservice = "{name}"\n' for name in names
    )
    empty.write(CONFIG.partition("[service")[0] + services, checks)
    empty.record({"s21": down(60)})
    with watching(empty) as post:
        lookout = Lookout(post.config, post.writer, post.clock, budget_s=0)
        rounds = [{name for name, _ in _judged(lookout, empty)} for _ in range(5)]
    assert all(len(one) in {5, 6} and "s21" in one for one in rounds)
    assert set().union(*rounds) == set(names)


class Notes(Judge):
    """A judge that only notes what it is asked."""

    def __init__(self, config: Config, reader: Reader, now_ms: int) -> None:
        super().__init__(config, reader, now_ms)
        self.asked: list[tuple[str, str]] = []

    def assess(self, service: Service, period: PeriodSpan) -> tuple[Assessment, ...]:
        self.asked.append((service.name, period.label))
        return ()


def _judged(lookout: Lookout, office: Office, now_ms: int = NOW) -> list[tuple[str, str]]:
    """Services and periods that one round asks about."""
    with open_reader(office.database) as reader:
        notes = Notes(lookout.config, reader, now_ms)
        assert list(lookout.of_services(notes, now_ms, reader.latest(VANTAGE))) == []
    return notes.asked


def test_a_full_period_is_judged_once_an_hour(empty: Office) -> None:
    """What is over changes seldom; what runs is judged each time."""
    empty.record({"shop-front": up(60)})
    with watching(empty) as post:
        asked = [
            label for minute in (0, 30, 60, 61) for _, label in _judged(post.lookout, empty, NOW + minute * 60_000)
        ]
    assert asked == ["2026-10", "2026-09", "2026-10", "2026-10", "2026-09", "2026-10"]
