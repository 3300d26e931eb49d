"""The way of many outcomes into the record: at once under its lock where no agent runs, else to the agent in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from probe.cli.person import person
from probe.errors import StoreLocked

if TYPE_CHECKING:
    from probe.model import Window
    from probe.store.changes import Change
    from probe.store.exchange import Imported

BATCH: Final = 2_000
"""Outcomes in one request: a batch stays well below what the agent's socket takes at once."""
LARGE: Final = 250_000
"""Outcomes in one transaction where no agent runs: bounds memory, and what a crash loses."""
WINDOWS: Final = 500


class Way(NamedTuple):
    """How changes get there, and how many outcomes one may carry."""

    apply: Callable[[Change], Any]
    batch: int


@contextmanager
def way(database: Path) -> Iterator[Way]:
    """The way into that record; where no agent runs, the lock is held until the end."""
    from probe import control
    from probe.store.changes import offline

    try:
        holding = offline(database)
        apply = holding.__enter__()
    except StoreLocked:
        yield Way(partial(control.submit, database), BATCH)
        return
    try:
        yield Way(apply, LARGE)
    finally:
        holding.__exit__(None, None, None)


class Taking:
    """Hands outcomes and windows over and counts what became of them."""

    def __init__(self, path: Way, vantage: str, now_ms: int) -> None:
        """For outcomes that name no vantage point it is `vantage`."""
        self._way, self._vantage, self._now_ms = path, vantage, now_ms
        self._by = person()
        self.counts: Counter[str] = Counter(added=0, same=0, refused=0)
        self.conflicts: list[str] = []
        self.windows = Counter(added=0, same=0)

    def outcomes(
        self, rows: Sequence[Imported], interval_ms: int | None, advance: Callable[[int], object] = lambda _: None
    ) -> None:
        """Record rows; `advance` is told how many after each part."""
        from probe.store.changes import ImportOutcomes
        from probe.store.exchange import parts

        entry = partial(ImportOutcomes, at_ms=self._now_ms, by=self._by, vantage=self._vantage)
        for batch in parts(rows, self._way.batch):
            answer = self._way.apply(entry(rows=batch, interval_ms=interval_ms))
            self.counts.update({name: answer[name] for name in ("added", "same", "refused")})
            self.conflicts += answer["conflicts"]
            advance(len(batch))

    def maintenance(self, windows: Sequence[Window]) -> None:
        """Record windows, each under its uid; one that the record has and these do not is left there."""
        from probe.store.changes import ImportWindows

        for start in range(0, len(windows), WINDOWS):
            batch = tuple(windows[start : start + WINDOWS])
            events = tuple((window.uid or "").partition("#")[0] for window in batch)
            change = ImportWindows(at_ms=self._now_ms, by=self._by, vantage=self._vantage, windows=batch, events=events)
            added, same, *_ = self._way.apply(change)
            self.windows.update(added=added, same=same)
