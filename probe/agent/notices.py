"""What people are to be told of outcomes: outages begun and ended, our own line lost and found.

A message goes into the record with the outcome that makes it true. What was told is read back from there at
the start, so that neither a crash nor a restart tells a thing twice or forgets its end. A failure is told as
the provider's only if a reference has answered since it began; while our own line is down its message stands
for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from probe.agent.journal import PATIENCE, instant
from probe.config import Config
from probe.model import Cause, Check, Outcome, Role, State
from probe.notify.routing import Routes
from probe.probers import is_tried
from probe.references import References
from probe.store import outbox
from probe.store.outbox import Kind, Message
from probe.store.reader import Latest, Reader

LINE_PATIENCE_MS: Final = 10_000
"""So long no reference may answer before people are told; a lost packet is no news."""

TELLING: Final = (Kind.OUTAGE_BEGAN, Kind.OUTAGE_ENDED, Kind.LINE_DOWN, Kind.LINE_UP)


class _Story:
    """One check so far; instants as recorded, `since_boot_ms` on boottime. told: the id of its outage's message."""

    __slots__ = ("bad_ms", "cause", "failures", "first_bad_ms", "seen_ms", "since_boot_ms", "told", "up_ms")

    def __init__(self) -> None:
        self.up_ms: int | None = None
        self.seen_ms: int | None = None
        self.forget_failures()

    def forget_failures(self) -> None:
        self.failures = 0
        self.first_bad_ms: int | None = None
        self.bad_ms: int | None = None
        self.since_boot_ms = 0
        self.told: str | None = None
        self.cause: Cause | None = None


class Notices:
    """Turns outcomes into messages, one for each thing that happened."""

    def __init__(self, config: Config, references: References) -> None:
        """Nothing was told before `restore`."""
        self._references = references
        self._stories: dict[str, _Story] = {}
        self._line: str | None = None
        self._line_since: tuple[int, int] | None = None
        self._waiting: dict[str, tuple[Check, Outcome]] = {}
        self.follow(config)

    def follow(self, config: Config) -> None:
        """From now on these channels and services."""
        self._vantage, self._routes = config.agent.vantage, Routes(config.channels)
        self._providers = {service.name: service.provider for service in config.services}
        keys = {check.key for check in config.checks}
        self._waiting = {key: failed for key, failed in self._waiting.items() if key in keys}

    def restore(self, reader: Reader, offset_ms: int) -> None:
        """Go on where the last agent ended. offset_ms: from boottime to recorded instants."""
        newest = reader.ask(lambda connection: outbox.newest(connection, TELLING))
        ended = {one.document["outage"] for one in newest if one.kind in {Kind.OUTAGE_ENDED, Kind.LINE_UP}}
        open_ones = [one for one in newest if one.kind in {Kind.OUTAGE_BEGAN, Kind.LINE_DOWN} and one.id not in ended]
        for key, last in reader.latest(self._vantage).items():
            self._stories[key] = _resumed(last, offset_ms)
        for one in open_ones:
            if one.kind is Kind.LINE_DOWN:
                self._line = one.id
            else:
                _tell_again(self._stories.setdefault(one.key or "", _Story()), one)

    def retract(self, messages: Iterable[Message]) -> None:
        """The record did not take these: they were not told, and are made again if they are still true."""
        for one in messages:
            story = self._stories.get(one.key or "")
            if one.kind is Kind.OUTAGE_BEGAN and story is not None and story.told == one.id:
                story.told = None

    def see(self, check: Check, outcome: Outcome, at_boot_ms: int) -> list[Message]:
        """What this outcome gives to tell; it is to be recorded with it."""
        found = self._see_line(outcome, at_boot_ms)
        if check.role is not Role.CHECK:
            return found + self._see_waiting()
        story = self._stories.setdefault(check.key, _Story())
        if outcome.state is State.DOWN:
            found += self._failed(check, story, outcome, at_boot_ms)
        elif outcome.state is State.UP:
            found += self._recovered(check, story, outcome)
        if outcome.state is not State.UNKNOWN:
            story.seen_ms = outcome.at_ms
        return found

    def _failed(self, check: Check, story: _Story, outcome: Outcome, at_boot_ms: int) -> list[Message]:
        is_broken = story.seen_ms is not None and outcome.at_ms - story.seen_ms > check.g_max_ms
        if is_broken and story.told is None:
            story.forget_failures()
        if story.first_bad_ms is None:
            story.first_bad_ms, story.since_boot_ms = outcome.at_ms, at_boot_ms
        story.failures += 1
        story.bad_ms = outcome.at_ms
        if story.failures < check.confirm:
            return []
        if check.recheck_ms is None or not is_tried(check.kind):
            self._waiting[check.key] = check, outcome
        return self._begun(check, story, outcome)

    def _see_waiting(self) -> list[Message]:
        """Outages of what is not tried again soon: a word of a reference may be all that was missing."""
        waiting = tuple(self._waiting.values())
        return [one for check, failed in waiting for one in self._begun(check, self._stories[check.key], failed)]

    def _begun(self, check: Check, story: _Story, outcome: Outcome) -> list[Message]:
        if story.told is not None:
            return []
        cause = self._references.fault(story.since_boot_ms)
        if not self._may_tell(cause, story.failures - check.confirm):
            return []
        story.cause = cause
        message = self._message(Kind.OUTAGE_BEGAN, check, story, outcome)
        story.told = message.id if message.channels else None
        return [message] if message.channels else []

    def _may_tell(self, cause: Cause, beyond: int) -> bool:
        """Whether a failure is news by itself; as nobody's fault, after a while, where no reference has a word."""
        if cause is Cause.PROVIDER_OR_PATH:
            return True
        is_undecided = cause is Cause.UNKNOWN_REFERENCE and not self._references.is_line_down
        return is_undecided and (beyond >= PATIENCE or not self._references.keys())

    def _recovered(self, check: Check, story: _Story, outcome: Outcome) -> list[Message]:
        found = [] if story.told is None else [self._message(Kind.OUTAGE_ENDED, check, story, outcome)]
        self._waiting.pop(check.key, None)
        story.forget_failures()
        story.up_ms = outcome.at_ms
        return found

    def _message(self, kind: Kind, check: Check, story: _Story, outcome: Outcome) -> Message:
        began = story.told or f"{self._vantage}/outage/{check.key}/{story.first_bad_ms}"
        is_over = kind is Kind.OUTAGE_ENDED
        document = self._facts(check, story) | {"outage": began}
        if is_over:
            document["end"] = _between(story.bad_ms, outcome.at_ms)
        else:
            finding = outcome.finding
            document["reason"] = finding.reason.value if finding.reason else None
            document |= {"detail": finding.detail, "failures": story.failures}
        return Message(
            id=f"{began}/ended" if is_over else began,
            kind=kind,
            service=check.service,
            key=check.key,
            at_ms=outcome.at_ms,
            channels=self._routes.of(kind, check.service),
            document=document,
        )

    def _facts(self, check: Check, story: _Story) -> dict[str, Any]:
        return {
            "vantage": self._vantage,
            "provider": self._providers.get(check.service or ""),
            "cause": None if story.cause is None else story.cause.value,
            "start": _between(story.up_ms, story.first_bad_ms),
        }

    def _see_line(self, outcome: Outcome, at_boot_ms: int) -> list[Message]:
        """One message when no reference has answered for a while, and one when one does again."""
        if self._references.is_line_down:
            return self._line_lost(outcome, at_boot_ms)
        self._line_since = None
        if self._line is None or not self._references.has_spoken:
            return []
        began, self._line = self._line, None
        return [self._line_message(Kind.LINE_UP, began, outcome)]

    def _line_lost(self, outcome: Outcome, at_boot_ms: int) -> list[Message]:
        if self._line_since is None:
            self._line_since = at_boot_ms, outcome.at_ms
        if self._line is not None or at_boot_ms - self._line_since[0] < LINE_PATIENCE_MS:
            return []
        message = self._line_message(Kind.LINE_DOWN, f"{self._vantage}/line/{self._line_since[1]}", outcome)
        self._line = message.id if message.channels else None
        return [message] if message.channels else []

    def _line_message(self, kind: Kind, began: str, outcome: Outcome) -> Message:
        is_over = kind is Kind.LINE_UP
        document: Mapping[str, Any] = {
            "vantage": self._vantage,
            "outage": began,
            "since": instant(int(began.rpartition("/")[2])),
            "until": instant(outcome.at_ms) if is_over else None,
        }
        identity = f"{began}/ended" if is_over else began
        return Message(identity, kind, None, None, outcome.at_ms, self._routes.of(kind, None), document)


def _resumed(last: Latest, offset_ms: int) -> _Story:
    """What the record says of a check, as far as it goes on."""
    story = _Story()
    story.seen_ms = last.at_ms
    if last.state is State.UP:
        story.up_ms = last.at_ms
    elif last.state is State.DOWN:
        story.failures, story.bad_ms = last.run.bad, last.at_ms
        story.first_bad_ms = last.run.first_bad_ms + last.shift_ms
        story.since_boot_ms = story.first_bad_ms - offset_ms
    return story


def _tell_again(story: _Story, began: Message) -> None:
    """The outage of this message goes on until the check is seen up."""
    document = began.document
    story.told = began.id
    story.cause = None if document["cause"] is None else Cause(document["cause"])
    story.up_ms = _ms(document["start"]["earliest"])
    story.first_bad_ms = _ms(document["start"]["latest"])
    story.bad_ms = story.bad_ms or story.first_bad_ms


def _between(earliest_ms: int | None, latest_ms: int | None) -> dict[str, str | None]:
    edges = {"earliest": earliest_ms, "latest": latest_ms}
    return {name: None if at_ms is None else instant(at_ms) for name, at_ms in edges.items()}


def _ms(text: str | None) -> int | None:
    from datetime import datetime

    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)
