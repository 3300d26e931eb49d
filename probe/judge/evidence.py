"""What the record holds for judging, read once for all services that share it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from probe.judge.conditions import LOCAL, OWN
from probe.model import Check, Role, Span, SpanClass, State
from probe.sla import grouped
from probe.sla.assess import MARGIN_MS
from probe.sla.assessment import PeriodSpan
from probe.sla.service import Member, declared_resolution
from probe.store.events import Paused
from probe.store.reader import Reader
from probe.store.series import Series, Setting

if TYPE_CHECKING:
    from probe.config import Config


USUAL: Final = Setting(0, 60_000, 5_000, None, 3, 90_000)
"""How a series is taken to have been measured that is not configured, and of which no setting is on record."""


class Evidence:
    """The members of services and the witnesses of our own line, over one stretch of time and a day around it.

    counts_samples: also count the outcomes inside the stretch, which costs a look at every one. vantage: where
    it was measured, None for where this configuration measures.
    """

    def __init__(
        self,
        config: Config,
        reader: Reader,
        between: tuple[int, int],
        *,
        counts_samples: bool,
        vantage: str | None = None,
    ) -> None:
        """Nothing is read before it is asked for."""
        self._vantage = vantage or config.agent.vantage
        self.start_ms, self.end_ms = between
        self._config, self._reader = config, reader
        self._counts = counts_samples
        self._members: dict[str, Member] = {}

    def member(self, key: str) -> Member:
        """A check as evidence; one that was never probed has no spans."""
        if key not in self._members:
            check = self._checks.get(key)
            is_group = check is not None and check.kind == "group"
            self._members[key] = self._gather(check) if check and is_group else self._read(key)
        return self._members[key]

    def _gather(self, group: Check) -> Member:
        """A group, which follows from its checks."""
        return grouped.member(group.key, [self.member(key) for key in group.settings.of], group.settings.needed)

    def prefetch(self) -> None:
        """Read the spans of every series in one question, for when most are needed."""
        self._spans = self._reader.spans_of_all(self._vantage, *self._around)

    @cached_property
    def references(self) -> tuple[Member, ...]:
        """Every reference configured, and those on record that were when this stretch was watched."""
        found = (self.member(key) for key in self._keys_of(Role.REFERENCE))
        return tuple(one for one in found if one.key in self._checks or self._was_watching(one))

    @cached_property
    def gateway(self) -> Member | None:
        """The gateway; the one configured now where there were several, None when there is none."""
        keys = self._keys_of(Role.GATEWAY)
        configured = [check.key for check in self._config.checks if check.role is Role.GATEWAY]
        return self.member((configured or keys)[0]) if keys else None

    @property
    def _around(self) -> tuple[int, int]:
        return self.start_ms - MARGIN_MS, self.end_ms + MARGIN_MS

    @cached_property
    def _series(self) -> dict[str, Series]:
        return {series.key: series for series in self._reader.series(self._vantage)}

    @cached_property
    def _checks(self) -> dict[str, Check]:
        return {check.key: check for check in self._config.checks}

    @cached_property
    def _settings(self) -> dict[str, tuple[Setting, ...]]:
        return self._reader.settings_of_all(self._vantage)

    @cached_property
    def _samples(self) -> Mapping[str, int]:
        return self._reader.samples(self._vantage, self.start_ms, self.end_ms) if self._counts else {}

    @cached_property
    def _spans(self) -> dict[str, tuple[Span, ...]] | None:
        return None

    def _keys_of(self, role: Role) -> list[str]:
        keys = {check.key: None for check in self._config.checks if check.role is role}
        return list(keys | {key: None for key, series in self._series.items() if series.role is role})

    def _was_watching(self, reference: Member) -> bool:
        start_ms, end_ms = self._around
        return any(span.t1_ms > start_ms and span.t0_ms < end_ms for span in reference.spans)

    def _read(self, key: str) -> Member:
        spans = self._spans_of(key)
        settings = self._valid(key)
        series, check = self._series.get(key), self._checks.get(key)
        now, unknown = settings[-1], self._unknown(key, spans)
        digests = self._reader.revisions(self._vantage, key) if self._counts else {}
        return Member(
            key=key,
            spans=spans,
            declared_ms=max(declared_resolution(one.interval_ms, one.timeout_ms or 0) for one in settings),
            g_max_ms=now.g_max_ms,
            confirm=now.confirm,
            interval_ms=now.interval_ms,
            recheck_ms=now.recheck_ms,
            timeout_ms=now.timeout_ms or 0,
            network=check.network if check else series.network if series else None,
            until_ms=None if check or not spans else spans[-1].t1_ms,
            samples=self._samples.get(key, 0),
            revisions=tuple(dict.fromkeys(digests[span.revision] for span in spans if span.revision in digests)),
            local=unknown["local"],
            idle=unknown["idle"],
        )

    def _spans_of(self, key: str) -> tuple[Span, ...]:
        if self._spans is not None:
            spans = self._spans.get(key, ())
        else:
            spans = self._reader.spans(self._vantage, key, *self._around)
        pauses = self.pauses(key)
        return paused(spans, pauses) if pauses else spans

    def pauses(self, key: str) -> tuple[Paused, ...]:
        """The pauses of a check, under any name that it had, which touch the stretch."""
        series = self._series.get(key)
        names = {key, *(series.former if series else ())}
        return tuple(one for one in self._pauses if one.key in names and one.touches(self.start_ms, self.end_ms))

    @cached_property
    def _pauses(self) -> tuple[Paused, ...]:
        return self._reader.pauses(self._vantage)

    def _valid(self, key: str) -> Sequence[Setting]:
        """The settings valid at some time of the stretch, the configured ones where none is on record."""
        known = self._settings.get(key, ())
        if not known:
            check = self._checks.get(key)
            return (_as_configured(check) if check else USUAL,)
        last = [one for one in known if one.from_ms < self.end_ms] or [known[0]]
        earlier = [one for one, following in pairwise(last) if following.from_ms > self.start_ms]
        return (*earlier, last[-1])

    def _unknown(self, key: str, spans: Sequence[Span]) -> dict[str, tuple[tuple[int, int], ...]]:
        """Stretches of unknown outcomes: `local`, that speak of our own line, and `idle`, that speak of the agent."""
        local, idle = [], []
        for span in spans:
            if span.cls is not SpanClass.UNKNOWN or (span.n <= 1 and State.UNKNOWN not in (span.first, span.last)):
                continue  # silence has no reasons
            if span.t1_ms <= self.start_ms or span.t0_ms >= self.end_ms:
                continue
            seen = self._reader.reasons(self._vantage, key, span.t0_ms, span.t1_ms)
            if seen & LOCAL:
                local.append((span.t0_ms, span.t1_ms))
            elif seen <= OWN:
                idle.append((span.t0_ms, span.t1_ms))
        return {"local": tuple(local), "idle": tuple(idle)}


def paused(spans: Sequence[Span], pauses: Sequence[Paused]) -> tuple[Span, ...]:
    """The spans with the time of the pauses unknown: also of one so short that no sample is missing."""
    found = list(spans)
    for pause in pauses:
        edges = pause.from_ms, pause.end_ms
        found = [piece for span in found for piece in _parted(span, *edges)]
    return tuple(found)


def _parted(span: Span, start_ms: int, end_ms: int | None) -> Iterator[Span]:
    """A span cut where a pause begins and ends; what lies in it is unknown."""
    until_ms = span.t1_ms if end_ms is None else min(end_ms, span.t1_ms)
    from_ms = max(start_ms, span.t0_ms)
    if span.cls is SpanClass.UNKNOWN or from_ms >= until_ms:
        yield span
        return
    if span.t0_ms < from_ms:
        yield span._replace(t1_ms=from_ms)
    yield span._replace(t0_ms=from_ms, t1_ms=until_ms, cls=SpanClass.UNKNOWN, n=0)
    if until_ms < span.t1_ms:
        yield span._replace(t0_ms=until_ms)


def stretch_of(period: PeriodSpan, as_of_ms: int) -> tuple[int, int]:
    """What of a period has been: its start, and its end or the present."""
    return period.start_ms, max(period.start_ms + 1, min(period.end_ms, as_of_ms))


def _as_configured(check: Check) -> Setting:
    return Setting(0, check.interval_ms, check.timeout_ms, check.recheck_ms, check.confirm, check.g_max_ms)
