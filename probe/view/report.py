"""The report: one promise applied to one period, with its figures, its verdict and everything that led to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from fractions import Fraction

from probe.sla.assessment import Assessment, Figures, Verdict, Why
from probe.sla.beside import Beside
from probe.sla.budget import ALERTS
from probe.sla.claims import REFUSED, UNSEEN
from probe.view import judged, speed, wording
from probe.view.beside import context_fields, latency_table, quality_fields
from probe.view.outages import outage_table
from probe.view.page import (
    BLANK,
    Block,
    Fields,
    Page,
    Piece,
    Prose,
    Words,
    faint,
    paragraph,
    stacked,
    strong,
    words,
)
from probe.view.wording import span

NOTHING_BESIDE = Beside()


def report(assessments: Sequence[Assessment], besides: Sequence[Beside] = ()) -> Page:
    """Every assessment below the other, each in its own period's zone; `besides`: what stands beside each."""
    if not assessments:
        return (paragraph("Nothing to judge: no service with SLA terms or an objective is configured."),)
    known = besides or [NOTHING_BESIDE] * len(assessments)
    return stacked([assessment(one, beside) for one, beside in zip(assessments, known, strict=True)])


def assessment(one: Assessment, beside: Beside = NOTHING_BESIDE) -> Page:
    """One promise, its figures, its verdict, and what led to it."""
    zone = zone_of(one.period.timezone)
    page: list[Block] = [_title(one), Fields((*_fields(one, zone), *(_beside(beside) if one.line is None else ())))]
    for title, table in _tables(one, zone, beside):
        page += [BLANK, paragraph(strong(title), indent=2), table]
    notes = one.notes if one.line is None else speed.unsaid(one.line, one.notes)
    if notes:
        page += [BLANK, *(paragraph(faint("note: "), note, indent=2) for note in notes)]
    return tuple(page)


def zone_of(name: str) -> tzinfo:
    """The zone of that name; UTC needs no zone database."""
    if name in {"", "UTC"}:
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _title(one: Assessment) -> Prose:
    name = one.service if one.check in {None, one.service} else f"{one.service} / {one.check}"
    terms = " ".join(part for part in (one.agreement, one.agreement_version) if part)
    described = ", ".join(part for part in (one.provider, terms) if part)
    return paragraph(strong(name), f" — {described}" if described else "", faint(f" (from {one.vantage})"))


def _fields(one: Assessment, zone: tzinfo) -> Iterator[tuple[str, Words]]:
    yield "promised", _promised(one)
    yield "rule", words(one.rule)
    yield "period", _period(one, zone)
    if one.line is not None:
        yield from speed.fields(one.line, one.measured)
    else:
        yield from _figured(one)
    if one.budget_ms is not None:
        yield "error budget", _budget(one)
    yield "verdict", _verdict(one)
    if one.claimable is not None and one.verdict is Verdict.MISSED:
        yield "claimable", words(_may(one) if one.claimable else f"no: {_why_not(one)}")
    if one.objective is not None:
        yield "own objective", _objective(one)
    yield from _remedy(one)
    yield "evidence", _evidence(one)


def _may(one: Assessment) -> str:
    """That a miss can be claimed, and whose measuring decides about it."""
    decided = one.claim is not None and one.claim.authority == "provider"
    return "yes, but the provider's own measuring decides" if decided else "yes"


def _why_not(one: Assessment) -> str:
    """What stands against a claim."""
    told = one.claim.missing if one.claim is not None else ()
    return next((each for each in (UNSEEN, REFUSED) if each in told), "the terms have another authority or rule decide")


def _promised(one: Assessment) -> Words:
    if one.line is not None:
        return speed.promised(one.line)
    if one.promise is None and one.agreement is not None:
        return words("no availability: these terms promise something else")
    return words(wording.promise(one.promise, one.measured.unit if one.measured else "%"))


def _figured(one: Assessment) -> Iterator[tuple[str, Words]]:
    """The availability or another figure, and the downtime that it comes from."""
    if one.measured is None:
        yield "availability", _availability(one)
    else:
        yield "measured", words(wording.measured(one.measured))
    yield "downtime", _figures(one.downtime)
    if one.raw_downtime != one.downtime:
        yield "before exclusions", _figures(one.raw_downtime)
    yield "unknown", words(span(one.unknown_ms), _coverage(one.coverage))


def _period(one: Assessment, zone: tzinfo) -> Words:
    period = one.period
    says = f"{wording.instant(period.start_ms, zone)} to {wording.instant(period.end_ms, zone)} ({period.timezone})"
    if not period.is_complete:
        says += f", still running; judged as of {wording.instant(one.as_of_ms, zone)}"
    is_name = period.label and "/" not in period.label
    return words(f"{period.label}: " if is_name else "", says)


def _availability(one: Assessment) -> Words:
    if one.availability is None:
        return words(wording.NOTHING)
    best = one.availability.point
    return words(
        strong(wording.percent_range(one.availability.low, one.availability.high)),
        ", best estimate unknown" if best is None else f", best estimate {wording.percent(best)} %",
    )


def _figures(figures: Figures) -> Words:
    most = "not bounded by the log" if figures.high is None else f"at most {span(figures.high)}"
    return words(f"{span(figures.low)} proven, best estimate {span(figures.point)}, {most}")


def _coverage(coverage: Fraction | None) -> Words:
    return () if coverage is None else (faint(f"; {wording.percent(coverage)} % of the time was measured"),)


def _budget(one: Assessment) -> Words:
    said = f"{span(one.budget_ms)}"
    if one.budget_left is not None:
        said += f", {left(one.budget_left)}"
    burning = "; ".join(_burning(window, rate) for window, rate in one.burn.items() if rate)
    return words(said, f"; burning {burning}" if burning else "")


def _burning(window: str, rate: Fraction) -> str:
    """How many times faster than allowed, and whether that is worth an alert (metrology, section 1.6)."""
    alert = ALERTS.get(window)
    said = f"{rate_text(rate)}× over {window}"
    return said if alert is None or rate < alert else f"{said} (alert: {rate_text(alert)}× and more)"


def left(budget_left: tuple[Fraction, Fraction]) -> str:
    """What is left of a budget, worst and best: `overspent by 6 m to 7 m`, `left 1 m to 2 m`."""
    worst, best = budget_left
    word, low, high = ("left", worst, best) if best >= 0 else ("overspent by", -best, -worst)
    return f"{word} {span(low)}" if low == high else f"{word} {span(low)} to {span(high)}"


def rate_text(rate: Fraction) -> str:
    """A burn rate with one decimal, rounded down."""
    tenths = int(rate * 10)
    return f"{tenths // 10}.{tenths % 10}"


def _verdict(one: Assessment) -> Words:
    if one.line is not None:
        return speed.verdict(one)
    if one.promise is None:
        return words("none: nothing was promised" + (" about availability" if one.agreement else ""))
    said = [wording.strong_verdict(one.verdict)]
    if one.measured is not None:
        said.append(Piece(f": {wording.WHYS[one.reason]}" if one.reason else ""))
    elif one.verdict is Verdict.MET:
        resolution = span(one.resolution.declared_ms)
        if one.resolution.declared_ms:
            said.append(Piece(f" for outages of at least {resolution}; shorter ones are not assessed"))
    elif one.verdict is Verdict.MISSED:
        said.append(Piece(f": {span(one.downtime.low)} of proven downtime, {span(one.budget_ms)} allowed"))
    elif one.reason is not None:
        said.append(Piece(f": {wording.WHYS[one.reason]}{_what_would_help(one)}"))
    return tuple(said)


def _what_would_help(one: Assessment) -> str:
    if one.reason in {Why.COVERAGE, Why.BOTH}:
        return f" ({span(one.unknown_ms)} unknown, {span(one.budget_ms)} allowed)"
    if one.reason is Why.RESOLUTION:
        return f" ({span(one.downtime.low)} to {span(one.downtime.high)} of downtime, {span(one.budget_ms)} allowed)"
    return ""


def _objective(one: Assessment) -> Words:
    own = one.objective
    if own is None:
        return ()
    return words(
        f"≥ {wording.exact_percent(own.target)}: ",
        wording.verdict(own.verdict, own.reason),
        f"; {span(own.budget_ms)} allowed, {left(own.budget_left)}",
    )


def _remedy(one: Assessment) -> Iterator[tuple[str, Words]]:
    if one.credit is not None:
        low, high = (wording.NOTHING if amount is None else str(amount) for amount in one.credit[:2])
        said = low if low == high else f"{low} certain, {high} possible,"
        yield "credit", words(f"{said} {one.credit.currency}", faint(f" ({one.credit.rule})"))
    if one.claim is not None:
        deadline = f"by {one.claim.deadline}" if one.claim.deadline else "no deadline was seen in the terms"
        missing = ", ".join(each for each in one.claim.missing if each != deadline)
        yield "claim", words(deadline, f"; missing: {missing}" if missing else "")


def _evidence(one: Assessment) -> Words:
    if one.line is not None:
        return words(wording.count(one.samples, "measurement"), faint(f"; method {one.method}"))
    spacing = [
        f"{label} at most {span(value)} apart"
        for label, value in (("failures", one.resolution.h1_ms), ("successes", one.resolution.h2_ms))
        if value is not None
    ]
    return words(", ".join([wording.count(one.samples, "sample"), *spacing]), faint(f"; method {one.method}"))


def _beside(beside: Beside) -> Iterator[tuple[str, Words]]:
    if beside.context is not None:
        yield from context_fields(beside.context)
    if beside.quality is not None:
        yield from quality_fields(beside.quality)


def _tables(one: Assessment, zone: tzinfo, beside: Beside) -> Iterator[tuple[str, Block]]:
    if one.line is not None:
        yield "the tests of the rule", speed.tests(one.line)
        return
    if one.outages:
        yield "outages", outage_table(one.outages, zone, is_counted=True, marks=beside.marks)
    if one.exclusions:
        yield "maintenance and other exclusions", judged.exclusions(one.exclusions, zone)
    if one.stretches:
        yield judged.stretch_title(one.stretches), judged.stretches(one.stretches[: judged.STRETCHES_SHOWN], zone)
    if one.readings:
        line = judged.agreed(one)
        found = judged.readings(one) if line is None else Prose(line, indent=2)
        yield "readings of what the terms leave open", found
    if beside.quality is not None and beside.quality.latency:
        yield "loss and latency of the grid's attempts", latency_table(beside.quality)
