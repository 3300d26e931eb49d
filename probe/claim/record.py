"""The part of the record that a claim rests on: outcomes of the days of its outages, and what covers them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from probe.claim.recount import Recount
from probe.report.figures import instant
from probe.sla.assessment import Assessment
from probe.sla.service import Member
from probe.store import proof
from probe.store.clocks import Segment
from probe.store.codes import STATES
from probe.store.days import day_of, named
from probe.store.proof import Enclosed, Sealed
from probe.store.reader import Reader

Document = dict[str, Any]
FAR: Final = 1 << 62
NEUTRAL: Final = ("block", "clock")
"""Kinds of rows that say nothing about other services."""


class Scope(NamedTuple):
    """What a claim is about: from where it was measured, its service, when, and the numbers of its windows."""

    vantage: str
    service: str
    end_ms: int
    windows: tuple[int, ...] = ()
    has_all: bool = False


class Gathered(NamedTuple):
    """What is enclosed. record: how samples are read; digests by day; sealed: of so many days how many have a head."""

    samples: list[Document]
    record: Document
    digests: Document
    heads: tuple[Sealed, ...]
    entries: list[Document]
    days: tuple[int, int]


def gather(
    reader: Reader,
    scope: Scope,
    found: Sequence[tuple[Assessment, Recount]],
    advance: Callable[[int], None] = lambda _: None,
) -> Gathered:
    """Read it all; `advance` is told of each series read."""
    members = {member.key: member for _, one in found for member in _members(one)}
    series = {one.id: one for one in reader.series(scope.vantage) if one.key in members or one.role != "check"}
    segments = reader.clocks()
    days = sorted(set(_days([one for one, _ in found], members.values(), segments, scope.end_ms)))
    heads = reader.ask(proof.heads)
    samples: list[Document] = []
    whole: dict[int, list[int]] = {}
    digests = {day: reader.ask(partial(proof.digests, day=day)) for day in _sealed(days, heads)}
    for number, one in series.items():
        for day in days:
            rows = reader.ask(partial(proof.rows, series=number, day=day))
            samples += [_sample(number, one.key, each, segments) for each in rows]
            if any(proof.is_whole(rows, *each[1:]) for each in digests.get(day, ()) if each[0] == number):
                whole.setdefault(day, []).append(number)
        advance(1)
    used = {one["row"][1] for one in samples}
    record = {
        "schema": 1,
        "vantage": scope.vantage,
        "series": {str(number): _described(one) for number, one in series.items()},
        "settings": {
            str(number): _settings(reader, scope, one.key, members.get(one.key)) for number, one in series.items()
        },
        "clocks": {str(number): _clock(segments[number]) for number in sorted(used)},
        "breaks": [each for each in reader.ask(proof.breaks) if each[0] in {segments[one].boot_id for one in used}],
    }
    listed = {named(day): {"whole": whole.get(day, []), "series": each} for day, each in digests.items()}
    return Gathered(
        samples, record, listed, heads, _entries(reader, scope, list(members), heads), (len(listed), len(days))
    )


def _members(one: Recount) -> Iterator[Member]:
    for member in (*(one.of or ()), *one.witnesses):
        yield from member.parts or (member,)


def _days(
    found: Sequence[Assessment], members: Iterable[Member], segments: Mapping[int, Segment], end_ms: int
) -> Iterator[int]:
    """The recorded UTC days of the outages and of a little time around each."""
    margin = 2 * max((member.g_max_ms for member in members), default=0)
    for outage in {outage for one in found for outage in one.outages if outage.is_confirmed}:
        last = end_ms if outage.end_latest_ms is None else outage.end_latest_ms
        for shift in {segment.shift_ms for segment in segments.values()}:
            first = day_of(outage.start_earliest_ms - margin - shift)
            yield from range(first, day_of(last + margin - shift) + 1)


def _sealed(days: Sequence[int], heads: Sequence[Sealed]) -> list[int]:
    known = {head.day for head in heads}
    return [day for day in days if day in known]


def _sample(series: int, key: str, one: Enclosed, segments: Mapping[int, Segment]) -> Document:
    row = one.row
    said = {
        "series": series,
        "check": key,
        "at": instant(row.at_ms + segments[row.clock].shift_ms),
        "state": STATES[row.state].value,
        "reason": row.reason,
        "row": proof.columns(row),
    }
    return {**said, "standing": one.standing} if one.standing else said


def _described(one: Any) -> Document:
    return {"check": one.key, "kind": one.kind, "target": one.target, "role": str(one.role), "network": one.network}


def _settings(reader: Reader, scope: Scope, key: str, member: Member | None) -> list[list[int]]:
    """From when on, g_max, confirm, time limit; those valid before the end."""
    known = reader.settings(scope.vantage, key)
    valid = [one for one in known if one.from_ms < scope.end_ms] or list(known[:1])
    if valid or member is None:
        return [[one.from_ms, one.g_max_ms, one.confirm, one.timeout_ms or 0] for one in valid]
    return [[0, member.g_max_ms, member.confirm, member.timeout_ms]]


def _clock(one: Segment) -> list[object]:
    return [one.boot_id, one.offset_ms, one.shift_ms, one.is_synced]


def _entries(reader: Reader, scope: Scope, keys: list[str], heads: Sequence[Sealed]) -> list[Document]:
    """The chain from the head before the first row that the claim names to the first head that covers them all."""
    told = reader.ask(lambda asked: proof.told_of(asked, scope.service, keys, scope.windows))
    places = reader.ask(lambda asked: proof.places(asked, told))
    if not places or not heads:
        return []
    first = max((head.entries for head in heads if head.entries < places[0]), default=0)
    last = min((head.entries for head in heads if head.entries >= places[-1]), default=heads[-1].entries)
    found = reader.ask(lambda asked: list(proof.entries(asked, first, last)))
    shown = told | reader.ask(partial(proof.own, vantage=scope.vantage, keys=keys))
    return [
        {
            "entry": one.number,
            "kind": one.kind,
            "row": one.row,
            "hash": one.hash,
            "line": one.line if scope.has_all or one.kind in NEUTRAL or (one.kind, one.row) in shown else None,
        }
        for one in found
    ]
