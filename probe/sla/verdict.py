"""Met, missed or undecided: counted downtime against the budget, exactly (availability.md, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from probe.sla import formula
from probe.sla.assessment import Bounds, Figures, Ms, Promise, Verdict, Why
from probe.sla.basis import Basis
from probe.sla.interval import Intervals
from probe.sla.quantities import rounded
from probe.sla.timeline import Timeline

ONE = Fraction(1)
Bound = Callable[[Figures], Ms | None]


class Part(NamedTuple):
    """One of several subjects that are counted together, with its weight in the sum."""

    known: Timeline
    weight: Fraction = ONE


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


def judge(known: Timeline | Sequence[Part], basis: Basis, promise: Promise | None) -> Judgement:
    """The figures of a time line, or of pooled ones, under one reading of the terms, and what they prove."""
    parts = [Part(known)] if isinstance(known, Timeline) else list(known)
    figures = totalled(parts, basis)
    total = basis.denominator_ms
    unknown = _unknown(parts, basis)
    budget = (1 - promise.target) * total if promise else None
    verdict, reason = _decide(parts, basis, promise, figures)
    return Judgement(
        basis=basis,
        downtime=figures,
        unknown_ms=unknown,
        budget_ms=budget,
        coverage=_coverage(parts, basis, unknown),
        availability=_bounds(figures, unknown, basis) if total else None,
        verdict=verdict,
        reason=reason,
    )


def measured(line: Timeline, basis: Basis) -> Figures:
    """Counted downtime of one time line: proven, best estimate, and the bounds above it."""
    return formula.measured(line, basis)


def totalled(parts: Sequence[Part], basis: Basis) -> Figures:
    """Counted downtime of all parts, each by its weight; a bound that one does not have the sum has not either.

    Requests are one pool already, whatever part they were made to.
    """
    if formula.counts_requests(basis):
        return formula.measured(parts[0].known, basis)
    found = [formula.measured(part.known, basis) for part in parts]
    return formula.total(found, [part.weight for part in parts]) or found[0]


def _unknown(parts: Sequence[Part], basis: Basis) -> Ms:
    frame = basis.frame
    lengths = [frame.excuse(frame.inside(part.known.unknown)).measure for part in parts]
    if len(lengths) == 1:
        return lengths[0]
    return sum((length * part.weight for length, part in zip(lengths, parts, strict=True)), Fraction(0))


def _coverage(parts: Sequence[Part], basis: Basis, unknown: Ms) -> Fraction | None:
    """The share of the time that something is known about: of a running period, of what has elapsed."""
    total: Ms = basis.denominator_ms
    if basis.is_running:
        frame = basis.frame
        elapsed = [Intervals.span(frame.start_ms, min(frame.end_ms, part.known.end_ms)) for part in parts]
        total = sum((frame.inside(each).measure * part.weight for each, part in zip(elapsed, parts, strict=True)), 0)
    return max(1 - Fraction(unknown) / total, Fraction(0)) if total else None


def _is_blind(parts: Sequence[Part], basis: Basis) -> bool:
    """Whether nothing at all is known of the period: then excused time does not make a promise kept."""
    frame = basis.frame
    whole = frame.inside(Intervals.span(frame.start_ms, frame.end_ms)).measure
    return bool(parts) and all(frame.inside(part.known.unknown).measure == whole for part in parts)


def _bounds(figures: Figures, unknown: Ms, basis: Basis) -> Bounds:
    total = basis.denominator_ms
    high = 1 - Fraction(figures.low) / total
    low = Fraction(0) if figures.high is None else 1 - Fraction(figures.high) / total
    if total == unknown:
        return Bounds(low, None, high)
    point = 1 - Fraction(figures.point) / (total - unknown)
    if not basis.rule.is_plain:
        point = min(max(point, low), high)
    return Bounds(low, point, high)


def _decide(
    parts: Sequence[Part], basis: Basis, promise: Promise | None, figures: Figures
) -> tuple[Verdict, Why | None]:
    if promise is None:
        return Verdict.UNDECIDED, Why.TERMS
    if not basis.denominator_ms:
        return Verdict.UNDECIDED, Why.NO_TIME
    trial = Trial(basis, promise)
    if trial.is_broken(parts, figures, _low):
        return Verdict.MISSED, None
    if basis.is_running:
        return Verdict.UNDECIDED, Why.RUNNING
    if not _is_blind(parts, basis) and trial.is_broken(parts, figures, _at_resolution) is False:
        return Verdict.MET, None
    return Verdict.UNDECIDED, trial.why(parts)


class Trial(NamedTuple):
    """A promise to be held against figures, in the way in which the archetype decides."""

    basis: Basis
    promise: Promise

    def is_broken(self, parts: Sequence[Part], figures: Figures, bound: Bound) -> bool | None:
        """Whether that bound of the figures breaks the promise; None where it is not bounded."""
        decided = formula.total([formula.decisive(part.known, self.basis) for part in parts])
        value = bound(figures if decided is None else decided)
        found = [None if value is None else bool(value) if decided else not self._fits(value)]
        if self.basis.rule.most_outages is not None:
            count = bound(formula.total([formula.interruptions(part.known, self.basis) for part in parts]) or figures)
            found.append(None if count is None else count > self.basis.rule.most_outages)
        if True in found:
            return True
        return None if None in found else False

    def why(self, parts: Sequence[Part]) -> Why:
        """What keeps a promise from being met: time without knowledge, the spacing of samples, or both.

        Where even their settling would not decide, the open share of customers does: the terms.
        """
        if formula.counts_requests(self.basis) or self._holds_without(parts, lambda line: line.unknown):
            return Why.COVERAGE
        if self._holds_without(parts, lambda line: line.maybe):
            return Why.RESOLUTION
        least, most = self.basis.share
        if least < most and not self._holds_without(parts, lambda line: line.unknown | line.maybe):
            return Why.TERMS
        return Why.BOTH if _unknown(parts, self.basis) else Why.RESOLUTION

    def _holds_without(self, parts: Sequence[Part], doubt: Callable[[Timeline], Intervals]) -> bool:
        """Whether the promise is kept at the declared resolution once a doubt is settled for the provider."""
        left = [Part(_settled(part.known, doubt(part.known), self.basis), part.weight) for part in parts]
        bound = _at_resolution if formula.is_per_event(self.basis) else _high
        return self.is_broken(left, totalled(left, self.basis), bound) is False

    def _fits(self, downtime: Ms) -> bool:
        """Whether the budget allows that much; ">" spends it one step sooner."""
        total, decimals = self.basis.denominator_ms, self.basis.round_result
        if decimals is not None:
            downtime = (1 - rounded(1 - Fraction(downtime) / total, decimals + 2)) * total
        budget = (1 - self.promise.target) * total
        return downtime < budget if self.promise.op == ">" else downtime <= budget


def _settled(line: Timeline, doubt: Intervals, basis: Basis) -> Timeline:
    fine = line.at_resolution(basis.resolution_ms) - doubt
    return Timeline(
        start_ms=line.start_ms, end_ms=line.end_ms, down=line.down & fine, maybe=fine - line.down, cuts=line.cuts
    )


def _low(figures: Figures) -> Ms | None:
    return figures.low


def _high(figures: Figures) -> Ms | None:
    return figures.high


def _at_resolution(figures: Figures) -> Ms | None:
    return figures.at_resolution
