"""What speed tests have spent of their day before the agent was started, so that a restart is no new budget."""

from __future__ import annotations

from typing import Any, Protocol

from probe.clock import Clock
from probe.config import Config
from probe.model import Finding
from probe.store.reader import open_reader

KIND = "throughput"
DAY_MS = 86_400_000


class Spender(Protocol):
    """The prober of the kind."""

    def spend(self, key: str, at_ms: int, count: int) -> None:
        """Count bytes of a check against the day of an instant."""
        ...


def restore(config: Config, clock: Clock, spender: Spender) -> None:
    """Count what the record knows of this day (UTC). Blocks. Raises StoreError."""
    checks = [check for check in config.checks if check.kind == KIND]
    if not checks:
        return
    now_ms = clock.read().wall_ms
    with open_reader(config.storage.path) as reader:
        known = {one.key for one in reader.series(config.agent.vantage)}
        for key in (check.key for check in checks if check.key in known):
            for outcome in reader.outcomes(config.agent.vantage, key, now_ms - now_ms % DAY_MS, now_ms + 1):
                spender.spend(key, outcome.at_ms, spent_by(KIND, outcome.finding))


def spent_by(kind: str, finding: Finding) -> int:
    """The bytes that an attempt has moved, where its kind counts them."""
    spent: Any = finding.facts.get("bytes")
    return spent if kind == KIND and isinstance(spent, int) else 0
