"""What a status page shows: each service now, its last days one by one, its outages and its announced work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from probe.judge import looking
from probe.judge.evidence import Evidence
from probe.judge.judging import Judge, outages
from probe.model import Role, Window
from probe.report.publishing import Announced, Shown
from probe.sla import attribution, exclusions, timeline
from probe.sla.interval import Intervals
from probe.sla.picture import Day, Layers
from probe.store.reader import Reader
from probe.view.snapshot import CheckStatus, Snapshot

if TYPE_CHECKING:
    from probe.config import Config

DAYS: Final = 90
AHEAD_MS: Final = 60 * 86_400_000
"""How far ahead announced work is shown."""
DAY_MS: Final = 86_400_000
ZONE: Final = "UTC"


def shown(
    config: Config, reader: Reader, as_of_ms: int, advance: Callable[[int], None]
) -> tuple[Snapshot, tuple[Shown, ...]]:
    """The look of now, and every service; a check that is part of none stands for itself."""
    from probe.config.roster import roster

    seen = looking.look(roster(config), reader, as_of_ms, lambda: config)
    start_ms = as_of_ms // DAY_MS * DAY_MS - (DAYS - 1) * DAY_MS
    judge = Judge(config, reader, as_of_ms, counts_samples=False)
    evidence = judge.evidence((start_ms, as_of_ms))
    evidence.prefetch()
    found = []
    for name, statuses in _grouped(seen.checks).items():
        found.append(_shown(judge, evidence, seen, name, statuses))
        advance(1)
    return seen, tuple(found)


def _grouped(checks: Iterable[CheckStatus]) -> dict[str, list[CheckStatus]]:
    grouped: dict[str, list[CheckStatus]] = {}
    for check in checks:
        if check.role is Role.CHECK:
            grouped.setdefault(check.service or check.key, []).append(check)
    return grouped


def _shown(judge: Judge, evidence: Evidence, seen: Snapshot, name: str, statuses: list[CheckStatus]) -> Shown:
    service = next((one for one in judge.config.services if one.name == name), None)
    provider = service.provider if service else None
    windows = [
        window
        for window in judge.windows
        if window.removed_at_ms is None and exclusions.is_in_scope(window, provider, name)
    ]
    found = outages(judge.config, judge.reader, evidence.start_ms, evidence.end_ms, [one.key for one in statuses])
    return Shown(
        name=name,
        provider=provider,
        checks=tuple((one, _days(evidence, one.key, windows)) for one in statuses),
        standings=tuple(one for one in seen.services if one.service == name),
        outages=tuple(reversed([one for one in found if one.is_confirmed])),
        announced=tuple(_announced(windows, [one.key for one in statuses], judge.as_of_ms)),
    )


def _days(evidence: Evidence, key: str, windows: Iterable[Window]) -> tuple[Day, ...]:
    """The last days of a check, charged: what nobody could vouch for is unknown."""
    start_ms, end_ms = evidence.start_ms, evidence.end_ms
    member = evidence.member(key)
    witness = attribution.witness(evidence.references, evidence.gateway, start_ms, end_ms)
    known = attribution.charged(timeline.of_spans(member.spans, start_ms, end_ms), member, witness)
    planned = Intervals.of(
        pair
        for window in windows
        if exclusions.covers(window, key)
        for pair in exclusions.expand(window, start_ms, end_ms)
    )
    return Layers(known, planned, start_ms, end_ms).days(ZONE)


def _announced(windows: Iterable[Window], keys: list[str], as_of_ms: int) -> list[Announced]:
    """What runs now or is to come, in order of time."""
    found = [
        Announced(start_ms=start_ms, end_ms=end_ms, window=window)
        for window in windows
        if any(exclusions.covers(window, key) for key in keys)
        for start_ms, end_ms in exclusions.expand(window, as_of_ms, as_of_ms + AHEAD_MS)
    ]
    return sorted(found, key=lambda one: (one.start_ms, one.end_ms))
