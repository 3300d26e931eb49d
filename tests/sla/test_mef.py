"""V25 (MEF 10.2.1) as terms can say it: three bad intervals in a row make unavailable time.

Of the MEF's recursion, what a rule does not say is that a good gap shorter than that does not end it.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from probe.sla.counting import Counting, Grid, counted
from probe.sla.frame import Frame
from probe.sla.interval import Intervals

RATIOS = ("0", "0.6", "0.7", "0", "0.8", "0.9", "1", "1", "0", "0.2", "0", "0")
CELL_MS = 1000
RULES = (
    Counting(shortest_ms=3 * CELL_MS),
    Counting(archetype="F2", grid=Grid(cell_ms=CELL_MS, anchor="period", least=3)),
)


def bad(ratios: tuple[str, ...]) -> Intervals:
    """The intervals that lost more than half of their frames."""
    lossy = [i for i, ratio in enumerate(ratios) if Fraction(ratio) > Fraction(1, 2)]
    return Intervals.of((i * CELL_MS, (i + 1) * CELL_MS) for i in lossy)


@pytest.mark.parametrize("rule", RULES)
def test_v25_three_lossy_intervals_in_a_row(rule: Counting) -> None:
    """8 of 12 intervals are available, 2 of them with high loss; were the unknown fourth lossy, 5 of 12."""
    frame = Frame(start_ms=0, end_ms=12 * CELL_MS)
    at_best, at_worst = bad(RATIOS), bad((*RATIOS[:3], "1", *RATIOS[4:]))
    down = counted(rule, at_best, (), frame)
    assert 1 - Fraction(down, 12 * CELL_MS) == Fraction(8, 12)
    assert at_best.measure - down == 2 * CELL_MS
    assert 1 - Fraction(counted(rule, at_worst, (), frame), 12 * CELL_MS) == Fraction(5, 12)
