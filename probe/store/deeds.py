"""What can be handed to the writer: how each is done, and what of it can wait in the spool."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from probe.model import Event, Outcome
from probe.store import outbox
from probe.store.book import Book
from probe.store.clocks import Segment
from probe.store.outbox import Message

T = TypeVar("T")


class Deed(Generic[T]):
    """Something to do in a transaction, and who waits for it. This one cannot wait in the spool."""

    weight = 0

    def __init__(self, action: Callable[[Book], T], future: Future[T]) -> None:
        """`action` runs in the writer's thread."""
        self.action = action
        self.future = future

    def do(self, book: Book, *, carefully: bool) -> T:
        """Do it; the future's result."""
        return self.action(book)

    def settle(self, answer: T) -> None:
        """Acknowledge, unless whoever asked has given up."""
        if not self.future.done() and self.future.set_running_or_notify_cancel():
            self.future.set_result(answer)

    def refuse(self, error: Exception) -> None:
        """Tell that it is not done, unless nobody waits or the answer is given."""
        if not self.future.done() and self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)

    def spooled(self, book: Book) -> tuple[Any, T] | None:
        """What it leaves in the spool (a JSON value) and its result then; None when it cannot wait there."""
        return None


class Outcomes(Deed[None]):
    """Outcomes to keep, with the messages of what they change."""

    def __init__(self, outcomes: tuple[Outcome, ...], messages: tuple[Message, ...], future: Future[None]) -> None:
        """Of one vantage point."""
        self.outcomes = outcomes
        self.messages = messages
        self.future = future
        self.weight = len(outcomes)

    def do(self, book: Book, *, carefully: bool) -> None:
        """Store them and enter the messages: both or neither."""
        (book.store_carefully if carefully else book.store)(self.outcomes)
        outbox.append(book.connection, self.messages)

    def spooled(self, book: Book) -> tuple[Any, None]:
        """All of them."""
        return {"outcomes": self.outcomes, "messages": self.messages}, None


class Told(Deed[None]):
    """An event to keep."""

    weight = 1

    def __init__(self, event: Event, future: Future[None]) -> None:
        """Of one vantage point."""
        self.event = event
        self.future = future

    def do(self, book: Book, *, carefully: bool) -> None:
        """Tell it."""
        book.tell(self.event)

    def spooled(self, book: Book) -> tuple[Any, None]:
        """The event."""
        return {"event": self.event}, None


class Segments(Deed[int]):
    """A clock segment to open."""

    def __init__(self, segment: Segment, future: Future[int]) -> None:
        """It gets its number when it is done."""
        self.segment = segment
        self.future = future

    def do(self, book: Book, *, carefully: bool) -> int:
        """Open it under the next number."""
        segment = self._numbered(book)
        book.open_clock(segment)
        return segment.id

    def spooled(self, book: Book) -> tuple[Any, int]:
        """The segment under its number, which the memory keeps until the database can."""
        segment = self._numbered(book)
        book.segments[segment.id] = segment
        return {"clock": segment}, segment.id

    def _numbered(self, book: Book) -> Segment:
        return self.segment._replace(id=max(book.segments) + 1)
