"""The report as one page: offline, without script, fit for A4; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from probe.html import charts, words
from probe.html.compact import compacted
from probe.html.pages import fill
from probe.sla.picture import Band, Picture, Slice, Sort
from probe.view.wording import brief, count, instant, latency

Document = Mapping[str, Any]
OUTAGES: Final = 200
ALL_OUTAGES: Final = 1000
"""Outages in a table, and in those of all services of a page; more are counted, and all stand in --json."""

LISTED: Final = 40
"""The same of suspects and of unknown stretches."""

LANES: Final = 6
"""Checks of one assessment whose latencies are drawn."""


class Exhibit(NamedTuple):
    """One assessment as its document, with its charts' slices and what the terms say, as label and text."""

    document: Document
    picture: Picture | None
    terms: Sequence[tuple[str, str]] = ()
    sources: Sequence[str] = ()


class Drawn(NamedTuple):
    """One chart as SVG, what it shows in a sentence, and the rows of the table behind it under their heading."""

    svg: str
    title: str
    caption: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def report_html(header: Document, exhibits: Sequence[Exhibit], advance: Callable[[int], None]) -> str:
    """The page of a report: `header` is that of its document; `advance` is told of each assessment drawn."""
    chapters = []
    for number, each in enumerate(exhibits, 1):
        chapters.append(_chapter(each, f"s{number}", max(min(OUTAGES, ALL_OUTAGES // len(exhibits)), LISTED)))
        advance(1)
    documents = [each.document for each in exhibits]
    return compacted(fill("report.html.j2", header=header, chapters=chapters, overview=_overview(documents)))


def _chapter(one: Exhibit, anchor: str, most: int) -> dict[str, Any]:
    document = one.document
    outages = [each for each in document["outages"] if each["confirmed"]]
    suspects = [each for each in document["outages"] if not each["confirmed"]]
    return {
        "anchor": anchor,
        "one": document,
        "zone": document["period"]["timezone"],
        "charts": list(_charts(one, anchor)),
        "terms": one.terms,
        "sources": one.sources,
        **_listed("outages", outages, most),
        **_listed("suspects", suspects, LISTED),
        **_listed("stretches", document["unknown_stretches"], LISTED),
        "unproven": list(words.unproven(document)),
    }


def _listed(name: str, found: Sequence[Document], most: int) -> dict[str, Any]:
    """What a table shows, and how much more there is."""
    return {name: found[:most], f"more_{name}": max(len(found) - most, 0)}


def _overview(documents: Sequence[Document]) -> Drawn | None:
    """All services on one scale, where there are several to compare."""
    known = [each for each in documents if each["availability"]]
    if len(known) < 2:
        return None
    rows = [(words.name_of(each), words.promise(each), words.availability(each)) for each in known]
    says = "Each step to the right has a tenth of the downtime. " + "; ".join(f"{row[0]}: {row[2]}" for row in rows)
    svg = charts.overview(known, "all", says)
    caption = "The range that the record leaves open, its best estimate, and what was promised, on one scale."
    return Drawn(svg, "Availability of every service", caption)


def _charts(one: Exhibit, anchor: str) -> Iterator[Drawn]:
    document, picture = one.document, one.picture
    if document["availability"] and document["promise"] and document["measured"] is None:
        says = f"Promised {words.promise(document)}, measured {words.availability(document)}."
        yield Drawn(charts.availability(document, f"{anchor}a", says), "Availability against the promise", says)
    if picture is not None:
        yield _time_line(document, picture, f"{anchor}t")
        yield _heat_map(picture, f"{anchor}h")
        yield from _latencies(picture, f"{anchor}l")
    if document["context"] and any(each["downtime"]["point"] for each in document["context"]["before"]):
        yield _trend(document, f"{anchor}p")


def _time_line(document: Document, picture: Picture, name: str) -> Drawn:
    slice_ms = (picture.end_ms - picture.start_ms) // max(len(picture.line), 1)
    says = (
        f"{count(len(document['outages']), 'outage or suspect', 'outages and suspects')},"
        f" {words.span(document['unknown'])} unknown,"
        f" {count(len(document['exclusions']), 'declared window')}. A mark stands for {brief(slice_ms)} and has the"
        " gravest state that was in it, so short outages look longer than they were; the tables have the figures."
    )
    return Drawn(charts.time_line(picture, document, name, says), "The whole period", says)


def _heat_map(picture: Picture, name: str) -> Drawn:
    held = [day for day in picture.days if day.whole.sort is not Sort.UP]
    says = (
        f"{len(held)} of {count(len(picture.days), 'day')} held something other than certain uptime. The colour of an"
        " hour is the gravest state that was in it."
    )
    columns = ("day", "down", "failed in maintenance", "uncertain", "unknown", "hours touched")
    rows = [(day.day.isoformat(), *_lengths(day.whole), _touched(day.hours)) for day in held]
    return Drawn(charts.heat_map(picture, name, says), "Each hour of each day", says, columns, rows)


def _lengths(one: Slice) -> list[str]:
    return [brief(each) for each in (one.down_ms, one.planned_ms, one.maybe_ms, one.unknown_ms)]


def _touched(hours: Sequence[Slice | None]) -> str:
    found = [hour for hour, each in enumerate(hours) if each is not None and each.sort is not Sort.UP]
    return ", ".join(f"{hour:02d}" for hour in found)


def _latencies(picture: Picture, name: str) -> Iterator[Drawn]:
    drawable = [(key, found) for key, found in picture.bands if any(one.seen.attempts for one in found)]
    for number, (key, found) in enumerate(drawable[:LANES]):
        each = brief(found[0].end_ms - found[0].start_ms)
        says = (
            f"{key}: the answers to the attempts of each {each}; half of them came within the line, 95 % within the"
            " band. An attempt without an answer has no latency: it is lost, and shown below."
        )
        columns = ("from", "attempts", "lost", "unknown", "p50", "p95")
        rows = [_band(one) for one in found]
        yield Drawn(charts.bands(found, f"{name}{number}", says), f"Latency and loss of {key}", says, columns, rows)


def _band(one: Band) -> tuple[str, ...]:
    ranks = (latency(one.seen.arrived_us.get(rank)) for rank in ("p50", "p95"))
    return (instant(one.start_ms), *(f"{n:,}" for n in (one.seen.attempts, one.seen.lost, one.seen.unknown)), *ranks)


def _trend(document: Document, name: str) -> Drawn:
    before = list(reversed(document["context"]["before"]))
    now = {"period": document["period"]["label"], "downtime": document["downtime"], "verdict": document["verdict"]}
    periods = [*before, {**now, "outages": document["context"]["outages"]}]
    said = words.TRENDS.get(document["context"]["trend"] or "", "There is nothing to compare with.")
    columns = ("period", "outages", "proven downtime", "best estimate", "verdict")
    rows = [
        (
            each["period"],
            f"{each['outages']:,}",
            *(words.span(each["downtime"][end]) for end in ("low", "point")),
            each["verdict"],
        )
        for each in periods
    ]
    svg = charts.trend(periods, document["budget"], name, said)
    return Drawn(svg, "Downtime period by period", said, columns, rows)
