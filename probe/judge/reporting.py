"""A report: every assessment with what stands beside it, and services laid side by side under other rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from probe.errors import UsageError
from probe.judge.asked import PeriodChoice
from probe.judge.choice import chosen, preceding
from probe.judge.evidence import stretch_of
from probe.judge.judging import MANY, Judge
from probe.judge.proportion import of_grid
from probe.model import Evidence, Ticket
from probe.sla import beside, budget, evidence, severity
from probe.sla.assessment import Assessment, Outage, PeriodSpan
from probe.sla.beside import Beside, Latency, Mark, Quality, Share, Worst
from probe.sla.requests import Request
from probe.sla.service import Service
from probe.store.reader import Reader
from probe.store.timelines import FAR

if TYPE_CHECKING:
    from pathlib import Path

    from probe.config import Config
    from probe.sla.terms import Terms


Name = tuple[str, str | None, str, int]
"""Which promise of which service and check; the number tells two by one rule apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a report is about. before: how many preceding periods; has_quality: with figures of quality.

    counts_grid: with the failed ones among the attempts of the grid.
    """

    choice: PeriodChoice | None = None
    services: frozenset[str] | None = None
    before: int = 0
    has_quality: bool = False
    counts_grid: bool = True


class Reported(NamedTuple):
    """One assessment and what stands beside it."""

    assessment: Assessment
    beside: Beside


class Compared(NamedTuple):
    """One service (and check) under its own rule and under the common one; None where a rule judges it otherwise.

    Each further promise, such as one about loss, has a row of its own behind that of the first.
    """

    service: str
    check: str | None
    own: Assessment | None
    common: Assessment | None


def report(config: Config, reader: Reader, as_of_ms: int, ask: Ask) -> tuple[Reported, ...]:
    """Every service (or those asked for) judged over its period, in the order of the configuration."""
    judge = Judge(config, reader, as_of_ms)
    wanted = [(service, chosen(service, ask.choice, as_of_ms)) for service in _services(config, ask.services)]
    judge.prefetch(wanted)
    ask = replace(ask, counts_grid=ask.counts_grid and len(wanted) <= MANY)
    return tuple(one for service, span in wanted for one in _reported(judge, service, span, ask))


def compare(config: Config, common: Config, reader: Reader, as_of_ms: int, ask: Ask) -> tuple[Compared, ...]:
    """Services under their own rules and under those of `common`, the best under the common one first."""
    ask = replace(ask, counts_grid=False)
    own, other = (_by_promise(one for one, _ in report(each, reader, as_of_ms, ask)) for each in (config, common))
    found = [Compared(*name[:2], own.get(name), other.get(name)) for name in own | other]
    return tuple(sorted(found, key=_rank))


def _by_promise(found: Iterable[Assessment]) -> dict[Name, Assessment]:
    """Assessments by service, check and promise: the first of a check is "", the others go by their rule."""
    kept: dict[Name, Assessment] = {}
    for one in found:
        rule = one.rule if (one.service, one.check, "", 0) in kept else ""
        twin = sum(name[:3] == (one.service, one.check, rule) for name in kept)
        kept[one.service, one.check, rule, twin] = one
    return kept


def under(config: Config, agreement: str, folder: Path) -> Config:
    """The configuration with every service under another agreement: an id, or a file relative to `folder`.

    UsageError with what is wrong with it.
    """
    from probe.config.services import Agreements

    problems: list[str] = []
    try:
        versions = Agreements(folder, problems).find(agreement)
    except ValueError as error:
        raise UsageError("\n".join([*problems, f"--under: {error}"])) from error
    return _with(config, versions)


def plainly(config: Config) -> Config:
    """The configuration with every service under the plain measure, in UTC, held to what was promised for it."""
    services = tuple(
        replace(service, terms=None, timezone=None, objective=_target(service)) for service in config.services
    )
    return replace(config, services=services, versions={service.name: () for service in services})


def marks(config: Config, outages: Sequence[Outage], reader: Reader) -> dict[Outage, Mark]:
    """Severity, tickets and evidence of each outage; `outages` has all those of the services concerned."""
    told = reader.tickets()
    seen = _evidence(config, reader, outages)
    names = {check.key: check.service for check in config.checks}
    known = {service.name: service for service in config.services}
    found: dict[Outage, Mark] = {}
    for outage in outages:
        service = known.get(names.get(outage.key) or "")
        tickets, during = _tickets(service, outage, told), _during(outage, seen.get(outage.key, []))
        found[outage] = Mark(_severity(service, outage, outages), tickets, during)
    return found


def _evidence(config: Config, reader: Reader, outages: Sequence[Outage]) -> dict[str, list[Evidence]]:
    """What was seen from the first of the outages to now, by check."""
    found: dict[str, list[Evidence]] = {}
    if outages:
        start_ms = min(outage.start_earliest_ms for outage in outages)
        for one in reader.evidence(config.agent.vantage, start_ms, FAR):
            found.setdefault(one.key, []).append(one)
    return found


def _during(outage: Outage, seen: Iterable[Evidence]) -> tuple[Evidence, ...]:
    end_ms = FAR if outage.end_latest_ms is None else outage.end_latest_ms
    return tuple(one for one in seen if outage.start_earliest_ms <= one.at_ms < end_ms)


def _severity(service: Service | None, outage: Outage, outages: Iterable[Outage]) -> severity.Severity | None:
    return None if service is None else severity.of_outage(outage, service.impact, outages, service.keys)


def _tickets(service: Service | None, outage: Outage, told: Iterable[Ticket]) -> tuple[Ticket, ...]:
    return () if service is None else beside.tickets_of(outage, told, service.name)


def _services(config: Config, names: frozenset[str] | None) -> list[Service]:
    return [one for one in config.services if names is None or one.name in names or names & set(one.groups)]


def _reported(judge: Judge, service: Service, span: PeriodSpan, ask: Ask) -> Iterator[Reported]:
    found = judge.assess(service, span)
    before = _earlier(judge, service, span, ask.before)
    outages = [outage for one in found for outage in one.outages]
    for name, one in _by_promise(found).items():
        history = [earlier[name] for earlier in before if name in earlier]
        marked = {
            outage: Mark(_severity(service, outage, outages), _tickets(service, outage, judge.tickets))
            for outage in one.outages
        }
        quality = _quality(judge, service, span, one) if ask.has_quality else None
        grid = _grid(judge, service, span, one) if ask.counts_grid else None
        yield Reported(one, Beside(marks=marked, context=beside.context(one, history, grid), quality=quality))


def _grid(judge: Judge, service: Service, span: PeriodSpan, one: Assessment) -> Share:
    seen = judge.evidence(stretch_of(span, judge.as_of_ms))
    members = seen.references if service.is_uplink else map(seen.member, [one.check] if one.check else service.keys)
    return of_grid(judge.reader, seen, members, judge.config.agent.vantage)


def _earlier(judge: Judge, service: Service, span: PeriodSpan, number: int) -> list[dict[Name, Assessment]]:
    """The assessments of the preceding periods by check and promise, the latest period first."""
    light = Judge(judge.config, judge.reader, judge.as_of_ms, counts_samples=False)
    found = []
    for _ in range(number):
        span = preceding(span, judge.as_of_ms)
        found.append(_by_promise(light.assess(service, span)))
    return found


def _quality(judge: Judge, service: Service, span: PeriodSpan, one: Assessment) -> Quality:
    mtbf, mttr = beside.between_failures(one)
    question = judge.question(service, span)
    keys = [key for key in service.keys if one.check in {None, key}]
    seen = {key: question.requests[key].samples for key in keys}
    case = next(case for case in evidence.gather(question) if case.check == one.check)
    lengths = {name: ms for name, ms in beside.WORST_WINDOWS_MS.items() if ms <= case.until_ms - span.start_ms}
    edges = span.start_ms, case.until_ms
    return Quality(
        mtbf_ms=mtbf,
        mttr_ms=mttr,
        worst={
            name: Worst(
                1 - Fraction(budget.worst_window(case.known.worst, *edges, ms)) / ms,
                1 - Fraction(budget.worst_window(case.known.down, *edges, ms)) / ms,
            )
            for name, ms in lengths.items()
        },
        latency={key: _latency(attempts) for key, attempts in seen.items()},
    )


def _latency(attempts: Sequence[Request]) -> Latency:
    return beside.latency([(each.state, each.latency_us) for each in attempts], (each.burst_us for each in attempts))


def _with(config: Config, versions: tuple[Terms, ...]) -> Config:
    services = tuple(replace(service, terms=versions[-1]) for service in config.services)
    return replace(config, services=services, versions={service.name: versions for service in services})


def _target(service: Service) -> Fraction | None:
    promise = service.terms.promise if service.terms else None
    return service.objective if promise is None or promise.metric != "availability" else promise.target


def _rank(one: Compared) -> tuple[bool, Fraction, Fraction]:
    bounds = one.common.availability if one.common else None
    if bounds is None:
        return True, Fraction(0), Fraction(0)
    return False, -bounds.high, -bounds.low
