"""One deadline, one outcome: runs a prober once and lets nothing of it escape but a finding.

The deadline is down/timeout, and what comes after it is never up; a bug of ours is unknown/internal;
a clock step, a suspend or a stall inside the attempt makes it unknown whatever was seen.
Cancellation passes through. An attempt is a task, or a flight: where a prober can be called back, it
needs none, and is held to the same.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from probe.clock import NS_PER_MS, Clock, Reading
from probe.model import Check, Finding, Reason, State
from probe.trail import Trail, begin
from probe.wheel import running_wheel

log = logging.getLogger(__name__)

SLEPT_NS: Final = 100 * NS_PER_MS
"""Boottime may outrun monotonic by this much before an attempt counts as slept through."""
STEPPED_NS: Final = 500 * NS_PER_MS
"""Wall time may leave boottime by this much before an attempt counts as stepped over (metrology 5.4)."""
LEAST_STALL_MS: Final = 500
OUR_RESOLVER: Final = "dns"
"""The phase in which names are looked up by our own resolver: time lost there is not the target's."""
OUR_EXPRESSION: Final = "expression"
"""The phase in which an expression of the configuration is searched for: time lost there is ours as well."""
TURN_S: Final = 0.025
"""A deadline noticed later than this found a busy loop: what lies unread gets as long once more."""
MOMENTS: Final = 3
OWED_S: Final = 0.1
"""A target is given what a loop that stood still has taken from it in pieces of so much."""
GRACE_MS: Final = 100
"""How late a finding may be and still be believed: a loop that is busy wakes nobody to the millisecond."""
OUT_OF_DESCRIPTORS: Final = (errno.EMFILE, errno.ENFILE)
_logged: set[tuple[str, str, int]] = set()


class Attempts(Protocol):
    """All that is needed of a prober here."""

    async def probe(self, check: Check) -> Finding:
        """Perform the check once."""
        ...


class Launches(Protocol):
    """A prober that can also be called back, so that its attempts need no task. Optional."""

    def launch(self, check: Check, trail: Trail, land: Land) -> Stop | None:
        """Begin. Exactly once, and not before this has returned, `land` is called with what says what was found.

        The answer gives everything back, and `land` is not called after it; None: this one needs a task.
        """
        ...


Land = Callable[[Callable[[], Finding]], None]
"""Takes what makes the finding, since a bug in that is a bug like any other."""

Stop = Callable[[], None]
"""Ends an attempt without an outcome; harmless after its end."""

Done = Callable[[Reading, Reading, Finding], None]
"""Takes the clocks when an attempt began and when it ended, and what it found."""


class Attempted(NamedTuple):
    """The clocks when the attempt began and when it ended, and what it found."""

    sent: Reading
    ended: Reading
    finding: Finding


async def attempt(check: Check, prober: Attempts, clock: Clock) -> Attempted:
    """Perform the check once, within its timeout. Raises nothing but CancelledError."""
    trail = begin(clock, check.timeout_ms)
    finding, cut = await _find(check, prober, trail)
    ended = clock.read()
    return Attempted(trail.began, ended, _judged(check, trail, finding, ended, cut=cut))


async def _find(check: Check, prober: Attempts, trail: Trail) -> tuple[Finding, bool]:
    """What was found, and whether that was after the deadline had struck."""
    task = asyncio.current_task()
    assert task is not None
    others = task.cancelling()
    strike = _Strike(check, task.cancel)
    try:
        finding = await prober.probe(check)
    except asyncio.CancelledError:
        if not strike.has_fallen or task.uncancel() > others:
            raise
        return _cut_off(check, trail, strike.owed_ms), True
    except Exception as error:  # noqa: BLE001 - a bug of ours must not read as an outage of theirs
        if strike.has_fallen:
            task.uncancel()
        return _broke(check, trail, error), False
    finally:
        strike.cancel()
    if strike.has_fallen:
        task.uncancel()
    return finding, strike.has_fallen


def _judged(check: Check, trail: Trail, finding: Finding, ended: Reading, *, cut: bool) -> Finding:
    """The finding, unless it is good news that came after the deadline, or the clocks speak against it."""
    if finding.state is State.UP:
        late_ms = _late_ms(trail, ended)
        if cut:
            finding = _cut_off(check, trail)
        elif late_ms > GRACE_MS:  # our loop never came to strike
            words = f"up, but {late_ms} ms after the deadline, which passed unnoticed"
            finding = _unfinished(trail, Reason.STALL, words)
    return _doubted(finding, trail.began, ended)


def _broke(check: Check, trail: Trail, error: Exception) -> Finding:
    if isinstance(error, OSError) and error.errno in OUT_OF_DESCRIPTORS:  # from wherever, an import for example
        return _unfinished(trail, Reason.FD_LIMIT, f"{errno.errorcode[error.errno]}: {error.strerror}")
    _log_once(check, error)
    return _unfinished(trail, Reason.INTERNAL, f"{type(error).__name__}: a bug, see the log")


def launch(check: Check, prober: Launches, clock: Clock, done: Done) -> Stop | None:
    """Begin an attempt that needs no task; `done` is called later, once. None where `attempt` must do it."""
    flight = _Flight(check, Trail(clock, check.timeout_ms), done)
    try:
        stop = prober.launch(check, flight.trail, flight.land)
    except Exception as bug:  # noqa: BLE001 - as in an attempt
        broken = _broke(check, flight.trail, bug)
        stop = asyncio.get_running_loop().call_soon(flight.land, lambda: broken).cancel
    if stop is None:
        return None
    flight.watch(stop)
    return flight.stop


class _Flight:
    """An attempt without a task: the deadline, and what the prober is to call."""

    __slots__ = ("_check", "_done", "_stop", "_strike", "trail")

    def __init__(self, check: Check, trail: Trail, done: Done) -> None:
        self._check, self.trail = check, trail
        self._done: Done | None = done

    def watch(self, stop: Stop) -> None:
        """The attempt has begun: set its deadline."""
        self._stop, self._strike = stop, _Strike(self._check, self._cut)

    def land(self, judge: Callable[[], Finding]) -> None:
        """The prober has found something."""
        try:
            finding = judge()
        except Exception as bug:  # noqa: BLE001 - as in an attempt
            finding = _broke(self._check, self.trail, bug)
        self._end(finding)

    def stop(self) -> None:
        """Give everything back; no outcome."""
        if self._done is not None:
            self._give_back()
            self._let_go()

    def _cut(self) -> None:
        self._give_back()
        self._end(_cut_off(self._check, self.trail, self._strike.owed_ms))

    def _give_back(self) -> None:
        try:
            self._stop()
        except Exception as bug:  # noqa: BLE001 - as in an attempt; its outcome must come all the same
            _log_once(self._check, bug)

    def _end(self, finding: Finding) -> None:
        done = self._done
        if done is None:
            return
        self._let_go()
        trail = self.trail
        ended = trail.clock.read()
        try:
            done(trail.began, ended, _judged(self._check, trail, finding, ended, cut=False))
        except Exception:  # whoever called us back has others to call
            log.exception("an ending failed", extra={"check": self._check.key})

    def _let_go(self) -> None:
        """Leave no circle of references: the collector of such garbage costs as much as the rest."""
        self._strike.cancel()
        self._done = None
        del self._strike, self._stop


class _Strike:
    """Ends an attempt at its deadline, but not before what had arrived by then was read.

    A loop that comes late finds the answer and the deadline in one turn, and the deadline would win: an
    answer in time would read as an outage of theirs. So a deadline that strikes late waits for a moment
    of ours, and for as long as the loop stood still during the attempt, which the target had not; but not
    for longer than a stall. The moments are few: a server that keeps us busy gets no time by that.
    """

    __slots__ = ("_check", "_cut", "_due_s", "_held_s", "_moments", "_waiting", "has_fallen", "owed_ms")

    def __init__(self, check: Check, cut: Callable[[], object]) -> None:
        self._check, self._cut = check, cut
        wheel = running_wheel()
        self._waiting = wheel.after(check.timeout_ms / 1000, self._fall)
        self._due_s, self._held_s = self._waiting.due_s, wheel.held_s()
        self.has_fallen, self._moments = False, MOMENTS
        self.owed_ms = 0
        """What the target never had of its timeout, once the deadline has fallen."""

    def cancel(self) -> None:
        """The attempt has ended by itself."""
        self._waiting.cancel()

    def _fall(self) -> None:
        now_s, due_s, wheel = asyncio.get_running_loop().time(), self._waiting.due_s, running_wheel()
        owed_s = wheel.held_s() - self._held_s - (now_s - self._due_s)
        if now_s > self._due_s + _stall_ms(self._check) / 1000:
            self.owed_ms = max(int(owed_s * 1000), 0)
            self._waiting = wheel.after(0, self._strike)
        elif owed_s > TURN_S:
            self._waiting = wheel.after(OWED_S, self._fall)
        elif now_s - due_s > TURN_S and self._moments:
            self._moments -= 1
            self._waiting = wheel.after(TURN_S, self._fall)
        else:
            self._waiting = wheel.after(0, self._strike)  # whoever is awake already comes first

    def _strike(self) -> None:
        self.has_fallen = True
        self._cut()


def _stall_ms(check: Check) -> int:
    return max(check.interval_ms // 10, LEAST_STALL_MS)


def _late_ms(trail: Trail, now: Reading) -> int:
    return (now.boot_ns - trail.began.boot_ns) // NS_PER_MS - trail.timeout_ms


def _cut_off(check: Check, trail: Trail, owed_ms: int = 0) -> Finding:
    late_ms = _late_ms(trail, trail.clock.read())
    where = f"in {trail.phase}" if trail.phase else "before an answer"
    if owed_ms > GRACE_MS:
        return _unfinished(trail, Reason.STALL, f"the agent stood still for {owed_ms} ms of the time, {where}")
    if late_ms > _stall_ms(check):
        return _unfinished(trail, Reason.STALL, f"the deadline passed unnoticed for {late_ms} ms, {where}")
    if trail.phase == OUR_RESOLVER:
        return _unfinished(trail, Reason.RESOLVER_UNREACHABLE, "the name was not resolved before the deadline")
    if trail.phase == OUR_EXPRESSION:
        return _unfinished(trail, Reason.EXPRESSION, f"no end of the search within {check.timeout_ms} ms")
    return _unfinished(trail, Reason.TIMEOUT, f"timeout {where} after {check.timeout_ms} ms")


def _unfinished(trail: Trail, reason: Reason, detail: str) -> Finding:
    return Finding(
        state=reason.state,
        reason=reason,
        phases_us=dict(trail.phases_us),
        address=trail.address,
        detail=detail,
        facts=dict(trail.facts),
    )


def _doubted(finding: Finding, sent: Reading, ended: Reading) -> Finding:
    """The finding, or unknown when the clocks say that the attempt cannot be believed."""
    lasted_ns = ended.boot_ns - sent.boot_ns
    slept_ns = lasted_ns - (ended.mono_ns - sent.mono_ns)
    stepped_ns = (ended.wall_ns - sent.wall_ns) - lasted_ns
    if slept_ns > SLEPT_NS:
        reason, by_ns = Reason.SUSPEND, slept_ns
    elif abs(stepped_ns) > STEPPED_NS:
        reason, by_ns = Reason.CLOCK_STEP, stepped_ns
    else:
        return finding
    detail = f"{by_ns // NS_PER_MS} ms during the attempt, which saw: {finding.reason or finding.state}"
    return replace(finding, state=State.UNKNOWN, reason=reason, latency_us=None, detail=detail)


def _log_once(check: Check, error: Exception) -> None:
    place = traceback.extract_tb(error.__traceback__)[-1]
    bug = (type(error).__name__, place.filename, place.lineno or 0)
    if bug in _logged:
        return
    _logged.add(bug)
    log.error("prober broke", exc_info=error, extra={"check": check.key, "kind": check.kind})
