"""One reading of terms in the making: what is decided so far, and what the decisions may look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from probe.model import Ticket, Window
from probe.sla import exclusions
from probe.sla.assessment import Ms, PeriodSpan
from probe.sla.basis import WHOLE
from probe.sla.clauses import OutageRule, Shortest, Sustain
from probe.sla.counting import Counting, Grid, Rounding
from probe.sla.exclusions import Occurrence, Standing
from probe.sla.frame import Pardon, earliest
from probe.sla.interval import EMPTY, Intervals, Pair
from probe.sla.notice import Look
from probe.sla.requests import Requests
from probe.sla.service import Service
from probe.sla.terms import Terms
from probe.sla.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One reading in the making. labels: (clause, what it says), the open clauses decided so far.

    shrinks: whether accepted windows without a stated effect shorten the denominator. assumes_up:
    whether time outside the service's life stays in it. clock_start: from where outages are counted.
    """

    period: PeriodSpan
    counting: Counting
    occurrences: tuple[Occurrence, ...] = ()
    shrinks: bool = False
    assumes_up: bool = False
    clock_start: str | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def accepted(self) -> tuple[Occurrence, ...]:
        """The windows that this reading forgives."""
        return tuple(each for each in self.occurrences if each.standing is Standing.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the clauses may look at: the service, the keys judged together, the windows in scope, the time line.

    subjects: the sum of the weights of what is pooled. share: the least and the most that an outage affects.
    """

    service: Service
    keys: tuple[str, ...]
    terms: Terms
    windows: tuple[Window, ...]
    timeline: Timeline
    as_of_ms: int
    resolution_ms: int
    tickets: tuple[Ticket, ...] = ()
    requests: Requests | None = None
    subjects: Fraction = Fraction(1)
    share: tuple[Fraction, Fraction] = WHOLE


PardonKey = tuple[str, int | None]


def life(service: Service, span: PeriodSpan) -> tuple[int, int]:
    """The part of the period in which the service existed."""
    start = max(span.start_ms, span.start_ms if service.since_ms is None else service.since_ms)
    end = min(span.end_ms, span.end_ms if service.until_ms is None else service.until_ms)
    return start, max(start, end)


def effect_of(each: Occurrence, draft: Draft) -> str:
    """Whether a window is worth only the downtime in it, or shortens the denominator too."""
    stated = each.clause.effect if each.clause else None
    return stated or ("both" if draft.shrinks else "numerator")


def pardons(accepted: Iterable[Occurrence]) -> dict[PardonKey, Pardon]:
    """The accepted windows merged, those under one cap together."""
    by_cap: dict[PardonKey, list[Pair]] = {}
    for each in accepted:
        by_cap.setdefault(pardon_key(each), []).append((each.start_ms, each.end_ms))
    return {key: Pardon(Intervals.of(pairs), key[1]) for key, pairs in by_cap.items()}


def pardon_key(each: Occurrence) -> PardonKey:
    """What windows that are merged have in common: the clause that caps them, if any."""
    cap = each.clause.cap_ms if each.clause else None
    return (each.cause if cap is not None else "", cap)


def is_partial(window: Window, keys: tuple[str, ...]) -> bool:
    """Whether a window speaks of some of the checks that are judged together, not of all."""
    return not all(exclusions.covers(window, key) for key in keys)


def occurrences(context: Context, span: PeriodSpan) -> tuple[Occurrence, ...]:
    """Every window in scope that touches the period, and what the terms make of it."""
    look = Look(span.timezone, context.timeline.down)
    return exclusions.qualify(context.windows, context.terms.exclusions, span.start_ms, span.end_ms, look)


def shortened(shrinking: list[Occurrence], start_ms: int, end_ms: int, served: Intervals | None) -> Ms:
    """How much the accepted windows take from the denominator, each cap in time order."""
    lost = EMPTY
    for pardon in pardons(shrinking).values():
        inside = pardon.windows.clip(start_ms, end_ms)
        inside = inside if served is None else inside & served
        lost |= inside if pardon.cap_ms is None else earliest(inside, pardon.cap_ms)
    return lost.measure


def stated(rule: OutageRule, counting: Counting) -> Counting:
    """The rule as far as the terms state it."""
    if rule.shortest and len(rule.shortest) == 1:
        counting = with_shortest(counting, rule.shortest[0])
    if rule.sustain:
        counting = with_shortest(counting, easiest(rule.sustain))
    if rule.unit_ms and rule.unit_align:
        counting = with_units(counting, rule.unit_ms, rule.unit_align)
    if rule.bucket_ms and rule.bucket_rule:
        counting = with_buckets(counting, rule, rule.bucket_rule)
    return counting


def easiest(sustain: Iterable[Sustain]) -> Sustain:
    """Of several ways to be out the one that an outage without any answer fulfils first."""
    return min(sustain, key=lambda each: (each.span_ms, each.strict))


def with_shortest(counting: Counting, shortest: Shortest | Sustain) -> Counting:
    """The rule with that shortest outage."""
    return replace(counting, shortest_ms=shortest.span_ms, strict=shortest.strict)


def with_units(counting: Counting, unit_ms: int, align: str) -> Counting:
    """The rule counting whole units only."""
    if align == "clock":
        return replace(counting, grid=Grid(cell_ms=unit_ms))
    return replace(counting, rounding=Rounding(unit_ms=unit_ms, mode="floor", level="outage"))


def with_buckets(counting: Counting, rule: OutageRule, bucket_rule: str) -> Counting:
    """The rule counting intervals."""
    grid = Grid(cell_ms=rule.bucket_ms or 1, anchor=rule.bucket_anchor, touched=bucket_rule == "any")
    return replace(counting, grid=grid)
