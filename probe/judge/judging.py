"""Services judged over a period, and the outages of a stretch of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from probe.judge.asked import PeriodChoice
from probe.judge.attempts import Attempts
from probe.judge.choice import chosen, on_its_day, preceding
from probe.judge.evidence import Evidence, stretch_of
from probe.judge.speeds import speeds_of
from probe.judge.zones import tzdata_version
from probe.model import Ticket, Window
from probe.report.figures import instant
from probe.sla import assess as judgement
from probe.sla import attribution, exclusions, history
from probe.sla.assessment import Assessment, Outage, PeriodSpan
from probe.sla.outages import outages as outages_of
from probe.sla.service import Question, Service
from probe.store.reader import Reader
from probe.store.series import Series
from probe.store.windows import undeclared

if TYPE_CHECKING:
    from probe.config import Config

MANY = 20
"""From so many services on, the spans of all series are read in one question."""


class Judge:
    """Answers for services of one configuration as of one instant; what they share is read once."""

    def __init__(self, config: Config, reader: Reader, as_of_ms: int, *, counts_samples: bool = True) -> None:
        """Nothing is read before it is asked for."""
        self.config, self.reader, self.as_of_ms = config, reader, as_of_ms
        self._counts = counts_samples
        self._evidence: dict[tuple[tuple[int, int], str], Evidence] = {}
        self._tickets: tuple[Ticket, ...] | None = None
        self._tzdata = tzdata_version()

    def assess(self, service: Service, period: PeriodSpan) -> tuple[Assessment, ...]:
        """The service's assessments for a period, by the terms valid on its first day."""
        service, note = on_its_day(self.config, service, period)
        before = self._before(service, period)
        found = judgement.assess(replace(self.question(service, period), before=before))
        notes = (*((note,) if note else ()), *self._notes(service, period))
        return tuple(replace(one, notes=(*one.notes, *notes)) for one in found) if notes else found

    def _before(self, service: Service, period: PeriodSpan) -> tuple[tuple[Assessment, ...], ...]:
        """The preceding periods judged, as many as the terms look back on; none for a short form."""
        number = history.reach(service.terms) if self._counts else 0
        light = Judge(self.config, self.reader, self.as_of_ms, counts_samples=False)
        found = []
        for _ in range(number):
            period = preceding(period, self.as_of_ms)
            found.append(light.assess(service, period))
        return tuple(found)

    def question(self, service: Service, period: PeriodSpan) -> Question:
        """All that judging a service over a period takes, under the terms that it is handed with."""
        home = self.config.agent.vantage
        of = [home] if service.vantages is None else list(service.vantages.of)
        first = home if home in of else of[0]
        elsewhere = tuple(self._asked(service, period, vantage) for vantage in of if vantage != first)
        return replace(self._asked(service, period, first), elsewhere=elsewhere)

    def _asked(self, service: Service, period: PeriodSpan, vantage: str) -> Question:
        between = stretch_of(period, self.as_of_ms)
        evidence = self.evidence(between, vantage)
        return Question(
            service=service,
            vantage=vantage,
            members=tuple(evidence.member(key) for key in service.keys),
            references=evidence.references,
            gateway=evidence.gateway,
            period=period,
            as_of_ms=self.as_of_ms,
            windows=self._windows_of(service.name),
            tzdata=self._tzdata,
            tickets=tuple(ticket for ticket in self.tickets if ticket.service == service.name),
            speeds=speeds_of(self.reader, service, (*between, vantage)),
            requests=Attempts(self.reader, self.config, service.keys, (*between, vantage)),
        )

    def _notes(self, service: Service, period: PeriodSpan) -> Iterator[str]:
        """What the record says besides outcomes: who paused a check, and windows that are not in it yet."""
        evidence = self.evidence(stretch_of(period, self.as_of_ms))
        for key in service.keys:
            for pause in evidence.pauses(key):
                end = "until resumed" if pause.end_ms is None else f"to {instant(pause.end_ms)}"
                why = f": {pause.reason}" if pause.reason else ""
                yield f"{key} was paused from {instant(pause.from_ms)} {end} by {pause.by or 'somebody'}{why}"
        if any(exclusions.is_in_scope(window, service.provider, service.name) for window in self._undeclared):
            yield "a window of the configuration files is not in the record yet; the agent enters it when it loads them"

    def prefetch(self, wanted: Sequence[tuple[Service, PeriodSpan]]) -> None:
        """Where many services are to be judged, read the spans of all series in one question a period."""
        if len(wanted) >= MANY:
            for between in {stretch_of(period, self.as_of_ms) for _, period in wanted}:
                self.evidence(between).prefetch()

    def evidence(self, between: tuple[int, int], vantage: str | None = None) -> Evidence:
        """What the record holds for a stretch of time, from one vantage point; None for our own."""
        known = between, vantage or self.config.agent.vantage
        if known not in self._evidence:
            made = Evidence(self.config, self.reader, between, counts_samples=self._counts, vantage=vantage)
            self._evidence[known] = made
        return self._evidence[known]

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Every declared window, also those that only the files hold."""
        return (*self._recorded, *self._undeclared)

    def _windows_of(self, service: str) -> tuple[Window, ...]:
        """Those that name the service or none, in the same order: among many, few are looked at closely."""
        named, general = self._windows_by_service.get(service, []), self._windows_by_service.get(None, [])
        return tuple(self.windows[place] for place in sorted((*named, *general)))

    @cached_property
    def _windows_by_service(self) -> dict[str | None, list[int]]:
        found: dict[str | None, list[int]] = {}
        for place, window in enumerate(self.windows):
            found.setdefault(window.service, []).append(place)
        return found

    @cached_property
    def _recorded(self) -> tuple[Window, ...]:
        renamed = {former: one.key for one in self._series for former in one.former}
        return tuple(_renamed(window, renamed) for window in self.reader.windows())

    @cached_property
    def _undeclared(self) -> tuple[Window, ...]:
        """Windows of the files that no agent has seen yet, entered now."""
        found = undeclared(self.reader.windows(), self.config.windows)
        return tuple(replace(window, entered_at_ms=self.as_of_ms, entered_by="configuration") for window in found)

    @cached_property
    def _series(self) -> tuple[Series, ...]:
        return self.reader.series(self.config.agent.vantage)

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """Every ticket on record."""
        if self._tickets is None:
            self._tickets = tuple(self.reader.tickets())
        return self._tickets


def assess(
    config: Config,
    reader: Reader,
    choice: PeriodChoice | None,
    as_of_ms: int,
    services: Iterable[str] | None = None,
) -> tuple[Assessment, ...]:
    """Every service (or those named) judged over the period chosen, in the order of the configuration.

    UsageError when the choice names no period.
    """
    names = None if services is None else set(services)
    wanted = [service for service in config.services if names is None or service.name in names]
    judge = Judge(config, reader, as_of_ms)
    asked = [(service, chosen(service, choice, as_of_ms)) for service in wanted]
    judge.prefetch(asked)
    return tuple(one for service, period in asked for one in judge.assess(service, period))


def _renamed(window: Window, renamed: Mapping[str, str]) -> Window:
    """The window with its checks under the names of now."""
    if not renamed or not window.checks:
        return window
    return replace(window, checks=tuple(renamed.get(key, key) for key in window.checks))


def outages(config: Config, reader: Reader, start_ms: int, end_ms: int, keys: Iterable[str]) -> tuple[Outage, ...]:
    """The outages and suspects of some checks that touch [start, end), in order of time."""
    evidence = Evidence(config, reader, (start_ms, end_ms), counts_samples=False)
    seen = attribution.witness(evidence.references, evidence.gateway, start_ms, end_ms)
    found = [one for key in keys for one in outages_of(evidence.member(key), seen, start_ms, end_ms)]
    return tuple(sorted(found, key=lambda one: (one.start_earliest_ms, one.key)))
