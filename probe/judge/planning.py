"""Before the fact: whether the configured schedule can decide each service's SLA in the period that runs.

Budgets come from the same judgement as a report's, so what a plan says of a budget is what a verdict will use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, cast

from probe.judge.judging import Judge
from probe.judge.running import running_services
from probe.model import Check, Role
from probe.sla import plan as planning
from probe.sla.assessment import Assessment
from probe.sla.plan import COUNTS, SHARE, Plan, Schedule
from probe.sla.service import Service
from probe.store.reader import Reader

if TYPE_CHECKING:
    from probe.config import Config

LENGTHS_S: Final = (30, 60, 120, 300, 600)
"""Outages whose chance to be seen a plan shows, beside the interval itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person plans for. outages None: as many as the period had so far, one at least. services None: all."""

    outages: int | None = None
    unknown_ms: int | None = None
    lengths_ms: tuple[int, ...] = ()
    share: Fraction = SHARE
    services: frozenset[str] | None = None


class BlankRecord:
    """Stands for the record before there is one: it has nothing to say about anything."""

    def windows(self) -> tuple[()]:
        """No window."""
        return ()

    def __getattr__(self, _name: str) -> Any:
        """Whatever else is asked for: nothing."""
        return lambda *_: {}


def plans(config: Config, reader: Reader | None, as_of_ms: int, wish: Wish) -> tuple[Plan, ...]:
    """A plan for each promise over the period that runs; reader None: nothing was recorded yet."""
    judge = Judge(config, reader or cast("Reader", BlankRecord()), as_of_ms, counts_samples=False)
    checks = {check.key: check for check in config.checks}
    references = tuple(check for check in config.checks if check.role is Role.REFERENCE)
    wanted = [
        each for each in running_services(config, as_of_ms) if wish.services is None or each[0].name in wish.services
    ]
    judge.prefetch(wanted)
    found = []
    for service, period in wanted:
        for one in judge.assess(service, period):
            watched = _watched(service, one, checks) if not service.is_uplink else references
            if watched and one.promise is not None:
                found.append(_plan(one, watched, wish))
    return tuple(found)


def _watched(service: Service, one: Assessment, checks: dict[str, Check]) -> Sequence[Check]:
    """The checks that an assessment rests on."""
    return [checks[key] for key in service.keys if one.check in {None, key}]


def _plan(one: Assessment, watched: Sequence[Check], wish: Wish) -> Plan:
    assert one.promise is not None
    schedule = _schedule(watched)
    seen = sum(outage.is_confirmed for outage in one.outages)
    outages = max(seen, 1) if wish.outages is None else wish.outages
    unknown = one.unknown_ms if wish.unknown_ms is None else wish.unknown_ms
    lengths = (*wish.lengths_ms, schedule.interval_ms, *(seconds * 1000 for seconds in LENGTHS_S))
    return Plan(
        service=one.service,
        check=one.check,
        provider=one.provider,
        agreement=one.agreement,
        promise=one.promise,
        rule=one.rule,
        period=one.period,
        schedule=schedule,
        budget_ms=one.budget_ms,
        outages=outages,
        seen=seen,
        unknown_ms=unknown,
        spent_ms=one.downtime.observed_high,
        share=wish.share,
        rows=planning.rows(schedule, one.budget_ms, wish.share, unknown, (*COUNTS, outages)),
        sights=planning.sights(schedule, lengths),
        unit=one.measured.unit if one.measured else "%",
    )


def _schedule(watched: Sequence[Check]) -> Schedule:
    """The slowest of all the checks judged together: the width of what they show is its."""
    rechecks = [check.recheck_ms for check in watched]
    return Schedule(
        interval_ms=max(check.interval_ms for check in watched),
        recheck_ms=None if None in rechecks else max(_known(rechecks)),
        timeout_ms=max(check.timeout_ms for check in watched),
        confirm=max(check.confirm for check in watched),
    )


def _known(spans: Iterable[int | None]) -> list[int]:
    return [span for span in spans if span is not None]
