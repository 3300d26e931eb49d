"""Speed rules about how long a line is slow: the Czech and the British (metrology, section 1.9).

A measurement below a bound speaks for the time until the next one, unless that is further away than
`GAP_MS`: then nothing is known about the time between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from probe.sla.assessment import SpeedTest
from probe.sla.interval import Intervals, Pair
from probe.sla.speed import HOUR_MS, MINUTE_MS, Contract, SpeedResult, Throughput, concluded

GAP_MS: Final = 5 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
CZ_NORMAL: Final = Fraction(60, 100)
CZ_MINIMUM: Final = Fraction(30, 100)
CZ_CONTINUOUS_MS: Final = 70 * MINUTE_MS
CZ_DROP_MS: Final = 210_000
CZ_DROPS: Final = 3
CZ_WITHIN_MS: Final = 90 * MINUTE_MS
UK_REPAIR_MS: Final = 30 * DAY_MS
UK_UNVERIFIED: Final = (
    "the minimum is the 10th percentile of similar lines at peak, for some technologies half of the advertised speed",
)


class Test(NamedTuple):
    """A test of how long a line is slower than a bound, and how far apart two measurements may lie for it."""

    name: str
    bound: int | Fraction | None
    fails: Callable[[Intervals], bool]
    says: str
    gap_ms: int = GAP_MS


def below(samples: Sequence[Throughput], bound: int | Fraction, gap_ms: int = GAP_MS) -> tuple[Intervals, Intervals]:
    """The time that is surely below a bound (between two low measurements), and the time that may be."""
    sure: list[Pair] = []
    perhaps: list[Pair] = []
    for a, b in pairwise(sorted(each for each in samples if each.is_valid)):
        low = a.value < bound, b.value < bound
        is_linked = b.at_ms - a.at_ms <= gap_ms
        if is_linked and all(low):
            sure.append((a.at_ms, b.at_ms))
        if any(low) or not is_linked:
            perhaps.append((a.at_ms, b.at_ms))
    return Intervals.of(sure), Intervals.of(perhaps)


def cz(samples: Sequence[Throughput], contract: Contract) -> SpeedResult:
    """Czechia: VO-S/1/08.2020-9. Normal speed 60 % and minimum 30 % of the advertised one, unless the contract says."""
    advertised = contract.advertised
    normal = contract.normal if contract.normal is not None else _of(advertised, CZ_NORMAL)
    minimum = contract.minimum if contract.minimum is not None else _of(advertised, CZ_MINIMUM)
    findings = (
        _lasting(Test("continuous", normal, _is_continuous, "below the normal speed for more than 70 min"), samples),
        _lasting(Test("recurring", normal, _is_recurring, "three drops of 3.5 min or more within 90 min"), samples),
        _lasting(Test("outage", minimum, bool, "below the minimum speed"), samples),
    )
    return concluded(findings, _measured(samples), (), _progress(samples))


def uk_ofcom(samples: Sequence[Throughput], contract: Contract, told_ms: int | None, now_ms: int) -> SpeedResult:
    """United Kingdom, voluntary codes: below the guaranteed minimum and not mended within 30 days of telling."""
    gaps = [*_measured(samples)]
    if told_ms is None:
        gaps.append("the provider was not told; the 30 days begin with that")
    elif now_ms < told_ms + UK_REPAIR_MS:
        days = (told_ms + UK_REPAIR_MS - now_ms + DAY_MS - 1) // DAY_MS
        gaps.append(f"the provider has {days} of 30 days left to mend it")
    after = [each for each in samples if told_ms is not None and each.at_ms >= told_ms + UK_REPAIR_MS]
    says = "below the guaranteed minimum after the 30 days"
    findings = (_lasting(Test("minimum", contract.minimum, bool, says, DAY_MS), after),)
    return concluded(findings, tuple(gaps), UK_UNVERIFIED, _progress(samples))


def _lasting(test: Test, samples: Sequence[Throughput]) -> SpeedTest:
    if test.bound is None:
        return SpeedTest(test.name, None, "the contract states no such speed")
    sure, perhaps = below(samples, test.bound, test.gap_ms)
    deviates = True if test.fails(sure) else None if test.fails(perhaps) or not samples else False
    return SpeedTest(test.name, deviates, test.says)


def _is_continuous(down: Intervals) -> bool:
    return any(end - start > CZ_CONTINUOUS_MS for start, end in down)


def _is_recurring(down: Intervals) -> bool:
    drops = [pair for pair in down if pair[1] - pair[0] >= CZ_DROP_MS]
    return any(drops[i + CZ_DROPS - 1][1] - drops[i][0] <= CZ_WITHIN_MS for i in range(len(drops) - CZ_DROPS + 1))


def _of(advertised: int | Fraction | None, share: Fraction) -> Fraction | None:
    return None if advertised is None else advertised * share


def _measured(samples: Sequence[Throughput]) -> tuple[str, ...]:
    count = sum(each.is_valid for each in samples)
    return () if count == len(samples) and count > 1 else (_progress(samples),)


def _progress(samples: Sequence[Throughput]) -> str:
    return f"{sum(each.is_valid for each in samples)} of {len(samples)} measurements valid"


RULES: Final = ("de_fixed", "cz", "uk_ofcom")
