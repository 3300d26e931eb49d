"""The downtime still allowed, how fast it is spent, and the worst stretch of the period.

Burn rates are on proven downtime; the alert pairs of metrology, section 1.6, are in `ALERTS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from probe.sla.assessment import Figures, Ms
from probe.sla.interval import Intervals

BURN_WINDOWS_MS: Final[Mapping[str, int]] = {"1h": 3_600_000, "6h": 21_600_000, "3d": 259_200_000}
ALERTS: Final[Mapping[str, Fraction]] = {"1h": Fraction(144, 10), "6h": Fraction(6), "3d": Fraction(1)}
"""The burn rate above which each window is worth an alert."""


def left(budget_ms: Fraction, figures: Figures) -> tuple[Fraction, Fraction]:
    """The downtime still allowed in ms, at worst and at best; below zero when it is spent."""
    high = figures.observed_high if figures.high is None else figures.high
    return budget_ms - high, budget_ms - figures.low


def burn(down: Intervals, now_ms: int, target: Fraction) -> dict[str, Fraction]:
    """How many times faster than allowed downtime was spent in each window before `now_ms`.

    Empty for a promise of 100 %, which allows none.
    """
    if target == 1:
        return {}
    return {
        name: Fraction(down.clip(now_ms - window, now_ms).measure) / window / (1 - target)
        for name, window in BURN_WINDOWS_MS.items()
    }


def worst_window(down: Intervals, start_ms: int, end_ms: int, window_ms: int) -> Ms:
    """The most downtime in any window of that length inside [start_ms, end_ms); the whole when it is longer.

    Exact: the measure is piecewise linear in the window's place, so its edges need to be tried only
    at the edges of the set.
    """
    last = end_ms - window_ms
    if last <= start_ms:
        return down.clip(start_ms, end_ms).measure
    edges = {edge for pair in down for edge in pair} | {edge - window_ms for pair in down for edge in pair}
    starts = {start_ms, last} | {edge for edge in edges if start_ms <= edge <= last}
    return max(down.clip(start, start + window_ms).measure for start in starts)
