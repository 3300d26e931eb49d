"""One deadline, one outcome: runs a prober once and lets nothing of it escape but a finding.

The deadline is down/timeout, and what comes after it is never up; a bug of ours is unknown/internal;
a clock step, a suspend or a stall inside the attempt makes it unknown whatever was seen.
Cancellation passes through.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from probe.clock import NS_PER_MS, Clock, Reading
from probe.model import Check, Finding, Reason, State
from probe.trail import Trail, begin

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
GRACE_MS: Final = 100
"""How late a finding may be and still be believed: a loop that is busy wakes nobody to the millisecond."""

_logged: set[tuple[str, str, int]] = set()


class Attempts(Protocol):
    """All that is needed of a prober here."""

    async def probe(self, check: Check) -> Finding:
        """Perform the check once."""
        ...


class Attempted(NamedTuple):
    """The clocks when the attempt began and when it ended, and what it found."""

    sent: Reading
    ended: Reading
    finding: Finding


async def attempt(check: Check, prober: Attempts, clock: Clock) -> Attempted:
    """Perform the check once, within its timeout. Raises nothing but CancelledError."""
    trail = begin(clock, check.timeout_ms)
    finding = await _find(check, prober, trail)
    ended = clock.read()
    return Attempted(trail.began, ended, _doubted(finding, trail.began, ended))


async def _find(check: Check, prober: Attempts, trail: Trail) -> Finding:
    deadline = asyncio.timeout(None)
    try:
        async with deadline:
            strike = _Strike(deadline, check.timeout_ms / 1000, _stall_ms(check) / 1000)
            try:
                finding = await prober.probe(check)
            finally:
                strike.cancel()
    except Exception as error:  # noqa: BLE001 - a bug of ours must not read as an outage of theirs
        if deadline.expired() and isinstance(error, TimeoutError):
            return _cut_off(check, trail)
        _log_once(check, error)
        return _unfinished(trail, Reason.INTERNAL, f"{type(error).__name__}: a bug, see the log")
    if finding.state is not State.UP:
        return finding
    if deadline.expired():
        return _cut_off(check, trail)
    late_ms = _late_ms(trail)
    if late_ms > GRACE_MS:  # our loop never came to strike
        return _unfinished(trail, Reason.STALL, f"up, but {late_ms} ms after the deadline, which passed unnoticed")
    return finding


class _Strike:
    """Ends an attempt at its deadline, but not before what had arrived by then was read.

    A loop that comes late finds the answer and the deadline in one turn, and the deadline would win: an
    answer in time would read as an outage of theirs. So a deadline that strikes late waits for a moment
    of ours, and again, as long as the whole lateness is not a stall.
    """

    def __init__(self, deadline: asyncio.Timeout, timeout_s: float, stall_s: float) -> None:
        self._deadline, self._loop = deadline, asyncio.get_running_loop()
        self._due_s = self._loop.time() + timeout_s
        self._last_s = self._due_s + stall_s
        self._waiting = self._loop.call_at(self._due_s, self._fall)

    def cancel(self) -> None:
        """The attempt has ended by itself."""
        self._waiting.cancel()

    def _fall(self) -> None:
        now_s = self._loop.time()
        if now_s - self._due_s <= TURN_S or now_s > self._last_s:
            self._deadline.reschedule(now_s)
        else:
            self._due_s = now_s + TURN_S
            self._waiting = self._loop.call_at(self._due_s, self._fall)


def _stall_ms(check: Check) -> int:
    return max(check.interval_ms // 10, LEAST_STALL_MS)


def _late_ms(trail: Trail) -> int:
    return (trail.clock.read().boot_ns - trail.began.boot_ns) // NS_PER_MS - trail.timeout_ms


def _cut_off(check: Check, trail: Trail) -> Finding:
    late_ms = _late_ms(trail)
    where = f"in {trail.phase}" if trail.phase else "before an answer"
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
