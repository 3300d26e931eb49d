"""When the next attempt of one check is wanted: the state of its lane, moved by ticks and by endings.

Pure: every instant is handed in, milliseconds on the boottime clock. The rules are those of
availability.md §1 and probes.md §3: an attempt is never sent before its predecessor has ended; after a
failure the first recheck follows 2 s after its end, the second 3 s after the first, then one every
`recheck` from send to send until two successes in a row; while rechecking, the first attempt sent at
or after a due grid tick is that tick. A tick that was served late for that reason may run into the
next one: that one waits until the deadline of its predecessor, and is no overrun.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from probe.model import Check, Origin, State

FIRST_RECHECK_MS: Final = 2_000
SECOND_RECHECK_MS: Final = 3_000
RECOVERED_AFTER: Final = 2
"""Successes in a row that end the rechecking."""

PATIENCE_MS: Final = 600_000
"""After so long in one outage the pace of rechecks halves, and again after as long."""

SLOWEST_RECHECK_MS: Final = 60_000
NEXT_SEND_MS: Final = 2
"""Distance of two sends of one check at least: an instant of the record is a millisecond and names one attempt."""


class Order(NamedTuple):
    """One attempt to send now: why, and the grid tick that it is (None for a recheck)."""

    origin: Origin
    due_ms: int | None


def late_after_ms(interval_ms: int) -> int:
    """How late a grid tick may start before it is an overrun: a tenth of the interval, at least half a second."""
    return max(interval_ms // 10, 500)


class Lane:
    """One check's lane. Call `tick` and `end`, send when `wants_ms` says, through `take`."""

    __slots__ = (
        "asked_ms",
        "check",
        "due_ms",
        "ended_ms",
        "excused_until_ms",
        "failing_since_ms",
        "order",
        "rechecks",
        "sent_ms",
        "successes",
    )

    def __init__(self, check: Check) -> None:
        """A lane at rest."""
        self.check = check
        self.order: Order | None = None
        self.sent_ms = self.ended_ms = -NEXT_SEND_MS
        self.due_ms: int | None = None
        self.excused_until_ms: int | None = None
        self.asked_ms: int | None = None
        self.failing_since_ms: int | None = None
        self.rechecks = self.successes = 0

    def tick(self, due_ms: int) -> tuple[int, ...]:
        """A grid tick came due. The answer are due times that get no attempt of their own: overruns to record."""
        superseded = () if self.due_ms is None else (self.due_ms,)
        if self.order is not None and not self._may_wait(due_ms):
            self.due_ms = None
            return (*superseded, due_ms)
        self.due_ms = due_ms
        self.excused_until_ms = None if self.order is None else self._ends_by_ms()
        return superseded

    def _may_wait(self, due_ms: int) -> bool:
        # A predecessor within its deadline runs rightly: it was served late while rechecking, or went out of turn.
        # On the plain grid none does when the next is due: spacing is at least 0.9 of the interval, a timeout at
        # most 0.8. A tick much older than its predecessor's sending was held up itself.
        if self.failing_since_ms is not None:
            return True
        return self.sent_ms - late_after_ms(self.check.interval_ms) <= due_ms <= self._ends_by_ms()

    def _ends_by_ms(self) -> int:
        """When the running attempt must have ended if nothing stalls."""
        return self.sent_ms + self.check.timeout_ms + late_after_ms(self.check.interval_ms)

    def ask(self, now_ms: int) -> None:
        """An attempt out of turn is wanted now; one that runs already is answer enough."""
        if self.order is None:
            self.asked_ms = now_ms

    def wants_ms(self) -> int | None:
        """When the next attempt should be sent, perhaps in the past; None while one runs or none is wanted."""
        if self.order is not None:
            return None
        wanted = self.due_ms
        if self.asked_ms is not None:
            wanted = self.asked_ms if wanted is None else min(wanted, self.asked_ms)
        recheck_ms = self._recheck_ms()
        if recheck_ms is not None:
            wanted = recheck_ms if wanted is None else min(wanted, recheck_ms)
        return None if wanted is None else max(wanted, self.sent_ms + NEXT_SEND_MS)

    def _recheck_ms(self) -> int | None:
        if self.failing_since_ms is None:
            return None
        if self.rechecks == 0:
            return self.ended_ms + FIRST_RECHECK_MS
        spacing_ms = SECOND_RECHECK_MS if self.rechecks == 1 else self._pace_ms()
        return max(self.ended_ms, self.sent_ms + spacing_ms)

    def _pace_ms(self) -> int:
        assert self.failing_since_ms is not None
        assert self.check.recheck_ms is not None
        slowest = max(self.check.recheck_ms, min(SLOWEST_RECHECK_MS, self.check.interval_ms))
        doublings = min((self.sent_ms - self.failing_since_ms) // PATIENCE_MS, 16)
        return min(self.check.recheck_ms << doublings, slowest)

    def is_due(self, now_ms: int) -> bool:
        """Whether a grid tick waits that may be sent at once, and in time."""
        due_ms = self.due_ms
        if due_ms is None or self.order is not None or now_ms < max(due_ms, self.sent_ms + NEXT_SEND_MS):
            return False
        return self.failing_since_ms is not None or now_ms <= due_ms + late_after_ms(self.check.interval_ms)

    def late(self, now_ms: int) -> int | None:
        """The waiting grid tick if it is too late for an attempt (an overrun to record, and forgotten here)."""
        due_ms = self.due_ms
        if due_ms is None or self.failing_since_ms is not None:
            return None
        in_time_ms = due_ms + late_after_ms(self.check.interval_ms)
        if now_ms <= in_time_ms or (self.excused_until_ms is not None and now_ms <= self.excused_until_ms):
            return None
        self.due_ms = None
        return due_ms

    def take(self, now_ms: int) -> Order:
        """Send now: the attempt is the waiting grid tick if there is one, else a recheck."""
        self.order = Order(Origin.GRID, self.due_ms) if self.due_ms is not None else Order(Origin.RECHECK, None)
        self.due_ms = self.asked_ms = None
        self.sent_ms = now_ms
        return self.order

    def skip(self, due_ms: int) -> int:
        """The instant under which a tick without an attempt is recorded: after the last send, before the next."""
        at_ms = max(due_ms, self.sent_ms + 1)
        self.sent_ms = max(self.sent_ms, at_ms - 1)
        return at_ms

    def end(self, state: State, now_ms: int) -> None:
        """The running attempt has ended with this state."""
        self.order = None
        self.ended_ms = now_ms
        if self.failing_since_ms is None:
            if state is State.DOWN and self.check.recheck_ms is not None:
                self.failing_since_ms = self.sent_ms
                self.rechecks = self.successes = 0
            return
        self.rechecks += 1
        self.successes = self.successes + 1 if state is State.UP else 0
        if self.successes == RECOVERED_AFTER:
            self.failing_since_ms = None
