"""What stands beside a verdict in words: the rule, its parameters, and what a reader must know."""

from __future__ import annotations

from probe.sla import claims, wallclock
from probe.sla.assessment import Verdict
from probe.sla.basis import Basis
from probe.sla.cases import BY_RATE, BY_REQUEST
from probe.sla.counting import Counting
from probe.sla.evidence import Evidence, combine_of
from probe.sla.quantities import in_words
from probe.sla.terms import Terms
from probe.sla.tickets import AT_TICKET
from probe.sla.verdict import Judgement

BY_TABLE = ("F5", "F6")


def rule(terms: Terms, counting: Counting) -> str:
    """The counting rule of the headline in words."""
    said = []
    if counting.shortest_ms:
        said.append(f"outages {'over' if counting.strict else 'of at least'} {in_words(counting.shortest_ms)}")
    if counting.excess:
        said.append("the excess only")
    if terms.archetype == "F4":
        said.append("failed requests among all")
    elif counting.grid:
        part = "touched" if counting.grid.touched else "wholly down"
        if terms.archetype == "F3" or terms.outage.bucket_rule in BY_RATE:
            part = "by their error rate" if terms.outage.bucket_rule != "loss" else "by their loss"
        said.append(f"units of {in_words(counting.grid.cell_ms)} {part}")
    if counting.rounding:
        unit = in_words(counting.rounding.unit_ms)
        said.append(f"rounded ({counting.rounding.mode}) to {unit} per {counting.rounding.level}")
    return f"{terms.archetype}: {', '.join(said) or 'every millisecond of downtime'}"


def parameters(case: Evidence, basis: Basis) -> dict[str, str]:
    """What a verdict carries besides its figures, as text by name; spans in ms."""
    named = {
        "g_max": sorted({member.g_max_ms for member in case.members}),
        "confirm": sorted({member.confirm for member in case.members}),
        "interval": sorted({member.interval_ms for member in case.members}),
        "recheck": sorted({member.recheck_ms for member in case.members if member.recheck_ms is not None}),
        "timeout": sorted({member.timeout_ms for member in case.members}),
    }
    texts = {name: ", ".join(str(value) for value in values) for name, values in named.items() if values}
    count = len(case.members)
    return {
        **texts,
        "k/n": f"{case.needed}/{count}",
        "combine": str(combine_of(case.question)),
        "denominator": "net" if basis.denominator_ms < basis.frame.end_ms - basis.frame.start_ms else "full",
        "tzdata": case.question.tzdata,
    }


def unevaluated(terms: Terms) -> tuple[str, ...]:
    """The rules of the terms that are kept as data but not evaluated."""
    found = list(terms.unevaluated)
    if terms.archetype in BY_TABLE and not any(each.rows for each in terms.remedies):
        found.append(f"formula {terms.archetype} without its rows")
    return tuple(found)


def notes(case: Evidence, terms: Terms, verdict: Verdict, found: Judgement) -> tuple[str, ...]:
    """What a reader must know to trust the verdict no further than it goes."""
    return tuple(
        note
        for group in (
            _of_evidence(case),
            _of_resolution(verdict, found),
            _of_terms(case, terms) if case.question.service.terms else _of_objective(case),
        )
        for note in group
    )


def _of_evidence(case: Evidence) -> list[str]:
    said = []
    is_uplink = case.question.service.is_uplink
    if not case.question.references:
        said.append("no reference is configured: no failure can be charged to the provider, all are unknown time")
    if is_uplink and not case.seen.can_accuse_isp:
        said.append("a claim against the ISP needs three references in two networks")
    if is_uplink and case.seen.gateway is None:
        said.append("the gateway is not measured: no failure can be charged to the ISP")
    return said


def _of_resolution(verdict: Verdict, found: Judgement) -> list[str]:
    high = found.downtime.high
    is_needed = verdict is Verdict.MET and high is not None and high > (found.downtime.at_resolution or 0)
    if not is_needed:
        return []
    return [f"met for outages of at least {in_words(found.basis.resolution_ms)}; shorter ones are not assessed"]


def _of_objective(case: Evidence) -> list[str]:
    if case.question.service.objective is None:
        return ["neither terms nor an objective are set: the figures stand without a verdict"]
    return ["judged by the plain measure; scheduled maintenance is excused"]


def _of_terms(case: Evidence, terms: Terms) -> list[str]:
    service = case.question.service
    said = [f"not evaluated: {rule}" for rule in unevaluated(terms)]
    said += claims.measured_by(terms)
    if terms.combine is not None and service.combine is not None and str(service.combine) != terms.combine:
        said.append(f"the checks are judged {service.combine} by the service's setting; the terms say {terms.combine}")
    if not terms.timezone and not service.timezone:
        said.append(f"the terms state no time zone: {case.question.period.timezone} is used")
    if terms.period is None:
        said.append("the terms do not state the period")
    elif terms.period.word == "billing_month":
        said.append("the billing month is taken for the calendar month")
    return said + _of_what_is_missing(case, terms) + _of_validity(case, terms) + list(terms.notes)


def _of_what_is_missing(case: Evidence, terms: Terms) -> list[str]:
    """What the terms judge by and nobody handed in."""
    question, said = case.question, []
    if terms.outage.clock_start in AT_TICKET and not question.tickets:
        said.append("outages count from their ticket, and none is recorded: how long they counted stays open")
    if terms.outage.clock_start == "detection":
        said.append("outages count from when the provider notices: proven is only what follows a ticket")
    if terms.archetype == "F9" and question.service.affected is None:
        said.append("the share of customers that an outage hit is not known: it may be nobody or everybody")
    if terms.archetype in BY_REQUEST and case.requests is None:
        said.append("requests are counted, and none were recorded: their errors stay open")
    return said


def _of_validity(case: Evidence, terms: Terms) -> list[str]:
    where = wallclock.zone(case.question.period.timezone)
    first = wallclock.local(case.question.period.start_ms, where).date().isoformat()
    last = wallclock.local(case.question.period.end_ms - 1, where).date().isoformat()
    is_valid = (terms.valid_from or "") <= first and (terms.valid_to is None or last <= terms.valid_to)
    if is_valid:
        return []
    return [f"this version is valid from {terms.valid_from or '—'} to {terms.valid_to or '—'}, not all of the period"]
