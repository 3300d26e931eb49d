"""Appointments share timers, and each is kept once, on time, in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref

import pytest

from probe.wheel import STRETCH, running_wheel
from tests.clocks import HandClock, run_by_hand


def test_appointments_are_kept_at_their_time_and_in_order() -> None:
    """Never before: a deadline that strikes early would be a lie about the target."""
    clock = HandClock()
    kept: list[tuple[str, int]] = []

    async def work() -> None:
        began = clock.read().boot_ms
        wheel = running_wheel()

        def note(name: str) -> None:
            kept.append((name, clock.read().boot_ms - began))

        wheel.after(2.0, lambda: note("a"))
        await asyncio.sleep(0.5)
        wheel.after(2.0, lambda: note("b"))
        wheel.after(0.3, lambda: note("c"))
        assert len(wheel) == 2
        await asyncio.sleep(3)
        assert len(wheel) == 0

    run_by_hand(clock, work())
    assert kept == [("c", 800), ("a", 2000), ("b", 2500)]


def test_what_is_cancelled_is_not_called() -> None:
    """The usual case: the attempt has ended long before its deadline."""
    kept: list[int] = []

    async def work() -> None:
        wheel = running_wheel()
        made = [wheel.after(1.0, lambda number=number: kept.append(number)) for number in range(3)]  # type: ignore[misc]
        made[0].cancel()
        made[2].cancel()
        await asyncio.sleep(2)

    run_by_hand(HandClock(), work())
    assert kept == [1]


def test_an_appointment_may_make_another_of_the_same_length() -> None:
    """As a burst does with its packets: the queue's timer is set once, not twice."""
    kept: list[float] = []

    async def work() -> None:
        wheel, loop = running_wheel(), asyncio.get_running_loop()

        def again() -> None:
            kept.append(loop.time())
            if len(kept) < 3:
                wheel.after(1.0, again)

        wheel.after(1.0, again)
        await asyncio.sleep(10)

    run_by_hand(HandClock(), work())
    assert [round(kept[at] - kept[0]) for at in range(3)] == [0, 1, 2]


def test_many_at_once_leave_the_loop_its_turns() -> None:
    """Ten thousand losses of one instant must not hold up the rest."""
    turns: list[int] = []
    kept: list[int] = []

    async def work() -> None:
        wheel, loop = running_wheel(), asyncio.get_running_loop()
        for number in range(4 * STRETCH):
            wheel.after(1.0, lambda number=number: kept.append(number))  # type: ignore[misc]

        def look() -> None:
            turns.append(len(kept))
            if len(kept) < 4 * STRETCH:
                loop.call_soon(look)

        loop.call_later(1.0, look)
        await asyncio.sleep(2)

    run_by_hand(HandClock(), work())
    assert len(turns) >= 3
    assert kept == list(range(4 * STRETCH))


def test_one_that_breaks_does_not_take_the_others_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """A bug in one attempt is no end of the deadlines."""
    kept: list[int] = []

    async def work() -> None:
        wheel = running_wheel()
        wheel.after(1.0, lambda: kept.append(1 // 0))
        wheel.after(1.0, lambda: kept.append(1))
        await asyncio.sleep(2)

    with caplog.at_level(logging.ERROR):
        run_by_hand(HandClock(), work())
    assert kept == [1]
    assert [record.message for record in caplog.records] == ["an appointment failed"]


def test_a_wheel_belongs_to_its_loop_and_goes_with_it() -> None:
    """Appointments of a loop that has ended are nobody's."""

    async def work() -> weakref.ref[object]:
        running_wheel().after(60.0, lambda: None)
        return weakref.ref(asyncio.get_running_loop())

    loop = asyncio.run(work())
    gc.collect()
    assert loop() is None
