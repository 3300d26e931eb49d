"""Published terms in plain words: what is promised, how it is counted, what is excused, what a miss pays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from probe.sla.clauses import Clause, CreditRow, OutageRule, Shortest, Source
from probe.sla.terms import Terms
from probe.view import wording
from probe.view.page import (
    BLANK,
    Block,
    Column,
    Fields,
    Page,
    Table,
    Words,
    faint,
    paragraph,
    row,
    stacked,
    strong,
    words,
)
from probe.view.wording import exact_percent, span

UNSTATED = "not stated: a verdict that depends on it shows every reading"
COMBINES: Final = {
    "each": "each is judged by itself",
    "any": "down while any of them is",
    "all_down": "down only while all of them are",
}


def catalogue(published: Mapping[str, Sequence[Terms]]) -> Page:
    """One row a version: id, what is promised, how it is counted."""
    columns = (
        Column("ID", is_name=True),
        Column("VALID FROM"),
        Column("PROMISED"),
        Column("PERIOD"),
        Column("PROVIDER", wide=100),
        Column("SERVICE", wide=120),
    )
    rows = tuple(
        row(
            terms.id,
            terms.valid_from or terms.version,
            wording.promise(terms.promise),
            "not stated" if terms.period is None else _period(terms),
            terms.provider,
            terms.service,
        )
        for versions in published.values()
        for terms in versions
    )
    return (Table(columns, rows),)


def agreement(versions: Sequence[Terms]) -> Page:
    """Every version of one agreement, the newest last."""
    return stacked([_terms(one) for one in versions])


def _terms(terms: Terms) -> Page:
    page: list[Block] = [
        paragraph(strong(terms.id), f" — {terms.provider}, {terms.service}", faint(f" (version {terms.version})")),
        Fields(tuple(_fields(terms))),
    ]
    for title, lines in (("notes", terms.notes), ("not evaluated", terms.unevaluated)):
        if lines:
            page += [BLANK, *(paragraph(faint(f"{title}: "), line, indent=2) for line in lines)]
    page += [BLANK, *(paragraph(faint("source: "), _source(one), indent=2) for one in terms.sources)]
    return tuple(page)


def _fields(terms: Terms) -> Iterator[tuple[str, Words]]:
    yield "promised", words(wording.promise(terms.promise))
    yield "valid", words(f"{terms.valid_from or 'since an unknown day'} to {terms.valid_to or 'now'}")
    for condition in terms.applies_when:
        yield "applies when", words(str(condition))
    yield "period", words(f"{_period(terms)}, in {terms.timezone or 'a zone that the terms leave open'}")
    yield "outage", words(outage_words(terms.outage))
    yield "measured over", words(_denominator(terms.denominator))
    yield "several parts", words(COMBINES.get(terms.combine or "", UNSTATED))
    for clause in terms.exclusions:
        yield ("excused" if clause.excused else "not excused"), words(clause_words(clause))
    if not terms.exclusions:
        yield "excused", words(UNSTATED)
    yield from _remedy(terms)
    yield from _claim(terms)


def _period(terms: Terms) -> str:
    if terms.period is None:
        return "a period that the terms leave open"
    if terms.period.word == "trailing_days":
        return f"trailing {terms.period.days} days"
    return terms.period.word.replace("_", " ")


def outage_words(rule: OutageRule) -> str:
    """What counts as an outage: `at least 5 m without a break, the whole of it; in whole minutes`."""
    said = [" or ".join(map(_shortest, rule.shortest)) if rule.shortest else f"shortest {UNSTATED}"]
    if rule.shortest and any(one.span_ms for one in rule.shortest):
        said.append("only what exceeds that counts" if rule.excess else "the whole of it counts")
    if rule.unit_ms:
        said.append(f"only whole units of {span(rule.unit_ms)} count, {rule.unit_align or 'from a start not stated'}")
    if rule.bucket_ms:
        which = f"bad when {rule.bucket_rule} of it fails" if rule.bucket_rule else "bad when, is not stated"
        said.append(f"in buckets of {span(rule.bucket_ms)}, {which}")
    if rule.rounding:
        rounding = rule.rounding
        said.append(f"rounded {rounding.mode} to {span(rounding.unit_ms)}, {rounding.level.replace('_', ' ')}")
    return "; ".join(said)


def _shortest(one: Shortest) -> str:
    length = f"longer than {span(one.span_ms)}" if one.strict else f"at least {span(one.span_ms)}"
    said = length if one.span_ms else "of any length"
    return f"{said} ({one.says})" if one.says else said


def clause_words(clause: Clause) -> str:
    """One clause: `scheduled maintenance, announced 3 d before, at most 1 h a period, out of the period as well`."""
    said = [clause.cause.replace("_", " ")]
    if clause.notice_ms is not None:
        said.append(f"announced at least {span(clause.notice_ms)} before")
    if clause.cap_ms is not None:
        said.append(f"at most {span(clause.cap_ms)} a period")
    if clause.cap_count is not None:
        said.append(f"at most {clause.cap_count} times a period")
    if clause.effect == "both":
        said.append("taken out of the period as well")
    return ", ".join(said)


def _denominator(denominator: str | None) -> str:
    known = {"period": "the whole period", "period_minus_excluded": "the period less what is excused"}
    return UNSTATED if denominator is None else known.get(denominator, denominator)


def _remedy(terms: Terms) -> Iterator[tuple[str, Words]]:
    if terms.remedy is None:
        yield "credit", words("not stated")
        return
    of_what = f" of {terms.remedy.fee_base.replace('_', ' ')}" if terms.remedy.fee_base else ""
    if terms.remedy.kind == "pro_rata":
        yield "credit", words(f"pro rata of the counted downtime{of_what}")
    for one in terms.remedy.rows:
        yield "credit", words(f"{_range(one)}: {exact_percent(one.credit)}{of_what}")


def _range(one: CreditRow) -> str:
    edges = (("≥", one.at_least), (">", one.above), ("≤", one.up_to), ("<", one.below))
    said = " and ".join(f"{sign} {exact_percent(value)}" for sign, value in edges if value is not None)
    return said or "any availability"


def _claim(terms: Terms) -> Iterator[tuple[str, Words]]:
    claim = terms.claim
    if claim is None:
        yield "claim", words("not stated")
        return
    if claim.within is None:
        yield "claim", words("the terms state no deadline")
    else:
        after = (claim.after or "").replace("_", " ")
        yield "claim", words(f"within {claim.within} {(claim.unit or '').replace('_', ' ')} after {after}")
    if claim.needs:
        yield "claim needs", words(", ".join(claim.needs))
    if claim.how:
        yield "claim through", words(claim.how)
    if claim.authority:
        yield "decided by", words(claim.authority.replace("_", " "))


def _source(one: Source) -> Words:
    dated = f", dated {one.stated_date}" if one.stated_date else ""
    said = f"; for {', '.join(one.fields)}" if one.fields else ""
    return words(one.url, f"{dated} ({one.confidence}{said})")
