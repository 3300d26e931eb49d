"""Warnings of the configuration for a screen: many of one kind are one line, and where to read each is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from probe.view.page import Block, Piece, Tone, paragraph

MOST: Final = 3
"""Lines for warnings; a screen is for the checks."""
ABOUT: Final = re.compile(r'^.*?: check ".*?": [^:;]*: (?P<why>[^;]*)')
"""A remark about one check: file, check, key, why; what would be right follows after a semicolon."""


def warned(warnings: Sequence[str]) -> list[Block]:
    """A line a kind of warning."""
    return [paragraph(Piece("warning: ", Tone.WARN), text) for text in grouped(warnings)]


def grouped(warnings: Sequence[str], most: int = MOST) -> list[str]:
    """One of its kind as it is, several with their number; of more than `most` kinds how many others there are."""
    kinds: dict[str, list[str]] = {}
    for one in warnings:
        found = ABOUT.match(one)
        kinds.setdefault(found["why"] if found else one, []).append(one)
    said = [
        alike[0] if len(alike) == 1 else f"{len(alike):,} checks: {kind}: `probe validate`"
        for kind, alike in kinds.items()
    ]
    if len(said) <= most:
        return said
    rest = sum(map(len, list(kinds.values())[most - 1 :]))
    return [*said[: most - 1], f"and {rest:,} more: `probe validate`"]
