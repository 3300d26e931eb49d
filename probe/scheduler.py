"""When: one APScheduler job per (interval, slot), and the watchdog that keeps it ticking whatever the clocks do.

The only file that knows APScheduler 3.11, which thinks in wall time: it stops for an hour when the clock
goes back an hour, and lists every missed run when it goes forward (reference A1, A2). So a job only opens
the next tick of its slot, a moment ahead; when the tick starts is decided on boottime, and every fire time
is reckoned from boottime anew. Due instants are milliseconds on the boottime clock.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from probe.clock import Clock
from probe.grid import Slot, offset_ms, slot_count
from probe.model import Check, Origin, Tick

log = logging.getLogger(__name__)

EARLY_MS: Final = 50
WATCH_S: Final = 1.0
STEP_MS: Final = 200
"""A change of wall − boottime, or of boottime − monotonic, beyond this has the jobs anchored anew."""

DEAF_MS: Final = 1_500
"""A slot that should have been opened so long ago was forgotten by APScheduler."""

AGAIN: Final = timedelta(milliseconds=20)
"""When a slot is opened that should have been opened already."""

MISSED_MOST: Final = 10
"""Ticks of a slot missed in a row that are still recorded one by one; for the rest the event of the stall speaks."""

PROMPT_S: Final = 0.005
"""Distance of the ticks out of turn that new and changed checks get."""


class _Row(Slot):
    """A slot at work: its job, and the timer of its next tick once that is opened."""

    __slots__ = ("handle", "job")

    def __init__(self, interval_ms: int, offset: int, anchor_ms: int) -> None:
        super().__init__(interval_ms, offset, anchor_ms)
        self.handle: asyncio.TimerHandle | None = None
        self.job: Any = None

    def close(self) -> None:
        """Forget the timer."""
        if self.handle is not None:
            self.handle.cancel()
            self.handle = None


class _OpeningTimes(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Fire times of one slot's job: the next opening by boottime, told in wall time. Never two at once, never late."""

    def __init__(self, slot: _Row, clock: Clock) -> None:
        self._slot, self._clock = slot, clock

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """After `now`, whatever was missed: a list of missed runs is never asked for."""
        boot_ms = self._clock.read().boot_ms
        number = self._slot.first_open_after(boot_ms + EARLY_MS)
        if self._slot.handle is None and self._slot.number < number:
            return now + AGAIN  # its opening has passed by between two looks at the clock
        return now + timedelta(milliseconds=self._slot.open_ms(number) - boot_ms)


class Scheduler:
    """Calls `on_tick` for every due grid tick of every check. It decides when, and nothing else."""

    def __init__(self, on_tick: Callable[[Tick], None], clock: Clock) -> None:
        """Nothing ticks before `start`."""
        self._on_tick, self._clock = on_tick, clock
        reading = clock.read()
        self._anchor_ms = reading.boot_ms - reading.wall_ms
        self._offsets = self._clock_offsets()
        self._slots: dict[tuple[int, int], _Row] = {}
        self._slot_of: dict[str, _Row] = {}
        self._counts: dict[int, int] = {}
        self._prompts: deque[tuple[str, int]] = deque()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._jobs: Any = None
        self._was_deaf = False
        self.lag_ms = 0
        """The greatest lateness of a tick so far; set it to 0 to begin anew."""

    def start(self) -> None:
        """Begin to tick on the running loop."""
        self._jobs = self._new_jobs()
        self._watch()
        self._prompt()

    def stop(self) -> None:
        """No tick after this."""
        jobs, self._jobs = self._jobs, None
        for timer in self._timers.values():
            timer.cancel()
        for slot in self._slots.values():
            slot.close()
        if jobs is not None:
            jobs.shutdown(wait=False)

    def set_checks(self, checks: Iterable[Check]) -> None:
        """From now on these: new and changed ones get a tick at once, the others keep their grid."""
        wanted = {check.key: check for check in checks}
        if self._jobs is not None:
            self._jobs.pause()
        for key in [key for key in self._slot_of if key not in wanted]:
            self._leave(key)
        self._count_slots(wanted.values())
        for key, check in wanted.items():
            slot = self._slot_of.get(key)
            if slot is None or slot.checks[key] != check:
                self._leave(key)
                self._join(check)
                self._prompts.append((key, self._now_ms()))
        if self._jobs is not None:
            self._jobs.resume()
            self._prompt()

    def prompt(self, key: str) -> None:
        """A tick out of turn for this check, now."""
        self._prompts.append((key, self._now_ms()))
        self._prompt()

    def next_due_ms(self, key: str) -> int | None:
        """When this check ticks next."""
        slot = self._slot_of.get(key)
        return None if slot is None else slot.due_ms(slot.first_due_after(self._now_ms()))

    def _now_ms(self) -> int:
        return self._clock.read().boot_ms

    def _count_slots(self, checks: Iterable[Check]) -> None:
        """Decide how many slots each interval has; one that is in use keeps its number, and so its grid."""
        sizes: dict[int, int] = {}
        for check in checks:
            sizes[check.interval_ms] = sizes.get(check.interval_ms, 0) + 1
        used = {interval_ms for interval_ms, _ in self._slots}
        for interval_ms, size in sizes.items():
            if interval_ms not in used:
                self._counts[interval_ms] = slot_count(interval_ms, size)

    def _join(self, check: Check) -> None:
        place = (check.interval_ms, offset_ms(check.key, check.interval_ms, self._counts[check.interval_ms]))
        slot = self._slots.get(place)
        if slot is None:
            slot = self._slots[place] = _Row(*place, self._anchor_ms)
            slot.number = slot.first_due_after(self._now_ms())
            if self._jobs is not None:
                self._employ(self._jobs, slot)
        slot.checks[check.key] = check
        self._slot_of[check.key] = slot

    def _leave(self, key: str) -> None:
        slot = self._slot_of.pop(key, None)
        if slot is None:
            return
        del slot.checks[key]
        if not slot.checks:
            slot.close()
            del self._slots[slot.interval_ms, slot.offset]
            if slot.job is not None:
                slot.job.remove()

    def _new_jobs(self) -> Any:
        jobs = AsyncIOScheduler(timezone=UTC, executors={"default": DebugExecutor()})
        for slot in self._slots.values():
            self._employ(jobs, slot)
        jobs.start()
        return jobs

    def _employ(self, jobs: Any, slot: _Row) -> None:
        trigger = _OpeningTimes(slot, self._clock)
        options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        slot.job = jobs.add_job(self._open, trigger, args=(slot,), **options)
        self._open(slot)

    def _open(self, slot: _Row) -> None:
        """The slot's job: set the start of the next tick if its time has come. Harmless at any other time."""
        try:
            now_ms = self._now_ms()
            if slot.handle is None and slot.open_ms(slot.number) <= now_ms + EARLY_MS:
                wait_s = max(slot.due_ms(slot.number) - now_ms, 0) / 1000
                slot.handle = asyncio.get_running_loop().call_later(wait_s, self._start_tick, slot)
        except Exception:  # an exception here would end the job for good (A5)
            log.exception("opening a tick failed")

    def _start_tick(self, slot: _Row) -> None:
        """Start the due tick; those missed before it are handed on with their own due times, to be recorded late."""
        slot.handle = None
        now_ms = self._now_ms()
        after = slot.first_due_after(now_ms)
        for number in range(max(slot.number, after - MISSED_MOST), after):
            due_ms = slot.due_ms(number)
            self.lag_ms = max(self.lag_ms, now_ms - due_ms)
            for check in tuple(slot.checks.values()):
                self._tick(check, due_ms)
        slot.number = max(slot.number, after)
        self._open(slot)

    def _tick(self, check: Check, due_ms: int) -> None:
        try:
            self._on_tick(Tick(check, due_ms, Origin.GRID))
        except Exception:
            log.exception("a tick failed", extra={"check": check.key})

    def _prompt(self) -> None:
        """Hand out one tick out of turn; the next follows a moment later."""
        if "prompt" in self._timers:
            return
        while self._prompts:
            key, asked_ms = self._prompts.popleft()
            slot = self._slot_of.get(key)
            if slot is not None and self._is_worth_a_tick(slot, asked_ms):
                self._tick(slot.checks[key], self._now_ms())
                self._later("prompt", PROMPT_S, self._prompt)
                return

    def _is_worth_a_tick(self, slot: _Row, asked_ms: int) -> bool:
        """Not if the slot has ticked since, nor if it is to tick soon."""
        soon_ms = self._now_ms() + slot.interval_ms // 10
        return slot.due_ms(slot.number - 1) < asked_ms and slot.due_ms(slot.number) > soon_ms

    def _later(self, name: str, wait_s: float, call: Callable[[], None]) -> None:
        def ring() -> None:
            del self._timers[name]
            call()

        self._timers[name] = asyncio.get_running_loop().call_later(wait_s, ring)

    def _clock_offsets(self) -> tuple[int, int]:
        reading = self._clock.read()
        return reading.wall_ms - reading.boot_ms, (reading.boot_ns - reading.mono_ns) // 1_000_000

    def _watch(self) -> None:
        """Once a second: after a step or a suspend anchor the jobs anew; start APScheduler anew if it forgot a slot."""
        self._later("watch", WATCH_S, self._watch)
        try:
            offsets = self._clock_offsets()
            moved = any(abs(a - b) > STEP_MS for a, b in zip(offsets, self._offsets, strict=True))
            self._offsets = offsets
            if moved:
                self._anchor_anew()
            else:
                self._was_deaf, was_deaf = self._is_deaf(), self._was_deaf
                if self._was_deaf and was_deaf:  # once may be a loop that was held up as a whole
                    self._revive()
        except Exception:
            log.exception("the scheduler's watchdog failed")

    def _is_deaf(self) -> bool:
        """Whether some slot should long have been opened: APScheduler's timer has died (A4)."""
        longest_ago_ms = self._now_ms() - DEAF_MS
        return any(slot.handle is None and slot.open_ms(slot.number) < longest_ago_ms for slot in self._slots.values())

    def _anchor_anew(self) -> None:
        now = datetime.fromtimestamp(self._clock.read().wall_ms / 1000, UTC)
        self._jobs.pause()
        for slot in self._slots.values():
            slot.close()
            slot.job.modify(next_run_time=slot.job.trigger.get_next_fire_time(None, now))
            self._open(slot)
        self._jobs.resume()

    def _revive(self) -> None:
        log.error("the scheduler had stopped ticking and was started anew")
        old, self._jobs = self._jobs, self._new_jobs()
        old.shutdown(wait=False)
