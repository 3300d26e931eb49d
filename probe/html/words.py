"""The sentences of the pages, made of the figures of the documents: nothing is computed, only said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from probe.model import Cause
from probe.sla.assessment import Promise, Verdict, Why
from probe.view import wording
from probe.view.cells import printable
from probe.view.judged import FEW
from probe.view.report import left, zone_of

Document = Mapping[str, Any]
LONGEST: Final = 30
"""Characters of a name beside a chart."""

SYMBOLS: Final[Mapping[str, str]] = {"met": "✓", "missed": "✕", "undecided": "?", "none": "–"}
TRENDS: Final[Mapping[str, str]] = {
    "better": "There was less downtime than in the measured periods before.",
    "worse": "There was more downtime than in the measured periods before.",
    "as before": "There was as much downtime as in the measured periods before.",
}
EXCLUSION_CAUSES: Final[Mapping[str, str]] = {
    "scheduled_maintenance": "scheduled maintenance",
    "emergency_maintenance": "emergency maintenance",
}


def ms_of(seconds: str) -> Fraction:
    """A span of a document in milliseconds, or an instant of it since 1970."""
    if "T" in seconds:
        at = datetime.fromisoformat(seconds)
        return Fraction((at - wording.EPOCH) // timedelta(milliseconds=1))
    return Fraction(seconds) * 1000


def span(seconds: str | None) -> str:
    """A span in full: `11 m 32.5 s`."""
    return wording.NOTHING if seconds is None else wording.span(ms_of(seconds))


@lru_cache(maxsize=8192)
def at(instant: str | None, zone: str = "UTC") -> str:
    """An instant in a zone, to the second."""
    return wording.NOTHING if instant is None else wording.instant(ms_of(instant), zone_of(zone))


def between(edges: Document | None, zone: str = "UTC") -> str:
    """An instant that is known as a range; one that has not come yet is an outage that goes on."""
    if edges is None:
        return "goes on"
    return wording.between(int(ms_of(edges["earliest"])), int(ms_of(edges["latest"])), zone_of(zone))


def lasted(outage: Document) -> str:
    """How long an outage was, at least and at most."""
    start, end = outage["start"], outage["end"]
    if end is None:
        return wording.NOTHING
    shortest = max(ms_of(end["earliest"]) - ms_of(start["latest"]), Fraction(0))
    low, high = wording.brief(shortest), wording.brief(ms_of(end["latest"]) - ms_of(start["earliest"]))
    return low if low == high else f"{low} – {high}"


def cause(word: str) -> str:
    """Whose fault, in words."""
    return wording.CAUSES[Cause(word)]


def percent(ratio: Document | None) -> str:
    """A ratio with three decimals, rounded down."""
    return wording.NOTHING if ratio is None else f"{wording.percent(Fraction(ratio['exact']))} %"


def name_of(one: Document) -> str:
    """The service, and the check where each is judged by itself."""
    service, check = str(one["service"]), one["check"]
    return service if check in {None, service} else f"{service} / {check}"


def short(text: str, most: int = LONGEST) -> str:
    """A name that fits beside a chart, made printable."""
    safe = printable(text)
    return safe if len(safe) <= most else safe[: most - 1] + "…"


def promise(one: Document) -> str:
    """`availability ≥ 99.99 %`."""
    if one["line"]:
        return f"{one['line']['direction']}load speed"
    found = one["promise"]
    if found is None:
        return wording.promise(None)
    unit = one["measured"]["unit"] if one["measured"] else "%"
    return wording.promise(Promise(found["metric"], found["op"], Fraction(found["target"])), unit)


def availability(one: Document) -> str:
    """The range and the best estimate."""
    bounds = one["availability"]
    if bounds is None:
        return wording.NOTHING
    low, high = (Fraction(bounds[end]["exact"]) for end in ("low", "high"))
    return f"{wording.percent_range(low, high)}, best estimate {percent(bounds['point'])}"


def measured(one: Document) -> str:
    """A figure that is not availability, with its bounds."""
    found = one["measured"]
    low, point, high = (_figure(found[end], found["unit"]) for end in ("low", "point", "high"))
    most = f"{low} to {high}" if found["high"] is not None else f"at least {low}, not bounded by the log"
    return f"{most}, best estimate {point}, of {wording.count(found['samples'], 'sample')}"


def downtime(figures: Document) -> str:
    """Proven, best estimate, at most."""
    most = "not bounded by the log" if figures["high"] is None else f"at most {span(figures['high'])}"
    return f"{span(figures['low'])} proven, best estimate {span(figures['point'])}, {most}"


def budget(one: Document) -> str:
    """What was allowed and what is left of it."""
    spare = one["budget_left"]
    return f"{span(one['budget'])}, {left((ms_of(spare['low']), ms_of(spare['high'])))}"


def verdict_of(one: Document) -> str:
    """The word of the verdict; `none` where nothing was promised."""
    return "none" if one["promise"] is None and not one["line"] else str(one["verdict"])


def headline(one: Document) -> str:
    """The verdict as a sentence that can be quoted, with the figures that decide it."""
    said = "".join(_headline(one))
    return (
        said if one["period"]["complete"] else said + " The period still runs: this is how it stands, not how it ends."
    )


def _headline(one: Document) -> Iterator[str]:
    word = verdict_of(one)
    if word == "none":
        yield "Nothing was promised; the figures stand by themselves."
        return
    if one["line"]:
        yield f"Promised: {promise(one)}, as the contract states it; {one['line']['progress']}. "
    else:
        yield f"{one['provider'] or 'The provider'} promised {promise(one)}. "
    yield _judged(one, Verdict(word), one["period"]["label"])


def _judged(one: Document, verdict: Verdict, when: str) -> str:
    if one["line"]:
        return f"By the rule {one['line']['rule']} that was {_past(verdict)} in {when}{_why(one)}."
    if one["measured"] is not None:
        return f"In {when} that was {_past(verdict)}{_why(one)}: measured {measured(one)}."
    down, allowed = one["downtime"], span(one["budget"])
    if verdict is not Verdict.UNDECIDED:
        fine = _resolution(one) if verdict is Verdict.MET else ""
        return (
            f"In {when} that was {verdict}{fine}: {span(down['low'])} of downtime are proven, {allowed} were allowed."
        )
    most = "no bound" if down["high"] is None else span(down["high"])
    return (
        f"Whether that was kept in {when} is undecided{_why(one)}: between {span(down['low'])} and {most} of downtime"
        f" fit the record, {allowed} were allowed."
    )


def _past(verdict: Verdict) -> str:
    return "left undecided" if verdict is Verdict.UNDECIDED else str(verdict)


def _why(one: Document) -> str:
    return "" if one["reason"] is None else f", since {wording.WHYS[Why(one['reason'])]}"


def _resolution(one: Document) -> str:
    declared = one["resolution"]["declared"]
    return f", for outages of at least {span(declared)}" if Fraction(declared or 0) else ""


def objective(one: Document) -> str:
    """The own target beside the promise."""
    own = one["objective"]
    why = "" if own["reason"] is None else f" ({wording.WHYS[Why(own['reason'])]})"
    spare = left((ms_of(own["budget_left"]["low"]), ms_of(own["budget_left"]["high"])))
    target = wording.exact_percent(Fraction(own["target"]))
    return f"≥ {target}: {own['verdict']}{why}; {span(own['budget'])} allowed, {spare}"


def credit(one: Document) -> str:
    """What is owed."""
    owed = one["credit"]
    certain, possible = (wording.NOTHING if owed[key] is None else owed[key] for key in ("certain", "possible"))
    said = certain if certain == possible else f"{certain} certain, {possible} possible,"
    return f"{said} {owed['currency']} ({owed['rule']})"


def owed(reading: Document) -> str:
    """What is owed under one reading; a dash where nothing is."""
    found = reading["credit"]
    if found is None:
        return wording.NOTHING
    low, high = (wording.NOTHING if found[key] is None else found[key] for key in ("certain", "possible"))
    return f"{low if low == high else f'{low} to {high}'} {found['currency']}"


def agreed(one: Document) -> str | None:
    """All readings in a sentence where they come to the same verdict and credit; None where they are few or differ."""
    readings = one["readings"]
    same = {(each["verdict"], owed(each)) for each in readings}
    if len(readings) < FEW or len(same) > 1:
        return None
    ((verdict, credit),) = same
    low = min(Fraction(each["availability"]["low"]["exact"]) for each in readings)
    high = max(Fraction(each["availability"]["high"]["exact"]) for each in readings)
    clauses = dict.fromkeys(clause for each in readings for clause in each["clause"].split("; "))
    said = "" if credit == wording.NOTHING else f", credit {credit}"
    return (
        f"All {len(readings)} come to the same: {verdict}, availability {wording.percent_range(low, high)}{said}."
        f" Open in the text: {', '.join(clauses)}. Each reading is in the report’s JSON."
    )


def deadline(one: Document) -> str:
    """Until when a claim must be there."""
    last = one["claim"]["deadline"]
    return f"to be claimed by {last}" if last else "no deadline for a claim was seen in the terms"


def unproven(one: Document) -> Iterator[str]:
    """What this assessment does not prove, said by ourselves."""
    if ms_of(one["unknown"]):
        share = "" if one["coverage"] is None else f" ({percent(one['coverage'])} of the time was measured)"
        yield (
            f"What happened in {span(one['unknown'])} of unknown time{share}. It is counted neither as up nor as down:"
            " the low availability takes it for down, the high one for up."
        )
    declared = one["resolution"]["declared"]
    if Fraction(declared or 0):
        yield f"That there was no outage shorter than {span(declared)} between two samples."
    yield (
        f"Where beyond our own line a fault lay: from one vantage point ({one['vantage']}) the provider and the"
        " networks on the way to it cannot be told apart."
    )
    if one["agreement"]:
        yield "That the terms were read rightly: their sources are named with the promise, and the text itself decides."


def exclusion(one: Document) -> str:
    """What a declared window was for."""
    return EXCLUSION_CAUSES.get(one["cause"], str(one["cause"]).replace("_", " "))


def _figure(exact: str | None, unit: str) -> str:
    if exact is None:
        return wording.NOTHING
    value = Fraction(exact)
    return f"{wording.percent(value)} %" if unit == "%" else f"{wording.percent(value / 100)} {unit}"
