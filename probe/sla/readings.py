"""Every reading of the clauses that terms leave open, each worked out as a full set of rules.

Where the text is silent nothing is assumed: the alternatives are multiplied, the one kindest to the
provider first, and each is judged. What may be open stands in `probe.sla.alternatives`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from probe.sla import hours
from probe.sla.alternatives import CLAUSES, Alternative
from probe.sla.assessment import Ms, PeriodSpan
from probe.sla.basis import Basis
from probe.sla.clauses import CreditRow, OutageRule
from probe.sla.counting import Counting
from probe.sla.draft import Context, Draft, effect_of, is_partial, life, occurrences, pardons, shortened, stated
from probe.sla.frame import Frame
from probe.sla.interval import Intervals
from probe.sla.requests import BucketRule
from probe.sla.terms import Terms

WHOLE_PERIOD = ("assume_up", "full_period")
BY_DURATION = {"F5": "event_duration", "F6": "cumulative_duration"}


def drafts(context: Context, span: PeriodSpan) -> tuple[Draft, ...]:
    """Every reading of the terms over that period, the kindest to the provider first."""
    terms, rule = context.terms, context.terms.outage
    counting = Counting(
        archetype=terms.archetype,
        excess=rule.excess,
        net=rule.qualify == "net",
        rounding=rule.rounding,
        edge="split" if terms.archetype == "F8" else rule.edge or "split",
        day_edge=rule.edge or "split",
        most_outages=rule.max_interruptions,
    )
    found = [
        Draft(
            period=span,
            counting=stated(rule, counting),
            occurrences=occurrences(context, span),
            shrinks=terms.denominator == "period_minus_excluded",
            assumes_up=terms.partial_life in WHOLE_PERIOD,
            clock_start=rule.clock_start,
        )
    ]
    for clause, alternatives in CLAUSES.items():
        found = [each for draft in found for each in _decided(clause, alternatives(context, draft), draft)]
    return tuple(found)


def basis(draft: Draft, context: Context) -> Basis:
    """The rules of one reading, ready to judge by."""
    terms = context.terms
    start, end = life(context.service, draft.period)
    accepted = [each for each in draft.accepted if not is_partial(each.window, context.keys)]
    shrinking = [each for each in accepted if effect_of(each, draft) == "both"]
    touching = tuple(each for each in pardons(accepted).values() if each.windows & context.timeline.worst)
    rule = terms.outage.service_hours
    served = hours.expand(rule, *draft.period[:3]) if rule else None
    if context.requests is not None:
        touching = tuple(pardons(accepted).values())
    return Basis(
        rule=draft.counting,
        frame=Frame(start_ms=start, end_ms=end, zone=draft.period.timezone, pardons=touching, hours=served),
        denominator_ms=(_whole(draft, terms, (start, end), served) - shortened(shrinking, start, end, served))
        * (int(context.subjects) if context.subjects.denominator == 1 else context.subjects),
        resolution_ms=context.resolution_ms,
        is_running=context.as_of_ms < end,
        requests=context.requests,
        bucket_rule=_bucket_rule(terms.outage, terms.archetype),
        rows=_rows(terms),
        share=context.share,
        round_result=terms.round_result,
    )


def _whole(draft: Draft, terms: Terms, life_ms: tuple[int, int], served: Intervals | None) -> Ms:
    """The time that the promise speaks of, before anything is excused."""
    start, end = draft.period[:2] if draft.assumes_up else life_ms
    if served is not None:
        return served.clip(start, end).measure
    is_partial_life = not draft.assumes_up and life_ms != draft.period[:2]
    return terms.fixed_period_ms if terms.fixed_period_ms and not is_partial_life else end - start


def _bucket_rule(rule: OutageRule, archetype: str) -> BucketRule | None:
    """When an interval of requests is bad; None where intervals are judged by the time line."""
    if archetype in {"F3", "F4"}:
        return BucketRule(empty=rule.empty_bucket)
    if rule.bucket_rule not in {"error_rate", "loss"}:
        return None
    return BucketRule(more_than=rule.bucket_over, min_requests=rule.min_requests or 0, empty=rule.empty_bucket)


def _rows(terms: Terms) -> tuple[CreditRow, ...]:
    """The rows by which an archetype looks durations up."""
    wanted = BY_DURATION.get(terms.archetype)
    return next((each.rows for each in terms.remedies if wanted and each.lookup == wanted), ())


def _decided(clause: str, found: Iterable[Alternative], draft: Draft) -> list[Draft]:
    alternatives = list(found)
    if not alternatives:
        return [draft]
    return [replace(other, labels=(*draft.labels, (clause, says))) for says, other in alternatives]
