"""One attempt, now, with all that was seen: addresses, phases, certificate, assertions, state and reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo

from probe.model import Assertion, Check, Finding
from probe.view import wording
from probe.view.log import precise
from probe.view.page import BLANK, Block, Column, Fields, Page, Piece, Table, Tone, Words, paragraph, row, strong, words
from probe.view.strip import bar


def check(tested: Check, found: Finding, sent_ms: int, *, zone: tzinfo = UTC, is_recorded: bool = False) -> Page:
    """The whole of one attempt."""
    head = paragraph(strong(tested.key), "  ", wording.STATES[found.state], _reason(found))
    page: list[Block] = [head, Fields(tuple(_fields(tested, found, precise(sent_ms, zone), is_recorded)))]
    if found.phases_us:
        page += [BLANK, _phases(found.phases_us)]
    if found.assertions:
        page += [BLANK, _assertions(found.assertions)]
    return tuple(page)


def _reason(found: Finding) -> str:
    return f": {found.reason.meaning} ({found.reason})" if found.reason else ""


def _fields(tested: Check, found: Finding, sent: str, is_recorded: bool) -> Iterator[tuple[str, Words]]:
    yield "kind", words(tested.kind)
    yield "target", words(tested.target)
    yield "address", words(found.address or wording.NOTHING)
    yield "at", words(sent)
    yield "latency", words(wording.latency(found.latency_us))
    if found.detail:
        yield "detail", words(found.detail)
    for name, value in found.facts.items():
        yield _named(name, value)
    yield "recorded", words("yes, as a manual outcome: no verdict uses it" if is_recorded else "no")


def _named(name: str, value: object) -> tuple[str, Words]:
    """A fact and its label; what is named `…_us` is microseconds."""
    label = name.removesuffix("_us").replace("_", " ")
    if label != name.replace("_", " "):
        times = value if isinstance(value, list | tuple) else [value]
        return label, words(", ".join(wording.latency(one) if isinstance(one, int) else fact(one) for one in times))
    return label, words(fact(value))


def fact(value: object) -> str:
    """A JSON value in words: `—`, `yes`, `1, 2`, `issuer: R3, days left: 41`."""
    if value is None:
        return wording.NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{str(key).replace('_', ' ')}: {fact(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(fact(inner) for inner in value) or "none"
    return str(value)


def _phases(phases_us: Mapping[str, int]) -> Table:
    """One bar a phase, each beginning where the one before ended."""
    total, start = sum(phases_us.values()), 0
    rows = []
    for name, taken in phases_us.items():
        rows.append(row(name, wording.latency(taken), Piece(bar(start, taken, total), Tone.GOOD)))
        start += taken
    return Table((Column("PHASE"), Column("TOOK", is_number=True), Column("")), tuple(rows), indent=2)


def _assertions(assertions: tuple[Assertion, ...]) -> Table:
    rows = tuple(
        row(
            one.expectation,
            Piece("held", Tone.GOOD) if one.held else Piece("FAILED", Tone.BAD),
            one.seen,
        )
        for one in assertions
    )
    return Table((Column("EXPECTED"), Column("RESULT"), Column("SEEN")), rows, indent=2)
