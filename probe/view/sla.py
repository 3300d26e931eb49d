"""Published terms in plain words: what is promised, how it is counted, what is excused, what a miss pays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from probe.sla.clauses import OutageRule, Source, Symptom
from probe.sla.naming import field
from probe.sla.quantities import in_words as span_in_words
from probe.sla.terms import Terms
from probe.sla.traps import traps
from probe.sla.unstated import unsourced, unstated
from probe.view import clauses, phrases, wording
from probe.view.clauses import UNSTATED
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

CONFIDENCES: Final = {
    "primary": "the provider's own page",
    "primary-copy": "a copy of the provider's text",
    "secondary": "told by others",
    "unsure": "uncertain",
}


def catalogue(found: Sequence[Terms]) -> Page:
    """One row a version: id, what is promised, how it is counted."""
    columns = (
        Column("ID", is_name=True),
        Column("CLASS"),
        Column("VERSION"),
        Column("PROMISED"),
        Column("PERIOD"),
        Column("PROVIDER", wide=100),
        Column("SERVICE", wide=120),
    )
    rows = tuple(
        row(
            terms.id,
            terms.service_class or "",
            terms.version,
            _promised(terms),
            "not stated" if terms.period is None else _period(terms),
            terms.provider,
            terms.service,
        )
        for terms in found
    )
    return (Table(columns, rows),)


def agreement(versions: Sequence[Terms], interval_ms: int) -> Page:
    """Every version of one agreement, the newest last, with what to know when one probes so often."""
    return stacked([_terms(one, interval_ms) for one in versions])


def checked(file: str, problems: Sequence[str], versions: Sequence[Terms], interval_ms: int) -> Page:
    """What is wrong in a terms file; or else how it is understood, and what it leaves open."""
    if problems:
        said = wording.count(len(problems), "problem")
        return (*(paragraph(problem) for problem in problems), paragraph(strong(said)))
    page: list[Block] = [*agreement(versions, interval_ms)]
    for terms in versions:
        found, bare = unstated(terms), unsourced(terms)
        page += [BLANK, paragraph(strong(f"{wording.count(len(found), 'clause')} not stated"))]
        page += [paragraph(faint(f"{each.key}: "), each.follows, indent=2) for each in found]
        page += [paragraph(faint("no source names: "), key, indent=2) for key in bare]
    return (*page, BLANK, paragraph(strong(f"{file}: sound")))


def _promised(terms: Terms) -> str:
    if terms.promises:
        return clauses.commitment(terms.promises[0]).partition(", ")[0]
    return wording.promise(terms.promise)


def _terms(terms: Terms, interval_ms: int) -> Page:
    page: list[Block] = [
        paragraph(strong(terms.id), f" — {terms.provider}, {terms.service}", faint(f" (version {terms.version})")),
        Fields(tuple(_fields(terms))),
    ]
    lists = (("beware", traps(terms, interval_ms)), ("notes", terms.notes), ("not evaluated", terms.unevaluated))
    for title, lines in lists:
        if lines:
            page += [BLANK, *(paragraph(faint(f"{title}: "), line, indent=2) for line in lines)]
    page += [BLANK, *(paragraph(faint("source: "), _source(one), indent=2) for one in terms.sources)]
    return tuple(page)


def _fields(terms: Terms) -> Iterator[tuple[str, Words]]:
    yield from ((label, words(line)) for label, line in _promises(terms))
    yield "valid", words(f"from {terms.valid_from or 'an unknown day'} {_until(terms.valid_to)}")
    for condition in terms.applies_when:
        yield "applies when", words(str(condition))
    yield from ((label, words(line)) for label, line in _time(terms))
    for symptom in terms.symptoms or ():
        yield "down means", words(_symptom(symptom))
    if terms.speed is None or terms.outage != OutageRule():
        yield from _judged(terms)
    for label, line in (*_credits(terms), *clauses.claim_lines(terms.claim)):
        yield label, words(line)


def _promises(terms: Terms) -> Iterator[tuple[str, str]]:
    for each in terms.promises:
        yield "promised", clauses.commitment(each)
    if terms.binding:
        yield "binding", phrases.BINDINGS[terms.binding]
    for line in clauses.speed_lines(terms.speed) if terms.speed else ():
        yield "speed", line


def _until(day: str | None) -> str:
    return f"to {day}" if day else "until now"


def _symptom(one: Symptom) -> str:
    if one.threshold is None or one.says:
        return str(one)
    return f"{one}, more than {clauses.figure(one.threshold, one.unit)}"


def _time(terms: Terms) -> Iterator[tuple[str, str]]:
    zone = f"in {terms.timezone}" if terms.timezone else "in a time zone that the terms leave open"
    fixed = f", taken as {span_in_words(terms.fixed_period_ms)}" if terms.fixed_period_ms else ""
    yield "period", f"{_period(terms)}{fixed}, {zone}"
    if terms.partial_life:
        yield "part of it", phrases.LIVES[terms.partial_life]


def _judged(terms: Terms) -> Iterator[tuple[str, Words]]:
    """How an outage is recognised and what it is a share of."""
    if terms.subject:
        word = phrases.SUBJECTS.get(terms.subject, terms.subject)
        yield "judged", words(f"for each {word}")
    yield "outage", words(clauses.outage_words(terms.outage, terms.archetype))
    rounded = f", rounded to {terms.round_result} decimals before it is compared" if terms.round_result else ""
    over = UNSTATED if terms.denominator is None else phrases.DENOMINATORS[terms.denominator]
    yield "measured over", words(f"{over}{rounded}")
    yield "several parts", words(_combined(terms))
    yield from _pardons(terms)


def _pardons(terms: Terms) -> Iterator[tuple[str, Words]]:
    for clause in terms.exclusions:
        yield ("excused" if clause.excused else "not excused"), words(clauses.clause_words(clause))
    if not terms.exclusions:
        yield "excused", words(UNSTATED)


def _credits(terms: Terms) -> Iterator[tuple[str, str]]:
    said = [line for remedy in terms.remedies for line in clauses.remedy_lines(remedy)]
    for line in dict.fromkeys(said) or ("not stated",):
        yield "credit", line


def _period(terms: Terms) -> str:
    if terms.period is None:
        return "a period that the terms leave open"
    if terms.period.word == "trailing_days":
        return f"trailing {terms.period.days} days"
    if terms.period.word == "trailing_months":
        return f"trailing {terms.period.months} months"
    if terms.period.word in ("event", "day"):
        return f"each {terms.period.word} by itself"
    return terms.period.word.replace("_", " ")


def _combined(terms: Terms) -> str:
    if terms.combining is None:
        return UNSTATED
    said = phrases.COMBINES[terms.combining.how]
    if terms.combining.min_groups:
        said += f", in {terms.combining.min_groups} or more {terms.combining.group_key or 'group'}s"
    return f"{said} by {terms.combining.weight}" if terms.combining.weight else said


def _source(one: Source) -> Words:
    dated = f", dated {one.stated_date}" if one.stated_date else ""
    said = f"; for {', '.join(dict.fromkeys(map(field, one.fields)))}" if one.fields else ""
    return words(one.url, f"{dated} ({CONFIDENCES[one.confidence]}{said})")


def in_words(terms: Terms) -> tuple[tuple[str, str], ...]:
    """What terms say, as label and text, for pages other than a screen."""
    return tuple((label, "".join(piece.text for piece in said)) for label, said in _fields(terms))


def sources_in_words(terms: Terms) -> tuple[str, ...]:
    """Where terms were read, and how far that is to be trusted."""
    return tuple("".join(piece.text for piece in _source(one)) for one in terms.sources)
