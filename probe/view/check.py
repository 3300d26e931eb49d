"""One attempt, now, with all that was seen: phases, addresses, certificates, redirects, assertions, the route."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final, NamedTuple

from probe.model import Assertion, Check, Finding
from probe.view import evidence, wording
from probe.view.log import precise
from probe.view.page import (
    BLANK,
    Block,
    Column,
    Fields,
    Page,
    Piece,
    Table,
    Tone,
    Words,
    faint,
    paragraph,
    row,
    strong,
    words,
)
from probe.view.phases import phase_table

Listed = Sequence[Mapping[str, Any]]


class Shown(NamedTuple):
    """How a page is shown: in which zone, and whether the outcomes were kept."""

    zone: tzinfo = UTC
    is_recorded: bool = False


def check(
    tested: Check, found: Finding, sent_ms: int, shown: Shown | None = None, route: Mapping[str, Any] | None = None
) -> Page:
    """The whole of one attempt; `route` as --trace took it."""
    shown = shown or Shown()
    head = paragraph(strong(tested.key), "  ", wording.STATES[found.state], _reason(found))
    page: list[Block] = [head, Fields(tuple(_fields(tested, found, precise(sent_ms, shown.zone), shown.is_recorded)))]
    for table in _tables(found, sent_ms, shown.zone):
        page += [BLANK, table]
    if route is not None:
        page += [BLANK, paragraph("route  ", evidence.route(route), faint(f"  by {route['protocol']}"), indent=2)]
        page += [evidence.hops(route["hops"])] if route.get("hops") else []
    return tuple(page)


def _tables(found: Finding, sent_ms: int, zone: tzinfo) -> Iterator[Table]:
    if found.phases_us:
        yield phase_table(found.phases_us)
    for name, table in TABLES.items():
        if found.facts.get(name):
            yield table(found.facts[name])
    if found.facts.get("chain"):
        yield evidence.chain(found.facts["chain"], sent_ms, zone)
    if found.assertions:
        yield _assertions(found.assertions)


def _reason(found: Finding) -> str:
    return f": {found.reason.meaning} ({found.reason})" if found.reason else ""


def _fields(tested: Check, found: Finding, sent: str, is_recorded: bool) -> Iterator[tuple[str, Words]]:
    yield "kind", words(tested.kind)
    yield "target", words(tested.target)
    yield "address", words(found.address or wording.NOTHING)
    yield "at", words(sent)
    yield "latency", words(wording.latency(found.latency_us))
    if found.detail:
        yield "detail", words(_brief(found.detail))
    for name, value in found.facts.items():
        if name not in TABLED:
            yield _named(name, _brief(value) if name in TALK else value)
    if found.facts.get("certificate") and not found.facts.get("chain"):
        yield "certificate", words(evidence.certificate(found.facts["certificate"]))
    yield "recorded", words("yes, as a manual outcome: no verdict uses it" if is_recorded else "no")


def _brief(value: object) -> str:
    """What was said, cut to a line; --json has all of it."""
    said = fact(value)
    return said if len(said) <= SAID_SHOWN else f"{said[:SAID_SHOWN]}… (all of it in --json)"


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


def _addresses(tried: Listed) -> Table:
    """Every address that a connection was tried to."""
    good = {"connected"}
    rows = tuple(
        row(one["address"], Piece(one["result"], Tone.GOOD if one["result"] in good else Tone.BAD)) for one in tried
    )
    return Table((Column("ADDRESS TRIED"), Column("RESULT")), rows, indent=2)


def _redirects(hops: Listed) -> Table:
    """Every request of the way, the last one the answer."""
    rows = tuple(row(fact(one.get("status")), fact(one.get("address")), one["url"]) for one in hops)
    return Table((Column("STATUS", is_number=True), Column("FROM"), Column("URL")), rows, indent=2)


def _servers(told: Listed) -> Table:
    """Every name server of the zone."""
    rows = tuple(
        row(
            one["server"],
            one.get("address") or wording.NOTHING,
            wording.latency(one.get("took_us")),
            _said(one),
            fact(one.get("serial")),
            fact(one.get("records")),
        )
        for one in told
    )
    columns = (
        Column("NAME SERVER"),
        Column("ADDRESS"),
        Column("TOOK", is_number=True),
        Column("SAID"),
        Column("SERIAL"),
        Column("RECORDS"),
    )
    return Table(columns, rows, indent=2)


def _said(told: Mapping[str, Any]) -> Piece:
    if told.get("reason"):
        return Piece(f"{told['reason']}: {told['detail']}", Tone.BAD)
    return Piece(str(told.get("rcode", wording.NOTHING)))


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


TABLES: Final[Mapping[str, Callable[[Any], Table]]] = {
    "tried": _addresses,
    "redirect_chain": _redirects,
    "servers": _servers,
    "hops": evidence.hops,
}
"""Facts that are lists of things, and the table for each."""
TABLED: Final = frozenset({*TABLES, "certificate", "chain", "redirects"})
TALK: Final = frozenset({"banner", "dialogue"})
"""Facts that hold what a server said, which may be long."""
SAID_SHOWN: Final = 120
"""Characters shown of what was said."""
