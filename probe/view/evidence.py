"""Routes and certificates in words: what was seen of a target, by `check` or while a fault was on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final

from probe.view import wording
from probe.view.page import Column, Piece, Table, Tone, Words, row, words

Document = Mapping[str, Any]
SOON_DAYS: Final = 14
"""A certificate with fewer days left is marked."""


def route(found: Document) -> str:
    """A route in one phrase: `reaches 192.0.2.9 in 5 hops`, `ends at hop 4, 10.7.1.2 (10.7.0.0/16)`."""
    if found.get("reached"):
        return f"reaches {found.get('address')} in {wording.count(len(found.get('hops', ())), 'hop')}"
    last = found.get("last_hop")
    if last is None:
        return f"not taken: {found.get('detail')}" if found.get("state") == "unknown" else "nobody answered"
    return f"ends at hop {hop(last)}"


def hop(last: Document) -> str:
    """A hop and the network it is in: `4, 10.7.1.2 (10.7.0.0/16)`."""
    return f"{last['hop']}, {last['address']} ({last['network']})"


def certificate(found: Document) -> str:
    """A certificate in one phrase: `CN=shop.example.net, valid until 2026-11-01 00:00:00Z`."""
    shown = found.get("certificate", found)
    until = wording.instant(shown.get("not_after_ms"))
    return f"of {shown.get('subject') or ', '.join(shown.get('names', ())) or 'nobody named'}, valid until {until}"


def hops(found: Sequence[Document]) -> Table:
    """One row a hop; a silent one is shown as such."""
    return Table(
        (Column("HOP", is_number=True), Column("ADDRESS"), Column("ANSWERED", is_number=True), Column("ROUND TRIPS")),
        tuple(_hop(one) for one in found),
        indent=2,
    )


def _hop(one: Document) -> tuple[Words, ...]:
    rtts_us: Sequence[int] = one["rtts_us"]
    times = ", ".join(wording.exact(rtt_us) for rtt_us in rtts_us)
    says = [Piece("; ".join(one["says"]), Tone.BAD)] if one.get("says") else []
    named = ", ".join(one.get("addresses", ())) or one["address"] or wording.NOTHING
    return row(str(one["hop"]), named, f"{len(rtts_us)} of {one['sent']}", words(times, " " if says else "", *says))


def chain(found: Sequence[Document], now_ms: int, zone: tzinfo = UTC) -> Table:
    """The certificates that a server showed, its own first, each with the days that it is still valid."""
    columns = (Column("CERTIFICATE"), Column("DAYS LEFT", is_number=True), Column("VALID UNTIL"), Column("ISSUED BY"))
    return Table(columns, tuple(_link(one, now_ms, zone) for one in found), indent=2)


def _link(one: Document, now_ms: int, zone: tzinfo) -> tuple[Words, ...]:
    until_ms = one.get("not_after_ms")
    days = None if until_ms is None else (until_ms - now_ms) // wording.DAY
    left = Piece(wording.NOTHING if days is None else f"{days:,}", _urgency(days))
    subject = one.get("subject") or ", ".join(one.get("names", ())) or one["fingerprint"][:16]
    return row(subject, left, wording.instant(until_ms, zone), one.get("issuer") or wording.NOTHING)


def _urgency(days: int | None) -> Tone:
    if days is None or days >= SOON_DAYS:
        return Tone.PLAIN
    return Tone.BAD if days < 0 else Tone.WARN
