"""The log of the agent: one line per first outcome, outage begun and ended, line lost and found. Not every probe.

What is said of an outage is what could be said at once; the verdict is made from the record. Nothing is said before
the record has it: lines are held until whoever records the outcomes takes them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from probe.model import Cause, Check, Outcome, Reason, Role, State
from probe.references import References

log = logging.getLogger(__name__)

PATIENCE: Final = 2
"""So many failures beyond `confirm` may pass before an outage is told without knowing whose fault it is."""

OUR_LINE: Final = frozenset({Cause.ISP, Cause.OWN_NETWORK, Cause.OWN_NETWORK_OR_ISP})
"""What may be said of a witness that fails. One that fails alone proves nothing, so no cause is named."""

LINES_A_MINUTE: Final = 30
"""Of one message; what is beyond is counted and told at the next occasion."""


class Line(NamedTuple):
    """A line of the log that may not be said yet."""

    level: int
    message: str
    fields: Mapping[str, object]


def say(lines: Iterable[Line]) -> None:
    """Into the log with them, from any thread."""
    for line in lines:
        log.log(line.level, line.message, extra=line.fields)


class _Story:
    """What the log has told of one check so far."""

    __slots__ = ("cause", "failures", "has_spoken", "is_told", "reason", "since_ms")

    def __init__(self) -> None:
        self.has_spoken = False
        self.failures = 0
        self.since_ms: int | None = None
        self.is_told = False
        self.cause: Cause | None = None
        self.reason: Reason | None = None


class Journal:
    """Turns outcomes into log lines; keeps what it has told of each check."""

    def __init__(self, references: References) -> None:
        """`references` is asked whose fault a failure is."""
        self._references = references
        self._stories: dict[str, _Story] = {}
        self._spent: dict[str, tuple[int, int]] = {}
        self._is_line_down = False
        self._held: list[Line] = []

    def held(self) -> list[Line]:
        """The lines since the last time; they are the caller's now."""
        held, self._held = self._held, []
        return held

    def forget(self, key: str) -> None:
        """This check was removed, paused or given another meaning."""
        self._stories.pop(key, None)

    def tell(self, check: Check, outcome: Outcome, at_boot_ms: int) -> None:
        """One more outcome."""
        self._tell_line(outcome)
        story = self._stories.setdefault(check.key, _Story())
        if not story.has_spoken:
            story.has_spoken = True
            story.reason = outcome.finding.reason
            self._say(logging.INFO, "first outcome", outcome, latency_ms=_latency_ms(outcome))
        if outcome.state is State.DOWN:
            self._failed(check, story, outcome, at_boot_ms)
        elif outcome.state is State.UP:
            self._recovered(check, story, outcome)
        else:
            self._unjudged(story, outcome)

    def _failed(self, check: Check, story: _Story, outcome: Outcome, at_boot_ms: int) -> None:
        story.failures += 1
        if story.since_ms is None:
            story.since_ms = at_boot_ms
        if story.is_told or story.failures < check.confirm:
            return
        cause = self._references.fault(story.since_ms)
        may_wait = outcome.finding.reason is not Reason.REPORTED and self._references.keys()
        if cause is Cause.UNKNOWN_REFERENCE and story.failures < check.confirm + PATIENCE and may_wait:
            return
        story.is_told, story.cause = True, cause if check.role is Role.CHECK or cause in OUR_LINE else None
        since = instant(outcome.at_ms - (at_boot_ms - story.since_ms))
        what = "outage began" if check.role is Role.CHECK else f"{check.role.value} does not answer"
        level = logging.INFO if cause.is_own_line else logging.WARNING
        self._say(level, what, outcome, since=since, failures=story.failures, **_named(story.cause))

    def _recovered(self, check: Check, story: _Story, outcome: Outcome) -> None:
        if story.is_told:
            what = "outage ended" if check.role is Role.CHECK else f"{check.role.value} answers again"
            self._say(logging.WARNING, what, outcome, **_named(story.cause))
        story.failures, story.since_ms, story.cause, story.reason = 0, None, None, None
        story.is_told = False

    def _unjudged(self, story: _Story, outcome: Outcome) -> None:
        if outcome.finding.reason is not story.reason:
            story.reason = outcome.finding.reason
            self._say(logging.WARNING, "could not be judged", outcome)

    def _tell_line(self, outcome: Outcome) -> None:
        is_down = self._references.is_line_down
        if is_down != self._is_line_down:
            self._is_line_down = is_down
            message = "our own line is down" if is_down else "our own line is up again"
            self._held.append(Line(logging.WARNING, message, {"at": instant(outcome.at_ms)}))

    def _say(self, level: int, message: str, outcome: Outcome, **more: object) -> None:
        minute = outcome.at_ms // 60_000
        since, lines = self._spent.get(message, (minute, 0))
        if since != minute:
            if lines > LINES_A_MINUTE:
                fields = {"said": message, "lines": lines - LINES_A_MINUTE}
                self._held.append(Line(logging.WARNING, "more lines were left out", fields))
            since, lines = minute, 0
        self._spent[message] = (since, lines + 1)
        if lines < LINES_A_MINUTE:
            self._held.append(Line(level, message, _fields(outcome) | more))


def instant(at_ms: int) -> str:
    """UTC in ISO 8601 with milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _latency_ms(outcome: Outcome) -> str:
    micros = outcome.finding.latency_us
    return "—" if micros is None else f"{micros / 1000:.1f}"


def _named(cause: Cause | None) -> dict[str, str]:
    return {} if cause is None else {"cause": cause.value}


def _fields(outcome: Outcome) -> dict[str, object]:
    fields: dict[str, object] = {"check": outcome.key, "at": instant(outcome.at_ms), "state": outcome.state.value}
    if outcome.finding.reason is not None:
        fields["reason"] = outcome.finding.reason.value
    if outcome.finding.detail:
        fields["detail"] = outcome.finding.detail
    return fields
