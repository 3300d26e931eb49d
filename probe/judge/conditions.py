"""The attributed condition of each check now: a failure is the target's only while a witness answers.

The same rule as for verdicts (availability.md, section 3), looked at in one instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from probe.judge.groups import gathered
from probe.model import Cause, Reason, Role, State
from probe.store.events import Paused
from probe.store.reader import Latest
from probe.view.snapshot import Line, Standing

if TYPE_CHECKING:
    from probe.config.roster import Roster, Watched

LOCAL: Final = frozenset({Reason.NO_ROUTE_LOCAL, Reason.RESOLVER_UNREACHABLE})
"""Reasons of unknown outcomes that speak of our own line, not of the target."""

OWN: Final = frozenset({Reason.OVERRUN, Reason.STALL, Reason.SUSPEND, Reason.CLOCK_STEP, Reason.DEAF})
"""Reasons that speak of the agent itself: it was late, stalled, asleep or off, or its clock was set."""

ANSWERED: Final = frozenset(Reason) - {Reason.TIMEOUT, Reason.LOSS, Reason.UNREACHABLE_REMOTE}
"""Failures that the target itself told, at once: the line has carried them."""

LATE_MS: Final = 60_000
"""How late a measurement of a campaign may begin."""
ISP_REFERENCES: Final = 3
STATES: Final = {State.UP: Standing.UP, State.DOWN: Standing.DOWN, State.UNKNOWN: Standing.UNKNOWN}


class Condition(NamedTuple):
    """A check now. is_fresh: its last outcome speaks for the present; is_failing: and it is a failure.

    note, is_confirmed: of a group, which has no outcomes: how many of its checks are up, and whether enough of
    them are confirmed down.
    """

    check: Watched
    last: Latest | None
    standing: Standing
    cause: Cause | None
    since_ms: int | None
    is_fresh: bool
    note: str = ""
    is_confirmed: bool = False

    @property
    def is_failing(self) -> bool:
        """Whether the last outcome is a failure that still stands, whoever's fault it is."""
        return self.is_fresh and self.last is not None and self.last.state is State.DOWN


def conditions(
    roster: Roster, latest: Mapping[str, Latest], pauses: Sequence[Paused], as_of_ms: int
) -> dict[str, Condition]:
    """The condition of every configured check by key."""
    paused = {pause.key: pause for pause in pauses if pause.holds_at(as_of_ms)}
    raw = {check.key: _raw(check, latest.get(check.key), paused, as_of_ms) for check in roster.checks}
    _, cause = line_of(raw)
    answers = [
        one.last.at_ms for one in raw.values() if one.check.role is Role.REFERENCE and _answers(one) and one.last
    ]
    witnessed_ms = max(answers, default=None)
    found = {key: _attributed(one, cause, _is_witnessed(one, witnessed_ms)) for key, one in raw.items()}
    groups = {key: gathered(one, [found[part] for part in one.check.of]) for key, one in found.items() if one.check.of}
    return {**found, **groups}


def line_of(found: Mapping[str, Condition]) -> tuple[Line, Cause | None]:
    """Our own line by its references, and whose fault it is when they are silent (metrology 3.3)."""
    references = [one for one in found.values() if one.check.role is Role.REFERENCE]
    if not references:
        return Line.UNWATCHED, None
    if any(map(_answers, references)):
        return Line.UP, None
    known = [one for one in references if one.is_fresh]
    if not known:
        return Line.UNKNOWN, None
    if any(map(_is_local, known)):
        return Line.DOWN, Cause.OWN_NETWORK
    if not all(one.is_failing for one in references):
        return Line.UNKNOWN, Cause.UNKNOWN_REFERENCE
    return Line.DOWN, _beyond(found, len(references))


def _beyond(found: Mapping[str, Condition], references: int) -> Cause:
    """Every reference fails: the gateway says on which side of it the fault lies."""
    gateways = [one for one in found.values() if one.check.role is Role.GATEWAY and one.is_fresh]
    if any(one.is_failing or _is_local(one) for one in gateways):
        return Cause.OWN_NETWORK
    if any(map(_answers, gateways)):
        return Cause.ISP if references >= ISP_REFERENCES else Cause.OWN_NETWORK_OR_ISP
    return Cause.OWN_NETWORK_OR_ISP


def _raw(check: Watched, last: Latest | None, paused: Mapping[str, Paused], as_of_ms: int) -> Condition:
    """The condition before anybody asks whose fault it is."""
    if check.key in paused:
        return Condition(check, last, Standing.PAUSED, None, paused[check.key].from_ms, is_fresh=False)
    if last is None:
        return Condition(check, None, Standing.PENDING, None, None, is_fresh=False)
    if as_of_ms > _horizon(check, last, as_of_ms):
        return Condition(check, last, Standing.UNKNOWN, Cause.AGENT_GAP, last.at_ms, is_fresh=False)
    return Condition(check, last, STATES[last.state], None, last.since_ms, is_fresh=True)


def _horizon(check: Watched, last: Latest, as_of_ms: int) -> int:
    """Until when the last outcome speaks for the present; in a campaign until the next measurement should be over."""
    if not check.planned:
        return last.at_ms + max(last.run.g_max_ms, check.g_max_ms) + check.timeout_ms
    following = (at_ms for at_ms in check.planned if at_ms > last.at_ms)
    return next(following, as_of_ms) + LATE_MS + check.timeout_ms


def _is_witnessed(one: Condition, witnessed_ms: int | None) -> bool:
    """Whether a reference has answered since the line must have carried what failed first."""
    if witnessed_ms is None or one.last is None:
        return False
    if one.last.state is not State.DOWN:
        return True
    first_ms = one.last.run.first_bad_ms + one.last.shift_ms
    return witnessed_ms >= first_ms + (0 if one.last.reason in ANSWERED else one.check.timeout_ms)


def _attributed(one: Condition, line_cause: Cause | None, has_witness: bool) -> Condition:
    if not one.is_fresh or one.standing is Standing.UP:
        return one
    if one.standing is Standing.UNKNOWN:
        return one._replace(cause=_cause_of_unknown(one, has_witness))
    if has_witness or one.check.role is not Role.CHECK:
        return one._replace(cause=Cause.PROVIDER_OR_PATH if has_witness else line_cause)
    return one._replace(standing=Standing.UNKNOWN, cause=line_cause or Cause.UNKNOWN_REFERENCE)


def _cause_of_unknown(one: Condition, has_witness: bool) -> Cause:
    if one.last is not None and one.last.reason in OWN:
        return Cause.AGENT_GAP
    return Cause.OWN_NETWORK if _is_local(one) and not has_witness else Cause.UNKNOWN_TARGET


def _answers(one: Condition) -> bool:
    return one.is_fresh and one.standing is Standing.UP


def _is_local(one: Condition) -> bool:
    """Whether the last outcome is unknown for a reason that speaks of our own line."""
    return one.is_fresh and one.last is not None and one.last.state is State.UNKNOWN and one.last.reason in LOCAL
