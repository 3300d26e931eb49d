"""Every end of an attempt is one finding, and no fault of ours is an outage of theirs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from probe.clock import SystemClock
from probe.model import Check, Finding, Reason, State
from probe.runner import Attempted, attempt
from probe.trail import Trail, current
from tests.builders import a_check
from tests.clocks import HandClock

UP = Finding(state=State.UP, latency_us=5)


class Scripted:
    """A prober that does what the test says."""

    def __init__(self, work: Callable[[Trail], Awaitable[Finding]]) -> None:
        self.work = work

    async def probe(self, check: Check) -> Finding:
        del check
        return await self.work(current())


def run(work: Callable[[Trail], Awaitable[Finding]], clock: Any = None, **keys: Any) -> Attempted:
    return asyncio.run(attempt(a_check(**keys), Scripted(work), clock or SystemClock()))


def test_a_finding_passes_unchanged_between_two_readings() -> None:
    """The sample lies at the send time, which is read before anything is sent."""
    clock = HandClock()

    async def work(trail: Trail) -> Finding:
        del trail
        clock.advance(7)
        return UP

    attempted = run(work, clock)
    assert attempted.finding is UP
    assert attempted.ended.boot_ms - attempted.sent.boot_ms == 7


def test_the_deadline_is_a_timeout_that_names_its_phase() -> None:
    """The target did not answer in time: theirs, with what was seen until then."""

    async def work(trail: Trail) -> Finding:
        trail.address = "192.0.2.7:443"
        with trail.during("connect"):
            pass
        with trail.during("tls"):
            await asyncio.Event().wait()
        return UP

    finding = run(work, timeout_ms=30).finding
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)
    assert finding.detail == "timeout in tls after 30 ms"
    assert finding.address == "192.0.2.7:443"
    assert list(finding.phases_us) == ["connect"]


def test_the_deadline_outside_a_phase_is_a_timeout_too() -> None:
    """A prober without phases is not spared the deadline."""

    async def work(trail: Trail) -> Finding:
        del trail
        await asyncio.Event().wait()
        return UP

    assert run(work, timeout_ms=20).finding.detail == "timeout before an answer after 20 ms"


def test_time_lost_in_our_resolver_is_ours() -> None:
    """A name server of ours that stays silent is no outage of the target."""

    async def work(trail: Trail) -> Finding:
        with trail.during("dns"):
            await asyncio.Event().wait()
        return UP

    finding = run(work, timeout_ms=20).finding
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.RESOLVER_UNREACHABLE)


def test_a_deadline_noticed_late_is_a_stall() -> None:
    """An agent that was frozen cannot say that the target was slow."""
    clock = HandClock()

    async def work(trail: Trail) -> Finding:
        del trail
        clock.advance(7_000)
        await asyncio.Event().wait()
        return UP

    finding = run(work, clock, timeout_ms=20, interval_ms=60_000).finding
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.STALL)


def held_up_and_answered(hold_s: float, *, is_answered: bool) -> Finding:
    """The loop is held up over the deadline; the answer, if any, comes while it is."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)

        def hold() -> None:
            if is_answered:
                theirs.send(b"x")
            time.sleep(hold_s)

        async def work(trail: Trail) -> Finding:
            del trail
            loop = asyncio.get_running_loop()
            loop.call_soon(hold)
            await loop.sock_recv(ours, 1)
            await asyncio.sleep(0)  # an answer may take several turns of the loop
            return UP

        return run(work, timeout_ms=20, interval_ms=60_000).finding


def test_an_answer_in_time_wins_over_a_deadline_that_the_loop_noticed_late() -> None:
    """What lay unread at the deadline is read first: our own hold-up is no outage of theirs."""
    finding = held_up_and_answered(0.06, is_answered=True)
    assert finding.reason in {None, Reason.STALL}, finding.detail
    assert finding.state is not State.DOWN


def test_no_answer_by_a_deadline_that_the_loop_noticed_late_is_a_timeout() -> None:
    """A busy loop does not excuse a target that was silent all the time."""
    finding = held_up_and_answered(0.06, is_answered=False)
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)


def test_time_lost_in_our_expression_is_ours() -> None:
    """A careless regular expression is no outage of the target."""

    async def work(trail: Trail) -> Finding:
        trail.phase = "expression"
        await asyncio.Event().wait()
        return UP

    finding = run(work, timeout_ms=20).finding
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.EXPRESSION)


@pytest.mark.parametrize(("late_ms", "reason"), [(100, None), (101, Reason.STALL)])
def test_what_comes_late_is_never_up(late_ms: int, reason: Reason | None) -> None:
    """A loop that did not come to its own deadline cannot say what the target did by then."""
    clock = HandClock()

    async def work(trail: Trail) -> Finding:
        trail.facts["status"] = 200
        clock.advance(trail.timeout_ms + late_ms)
        return UP

    finding = run(work, clock, timeout_ms=2000).finding
    assert (finding.state, finding.reason) == (State.UP if reason is None else State.UNKNOWN, reason)
    assert finding.latency_us == (5 if reason is None else None)
    assert finding.facts == ({} if reason is None else {"status": 200})


def test_what_is_down_stays_down_however_late() -> None:
    """Lateness takes the good news away, not the evidence of the bad."""
    clock = HandClock()

    async def work(trail: Trail) -> Finding:
        clock.advance(trail.timeout_ms + 5000)
        return Finding(state=State.DOWN, reason=Reason.STATUS)

    assert run(work, clock, timeout_ms=2000).finding.reason is Reason.STATUS


def test_a_finding_after_the_deadline_struck_is_a_timeout() -> None:
    """Even when a prober goes on where it was to stop."""

    async def work(trail: Trail) -> Finding:
        del trail
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return UP

    finding = run(work, timeout_ms=20).finding
    assert (finding.state, finding.reason) == (State.DOWN, Reason.TIMEOUT)


def test_a_bug_is_unknown_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """A bug of ours must not read as an outage of theirs, nor fill the disk."""

    async def work(trail: Trail) -> Finding:
        raise ZeroDivisionError(trail.timeout_ms)

    with caplog.at_level(logging.ERROR):
        findings = [run(work).finding for _ in range(3)]
    assert {(finding.state, finding.reason) for finding in findings} == {(State.UNKNOWN, Reason.INTERNAL)}
    assert "ZeroDivisionError" in findings[0].detail
    assert [record.message for record in caplog.records] == ["prober broke"]


def test_a_timeout_error_of_the_prober_is_a_bug() -> None:
    """Only the runner's own deadline may blame the target."""

    async def work(trail: Trail) -> Finding:
        del trail
        raise TimeoutError

    assert run(work).finding.reason is Reason.INTERNAL


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda clock: clock.suspend(101), Reason.SUSPEND),
        (lambda clock: clock.step_wall(501), Reason.CLOCK_STEP),
        (lambda clock: clock.step_wall(-3_600_000), Reason.CLOCK_STEP),
        (lambda clock: clock.suspend(100), None),
        (lambda clock: clock.step_wall(500), None),
        (lambda clock: clock.step_wall(-500), None),
    ],
    ids=["suspend", "step forward", "step back", "short sleep", "small step", "small step back"],
)
def test_an_attempt_under_a_moving_clock_is_unknown(
    happens: Callable[[HandClock], None], reason: Reason | None
) -> None:
    """What was in flight at a step or a suspend says nothing, even when it looks up."""
    clock = HandClock()

    async def work(trail: Trail) -> Finding:
        del trail
        clock.advance(20)
        happens(clock)
        return UP

    finding = run(work, clock).finding
    assert finding.reason is reason
    assert finding.state is (State.UP if reason is None else State.UNKNOWN)
    assert finding.latency_us == (5 if reason is None else None)


def test_cancellation_passes_through() -> None:
    """A reload or a stop makes no outcome."""

    async def main() -> None:
        async def work(trail: Trail) -> Finding:
            del trail
            await asyncio.Event().wait()
            return UP

        attempting = asyncio.create_task(attempt(a_check(), Scripted(work), SystemClock()))
        await asyncio.sleep(0)
        attempting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempting

    asyncio.run(main())


def test_a_phase_entered_again_adds_up() -> None:
    """Over redirects the phases are sums, so that they still make up the whole."""
    clock = HandClock()
    trail = Trail(clock, 1000)
    for took_ms in (3, 4):
        with trail.during("connect"):
            clock.advance(took_ms)
    assert trail.phases_us == {"connect": 7_000}
    assert trail.phase is None


def test_the_time_left_is_never_negative() -> None:
    """A share of the deadline that has passed is 0, not a time-out in the past."""
    clock = HandClock()
    trail = Trail(clock, 1000)
    clock.advance(400)
    assert trail.left_s() == pytest.approx(0.6)
    assert trail.left_s(0.5) == pytest.approx(0.1)
    clock.advance(400)
    assert trail.left_s(0.5) == 0
