"""What of an assessment can be counted anew by anybody: which series, which witnesses, and the proven downtime."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from probe.judge.choice import on_its_day
from probe.judge.judging import Judge
from probe.sla import draft, evidence
from probe.sla.assessment import Assessment, Ms
from probe.sla.evidence import Evidence
from probe.sla.service import Member
from probe.store.reader import Reader

if TYPE_CHECKING:
    from probe.config import Config

PLAIN = "F1: every millisecond of downtime"


class Recount(NamedTuple):
    """One assessment. of: the checks whose samples prove the downtime, None where `why` says that it cannot be done.

    needed: how many of them are down together. down: what was proven, before anything was forgiven. repeats: the
    report's figures that are sums of it: `raw_downtime`, and `downtime` and `outages` where nothing but forgiven
    maintenance lies between (no clock that starts at a ticket, say).
    """

    of: tuple[Member, ...] | None
    needed: int
    witnesses: tuple[Member, ...]
    down: tuple[tuple[int, int], ...]
    repeats: tuple[str, ...]
    why: str


def recounts(config: Config, reader: Reader, as_of_ms: int, found: Iterable[Assessment]) -> tuple[Recount, ...]:
    """One for each assessment, in their order."""
    judge = Judge(config, reader, as_of_ms, counts_samples=False)
    return tuple(_recount(judge, one) for one in found)


def _recount(judge: Judge, one: Assessment) -> Recount:
    service = next(service for service in judge.config.services if service.name == one.service)
    service, _ = on_its_day(judge.config, service, one.period)
    question = judge.question(service, one.period)
    case = next((case for case in evidence.gather(question) if case.check == one.check), None)
    if case is None:
        return _not("nothing was measured")
    why = _hindrance(case, one)
    if why:
        return _not(why, case.members, question.references)
    start_ms, end_ms = draft.life(service, one.period)
    down = case.known.down.clip(start_ms, min(end_ms, case.until_ms))
    whole = case.members[0] if len(case.members) == 1 else None
    of, needed = (whole.parts, whole.needed) if whole and whole.parts else (case.members, case.needed)
    pairs = tuple((int(start), int(end)) for start, end in down)
    return Recount(of, needed, question.references, pairs, tuple(_repeats(one, down.measure)), "")


def _repeats(one: Assessment, proven_ms: Ms) -> Iterator[str]:
    """The figures of an assessment that follow from its proven downtime by adding up."""
    raw_ms, net_ms = one.raw_downtime.low, one.downtime.low
    if one.rule != PLAIN or proven_ms != raw_ms:
        return
    yield "raw_downtime"
    if net_ms == raw_ms - sum(each.forgiven_ms for each in one.exclusions):
        yield "downtime"
    if net_ms == sum(each.counted_ms for each in one.outages):
        yield "outages"


def _not(why: str, members: tuple[Member, ...] = (), witnesses: tuple[Member, ...] = ()) -> Recount:
    return Recount(None, 1, (*members, *witnesses), (), (), why)


def _hindrance(case: Evidence, one: Assessment) -> str:
    """What keeps an assessment from being counted anew with a few lines."""
    if one.measured is not None:
        return "it is not about time"
    if case.question.service.is_uplink:
        return "of our own line the references are the evidence"
    if case.weights is not None:
        return "several checks are thrown together"
    if case.elsewhere:
        return "several vantage points are judged together"
    nested = any(part.parts for member in case.members for part in member.parts)
    if nested or (len(case.members) > 1 and any(member.parts for member in case.members)):
        return "a group is judged together with others"
    return ""
