"""Messages that wait for their channels: entered with what they tell, kept until each channel has them.

A message is entered once, whatever brings it again: its idempotency key says what happened. Each channel it
is for has a row in `delivery`. Before a group is sent its rows are claimed with one common instant of the
next try, so that after a crash the same group goes out again under the same key.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple


class Kind(StrEnum):
    """What people are told of: a closed list, the words of `events` in [notify.NAME]."""

    OUTAGE_BEGAN = "outage_began"
    OUTAGE_ENDED = "outage_ended"
    LINE_DOWN = "line_down"
    LINE_UP = "line_up"
    BUDGET_BURN = "budget_burn"
    VERDICT = "verdict"
    CERTIFICATE = "certificate"
    CLAIM_DEADLINE = "claim_deadline"
    AGENT_GAP = "agent_gap"


class Message(NamedTuple):
    """Something to tell. id: the idempotency key; at_ms: when it was known; channels: whom to tell.

    document: JSON values, `about` tells messages of one kind, service and check apart.
    """

    id: str
    kind: Kind
    service: str | None
    key: str | None
    at_ms: int
    channels: tuple[str, ...]
    document: Mapping[str, Any]


class Letter(NamedTuple):
    """A message on its way to one channel. next_at_ms: when it may be sent; attempts: how often it was tried.

    error: why the last try failed; None before the first and where nothing was heard of it.
    """

    outbox: int
    channel: str
    attempts: int
    next_at_ms: int
    error: str | None


class Queue(NamedTuple):
    """How a channel is doing: what waits, what was given up, and when it last took something."""

    waiting: int
    given_up: int
    delivered_at_ms: int | None
    error: str | None


APPEND: Final = """
    INSERT INTO outbox (idempotency, kind, service, key, at_ms, entered_at_ms, document)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
ADDRESS: Final = "INSERT INTO delivery (outbox, channel, next_at_ms) VALUES (?, ?, ?)"
MESSAGE: Final = "outbox.idempotency, outbox.kind, outbox.service, outbox.key, outbox.at_ms, outbox.document"
WAITING: Final = """
    SELECT outbox, channel, attempts, next_at_ms, error FROM delivery
    WHERE delivered_at_ms IS NULL AND next_at_ms IS NOT NULL AND channel = ? ORDER BY outbox
"""
OF_LETTER: Final = f"SELECT {MESSAGE} FROM outbox WHERE id = ?"
CLAIM: Final = """
    UPDATE delivery SET attempts = attempts + 1, next_at_ms = ?, error = NULL WHERE outbox = ? AND channel = ?
"""
DELIVERED: Final = "UPDATE delivery SET delivered_at_ms = ?, error = NULL WHERE outbox = ? AND channel = ?"
FAILED: Final = "UPDATE delivery SET next_at_ms = ?, error = ? WHERE outbox = ? AND channel = ?"
SENT: Final = "SELECT DISTINCT delivered_at_ms FROM delivery WHERE channel = ? AND delivered_at_ms > ? ORDER BY 1"
NEWEST: Final = f"""
    SELECT {MESSAGE}, max(outbox.id) FROM outbox WHERE kind IN ({{}})
    GROUP BY kind, service, key, json_extract(document, '$.about')
"""
QUEUES: Final = """
    SELECT channel, count(*) FILTER (WHERE delivered_at_ms IS NULL AND next_at_ms IS NOT NULL),
        count(*) FILTER (WHERE delivered_at_ms IS NULL AND next_at_ms IS NULL), max(delivered_at_ms), max(error)
    FROM delivery GROUP BY channel
"""
PRUNE: Final = """
    DELETE FROM outbox WHERE entered_at_ms < ? AND kind NOT IN ('outage_began', 'line_down')
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.outbox = outbox.id
        AND delivered_at_ms IS NULL AND next_at_ms IS NOT NULL)
"""


def append(connection: sqlite3.Connection, messages: Iterable[Message]) -> None:
    """Enter messages for their channels, inside the caller's transaction. One that is there already is left."""
    for one in messages:
        document = json.dumps(one.document, sort_keys=True)
        row = one.id, one.kind.value, one.service, one.key, one.at_ms, one.at_ms, document
        cursor = connection.execute(APPEND, row)
        if cursor.rowcount:
            number = cursor.lastrowid
            connection.executemany(ADDRESS, [(number, channel, one.at_ms) for channel in one.channels])


def message_from(row: Sequence[Any]) -> Message:
    """A message that went through JSON."""
    key, kind, service, check, at_ms, channels, document = row
    return Message(key, Kind(kind), service, check, at_ms, tuple(channels), document)


def waiting(connection: sqlite3.Connection, channel: str) -> list[Letter]:
    """Everything that a channel has not taken yet and that was not given up, in order of entering."""
    return [Letter(*row) for row in connection.execute(WAITING, (channel,))]


def opened(connection: sqlite3.Connection, letters: Iterable[Letter]) -> list[Message]:
    """What is in them, in their order."""
    rows = [(one, connection.execute(OF_LETTER, (one.outbox,)).fetchone()) for one in letters]
    return [_message(row, (one.channel,)) for one, row in rows if row is not None]


def sent_since(connection: sqlite3.Connection, channel: str, since_ms: int) -> list[int]:
    """When groups went out to a channel after an instant."""
    return [at_ms for (at_ms,) in connection.execute(SENT, (channel, since_ms))]


def newest(connection: sqlite3.Connection, kinds: Sequence[Kind]) -> list[Message]:
    """The message entered last of each kind, service, check and `about`."""
    marks = ", ".join("?" for _ in kinds)
    rows = connection.execute(NEWEST.format(marks), [kind.value for kind in kinds])
    return [_message(row[:6], ()) for row in rows]


def of_kind(connection: sqlite3.Connection, kind: Kind) -> list[Message]:
    """Every message of a kind, in order of entering."""
    rows = connection.execute(f"SELECT {MESSAGE} FROM outbox WHERE kind = ? ORDER BY id", (kind.value,))
    return [_message(row, ()) for row in rows]


def queues(connection: sqlite3.Connection) -> dict[str, Queue]:
    """Each channel that was ever written to."""
    return {channel: Queue(*rest) for channel, *rest in connection.execute(QUEUES)}


def claim(connection: sqlite3.Connection, letters: Sequence[Letter], next_at_ms: int) -> None:
    """These are about to be sent together, and if nothing more is heard of them, again at that instant."""
    connection.executemany(CLAIM, [(next_at_ms, one.outbox, one.channel) for one in letters])


def delivered(connection: sqlite3.Connection, letters: Sequence[Letter], at_ms: int) -> None:
    """The channel has them."""
    connection.executemany(DELIVERED, [(at_ms, one.outbox, one.channel) for one in letters])


def failed(connection: sqlite3.Connection, letters: Sequence[Letter], next_at_ms: int | None, error: str) -> None:
    """The channel did not take them; None: they are given up."""
    connection.executemany(FAILED, [(next_at_ms, error, one.outbox, one.channel) for one in letters])


def prune(connection: sqlite3.Connection, before_ms: int) -> None:
    """Let go of what is old and waits for nobody; beginnings stay, their ends refer to them."""
    connection.execute(PRUNE, (before_ms,))


def _message(row: Sequence[Any], channels: tuple[str, ...]) -> Message:
    key, kind, service, check, at_ms, document = row
    return Message(key, Kind(kind), service, check, at_ms, channels, json.loads(document))
