"""From the end of an attempt to the record: gives it its instant, and counts what the record has acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol

from probe.agent.journal import Journal, say
from probe.agent.notices import Notices
from probe.lanes import Ending
from probe.model import Event, EventKind, Finding, Outcome
from probe.references import References
from probe.store.outbox import Message

log = logging.getLogger(__name__)

GATHER_S: Final = 0.01
"""Outcomes that end within so short a time are handed over together."""


class Keeper(Protocol):
    """What is needed of the store's writer here: a future is done when the commit has returned."""

    def record(self, outcomes: Sequence[Outcome], messages: Sequence[Message] = ()) -> Future[None]:
        """Append outcomes in the order of their send times, and the messages of what they change."""
        ...

    def event(self, event: Event) -> Future[None]:
        """Append an event."""
        ...


class Scale(NamedTuple):
    """The present clock segment: instants are boottime plus its offset."""

    clock: int
    offset_ms: int


class Recorder:
    """The way of outcomes and events into the record. `before` is called ahead of each outcome."""

    def __init__(self, keeper: Keeper, references: References, journal: Journal, scale: Scale) -> None:
        """Outcomes get their instants on `scale`, which may be replaced at any time."""
        self._keeper, self._references, self._journal = keeper, references, journal
        self.scale = scale
        self.acknowledged = 0
        """Outcomes whose commit has returned."""
        self.refused = 0
        """Outcomes that the record did not take."""
        self.refused_events = 0
        """Events that it did not take."""
        self.is_refusing = False
        """Whether a refusal has been told since the last one was called over; more of them are only counted."""
        self.before: Callable[[], None] = lambda: None
        self.last: dict[str, Outcome] = {}
        """The last outcome of each check since the start that the record has."""
        self.notices: Notices | None = None
        """Says what people are to be told; None: nobody."""
        self.stall: tuple[int, int] | None = None
        """From when to when on boottime the loop last stood still."""
        self._batch: list[Outcome] = []
        self._messages: list[Message] = []
        self._handed: deque[int] = deque()

    def oldest_ms(self) -> int | None:
        """Send time on boottime of the oldest outcome that waits for its commit."""
        try:
            return self._handed[0]
        except IndexError:
            return None

    def take(self, ending: Ending) -> None:
        """Record one ending, tell the references and the journal."""
        self.before()
        scale = self.scale
        outcome = Outcome(
            key=ending.check.key,
            revision=ending.check.revision,
            at_ms=ending.at_boot_ms + scale.offset_ms,
            clock=scale.clock,
            origin=ending.origin,
            finding=self._marked(ending),
            due_ms=None if ending.due_boot_ms is None else ending.due_boot_ms + scale.offset_ms,
        )
        if not self._batch:
            asyncio.get_running_loop().call_later(GATHER_S, self.flush)
        self._batch.append(outcome)
        self._references.see(outcome.key, outcome.finding, ending.at_boot_ms)
        self._journal.tell(ending.check, outcome, ending.at_boot_ms)
        if self.notices is not None:
            self._messages += self.notices.see(ending.check, outcome, ending.at_boot_ms)

    def _marked(self, ending: Ending) -> Finding:
        """The finding, marked by `stalled_ms` when the loop stood still meanwhile: its times are partly ours."""
        if self.stall is None or ending.at_boot_ms >= self.stall[1]:
            return ending.finding
        stalled_ms = self.stall[1] - max(self.stall[0], ending.at_boot_ms)
        return replace(ending.finding, facts={**ending.finding.facts, "stalled_ms": stalled_ms})

    def note(self, kind: EventKind, at_boot_ms: int, lasted_ms: int | None = None, **facts: Any) -> None:
        """Record an event of the agent, behind the outcomes so far."""
        self.flush()
        scale = self.scale
        future = self._keeper.event(Event(at_boot_ms + scale.offset_ms, scale.clock, kind, lasted_ms, facts))
        future.add_done_callback(self._settle_event)

    def flush(self) -> Future[None] | None:
        """Hand over what was gathered; done when that is committed. None: there was nothing."""
        if not self._batch:
            return None
        batch, self._batch = self._batch, []
        messages, self._messages = self._messages, []
        lines = self._journal.held()
        self._handed.append(batch[0].at_ms - self.scale.offset_ms)
        future = self._keeper.record(batch, messages)
        future.add_done_callback(lambda done: self._settle(done, batch, messages))
        future.add_done_callback(lambda done: say(lines))
        return future

    def _settle(self, done: Future[None], batch: Sequence[Outcome], messages: Sequence[Message]) -> None:
        self._handed.popleft()
        if _is_kept(done):
            self.acknowledged += len(batch)
            self.last |= {outcome.key: outcome for outcome in batch}
        else:
            self.refused += len(batch)
            if self.notices is not None:
                self.notices.retract(messages)
            self._complain(done)

    def _settle_event(self, done: Future[None]) -> None:
        if not _is_kept(done):
            self.refused_events += 1
            self._complain(done)

    def _complain(self, done: Future[None]) -> None:
        """Say it when it begins, whichever thread we are on; a full disk must not fill the log as well."""
        if not self.is_refusing:
            self.is_refusing = True
            error = "cancelled" if done.cancelled() else str(done.exception())
            log.error("the record did not take it: it is lost, and so may be more", extra={"error": error})


def _is_kept(done: Future[None]) -> bool:
    return not done.cancelled() and done.exception() is None
