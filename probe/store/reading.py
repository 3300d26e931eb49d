"""What judging and showing ask of a record, whatever keeps it: the one interface that another backend implements.

`Reader` is the SQLite one. Series are named by (vantage point, key), instants are corrected, stretches half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from probe.model import Event, EventKind, Evidence, Outcome, Reason, Span, Ticket, Window
from probe.store.attempts import Attempt
from probe.store.counting import Sums
from probe.store.events import Paused
from probe.store.reader import Latest
from probe.store.series import Series, Setting
from probe.store.tally import Tally


@runtime_checkable
class Reading(Protocol):
    """A record, open for reading. Every answer is of one moment; nothing is held between two questions."""

    def vantages(self) -> tuple[str, ...]:
        """Every vantage point with a series, in order of name."""
        ...

    def series(self, vantage: str) -> tuple[Series, ...]:
        """Every series of a vantage point, in the order they came."""
        ...

    def latest(self, vantage: str) -> Mapping[str, Latest]:
        """The last outcome of each series by key; those without one are missing."""
        ...

    def spans(self, vantage: str, key: str, start_ms: int, end_ms: int) -> tuple[Span, ...]:
        """The spans that meet the stretch, contiguous, and outward to the first up span on either side."""
        ...

    def spans_of_all(self, vantage: str, start_ms: int, end_ms: int) -> Mapping[str, tuple[Span, ...]]:
        """The same for every series of a vantage point that has an outcome."""
        ...

    def tally(self, vantage: str, key: str, start_ms: int, end_ms: int) -> Tally:
        """Counts, loss and latency: a month, a day, any stretch."""
        ...

    def sums(self, vantage: str, start_ms: int, end_ms: int) -> Mapping[str, Sums]:
        """The same of every series without quantiles; of whole counted days without looking at outcomes."""
        ...

    def samples(self, vantage: str, start_ms: int, end_ms: int) -> Mapping[str, int]:
        """How many outcomes of each series, manual ones left out."""
        ...

    def outcomes(
        self, vantage: str, key: str, start_ms: int, end_ms: int, limit: int | None = None
    ) -> Iterator[Outcome]:
        """Every outcome in order of time, manual ones too, at most `limit`."""
        ...

    def around(self, vantage: str, key: str, at_ms: int, count: int) -> Sequence[Outcome]:
        """Up to `count` outcomes before an instant and as many from it on, in order of time."""
        ...

    def attempts(self, vantage: str, key: str, start_ms: int, end_ms: int) -> Sequence[Attempt]:
        """The attempts of the grid, in order of time."""
        ...

    def reasons(self, vantage: str, key: str, start_ms: int, end_ms: int) -> frozenset[Reason]:
        """The reasons given, each once."""
        ...

    def settings(self, vantage: str, key: str) -> tuple[Setting, ...]:
        """How a series was measured and since when, oldest first."""
        ...

    def revisions(self, vantage: str, key: str) -> Mapping[int, str]:
        """The digest of each revision, by the number that spans carry."""
        ...

    def pauses(self, vantage: str) -> tuple[Paused, ...]:
        """Every pause, in order of beginning."""
        ...

    def windows(self) -> tuple[Window, ...]:
        """Every declared window in the order of entering, removed ones too."""
        ...

    def tickets(self) -> tuple[Ticket, ...]:
        """Every ticket in the order of entering, withdrawn ones too."""
        ...

    def evidence(self, vantage: str, start_ms: int, end_ms: int) -> tuple[Evidence, ...]:
        """Routes and certificates that were seen, in order of time."""
        ...

    def events(self, start_ms: int, end_ms: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """What happened to the agent, in order of time."""
        ...
