"""Is this machine fit: each symptom with what mends it, and how far its times may be off."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from probe.view import wording
from probe.view.page import BLANK, Block, Column, Page, Piece, Table, Tone, faint, paragraph, row


class Level(StrEnum):
    """How bad a symptom is; each trouble has its exit code."""

    FINE = "fine"
    WARNING = "warning"
    FAILED = "failed"  # exit code 1: a verification
    USAGE = "configuration"  # exit code 2
    BROKEN = "broken"  # exit code 3: storage or permission


class Symptom(NamedTuple):
    """What was looked at, what was found, and the one line that mends it; "" where nothing need be."""

    area: str
    level: Level
    says: str
    fix: str = ""


class Error(NamedTuple):
    """What was measured against loopback, where the truth is next to nothing (RFC 7679 §3.7.3): all of it is ours.

    systematic_us: the median of what we said. random_us: 95 % of the attempts lie no further from it.
    beyond_us: p50 and p99 of the distance from the same thing measured plainly (tcp: a blocking `connect` beside
    each attempt), None for the other kinds.
    says: why there are no figures; attempts is 0 then.
    """

    kind: str
    attempts: int = 0
    systematic_us: int | None = None
    p99_us: int | None = None
    random_us: int | None = None
    beyond_us: tuple[int, int] | None = None
    says: str = ""


class Diagnosis(NamedTuple):
    """All that the doctor found."""

    symptoms: tuple[Symptom, ...]
    errors: tuple[Error, ...]


MARKS: Final = {
    Level.FINE: Piece("fine", Tone.GOOD),
    Level.WARNING: Piece("warning", Tone.WARN),
    Level.FAILED: Piece("failed", Tone.BAD),
    Level.USAGE: Piece("wrong", Tone.BAD),
    Level.BROKEN: Piece("broken", Tone.BAD),
}
WORST_FIRST: Final = tuple(reversed(Level))
CALIBRATED: Final = (
    "Measured against loopback (RFC 7679): a latency taken here is the true one plus at most the systematic error, "
    "± the random one in 95 % of attempts; `timer` is how late an attempt may be sent."
)


def doctor(found: Diagnosis) -> Page:
    """The whole screen: what is wrong first, each with its remedy, then the timing error of this machine."""
    ranked = sorted(found.symptoms, key=lambda one: WORST_FIRST.index(one.level))
    page: list[Block] = []
    for one in ranked:
        page.append(paragraph(MARKS[one.level], f"  {one.area}: {one.says}"))
        if one.fix:
            page.append(paragraph(faint("fix: "), one.fix, indent=9))
    if found.errors:
        page += [BLANK, *_errors(found.errors)]
    return tuple(page)


def _errors(errors: Sequence[Error]) -> list[Block]:
    columns = (
        Column("TIMING ERROR", is_name=True),
        Column("ATTEMPTS", is_number=True),
        Column("SYSTEMATIC", is_number=True),
        Column("RANDOM", is_number=True),
        Column("P99", is_number=True),
        Column("FROM BARE CONNECT", is_number=True),
    )
    rows = tuple(
        row(
            one.kind,
            str(one.attempts),
            wording.exact(one.systematic_us),
            wording.NOTHING if one.random_us is None else f"± {wording.exact(one.random_us)}",
            wording.exact(one.p99_us),
            wording.exact(one.beyond_us[0] if one.beyond_us else None),
        )
        for one in errors
    )
    blocks: list[Block] = [Table(columns, rows)]
    blocks += [paragraph(Piece("not tried", Tone.WARN), f"  {one.kind}: {one.says}") for one in errors if one.says]
    return [*blocks, paragraph(faint(CALIBRATED))]
