"""One check, or one service, looked at closely: what its own page of a live screen shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from probe.errors import UsageError
from probe.judge.judging import Judge, outages
from probe.judge.looking import Scope, look
from probe.judge.reporting import marks
from probe.judge.running import running_services
from probe.judge.strips import USUAL, Scale
from probe.sla import exclusions
from probe.sla.assessment import Assessment
from probe.view.snapshot import CheckDetail, ServiceDetail, Snapshot

if TYPE_CHECKING:
    from probe.config import Config
    from probe.config.roster import Roster
    from probe.model import Check, Window
    from probe.sla.service import Service
    from probe.store.reader import Reader

OUTCOMES: Final = 60
"""The last outcomes that a closer look reads."""


class Eye:
    """Looks from one configuration into one record as of one instant."""

    def __init__(self, roster: Roster, reader: Reader, as_of_ms: int, whole: Callable[[], Config]) -> None:
        """whole: the configuration, asked for only where the roster does not tell enough."""
        self._roster, self._reader, self._as_of_ms, self._whole = roster, reader, as_of_ms, whole

    def glance(self, scope: Scope) -> Snapshot:
        """The condition of every check, and what else is in scope."""
        return look(self._roster, self._reader, self._as_of_ms, self._whole, scope)

    def check(self, key: str, scale: Scale = USUAL) -> CheckDetail:
        """One check, with its outages in the window of `scale`; UsageError when it is configured no longer."""
        config, reader, vantage = self._whole(), self._reader, self._roster.vantage
        check = _named(key, config.checks)
        between = self._as_of_ms - scale.window_ms, self._as_of_ms
        found = outages(config, reader, *between, (key,))
        return CheckDetail(
            key=key,
            snapshot=self.glance(Scope(scale, frozenset({key}), has_services=False)),
            schedule=(check.interval_ms, check.timeout_ms, check.recheck_ms),
            outcomes=tuple(reader.last(vantage, key, OUTCOMES)),
            outages=found,
            marks=marks(config, found, reader),
            evidence=tuple(one for one in reader.evidence(vantage, *between) if one.key == key),
        )

    def service(self, name: str, scale: Scale = USUAL) -> ServiceDetail:
        """One service in its running period; UsageError when it is configured no longer."""
        config = self._whole()
        service = next((one for one in config.services if one.name == name), None)
        if service is None:
            raise UsageError(f"the service {name!r} is not in the configuration any more")
        judge = Judge(config, self._reader, self._as_of_ms)
        assessments = _running(judge, name)
        return ServiceDetail(
            name=name,
            provider=service.provider,
            snapshot=self._members(service, scale),
            assessments=assessments,
            marks=marks(config, [outage for one in assessments for outage in one.outages], self._reader),
            windows=_windows_of(service, judge.windows),
            tickets=tuple(ticket for ticket in judge.tickets if ticket.service == name),
        )

    def _members(self, service: Service, scale: Scale) -> Snapshot:
        seen = self.glance(Scope(scale, frozenset(service.keys), has_services=False))
        return replace(seen, checks=tuple(check for check in seen.checks if check.key in service.keys))


def _named(key: str, checks: Iterable[Check]) -> Check:
    found = next((check for check in checks if check.key == key), None)
    if found is None:
        raise UsageError(f"the check {key!r} is not in the configuration any more")
    return found


def _running(judge: Judge, name: str) -> tuple[Assessment, ...]:
    wanted = running_services(judge.config, judge.as_of_ms)
    return tuple(one for service, period in wanted if service.name == name for one in judge.assess(service, period))


def _windows_of(service: Service, windows: Iterable[Window]) -> tuple[Window, ...]:
    """The declared windows that speak of the service and were not taken back."""
    return tuple(
        window
        for window in windows
        if window.removed_at_ms is None
        and exclusions.is_in_scope(window, service.provider, service.name)
        and any(exclusions.covers(window, key) for key in service.keys)
    )
