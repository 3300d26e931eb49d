"""The speed of a line under a regulator's rule: the contract's speeds, how far the protocol is, and each test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from probe.sla.assessment import Assessment, LineSpeed, Measured, Verdict, Why
from probe.view import wording
from probe.view.page import Column, Piece, Table, Tone, Words, faint, row, words

SIGNS: Final = {
    True: Piece("falls short", Tone.BAD),
    False: Piece("holds", Tone.GOOD),
    None: Piece("open", Tone.WARN),
}
WAYS: Final = {"down": "download", "up": "upload"}
NAMES: Final = {"normal": "normally available"}


def promised(line: LineSpeed) -> Words:
    """`download: maximum 100 Mbit/s, normally available 80 Mbit/s, minimum 50 Mbit/s`."""
    way = WAYS[line.direction]
    if not line.contract:
        return words(f"{way}: the speeds of the contract are not known", faint("; set `speed` of the service"))
    stated = (f"{NAMES.get(name, name)} {wording.bits(value)}" for name, value in line.contract.items())
    return words(f"{way}: {', '.join(stated)}")


def fields(line: LineSpeed, measured: Measured | None) -> Iterator[tuple[str, Words]]:
    """What was measured, how far the protocol is and what it still asks, and what of the rule was read where."""
    yield "measured", words(wording.NOTHING if measured is None else wording.speeds(measured))
    yield "protocol", words(line.progress)
    for each in line.missing:
        yield "", words(Piece(each, Tone.WARN))
    yield from _listed("from the regulation", line.seen)
    yield from _listed("unverified", line.unverified)


def _listed(name: str, said: Sequence[str]) -> Iterator[tuple[str, Words]]:
    for number, each in enumerate(said):
        yield "" if number else name, words(each)


def tests(line: LineSpeed) -> Table:
    """Each test of the rule and what it makes of the measurements."""
    columns = (Column("TEST"), Column("THE LINE"), Column("BECAUSE"))
    return Table(columns, tuple(row(each.test, SIGNS[each.deviates], each.says) for each in line.tests), indent=2)


def verdict(one: Assessment) -> Words:
    """The verdict and what it rests on; no downtime decides here."""
    said = wording.strong_verdict(one.verdict)
    if one.line is None:
        return (said,)
    short = [each.test for each in one.line.tests if each.deviates]
    if one.verdict is Verdict.MISSED:
        return words(said, f": falls short by the test {' and '.join(short)}")
    if one.verdict is Verdict.MET:
        return words(said, ": every test holds")
    if one.reason is Why.COVERAGE:
        return words(said, ": the measuring protocol is not complete")
    return words(said, f": {wording.WHYS[one.reason]}" if one.reason else "")


def unsaid(line: LineSpeed, notes: Sequence[str]) -> tuple[str, ...]:
    """The notes without those that the fields and the table say."""
    said = {line.progress, *line.missing, *(f"unverified: {each}" for each in line.unverified)}
    known = tuple(f"test {each.test}: " for each in line.tests)
    return tuple(note for note in notes if note not in said and not note.startswith((*known, "unverified: ")))
