"""Whose line is down, as far as can be said at once: the last word of each reference, and when to ask again.

A live view for the log and for notifications only. Verdicts are attributed from the record, when judging
(availability.md §3). Pure: instants are handed in, milliseconds on the boottime clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from probe.model import Cause, Check, Finding, Reason, Role, State

ROUND_MS: Final = 2_000
"""Extra rounds of the references are at least so far apart, however many checks fail."""


NO_WAY_OUT: Final = frozenset({Reason.NO_ROUTE_LOCAL, Reason.RESOLVER_UNREACHABLE})
"""Unjudged, but a word about our line: it is as good as no answer. Other troubles of the agent's own say nothing."""


class _Word(NamedTuple):
    is_up: bool
    at_ms: int


class References:
    """The references and the gateway of one vantage point."""

    def __init__(self, checks: Iterable[Check] = ()) -> None:
        """Watch those of these checks that are references or gateways."""
        self._watched: dict[str, Check] = {}
        self._words: dict[str, _Word] = {}
        self._round_ms: int | None = None
        self.set_checks(checks)

    def set_checks(self, checks: Iterable[Check]) -> None:
        """From now on these; what the others said is forgotten."""
        self._watched = {check.key: check for check in checks if check.role is not Role.CHECK}
        self._words = {key: word for key, word in self._words.items() if key in self._watched}

    def keys(self) -> tuple[str, ...]:
        """Whom an extra round asks."""
        return tuple(self._watched)

    def see(self, key: str, finding: Finding, at_ms: int) -> None:
        """Note an outcome; those of ordinary checks and those that only tell of the agent say nothing of the line."""
        if key in self._watched and (finding.state is not State.UNKNOWN or finding.reason in NO_WAY_OUT):
            self._words[key] = _Word(finding.state is State.UP, at_ms)

    def round_ms(self, now_ms: int) -> int | None:
        """A check has failed: when the extra round is to go; None if there is none to ask or one is coming anyway."""
        if not self._watched or (self._round_ms is not None and self._round_ms > now_ms):
            return None
        self._round_ms = now_ms if self._round_ms is None else max(now_ms, self._round_ms + ROUND_MS)
        return self._round_ms

    @property
    def is_line_down(self) -> bool:
        """No reference answers any more: every one has spoken, and the last word of none is up."""
        answers = self._answers(Role.REFERENCE, None)
        return bool(answers) and not any(answers) and None not in answers

    @property
    def has_spoken(self) -> bool:
        """Whether a reference answers: the line has carried it."""
        return any(self._answers(Role.REFERENCE, None))

    def fault(self, since_ms: int) -> Cause:
        """Whose fault a failure is that began at `since_ms`; nobody's until a reference has answered after that."""
        answers = self._answers(Role.REFERENCE, since_ms)
        if any(answers):
            return Cause.PROVIDER_OR_PATH
        if not answers or None in answers:
            return Cause.UNKNOWN_REFERENCE
        gateways = self._answers(Role.GATEWAY, since_ms)
        if any(gateways):
            return Cause.ISP
        return Cause.OWN_NETWORK if False in gateways else Cause.OWN_NETWORK_OR_ISP

    def _answers(self, role: Role, since_ms: int | None) -> list[bool | None]:
        """Whether each of this role answered last; None for one that has said nothing since then."""
        words = [self._words.get(check.key) for check in self._watched.values() if check.role is role]
        return [None if word is None or word.at_ms < (since_ms or 0) else word.is_up for word in words]
