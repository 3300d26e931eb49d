"""V25 (MEF 10.2.1) as terms can say it: three bad intervals in a row make unavailable time.

Of the MEF's recursion, what a rule does not say is that a good gap shorter than that does not end it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from probe.config.catalogue import version_tables
from probe.sla.agreements import differences
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


@pytest.mark.parametrize(("ratios", "available"), [(RATIOS, "8/12"), ((*RATIOS[:3], "1", *RATIOS[4:]), "5/12")])
def test_v25_in_the_words_of_an_agreement(ratios: tuple[str, ...], available: str) -> None:
    """Intervals of a second that lost more than half are down; outages of three of them count, no shorter ones."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    down = [
        [(start + timedelta(milliseconds=int(edge))).isoformat().replace("+00:00", "Z") for edge in pair]
        for pair in bad(ratios)
    ]
    agreement = {
        "id": "mef/availability",
        "provider": "MEF",
        "service": "an Ethernet service",
        "version": "10.2.1",
        "promise": {"metric": "availability", "op": ">=", "target": "99 %"},
        "period": {"kind": "calendar_month", "timezone": "UTC"},
        "outage": {"shortest": "3s", "strict": False, "edge": "split", "qualify": "gross"},
        "formula": {"archetype": "F1", "denominator": "period"},
        "source": [{"url": "https://www.mef.net/"}],
    }
    vector = {
        "id": "V25",
        "agreement": agreement,
        "period": "2026-06-01T00:00:00Z/2026-06-01T00:00:12Z",
        "down": down,
        "expect": {"availability": str(100 * Fraction(available)), "verdict": "missed"},
    }
    assert differences(vector, version_tables) == ()
