"""The one writer: a thread that owns the one connection which writes and checkpoints.

What is handed in is committed in groups, at most one group each `WINDOW_S`, and acknowledged when
COMMIT has returned (synchronous=FULL). While the database cannot take it, outcomes, events and clock
segments wait in the spool and are acknowledged from there; they are replayed, once, when it works again
or at the next start. What fits neither is refused and counted, never acknowledged.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar

from probe.clock import Clock
from probe.errors import StoreError
from probe.model import Check, Event, Evidence, Outcome
from probe.store import database, evidence, kept
from probe.store.book import Book
from probe.store.changes import Change
from probe.store.clocks import Segment
from probe.store.deeds import Deed, Outcomes, Segments, Told
from probe.store.keeper import Health, Keeper
from probe.store.kept import Kept, Standing
from probe.store.lock import StoreLock
from probe.store.outbox import Message
from probe.store.spool import SIZE, Spool, spool_path

log = logging.getLogger(__name__)

WINDOW_S: Final = 0.1
RETRY_S: Final = 1.0
GROUP: Final = 5000
T = TypeVar("T")


class Options(NamedTuple):
    """For tests: another window, a smaller spool, quicker retries."""

    window_s: float = WINDOW_S
    retry_s: float = RETRY_S
    spool_bytes: int = SIZE


class Writer:
    """The writing end of the record of one vantage point. `start` first, `close` last; the rest from any thread."""

    def __init__(self, path: Path, vantage: str, clock: Clock, options: Options | None = None) -> None:
        """Nothing is touched before `start`."""
        self._path = path
        self._vantage = vantage
        self._clock = clock
        self._options = options or Options()
        self._queue: SimpleQueue[Deed[Any] | None] = SimpleQueue()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._gate = threading.Lock()
        self._keeper: Keeper | None = None

    def start(self) -> None:
        """Take the lock, open or make the database, bring in what was spooled, begin. StoreError when it cannot."""
        database.make_folder(self._path)
        self._lock = StoreLock(self._path, self._vantage)
        try:
            connection = database.open_writing(self._path)
            spool = Spool(spool_path(self._path), self._options.spool_bytes)
        except BaseException:
            self._lock.release()
            raise
        keeper = self._keeper = Keeper(self._path, self._vantage, self._clock, spool, self._options.retry_s)
        keeper.begin(connection)
        self._thread = threading.Thread(target=self._run, args=(keeper,), name="store writer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what was handed in, close the database, release the lock. Again is harmless."""
        with self._gate:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            self._hurry.set()
            thread.join()

    @property
    def health(self) -> Health:
        """How storage is doing; cheap, from any thread."""
        known = self._keeper.health if self._keeper else Health(False, "", 0, 0)
        return known._replace(queued=self._queue.qsize())

    def register(self, checks: Sequence[Check], at_ms: int) -> None:
        """Make the configured checks known before their outcomes come, valid from `at_ms` on. Waits for the commit."""
        checks = tuple(checks)
        self._wait(lambda book: book.register(checks, at_ms))

    def open_clock(self, *, boot_id: str, offset_ms: int, is_synced: bool, at_ms: int) -> int:
        """Begin a clock segment at `at_ms` (boottime + offset_ms); its number. Waits for the commit."""
        segment = Segment(-1, self._vantage, boot_id, at_ms, offset_ms, is_synced)
        return self._hand_in(Segments(segment, Future()), is_urgent=True).result()

    def record(self, outcomes: Sequence[Outcome], messages: Sequence[Message] = ()) -> Future[None]:
        """Keep outcomes and enter the messages of what they change; done when both are safe.

        One of an unknown check or segment fails this call alone.
        """
        return self._hand_in(Outcomes(tuple(outcomes), tuple(messages), Future()))

    def post(self, work: Callable[[sqlite3.Connection], None]) -> Future[None]:
        """Change the outbox (probe.store.outbox); done when that is safe."""
        return self._do(lambda book: work(book.connection))

    def event(self, event: Event) -> Future[None]:
        """Keep an event; done when it is safe."""
        return self._hand_in(Told(event, Future()))

    def keep_evidence(self, found: Sequence[Evidence]) -> Future[None]:
        """Keep what was seen during a fault; done when it is safe. It does not wait in the spool."""
        found = tuple(found)
        return self._hand_in(Deed(lambda book: evidence.append(book.connection, book.vantage, found), Future()))

    def change(self, change: Change) -> Future[Any]:
        """Apply a person's change; the future has its answer, or the UsageError that refused it."""
        return self._do(lambda book: book.change(change))

    def keep(self, standings: Sequence[Standing]) -> Future[None]:
        """Keep the standings of services for `status`."""
        standings = tuple(standings)
        return self._do(lambda book: kept.keep(book.connection, standings))

    def keep_config(self, fingerprint: str, document: str) -> Future[None]:
        """Keep the compiled configuration for `status`."""
        return self._do(lambda book: kept.keep_config(book.connection, Kept(fingerprint, document)))

    def seal(self, action: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Do a part of sealing (sealing.py) in the group's transaction."""
        return self._hand_in(Deed(lambda book: book.seal(action), Future()))

    def _do(self, action: Callable[[Book], T]) -> Future[T]:
        return self._hand_in(Deed(action, Future()), is_urgent=True)

    def _wait(self, action: Callable[[Book], T]) -> T:
        return self._do(action).result()

    def _hand_in(self, deed: Deed[T], *, is_urgent: bool = False) -> Future[T]:
        with self._gate:  # nothing may be put behind the mark that ends the thread
            if self._thread is None:
                raise StoreError(f"{self._path} is not open for writing")
            self._queue.put(deed)
        if is_urgent:
            self._hurry.set()
        return deed.future

    def _run(self, keeper: Keeper) -> None:
        try:
            while self._turn(keeper):
                pass
        finally:
            keeper.end()
            self._lock.release()

    def _turn(self, keeper: Keeper) -> bool:
        """One group; False when it was the last."""
        try:
            first = self._queue.get(timeout=self._options.retry_s if keeper.is_waiting else None)
        except Empty:
            _commit(keeper, [])
            return True
        if first is not None:
            self._hurry.wait(self._options.window_s)
        self._hurry.clear()
        group = [first, *self._drained()]
        _commit(keeper, [deed for deed in group if deed is not None])
        return None not in group

    def _drained(self) -> list[Deed[Any] | None]:
        found: list[Deed[Any] | None] = []
        while len(found) < GROUP:
            try:
                found.append(self._queue.get_nowait())
            except Empty:
                break
        return found


def _commit(keeper: Keeper, deeds: list[Deed[Any]]) -> None:
    try:
        keeper.commit(deeds)
    except Exception as error:  # a bug of ours must neither end the thread nor leave anybody waiting
        log.exception("the writer failed")
        for deed in deeds:
            deed.refuse(error)
