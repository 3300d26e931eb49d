"""A regulator's rule for the speed of a line, as its terms file has it; `probe.sla.speed` works it out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRule:
    """A regulator's rule for the speed of a line, with its measuring protocol as far as it was read.

    days, per_day: measurements; within_ms: all of them; spacing_ms: between two; pause_ms: in the
    middle of a day. normal, minimum: shares of the advertised speed. seen, unverified: what was read
    in a source, and what was not.
    """

    rule: str
    days: int | None = None
    per_day: int | None = None
    within_ms: int | None = None
    spacing_ms: int | None = None
    pause_ms: int | None = None
    normal: Fraction | None = None
    minimum: Fraction | None = None
    seen: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
