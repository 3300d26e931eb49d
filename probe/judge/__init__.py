"""The judging way: configuration × record × period → assessments, outages, and what a screen shows.

Everything here reads; nothing changes the record. The instant of judging is handed in. A look needs little of
the arithmetic, so each way in imports what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from probe.judge.asked import PeriodChoice

if TYPE_CHECKING:
    from probe.config import Config
    from probe.config.roster import Roster
    from probe.sla.assessment import Assessment, Outage
    from probe.store.reader import Reader
    from probe.view.snapshot import Snapshot

__all__ = ["PeriodChoice", "assess", "look", "outages", "snapshot"]


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
    from probe.judge import judging

    return judging.assess(config, reader, choice, as_of_ms, services)


def outages(config: Config, reader: Reader, start_ms: int, end_ms: int, keys: Iterable[str]) -> tuple[Outage, ...]:
    """The outages and suspects of some checks that touch [start, end), in order of time."""
    from probe.judge import judging

    return judging.outages(config, reader, start_ms, end_ms, keys)


def snapshot(config: Config, reader: Reader, as_of_ms: int, *, is_full: bool = False) -> Snapshot:
    """What a screen shows. is_full: with the whole running assessment of each service, which takes longer."""
    from dataclasses import replace

    from probe.config.roster import roster
    from probe.judge import looking

    scope = looking.Scope(is_strict=is_full)
    seen = looking.look(roster(config), reader, as_of_ms, lambda: config, scope)
    return replace(seen, assessments=looking.assessments(config, reader, as_of_ms)) if is_full else seen


def look(roster: Roster, reader: Reader, as_of_ms: int, whole: Callable[[], Config]) -> Snapshot:
    """What a screen shows, from the short form; `whole` is asked for only when a service must be judged anew."""
    from probe.judge import looking

    return looking.look(roster, reader, as_of_ms, whole)
