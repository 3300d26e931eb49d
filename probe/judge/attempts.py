"""The grid attempts behind rules about requests and metrics: read from the record only when a rule asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from probe.sla.requests import Request, Requests
from probe.store.reader import Reader

if TYPE_CHECKING:
    from probe.config import Config


class Attempts(Mapping[str, Requests]):
    """The requests of each check by key in one stretch of time, from one vantage point."""

    def __init__(self, reader: Reader, config: Config, keys: Sequence[str], where: tuple[int, int, str]) -> None:
        """`where`: start, end and vantage point. Nothing is read before it is asked for."""
        self._reader, self._config, self._keys = reader, config, keys
        self._start_ms, self._end_ms, self._vantage = where
        self._read: dict[str, Requests] = {}

    def __getitem__(self, key: str) -> Requests:
        """The requests of one check."""
        if key not in self._keys:
            raise KeyError(key)
        if key not in self._read:
            found = self._reader.attempts(self._vantage, key, self._start_ms, self._end_ms)
            check = next((check for check in self._config.checks if check.key == key), None)
            self._read[key] = Requests(
                samples=tuple(Request(*each) for each in found),
                interval_ms=check.interval_ms if check else 60_000,
                timeout_ms=check.timeout_ms if check else None,
            )
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        return iter(self._keys)

    def __len__(self) -> int:
        """How many checks."""
        return len(self._keys)
