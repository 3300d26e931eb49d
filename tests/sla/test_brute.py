"""An independent model, second by second, that shares nothing with the arithmetic under test.

It knows lists of seconds, not intervals. Ten thousand random logs under `-m soak`, some hundred else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest

from probe.model import Rule, Sample
from probe.sla import timeline
from probe.sla.assessment import Figures, Promise
from probe.sla.basis import Basis
from probe.sla.classify import classify
from probe.sla.counting import Counting, Grid, Rounding
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import Intervals
from probe.sla.verdict import judge
from tests.sla.build import STATES
from tests.sla.test_vectors import by_the_second

END = 240
FAR = 600
Runs = list[list[int]]


def classes(seen: Sequence[tuple[int, str]], confirm: int) -> list[str]:
    """The class of each second from -FAR to FAR."""
    return [by_the_second(list(seen), confirm, second)[0] for second in range(-FAR, FAR)]


def runs(down: Sequence[bool], good: set[int]) -> Runs:
    """Maximal runs of seconds that are down, cut at good samples."""
    found: Runs = []
    for i, is_down in enumerate(down):
        second = i - FAR
        if not is_down:
            continue
        if found and found[-1][-1] == second - 1 and second not in good:
            found[-1].append(second)
        else:
            found.append([second])
    return found


def inside(seconds: Sequence[int], excused: Sequence[bool]) -> list[int]:
    """The seconds that lie in the period and are not forgiven."""
    return [second for second in seconds if 0 <= second < END and not excused[second]]


def plain(found: Runs, excused: Sequence[bool], good: set[int]) -> int:
    """Every second."""
    del good
    return sum(len(inside(run, excused)) for run in found)


def longer_than_20(found: Runs, excused: Sequence[bool], good: set[int]) -> int:
    """Only runs of more than 20 seconds."""
    return plain([run for run in found if len(run) > 20], excused, good)


def beyond_20(found: Runs, excused: Sequence[bool], good: set[int]) -> int:
    """Only what exceeds 20 seconds of a run."""
    return plain([run[20:] for run in found], excused, good)


def floor_10_each(found: Runs, excused: Sequence[bool], good: set[int]) -> int:
    """Whole tens of each run."""
    del good
    return sum(len(inside(run, excused)) // 10 * 10 for run in found)


def floor_10_period(found: Runs, excused: Sequence[bool], good: set[int]) -> int:
    """Whole tens of the period."""
    return plain(found, excused, good) // 10 * 10


def cells_of_10(found: Runs, excused: Sequence[bool], good: set[int]) -> int:
    """Seconds in cells of ten that are wholly down and hold no good sample."""
    down = {second for run in found for second in run}
    cells = [range(start, start + 10) for start in range(-FAR, FAR, 10)]
    bad = [cell for cell in cells if all(second in down and second not in good for second in cell)]
    return sum(len(inside(cell, excused)) for cell in bad)


def touched_cells(found: Runs, excused: Sequence[bool], good: set[int]) -> int:
    """Seconds in cells of ten that any run touches."""
    del good
    touched = sorted({second // 10 for run in found for second in run})
    return sum(len(inside(range(cell * 10, cell * 10 + 10), excused)) for cell in touched)


Model = Callable[[Runs, Sequence[bool], set[int]], int]
RULES: list[tuple[Counting, Model]] = [
    (Counting(), plain),
    (Counting(shortest_ms=20, strict=True), longer_than_20),
    (Counting(shortest_ms=20, excess=True), beyond_20),
    (Counting(rounding=Rounding(unit_ms=10, mode="floor", level="outage")), floor_10_each),
    (Counting(rounding=Rounding(unit_ms=10, mode="floor", level="period")), floor_10_period),
    (Counting(archetype="F2", grid=Grid(cell_ms=10, anchor="period")), cells_of_10),
    (Counting(archetype="F2", grid=Grid(cell_ms=10, anchor="period", touched=True)), touched_cells),
]


def a_log(chance: random.Random) -> list[tuple[int, str]]:
    """A log with even instants, so that midpoints fall on seconds."""
    at, seen = -chance.randrange(0, 60, 2), []
    for _ in range(chance.randrange(2, 25)):
        seen.append((at, chance.choice("GGGBBBU")))
        at += chance.choice([2, 4, 10, 20, 20, 30, 60])
    return seen


def expected(
    seen: list[tuple[int, str]], confirm: int, excused: Sequence[bool], model: Model, resolution: int
) -> tuple[int, int, int, int]:
    """Proven, highest without and with the unknown, and at the declared resolution."""
    kinds, good = classes(seen, confirm), {at for at, state in seen if state == "G"}
    sets = [[kind in take for kind in kinds] for take in ("S", "SQ", "SQN")]
    worst = runs(sets[2], good)
    kept = {second for run in worst if len(run) >= resolution for second in run}
    fine = [is_sure or i - FAR in kept for i, is_sure in enumerate(sets[0])]
    low, observed, high, coarse = (model(runs(each, good), excused, good) for each in (*sets, fine))
    return low, observed, high, coarse


def computed(
    seen: list[tuple[int, str]], confirm: int, windows: list[tuple[int, int]], rule: Counting, resolution: int
) -> tuple[Figures, str]:
    """The same by the arithmetic."""
    samples = [Sample(at, STATES[state], 1, Rule(40, confirm)) for at, state in seen]
    line = timeline.of_spans(classify(samples), -FAR, FAR)
    basis = Basis(
        rule=rule,
        frame=Frame(start_ms=0, end_ms=END, pardons=(Pardon(Intervals.of(windows)),)),
        denominator_ms=END,
        resolution_ms=resolution,
    )
    found = judge(line, basis, Promise("availability", ">=", Fraction(9, 10)))
    return found.downtime, found.verdict.value


def agree(seed: int) -> None:
    """One random log under every rule."""
    chance = random.Random(seed)
    seen, confirm, resolution = a_log(chance), chance.randrange(1, 4), chance.choice([0, 20, 50])
    windows = [(a, a + chance.randrange(40)) for a in (chance.randrange(END) for _ in range(chance.randrange(3)))]
    excused = [any(a <= second < b for a, b in windows) for second in range(END)]
    for rule, model in RULES:
        low, observed, high, coarse = expected(seen, confirm, excused, model, resolution)
        figures, verdict = computed(seen, confirm, windows, rule, resolution)
        found = (figures.low, figures.observed_high, figures.high, figures.at_resolution)
        assert found == (low, observed, high, coarse), (seed, rule)
        assert all(isinstance(value, (int, Fraction)) for value in found)
        budget = END // 10
        assert verdict == ("missed" if low > budget else "met" if coarse <= budget else "undecided"), (seed, rule)


def test_the_arithmetic_agrees_with_a_count_of_seconds() -> None:
    """A few hundred logs on every run."""
    for seed in range(250):
        agree(seed)


@pytest.mark.soak
def test_the_arithmetic_agrees_on_ten_thousand_logs() -> None:
    """All of them before a release."""
    for seed in range(10_000):
        agree(seed)
