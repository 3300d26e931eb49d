"""When a channel gets something: gathered for a moment, then at growing distances while much goes on.

So ten thousand checks that fail within minutes are a few messages, and a single outage is told at once.
Decided from what is on record alone, so that a restart changes nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from probe.store.outbox import Letter


class Pace(NamedTuple):
    """gaps: least distances after one, two … messages within burst_ms, in times of what the channel gathers.

    retry_ms doubles from its first to its second figure; what is older than give_up_ms is tried no more.
    """

    gaps: tuple[int, ...] = (12, 60)
    burst_ms: int = 1_800_000
    retry_ms: tuple[int, int] = (30_000, 3_600_000)
    give_up_ms: int = 259_200_000

    def again_after_ms(self, attempts: int) -> int:
        """How long until the next try, after so many."""
        first, longest = self.retry_ms
        return min(first << min(attempts - 1, 20), longest)


class Waiting(NamedTuple):
    """A channel's letters, when it got something lately, and how long it gathers."""

    letters: Sequence[Letter]
    sent_ms: Sequence[int]
    gather_ms: int


def due(waiting: Waiting, now_ms: int, pace: Pace) -> list[Letter]:
    """The letters that are to go out together now. A group that failed goes first, and as it was."""
    letters, sent_ms, gather_ms = waiting
    tried = [one for one in letters if one.attempts]
    if tried:
        first_ms = min(one.next_at_ms for one in tried)
        is_due = first_ms <= now_ms or first_ms > now_ms + pace.retry_ms[1]  # the clock was set back
        return [one for one in tried if one.next_at_ms == first_ms] if is_due else []
    if not letters or 0 <= now_ms - letters[0].next_at_ms < gather_ms:
        return []
    recent = [at_ms for at_ms in sent_ms if 0 <= now_ms - at_ms < pace.burst_ms]
    gap_ms = gather_ms * pace.gaps[min(len(recent), len(pace.gaps)) - 1] if recent else 0
    return [] if recent and now_ms - recent[-1] < gap_ms else list(letters)


def orphans(letters: Sequence[Letter]) -> list[Letter]:
    """The group that an agent was sending when it ended: nobody knows whether it arrived, so it goes again."""
    lost = [one for one in letters if one.attempts and one.error is None]
    first_ms = min((one.next_at_ms for one in lost), default=0)
    return [one for one in lost if one.next_at_ms == first_ms]
