"""The letter: one page that says what was promised, measured, missed and owed, by when, and what is not proven.

The same sections as plain text and as HTML. Every text is made printable, and escaped where it is HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from textwrap import wrap
from typing import Any, Final, NamedTuple

from probe.html import words
from probe.view.cells import printable

Document = Mapping[str, Any]
WIDTH: Final = 92
OUTAGES: Final = 8
"""Outages named in the letter; all of them are in outages.json."""
STYLE: Final = (
    "body{font:13px/1.4 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "h1{font-size:1.3rem}h2{font-size:1rem;margin:.9rem 0 .2rem}ul{margin:.2rem 0;padding-left:1.2rem}"
    "pre{white-space:pre-wrap}@media print{body{margin:0;font-size:11px}}"
)
HEAD: Final = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
)


class Section(NamedTuple):
    """A heading and its points."""

    title: str
    points: Sequence[str]


class Facts(NamedTuple):
    """What the letter is made of: the assessments that it is about, what is missing, where the terms were read."""

    service: str
    provider: str | None
    targets: Mapping[str, str]
    made_at: str
    assessments: Sequence[Document]
    missing: Sequence[str]
    sources: Sequence[str]
    unsealed: bool


def text(facts: Facts) -> str:
    """The letter as plain text."""
    said = [_title(facts), *_address(facts)]
    for section in sections(facts):
        said += ["", section.title.upper()]
        for point in section.points:
            said += wrap(
                printable(point), WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
            )
    return "\n".join(said) + "\n"


def html(facts: Facts) -> str:
    """The letter as a page without script, to print."""
    title = escape(_title(facts))
    said = [f"{HEAD}<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>"]
    said.append("<br>\n".join(escape(line) for line in _address(facts)) + "</p>\n")
    for section in sections(facts):
        points = "".join(f"<li>{escape(printable(point))}</li>\n" for point in section.points)
        said.append(f"<h2>{escape(section.title)}</h2>\n<ul>\n{points}</ul>\n")
    return "".join(said) + "</main>\n</body>\n</html>\n"


def sections(facts: Facts) -> Iterator[Section]:
    """The letter's parts; what is missing comes first."""
    yield Section("Missing before this can be sent", facts.missing)
    for one in facts.assessments:
        yield Section(f"What is claimed: {words.name_of(one)}, {one['period']['label']}", tuple(_claimed(one, facts)))
    yield Section("Outages", tuple(_outages(facts)))
    yield Section("What this does not prove", tuple(_unproven(facts)))
    yield Section("How to check it", CHECKING)


CHECKING: Final = (
    "python3 verify.py beside the unpacked files, or on the zip: Python 3.11 and its standard library are enough. It"
    " checks every file, the chain, and counts the proven downtime anew from the enclosed samples.",
    "method.md says how it was measured and decided; report.html has the charts and every figure; terms.json has the"
    " terms as they were understood, clause by clause with sources.",
)


def _title(facts: Facts) -> str:
    is_missed = any(one["verdict"] == "missed" for one in facts.assessments)
    kind = "Claim under the service level agreement" if is_missed else "Record of a service level (no miss is proven)"
    return f"{kind}: {printable(facts.service)}"


def _address(facts: Facts) -> list[str]:
    seen = "; ".join(f"{key} = {target}" for key, target in facts.targets.items())
    return [
        f"To:    {printable(facts.provider or '______________________')}",
        "From:  ______________________  (name, account or contract number)",
        f"About: {printable(facts.service)} ({printable(words.short(seen, 240))})",
        f"Date:  {words.at(facts.made_at)}",
    ]


def _claimed(one: Document, facts: Facts) -> Iterator[str]:
    terms = f" ({one['agreement']}, version {one['agreement_version']})" if one["agreement"] else " (own objective)"
    sources = f"; source: {facts.sources[0]}" if facts.sources and one["agreement"] else ""
    yield f"Promised: {words.promise(one)}{terms}{sources}. Counted by its rule: {one['rule']}."
    if one["measured"]:
        yield f"Measured: {words.measured(one)}."
    else:
        yield f"Measured: availability {words.availability(one)}."
    yield from _missed(one)
    if one["credit"]:
        yield f"Owed: {words.credit(one)}."
    else:
        yield "Owed: not worked out; see above."
    yield f"By when: {words.deadline(one)}." if one["claim"] else "By when: nothing to be claimed."


def _missed(one: Document) -> Iterator[str]:
    low, raw = one["downtime"]["low"], one["raw_downtime"]["low"]
    allowed = "" if one["budget"] is None else f"; {words.span(one['budget'])} were allowed"
    forgiven = f", of {words.span(raw)} before what the terms exclude" if raw != low else ""
    yield (
        f"{'Missed' if one['verdict'] == 'missed' else 'Verdict ' + str(one['verdict'])}: {words.span(low)} of downtime"
        f" are proven ({low} s exactly{forgiven}){allowed}."
    )
    refused = sum(1 for each in one["exclusions"] if each["refused"])
    if one["exclusions"]:
        accepted = len(one["exclusions"]) - refused
        yield f"Declared maintenance: windows forgiven {accepted}, refused {refused}; see maintenance.json."


def _outages(facts: Facts) -> Iterator[str]:
    every = {_key(each): (one, each) for one in facts.assessments for each in one["outages"] if each["confirmed"]}
    for one, each in list(every.values())[:OUTAGES]:
        zone = one["period"]["timezone"]
        told = ", ".join(f"ticket {ticket['number']}" for ticket in each["tickets"]) or "no ticket"
        end = words.between(each["end"], zone)
        yield (
            f"{each['check']}: began {words.between(each['start'], zone)}, ended {end}; {each['attempts']} failed"
            f" attempts; {words.cause(each['cause'])}; {words.span(each['counted'])} count; {told}"
        )
    if len(every) > OUTAGES:
        yield f"and {len(every) - OUTAGES} more, in outages.json"
    if not every:
        yield "none is confirmed"


def _key(each: Document) -> tuple[str, str]:
    return each["check"], each["start"]["latest"]


def _unproven(facts: Facts) -> Iterator[str]:
    yield from dict.fromkeys(point for one in facts.assessments for point in words.unproven(one))
    yield "That the measurements are true: no file proves that. Compare your own monitoring and the times of tickets."
    if facts.unsealed:
        yield "That the samples were not rewritten later: no head covers all of their days yet."
    else:
        yield "That the samples were not rewritten before the head that covers them left the house (heads.jsonl)."
