"""Generated outcomes with the randomness of real ones, the same ones whenever a day is asked for.

Latency: log-normal noise of 6 % around a base of the check, a swing over the day, rare spikes. Sending: a fraction of a
millisecond late. Two outages of each check with a long tail, and 0.04 % of single failures, as on ordinary lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from probe.model import Check, Finding, Origin, Outcome, Reason, State
from probe.store.days import first_day

DAY_MS: Final = 86_400_000
STEP_MS: Final = 30_000
TICKS: Final = DAY_MS // STEP_MS
FIRST: Final = first_day(680)
"""2026-09-01, the first of a month of thirty days."""
MONTH: Final = 30
SEED: Final = 7
OUTAGES: Final = 2
BLIPS: Final = 0.0004
SLOWEST_US: Final = 4_999_999
REASONS: Final = (None, Reason.TIMEOUT, Reason.REFUSED, Reason.STATUS, Reason.RESET)
VANTAGE: Final = "bench"
AT_ONCE: Final = 12
"""Ticks of which the outcomes are made together."""


class Day(NamedTuple):
    """A day of every check, a row each: when due and sent (ms), why it failed (a place in REASONS, 0 if not), µs."""

    due: np.ndarray[Any, Any]
    at: np.ndarray[Any, Any]
    failed: np.ndarray[Any, Any]
    latency: np.ndarray[Any, Any]

    def outcomes(self, *, phases: bool = False) -> Iterator[list[Outcome]]:
        """In order of time, a few ticks together."""
        checks = len(self.due)
        keys = [key_of(number) for number in range(checks)]
        for first in range(0, self.due.shape[1], AT_ONCE):
            due, at, failed, latency = (column[:, first : first + AT_ONCE].T.ravel().tolist() for column in self)
            findings = _with_phases(failed, latency) if phases else _plain(failed, latency)
            yield [
                Outcome(key=key, revision="r1", at_ms=sent, clock=1, origin=Origin.GRID, finding=finding, due_ms=when)
                for key, sent, finding, when in zip(keys * (len(due) // checks), at, findings, due, strict=True)
            ]


def day_of(number: int, checks: int) -> Day:
    """Every check on one day of the month, from 0; checks are spread evenly over the interval."""
    return Day(*map(np.stack, zip(*(_of_check(check, number, checks) for check in range(checks)), strict=True)))


def key_of(number: int) -> str:
    """What the series of a check is called."""
    return f"check-{number:04}"


def a_check(number: int) -> Check:
    """The check."""
    return Check(
        name=key_of(number), key=key_of(number), kind="http", target="https://example.net/", settings=None,
        service=f"service-{number % 50}", interval_ms=STEP_MS, timeout_ms=5_000, recheck_ms=5_000, g_max_ms=90_000,
        revision="r1", meaning="{}",
    )  # fmt: skip


def _of_check(check: int, day: int, checks: int) -> tuple[np.ndarray[Any, Any], ...]:
    chance = np.random.default_rng((SEED, check, day))
    first = (FIRST + day) * DAY_MS + check * STEP_MS // checks
    due = first + np.arange(TICKS, dtype=np.int64) * STEP_MS
    at = due + (chance.gamma(1.5, 0.25, TICKS)).astype(np.int64)
    noise = chance.normal(0, 0.06, TICKS)
    spikes = chance.random(TICKS) < 0.004
    noise[spikes] += chance.exponential(0.8, int(spikes.sum()))
    base = np.log(np.random.default_rng((SEED, check, 99)).uniform(8_000, 220_000))
    swing = 0.12 * np.sin(2 * np.pi * np.arange(TICKS) / TICKS)
    latency = np.minimum(np.exp(base + noise + swing), SLOWEST_US).astype(np.int64)
    return due, at, _failed(check)[day * TICKS : (day + 1) * TICKS], latency


def _failed(check: int) -> np.ndarray[Any, Any]:
    """Of the whole month, so that outages cross midnight."""
    chance = np.random.default_rng((SEED, check, 98))
    length = MONTH * TICKS
    failed = np.zeros(length, np.int8)
    for start in chance.integers(0, length, OUTAGES):
        last = start + int(min(5000, 1 + chance.lognormal(2.2, 1.3)))
        failed[start:last] = int(chance.integers(1, len(REASONS)))
    for start in chance.integers(0, length, int(length * BLIPS)):
        failed[start] = int(chance.integers(1, len(REASONS)))
    return failed


def _plain(failed: list[int], latency: list[int]) -> list[Finding]:
    return [
        Finding(state=State.DOWN, reason=REASONS[why]) if why else Finding(state=State.UP, latency_us=took)
        for why, took in zip(failed, latency, strict=True)
    ]


def _with_phases(failed: list[int], latency: list[int]) -> list[Finding]:
    """Four phases, three of them random numbers of their own, the address and the status: an HTTPS check."""
    chance = np.random.default_rng((SEED, *latency[:4]))
    shares = chance.dirichlet([60, 70, 300], len(latency)).tolist()
    resolved = chance.lognormal(7, 0.25, len(latency)).astype(np.int64).tolist()
    found = []
    for why, took, dns, share in zip(failed, latency, resolved, shares, strict=True):
        connect, tls = int(took * share[0]), int(took * share[1])
        phases = {"dns": dns, "connect": connect, "tls": tls, "ttfb": took - connect - tls}
        explained = {"phases_us": phases, "address": "192.0.2.1:443", "facts": {"status": 200}}
        well = Finding(state=State.UP, latency_us=took, **explained)
        found.append(Finding(state=State.DOWN, reason=REASONS[why]) if why else well)
    return found
