"""Every reading of the clauses that terms leave open, each worked out as a full set of rules.

Where the text is silent nothing is assumed: the alternatives are multiplied, the one kindest to the
provider first, and each is judged. `CLAUSES` is the table of what may be open; one function each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from probe.model import Window
from probe.sla import exclusions, period
from probe.sla.assessment import Ms, PeriodSpan
from probe.sla.basis import Basis
from probe.sla.clauses import OutageRule, Shortest
from probe.sla.counting import Counting, Grid, Rounding
from probe.sla.exclusions import Occurrence, Standing
from probe.sla.formula import FORMULAS
from probe.sla.frame import Frame, Pardon, earliest
from probe.sla.interval import EMPTY, Intervals, Pair
from probe.sla.quantities import in_words
from probe.sla.service import Service
from probe.sla.terms import Terms
from probe.sla.timeline import Timeline

COMMON_SHORTEST_MS: Final = (300_000, 60_000, 0)
"""The shortest outages that published terms use; tried where terms say nothing."""

FAR_ZONES: Final = ("Etc/GMT+12", "Etc/GMT-14")
"""The latest and the earliest midnight on earth."""

EDGE_MS: Final = 14 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One reading in the making. labels: (clause, what it says), the open clauses decided so far.

    shrinks: whether accepted windows without a stated effect shorten the denominator. assumes_up:
    whether time outside the service's life stays in it.
    """

    period: PeriodSpan
    counting: Counting
    occurrences: tuple[Occurrence, ...] = ()
    shrinks: bool = False
    assumes_up: bool = False
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def accepted(self) -> tuple[Occurrence, ...]:
        """The windows that this reading forgives."""
        return tuple(each for each in self.occurrences if each.standing is Standing.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the clauses may look at: the service, the keys judged together, the windows in scope, the time line."""

    service: Service
    keys: tuple[str, ...]
    terms: Terms
    windows: tuple[Window, ...]
    timeline: Timeline
    as_of_ms: int
    resolution_ms: int


Alternative = tuple[str, Draft]
PardonKey = tuple[str, int | None]
Clauses = Callable[[Context, Draft], Iterable[Alternative]]


def drafts(context: Context, span: PeriodSpan) -> tuple[Draft, ...]:
    """Every reading of the terms over that period, the kindest to the provider first."""
    rule = context.terms.outage
    counting = Counting(
        archetype=context.terms.archetype if context.terms.archetype in FORMULAS else "F1",
        excess=rule.excess,
        net=rule.qualify == "net",
        rounding=rule.rounding,
    )
    shrinks = context.terms.denominator == "period_minus_excluded"
    assumes_up = context.terms.partial_life == "assume_up"
    found = [
        Draft(
            period=span,
            counting=_stated(rule, counting),
            occurrences=_occurrences(context, span),
            shrinks=shrinks,
            assumes_up=assumes_up,
        )
    ]
    for clause, alternatives in CLAUSES.items():
        found = [each for draft in found for each in _decided(clause, alternatives(context, draft), draft)]
    return tuple(found)


def basis(draft: Draft, context: Context) -> Basis:
    """The rules of one reading, ready to judge by."""
    start, end = life(context.service, draft.period)
    accepted = [each for each in draft.accepted if not is_partial(each.window, context.keys)]
    shrinking = [each for each in accepted if effect_of(each, draft) == "both"]
    lost = _shortened(shrinking, start, end)
    touching = tuple(each for each in pardons(accepted).values() if each.windows & context.timeline.worst)
    whole = draft.period.end_ms - draft.period.start_ms if draft.assumes_up else end - start
    return Basis(
        rule=draft.counting,
        frame=Frame(start_ms=start, end_ms=end, zone=draft.period.timezone, pardons=touching),
        denominator_ms=whole - lost,
        resolution_ms=context.resolution_ms,
        is_running=context.as_of_ms < end,
    )


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


def _decided(clause: str, found: Iterable[Alternative], draft: Draft) -> list[Draft]:
    alternatives = list(found)
    if not alternatives:
        return [draft]
    return [replace(other, labels=(*draft.labels, (clause, says))) for says, other in alternatives]


def _occurrences(context: Context, span: PeriodSpan) -> tuple[Occurrence, ...]:
    return exclusions.qualify(context.windows, context.terms.exclusions, span.start_ms, span.end_ms)


def _shortened(shrinking: list[Occurrence], start_ms: int, end_ms: int) -> Ms:
    """How much the accepted windows take from the denominator, each cap in time order."""
    lost = EMPTY
    for pardon in pardons(shrinking).values():
        inside = pardon.windows.clip(start_ms, end_ms)
        lost |= inside if pardon.cap_ms is None else earliest(inside, pardon.cap_ms)
    return lost.measure


def _stated(rule: OutageRule, counting: Counting) -> Counting:
    """The rule as far as the terms state it."""
    if rule.shortest and len(rule.shortest) == 1:
        counting = _with_shortest(counting, rule.shortest[0])
    if rule.unit_ms and rule.unit_align:
        counting = _with_units(counting, rule.unit_ms, rule.unit_align)
    if rule.bucket_ms and rule.bucket_rule:
        counting = _with_buckets(counting, rule, rule.bucket_rule)
    return counting


def _with_shortest(counting: Counting, shortest: Shortest) -> Counting:
    return replace(counting, shortest_ms=shortest.span_ms, strict=shortest.strict)


def _with_units(counting: Counting, unit_ms: int, align: str) -> Counting:
    if align == "clock":
        return replace(counting, grid=Grid(cell_ms=unit_ms))
    return replace(counting, rounding=Rounding(unit_ms=unit_ms, mode="floor", level="outage"))


def _with_buckets(counting: Counting, rule: OutageRule, bucket_rule: str) -> Counting:
    grid = Grid(cell_ms=rule.bucket_ms or 1, anchor=rule.bucket_anchor, touched=bucket_rule == "any")
    return replace(counting, grid=grid)


def _zone(context: Context, draft: Draft) -> Iterable[Alternative]:
    if context.terms.timezone or context.service.timezone:
        return
    edges = [(edge - EDGE_MS, edge + EDGE_MS) for edge in draft.period[:2]]
    if not Intervals.of(edges) & context.timeline.worst:
        return
    yield f"the period is cut in {draft.period.timezone}", draft
    for zone in FAR_ZONES:
        span = period.shifted(draft.period, zone, context.as_of_ms)
        yield f"the period is cut in {zone}", replace(draft, period=span, occurrences=_occurrences(context, span))


def _life(context: Context, draft: Draft) -> Iterable[Alternative]:
    if context.terms.partial_life or life(context.service, draft.period) == draft.period[:2]:
        return
    yield "time before or after the service's life counts as up", replace(draft, assumes_up=True)
    yield "the service's own life is the period", draft


def _maintenance(context: Context, draft: Draft) -> Iterable[Alternative]:
    del context
    is_open = [each for each in draft.occurrences if each.standing is Standing.OPEN]
    if is_open:
        why = is_open[0].why or ""
        for standing, word in ((Standing.ACCEPTED, "is"), (Standing.REFUSED, "is not")):
            decided = tuple(_decide(each, standing) for each in draft.occurrences)
            yield f"the maintenance {word} excused (open: {why})", replace(draft, occurrences=decided)


def _decide(each: Occurrence, standing: Standing) -> Occurrence:
    if each.standing is not Standing.OPEN:
        return each
    why = None if standing is Standing.ACCEPTED else f"open in the terms: {each.why}"
    return replace(each, standing=standing, why=why)


def _shortest(context: Context, draft: Draft) -> Iterable[Alternative]:
    rule = context.terms.outage
    if rule.shortest is None and rule.unit_ms is None and context.terms.archetype == "F1":
        for span_ms in COMMON_SHORTEST_MS:
            says = f"only outages of at least {in_words(span_ms)} count" if span_ms else "every outage counts"
            yield says, replace(draft, counting=replace(draft.counting, shortest_ms=span_ms))
    elif rule.shortest and len(rule.shortest) > 1:
        for each in rule.shortest:
            yield each.says, replace(draft, counting=_with_shortest(draft.counting, each))


def _unit(context: Context, draft: Draft) -> Iterable[Alternative]:
    rule = context.terms.outage
    if rule.unit_ms and not rule.unit_align:
        for align, says in (("clock", "as on the clock"), ("elapsed", "elapsed from the onset")):
            counting = _with_units(draft.counting, rule.unit_ms, align)
            yield f"whole units of {in_words(rule.unit_ms)} {says}", replace(draft, counting=counting)


def _bucket(context: Context, draft: Draft) -> Iterable[Alternative]:
    rule = context.terms.outage
    if rule.bucket_ms and not rule.bucket_rule:
        for word, says in (("all", "wholly"), ("any", "partly or wholly")):
            counting = _with_buckets(draft.counting, rule, word)
            yield f"an interval is bad when {says} down", replace(draft, counting=counting)


def _denominator(context: Context, draft: Draft) -> Iterable[Alternative]:
    if context.terms.denominator or not any(_has_open_effect(each) for each in draft.accepted):
        return
    yield "excused maintenance leaves the denominator whole", draft
    yield "excused maintenance shortens the denominator", replace(draft, shrinks=True)


def _has_open_effect(each: Occurrence) -> bool:
    return each.clause is None or each.clause.effect is None


def _qualify(context: Context, draft: Draft) -> Iterable[Alternative]:
    if context.terms.outage.qualify or draft.counting.is_plain or not draft.accepted:
        return
    yield (
        "outages are recognised after maintenance is cut out",
        replace(draft, counting=replace(draft.counting, net=True)),
    )
    yield "outages are recognised before maintenance is cut out", draft


CLAUSES: Final[Mapping[str, Clauses]] = {
    "time zone": _zone,
    "part of a period": _life,
    "maintenance": _maintenance,
    "shortest outage": _shortest,
    "whole units": _unit,
    "bad interval": _bucket,
    "denominator": _denominator,
    "maintenance inside an outage": _qualify,
}
"""What terms may leave open, in the order in which it is decided."""
