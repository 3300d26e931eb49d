"""Several checks as one check: up while enough of them are (Kleene logic), by set algebra on their time lines.

Each check is charged by its own witness first, as in a service (availability.md, section 3); so the group is down
only while so many of its checks are that too few are left. Spans of a group are for lists and strips: their sets
are exact, but halves of transitions are in the time line alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from probe.model import Cause, Span, SpanClass, State
from probe.sla import attribution, timeline
from probe.sla.assessment import Outage
from probe.sla.attribution import Witness
from probe.sla.failures import failures_in
from probe.sla.interval import Intervals, pieces
from probe.sla.service import Member
from probe.sla.timeline import Timeline

_STATES: Final = {
    SpanClass.UP: State.UP,
    SpanClass.DOWN: State.DOWN,
    SpanClass.SUSPECT: State.UNKNOWN,
    SpanClass.UNKNOWN: State.UNKNOWN,
}
_TRANSITIONS: Final = {
    (State.UP, State.DOWN): SpanClass.TRANS_DOWN,
    (State.DOWN, State.UP): SpanClass.TRANS_UP,
}


def member(key: str, parts: Sequence[Member], needed: int) -> Member:
    """The group as evidence: down while at least `needed` of its parts are."""
    return Member(
        key=key,
        spans=spans_of([part.spans for part in parts], needed),
        declared_ms=max(part.declared_ms for part in parts),
        g_max_ms=max(part.g_max_ms for part in parts),
        confirm=1,
        interval_ms=max(part.interval_ms for part in parts),
        recheck_ms=None,
        timeout_ms=max(part.timeout_ms for part in parts),
        samples=sum(part.samples for part in parts),
        revisions=tuple(dict.fromkeys(revision for part in parts for revision in part.revisions)),
        local=tuple(pair for part in parts for pair in part.local),
        idle=tuple(pair for part in parts for pair in part.idle),
        parts=tuple(parts),
        needed=needed,
    )


def spans_of(parts: Sequence[Sequence[Span]], needed: int) -> tuple[Span, ...]:
    """The spans of a group out of those of its parts, over all that is known of any of them."""
    known = [span for part in parts for span in part]
    if not known:
        return ()
    bounds = min(span.t0_ms for span in known), max(span.t1_ms for span in known)
    whole = timeline.combined([timeline.of_spans(part, *bounds) for part in parts], needed)
    return tuple(_spans(whole, _asked(known), max(span.max_spacing_ms for span in known)))


def charged(member: Member, seen: Witness, start_ms: int, end_ms: int) -> Timeline:
    """The time line of a check or a group as a claim against its provider."""
    if not member.parts:
        return attribution.charged(timeline.of_spans(member.spans, start_ms, end_ms), member, seen)
    return timeline.combined([charged(part, seen, start_ms, end_ms) for part in member.parts], member.needed)


def outages(member: Member, seen: Witness, between: tuple[int, int], counted: Intervals) -> Iterator[Outage]:
    """The outages and suspects of a group that touch [start, end), in time order; counted: what counts of them."""
    known = [span for part in member.parts for span in part.spans]
    if not known:
        return
    bounds = min(span.t0_ms for span in known), max(span.t1_ms for span in known)
    seen_down = timeline.combined([timeline.of_spans(part.spans, *bounds) for part in member.parts], member.needed)
    claim = charged(member, seen, *bounds)
    for start, end in pieces(seen_down.worst, seen_down.cuts):
        run = Intervals.span(start, end)
        if run.clip(*between) and seen_down.observed & run:
            yield _outage(member, seen, (seen_down, claim, run), counted)


def _outage(member: Member, seen: Witness, lines: tuple[Timeline, Timeline, Intervals], counted: Intervals) -> Outage:
    seen_down, claim, run = lines
    start, end = run.pairs[0]
    proven = seen_down.down & run
    inner = (proven.pairs[0][0], proven.pairs[-1][1]) if proven else (end, start)
    is_over = end < seen_down.end_ms
    failing = proven or seen_down.observed & run
    is_theirs = bool(claim.down & run)
    return Outage(
        key=member.key,
        start_earliest_ms=int(start),
        start_latest_ms=int(inner[0]),
        end_earliest_ms=int(inner[1]) if is_over else None,
        end_latest_ms=int(end) if is_over else None,
        cause=Cause.PROVIDER_OR_PATH if is_theirs else attribution.cause_of(failing - seen.up or failing, seen),
        is_confirmed=bool(proven),
        attempts=sum(failures_in(part.spans, start, end) for part in member.parts),
        counted_ms=counted.clip(start, end).measure,
        gap_ms=int((seen_down.unknown & run).measure),
    )


def _spans(whole: Timeline, asked: Intervals, spacing_ms: int) -> Iterator[Span]:
    unknown = whole.unknown.clip(whole.start_ms, whole.end_ms)
    sets = (
        (SpanClass.UP, whole.up),
        (SpanClass.DOWN, whole.down),
        (SpanClass.SUSPECT, whole.maybe),
        (SpanClass.UNKNOWN, unknown),
    )
    found = sorted((start, end, cls) for cls, part in sets for start, end in part)
    last = State.UNKNOWN
    for place, (start, end, cls) in enumerate(found):
        following = found[place + 1][2] if place + 1 < len(found) else cls
        first, last = (last, _STATES[following]) if cls is SpanClass.SUSPECT else (_STATES[cls], _STATES[cls])
        has_attempts = cls is not SpanClass.UNKNOWN or bool(Intervals.span(start, end) & asked)
        told = _TRANSITIONS.get((first, last), cls) if cls is SpanClass.SUSPECT else cls
        yield Span(int(start), int(end), told, 1 + has_attempts, spacing_ms, first, last, 0)


def _asked(known: Iterable[Span]) -> Intervals:
    """Where some part was tried and could not be judged, so that the unknown time is not mere silence."""
    return Intervals.of(
        (span.t0_ms, span.t1_ms)
        for span in known
        if span.cls is SpanClass.UNKNOWN and (span.n > 1 or State.UNKNOWN in {span.first, span.last})
    )
