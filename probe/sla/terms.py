"""Published terms as data: the promise and every clause of it, None where nobody has seen the clause.

A terms file is one published version of one SLA. `parse` takes its tables; reading files is not done
here. What the terms leave open is never filled in: `probe.sla.readings` shows every reading of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from probe.errors import TermsError
from probe.sla import counting, period
from probe.sla.assessment import Promise
from probe.sla.clauses import ClaimRule, Clause, CreditRow, OutageRule, Remedy, Shortest, Source
from probe.sla.table import Table

METRICS: Final = ("availability",)
OPERATORS: Final = (">=", ">")
LIVES: Final = ("own_lifetime", "assume_up")
ARCHETYPES: Final = tuple(f"F{number}" for number in range(1, 11))
EFFECTS: Final = ("numerator", "both")
DENOMINATORS: Final = ("period", "period_minus_excluded")
QUALIFIES: Final = ("gross", "net")
CONFIDENCES: Final = ("primary", "primary-copy", "secondary", "unsure")
UNIT_ALIGNS: Final = ("elapsed", "clock")
BUCKET_RULES: Final = ("all", "any")
COMBINES: Final = ("each", "any", "all_down")
ANCHORS: Final = ("incident_start", "incident_end", "period_end", "eligibility")
WITHIN_UNITS: Final = ("days", "months", "billing_cycles")
REMEDIES: Final = ("rows", "pro_rata", "lost_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One published version of one SLA. unevaluated: clauses kept as data that no rule evaluates yet."""

    id: str
    provider: str
    service: str
    service_class: str | None
    version: str
    valid_from: str | None
    valid_to: str | None
    applies_when: tuple[str, ...]
    promise: Promise
    period: period.PeriodKind | None
    timezone: str | None
    partial_life: str | None
    combine: str | None
    symptoms: tuple[str, ...] | None
    archetype: str
    denominator: str | None
    outage: OutageRule
    exclusions: tuple[Clause, ...]
    remedy: Remedy | None
    claim: ClaimRule | None
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    unevaluated: tuple[str, ...]


def parse(values: Mapping[str, Any], where: str) -> Terms:
    """The terms in a file's tables; TermsError with every problem at once, each located by `where`."""
    problems: list[str] = []
    table = Table(values, where, problems)
    terms = _terms(table)
    table.done()
    if problems or terms is None:
        raise TermsError(tuple(problems))
    return terms


def valid_on(versions: Iterable[Terms], day: str) -> Terms | None:
    """The version that is valid on an ISO day, the latest to begin where several are; None when none is."""
    valid = [
        each for each in versions if (each.valid_from or "") <= day and (each.valid_to is None or day <= each.valid_to)
    ]
    return max(valid, key=lambda each: each.valid_from or "", default=None)


def _terms(table: Table) -> Terms | None:
    promise = _promise(table)
    formula = _need(table, "formula")
    archetype = formula.choice("archetype", ARCHETYPES) if formula else None
    if formula and archetype is None:
        formula.problem("archetype", f"one of {', '.join(ARCHETYPES)} is needed")
    span, zone, life = _period(table)
    made = _identity(table)
    outage, exclusions = _outage(table), tuple(_clause(each) for each in table.tables("exclusion"))
    remedy, claim = _remedy(table), _claim(table)
    sources = tuple(_source(each) for each in table.tables("source"))
    if not sources:
        table.problem("source", "at least one is needed: where was this read?")
    denominator = formula.choice("denominator", DENOMINATORS) if formula else None
    if formula:
        formula.done()
    if promise is None or archetype is None:
        return None
    return Terms(
        **made,
        promise=promise,
        period=span,
        timezone=zone,
        partial_life=life,
        archetype=archetype,
        denominator=denominator,
        outage=outage,
        exclusions=exclusions,
        remedy=remedy,
        claim=claim,
        sources=sources,
    )


def _identity(table: Table) -> dict[str, Any]:
    made: dict[str, Any] = {key: table.needed(key) for key in ("id", "provider", "service", "version")}
    made |= {key: table.day(key) for key in ("valid_from", "valid_to")}
    made |= {key: table.texts(key) or () for key in ("applies_when", "notes", "unevaluated")}
    made |= {"service_class": table.text("service_class"), "symptoms": table.texts("symptoms")}
    made["combine"] = table.choice("combine", COMBINES)
    if "/" not in made["id"]:
        table.problem("id", 'is a path such as "provider/service"')
    return made


def _need(table: Table, key: str) -> Table | None:
    found = table.table(key)
    if found is None and key not in table.values:
        table.problem(key, "the table is missing")
    return found


def _promise(table: Table) -> Promise | None:
    found = _need(table, "promise")
    if found is None:
        return None
    metric = found.choice("metric", METRICS)
    op = found.choice("op", OPERATORS)
    target = found.ratio("target")
    found.done()
    if metric is None or op is None or target is None:
        found.problem("target", "metric, op and target are needed")
        return None
    return Promise(metric, op, target)


def _period(table: Table) -> tuple[period.PeriodKind | None, str | None, str | None]:
    found = table.table("period")
    if found is None:
        return None, None, None
    word = found.choice("kind", period.WORDS)
    days = found.count("days") or 30
    zone, life = found.text("timezone"), found.choice("partial_life", LIVES)
    found.done()
    return period.PeriodKind(word, days) if word else None, zone, life


def _outage(table: Table) -> OutageRule:
    found = table.table("outage")
    if found is None:
        return OutageRule()
    rule = OutageRule(
        shortest=_shortest(found),
        excess=found.choice("counts", ("whole", "excess")) == "excess",
        unit_ms=found.span("whole_unit"),
        unit_align=found.choice("whole_unit_align", UNIT_ALIGNS),
        bucket_ms=found.span("bucket"),
        bucket_rule=found.choice("bucket_rule", BUCKET_RULES),
        bucket_anchor=found.choice("bucket_anchor", counting.GRIDS) or "period",
        rounding=_rounding(found),
        qualify=found.choice("qualify", QUALIFIES),
    )
    found.done()
    if rule.unit_ms and rule.rounding:
        found.problem("round", "is another word for whole_unit: give one of them")
    return rule


def _shortest(table: Table) -> tuple[Shortest, ...] | None:
    tables = table.tables("reading")
    readings = tuple(_one_shortest(each, each.needed("says")) for each in tables)
    for each in tables:
        each.done()
    if readings:
        return readings
    return (_one_shortest(table, ""),) if "shortest" in table.values else None


def _one_shortest(table: Table, says: str) -> Shortest:
    span_ms, strict = table.span("shortest") or 0, table.flag("strict")
    if span_ms and strict is None:
        table.problem("strict", "is needed with shortest: true when an outage must be longer, not just as long")
    return Shortest(span_ms=span_ms, strict=bool(strict), says=says)


def _rounding(table: Table) -> counting.Rounding | None:
    found = table.table("round")
    if found is None:
        return None
    unit = found.span("unit")
    mode, level = found.choice("mode", counting.MODES), found.choice("level", counting.LEVELS)
    found.done()
    if not unit or mode is None or level is None:
        found.problem("unit", "unit, mode and level are needed")
        return None
    return counting.Rounding(unit_ms=unit, mode=mode, level=level)


def _clause(table: Table) -> Clause:
    excused = table.flag("excused")
    if excused is None:
        table.problem("excused", "true or false is needed; leave the clause out where the terms are silent")
    clause = Clause(
        cause=table.needed("cause"),
        excused=bool(excused),
        notice_ms=table.span("notice"),
        cap_ms=table.span("cap_per_period"),
        cap_count=table.count("cap_count"),
        effect=table.choice("effect", EFFECTS),
    )
    table.done()
    return clause


def _remedy(table: Table) -> Remedy | None:
    found = table.table("remedy")
    if found is None:
        return None
    rows = tuple(_row(each) for each in found.tables("rows"))
    kind = found.choice("kind", REMEDIES) or "rows"
    remedy = Remedy(kind=kind, rows=rows, fee_base=found.text("fee_base"))
    found.done()
    if kind == "rows" and not rows:
        found.problem("rows", "at least one row is needed")
    return remedy


def _row(table: Table) -> CreditRow:
    credit = table.ratio("credit")
    if credit is None:
        table.problem("credit", 'is needed, a share of the fee such as "10 %"')
    edges = {key: table.ratio(key) for key in ("at_least", "above", "up_to", "below")}
    table.done()
    return CreditRow(**edges, credit=credit or Fraction(0))


def _claim(table: Table) -> ClaimRule | None:
    found = table.table("claim")
    if found is None:
        return None
    rule = ClaimRule(
        within=found.count("within"),
        unit=found.choice("unit", WITHIN_UNITS),
        after=found.choice("after", ANCHORS),
        needs=found.texts("needs"),
        how=found.text("how"),
        authority=found.text("authority"),
    )
    found.done()
    if rule.within is not None and (rule.unit is None or rule.after is None):
        found.problem("within", "unit and after are needed with it")
    return rule


def _source(table: Table) -> Source:
    source = Source(
        url=table.needed("url"),
        stated_date=table.day("stated_date"),
        confidence=table.choice("confidence", CONFIDENCES) or "unsure",
        fields=table.texts("fields") or (),
    )
    table.done()
    return source
