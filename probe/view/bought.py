"""The page of one service: its checks, what is promised, the verdict so far, the budget, windows and tickets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from fractions import Fraction
from typing import Final

from probe.sla.assessment import Assessment
from probe.sla.beside import Beside
from probe.view import wording
from probe.view.maintenance import windows
from probe.view.page import BLANK, Block, Page, Piece, Prose, Tone, Words, faint, paragraph, strong, words
from probe.view.report import assessment
from probe.view.snapshot import ServiceDetail
from probe.view.status import check_table
from probe.view.strip import MARKS, legend
from probe.view.tickets import tickets

BAR: Final = 30
"""Marks of a budget's bar."""


def service_page(seen: ServiceDetail, *, zone: tzinfo = UTC) -> Page:
    """All that there is to say of one service in the period that runs."""
    provider = f" — {seen.provider}" if seen.provider else ""
    page: list[Block] = [paragraph(strong(seen.name), provider)]
    if seen.snapshot.checks:
        page += [BLANK, *check_table(seen.snapshot.checks, seen.snapshot, zone), paragraph(*legend())]
    if not seen.assessments:
        page += [BLANK, paragraph("Nothing to judge: no SLA terms and no objective.")]
    for one in seen.assessments:
        head, *rest = assessment(one, Beside(marks=seen.marks))
        page += [BLANK, head, *_budget(one), *rest]
    for title, told in _told(seen, zone):
        page += [BLANK, paragraph(strong(title)), *told]
    return tuple(page)


def _told(seen: ServiceDetail, zone: tzinfo) -> Iterator[tuple[str, Page]]:
    yield "declared maintenance windows", windows(seen.windows, zone=zone)
    yield "tickets", tickets(seen.tickets, zone=zone)


def _budget(one: Assessment) -> list[Prose]:
    """How much of the error budget is gone for certain, and how much may be."""
    if one.budget_ms is None or one.budget_left is None or one.budget_ms <= 0:
        return []
    worst, best = one.budget_left
    said = f"  {wording.rough_range(worst, best)} left of {wording.rough(one.budget_ms)}"
    meaning = MARKS["D"], faint(" gone  "), MARKS["S"], faint(" may be gone  "), MARKS[" "], faint(" left")
    return [
        paragraph(budget_bar(one.budget_ms, best, worst), said, indent=2),
        paragraph(faint("of the error budget: "), *meaning, indent=2),
    ]


def budget_bar(budget_ms: Fraction, best: Fraction, worst: Fraction, marks: int = BAR) -> Words:
    """A budget as marks: gone for certain, possibly gone, left. What is touched at all shows as a mark at least."""
    gone = _marks(budget_ms - best, budget_ms, marks)
    touched = max(gone, _marks(budget_ms - worst, budget_ms, marks))
    return words(
        Piece(MARKS["D"].text * gone, Tone.BAD),
        Piece(MARKS["S"].text * (touched - gone), Tone.WARN),
        Piece(MARKS[" "].text * (marks - touched), Tone.FAINT),
    )


def _marks(part: Fraction, whole: Fraction, marks: int) -> int:
    return min(marks, -int(-part * marks // whole)) if part > 0 else 0
