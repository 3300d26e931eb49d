"""Whole outages and recoveries by a hand-turned clock: a slow target is no reason to miss a tick."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.grid import Slot
from probe.lanes import Ending
from probe.model import Check, Origin, Reason, State, Tick
from tests.builders import a_check
from tests.test_lanes import START_MS, Answer, Bench


class Story(NamedTuple):
    """One check and what its target does: how it is asked, how long answers take, when it is down."""

    check: Check
    offset_ms: int
    answers_ms: tuple[int, int]
    fails_ms: tuple[int, int]
    outages: tuple[tuple[int, int], ...]
    """From and until when it is down, ms after the start."""


def a_story(interval_ms: int, timeout_ms: int, recheck_ms: int, answer_ms: int, outage: tuple[int, int]) -> Story:
    """A target that always answers after the same time; one outage of timeouts."""
    check = a_check(interval_ms=interval_ms, timeout_ms=timeout_ms, recheck_ms=recheck_ms)
    return Story(check, 0, (answer_ms, answer_ms), (timeout_ms, timeout_ms), (outage,))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Any interval, a timeout of at most 0.8 of it, a recheck below it, and outages short and long."""
    interval_ms = draw(st.sampled_from([2_000, 2_500, 3_700, 5_000, 10_000, 15_000, 60_000, 300_000]))
    most_ms = min(interval_ms * 4 // 5, 60_000)
    timeout_ms = draw(st.integers(100, most_ms) | st.just(most_ms))
    recheck_ms = draw(st.integers(500, interval_ms - 1))
    times = st.integers(0, timeout_ms - 1) | st.integers(timeout_ms * 9 // 10, timeout_ms - 1)
    answers, fails = ((min(pair), max(pair)) for pair in draw(st.tuples(*[st.tuples(times, times)] * 2)))
    instants = draw(st.lists(st.integers(0, 30 * interval_ms), min_size=2, max_size=6, unique=True).map(sorted))
    outages = tuple(zip(instants[::2], instants[1::2], strict=False))
    if draw(st.booleans()):
        fails = timeout_ms, timeout_ms
    check = a_check(interval_ms=interval_ms, timeout_ms=timeout_ms, recheck_ms=recheck_ms)
    return Story(check, draw(st.integers(0, interval_ms - 1)), answers, fails, outages)


def answer_of(story: Story, seed: int) -> Answer:
    chance = Random(seed)

    def answer(_: str, at_ms: int) -> tuple[State, float]:
        is_down = any(start_ms <= at_ms < end_ms for start_ms, end_ms in story.outages)
        lasts_ms = chance.randint(*(story.fails_ms if is_down else story.answers_ms))
        return (State.DOWN if is_down else State.UP), lasts_ms / 1000

    return answer


def played(story: Story, seed: int = 0) -> list[Ending]:
    """Forty intervals with the dither of the real grid: the last outage is over long before their end."""
    bench = Bench([story.check], answer_of(story, seed))
    slot = Slot(story.check.interval_ms, story.offset_ms, START_MS)

    async def script() -> None:
        for number in range(1, 41):
            due_ms = slot.due_ms(number)
            await asyncio.sleep((due_ms - bench.clock.read().boot_ms) / 1000)
            bench.lanes.tick(Tick(story.check, due_ms, Origin.GRID))

    bench.run(script)
    return bench.ends


SLOW = a_story(5_000, 3_500, 2_000, 3_300, (20_000, 80_000))


@settings(max_examples=300, deadline=None)
@given(stories(), st.integers(0, 1 << 16))
@example(SLOW, 0)
@example(a_story(5_000, 4_000, 4_999, 3_999, (20_000, 80_000)), 0)
@example(a_story(2_000, 1_600, 500, 1_599, (7_000, 31_000)), 0)
def test_no_outage_and_no_recovery_makes_an_overrun_or_a_gap(story: Story, seed: int) -> None:
    """With a timeout of at most 0.8 of the interval and no stall, every tick gets its attempt, within g_max."""
    ends = played(story, seed)
    assert Reason.OVERRUN not in {end.finding.reason for end in ends}
    sends = [end.at_boot_ms for end in ends]
    assert all(0 < later - earlier <= story.check.g_max_ms for earlier, later in pairwise(sends))
    dues = [end.due_boot_ms for end in ends if end.due_boot_ms is not None]
    assert len(dues) == 40
    assert dues == sorted(set(dues))
    assert all(0 <= end.at_boot_ms - end.due_boot_ms < story.check.interval_ms for end in ends if end.due_boot_ms)


@pytest.mark.parametrize("phase_ms", range(0, 5_000, 250))
def test_a_slow_target_recovers_without_a_gap_whenever_it_does(phase_ms: int) -> None:
    """Answers in 3.3 s, every 5 s, rechecks of 2 s: the tick behind one that was served late waits for it."""
    ends = played(SLOW._replace(outages=((20_000, 80_000 + phase_ms),)))
    assert Reason.OVERRUN not in {end.finding.reason for end in ends}
    assert max(later.at_boot_ms - earlier.at_boot_ms for earlier, later in pairwise(ends)) <= 5_500


def test_a_predecessor_served_late_that_outlives_its_deadline_is_still_an_overrun() -> None:
    """Waiting ends with the deadline of the predecessor: what holds on for longer is a stall of ours."""
    check = a_check(interval_ms=5_000, timeout_ms=3_500, recheck_ms=2_000)
    held_ms = 11_600  # the tick due at 10 s, served behind the recheck that ended the outage

    def answer(_: str, at_ms: int) -> tuple[State, float]:
        if at_ms < 5_000:
            return State.DOWN, 3.5
        return State.UP, 12.0 if at_ms == held_ms else 3.3

    bench = Bench([check], answer)
    bench.run(lambda: bench.grid(60, 5_000))
    sent = [(at, end.finding.reason) for (at, _), end in zip(bench.sends(), bench.ends, strict=True)]
    assert sent[:7] == [
        (0, Reason.TIMEOUT),
        (5_000, None),
        (8_300, None),
        (held_ms, None),
        (15_000, Reason.OVERRUN),
        (20_000, Reason.OVERRUN),
        (25_000, None),
    ]
