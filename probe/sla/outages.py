"""Outages, suspects and stretches of unknown time, as people read them (product.md; availability.md, section 3).

An outage is a cluster of confirmed failures between two good samples; what lies between earliest and
latest is not known. A gap inside is shown and does not split it. A cluster without a confirmed
failure is a suspect. Neither decides a verdict: that is done on sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from probe.model import Cause, Span, SpanClass, State
from probe.sla import attribution, grouped
from probe.sla.assessment import Outage, Stretch
from probe.sla.attribution import Witness
from probe.sla.failures import failures, failures_in
from probe.sla.interval import Intervals, pieces
from probe.sla.service import Member
from probe.sla.timeline import Timeline
from probe.sla.vouching import vouched

Cluster = list[Span]


class Line(NamedTuple):
    """Our own connection: the time line of the claim against its provider, and what it rests on."""

    claim: Timeline
    seen: Witness
    references: Sequence[Member]


class Seen(NamedTuple):
    """What our references saw, and the failures of one check that they vouch for."""

    witness: Witness
    proven: Intervals


_CONFIRMED: Final = {SpanClass.DOWN, SpanClass.TRANS_DOWN, SpanClass.TRANS_UP}


def outages(
    member: Member, seen: Witness, start_ms: int, end_ms: int, counted: Intervals | None = None
) -> tuple[Outage, ...]:
    """The outages and suspects of a check that touch [start_ms, end_ms), in time order.

    counted: the stretches that count against the provider; None: all that is charged in the span.
    """
    if counted is None:
        counted = grouped.charged(member, seen, start_ms, end_ms).down
    if member.parts:
        return tuple(grouped.outages(member, seen, (start_ms, end_ms), counted))
    proven = vouched(member.spans, seen.up, member.timeout_ms)
    known = Seen(seen, proven)
    return tuple(
        _outage(member, (cluster, evidence), known, counted)
        for cluster in _clusters(member.spans)
        if cluster[-1].t1_ms > start_ms and cluster[0].t0_ms < end_ms and (evidence := _evidence(cluster))
    )


def line_outages(name: str, case: Line, start_ms: int, end_ms: int, counted: Intervals) -> tuple[Outage, ...]:
    """The outages of our own connection that touch [start_ms, end_ms), by the claim against its provider."""
    runs = (Intervals.span(*run) for run in pieces(case.claim.worst, case.claim.cuts))
    return tuple(
        _line_outage(name, case, run, counted)
        for run in runs
        if run.clip(start_ms, end_ms) and (case.claim.observed & run)
    )


def _line_outage(name: str, case: Line, run: Intervals, counted: Intervals) -> Outage:
    claim = case.claim
    seen_from = min((each.spans[0].t0_ms for each in case.references if each.spans), default=run.pairs[0][0])
    start, end = max(run.pairs[0][0], seen_from), run.pairs[0][1]
    proven = (claim.down & run) or (case.seen.silent & run)
    inner = (proven.pairs[0][0], proven.pairs[-1][1]) if proven else (end, start)
    is_over = end < claim.end_ms
    return Outage(
        key=name,
        start_earliest_ms=int(start),
        start_latest_ms=int(inner[0]),
        end_earliest_ms=int(inner[1]) if is_over else None,
        end_latest_ms=int(end) if is_over else None,
        cause=Cause.ISP if claim.down & run else attribution.cause_of(proven - case.seen.up, case.seen),
        is_confirmed=bool(proven),
        attempts=sum(failures_in(each.spans, start, end) for each in case.references),
        counted_ms=counted.clip(start, end).measure,
        gap_ms=int((claim.unknown & run).measure),
    )


def stretches(member: Member, seen: Witness, start_ms: int, end_ms: int) -> tuple[Stretch, ...]:
    """Every stretch of [start_ms, end_ms) that nothing is known about, and why, in time order."""
    line = grouped.charged(member, seen, start_ms, end_ms)
    return stretches_of(member, line, seen, start_ms, end_ms)


def stretches_of(member: Member, line: Timeline, seen: Witness, start_ms: int, end_ms: int) -> tuple[Stretch, ...]:
    """The same for a check whose charged time line is there already."""
    unknown = line.unknown.clip(start_ms, end_ms)
    parts: list[tuple[Cause, Intervals]] = []
    seen_by = member.parts or (member,)
    down = ((span.t0_ms, span.t1_ms) for each in seen_by for span in each.spans if span.cls is SpanClass.DOWN)
    failed = Intervals.of(down) & unknown
    if failed:
        parts += attribution.uncharged(failed, seen)
        unknown = unknown - failed
    if unknown:
        blind = [span for span in member.spans if span.cls is SpanClass.UNKNOWN and _has_unknown(span)]
        asked = Intervals.of((span.t0_ms, span.t1_ms) for span in blind) & unknown
        local = (Intervals.of(member.local) & unknown) - seen.up
        parts.append((Cause.OWN_NETWORK, local))
        asked -= Intervals.of(member.idle)
        parts.append((Cause.UNKNOWN_TARGET, asked - local))
        parts.append((Cause.AGENT_GAP, unknown - asked - local))
    return line_stretches(parts)


def stretches_of_line(references: Sequence[Member], line: Timeline, start_ms: int, end_ms: int) -> tuple[Stretch, ...]:
    """The same for our own connection: what no reference saw is a gap, and what some saw proves nothing."""
    unknown = line.unknown.clip(start_ms, end_ms)
    spans = (span for each in references for span in each.spans)
    seen = Intervals.of(
        (one.t0_ms, one.t1_ms) for one in spans if one.cls is not SpanClass.UNKNOWN or _has_unknown(one)
    )
    return line_stretches([(Cause.AGENT_GAP, unknown - seen), (Cause.UNKNOWN_REFERENCE, unknown & seen)])


def line_stretches(parts: Iterable[tuple[Cause, Intervals]]) -> tuple[Stretch, ...]:
    """The sets of instants by cause as stretches in time order."""
    return tuple(sorted(Stretch(int(a), int(b), cause) for cause, part in parts for a, b in part))


def _clusters(spans: Sequence[Span]) -> Iterator[Cluster]:
    """Maximal runs of spans without a good sample inside."""
    open_: Cluster = []
    for span in spans:
        if open_ and (span.first is State.UP or span.t0_ms != open_[-1].t1_ms):
            yield open_
            open_ = []
        if span.cls is not SpanClass.UP:
            open_.append(span)
    if open_:
        yield open_


def _evidence(cluster: Cluster) -> Cluster:
    """The spans of a cluster that show a confirmed failure, else those that show any; none where nothing failed."""
    confirmed = [span for span in cluster if span.cls in _CONFIRMED]
    return confirmed or [span for span in cluster if span.last is State.DOWN or failures(span)]


def _outage(member: Member, seen_in: tuple[Cluster, Cluster], seen: Seen, counted: Intervals) -> Outage:
    """The outage of a cluster and its evidence."""
    cluster, evidence = seen_in
    start_latest, end_earliest = _first_bad(evidence[0]), _last_bad(evidence[-1])
    end = cluster[-1].t1_ms
    is_over = cluster[-1].last is State.UP
    return Outage(
        key=member.key,
        start_earliest_ms=cluster[0].t0_ms,
        start_latest_ms=start_latest,
        end_earliest_ms=end_earliest if is_over else None,
        end_latest_ms=end if is_over else None,
        cause=_cause(evidence, seen),
        is_confirmed=evidence[0].cls in _CONFIRMED or member.confirm <= 1,
        attempts=sum([failures(span) for span in cluster]) + (cluster[-1].last is State.DOWN),
        counted_ms=counted.length_in(cluster[0].t0_ms, end),
        gap_ms=sum([_gap(span, start_latest, end_earliest) for span in cluster if span.cls is SpanClass.UNKNOWN]),
    )


def _cause(evidence: Cluster, seen: Seen) -> Cause:
    """A confirmed outage is the provider's if a witness vouches for any of it, a suspect only if for all of it."""
    if seen.proven.touches(evidence[0].t0_ms, evidence[-1].t1_ms):
        return Cause.PROVIDER_OR_PATH
    down = Intervals.of((span.t0_ms, span.t1_ms) for span in evidence if span.cls is SpanClass.DOWN)
    if down:
        return attribution.cause_of(down - seen.witness.up, seen.witness)
    perhaps = Intervals.of((span.t0_ms, span.t1_ms) for span in evidence)
    return attribution.cause_of(perhaps - seen.witness.up or perhaps, seen.witness)


def _first_bad(span: Span) -> int:
    """The first instant of a span at which a failure is known to have been seen at the latest."""
    return span.t0_ms if span.first is State.DOWN else span.t1_ms


def _last_bad(span: Span) -> int:
    return span.t1_ms if span.last is State.DOWN else span.t0_ms


def _has_unknown(span: Span) -> bool:
    """Whether an attempt that could not be judged lies in an unknown span, not only silence."""
    return span.n > 1 or State.UNKNOWN in {span.first, span.last}


def _gap(span: Span, start_ms: int, end_ms: int) -> int:
    return max(0, min(span.t1_ms, end_ms) - max(span.t0_ms, start_ms))
