"""What every backend of the record must answer: written against the interface, run over each backend there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from probe.model import EventKind, Evidence, EvidenceKind, Outcome, SpanClass, Window
from probe.store import evidence
from probe.store.changes import AddWindow, Pause, RemoveWindow, Resume
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


@contextmanager
def half_sealed(path: Path, outcomes: Sequence[Outcome]) -> Iterator[Reading]:
    """SQLite, the first two days sealed: as the record of a running agent is."""
    with a_book(path, [a_check(), a_check("silent")]) as book:
        book.store(outcomes[:2880])
        assert seal(book, path, D0 + 20 * DAY).outcomes == 2880
        book.store(outcomes[2880:])
    with open_reader(path) as reader:
        yield reader


BACKENDS: dict[str, Opened] = {"hot": hot, "sealed": sealed, "half sealed": half_sealed}


@pytest.fixture(params=BACKENDS, scope="module")
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    """Three days of one check with ten failures in a row, and a check that never ran."""
    with BACKENDS[request.param](tmp_path_factory.mktemp("record") / "probe.db", OUTCOMES) as opened:
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


def test_sums_of_all_are_the_tally_of_each(reading: Reading) -> None:
    """A month's report asks once for every series; what it hears is what each says for itself."""
    for start, end in ((0, 3 * 1440), (1440, 2880), (7, 1500), (101, 104), (0, 0), (-1440, 5 * 1440)):
        between = D0 + start * STEP, D0 + end * STEP
        found = reading.sums(HOME, *between)
        assert list(found) == ["shop", "silent"]
        for key, one in found.items():
            assert tuple(one) == tuple(reading.tally(HOME, key, *between))[:-1]
        mine = [one.finding.latency_us for one in OUTCOMES[max(start, 0) : max(end, 0)] if one.state is UP]
        known = [us for us in mine if us is not None]
        assert found["shop"][5:] == (len(known), sum(known), min(known, default=None), max(known, default=None))
        assert found["silent"] == (0, 0, 0, 0, 0, 0, 0, None, None)
    assert reading.sums("elsewhere", D0, D0 + DAY) == {}


def test_quantiles_are_those_of_the_outcomes_to_within_a_hundredth(reading: Reading) -> None:
    """With what was lost infinitely slow, and given that an answer came."""
    counted = reading.tally(HOME, "shop", D0, D0 + 3 * DAY)
    latencies = sorted(one.finding.latency_us or 0 for one in OUTCOMES if one.state is UP)
    for share in (Fraction(1, 2), Fraction(95, 100)):
        exact = latencies[int(share * (len(OUTCOMES) - 1))]
        found = counted.quantile_us(share)
        assert found is not None
        assert abs(found - exact) * 100 <= exact + 100
    assert counted.quantile_us(Fraction(1)) is None
    assert counted.quantile_us(Fraction(1), given_answer=True) is not None


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


def test_spans_of_a_part_reach_outward_to_what_is_up(reading: Reading) -> None:
    """A run that crosses an edge is seen whole; a stretch without outcomes has none of its own."""
    whole = reading.spans(HOME, "shop", D0, D0 + 3 * DAY)
    assert reading.spans(HOME, "shop", D0 + 103 * STEP, D0 + 104 * STEP) == whole
    assert reading.spans(HOME, "silent", D0, D0 + DAY) == ()
    assert reading.spans("elsewhere", "shop", D0, D0 + DAY) == ()


def test_the_open_end_is_told_as_it_is(reading: Reading) -> None:
    """A status knows from it how long the state lasts and how many failures in a row there are."""
    (last,) = reading.latest(HOME).values()
    assert (last.state, last.reason, last.run.bad) == (UP, None, 0)
    assert last.since_ms == OUTCOMES[BAD.stop].at_ms
    assert last.latency_us == OUTCOMES[-1].finding.latency_us


def test_windows_tickets_pauses_events_and_evidence_come_in_order(tmp_path: Path) -> None:
    """What people entered and what befell the agent; removed windows and withdrawn tickets too."""
    path = tmp_path / "probe.db"
    seen = Evidence("shop", D0 + 5, 1, EvidenceKind.ROUTE, {"hops": []})
    with a_book(path, [a_check()]) as book:
        book.store(OUTCOMES[:3])
        for start in (3, 1):
            window = Window(service="shop", start_ms=D0 + start * DAY, end_ms=D0 + (start + 1) * DAY, entered_at_ms=D0)
            book.change(AddWindow(window))
        book.change(RemoveWindow(1, D0 + 7, "ann"))
        book.change(Pause(key="shop", until_ms=None, reason="moving", at_ms=D0 + 8, by="ann"))
        book.change(Resume(key="shop", at_ms=D0 + 9, by="ann"))
        evidence.append(book.connection, HOME, [seen])
    with open_reader(path) as reading:
        windows = reading.windows()
        assert [(one.id, one.start_ms, one.removed_at_ms) for one in windows] == [
            (1, D0 + 3 * DAY, D0 + 7), (2, D0 + DAY, None),
        ]  # fmt: skip
        (pause,) = reading.pauses(HOME)
        assert (pause.key, pause.from_ms, pause.end_ms) == ("shop", D0 + 8, D0 + 9)
        kinds = [one.kind for one in reading.events(D0, D0 + DAY)]
        assert kinds == [EventKind.PAUSE, EventKind.RESUME]
        assert len(reading.events(D0 + 9, D0 + DAY)) == 1
        assert reading.events(D0, D0 + DAY, [EventKind.START]) == ()
        assert len(reading.evidence(HOME, D0, D0 + DAY)) == 1
        assert reading.evidence(HOME, D0 + 6, D0 + DAY) == ()
