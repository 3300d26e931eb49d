"""An attempt without a task is held to what one with a task is held to."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import Callable
from typing import Any

import pytest

from probe.clock import Reading
from probe.lanes import Ending, Lanes, Limits
from probe.model import Check, Finding, Origin, Reason, State, Tick
from probe.runner import Land, Stop, launch
from probe.trail import Trail
from tests.builders import a_check
from tests.clocks import HandClock, run_by_hand

UP = Finding(state=State.UP, latency_us=5)
Script = Callable[[Trail, Land], object]


class Scripted:
    """A prober that begins as the test says."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.stopped = 0

    def launch(self, check: Check, trail: Trail, land: Land) -> Stop | None:
        del check
        self.script(trail, land)

        def stop() -> None:
            self.stopped += 1

        return stop


def fly(script: Script, seconds: float = 30.0, clock: HandClock | None = None) -> tuple[list[Finding], int]:
    """What is handed over, and how often the prober was stopped."""
    hand, landed = clock or HandClock(), list[Finding]()
    prober = Scripted(script)

    async def work() -> None:
        assert launch(a_check(timeout_ms=2000), prober, hand, lambda _, __, finding: landed.append(finding))
        await asyncio.sleep(seconds)

    run_by_hand(hand, work())
    return landed, prober.stopped


def later(seconds: float, land: Land, finding: Finding = UP) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, land, lambda: finding)


def test_what_is_found_is_handed_over_once() -> None:
    """However often a prober calls back."""

    def script(_: Trail, land: Land) -> None:
        later(0.5, land)
        later(0.6, land)

    assert fly(script) == ([UP], 0)


def test_the_deadline_stops_it_and_names_the_phase() -> None:
    """The target did not answer in time; what comes after that is not heard."""

    def script(trail: Trail, land: Land) -> None:
        trail.phase = "query"
        later(2.5, land)

    [finding], stopped = fly(script)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert finding.detail == "timeout in query after 2000 ms"
    assert stopped == 1


def test_good_news_that_come_late_are_a_stall() -> None:
    """A loop that was held up over the deadline cannot say what the target did by then."""
    clock = HandClock()

    def hold(land: Land) -> None:
        clock.advance(2_200)
        land(lambda: UP)

    [finding], _ = fly(lambda _, land: asyncio.get_running_loop().call_later(0.1, hold, land), clock=clock)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.STALL)


@pytest.mark.parametrize(("happens", "reason"), [("suspend", Reason.SUSPEND), ("step_wall", Reason.CLOCK_STEP)])
def test_under_a_moving_clock_it_is_unknown(happens: str, reason: Reason) -> None:
    """As with a task."""
    clock = HandClock()

    def script(_: Trail, land: Land) -> None:
        getattr(clock, happens)(700)
        later(0.1, land)

    assert [finding.reason for finding in fly(script, clock=clock)[0]] == [reason]


def test_a_bug_is_unknown_wherever_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """In the beginning, or when the finding is made."""

    def broken() -> Finding:
        raise ZeroDivisionError

    def at_once(_: Trail, __: Land) -> None:
        broken()

    with caplog.at_level(logging.ERROR):
        found = [
            fly(at_once)[0],
            fly(lambda _, land: asyncio.get_running_loop().call_soon(land, broken))[0],
        ]
    assert [[finding.reason for finding in each] for each in found] == [[Reason.INTERNAL], [Reason.INTERNAL]]


def test_no_descriptor_left_is_no_bug() -> None:
    """An attempt may have to open a file of ours, that of a module for example."""

    def script(_: Trail, land: Land) -> None:
        def broken() -> Finding:
            raise OSError(errno.EMFILE, "Too many open files")

        asyncio.get_running_loop().call_soon(land, broken)

    [finding], _ = fly(script)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.FD_LIMIT)
    assert finding.detail == "EMFILE: Too many open files"


def test_a_record_that_breaks_leaves_the_lane_free(caplog: pytest.LogCaptureFixture) -> None:
    """The next tick is sent, and what is in flight is not waited for in vain."""
    course = Course()

    def broken(ending: Ending) -> None:
        course.ends.append(ending)
        raise ZeroDivisionError

    limits = Limits(concurrency=1, in_flight=1, recheck_rate=9)
    course.lanes = Lanes(course.attempt, broken, course.clock, limits, course.launch_logged)
    course.lanes.set_checks([course.check])

    async def work() -> None:
        for _ in range(2):
            course.tick()
            await asyncio.sleep(60)
        await course.lanes.drain()

    with caplog.at_level(logging.ERROR):
        run_by_hand(course.clock, work())
    assert [end.origin for end in course.ends] == [Origin.GRID, Origin.GRID]


def test_a_record_that_breaks_does_not_harm_the_one_who_called(caplog: pytest.LogCaptureFixture) -> None:
    """A prober hands out the answers of many checks in one turn."""
    clock = HandClock()

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    async def work() -> None:
        prober = Scripted(lambda _, land: later(0.1, land))
        launch(a_check(), prober, clock, broken)
        await asyncio.sleep(1)

    with caplog.at_level(logging.ERROR):
        run_by_hand(clock, work())
    assert [record.message for record in caplog.records] == ["an ending failed"]


class Course:
    """Lanes over a launch that the test scripts."""

    def __init__(self, *, needs_task: bool = False) -> None:
        self.clock, self.check = HandClock(), a_check()
        self.ends: list[Ending] = []
        self.stopped = self.tasks = 0
        self.needs_task = needs_task
        limits = Limits(concurrency=9, in_flight=9, recheck_rate=9)
        self.lanes = Lanes(self.attempt, self.ends.append, self.clock, limits, self.launch)
        self.lanes.set_checks([self.check])

    async def attempt(self, check: Check) -> tuple[Reading, Finding]:
        del check
        self.tasks += 1
        return self.clock.read(), UP

    def launch(self, check: Check, land: Callable[[Reading, Reading, Finding], None]) -> Stop | None:
        del check
        if self.needs_task:
            return None
        sent = self.clock.read()
        handle = asyncio.get_running_loop().call_later(1, lambda: land(sent, self.clock.read(), UP))

        def stop() -> None:
            self.stopped += 1
            handle.cancel()

        return stop

    def launch_logged(self, check: Check, land: Callable[[Reading, Reading, Finding], None]) -> Stop | None:
        """As the runner does, which keeps from the prober what breaks behind it."""

        def land_quietly(*found: Any) -> None:
            with contextlib.suppress(ZeroDivisionError):
                land(*found)

        return self.launch(check, land_quietly)

    def tick(self) -> None:
        self.lanes.tick(Tick(self.check, self.clock.read().boot_ms, Origin.GRID))


@pytest.mark.parametrize("needs_task", [False, True])
def test_a_lane_takes_the_way_without_a_task_where_there_is_one(needs_task: bool) -> None:
    """And the outcome is the same."""
    course = Course(needs_task=needs_task)

    async def work() -> None:
        course.tick()
        assert len(course.lanes) == 1
        await course.lanes.drain()

    run_by_hand(course.clock, work())
    assert [(end.origin, end.finding) for end in course.ends] == [(Origin.GRID, UP)]
    assert course.tasks == needs_task


def test_a_check_that_is_forgotten_is_stopped() -> None:
    """It leaves no outcome, and draining does not wait for it."""
    course = Course()

    async def work() -> None:
        course.tick()
        course.lanes.forget(course.check.key)
        await course.lanes.drain()
        await asyncio.sleep(5)

    run_by_hand(course.clock, work())
    assert (course.ends, course.stopped, len(course.lanes)) == ([], 1, 0)


def held(interval_ms: int, answers_after_s: float | None) -> Finding:
    """What is found where the loop stands still for most of the time, and the target answers some time after that."""
    clock, landed = HandClock(), list[Finding]()

    async def work() -> None:
        def script(_: Trail, land: Land) -> None:
            def hold() -> None:
                clock.advance(1_900)
                if answers_after_s is not None:
                    later(answers_after_s, land)

            asyncio.get_running_loop().call_soon(hold)

        check = a_check(timeout_ms=2000, interval_ms=interval_ms)
        launch(check, Scripted(script), clock, lambda _, __, finding: landed.append(finding))
        await asyncio.sleep(30)

    run_by_hand(clock, work())
    [finding] = landed
    return finding


def test_a_target_has_its_time_where_the_loop_stood_still() -> None:
    """It answers within its timeout of being asked; that we asked late is not its fault."""
    finding = held(60_000, answers_after_s=1.5)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.STALL)


def test_a_target_that_stays_silent_is_down_also_where_the_loop_stood_still() -> None:
    """It had all of its time; only later."""
    finding = held(60_000, answers_after_s=None)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)


def test_what_a_target_cannot_be_given_back_is_our_stall() -> None:
    """The next attempt is due; whether the target would have answered nobody knows."""
    finding = held(3_000, answers_after_s=None)
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.STALL)
    assert "stood still" in finding.detail


def test_an_end_that_breaks_leaves_an_outcome_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    """A tick without one would hold up its check for ever."""
    landed: list[Finding] = []

    class Broken(Scripted):
        def launch(self, check: Check, trail: Trail, land: Land) -> Stop | None:
            super().launch(check, trail, land)

            def stop() -> None:
                raise ZeroDivisionError

            return stop

    async def work() -> None:
        launch(a_check(), Broken(lambda *_: None), clock, lambda _, __, finding: landed.append(finding))
        await asyncio.sleep(30)

    clock = HandClock()
    with caplog.at_level(logging.ERROR):
        run_by_hand(clock, work())
    assert [finding.reason for finding in landed] == [Reason.TIMEOUT]
    assert "prober broke" in [record.message for record in caplog.records]
