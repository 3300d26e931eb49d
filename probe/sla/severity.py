"""How bad an outage was: from the impact of its service, the share of the service that was down, and how long.

Points are added up; the README has the table.

impact      critical 3 · high 2 · normal 1 · low 0
share       all checks of the service down at once 1 · at least half 0 · fewer −1
duration    proven to have lasted 4 h 1 · 15 min 0 · less −1

severity    4 and more critical · 2 and 3 major · 0 and 1 minor · below 0 slight
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Final

from probe.sla.assessment import Outage
from probe.sla.service import Impact

LONG_MS: Final = 4 * 3_600_000
SHORT_MS: Final = 15 * 60_000
POINTS: Final[Mapping[Impact, int]] = {Impact.CRITICAL: 3, Impact.HIGH: 2, Impact.NORMAL: 1, Impact.LOW: 0}
HALF: Final = Fraction(1, 2)


class Severity(StrEnum):
    """How bad an outage was."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    SLIGHT = "slight"


LEVELS: Final = ((4, Severity.CRITICAL), (2, Severity.MAJOR), (0, Severity.MINOR))


def severity(impact: Impact, share: Fraction, lasted_ms: int) -> Severity:
    """By the table above; share: of the service's checks that were down at once."""
    extent = 1 if share >= 1 else 0 if share >= HALF else -1
    length = 1 if lasted_ms >= LONG_MS else 0 if lasted_ms >= SHORT_MS else -1
    points = POINTS[impact] + extent + length
    return next((level for least, level in LEVELS if points >= least), Severity.SLIGHT)


def of_outage(outage: Outage, impact: Impact, others: Iterable[Outage], keys: Sequence[str]) -> Severity | None:
    """The severity of an outage of one of a service's checks (`keys`); None for a suspect.

    others: outages of the same service, this one too or not. One that still goes on has lasted as far as it is proven.
    """
    if not outage.is_confirmed:
        return None
    return severity(impact, _share(outage, others, keys), proven_ms(outage))


def proven_ms(outage: Outage) -> int:
    """How long an outage lasted at least; one that goes on, as far as it was seen to."""
    if outage.end_earliest_ms is None:
        return int(outage.counted_ms)
    return max(outage.end_earliest_ms - outage.start_latest_ms, 0)


def _share(outage: Outage, others: Iterable[Outage], keys: Sequence[str]) -> Fraction:
    """The share of the checks that were down in any of the outage; all when it is of the service as a whole."""
    if outage.key not in keys:
        return Fraction(1)
    down = {outage.key} | {other.key for other in others if other.is_confirmed and _meet(outage, other)}
    return Fraction(len(down & set(keys)), len(set(keys)))


def _meet(one: Outage, other: Outage) -> bool:
    """Whether two outages may have had an instant in common."""
    begins_before_end = other.end_latest_ms is None or one.start_earliest_ms < other.end_latest_ms
    ends_after_begin = one.end_latest_ms is None or other.start_earliest_ms < one.end_latest_ms
    return begins_before_end and ends_after_begin
