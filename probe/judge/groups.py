"""Groups now: what follows from the conditions of their checks, and their last hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from probe.model import Span
from probe.view.snapshot import Standing

if TYPE_CHECKING:
    from probe.config.roster import Roster
    from probe.judge.conditions import Condition


def gathered(group: Condition, parts: Sequence[Condition]) -> Condition:
    """The condition of a group by Kleene logic: what is not known may be up as well as down."""
    if group.standing is Standing.PAUSED:
        return group
    check = group.check
    down = [part for part in parts if part.standing is Standing.DOWN]
    up = [part for part in parts if part.standing is Standing.UP]
    wanted = len(parts) - check.needed + 1
    note = f"{len(up)} of {len(parts)} up, at least {wanted} wanted"
    if len(down) >= check.needed:
        confirmed = sum(part.last is not None and part.last.run.bad >= part.check.confirm for part in down)
        return group._replace(
            standing=Standing.DOWN,
            cause=down[0].cause,
            since_ms=_since(down, check.needed),
            note=note,
            is_confirmed=confirmed >= check.needed,
        )
    if len(up) >= wanted:
        return group._replace(standing=Standing.UP, since_ms=_since(up, wanted), note=note)
    is_new = all(part.standing is Standing.PENDING for part in parts)
    standing = Standing.PENDING if is_new else Standing.UNKNOWN
    causes = [part.cause for part in parts if part.standing is Standing.UNKNOWN]
    return group._replace(standing=standing, cause=next(iter(causes), None), note=note)


def _since(parts: Sequence[Condition], needed: int) -> int | None:
    """Since when, at the latest, so many have been what they are now without a break."""
    since = sorted(part.since_ms for part in parts if part.since_ms is not None)
    return since[needed - 1] if len(since) >= needed else None


def timelines_of(roster: Roster, timelines: Mapping[str, Sequence[Span]]) -> dict[str, tuple[Span, ...]]:
    """Spans of each group for its strip, out of those of its checks."""
    groups = [check for check in roster.checks if check.of]
    if not groups:
        return {}
    from probe.sla.grouped import spans_of

    return {one.key: spans_of([timelines.get(key, ()) for key in one.of], one.needed) for one in groups}
