"""Published terms as data: the promise and every clause of it, None where nobody has seen the clause.

A terms file is one published version of one SLA. `parse` takes its tables; reading files is not done
here. What the terms leave open is never filled in: `probe.sla.readings` shows every reading of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from probe.errors import TermsError
from probe.sla import read_outage, read_promise, read_remedy, vocabulary
from probe.sla.assessment import Promise
from probe.sla.clauses import (
    ClaimRule,
    Clause,
    Combining,
    Commitment,
    OutageRule,
    Predicate,
    Remedy,
    Source,
    Symptom,
)
from probe.sla.period import PeriodKind
from probe.sla.speed_rule import SpeedRule
from probe.sla.table import Table, near


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One published version of one SLA. unevaluated: clauses kept as data that no rule evaluates yet.

    promise: the first of `promises` in short, None where its target was not seen. remedy: the one
    that is a share of the fee by availability; `remedies` has all. combine: the word of `combining`
    where it needs no weights. round_result: decimals to which the text rounds before it compares.
    """

    id: str
    provider: str
    service: str
    service_class: str | None
    version: str
    valid_from: str | None
    valid_to: str | None
    applies_when: tuple[Predicate, ...]
    promise: Promise | None
    period: PeriodKind | None
    timezone: str | None
    partial_life: str | None
    combine: str | None
    symptoms: tuple[Symptom, ...] | None
    archetype: str
    denominator: str | None
    outage: OutageRule
    exclusions: tuple[Clause, ...]
    remedy: Remedy | None
    claim: ClaimRule | None
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    unevaluated: tuple[str, ...]
    variant: str | None = None
    binding: str | None = None
    promises: tuple[Commitment, ...] = ()
    period_anchor: str | None = None
    fixed_period_ms: int | None = None
    subject: str | None = None
    combining: Combining | None = None
    round_result: int | None = None
    remedies: tuple[Remedy, ...] = ()
    speed: SpeedRule | None = None

    def confidence(self, field: str) -> str | None:
        """How far a field such as "remedy.rows" is to be trusted: its closest source; None when none names it."""
        while field:
            grades = [source.confidence for source in self.sources if field in source.fields]
            if grades:
                return min(grades, key=vocabulary.CONFIDENCES.index)
            field = field.rpartition(".")[0]
        return None


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
    promises = read_promise.promises(table)
    made = _formula(table) | read_promise.period_fields(table) | _identity(table)
    combining, remedies = read_promise.combining(table), read_remedy.remedies(table)
    how = combining.how if combining else None
    made |= {
        "applies_when": read_promise.predicates(table),
        "promises": promises,
        "promise": _headline(promises),
        "speed": read_promise.speed(table),
        "subject": table.choice("subject", vocabulary.SUBJECTS),
        "combining": combining,
        "combine": how if how in vocabulary.PLAIN_COMBINES else None,
        "symptoms": read_promise.symptoms(table),
        "outage": read_outage.outage(table),
        "exclusions": read_outage.exclusions(table),
        "remedies": remedies,
        "remedy": read_remedy.headline(remedies),
        "claim": read_remedy.claim(table),
    }
    made["sources"] = tuple(_source(each, table) for each in table.tables("source"))
    if not made["sources"]:
        table.problem("source", "at least one is needed: where was this read?")
    _named(table, promises, remedies)
    return None if made["archetype"] is None else Terms(**made)


def _identity(table: Table) -> dict[str, Any]:
    made: dict[str, Any] = {key: table.needed(key) for key in ("id", "provider", "service", "version")}
    made |= {key: table.day(key) for key in ("valid_from", "valid_to")}
    made |= {key: table.texts(key) or () for key in ("notes", "unevaluated")}
    made |= {"service_class": table.choice("service_class", vocabulary.CLASSES), "variant": table.text("variant")}
    made["binding"] = table.choice("binding", vocabulary.BINDINGS)
    if "/" not in made["id"]:
        table.problem("id", 'is a path such as "provider/service"')
    if made["valid_from"] and made["valid_to"] and made["valid_from"] > made["valid_to"]:
        table.problem("valid_to", "lies before valid_from")
    return made


def _formula(table: Table) -> dict[str, Any]:
    found = table.table("formula")
    if found is None:
        if "formula" not in table.values:
            table.problem("formula", "the table is missing")
        return {"archetype": None}
    archetype = found.choice("archetype", vocabulary.ARCHETYPES)
    if archetype is None:
        found.problem("archetype", f"one of {', '.join(vocabulary.ARCHETYPES)} is needed")
    denominator, rounds = found.choice("denominator", vocabulary.DENOMINATORS), found.count("round_result")
    found.done()
    return {"archetype": archetype, "denominator": denominator, "round_result": rounds}


def _headline(promises: tuple[Commitment, ...]) -> Promise | None:
    first = promises[0] if promises else None
    return None if first is None or first.target is None else Promise(first.metric, first.op, first.target)


def _named(table: Table, promises: tuple[Commitment, ...], remedies: tuple[Remedy, ...]) -> None:
    """A remedy belongs to a promise that is there."""
    names = sorted({each.name or each.metric for each in promises})
    for number, each in enumerate(remedies, start=1):
        if each.promise is not None and each.promise not in names:
            place = f"remedy[{number}]: promise" if len(remedies) > 1 else "remedy: promise"
            table.problem(place, f'"{each.promise}" is not one of {", ".join(names)}{near(each.promise, names)}')


def _source(table: Table, whole: Table) -> Source:
    document, address = table.text("document"), table.text("url")
    if not document and not address:
        table.problem("url", "is missing; name a text that has no address as document")
    source = Source(
        url=address or document or "",
        stated_date=table.day("stated_date"),
        seen_on=table.day("seen_on"),
        confidence=table.choice("confidence", vocabulary.CONFIDENCES) or "unsure",
        fields=table.texts("fields") or (),
    )
    table.done()
    for field in source.fields:
        first = field.partition(".")[0]
        if first not in whole.asked:
            table.problem("fields", f'"{field}" is no key of a terms file{near(first, sorted(whole.asked))}')
    return source
