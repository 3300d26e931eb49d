"""What the writer's thread does with a group: one transaction; if that fails, each by itself or into the spool."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from probe.clock import Clock
from probe.errors import StoreError
from probe.model import Event, EventKind
from probe.store import database, outbox
from probe.store.book import Book
from probe.store.changes import outcome_from
from probe.store.clocks import Segment
from probe.store.codes import ABSOLUTE
from probe.store.deeds import Deed
from probe.store.spool import Spool

log = logging.getLogger(__name__)

NS_PER_S: Final = 1_000_000_000
BAD_VALUE: Final = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
"""What SQLite raises about one value, not about its file."""


class Health(NamedTuple):
    """How storage is doing.

    reason: "" or why the database cannot be written; spooled: records that wait; dropped: outcomes and
    events refused since the start; queued: deeds not yet looked at.
    """

    is_degraded: bool
    reason: str
    spooled: int
    dropped: int
    queued: int = 0


class Keeper:
    """The connection, the book and the spool, in the hands of one thread."""

    def __init__(self, path: Path, vantage: str, clock: Clock, spool: Spool, retry_s: float) -> None:
        """`begin` gives it the connection."""
        self._path = path
        self._vantage = vantage
        self._clock = clock
        self._spool = spool
        self._connection: sqlite3.Connection | None = None
        self._trouble = ""
        self._dropped = 0
        self._untold = 0
        self._retry_ns = int(retry_s * NS_PER_S)
        self._tried_at_ns = 0

    def begin(self, connection: sqlite3.Connection) -> None:
        """Take the connection; bring in what an earlier writer left in the spool."""
        self._connection = connection
        self._book = Book(connection, self._vantage)
        if self._spool.count:
            self._attempt(self._replay)

    def end(self) -> None:
        """Let go of everything."""
        self._drop_connection()
        self._spool.close()

    @property
    def is_waiting(self) -> bool:
        """Whether the database is to be tried again soon."""
        return bool(self._trouble)

    @property
    def health(self) -> Health:
        """How storage is doing."""
        return Health(bool(self._trouble), self._trouble, self._spool.count, self._dropped)

    def commit(self, deeds: Sequence[Deed[Any]]) -> None:
        """Do all of them, and tell each future how it went. Nothing to do is a reason to try the database again."""
        if self._trouble and not ((self._is_due() or not deeds) and self._recovered()):
            self._wait(deeds)
            return
        try:
            answers = self._together(deeds)
        except BAD_VALUE:
            self._each(deeds)
        except sqlite3.Error as error:
            self._degrade(error)
            self._wait(deeds)
        except Exception:  # noqa: BLE001 - one deed cannot be done: which one shows when each is done by itself
            self._each(deeds)
        else:
            for deed, answer in zip(deeds, answers, strict=True):
                deed.settle(answer)

    def _together(self, deeds: Sequence[Deed[Any]]) -> list[Any]:
        return self._transaction(lambda book: [deed.do(book, carefully=False) for deed in deeds]) if deeds else []

    def _each(self, deeds: Sequence[Deed[Any]]) -> None:
        """Each in a transaction of its own, so that a bad one harms only itself."""
        for place, deed in enumerate(deeds):
            try:
                answer = self._transaction(partial(deed.do, carefully=True))
            except BAD_VALUE as error:
                deed.refuse(StoreError(f"{self._path}: cannot keep it: {error}"))
            except sqlite3.Error as error:
                self._degrade(error)
                self._wait(deeds[place:])
                return
            except Exception as error:  # noqa: BLE001 - whoever handed it in must hear of it
                deed.refuse(error)
            else:
                deed.settle(answer)

    def _transaction(self, work: Callable[[Book], Any]) -> Any:
        connection = self._connection
        assert connection is not None
        try:
            connection.execute("BEGIN IMMEDIATE")
            answer = work(self._book)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._book.reload(connection)
            raise
        return answer

    def _degrade(self, error: sqlite3.Error) -> None:
        """Give up the connection until the database works again; after an error of the disk it knows nothing."""
        self._tried_at_ns = self._clock.read().boot_ns
        was_told, self._trouble = bool(self._trouble), str(database.failure(self._path, error))
        if not was_told:
            log.error("the database cannot be written", extra={"reason": self._trouble})
        self._drop_connection()

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error as error:
                log.warning("the database did not close cleanly", extra={"error": error})

    def _wait(self, deeds: Iterable[Deed[Any]]) -> None:
        """Keep what can wait in the spool and acknowledge it from there; refuse the rest."""
        for deed in deeds:
            left = deed.spooled(self._book)
            if left is None:
                deed.refuse(StoreError(self._trouble))
                continue
            value, answer = left
            try:
                self._spool.append(_encoded({"vantage": self._vantage, **value}))
            except Exception as error:  # noqa: BLE001 - a full spool or a value that is no JSON: both are counted
                self._dropped += deed.weight
                self._untold += deed.weight
                deed.refuse(StoreError(f"{self._trouble}; and {error}"))
            else:
                deed.settle(answer)

    def _is_due(self) -> bool:
        return self._clock.read().boot_ns - self._tried_at_ns >= self._retry_ns

    def _recovered(self) -> bool:
        """Try the database again; True when it works and the spool is in it."""
        self._tried_at_ns = self._clock.read().boot_ns
        self._drop_connection()
        try:
            self._connection = database.reopen(self._path)
            book = Book(self._connection, self._vantage)
        except sqlite3.Error:
            self._drop_connection()
            return False
        self._book = book
        return self._attempt(self._replay)

    def _attempt(self, work: Callable[[Book], None]) -> bool:
        try:
            self._transaction(work)
        except sqlite3.Error as error:
            self._degrade(error)
            return False
        self._spool.clear()
        if self._trouble:
            log.warning("the database works again", extra={"dropped": self._untold})
        self._trouble, self._untold = "", 0
        return True

    def _replay(self, book: Book) -> None:
        """The spool's records in order, each once; an event says how many there were and what was dropped."""
        refused = 0
        records = self._spool.records()
        for record in records:
            book.connection.execute("SAVEPOINT record")
            try:
                _replay_one(book, json.loads(record))
            except (StoreError, *BAD_VALUE) as error:
                refused += 1
                book.connection.execute("ROLLBACK TO record")
                book.reload(book.connection)
                log.warning("a spooled record cannot be kept", extra={"error": error})
            book.connection.execute("RELEASE record")
        dropped = self._untold + refused
        facts = {"replayed": len(records) - refused, "dropped": dropped, "reason": self._trouble or "found at start"}
        book.tell(self._storage_event(book, facts))

    def _storage_event(self, book: Book, facts: dict[str, Any]) -> Event:
        segment, now = book.segment, self._clock.read()
        if segment.id == ABSOLUTE or segment.boot_id != self._clock.boot_id():
            return Event(now.wall_ms, ABSOLUTE, EventKind.STORAGE, None, facts)
        return Event(now.boot_ms + segment.offset_ms, segment.id, EventKind.STORAGE, None, facts)


def _replay_one(own: Book, value: dict[str, Any]) -> None:
    book = own if value["vantage"] == own.vantage else Book(own.connection, value["vantage"])
    if "clock" in value:
        book.open_clock(Segment._make(value["clock"]))
    elif "event" in value:
        at_ms, clock, kind, lasted_ms, facts = value["event"]
        book.tell(Event(at_ms, clock, EventKind(kind), lasted_ms, facts))
    else:
        found = [outcome_from(each) for each in value["outcomes"]]
        for outcome in found:
            book.know(outcome.key)
        book.store_carefully(found)
        outbox.append(own.connection, map(outbox.message_from, value.get("messages", ())))


def _encoded(value: Any) -> bytes:
    import msgspec

    return msgspec.json.encode(value, enc_hook=str)
