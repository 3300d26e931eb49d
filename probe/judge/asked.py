"""What a person asked to be judged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodChoice:
    """What a person asked for: a name ("2026-10", "30d"), or instants; neither is the last full period."""

    text: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
