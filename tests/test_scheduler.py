"""The scheduler on a hand-turned loop: hours of ticks, clock steps and stalls without waiting."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any

import apscheduler.schedulers.base
import pytest

from probe.clock import Reading
from probe.grid import Slot, dither_most_ms, dither_ms, offset_ms, slot_count
from probe.model import Check, Tick
from probe.scheduler import Scheduler
from tests.builders import a_check
from tests.clocks import HandClock, run_by_hand

HOUR_MS = 3_600_000


class Diary:
    """Every tick with the instant at which it was handed out."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.ticks: list[tuple[Tick, int]] = []

    def note(self, tick: Tick) -> None:
        self.ticks.append((tick, self.clock.read().boot_ms))

    def dues(self, key: str) -> list[int]:
        return [tick.due_boot_ms for tick, _ in self.ticks if tick.check.key == key]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    """A hand-turned clock that APScheduler, too, takes for the wall clock."""
    hand = HandClock()

    class HandTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> HandTime:
            return cls.fromtimestamp(hand.wall_ns / 1e9, tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", HandTime)
    return hand


def ticked(
    clock: HandClock, checks: list[Check], script: Callable[[Scheduler], Awaitable[None]], note: Any = None
) -> Diary:
    """Run `script` with a started scheduler; the diary of its ticks."""
    diary = Diary(clock)

    async def work() -> None:
        scheduler = Scheduler(note or diary.note, clock)
        scheduler.set_checks(checks)
        scheduler.start()
        await script(scheduler)
        scheduler.stop()
        await asyncio.sleep(0)

    run_by_hand(clock, work())
    return diary


def wait(seconds: float) -> Callable[[Scheduler], Awaitable[None]]:
    async def script(_: Scheduler) -> None:
        await asyncio.sleep(seconds)

    return script


def test_spacing_stays_within_a_tenth_of_the_interval_and_the_mean_is_the_interval(clock: HandClock) -> None:
    """Dither must not let two samples drift apart nor change how often the user asked for."""
    dues = ticked(clock, [a_check(interval_ms=60_000)], wait(24 * 3600)).dues("shop")[1:]
    spacings = [b - a for a, b in pairwise(dues)]
    assert 1438 <= len(dues) <= 1440
    assert min(spacings) >= 54_000
    assert max(spacings) <= 66_000
    assert len(set(spacings)) > 20
    assert abs((dues[-1] - dues[0]) / (len(dues) - 1) - 60_000) < 10


def test_ticks_start_when_they_are_due(clock: HandClock) -> None:
    """What the record calls due and what happened must agree to the millisecond on an idle machine."""
    checks = [a_check(f"c{i}", interval_ms=5_000) for i in range(200)]
    diary = ticked(clock, checks, wait(60))
    assert len(diary.ticks) >= 200 * 11
    assert max(at - tick.due_boot_ms for tick, at in diary.ticks) <= 1


def test_a_restart_keeps_the_grid(clock: HandClock) -> None:
    """A restart must not shift when a check is sampled."""
    checks = [a_check(f"c{i}", interval_ms=10_000) for i in range(40)]
    first, second = ticked(clock, checks, wait(300)), ticked(clock, checks, wait(300))
    for check in checks:
        offset = offset_ms(check.key, 10_000, slot_count(10_000, 40))
        for diary in (first, second):
            grid = [
                (due - 5_000_000 + 1_790_000_000_000 - offset + 5_000) % 10_000 - 5_000
                for due in diary.dues(check.key)[1:]
            ]
            assert all(abs(phase) <= 500 for phase in grid)


def test_dither_is_decided_beforehand(clock: HandClock) -> None:
    """The same tick of the same slot always has the same time, and a slot stays one batch."""
    diary = ticked(clock, [a_check(f"c{i}", interval_ms=20_000) for i in range(4)], wait(600))
    dues = {key: diary.dues(key)[1:] for key in ("c0", "c1", "c2", "c3")}
    assert dues["c0"] == dues["c1"] == dues["c2"] == dues["c3"]
    slot = Slot(20_000, 0, 0)
    assert [slot.due_ms(n) - 20_000 * n for n in range(50)] == [dither_ms(20_000, 0, n) for n in range(50)]


@pytest.mark.parametrize(("interval_ms", "most"), [(2_000, 100), (5_000, 200), (60_000, 3_000), (1_900, 0)])
def test_dither_is_in_whole_slots_of_at_most_a_twentieth(interval_ms: int, most: int) -> None:
    """The bound that spacing rests on."""
    seen = {dither_ms(interval_ms, 0, number) for number in range(3_000)}
    assert dither_most_ms(interval_ms) == most
    assert (min(seen), max(seen)) == (-most, most)
    assert all(value % 100 == 0 for value in seen)


@pytest.mark.parametrize(
    ("interval_ms", "checks", "slots"), [(60_000, 1, 1), (60_000, 10, 2), (60_000, 50_000, 600), (2_000, 9_999, 20)]
)
def test_few_checks_share_wide_slots(interval_ms: int, checks: int, slots: int) -> None:
    """Wake-ups cost more than probes at low rates."""
    assert slot_count(interval_ms, checks) == slots


@pytest.mark.parametrize("step_ms", [-HOUR_MS, HOUR_MS, 365 * 24 * HOUR_MS, -365 * 24 * HOUR_MS])
def test_a_step_of_the_wall_clock_changes_no_tick(clock: HandClock, step_ms: int) -> None:
    """APScheduler would stop for as long, or list every missed run; the schedule is boottime's."""

    async def script(_: Scheduler) -> None:
        await asyncio.sleep(30)
        clock.step_wall(step_ms)
        await asyncio.sleep(60)

    diary = ticked(clock, [a_check(f"c{i}", interval_ms=5_000) for i in range(30)], script)
    for key, count in Counter(tick.check.key for tick, _ in diary.ticks).items():
        spacings = [b - a for a, b in pairwise(diary.dues(key)[1:])]
        assert 17 <= count <= 20, key
        assert min(spacings) >= 4_500
        assert max(spacings) <= 5_500
    assert max(at - tick.due_boot_ms for tick, at in diary.ticks) <= 250


def test_a_clock_that_wakes_in_1970_and_is_set_later_does_no_harm(clock: HandClock) -> None:
    """A small machine without a battery boots like this."""
    clock.wall_ns = 10_000_000_000

    async def script(_: Scheduler) -> None:
        clock.step_wall(1_790_000_000_000)
        await asyncio.sleep(20)

    assert len(ticked(clock, [a_check(interval_ms=5_000)], script).ticks) >= 4


def test_a_suspend_is_followed_by_ticks_within_one_interval_and_no_burst(clock: HandClock) -> None:
    """Timers stand still while the machine sleeps; checks must not wait for the slept time again."""

    async def script(_: Scheduler) -> None:
        await asyncio.sleep(30)
        clock.suspend(8 * HOUR_MS)
        await asyncio.sleep(60)

    diary = ticked(clock, [a_check(interval_ms=60_000)], script)
    after = [at for _, at in diary.ticks if at > 5_000_000 + 30_000 + 8 * HOUR_MS]
    assert after
    assert after[0] - (5_000_000 + 30_000 + 8 * HOUR_MS) <= 66_000
    late = [tick for tick, at in diary.ticks if at - tick.due_boot_ms > 6_000]
    assert len(late) <= 10


def test_ticks_missed_in_a_stall_are_handed_on_with_their_own_due_times(clock: HandClock) -> None:
    """A tick that could not start is recorded, never silently dropped."""

    async def script(_: Scheduler) -> None:
        await asyncio.sleep(30)
        clock.advance(23_000)
        await asyncio.sleep(30)

    dues = ticked(clock, [a_check(interval_ms=5_000)], script).dues("shop")[1:]
    assert all(4_500 <= b - a <= 5_500 for a, b in pairwise(dues))


def test_new_and_changed_checks_tick_at_once_and_others_keep_their_grid(clock: HandClock) -> None:
    """A reload leaves as little unknown as can be."""
    kept, changed, gone = (a_check(name, interval_ms=60_000) for name in ("kept", "changed", "gone"))
    at: list[int] = []

    async def script(scheduler: Scheduler) -> None:
        await asyncio.sleep(7 * 60 + 13)
        at.append(clock.read().boot_ms)
        again = a_check("changed", interval_ms=60_000, revision="r2")
        scheduler.set_checks([kept, again, a_check("new", interval_ms=30_000)])
        await asyncio.sleep(300)

    diary = ticked(clock, [kept, changed, gone], script)
    assert max(diary.dues("gone")) < at[0]
    for key in ("changed", "new"):
        first = next(tick for tick, seen in diary.ticks if tick.check.key == key and seen >= at[0])
        assert first.due_boot_ms - at[0] <= 6_100
    assert all(54_000 <= b - a <= 66_000 for a, b in pairwise(diary.dues("kept")[1:]))


def test_a_resumed_check_ticks_at_once(clock: HandClock) -> None:
    """`probe resume` must show life at once."""

    async def script(scheduler: Scheduler) -> None:
        await asyncio.sleep(600)
        next_ms = scheduler.next_due_ms("shop")
        assert next_ms is not None
        await asyncio.sleep((next_ms - clock.read().boot_ms) / 1000 + 20)
        scheduler.prompt("shop")
        scheduler.prompt("nobody")
        await asyncio.sleep(1)

    diary = ticked(clock, [a_check(interval_ms=60_000)], script)
    assert clock.read().boot_ms - diary.dues("shop")[-1] < 1_100


def test_next_due_of_a_stranger_is_unknown(clock: HandClock) -> None:
    """Absence is None."""
    assert Scheduler(lambda _: None, clock).next_due_ms("shop") is None


def test_one_failing_tick_does_not_stop_the_others(clock: HandClock, caplog: pytest.LogCaptureFixture) -> None:
    """A bug behind one check must not end its slot's job (A5)."""
    seen: list[str] = []

    def note(tick: Tick) -> None:
        seen.append(tick.check.key)
        if tick.check.key == "bad":
            raise RuntimeError

    ticked(clock, [a_check("bad", interval_ms=5_000), a_check("good", interval_ms=5_000)], wait(60), note)
    assert seen.count("good") >= 12
    assert seen.count("bad") >= 12
    assert "a tick failed" in caplog.text


class SlowClock(HandClock):
    """On this machine, each look at the clock takes a while."""

    look_us = 0

    def read(self) -> Reading:
        self.advance_ns(self.look_us * 1000)
        return super().read()


def test_no_slot_is_forgotten_while_the_scheduler_starts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Hundreds of slots take a moment to set up; those that come due in it are opened late, and not a round later."""
    hand = SlowClock()

    class HandTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> HandTime:
            return cls.fromtimestamp(hand.wall_ns / 1e9, tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", HandTime)
    diary = Diary(hand)

    async def work() -> None:
        scheduler = Scheduler(diary.note, hand)
        scheduler.set_checks([a_check(f"c{i}", interval_ms=60_000) for i in range(1_500)])
        scheduler._prompts.clear()
        hand.look_us = 400
        scheduler.start()
        hand.look_us = 0
        await asyncio.sleep(70)
        scheduler.stop()

    run_by_hand(hand, work())
    assert len({tick.check.key for tick, _ in diary.ticks}) == 1_500
    assert max(at - tick.due_boot_ms for tick, at in diary.ticks) < 1_000
    assert "started anew" not in caplog.text


def test_a_scheduler_whose_timer_died_is_started_anew(clock: HandClock, caplog: pytest.LogCaptureFixture) -> None:
    """One exception in its job store and APScheduler never sets its timer again while `running` stays true (A4)."""

    async def script(scheduler: Scheduler) -> None:
        await asyncio.sleep(30)
        scheduler._jobs._stop_timer()
        await asyncio.sleep(60)

    diary = ticked(clock, [a_check(interval_ms=5_000)], script)
    assert len(diary.ticks) >= 16
    assert "started anew" in caplog.text


def test_a_checks_slot_goes_with_its_last_check_and_comes_with_its_first(clock: HandClock) -> None:
    """Adding and removing checks while running touches a list; ticks stop and begin with them."""
    at: list[int] = []

    async def script(scheduler: Scheduler) -> None:
        await asyncio.sleep(20)
        scheduler.set_checks([a_check("late", interval_ms=4_000)])
        at.append(clock.read().boot_ms)
        await asyncio.sleep(20)
        assert list(scheduler._slot_of) == ["late"]
        assert len(scheduler._slots) == 1

    diary = ticked(clock, [a_check("early", interval_ms=5_000)], script)
    assert max(diary.dues("early")) <= at[0] <= min(diary.dues("late"))
    assert len(diary.dues("late")) >= 4


def test_checks_may_be_set_before_the_start_and_again(clock: HandClock) -> None:
    """A configuration that changes before anything runs is simply the newer one."""
    scheduler = Scheduler(lambda _: None, clock)
    scheduler.set_checks([a_check("a"), a_check("b", interval_ms=5_000)])
    scheduler.set_checks([a_check("b", interval_ms=4_000)])
    scheduler.stop()
    assert scheduler.next_due_ms("a") is None
    assert scheduler.next_due_ms("b") is not None
