"""Met, missed or undecided: counted downtime against the budget, exactly (availability.md, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from probe.sla.assessment import Bounds, Figures, Ms, Promise, Verdict, Why
from probe.sla.counting import Counting, Frame, counted
from probe.sla.interval import Intervals
from probe.sla.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One full reading of the terms: the rule, the frame, the denominator and how finely "met" is decided."""

    rule: Counting
    frame: Frame
    denominator_ms: Ms
    resolution_ms: int
    is_running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one reading says of one timeline; `budget_ms` and verdict need a promise."""

    basis: Basis
    downtime: Figures
    unknown_ms: Ms
    budget_ms: Fraction | None
    coverage: Fraction | None
    availability: Bounds | None
    verdict: Verdict
    reason: Why | None


def judge(timeline: Timeline, basis: Basis, promise: Promise | None) -> Judgement:
    """The figures of a timeline under one reading of the terms, and what they prove."""
    figures = measured(timeline, basis)
    total = basis.denominator_ms
    frame = basis.frame
    unknown = frame.excuse(timeline.unknown.clip(frame.start_ms, frame.end_ms)).measure
    budget = (1 - promise.target) * total if promise else None
    verdict, reason = _decide(timeline, basis, promise, figures)
    return Judgement(
        basis=basis,
        downtime=figures,
        unknown_ms=unknown,
        budget_ms=budget,
        coverage=1 - Fraction(unknown) / total if total else None,
        availability=_bounds(figures, unknown, basis) if total else None,
        verdict=verdict,
        reason=reason,
    )


def measured(timeline: Timeline, basis: Basis) -> Figures:
    """Counted downtime: proven, best estimate, and the bounds above it."""
    worst, fine = timeline.worst, timeline.at_resolution(basis.resolution_ms)
    low = _count(timeline.down, timeline, basis)
    observed = _count(timeline.observed, timeline, basis)
    high = _count(worst, timeline, basis) if timeline.unknown else observed
    at_resolution = high if fine is worst else _count(fine, timeline, basis)
    return Figures(low, _count(timeline.point, timeline, basis), observed, high, at_resolution)


def _count(down: Intervals, timeline: Timeline, basis: Basis) -> Ms:
    return counted(basis.rule, down, timeline.cuts, basis.frame)


def _bounds(figures: Figures, unknown: Ms, basis: Basis) -> Bounds:
    total = basis.denominator_ms
    high = 1 - Fraction(figures.low) / total
    low = 1 - Fraction(figures.high or 0) / total
    if total == unknown:
        return Bounds(low, None, high)
    point = 1 - Fraction(figures.point) / (total - unknown)
    if not basis.rule.is_plain:
        point = min(max(point, low), high)
    return Bounds(low, point, high)


def _decide(timeline: Timeline, basis: Basis, promise: Promise | None, figures: Figures) -> tuple[Verdict, Why | None]:
    if promise is None:
        return Verdict.UNDECIDED, Why.TERMS
    if not basis.denominator_ms:
        return Verdict.UNDECIDED, Why.NO_TIME
    if not _fits(figures.low, basis, promise):
        return Verdict.MISSED, None
    if basis.is_running:
        return Verdict.UNDECIDED, Why.RUNNING
    if _fits(figures.at_resolution or 0, basis, promise):
        return Verdict.MET, None
    return Verdict.UNDECIDED, _why(timeline, basis, promise)


def _why(timeline: Timeline, basis: Basis, promise: Promise) -> Why:
    held_against = timeline.at_resolution(basis.resolution_ms)
    if _fits(_count(held_against - timeline.unknown, timeline, basis), basis, promise):
        return Why.COVERAGE
    if _fits(_count(held_against - timeline.maybe, timeline, basis), basis, promise):
        return Why.RESOLUTION
    return Why.BOTH


def _fits(downtime: Ms, basis: Basis, promise: Promise) -> bool:
    """Whether the promise holds with that much counted downtime; ">" spends the budget one step sooner."""
    budget = (1 - promise.target) * basis.denominator_ms
    return downtime < budget if promise.op == ">" else downtime <= budget
