"""Runs the attempts of all checks, each in its own lane, under the shared limits; hands every end to `record`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import NamedTuple

from probe.clock import Clock, Reading
from probe.lanes.lane import Lane, Order
from probe.lanes.limits import Admission, Limits, Rate
from probe.model import Check, Finding, Origin, Reason, State, Tick

Attempt = Callable[[Check], Awaitable[tuple[Reading, Finding]]]
"""Sends one attempt of a check under its deadline: the clocks at sending, and what was seen. Never raises."""

Stop = Callable[[], None]
"""Ends what was launched, without an outcome; harmless after its end."""

Launch = Callable[[Check, Callable[[Reading, Reading, Finding], None]], Stop | None]
"""The same without a task: the clocks at sending and at the end, and what was seen, are handed over later, once.

None for a check that needs a task."""


class Ending(NamedTuple):
    """What one attempt, or one tick that got none, ended as. Instants on the boottime clock."""

    check: Check
    origin: Origin
    at_boot_ms: int
    due_boot_ms: int | None
    finding: Finding


class Lanes:
    """All lanes of the agent. Ends of one check reach `record` in the order of their send times."""

    def __init__(
        self,
        attempt: Attempt,
        record: Callable[[Ending], None],
        clock: Clock,
        limits: Limits,
        launch: Launch = lambda check, land: None,
    ) -> None:
        """Nothing runs until a tick comes; all calls must be made on one running event loop."""
        self._launch = launch
        self._attempt, self._record, self._clock = attempt, record, clock
        self._admission, self._rate = Admission(limits), Rate(limits.recheck_rate)
        self._lanes: dict[str, Lane] = {}
        self._running: dict[str, Stop | asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._held: dict[str, list[int]] = {}
        self._due: dict[str, None] = {}
        self._rechecks: dict[str, None] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._pump_timer: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_closing = False

    def __len__(self) -> int:
        """Attempts in flight."""
        return len(self._running)

    def waiting(self) -> int:
        """Attempts that wait for their turn under the limits."""
        return len(self._due) + len(self._rechecks)

    def failing(self) -> int:
        """Checks that are rechecking."""
        return sum(lane.failing_since_ms is not None for lane in self._lanes.values())

    def set_checks(self, checks: Iterable[Check]) -> None:
        """From now on these; a running attempt of a check that went or changed is cancelled and leaves no outcome."""
        wanted = {check.key: check for check in checks}
        for key in [key for key, lane in self._lanes.items() if wanted.get(key) != lane.check]:
            self.forget(key)
        for key, check in wanted.items():
            if key not in self._lanes:
                self._lanes[key] = Lane(check)

    def forget(self, key: str) -> None:
        """Stop what this check is doing; a later tick of it is refused until `set_checks` names it again."""
        if self._lanes.pop(key, None) is None:
            return
        self._due.pop(key, None)
        self._rechecks.pop(key, None)
        self._held.pop(key, None)
        self._disarm(key)
        if running := self._running.pop(key, None):
            self._end(running)
            self._ended(key)
            self._pump()

    def _end(self, running: Stop | asyncio.Task[None]) -> None:
        if isinstance(running, asyncio.Task):
            running.cancel()
            self._leaving.add(running)
            running.add_done_callback(self._leaving.discard)
        else:
            running()

    def set_limits(self, limits: Limits) -> None:
        """From now on these limits."""
        self._admission.limits, self._rate = limits, Rate(limits.recheck_rate)

    def tick(self, tick: Tick) -> None:
        """A grid tick came due: it ends as exactly one record."""
        lane = self._lanes.get(tick.check.key)
        if lane is None or self._is_closing:
            return
        for due_ms in lane.tick(tick.due_boot_ms):
            self._overrun(lane, due_ms)
        now_ms = self._now_ms()
        if self._is_free_for(lane, now_ms):
            self._rechecks.pop(tick.check.key, None)
            self._send(lane, now_ms)
        else:
            self._arrange(lane, now_ms)
            self._pump()

    def _is_free_for(self, lane: Lane, now_ms: int) -> bool:
        """Whether its tick can be sent at once, in time and past nobody: the usual case, without a queue."""
        return not self._due and lane.is_due(now_ms) and self._admission.free_ms(now_ms) == now_ms

    def ask(self, keys: Iterable[str]) -> None:
        """One attempt of each of these out of turn, now; one in flight is answer enough."""
        now_ms = self._now_ms()
        for key in keys:
            if lane := self._lanes.get(key):
                lane.ask(now_ms)
                self._arrange(lane, now_ms)
        self._pump()

    def realign(self) -> None:
        """Arm all timers anew: after a suspend they would be late by its length."""
        now_ms = self._now_ms()
        for key in list(self._timers):
            self._arrange(self._lanes[key], now_ms)
        self._pump()

    async def drain(self) -> None:
        """Send nothing more and wait until what is in flight has ended, each by its own deadline."""
        self._is_closing = True
        for key in list(self._timers):
            self._disarm(key)
        self._due.clear()
        self._rechecks.clear()
        await self._idle.wait()
        await self._left()

    async def abandon(self) -> None:
        """Cancel what is in flight; it leaves no outcome."""
        self._is_closing = True
        for key in list(self._lanes):
            self.forget(key)
        await self._left()

    async def _left(self) -> None:
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def _now_ms(self) -> int:
        return self._clock.read().boot_ms

    def _arrange(self, lane: Lane, now_ms: int) -> None:
        key = lane.check.key
        self._disarm(key)
        at_ms = lane.wants_ms()
        if at_ms is None or self._is_closing:
            return
        wait_ms = at_ms - now_ms
        if wait_ms > 0:
            self._timers[key] = asyncio.get_running_loop().call_later(wait_ms / 1000, self._wake, key)
        elif lane.due_ms is None and lane.asked_ms is None:
            self._rechecks[key] = None
        else:
            self._rechecks.pop(key, None)
            self._due[key] = None

    def _disarm(self, key: str) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()

    def _wake(self, key: str) -> None:
        self._timers.pop(key, None)
        self._arrange(self._lanes[key], self._now_ms())
        self._pump()

    def _pump(self) -> None:
        """Send what may be sent; what is due on the grid goes before rechecks."""
        if not self._due and not self._rechecks:
            return
        now_ms = self._now_ms()
        later_ms = self._send_due(now_ms)
        if not self._due:
            later_ms = self._send_rechecks(now_ms)
        if self._pump_timer:
            self._pump_timer.cancel()
            self._pump_timer = None
        if later_ms is not None:
            wait_s = max(later_ms - now_ms, 1) / 1000
            self._pump_timer = asyncio.get_running_loop().call_later(wait_s, self._pump)

    def _send_due(self, now_ms: int) -> int | None:
        while self._due:
            free_ms = self._admission.free_ms(now_ms)
            if free_ms is None or free_ms > now_ms:
                return free_ms
            key = next(iter(self._due))
            del self._due[key]
            lane = self._lanes[key]
            lost = lane.late(now_ms)
            if lost is None:
                self._send(lane, now_ms)
            else:
                self._overrun(lane, lost)
                self._arrange(lane, now_ms)
        return None

    def _send_rechecks(self, now_ms: int) -> int | None:
        while self._rechecks:
            free_ms = self._admission.free_ms(now_ms, is_recheck=True)
            if free_ms is None:
                return None
            free_ms = max(free_ms, self._rate.free_ms(now_ms))
            if free_ms > now_ms:
                return free_ms
            key = next(iter(self._rechecks))
            del self._rechecks[key]
            self._rate.take(now_ms)
            self._send(self._lanes[key], now_ms)
        return None

    def _send(self, lane: Lane, now_ms: int) -> None:
        key = lane.check.key
        self._disarm(key)
        order = lane.take(now_ms)
        self._admission.enter(key, now_ms)
        self._idle.clear()
        self._running[key] = self._begin(lane, order)

    def _begin(self, lane: Lane, order: Order) -> Stop | asyncio.Task[None]:
        stop = self._launch(lane.check, partial(self._land, lane, order))
        return stop or asyncio.get_running_loop().create_task(self._run(lane, order), name=lane.check.key)

    async def _run(self, lane: Lane, order: Order) -> None:
        try:
            reading, finding = await self._attempt(lane.check)
        except Exception as bug:  # noqa: BLE001 - whatever happens, the lane goes on
            reading = self._clock.read()
            finding = Finding(state=State.UNKNOWN, reason=Reason.INTERNAL, detail=type(bug).__name__)
        self._land(lane, order, reading, self._clock.read(), finding)

    def _land(self, lane: Lane, order: Order, sent: Reading, ended: Reading, finding: Finding) -> None:
        """An attempt has ended; one of a check that is gone leaves nothing."""
        key = lane.check.key
        if self._lanes.get(key) is not lane:
            return
        del self._running[key]
        now_ms = ended.boot_ms
        lane.sent_ms = sent_ms = sent.boot_ms
        lane.end(finding.state, now_ms)
        try:
            self._record(Ending(lane.check, order.origin, sent_ms, order.due_ms, finding))
        finally:
            self._go_on(lane, now_ms)

    def _go_on(self, lane: Lane, now_ms: int) -> None:
        """Whatever became of the record of an attempt, its lane and its slot are free."""
        key = lane.check.key
        for due_ms in self._held.pop(key, ()):
            self._overrun(lane, due_ms)
        self._arrange(lane, now_ms)
        self._ended(key)
        self._pump()

    def _ended(self, key: str) -> None:
        self._admission.leave(key)
        if not self._running:
            self._idle.set()

    def _overrun(self, lane: Lane, due_ms: int) -> None:
        """A tick without an attempt is a record too; while its predecessor runs it waits for that one's record."""
        if lane.order is not None:
            self._held.setdefault(lane.check.key, []).append(due_ms)
            return
        at_ms = lane.skip(due_ms)
        detail = f"due {self._now_ms() - due_ms} ms ago"
        finding = Finding(state=State.UNKNOWN, reason=Reason.OVERRUN, detail=detail)
        self._record(Ending(lane.check, Origin.GRID, at_ms, due_ms, finding))
