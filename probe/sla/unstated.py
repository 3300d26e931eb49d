"""What a terms file leaves open, clause by clause, and what that does to a verdict.

Nothing here is a mistake: a clause that nobody has seen must stay out of the file. Whoever writes one
sees what to look for in the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from probe.sla.clauses import OutageRule, Remedy
from probe.sla.terms import Terms

IN_TIME: Final = ("F1", "F5", "F6", "F7", "F8", "F9")


class Unstated(NamedTuple):
    """A key of the terms file that is absent, and what follows from that."""

    key: str
    follows: str


def unstated(terms: Terms) -> tuple[Unstated, ...]:
    """Every clause that the terms leave open, in the order of the file."""
    return tuple(each for look in LOOKS for each in look(terms))


def unsourced(terms: Terms) -> tuple[str, ...]:
    """The parts of the file that are stated but that no source answers for."""
    stated = {
        "promise": bool(terms.promises),
        "period": terms.period is not None,
        "subject": terms.subject is not None,
        "combine": terms.combining is not None,
        "binding": terms.binding is not None,
        "speed": terms.speed is not None,
        "outage": terms.outage != OutageRule(),
        "symptoms": terms.symptoms is not None,
        "applies_when": bool(terms.applies_when),
        "exclusion": bool(terms.exclusions),
        "formula": True,
        "remedy": bool(terms.remedies),
        "claim": terms.claim is not None,
    }
    fields = [field for source in terms.sources for field in source.fields]
    named = {field.partition(".")[0] for field in fields}
    return tuple(key for key, is_stated in stated.items() if is_stated and key not in named)


def _identity(terms: Terms) -> Iterator[Unstated]:
    if terms.service_class is None:
        yield Unstated("service_class", "`sla list --class` does not find it")
    if terms.valid_from is None and terms.valid_to is None:
        yield Unstated("valid_from", "it is taken to be valid on every day")
    for each in terms.promises:
        if each.target is None:
            yield Unstated(f"promise.target of {each.name or each.metric}", "this promise cannot be judged")


def _period(terms: Terms) -> Iterator[Unstated]:
    if terms.period is None:
        yield Unstated("period.kind", "a calendar month is judged")
    if terms.timezone is None:
        yield Unstated("period.timezone", "the zone of the service is taken; outages at its edges are read every way")
    if terms.partial_life is None:
        yield Unstated("period.partial_life", "a service that is younger than the period is read both ways")
    if terms.outage.edge is None:
        yield Unstated("outage.edge", "one over an edge of the period is read as split there, and as whole")


def _subject(terms: Terms) -> Iterator[Unstated]:
    if terms.combining is None:
        yield Unstated("combine", "several checks are judged each by itself")
    if terms.symptoms is None:
        yield Unstated("symptoms", "what a check sees is taken for what the text means")


def _outage(terms: Terms) -> Iterator[Unstated]:
    rule = terms.outage
    is_open = rule.shortest is None and rule.unit_ms is None and not rule.sustain
    if is_open and terms.archetype in IN_TIME:
        yield Unstated("outage.shortest", "outages are read as counting from 5 min, from 1 min, and all")
    if rule.unit_ms is not None and rule.unit_align is None:
        yield Unstated("outage.whole_unit_align", "units from the onset and on the clock are both read")
    if terms.archetype in ("F2", "F3", "F4") and rule.bucket_ms is None:
        yield Unstated("outage.bucket", "intervals of an unknown length cannot be judged")
    if rule.bucket_ms is not None and rule.bucket_rule is None and terms.archetype == "F2":
        yield Unstated("outage.bucket_rule", "intervals that are down wholly and partly are both read")
    if rule.bucket_ms is not None and rule.empty_bucket is None and terms.archetype in ("F2", "F3"):
        yield Unstated("outage.empty_bucket", "what an interval without requests is, stays open")
    if rule.clock_start is None:
        yield Unstated("outage.clock_start", "where a ticket is recorded, both it and the onset are read")


def _exclusions(terms: Terms) -> Iterator[Unstated]:
    scheduled = [each for each in terms.exclusions if each.cause == "scheduled_maintenance"]
    if not scheduled:
        yield Unstated("exclusion of scheduled_maintenance", "maintenance is read as excused and as not")
    for each in scheduled:
        has_notice = each.notice_ms is not None or each.notice is not None or each.notice_by_impact
        if each.excused and not has_notice:
            yield Unstated("exclusion.notice", "windows are read as announced in time and as not")
        if each.excused and each.effect is None and terms.denominator is None:
            yield Unstated("formula.denominator", "maintenance is read as shortening the period and as not")


def _remedies(terms: Terms) -> Iterator[Unstated]:
    if not terms.remedies:
        yield Unstated("remedy", "no credit can be named")
    for index, remedy in enumerate(terms.remedies, start=1):
        place = "remedy" if len(terms.remedies) == 1 else f"remedy[{index}]"
        yield from _remedy(remedy, place)
    if len(terms.remedies) > 1 and not any(each.stacking for each in terms.remedies):
        yield Unstated("remedy.stacking", "whether the credits add up is open")


def _remedy(remedy: Remedy, place: str) -> Iterator[Unstated]:
    if remedy.fee_base is None:
        yield Unstated(f"{place}.fee_base", "shares are taken of the monthly fee")
    if remedy.kind == "per_unit" and remedy.unit_round is None:
        yield Unstated(f"{place}.unit_round", "full units and begun ones are both read")


def _claim(terms: Terms) -> Iterator[Unstated]:
    claim = terms.claim
    if claim is None or claim.within is None:
        yield Unstated("claim.within", "no deadline can be named")
    elif claim.after is None:
        yield Unstated("claim.after", "the deadline cannot be turned into a date")
    if claim is None or claim.needs is None:
        yield Unstated("claim.needs", "what a claim must hold is not listed")


LOOKS: Final[tuple[Callable[[Terms], Iterator[Unstated]], ...]] = (
    _identity,
    _period,
    _subject,
    _outage,
    _exclusions,
    _remedies,
    _claim,
)
