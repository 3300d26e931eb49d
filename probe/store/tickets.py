"""What providers were told about outages, append only: a ticket is the sum of its rows, the later ones on top."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any, Final

from probe.errors import UsageError
from probe.model import Ticket
from probe.store.windows import knows_notices

FIELDS: Final = (
    "service, number, key, outage_ms, opened_ms, answered_ms, closed_ms, note, is_withdrawn, entered_at_ms, entered_by"
)
ADD: Final = f"INSERT INTO ticket ({FIELDS}) VALUES ({', '.join('?' * 11)})"
ALL: Final = f"SELECT {FIELDS} FROM ticket ORDER BY id"


def add(connection: sqlite3.Connection, ticket: Ticket) -> int:
    """Append what is now known of a ticket; how many rows it has then. UsageError when its instants contradict."""
    row = tuple(getattr(ticket, name.strip()) for name in FIELDS.split(","))
    before = [one for one in load(connection) if (one.service, one.number) == (ticket.service, ticket.number)]
    whole = _on_top(before[0], ticket) if before else ticket
    refusal = contradiction(whole)
    if refusal:
        raise UsageError(f"ticket {ticket.number}: {refusal}")
    connection.execute(ADD, row)
    return whole.entries


def load(connection: sqlite3.Connection) -> tuple[Ticket, ...]:
    """Every ticket in the order of its first row, withdrawn ones too; none from a record without the table."""
    if not knows_notices(connection):
        return ()
    found: dict[tuple[str, str], Ticket] = {}
    for row in connection.execute(ALL).fetchall():
        one = _ticket(row)
        before = found.get((one.service, one.number))
        found[one.service, one.number] = one if before is None else _on_top(before, one)
    return tuple(found.values())


def contradiction(ticket: Ticket) -> str | None:
    """What is wrong with the order of a ticket's instants, None when nothing is."""
    if ticket.opened_ms is None:
        return "when was it opened? give --opened"
    if ticket.answered_ms is not None and ticket.answered_ms < ticket.opened_ms:
        return "answered before it was opened"
    if ticket.closed_ms is not None and ticket.closed_ms < max(ticket.opened_ms, ticket.answered_ms or 0):
        return "closed before it was opened or answered"
    return None


def _on_top(before: Ticket, later: Ticket) -> Ticket:
    """The ticket after another row of it: what that row says counts, what it leaves open stays."""
    names = ("key", "outage_ms", "opened_ms", "answered_ms", "closed_ms")
    said: dict[str, Any] = {name: value for name in names if (value := getattr(later, name)) is not None}
    note = later.note or before.note
    return replace(before, **said, note=note, is_withdrawn=later.is_withdrawn, entries=before.entries + 1)


def _ticket(row: tuple[Any, ...]) -> Ticket:
    values = dict(zip((name.strip() for name in FIELDS.split(",")), row, strict=True))
    return Ticket(**{**values, "is_withdrawn": bool(values["is_withdrawn"])})
