"""Consumer speed claims as regulators judge them, with the measuring protocol checked (metrology, section 1.9).

A rule takes throughput samples that were handed in and gives its tests, each true, false or not to be
told, and what of the protocol is missing. A measurement that is missing or not valid counts once as
the best and once as the worst. The numbers are from the regulation where `Protocol.seen` says so; the
others are unverified. None of this is the statutory proof, which asks for the regulator's own tool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from probe.sla import wallclock
from probe.sla.assessment import SpeedTest, Verdict, Why

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000


class Throughput(NamedTuple):
    """One measurement in bit/s. is_valid: over cable, without other traffic, as the protocol asks."""

    at_ms: int
    value: int | Fraction
    is_valid: bool = True


class Speed(NamedTuple):
    """One measurement of a line in bit/s by direction; None: not measured. fault: what makes it not valid."""

    at_ms: int
    down: int | None
    up: int | None
    fault: str | None = None


class Contract(NamedTuple):
    """The speeds that the contract states, in bit/s; None where it states none."""

    maximum: int | Fraction | None = None
    normal: int | Fraction | None = None
    minimum: int | Fraction | None = None
    advertised: int | Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedResult:
    """What a rule makes of the measurements: its tests, what the protocol lacks, and the verdict.

    progress: how far the protocol is, as "2 of 3 days done, 14 of 30 measurements valid".
    """

    findings: tuple[SpeedTest, ...]
    protocol: tuple[str, ...]
    is_complete: bool
    verdict: Verdict
    reason: Why | None
    unverified: tuple[str, ...]
    progress: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How measurements must be made. seen: what was read in a source; unverified: what was not."""

    days: int
    per_day: int
    within_days: int
    spacing_ms: int
    pause_ms: int
    seen: tuple[str, ...]
    unverified: tuple[str, ...]

    @property
    def count(self) -> int:
        """Measurements in all."""
        return self.days * self.per_day


DE_FIXED: Final = Protocol(
    days=3,
    per_day=10,
    within_days=14,
    spacing_ms=5 * MINUTE_MS,
    pause_ms=3 * HOUR_MS,
    seen=(
        "30 measurements on 3 days, 10 a day",
        "a day between measuring days, all within 14 days",
        "90 % of the maximum",
    ),
    unverified=("3 hours between the 5th and the 6th of a day", "below the minimum on 2 of 3 days"),
)


def days_of(samples: Iterable[Throughput], zone: str) -> dict[date, list[Throughput]]:
    """The valid measurements of each local day, in time order."""
    where = wallclock.zone(zone)
    found: dict[date, list[Throughput]] = {}
    for sample in sorted(samples):
        if sample.is_valid:
            found.setdefault(wallclock.local(sample.at_ms, where).date(), []).append(sample)
    return found


def de_fixed(samples: Sequence[Throughput], contract: Contract, zone: str = "Europe/Berlin") -> SpeedResult:
    """Germany, fixed line: general order of 2021-12-08 on section 57 (4) TKG. Deviates if any of three tests does."""
    days = days_of(samples, zone)
    values = [[each.value for each in day] for day in days.values()]
    missing = [DE_FIXED.per_day - len(day) for day in values] + [DE_FIXED.per_day] * (DE_FIXED.days - len(values))
    tests = (
        ("maximum", contract.maximum, _maximum),
        ("normally available", contract.normal, _normal),
        ("minimum", contract.minimum, _minimum),
    )
    findings = tuple(_tested(name, speed, test, values, missing) for name, speed, test in tests)
    return concluded(findings, _protocol(days), DE_FIXED.unverified, _progress(days))


Days = Sequence[Sequence[int | Fraction]]
Test = Callable[[Days, int | Fraction], tuple[bool, str]]


def _tested(name: str, speed: int | Fraction | None, test: Test, values: Days, missing: Sequence[int]) -> SpeedTest:
    """A test with every missing measurement at its best, and at its worst."""
    if speed is None:
        return SpeedTest(name, None, f"the contract states no {name} speed")
    holes = [max(count, 0) for count in missing]
    padded = [*values, *([] for _ in range(len(holes) - len(values)))]
    best = test([[*day, *[speed] * count] for day, count in zip(padded, holes, strict=True)], speed)
    worst = test([[*day, *[0] * count] for day, count in zip(padded, holes, strict=True)], speed)
    if best[0] is worst[0]:
        return SpeedTest(name, best[0], worst[1] if not any(holes) else best[1])
    return SpeedTest(name, None, f"open until all measurements are made; at worst {worst[1]}")


def _maximum(days: Days, speed: int | Fraction) -> tuple[bool, str]:
    good = sum(any(10 * value >= 9 * speed for value in day) for day in days)
    return good < 2, f"90 % of the maximum was reached on {good} of {len(days)} days; 2 are needed"


def _normal(days: Days, speed: int | Fraction) -> tuple[bool, str]:
    values = [value for day in days for value in day]
    good = sum(value >= speed for value in values)
    says = f"{good} of {len(values)} measurements reach the normally available speed; 90 % are needed"
    return 10 * good < 9 * len(values), says


def _minimum(days: Days, speed: int | Fraction) -> tuple[bool, str]:
    bad = sum(any(value < speed for value in day) for day in days)
    return bad >= 2, f"below the minimum on {bad} of {len(days)} days; 2 are a deviation"


def _protocol(days: Mapping[date, Sequence[Throughput]]) -> tuple[str, ...]:
    """What is missing of the German protocol, in words; empty when it is complete."""
    said = []
    if _done(days) < DE_FIXED.days:
        said.append(_progress(days))
    if len(days) > DE_FIXED.days:
        said.append(f"measured on {len(days)} days; the order asks for {DE_FIXED.days}")
    said += [f"{a} and {b} have no day between them" for a, b in pairwise(sorted(days)) if (b - a).days < 2]
    if days and (max(days) - min(days)).days >= DE_FIXED.within_days:
        said.append(f"from {min(days)} to {max(days)} are more than {DE_FIXED.within_days} days")
    return (*said, *(problem for day, seen in days.items() for problem in _spacing(day, seen)))


def _progress(days: Mapping[date, Sequence[Throughput]]) -> str:
    valid = sum(min(len(seen), DE_FIXED.per_day) for seen in days.values())
    return f"{_done(days)} of {DE_FIXED.days} days done, {valid} of {DE_FIXED.count} measurements valid"


def _done(days: Mapping[date, Sequence[Throughput]]) -> int:
    return sum(len(seen) >= DE_FIXED.per_day for seen in days.values())


def _spacing(day: date, seen: Sequence[Throughput]) -> Iterable[str]:
    if len(seen) > DE_FIXED.per_day:
        yield f"{day}: {len(seen)} measurements; the order asks for {DE_FIXED.per_day}"
    for i, (a, b) in enumerate(pairwise(seen), start=1):
        least = DE_FIXED.pause_ms if i == DE_FIXED.per_day // 2 else DE_FIXED.spacing_ms
        if b.at_ms - a.at_ms < least:
            apart = (b.at_ms - a.at_ms) // MINUTE_MS
            yield f"{day}: measurement {i + 1} came {apart} min after the one before; {least // MINUTE_MS} are asked"


def concluded(
    findings: tuple[SpeedTest, ...], gaps: tuple[str, ...], unverified: tuple[str, ...], progress: str
) -> SpeedResult:
    """The verdict: missed when a test surely deviates and the protocol was kept; met when none can."""
    told = [each.deviates for each in findings]
    if gaps:
        verdict, reason = Verdict.UNDECIDED, Why.COVERAGE
    elif True in told:
        verdict, reason = Verdict.MISSED, None
    elif None in told:
        verdict, reason = Verdict.UNDECIDED, Why.TERMS
    else:
        verdict, reason = Verdict.MET, None
    return SpeedResult(
        findings=findings,
        protocol=gaps,
        is_complete=not gaps,
        verdict=verdict,
        reason=reason,
        unverified=unverified,
        progress=progress,
    )
