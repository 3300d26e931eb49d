"""What every backend of the record must answer: written against the interface, run over each backend there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from probe.model import Outcome, SpanClass
from probe.store.reader import open_reader
from probe.store.reading import Reading
from tests.store.builders import DOWN, HOME, UP, a_book, a_check, an_outcome
from tests.store.test_sealing import D0, DAY, seal

Opened = Callable[[Path, Sequence[Outcome]], AbstractContextManager[Reading]]
STEP = 60_000
BAD = range(100, 110)
OUTCOMES = [an_outcome(D0 + n * STEP, DOWN if n in BAD else UP) for n in range(3 * 1440)]


@contextmanager
def hot(path: Path, outcomes: Sequence[Outcome]) -> Iterator[Reading]:
    """SQLite, nothing sealed."""
    with a_book(path, [a_check(), a_check("silent")]) as book:
        book.store(outcomes)
    with open_reader(path) as reader:
        yield reader


@contextmanager
def sealed(path: Path, outcomes: Sequence[Outcome]) -> Iterator[Reading]:
    """SQLite, all of it sealed."""
    with a_book(path, [a_check(), a_check("silent")]) as book:
        book.store(outcomes)
        assert seal(book, path, D0 + 20 * DAY).outcomes == len(outcomes)
    with open_reader(path) as reader:
        yield reader


BACKENDS: dict[str, Opened] = {"hot": hot, "sealed": sealed}


@pytest.fixture(params=BACKENDS)
def reading(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reading]:
    """Three days of one check with ten failures in a row, and a check that never ran."""
    with BACKENDS[request.param](tmp_path / "probe.db", OUTCOMES) as opened:
        yield opened


def test_it_is_the_interface(reading: Reading) -> None:
    """Nothing of it is missing."""
    assert isinstance(reading, Reading)


def test_outcomes_are_exact_ordered_and_half_open(reading: Reading) -> None:
    """Raw outcomes are the way back from any figure."""
    assert list(reading.outcomes(HOME, "shop", D0, D0 + 3 * DAY)) == OUTCOMES
    assert list(reading.outcomes(HOME, "shop", D0 + STEP, D0 + 3 * STEP)) == OUTCOMES[1:3]
    assert list(reading.outcomes(HOME, "shop", D0, D0 + DAY, 5)) == OUTCOMES[:5]
    assert list(reading.outcomes(HOME, "silent", 0, D0 + DAY)) == []
    assert list(reading.outcomes("elsewhere", "shop", 0, D0 + DAY)) == []


def test_what_lies_around_an_instant(reading: Reading) -> None:
    """As many before as from it on."""
    assert reading.around(HOME, "shop", D0 + 1440 * STEP, 3) == OUTCOMES[1437:1443]
    assert reading.around(HOME, "shop", D0 - 5, 2) == OUTCOMES[:2]
    assert reading.around(HOME, "shop", D0 + 9 * DAY, 2) == OUTCOMES[-2:]


def test_a_month_a_day_and_a_ragged_stretch(reading: Reading) -> None:
    """Counts are the same whether they come from sums or from outcomes."""
    for start, end in ((0, 3 * 1440), (1440, 2880), (7, 1500), (101, 104), (0, 0)):
        mine = OUTCOMES[start:end]
        counted = reading.tally(HOME, "shop", D0 + start * STEP, D0 + end * STEP)
        down = sum(one.state is DOWN for one in mine)
        assert (counted.n, counted.down, counted.lost) == (len(mine), down, down)
        assert reading.samples(HOME, D0 + start * STEP, D0 + end * STEP).get("shop", 0) == len(mine)


def test_spans_cover_the_stretch(reading: Reading) -> None:
    """What availability is computed from, and what outages are made of."""
    spans = reading.spans(HOME, "shop", D0, D0 + 3 * DAY)
    assert [span.cls for span in spans] == [
        SpanClass.UP, SpanClass.TRANS_DOWN, SpanClass.DOWN, SpanClass.TRANS_UP, SpanClass.UP,
    ]  # fmt: skip
    assert all(one.t1_ms == other.t0_ms for one, other in pairwise(spans))
    assert reading.spans_of_all(HOME, D0, D0 + 3 * DAY) == {"shop": spans}


def test_the_last_state_the_attempts_and_their_reasons(reading: Reading) -> None:
    """What a status needs, and what rules about requests need."""
    assert reading.vantages() == (HOME,)
    assert [one.key for one in reading.series(HOME)] == ["shop", "silent"]
    assert {key: one.at_ms for key, one in reading.latest(HOME).items()} == {"shop": OUTCOMES[-1].at_ms}
    attempts = reading.attempts(HOME, "shop", D0 + 99 * STEP, D0 + 102 * STEP)
    assert [one.state for one in attempts] == [UP, DOWN, DOWN]
    assert {reason.value for reason in reading.reasons(HOME, "shop", D0, D0 + DAY)} == {"timeout"}
    assert reading.settings(HOME, "shop")[0].interval_ms == 60_000
    assert list(reading.revisions(HOME, "shop").values()) == ["r1"]
    assert [*reading.windows(), *reading.tickets(), *reading.pauses(HOME)] == []
    assert reading.events(0, D0 + 9 * DAY) == ()
