"""How far one attempt has come: what is left to tell when the deadline cuts it off.

The runner begins a trail and hands its clock in with it; the prober names the phase it is in.
Whoever works for the attempt finds the trail by `current()`, tasks it starts included.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final

from probe.clock import NS_PER_MS, NS_PER_US, Clock

NS_PER_S: Final = 1_000_000_000
UNNOTICED_NS: Final = 100 * NS_PER_MS


class Trail:
    """The phases of one attempt, the address it uses and the facts found so far.

    phase is the one that is open, or in which something went wrong; phases_us holds those that
    ended, summed when an attempt enters one again (a redirect). address and facts are as in Finding.
    """

    __slots__ = ("address", "began", "clock", "facts", "phase", "phases_us", "timeout_ms")

    def __init__(self, clock: Clock, timeout_ms: int) -> None:
        """Begin now; `timeout_ms` from now the runner ends the attempt."""
        self.clock = clock
        self.timeout_ms = timeout_ms
        self.began = clock.read()
        self.phase: str | None = None
        self.phases_us: dict[str, int] = {}
        self.address: str | None = None
        self.facts: dict[str, Any] = {}

    def during(self, phase: str) -> _Phase:
        """Time a phase. One that raises is not counted, but stays named."""
        return _Phase(self, phase)

    def enter(self, phase: str) -> int:
        """Open a phase without `with`; the answer is for `leave`."""
        self.phase = phase
        return self.clock.read().boot_ns

    def leave(self, phase: str, entered_ns: int) -> None:
        """Close it: it counts."""
        took_us = (self.clock.read().boot_ns - entered_ns) // NS_PER_US
        self.phases_us[phase] = self.phases_us.get(phase, 0) + took_us
        self.phase = None

    def left_s(self, share: float = 1.0) -> float:
        """Seconds until this share of the attempt's time is used up, never below 0."""
        until_ns = self.began.boot_ns + self.timeout_ms * NS_PER_MS * share
        return max(0.0, (until_ns - self.clock.read().boot_ns) / NS_PER_S)

    def is_late(self, share: float) -> bool:
        """Whether this share of the attempt's time was used up well before now, unnoticed by our loop."""
        lasted_ns = self.clock.read().boot_ns - self.began.boot_ns
        return lasted_ns - self.timeout_ms * NS_PER_MS * share > UNNOTICED_NS


class _Phase:
    """A stretch of an attempt, while a `with` lasts."""

    __slots__ = ("_entered_ns", "_phase", "_trail")

    def __init__(self, trail: Trail, phase: str) -> None:
        self._trail, self._phase = trail, phase

    def __enter__(self) -> None:
        self._entered_ns = self._trail.enter(self._phase)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is None:
            self._trail.leave(self._phase, self._entered_ns)


_CURRENT: ContextVar[Trail] = ContextVar("trail")


def begin(clock: Clock, timeout_ms: int) -> Trail:
    """Start the trail of an attempt that runs in this task."""
    trail = Trail(clock, timeout_ms)
    _CURRENT.set(trail)
    return trail


def current() -> Trail:
    """The trail of the attempt that this task works for; LookupError outside of one."""
    return _CURRENT.get()
