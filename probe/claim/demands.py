"""What the terms demand of a claim and where the pack has it, and what is missing: it is told before anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

Document = Mapping[str, Any]


class Have(NamedTuple):
    """What a claim can bring: whether there are tickets, and routes taken during the faults; where the heads end."""

    tickets: bool
    routes: bool
    sealed: tuple[int, int]
    today: str


class Demand(NamedTuple):
    """One demand of the terms in their words; where: what in the pack answers it, None where the claimant must."""

    says: str
    where: str | None


ANSWERS: Final[tuple[tuple[tuple[str, ...], Callable[[Have], str | None]], ...]] = (
    (("ticket", "fault reference"), lambda have: "tickets.json" if have.tickets else None),
    (("traceroute",), lambda have: "evidence.json" if have.routes else None),
    (("log",), lambda _: "samples.jsonl"),
    (("dates", "times", "begin and end"), lambda _: "LETTER.txt and outages.json"),
    (("description", "express request"), lambda _: "LETTER.txt"),
)
"""Words of a demand, and what answers it; the first that fits counts."""


def demands(assessment: Document, have: Have) -> tuple[Demand, ...]:
    """Each demand of the terms of one assessment."""
    needs = (assessment["claim"] or {}).get("needs") or ()
    return tuple(Demand(need, _answer(need, have)) for need in needs)


def missing(assessments: Sequence[Document], have: Have) -> tuple[str, ...]:
    """Everything that the claimant has to see to before the letter leaves the house, the gravest first."""
    told = [each for one in assessments for each in (*_refusals(one, have), *_gaps(one, have))]
    return tuple(dict.fromkeys((*told, *_always(have))))


def _refusals(one: Document, have: Have) -> Iterator[str]:
    if one["verdict"] != "missed":
        why = f" ({one['reason']})" if one["reason"] else ""
        yield f"nothing is missed in {_name(one)}: the verdict is {one['verdict']}{why}; what is owed is not proven"
    elif one["agreement"] is None:
        yield f"no published terms are named for {_name(one)}: only your own objective was missed, nobody owes for it"
    if not one["period"]["complete"]:
        yield f"the period {one['period']['label']} still runs; the figures are not final"
    last = (one["claim"] or {}).get("deadline")
    if last and last < have.today:
        yield f"the deadline for {_name(one)} was {last}: it has passed"
    elif one["claimable"] is False:
        yield f"the terms' conditions for a claim are not fulfilled for {_name(one)}"


def _gaps(one: Document, have: Have) -> Iterator[str]:
    yield from (one["claim"] or {}).get("missing") or ()
    for demand in demands(one, have):
        if demand.where is None:
            yield f"the terms demand: {demand.says}"
    credit = one["credit"]
    if one["verdict"] == "missed" and one["agreement"] and (credit is None or credit["certain"] is None):
        yield f"what is owed for {_name(one)} can not be worked out: no fee is configured, or the terms state no credit"


def _always(have: Have) -> Iterator[str]:
    yield "who you are to the provider: name, account or contract number, and the service as it is called there"
    done, days = have.sealed
    if done < days:
        yield (
            f"a head for {days - done} of the {days} days of the outages: once a day (UTC) is over `probe store seal`"
            " makes it; then pack anew"
        )


def _answer(need: str, have: Have) -> str | None:
    for words, answer in ANSWERS:
        if any(word in need.casefold() for word in words):
            return answer(have)
    return None


def _name(one: Document) -> str:
    check = one["check"]
    return str(one["service"]) if check in {None, one["service"]} else f"{one['service']} / {check}"
