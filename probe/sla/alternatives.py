"""What terms may leave open, one function a clause: the alternatives that the text allows.

`CLAUSES` is the table, in the order in which it is decided. A function yields nothing where the
clause is stated, or where it cannot matter to this log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from probe.sla import days, period
from probe.sla.draft import (
    Context,
    Draft,
    life,
    occurrences,
    with_buckets,
    with_shortest,
    with_units,
)
from probe.sla.exclusions import Occurrence, Standing
from probe.sla.frame import Frame
from probe.sla.interval import Intervals
from probe.sla.quantities import in_words

COMMON_SHORTEST_MS: Final = (300_000, 60_000, 0)
"""The shortest outages that published terms use; tried where terms say nothing."""

FAR_ZONES: Final = ("Etc/GMT+12", "Etc/GMT-14")
"""The latest and the earliest midnight on earth."""

EDGE_MS: Final = 14 * 3_600_000
BY_REQUEST: Final = ("F3", "F4")
PLACED: Final = ("F3", "F4", "F5", "F8", "F10")
"""Archetypes whose outages have their place already, or that know none."""


Alternative = tuple[str, Draft]
Clauses = Callable[[Context, Draft], Iterable[Alternative]]


def _zone(context: Context, draft: Draft) -> Iterable[Alternative]:
    if context.terms.timezone or context.service.timezone or not draft.period.is_calendar:
        return
    edges = [(edge - EDGE_MS, edge + EDGE_MS) for edge in draft.period[:2]]
    if not Intervals.of(edges) & context.timeline.worst:
        return
    yield f"the period is cut in {draft.period.timezone}", draft
    for zone in FAR_ZONES:
        span = period.shifted(draft.period, zone, context.as_of_ms)
        yield f"the period is cut in {zone}", replace(draft, period=span, occurrences=occurrences(context, span))


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
    if rule.shortest is None and not rule.sustain and rule.unit_ms is None and context.terms.archetype == "F1":
        for span_ms in COMMON_SHORTEST_MS:
            says = f"only outages of at least {in_words(span_ms)} count" if span_ms else "every outage counts"
            yield says, replace(draft, counting=replace(draft.counting, shortest_ms=span_ms))
    elif rule.shortest and len(rule.shortest) > 1:
        for each in rule.shortest:
            yield each.says, replace(draft, counting=with_shortest(draft.counting, each))


def _unit(context: Context, draft: Draft) -> Iterable[Alternative]:
    rule = context.terms.outage
    if rule.unit_ms and not rule.unit_align:
        for align, says in (("clock", "as on the clock"), ("elapsed", "elapsed from the onset")):
            counting = with_units(draft.counting, rule.unit_ms, align)
            yield f"whole units of {in_words(rule.unit_ms)} {says}", replace(draft, counting=counting)


def _bucket(context: Context, draft: Draft) -> Iterable[Alternative]:
    rule = context.terms.outage
    if rule.bucket_ms and not rule.bucket_rule:
        for word, says in (("all", "wholly"), ("any", "partly or wholly")):
            counting = with_buckets(draft.counting, rule, word)
            yield f"an interval is bad when {says} down", replace(draft, counting=counting)


def _denominator(context: Context, draft: Draft) -> Iterable[Alternative]:
    if context.terms.denominator or not any(_has_open_effect(each) for each in draft.accepted):
        return
    yield "excused maintenance leaves the denominator whole", draft
    yield "excused maintenance shortens the denominator", replace(draft, shrinks=True)


def _has_open_effect(each: Occurrence) -> bool:
    return each.clause is None or each.clause.effect is None


def _qualify(context: Context, draft: Draft) -> Iterable[Alternative]:
    """Only where an excused window meets something that may count."""
    if context.terms.outage.qualify or draft.counting.is_plain or not draft.accepted or _is_by_request(context):
        return
    windows = Intervals.of((each.start_ms, each.end_ms) for each in draft.accepted)
    if not windows & context.timeline.worst:
        return
    yield (
        "outages are recognised after maintenance is cut out",
        replace(draft, counting=replace(draft.counting, net=True)),
    )
    yield "outages are recognised before maintenance is cut out", draft


def _clock(context: Context, draft: Draft) -> Iterable[Alternative]:
    """Only where a ticket is recorded: without one both readings are the onset's."""
    if context.terms.outage.clock_start or not context.tickets or _is_by_request(context):
        return
    yield "an outage counts from its ticket", replace(draft, clock_start="ticket")
    yield "an outage counts from its onset", draft


def _is_by_request(context: Context) -> bool:
    """Whether requests are counted, not outages: when one began then changes no figure."""
    return context.terms.archetype in BY_REQUEST


def _edge(context: Context, draft: Draft) -> Iterable[Alternative]:
    """Only where outages are recognised by their length and one lies over an edge of the period."""
    if context.terms.outage.edge or not (draft.counting.shortest_ms or draft.counting.rounds_up_each):
        return
    if context.terms.archetype in PLACED or not _is_over_an_edge(context, draft):
        return
    yield "an outage over the period's edge counts for its part inside", draft
    for edge in ("start", "end"):
        counting = replace(draft.counting, edge=edge, grid=None)
        yield f"an outage counts whole in the period of its {edge}", replace(draft, counting=counting)


def _midnight(context: Context, draft: Draft) -> Iterable[Alternative]:
    """Only where days are counted and an outage lies over a midnight of them."""
    start_ms, end_ms, zone = draft.period[:3]
    frame = Frame(start_ms=start_ms, end_ms=end_ms, zone=zone)
    if context.terms.outage.edge or context.terms.archetype != "F8":
        return
    if not days.crosses_midnight(context.timeline.observed, frame):
        return
    yield "an outage over midnight counts on the day of its start", _on_day(draft, "start")
    yield "an outage over midnight counts on the day of its end", _on_day(draft, "end")
    yield "an outage over midnight counts on each day by its part", draft


def _on_day(draft: Draft, edge: str) -> Draft:
    return replace(draft, counting=replace(draft.counting, day_edge=edge))


def _is_over_an_edge(context: Context, draft: Draft) -> bool:
    return any(start < edge < end for start, end in context.timeline.observed for edge in draft.period[:2])


CLAUSES: Final[Mapping[str, Clauses]] = {
    "time zone": _zone,
    "part of a period": _life,
    "maintenance": _maintenance,
    "shortest outage": _shortest,
    "whole units": _unit,
    "bad interval": _bucket,
    "denominator": _denominator,
    "maintenance inside an outage": _qualify,
    "clock start": _clock,
    "period's edge": _edge,
    "midnight": _midnight,
}
"""What terms may leave open, in the order in which it is decided."""
