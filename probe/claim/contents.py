"""The files of a claim pack, by name: each is text, each follows from what was judged and what is on record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from probe.claim import demands, letter, verifier
from probe.claim.record import Gathered, Scope, gather
from probe.claim.recount import Recount, recounts
from probe.judge.choice import on_its_day
from probe.judge.reporting import Reported, marks
from probe.model import EvidenceKind
from probe.report.agreements import agreement_document
from probe.report.beside import tickets_document
from probe.report.figures import exact_decimal, instant
from probe.report.json import assessment_document, outages_document, report_document
from probe.report.records import window_document
from probe.sla.service import Service
from probe.store.reader import Reader
from probe.view import sla

if TYPE_CHECKING:
    from probe.config import Config

Document = dict[str, Any]
USUAL_MS: Final = 60_000


class Claim(NamedTuple):
    """What a pack is made of: one service over one period, judged as of an instant. has_all: the chain unabridged."""

    config: Config
    reader: Reader
    service: Service
    as_of_ms: int
    found: Sequence[Reported]
    has_all: bool = False


def files(claim: Claim, page: str, advance: Callable[[int], None] = lambda _: None) -> dict[str, str]:
    """Every file but the manifest. page: the HTML report; `advance` is told of each series read."""
    counted = recounts(claim.config, claim.reader, claim.as_of_ms, [one for one, _ in claim.found])
    pairs = [(reported.assessment, one) for reported, one in zip(claim.found, counted, strict=True)]
    gathered = gather(claim.reader, _scope(claim), pairs, advance)
    report = _report(claim)
    outages, has_routes = _outages(claim)
    tickets = [one for one in claim.reader.tickets() if one.service == claim.service.name]
    have = demands.Have(
        tickets=any(not one.is_withdrawn for one in tickets),
        routes=has_routes,
        sealed=gathered.days,
        today=str(instant(claim.as_of_ms))[:10],
    )
    terms = _terms(claim)
    facts = _facts(claim, report, have, terms)
    return {
        "LETTER.txt": letter.text(facts),
        "letter.html": letter.html(facts),
        "claim.json": _written(_claim(claim, facts.missing, report, have, _recounted(gathered, counted, report))),
        "report.json": _written(report),
        "report.html": page,
        "outages.json": _written(outages),
        "maintenance.json": _written(_maintenance(claim, report)),
        "tickets.json": _written(tickets_document(tickets)),
        "evidence.json": _written(_evidence(claim, outages)),
        "terms.json": _written(terms),
        "record.json": _written(gathered.record),
        "samples.jsonl": _lined(gathered.samples),
        "digests.json": _written(gathered.digests),
        "heads.jsonl": _lined(one._asdict() for one in gathered.heads),
        "entries.jsonl": _lined(gathered.entries),
        "method.md": _resource("method.md"),
        "verify.py": _resource("verifier.py"),
    }


def _scope(claim: Claim) -> Scope:
    windows = {each.window for one, _ in claim.found for each in one.exclusions if each.window is not None}
    end_ms = max(min(one.period.end_ms, one.as_of_ms) for one, _ in claim.found)
    vantage = claim.config.agent.vantage
    return Scope(vantage, claim.service.name, end_ms, tuple(sorted(windows)), claim.has_all)


def _report(claim: Claim) -> Document:
    tzdata = next((one.parameters["tzdata"] for one, _ in claim.found if "tzdata" in one.parameters), "")
    documents = [assessment_document(one, beside) for one, beside in claim.found]
    vantage = claim.config.agent.vantage
    return report_document(documents, generated_at_ms=claim.as_of_ms, vantage=vantage, tzdata=tzdata)


def _outages(claim: Claim) -> tuple[Document, bool]:
    """The outages and suspects of all assessments with what was seen meanwhile; whether a route was."""
    found = sorted({each for one, _ in claim.found for each in one.outages}, key=lambda one: one.start_earliest_ms)
    marked = marks(claim.config, found, claim.reader)
    has_routes = any(seen.kind is EvidenceKind.ROUTE for mark in marked.values() for seen in mark.evidence)
    named = dict.fromkeys((one.key for one in found), claim.service.name)
    return outages_document(found, service_of=dict(named), marks=marked), has_routes


def _maintenance(claim: Claim, report: Document) -> Document:
    """Each window as the terms treated it, and the entries of the record that declare them."""
    windows = {one.id: one for one in claim.reader.windows()}
    asked = [each for one in report["assessments"] for each in one["exclusions"]]
    numbers = sorted({each["window"] for each in asked} & set(windows))
    return {
        "schema": 1,
        "forgiven": [each for each in asked if each["refused"] is None],
        "refused": [each for each in asked if each["refused"] is not None],
        "windows": [window_document(windows[number]) for number in numbers],
    }


def _evidence(claim: Claim, outages: Document) -> Document:
    """Routes and certificates seen during the faults, and which references watched our own line."""
    references = [one for one in claim.config.checks if one.role != "check"]
    seen = [{"check": one["check"], **each} for one in outages["outages"] for each in one["evidence"]]
    watching = [{"name": one.key, "target": one.target, "network": one.network} for one in references]
    return {"schema": 1, "during_faults": seen, "references": watching}


def _terms(claim: Claim) -> Document:
    """The terms that were valid, as they were understood; the tables of the catalogue where they are from it."""
    from probe.config import catalogue

    service, note = on_its_day(claim.config, claim.service, claim.found[0].assessment.period)
    terms = service.terms
    if terms is None:
        return {"schema": 1, "agreement": None, "note": "no published terms: the customer's own objective is judged"}
    said: Document = {
        "schema": 1,
        "agreement": terms.id,
        "version": terms.version,
        "note": note,
        "clauses": [{"clause": label, "says": text} for label, text in sla.in_words(terms)],
        "sources": list(sla.sources_in_words(terms)),
    }
    if terms.id not in catalogue.ids():
        return said
    raw = agreement_document(terms.id, catalogue.tables(terms.id), catalogue.versions(terms.id), USUAL_MS)
    return {**said, "table": next((one for one in raw["versions"] if one["version"] == terms.version), None)}


def _facts(claim: Claim, report: Document, have: demands.Have, terms: Document) -> letter.Facts:
    missed = [one for one in report["assessments"] if one["verdict"] == "missed"]
    about = missed or report["assessments"]
    done, days = have.sealed
    keys = {one["check"] for one in about}
    targets = {one.key: one.target for one in claim.config.checks if one.service == claim.service.name}
    return letter.Facts(
        service=claim.service.name,
        provider=claim.service.provider,
        targets={key: target for key, target in targets.items() if key in keys or None in keys},
        made_at=report["generated_at"],
        assessments=about,
        missing=demands.missing(about, have),
        sources=terms.get("sources", ()),
        unsealed=done < days,
    )


def _recounted(gathered: Gathered, counted: Sequence[Recount], report: Document) -> list[Document]:
    """What the verifier repeats: by whose samples, with whose witness, and what comes out."""
    numbers = {about["check"]: int(number) for number, about in gathered.record["series"].items()}
    found = []
    for one, theirs in zip(counted, report["assessments"], strict=True):
        of = None if one.of is None else [numbers[each.key] for each in one.of if each.key in numbers]
        mine: Document = {
            "check": theirs["check"],
            "of": of,
            "why": one.why or None,
            "needed": one.needed,
            "witnesses": [numbers[each.key] for each in one.witnesses if each.key in numbers],
            "down": [list(pair) for pair in one.down],
            "repeats": list(one.repeats),
        }
        down = verifier.anew(gathered.record, gathered.samples, mine, theirs) if of is not None else []
        found.append({**mine, "by_samples": exact_decimal(verifier.seconds(down))})
    return found


def _claim(
    claim: Claim, missing: Sequence[str], report: Document, have: demands.Have, recounted: Sequence[Document]
) -> Document:
    demanded = [
        {"check": one["check"], "demand": each.says, "where": each.where}
        for one in report["assessments"]
        for each in demands.demands(one, have)
    ]
    about = {"service": claim.service.name, "provider": claim.service.provider}
    return {"schema": 1, "missing": list(missing), "demanded": demanded, **about, "recount": list(recounted)}


def _written(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _lined(documents: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents)


def _resource(name: str) -> str:
    return (resources("probe.claim") / name).read_text(encoding="utf-8")
