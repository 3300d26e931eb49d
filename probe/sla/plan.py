"""Can a schedule decide an SLA, and what would: the widths and chances of metrology, section 2.8. Pure and exact.

Each outage is known to within the distance of its last good and first bad sample, and of its last bad and
first good one: T + T_f, where T_f is the pace of rechecks, or T without any. So N outages and U of unknown
time leave the downtime open by N (T + T_f) + U.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from probe.sla.assessment import Ms, PeriodSpan, Promise

COUNTS: Final = (1, 2, 5, 10)
"""Numbers of outages that a plan is worked out for."""

SHARE: Final = Fraction(1, 10)
"""The share of the budget that the width should not exceed (metrology 2.8, rho)."""

DITHER: Final = Fraction(1, 10)
"""Two neighbouring ticks lie within 0.9 and 1.1 of the interval of each other."""

FIRST_RECHECK_MS: Final = 2_000
SECOND_RECHECK_MS: Final = 3_000
"""When the first two rechecks follow (availability.md, section 1)."""


class Schedule(NamedTuple):
    """How checks are probed; of several, the largest of each. recheck_ms None: only the grid."""

    interval_ms: int
    recheck_ms: int | None
    timeout_ms: int
    confirm: int

    @property
    def finish_ms(self) -> int:
        """T_f: the largest distance of the last failure and the first success."""
        return self.interval_ms if self.recheck_ms is None else max(self.recheck_ms, self.timeout_ms)

    @property
    def blur_ms(self) -> int:
        """By how much one outage's length stays open: T + T_f."""
        return self.interval_ms + self.finish_ms

    @property
    def confirmation_ms(self) -> int:
        """The longest time from the first failing attempt to the one that confirms it, when all of them time out."""
        further = self.confirm - 1
        if self.recheck_ms is None:
            return int(further * self.interval_ms * (1 + DITHER))
        first = self.timeout_ms + FIRST_RECHECK_MS if further else 0
        second = max(SECOND_RECHECK_MS, self.timeout_ms) if further > 1 else 0
        return first + second + max(further - 2, 0) * self.finish_ms


class Row(NamedTuple):
    """What so many outages make of a period.

    width_ms: how far the downtime stays open. decides_ms, sharp_ms: the largest interval whose width is within
    the budget, and within the wanted share of it; None where none is.
    """

    outages: int
    width_ms: Ms
    decides_ms: Fraction | None
    sharp_ms: Fraction | None


class Sight(NamedTuple):
    """The chance that an outage of that length meets a sample at all, and that it is confirmed."""

    lasting_ms: int
    seen: Fraction
    confirmed: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one promise asks of the schedule that watches it, over one period.

    outages: how many the headline is worked out for; seen: how many the period had so far. unknown_ms:
    the unknown time assumed. spent_ms: what of the budget failures may have used so far. budget_ms None: the
    terms count in another way than by time, so that no budget can be planned. unit: of the promise's target.
    """

    service: str
    check: str | None
    provider: str | None
    agreement: str | None
    promise: Promise
    rule: str
    period: PeriodSpan
    schedule: Schedule
    budget_ms: Fraction | None
    outages: int
    seen: int
    unknown_ms: Ms
    spent_ms: Ms
    share: Fraction
    rows: tuple[Row, ...]
    sights: tuple[Sight, ...]
    unit: str = "%"

    @property
    def headline(self) -> Row:
        """The row of the number of outages asked for."""
        return next(row for row in self.rows if row.outages == self.outages)

    @property
    def can_decide(self) -> bool | None:
        """Whether the width stays within the budget; None without a budget."""
        return None if self.budget_ms is None else self.headline.width_ms <= self.budget_ms

    @property
    def spare_ms(self) -> Fraction | None:
        """How long the agent may be off when nothing fails any more, so that "met" can still be said."""
        return None if self.budget_ms is None else max(Fraction(0), self.budget_ms - self.spent_ms)

    @property
    def spare_with_outages_ms(self) -> Fraction | None:
        """The same when so many outages, each too short to measure, come yet."""
        blur = self.outages * self.schedule.blur_ms
        return None if self.budget_ms is None else max(Fraction(0), self.budget_ms - self.spent_ms - blur)


def width(schedule: Schedule, outages: int, unknown_ms: Ms) -> Ms:
    """How far the downtime of a period stays open: N (T + T_f) + U."""
    return outages * schedule.blur_ms + unknown_ms


def largest_interval(schedule: Schedule, allowed_ms: Fraction, outages: int, unknown_ms: Ms) -> Fraction | None:
    """The largest T with N (T + T_f) + U within what is allowed; None when there is none above nought."""
    each = (allowed_ms - unknown_ms) / outages
    largest = each / 2 if schedule.recheck_ms is None else each - schedule.finish_ms
    return largest if largest > 0 else None


def rows(
    schedule: Schedule, budget_ms: Fraction | None, share: Fraction, unknown_ms: Ms, counts: Iterable[int]
) -> tuple[Row, ...]:
    """The plan for each number of outages, fewest first."""
    found = []
    for number in sorted(set(counts)):
        limits = (None, None) if budget_ms is None else (budget_ms, share * budget_ms)
        decides, sharp = (
            None if allowed is None else largest_interval(schedule, allowed, number, unknown_ms) for allowed in limits
        )
        found.append(Row(number, width(schedule, number, unknown_ms), decides, sharp))
    return tuple(found)


def chance(lasting_ms: Ms, interval_ms: int) -> Fraction:
    """The chance that at least one tick falls into a stretch of that length, the ticks dithered (metrology 2.6).

    The share of time that is not followed by a gap longer than the stretch: the distance of two ticks is
    the interval and the difference of two even dithers.
    """
    if lasting_ms <= 0:
        return Fraction(0)
    interval, stretch = Fraction(interval_ms), Fraction(lasting_ms)
    half = interval * DITHER
    if stretch >= interval + half:
        return Fraction(1)
    if stretch >= interval:
        missed = (interval + half - stretch) ** 3 / (6 * half**2)
    else:
        inner = max(stretch - (interval - half), Fraction(0))
        missed = interval - stretch + inner**3 / (6 * half**2)
    return 1 - missed / interval


def sights(schedule: Schedule, lengths: Iterable[int]) -> tuple[Sight, ...]:
    """The chances for outages of each length, shortest first."""
    return tuple(
        Sight(
            lasting,
            chance(lasting, schedule.interval_ms),
            chance(lasting - schedule.confirmation_ms, schedule.interval_ms),
        )
        for lasting in sorted(set(lengths))
    )
