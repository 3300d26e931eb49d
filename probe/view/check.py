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
    """How a page is shown: in which zone, and whether the outcomes were kept.

    broken: the phase in which the attempt ended without an answer and its µs, None where none broke.
    """

    zone: tzinfo = UTC
    is_recorded: bool = False
    broken: tuple[str, int] | None = None


def check(
    tested: Check, found: Finding, sent_ms: int, shown: Shown | None = None, route: Mapping[str, Any] | None = None
) -> Page:
    """The whole of one attempt; `route` as --trace took it."""
    shown = shown or Shown()
    head = paragraph(strong(tested.key), "  ", wording.STATES[found.state], _reason(found))
    page: list[Block] = [head, Fields(tuple(_fields(tested, found, precise(sent_ms, shown.zone), shown.is_recorded)))]
    for block in _blocks(found, sent_ms, shown):
        page += [BLANK, block]
    if route is not None:
        page += [BLANK, paragraph("route  ", evidence.route(route), faint(f"  by {route['protocol']}"), indent=2)]
        page += [evidence.hops(route["hops"])] if route.get("hops") else []
    return tuple(page)


def _blocks(found: Finding, sent_ms: int, shown: Shown) -> Iterator[Block]:
    if found.phases_us or shown.broken:
        yield phase_table(found.phases_us, shown.broken)
    if found.facts.get("dialogue"):
        yield Fields(tuple(_dialogue(found.facts["dialogue"])))
    for name, table in TABLES.items():
        if found.facts.get(name):
            yield table(found.facts[name])
    if found.facts.get("chain"):
        yield evidence.chain(found.facts["chain"], sent_ms, shown.zone)
    if found.assertions:
        yield _assertions(found.assertions)


def _reason(found: Finding) -> str:
    return f": {found.reason.meaning} ({found.reason})" if found.reason else ""


def _fields(tested: Check, found: Finding, sent: str, is_recorded: bool) -> Iterator[tuple[str, Words]]:
    yield "kind", words(tested.kind)
    yield "target", words(tested.target)
    yield "address", words(found.address or wording.NOTHING)
    yield "at", words(sent)
    yield "latency", words(wording.exact(found.latency_us))
    if found.detail:
        yield "detail", words(_brief(found.detail))
    for name, value in found.facts.items():
        if name not in TABLED:
            yield _named(name, _brief(value) if name in TALK else value)
    if found.facts.get("last_hop"):
        yield "last hop", words(evidence.hop(found.facts["last_hop"]))
    yield from _certificate(found)
    yield "recorded", words("yes, as a manual outcome: no verdict uses it" if is_recorded else "no")


def _certificate(found: Finding) -> Iterator[tuple[str, Words]]:
    """Whose it is; with a chain, which has a table, only the names that it is for."""
    shown = found.facts.get("certificate")
    if shown and not found.facts.get("chain"):
        yield "certificate", words(evidence.certificate(shown))
    if shown and shown.get("names"):
        names, more = shown["names"][:NAMES_SHOWN], len(shown["names"]) - NAMES_SHOWN
        yield "names", words(", ".join(names), f" and {more} more (in --json)" if more > 0 else "")


def _dialogue(turns: Listed) -> Iterator[tuple[str, Words]]:
    """What was heard and sent, line by line; who speaks stands at the first of their lines."""
    said = [(who, line) for turn in turns for who, text in turn.items() for line in _lines(text)]
    for place, (who, line) in enumerate(said[:LINES_SHOWN]):
        is_new = not place or who != said[place - 1][0]
        yield who if is_new else "", words(_brief(line))
    if len(said) > LINES_SHOWN:
        yield "", words(f"… {len(said) - LINES_SHOWN} more lines (all of it in --json)")


def _lines(text: str) -> list[str]:
    """Cleaned text at its line ends, which were shown as escapes."""
    return [line for line in text.replace("\\x0d", "").split("\\x0a") if line]


def _brief(value: object) -> str:
    """What was said, cut to a line; --json has all of it."""
    said = fact(value)
    return said if len(said) <= SAID_SHOWN else f"{said[:SAID_SHOWN]}… (all of it in --json)"


def _named(name: str, value: object) -> tuple[str, Words]:
    """A fact and its label; the end of its name says in which unit its numbers are."""
    stem, _, unit = name.rpartition("_")
    shown = UNITS.get(unit)
    if not stem or shown is None:
        return name.replace("_", " "), words(f"{value:,}" if name == "bytes" else fact(value))
    values = value if isinstance(value, list | tuple) else [value]
    told = ", ".join(shown(one) if isinstance(one, int) else fact(one) for one in values)
    return f"{stem.replace('_', ' ')}{' speed' if unit == 'mbits' else ''}", words(told or "none")


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
            wording.exact(one.get("took_us")),
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
            _brief(one.seen),
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
UNITS: Final[Mapping[str, Callable[[int], str]]] = {
    "us": wording.exact,
    "ms": "{:,} ms".format,
    "bps": wording.bits,
    "mbits": "{:,} Mbit/s".format,
    "percent": "{} %".format,
}
"""How a number is shown whose name ends in this unit."""
TABLED: Final = frozenset({*TABLES, "certificate", "chain", "dialogue", "last_hop", "redirects"})
TALK: Final = frozenset({"banner"})
"""Facts that hold what a server said, which may be long."""
SAID_SHOWN: Final = 160
"""Characters shown of what was said."""
LINES_SHOWN: Final = 40
"""Lines of a dialogue that are shown."""
NAMES_SHOWN: Final = 10
"""Names of a certificate that are shown."""
