"""Lanes by a hand-turned clock: when each attempt of a check is sent, and that every due tick ends as one record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from probe.clock import Reading
from probe.lanes import Admission, Ending, Lane, Lanes, Limits, Rate, late_after_ms
from probe.model import Check, Finding, Origin, Reason, Rule, Sample, SpanClass, State, Tick
from probe.sla.classify import classify
from tests.builders import a_check
from tests.clocks import HandClock, run_by_hand

START_MS = 5_000_000
LIMITS = Limits(concurrency=512, in_flight=1_000, recheck_rate=200)
Answer = Callable[[str, int], tuple[State, float]]
"""Check and instant after the start, ms → how an attempt ends and after how many seconds."""


class Bench:
    """Lanes whose targets answer by a function of time."""

    def __init__(self, checks: list[Check], answer: Answer, limits: Limits = LIMITS) -> None:
        self.clock = HandClock()
        self.checks = {check.key: check for check in checks}
        self.answer = answer
        self.ends: list[Ending] = []
        self.most = 0
        self.lanes = Lanes(self.attempt, self.ends.append, self.clock, limits)

    async def attempt(self, check: Check) -> tuple[Reading, Finding]:
        reading = self.clock.read()
        self.most = max(self.most, len(self.lanes))
        state, seconds = self.answer(check.key, reading.boot_ms - START_MS)
        await asyncio.sleep(seconds)
        return reading, Finding(state=state, reason=Reason.TIMEOUT if state is State.DOWN else None)

    def run(self, script: Callable[[], Awaitable[None]]) -> None:
        async def work() -> None:
            self.lanes.set_checks(self.checks.values())
            await script()
            await self.lanes.drain()

        run_by_hand(self.clock, work())

    def tick(self, key: str) -> None:
        now_ms = self.clock.read().boot_ms
        self.lanes.tick(Tick(self.checks[key], now_ms, Origin.GRID))

    async def grid(self, seconds: int, interval_ms: int, keys: tuple[str, ...] = ("shop",)) -> None:
        """Plain grid ticks for so long."""
        for _ in range(seconds * 1000 // interval_ms):
            for key in keys:
                self.tick(key)
            await asyncio.sleep(interval_ms / 1000)

    def sends(self, key: str = "shop") -> list[tuple[int, Origin]]:
        return [(end.at_boot_ms - START_MS, end.origin) for end in self.ends if end.check.key == key]


def down_between(start_s: float, end_s: float, lasts_s: float = 0.0) -> Answer:
    def answer(_: str, at_ms: int) -> tuple[State, float]:
        is_down = start_s * 1000 <= at_ms < end_s * 1000
        return (State.DOWN, lasts_s) if is_down else (State.UP, 0.01)

    return answer


def test_a_refused_outage_is_rechecked_after_two_then_three_seconds_then_at_its_pace() -> None:
    """The times of availability.md §1: from the end of the failure, then from send to send, until two successes."""
    bench = Bench([a_check()], down_between(0, 21))
    bench.run(lambda: bench.grid(60, 60_000))
    assert bench.sends() == [
        (0, Origin.GRID),
        *((at, Origin.RECHECK) for at in (2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000)),
    ]


def test_a_timeout_outage_is_provable_at_five_seconds() -> None:
    """Timeout 3.5 s at 5 s with rechecks of 2 s: consecutive failures, none of them an overrun, all within g_max."""
    check = a_check(interval_ms=5_000, timeout_ms=3_500, recheck_ms=2_000)
    bench = Bench([check], down_between(60, 90, lasts_s=3.5))
    bench.run(lambda: bench.grid(150, 5_000))
    rule = Rule(check.g_max_ms, check.confirm)
    spans = classify([Sample(end.at_boot_ms - START_MS, end.finding.state, 1, rule) for end in bench.ends])
    down = [span for span in spans if span.cls is SpanClass.DOWN]
    assert len(down) == 1
    assert down[0].t0_ms == 60_000
    assert down[0].t1_ms >= 86_000
    assert down[0].max_spacing_ms <= 5_000
    assert not [span for span in spans if span.cls is SpanClass.UNKNOWN]
    assert Reason.OVERRUN not in [end.finding.reason for end in bench.ends]


def test_every_due_tick_is_exactly_one_record() -> None:
    """While rechecking, the first attempt at or after a due tick is that tick: no second attempt, no missing record."""
    check = a_check(interval_ms=5_000, timeout_ms=4_000, recheck_ms=2_000)
    bench = Bench([check], down_between(20, 80, lasts_s=4.0))
    bench.run(lambda: bench.grid(150, 5_000))
    dues = [end.due_boot_ms - START_MS for end in bench.ends if end.due_boot_ms is not None]
    assert dues == list(range(0, 150_000, 5_000))
    assert all((end.due_boot_ms is None) == (end.origin is Origin.RECHECK) for end in bench.ends)
    late = [end.at_boot_ms - end.due_boot_ms for end in bench.ends if end.due_boot_ms is not None]
    assert max(late) <= 4_000


def test_an_attempt_never_begins_before_its_predecessor_has_ended() -> None:
    """Two attempts at once would load a target that is already in trouble, and confuse send order."""
    check = a_check(interval_ms=5_000, timeout_ms=4_000, recheck_ms=1_000)
    bench = Bench([check], down_between(0, 60, lasts_s=4.0))
    bench.run(lambda: bench.grid(60, 5_000))
    sends = [at for at, _ in bench.sends()]
    assert all(b - a >= 4_000 for a, b in pairwise(sends))
    assert bench.most == 1


def test_the_pace_halves_every_ten_minutes_of_one_outage() -> None:
    """A target that is down for a day is not asked every five seconds all day; never slower than its interval."""
    bench = Bench([a_check(interval_ms=300_000, timeout_ms=5_000)], down_between(0, 7_200))
    bench.run(lambda: bench.grid(4_200, 300_000))
    sends = [at for at, origin in bench.sends() if origin is Origin.RECHECK]
    rechecks = {
        minute: sum(minute * 60_000 <= at < (minute + 5) * 60_000 for at in sends) for minute in (4, 14, 24, 60)
    }
    assert 57 <= rechecks[4] <= 61
    assert 28 <= rechecks[14] <= 31
    assert 13 <= rechecks[24] <= 16
    assert 4 <= rechecks[60] <= 6


def test_one_success_does_not_end_the_rechecking() -> None:
    """Two successes in a row, or a flapping target would escape."""
    bench = Bench([a_check()], lambda _, at: (State.DOWN if at in {0, 5_000} else State.UP, 0.0))
    bench.run(lambda: bench.grid(60, 60_000))
    assert [at for at, _ in bench.sends()] == [0, 2_000, 5_000, 10_000, 15_000]


def test_without_recheck_only_the_grid_is_probed() -> None:
    """`recheck` not below the interval means no rechecks."""
    bench = Bench([a_check(interval_ms=5_000, recheck_ms=None)], down_between(0, 100))
    bench.run(lambda: bench.grid(50, 5_000))
    assert [origin for _, origin in bench.sends()] == [Origin.GRID] * 10


def test_an_unknown_attempt_starts_no_rechecks() -> None:
    """What is our own fault is not asked again in haste."""
    bench = Bench([a_check()], lambda *_: (State.UNKNOWN, 0.0))
    bench.run(lambda: bench.grid(60, 60_000))
    assert bench.sends() == [(0, Origin.GRID)]


def test_a_late_start_is_an_overrun_and_no_attempt() -> None:
    """A tick that starts later than max(T/10, 0.5 s) is recorded as our fault, at its due time."""
    bench = Bench([a_check(interval_ms=5_000)], down_between(0, 0))

    async def script() -> None:
        due_ms = bench.clock.read().boot_ms
        bench.clock.advance(501)
        bench.lanes.tick(Tick(bench.checks["shop"], due_ms, Origin.GRID))

    bench.run(script)
    assert [(end.at_boot_ms - START_MS, end.finding.reason) for end in bench.ends] == [(0, Reason.OVERRUN)]
    assert bench.ends[0].finding.state is State.UNKNOWN
    assert late_after_ms(60_000) == 6_000


def test_a_tick_whose_predecessor_outlived_its_deadline_is_an_overrun_recorded_after_it() -> None:
    """Outcomes of one check reach the record in send order, the overrun behind the attempt that caused it."""
    bench = Bench([a_check(interval_ms=5_000, timeout_ms=4_000)], lambda _, at: (State.UP, 12.0 if at == 0 else 0.0))
    bench.run(lambda: bench.grid(20, 5_000))
    assert [(at, bench.ends[i].finding.reason) for i, (at, _) in enumerate(bench.sends())] == [
        (0, None),
        (5_000, Reason.OVERRUN),
        (10_000, Reason.OVERRUN),
        (15_000, None),
    ]


def test_a_tick_soon_after_one_out_of_turn_waits_for_it() -> None:
    """A reload sends a tick at once; the grid tick behind it is not its overrun."""
    bench = Bench([a_check(interval_ms=5_000, timeout_ms=4_000)], lambda *_: (State.UP, 3.0))

    async def script() -> None:
        bench.tick("shop")
        await asyncio.sleep(1)
        bench.tick("shop")
        await asyncio.sleep(8)

    bench.run(script)
    assert [at for at, _ in bench.sends()] == [0, 3_000]


def test_asking_is_one_attempt_out_of_turn_unless_one_runs() -> None:
    """The extra round of the references is shared: one in flight is answer enough."""
    bench = Bench([a_check()], lambda *_: (State.UP, 1.0))

    async def script() -> None:
        bench.lanes.ask(["shop", "nobody"])
        await asyncio.sleep(0.5)
        bench.lanes.ask(["shop"])
        await asyncio.sleep(5)

    bench.run(script)
    assert bench.sends() == [(0, Origin.RECHECK)]


def test_ten_thousand_failing_checks_do_not_delay_the_healthy() -> None:
    """The failing lane has its own limit; what is healthy starts within a second, and no recheck is an overrun."""
    failing = tuple(f"bad{i}" for i in range(10_000))
    healthy = tuple(f"good{i}" for i in range(20))
    checks = [a_check(key, interval_ms=60_000, timeout_ms=5_000) for key in failing + healthy]

    def answer(key: str, _: int) -> tuple[State, float]:
        return (State.DOWN, 5.0) if key.startswith("bad") else (State.UP, 0.001)

    bench = Bench(checks, answer, Limits(concurrency=512, in_flight=10_000, recheck_rate=200))

    async def script() -> None:
        for second in range(120):
            for key in failing[second % 60 :: 60]:
                bench.tick(key)
            for key in healthy[second % 20 :: 20]:
                bench.tick(key)
            await asyncio.sleep(1)

    bench.run(script)
    delays = [e.at_boot_ms - e.due_boot_ms for e in bench.ends if e.check.key[0] == "g" and e.due_boot_ms is not None]
    rechecks = [end for end in bench.ends if end.origin is Origin.RECHECK]
    assert len(delays) == 120
    assert max(delays) <= 1_000
    assert len(rechecks) <= 120 * 200 + 40
    assert len(rechecks) >= 60 * 200
    assert Reason.OVERRUN not in {end.finding.reason for end in bench.ends}


def test_concurrency_delays_and_a_delay_too_long_is_an_overrun() -> None:
    """Bounded work: the queue waits, and what waited too long says so."""
    keys = tuple(f"c{i}" for i in range(10))
    checks = [a_check(key, interval_ms=5_000) for key in keys]
    bench = Bench(checks, lambda *_: (State.UP, 4.0), Limits(concurrency=2, in_flight=100, recheck_rate=1))
    bench.run(lambda: bench.grid(5, 5_000, keys))
    sent = [end.at_boot_ms - START_MS for end in bench.ends if end.finding.reason is None]
    assert sorted(sent) == [0, 0, 250, 250, 500, 500]
    assert sum(end.finding.reason is Reason.OVERRUN for end in bench.ends) == 4


def test_descriptors_bound_what_is_in_flight() -> None:
    """Waiting sockets are bounded by half of the descriptor limit; the rest waits for one to end."""
    keys = tuple(f"c{i}" for i in range(5))
    checks = [a_check(key, interval_ms=60_000) for key in keys]
    bench = Bench(checks, lambda *_: (State.UP, 1.0), Limits(concurrency=100, in_flight=2, recheck_rate=1))
    bench.run(lambda: bench.grid(60, 60_000, keys))
    assert bench.most == 2
    assert sorted(end.at_boot_ms - START_MS for end in bench.ends) == [0, 0, 1_000, 1_000, 2_000]


def test_a_check_that_is_forgotten_leaves_no_outcome_and_no_task() -> None:
    """A reload must not record what it cancelled, and the queue moves on."""
    keys = ("a", "b", "c")
    checks = [a_check(key) for key in keys]
    bench = Bench(checks, lambda *_: (State.UP, 3.0), Limits(concurrency=9, in_flight=1, recheck_rate=1))

    async def script() -> None:
        for key in keys:
            bench.tick(key)
        await asyncio.sleep(1)
        assert (len(bench.lanes), bench.lanes.waiting()) == (1, 2)
        bench.lanes.set_checks(checks[1:])
        bench.tick("a")
        await asyncio.sleep(10)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    bench.run(script)
    assert [end.check.key for end in bench.ends] == ["b", "c"]


def test_abandoning_cancels_what_is_in_flight() -> None:
    """A second SIGTERM does not wait for deadlines; what was in flight is an honest gap."""
    bench = Bench([a_check()], lambda *_: (State.UP, 1_000.0))

    async def script() -> None:
        bench.tick("shop")
        await asyncio.sleep(1)
        await bench.lanes.abandon()

    bench.run(script)
    assert bench.ends == []
    assert bench.clock.read().boot_ms - START_MS < 2_000


def test_draining_waits_for_deadlines_and_sends_nothing_more() -> None:
    """Stop means: no tick, no recheck, and the answers that are on their way are recorded."""
    bench = Bench([a_check("a"), a_check("b")], lambda key, _: (State.DOWN, 3.0 if key == "a" else 0.0))

    async def script() -> None:
        bench.tick("a")
        bench.tick("b")
        await asyncio.sleep(1)
        assert bench.lanes.failing() == 1

    bench.run(script)
    bench.tick("a")
    assert [end.check.key for end in bench.ends] == ["b", "a"]
    assert bench.clock.read().boot_ms - START_MS == 3_000


def test_a_bug_in_an_attempt_is_unknown_and_the_lane_goes_on() -> None:
    """An unforeseen error is ours, and never the end of a check."""
    bench = Bench([a_check(interval_ms=5_000)], lambda *_: (State.UP, 0.0))
    answers = iter([ZeroDivisionError, None])

    async def attempt(check: Check) -> tuple[Reading, Finding]:
        if bug := next(answers):
            raise bug
        return await bench.attempt(check)

    bench.lanes._attempt = attempt
    bench.run(lambda: bench.grid(10, 5_000))
    assert [end.finding.reason for end in bench.ends] == [Reason.INTERNAL, None]


def test_rechecks_go_on_after_a_suspend() -> None:
    """Timers stand still while the machine sleeps; realigned, a recheck is not late by the night."""
    bench = Bench([a_check()], down_between(0, 1_000_000))

    async def script() -> None:
        bench.tick("shop")
        await asyncio.sleep(1)
        bench.clock.suspend(3_600_000)
        bench.lanes.realign()
        await asyncio.sleep(0.1)

    bench.run(script)
    assert [at for at, _ in bench.sends()] == [0, 3_601_000]


def test_a_superseded_tick_is_an_overrun() -> None:
    """Two ticks waiting for one attempt: the older has none of its own, and says so."""
    lane = Lane(a_check(interval_ms=5_000))
    assert lane.tick(1_000) == ()
    assert lane.tick(6_000) == (1_000,)
    assert lane.take(6_000).due_ms == 6_000


def test_two_sends_never_share_a_millisecond() -> None:
    """An instant of the record names one attempt."""
    lane = Lane(a_check(interval_ms=5_000))
    lane.tick(1_000)
    lane.take(1_000)
    lane.end(State.DOWN, 1_000)
    assert lane.skip(1_000) == 1_001
    lane.tick(1_001)
    assert lane.wants_ms() == 1_002


def test_limits_can_be_changed_while_running() -> None:
    """A reload may raise the bounds."""
    bench = Bench([a_check("a"), a_check("b")], lambda *_: (State.UP, 1.0), Limits(9, 1, 1))

    async def script() -> None:
        bench.lanes.set_limits(Limits(9, 2, 5))
        bench.tick("a")
        bench.tick("b")
        await asyncio.sleep(0.5)

    bench.run(script)
    assert bench.most == 2


@pytest.mark.parametrize(("rate", "span_ms", "most"), [(200, 1_000, 221), (1, 10_000, 11), (5, 2_000, 12)])
def test_a_rate_is_kept_over_any_span(rate: int, span_ms: int, most: int) -> None:
    """So many a second, and no more than a tenth of a second's worth at once."""
    limit, sent = Rate(rate), 0
    for now_ms in range(1_000_000, 1_000_000 + span_ms):
        while limit.free_ms(now_ms) <= now_ms:
            limit.take(now_ms)
            sent += 1
    assert rate * span_ms // 1_000 <= sent <= most


def test_old_attempts_only_wait() -> None:
    """An attempt is work for a quarter of a second; a thousand silent targets do not use up the concurrency."""
    admission = Admission(Limits(concurrency=1, in_flight=3, recheck_rate=1))
    admission.enter("a", 1_000)
    assert admission.free_ms(1_100) == 1_250
    assert admission.free_ms(1_250) == 1_250
    admission.enter("b", 1_250)
    assert admission.free_ms(1_600, is_recheck=True) is None
    assert admission.free_ms(1_600) == 1_600
    admission.enter("c", 1_600)
    assert admission.free_ms(9_999) is None
    admission.leave("c")
    assert len(admission) == 2
