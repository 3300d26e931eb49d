"""What the charts of a report show, and the terms in force: the evidence of assessments once more, as slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from probe.judge.choice import on_its_day
from probe.judge.judging import Judge
from probe.sla import draft, evidence, picture
from probe.sla.assessment import Assessment
from probe.sla.evidence import Evidence
from probe.sla.picture import Layers, Picture
from probe.sla.terms import Terms
from probe.store.reader import Reader

if TYPE_CHECKING:
    from probe.config import Config


class Pictured(NamedTuple):
    """The charts of one assessment, and the terms that it was judged by; picture None: nothing of it has been."""

    picture: Picture | None
    terms: Terms | None


def pictures(
    config: Config, reader: Reader, as_of_ms: int, found: Iterable[Assessment], advance: Callable[[int], None]
) -> tuple[Pictured, ...]:
    """The pictures of assessments that were made of this configuration and record; `advance` is told of each."""
    judge = Judge(config, reader, as_of_ms, counts_samples=False)
    made = []
    for one in found:
        made.append(_pictured(judge, one))
        advance(1)
    return tuple(made)


def _pictured(judge: Judge, one: Assessment) -> Pictured:
    service = next(service for service in judge.config.services if service.name == one.service)
    service, _ = on_its_day(judge.config, service, one.period)
    question = judge.question(service, one.period)
    case = next((case for case in evidence.gather(question) if case.check == one.check), None)
    return Pictured(None if case is None else _picture(case, one), service.terms)


def _picture(case: Evidence, one: Assessment) -> Picture | None:
    start_ms, end_ms = draft.life(case.question.service, case.question.period)
    end_ms = min(end_ms, case.until_ms)
    if start_ms >= end_ms:
        return None
    layers = Layers(case.known, picture.windows_of(one.exclusions), start_ms, end_ms)
    requests = case.question.requests
    return Picture(
        start_ms=start_ms,
        end_ms=end_ms,
        days=layers.days(one.period.timezone),
        line=layers.line(),
        bands=tuple(
            (member.key, picture.bands(requests[member.key].samples, start_ms, end_ms))
            for member in case.members
            if member.key in requests
        ),
    )
