"""Checks that others report: takes reports in, and finds out when none came.

A report is a sample with its own send time. Between two reports nothing is made up: that none is late is no
sample. Where none came within `late_after` the check is down from then on, said again at least once a minute
until a report comes. If the agent did not listen all that while (it was off, asleep, or the check was paused),
a report may have been missed: unknown until it has listened for `late_after` in one piece. Instants are
milliseconds on the boottime clock.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Final

from probe.clock import Clock, Reading
from probe.errors import AgentError, UsageError
from probe.lanes import Ending
from probe.model import Check, Finding, Origin, Reason, State
from probe.probers.net.clean import clean

KIND: Final = "push"
AGAIN_MS: Final = 60_000
"""How often lateness is said again, where reports are not expected more often anyway."""
SPACING_MS: Final = 2
"""Distance of two samples of a check at least: an instant of the record is a millisecond and names one outcome."""
TRAVEL_MS: Final = 60_000
"""A report may say that it was sent so long ago."""
MOST_A_MINUTE: Final = 60
"""Reports of one check that are taken."""
SLEPT_NS: Final = 100_000_000


class _Awaited:
    """One check: when it was last heard of, since when we listen without a break, and its last sample."""

    __slots__ = ("check", "counted_ms", "heard_ms", "last_ms", "listening_ms", "minute", "said", "taken")

    def __init__(self, check: Check, heard_ms: int | None, now_ms: int) -> None:
        self.check = check
        self.heard_ms, self.listening_ms = heard_ms, now_ms
        self.last_ms = now_ms - SPACING_MS
        self.said: Reason | None = None
        self.counted_ms = 0
        self.minute, self.taken = 0, 0

    def overdue(self, now_ms: int) -> tuple[Reason, int] | None:
        """What is to be said of a report that did not come, and since when; None while it may still come."""
        late_after_ms: int = self.check.settings.late_after_ms
        certain_ms = max(self.listening_ms, self.heard_ms or self.listening_ms) + late_after_ms
        if now_ms >= certain_ms:
            return Reason.LATE, certain_ms
        if self.heard_ms is not None and now_ms >= self.heard_ms + late_after_ms:
            return Reason.DEAF, self.heard_ms + late_after_ms
        return None

    def origin(self, reason: Reason, now_ms: int) -> Origin | None:
        """GRID for what counts as one missing report, RECHECK for saying it again; None: not yet."""
        if reason is not self.said or now_ms - self.counted_ms >= self.check.interval_ms:
            return Origin.GRID
        return Origin.RECHECK if now_ms - self.last_ms >= min(AGAIN_MS, self.check.interval_ms) else None

    def admit(self, now_ms: int) -> None:
        """Count one report. Raises UsageError when there are too many."""
        minute = now_ms // 60_000
        if minute != self.minute:
            self.minute, self.taken = minute, 0
        self.taken += 1
        if self.taken > MOST_A_MINUTE:
            raise UsageError(f"more than {MOST_A_MINUTE} reports a minute for {self.check.key}; report less often")


class Pushes:
    """What is awaited. `take` gets every outcome; `paused` names what is not to be judged now."""

    def __init__(self, clock: Clock, take: Callable[[Ending], None]) -> None:
        """Nothing is awaited before `follow`."""
        self._clock, self._take = clock, take
        self.paused: Container[str] = ()
        self._awaited: dict[str, _Awaited] = {}
        self._seen: Reading = clock.read()

    def __len__(self) -> int:
        """How many checks are reported by others."""
        return len(self._awaited)

    def follow(self, checks: Iterable[Check], heard_ms: Mapping[str, int] | None = None) -> None:
        """From now on these. heard_ms: when each was last heard of, by the record."""
        now_ms, heard = self._clock.read().boot_ms, heard_ms or {}
        wanted = {check.key: check for check in checks if check.kind == KIND}
        for key in [key for key in self._awaited if key not in wanted]:
            del self._awaited[key]
        for key, check in wanted.items():
            known = self._awaited.get(key)
            if known is None or known.check.revision != check.revision:
                self._awaited[key] = _Awaited(check, heard.get(key), now_ms)
            else:
                known.check = check

    def report(self, key: str, state: State, detail: str = "", sent_ms: int | None = None) -> int:
        """Take one report in; the instant on boottime that it gets. Raises UsageError for a check that awaits none.

        sent_ms: when it was sent, None for now.
        """
        one = self._awaited.get(key)
        if one is None:
            raise UsageError(f"{key!r} is not a check of kind push")
        now_ms = self._clock.read().boot_ms
        one.admit(now_ms)
        self._judge(one, now_ms)
        at_ms = now_ms if sent_ms is None or not now_ms - TRAVEL_MS <= sent_ms <= now_ms else sent_ms
        at_ms = max(at_ms, one.last_ms + SPACING_MS)
        reason = Reason.REPORTED if state is State.DOWN else None
        one.heard_ms, one.said = at_ms, None
        self._record(one, Origin.PUSH, at_ms, Finding(state=state, reason=reason, detail=clean(detail)))
        return at_ms

    def look(self) -> None:
        """Once a second: who is late?"""
        reading, before = self._clock.read(), self._seen
        self._seen = reading
        slept_ns = (reading.boot_ns - before.boot_ns) - (reading.mono_ns - before.mono_ns)
        for key, one in self._awaited.items():
            if slept_ns > SLEPT_NS or key in self.paused:
                one.listening_ms = reading.boot_ms
            if key not in self.paused:
                self._judge(one, reading.boot_ms)

    def _judge(self, one: _Awaited, now_ms: int) -> None:
        overdue = one.overdue(now_ms)
        if overdue is None:
            return
        reason, since_ms = overdue
        origin = one.origin(reason, now_ms)
        if origin is None:
            return
        if origin is Origin.GRID:
            one.counted_ms = now_ms
        one.said = reason
        finding = Finding(
            state=reason.state,
            reason=reason,
            detail=f"no report within {one.check.settings.late_after_ms // 1000} s",
            facts={"heard_ms_ago": None if one.heard_ms is None else now_ms - one.heard_ms},
        )
        self._record(one, origin, max(now_ms, one.last_ms + SPACING_MS), finding, since_ms)

    def _record(self, one: _Awaited, origin: Origin, at_ms: int, finding: Finding, due_ms: int | None = None) -> None:
        one.last_ms = at_ms
        self._take(Ending(one.check, origin, at_ms, due_ms, finding))


def refusal(key: str) -> AgentError:
    """What whoever reports is told when the record did not take it."""
    return AgentError(f"the report of {key} could not be recorded; report again")
