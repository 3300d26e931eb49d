"""For each archetype the property that is true of it (availability.md, section 10)."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.sla import formula
from probe.sla.assessment import Bounds, Ms
from probe.sla.basis import Basis
from probe.sla.bill import Bill, Owed
from probe.sla.clauses import CreditRow, Remedy
from probe.sla.counting import Counting, Grid, Rounding
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import Intervals
from probe.sla.payments import paid
from probe.sla.requests import Bucket, BucketRule, Requests
from probe.sla.timeline import Timeline

END = 400
SETS = st.lists(st.tuples(st.integers(-50, 450), st.integers(-50, 450)), max_size=6)
ROWS = (
    CreditRow(at_least=Fraction(20), below=Fraction(60), credit=Fraction(1, 10)),
    CreditRow(at_least=Fraction(60), credit=Fraction(1, 2)),
)
MONOTONE = st.sampled_from(
    [
        Counting(),
        Counting(shortest_ms=20),
        Counting(shortest_ms=20, strict=True, excess=True),
        Counting(shortest_ms=20, net=True),
        Counting(rounding=Rounding(unit_ms=10, mode="ceil", level="period")),
        Counting(rounding=Rounding(unit_ms=10, mode="ceil", level="day")),
        Counting(rounding=Rounding(unit_ms=10, mode="floor", level="period")),
        Counting(archetype="F2", grid=Grid(cell_ms=10, anchor="clock")),
        Counting(archetype="F2", grid=Grid(cell_ms=10, anchor="midnight", touched=True)),
        Counting(archetype="F6"),
        Counting(archetype="F7"),
        Counting(archetype="F8", shortest_ms=30),
        Counting(archetype="F8", shortest_ms=30, net=True),
        Counting(archetype="F9"),
    ]
)


def basis(rule: Counting, windows: list[tuple[int, int]]) -> Basis:
    """A period with two local days, cut by the zone's midnight nowhere near."""
    pardons = (Pardon(Intervals.of(windows)), Pardon(Intervals.of([(0, 100)]), 15))
    return Basis(
        rule=rule,
        frame=Frame(start_ms=0, end_ms=END, pardons=pardons),
        denominator_ms=END,
        resolution_ms=0,
        rows=ROWS,
        share=(Fraction(1, 4), Fraction(1, 2)),
    )


def value(rule: Counting, down: Intervals, windows: list[tuple[int, int]]) -> tuple[Ms, Ms]:
    """The figure of a set that is known exactly, and what decides."""
    known, reading = Timeline(start_ms=-1000, end_ms=END + 1000, down=down), basis(rule, windows)
    decided = formula.decisive(known, reading)
    return formula.measured(known, reading).low, decided.low if decided else 0


@settings(deadline=None, max_examples=300)
@given(SETS, SETS, SETS, MONOTONE)
def test_more_downtime_never_counts_less(
    down: list[tuple[int, int]], more: list[tuple[int, int]], windows: list[tuple[int, int]], rule: Counting
) -> None:
    """Every archetype of the list is monotone in the down-set, and so is what decides."""
    small = Intervals.of(down)
    little, much = value(rule, small, windows), value(rule, small | Intervals.of(more), windows)
    assert little[0] <= much[0]
    assert little[1] <= much[1]


CELLS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=40)
REQUEST_RULES = st.sampled_from(
    [
        ("F3", BucketRule(empty="up")),
        ("F3", BucketRule(empty="skip")),
        ("F3", BucketRule()),
        ("F4", None),
        ("F2", BucketRule(more_than=Fraction(1, 2), min_requests=3, empty="down")),
        ("F2", BucketRule(any_fail=True, empty="up")),
    ]
)


def of_requests(cells: list[tuple[int, int, int]], rule: tuple[str, BucketRule | None]) -> tuple[Ms, Ms]:
    """The bounds of a request rule over buckets of ten ms."""
    given_ = Requests(buckets=[Bucket(i * 10, a + b, a, unknown) for i, (a, b, unknown) in enumerate(cells)])
    reading = Basis(
        rule=Counting(archetype=rule[0], grid=Grid(cell_ms=10, anchor="period")),
        frame=Frame(start_ms=0, end_ms=10 * len(cells)),
        denominator_ms=10 * len(cells),
        resolution_ms=0,
        requests=given_,
        bucket_rule=rule[1],
    )
    found = formula.measured(Timeline(start_ms=0, end_ms=1), reading)
    assert found.high is not None
    assert 0 <= found.low <= found.point <= found.high <= 10 * len(cells)
    return found.low, found.high


@settings(deadline=None)
@given(CELLS, REQUEST_RULES, st.integers(0, 39), st.booleans())
def test_what_becomes_known_of_a_request_stays_within_the_bounds(
    cells: list[tuple[int, int, int]], rule: tuple[str, BucketRule | None], place: int, failed: bool
) -> None:
    """One unknown request turns out good or bad: the bounds only narrow."""
    i = place % len(cells)
    errors, good, unknown = cells[i]
    if not unknown:
        return
    before = of_requests(cells, rule)
    after = of_requests([*cells[:i], (errors + failed, good + (not failed), unknown - 1), *cells[i + 1 :]], rule)
    assert before[0] <= after[0] <= after[1] <= before[1]


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from(["floor", "ceil", "exact", None]))
def test_a_credit_on_the_total_grows_with_the_downtime(low: int, more: int, word: str | None) -> None:
    """F7 on the total: what is certain never exceeds what is possible."""
    remedy = Remedy(kind="per_unit", credit=Fraction(1), credit_unit="currency", per_unit=Fraction(60), unit_round=word)
    owed = Owed(
        availability=Bounds(Fraction(0), None, Fraction(1)),
        lost=(low, low + more),
        downtime=(low, low + more),
        base_ms=1000,
        budget_ms=0,
        missed=(True, True),
    )
    found = paid(Bill(remedy, owed, Fraction(100)))
    assert found.least is not None
    assert found.most is not None
    assert 0 <= found.least <= found.most


def test_days_with_a_qualifying_outage_are_counted_in_their_zone() -> None:
    """F8: an outage over midnight counts in both days, by its part in each."""
    day = 86_400_000
    down = Intervals.of([(day - 90_000, day + 90_000), (day + 3_600_000, day + 3_630_000)])
    known = Timeline(start_ms=-day, end_ms=3 * day, down=down)
    rule = Counting(archetype="F8", shortest_ms=60_000, strict=True)
    for zone, expected in (("UTC", 2), ("Europe/Berlin", 1)):
        reading = Basis(
            rule=rule, frame=Frame(start_ms=0, end_ms=2 * day, zone=zone), denominator_ms=2 * day, resolution_ms=0
        )
        decided = formula.decisive(known, reading)
        assert decided is not None
        assert decided.low == expected
