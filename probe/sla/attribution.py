"""Whose fault: what our own references saw, laid over what a target showed (availability.md, section 3).

A failure is charged to a provider only while at least one reference was certainly up from the same
vantage point. For the claim against our own ISP the references are the evidence themselves. Nothing
here changes an outcome; it is set algebra on time lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Final

from probe.model import Cause
from probe.sla import timeline
from probe.sla.interval import EMPTY, Intervals
from probe.sla.service import Member
from probe.sla.timeline import Timeline
from probe.sla.vouching import vouched

ISP_REFERENCES: Final = 3
ISP_NETWORKS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What the references and the gateway prove about our own line.

    up: some reference certainly up. silent: all of them certainly down, or with no way out of this machine;
    local: where at least one had none. can_accuse_isp: there are three references in two networks.
    gateway None: not measurable.
    """

    references: tuple[Timeline, ...] = ()
    up: Intervals = EMPTY
    silent: Intervals = EMPTY
    local: Intervals = EMPTY
    gateway: Timeline | None = None
    can_accuse_isp: bool = False


def witness(references: Sequence[Member], gateway: Member | None, start_ms: int, end_ms: int) -> Witness:
    """What these references prove over [start_ms, end_ms)."""
    lines = tuple(timeline.of_spans(each.spans, start_ms, end_ms) for each in references)
    local = [Intervals.of(each.local) for each in references]
    return Witness(
        references=lines,
        up=reduce(Intervals.__or__, (line.up for line in lines), EMPTY),
        silent=_intersection([line.down | out for line, out in zip(lines, local, strict=True)]),
        local=reduce(Intervals.__or__, local, EMPTY),
        gateway=timeline.of_spans(gateway.spans, start_ms, end_ms) if gateway else None,
        can_accuse_isp=is_enough(references),
    )


def is_enough(references: Sequence[Member]) -> bool:
    """Whether so many references, in so many networks, suffice to accuse an ISP."""
    networks = {each.network for each in references if each.network}
    return len(references) >= ISP_REFERENCES and len(networks) >= ISP_NETWORKS


def charged(target: Timeline, member: Member, seen: Witness) -> Timeline:
    """The time line of one check as a claim against its provider: failures nobody can vouch for are unknown."""
    if not target.down:
        return target
    ours = target.down - vouched(member.spans, seen.up, member.timeout_ms)
    if not ours:
        return target
    return Timeline(
        start_ms=target.start_ms,
        end_ms=target.end_ms,
        down=target.down - ours,
        maybe=target.maybe,
        unknown=target.unknown | ours,
        half=target.half,
        cuts=target.cuts,
    )


def isp_claim(references: Sequence[Member], seen: Witness, start_ms: int, end_ms: int) -> Timeline:
    """The time line of our own connection: down while every reference is and the gateway is certainly up.

    With fewer than three references in two networks nothing is certainly down.
    """
    if not seen.references:
        return Timeline(start_ms=start_ms, end_ms=end_ms, unknown=Intervals.span(start_ms, end_ms))
    all_of_them = timeline.combined(seen.references, len(seen.references))
    up = seen.gateway.up if seen.gateway and seen.can_accuse_isp else EMPTY
    down = EMPTY
    for edges, places in _stretches(references, start_ms, end_ms):
        watching = [references[place] for place in places]
        if is_enough(watching):
            proven = _intersection([vouched(each.spans, up, each.timeout_ms) for each in watching])
            silent = _intersection([seen.references[place].down for place in places])
            down |= (proven & silent).clip(*edges)
    maybe = all_of_them.observed - down
    return Timeline(
        start_ms=start_ms,
        end_ms=end_ms,
        down=down,
        maybe=maybe,
        unknown=all_of_them.worst - down - maybe,
        half=all_of_them.half,
        cuts=all_of_them.cuts,
    )


def cause_of(failing: Intervals, seen: Witness) -> Cause:
    """Whose fault a failure over these instants is; the first that any of them proves."""
    if failing & seen.up:
        return Cause.PROVIDER_OR_PATH
    return next((cause for cause, part in causes(failing, seen) if part), Cause.UNKNOWN_REFERENCE)


def causes(failing: Intervals, seen: Witness) -> tuple[tuple[Cause, Intervals], ...]:
    """The instants of a failure by cause, in the order in which causes go before each other."""
    theirs = failing & seen.up
    silent = (failing & seen.silent) - theirs
    gateway_up = seen.gateway.up if seen.gateway else EMPTY
    gateway_down = seen.gateway.down if seen.gateway else EMPTY
    isp = (silent & gateway_up) - seen.local if seen.can_accuse_isp else EMPTY
    own = silent & (gateway_down | seen.local)
    either = silent - gateway_up - own
    rest = failing - theirs - isp - own - either
    return (
        (Cause.PROVIDER_OR_PATH, theirs),
        (Cause.ISP, isp),
        (Cause.OWN_NETWORK, own),
        (Cause.OWN_NETWORK_OR_ISP, either),
        (Cause.UNKNOWN_REFERENCE, rest),
    )


def uncharged(failing: Intervals, seen: Witness) -> tuple[tuple[Cause, Intervals], ...]:
    """The instants of a failure that nobody is charged with, by cause."""
    silent = failing - seen.up
    return (*causes(silent, seen), (Cause.UNKNOWN_REFERENCE, failing - silent))


def _stretches(references: Sequence[Member], start_ms: int, end_ms: int) -> Iterator[tuple[tuple[int, int], list[int]]]:
    """The time cut where a reference began or ceased to be one, and which there were in each stretch."""
    lives = [
        (each.spans[0].t0_ms, end_ms if each.until_ms is None else each.until_ms) if each.spans else (end_ms, end_ms)
        for each in references
    ]
    inner = {edge for life in lives for edge in life if start_ms < edge < end_ms}
    for edges in pairwise(sorted({start_ms, end_ms, *inner})):
        yield edges, [place for place, (first, last) in enumerate(lives) if first <= edges[0] and edges[1] <= last]


def _intersection(sets: Sequence[Intervals]) -> Intervals:
    return reduce(Intervals.__and__, sets) if sets else EMPTY
