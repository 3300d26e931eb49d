"""Which small integer stands for which word in the tables. The order is part of the file format: append only."""

from __future__ import annotations

from typing import Final

from probe.model import Origin, Reason, SpanClass, State

STATES: Final = (State.UP, State.DOWN, State.UNKNOWN)
ORIGINS: Final = (Origin.GRID, Origin.RECHECK, Origin.MANUAL, Origin.PUSH, Origin.IMPORT)
CLASSES: Final = (
    SpanClass.UP,
    SpanClass.DOWN,
    SpanClass.TRANS_DOWN,
    SpanClass.TRANS_UP,
    SpanClass.SUSPECT,
    SpanClass.UNKNOWN,
)

STATE_CODE: Final = {state: code for code, state in enumerate(STATES)}
ORIGIN_CODE: Final = {origin: code for code, origin in enumerate(ORIGINS)}
CLASS_CODE: Final = {cls: code for code, cls in enumerate(CLASSES)}

REASONS: Final[dict[str | None, Reason | None]] = {None: None, **{reason.value: reason for reason in Reason}}
"""Reasons are kept as their words."""

MANUAL: Final = ORIGIN_CODE[Origin.MANUAL]
UP_CLASS: Final = CLASS_CODE[SpanClass.UP]
ABSOLUTE: Final = 0
"""The clock segment of instants that came as UTC (imports, windows): offset 0, synchronised, no boot."""
