"""Spans kept as outcomes arrive: equal to those made anew, right over clock steps, breaks and late outcomes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.model import Event, EventKind, Outcome, Rule, Sample, Span, SpanClass, State
from probe.sla.classify import classify
from probe.store import spans
from probe.store.book import Book
from probe.store.changes import ImportOutcomes
from probe.store.exchange import Imported
from probe.store.reader import Reader, open_reader
from tests.store.builders import (
    DOWN,
    HOME,
    T0,
    UNKNOWN,
    UP,
    a_book,
    a_check,
    a_segment,
    an_outcome,
    raw_spans,
    recorded,
)

EVER = T0 - 10**12, T0 + 10**12
MINUTE = 60_000
RULE = Rule(90_000, 3)


def states_each_minute(states: str, first_ms: int = T0, **changed: int) -> list[Outcome]:
    """`UDD?` → an outcome a minute."""
    words = {"U": UP, "D": DOWN, "?": UNKNOWN}
    return [an_outcome(first_ms + n * MINUTE, words[letter], **changed) for n, letter in enumerate(states)]


def samples(outcomes: Sequence[Outcome]) -> list[Sample]:
    return [Sample(outcome.at_ms, outcome.state, 1, RULE) for outcome in outcomes]


def seconds(found: Sequence[Span]) -> dict[str, int]:
    """How long each class lasts."""
    lasted: dict[str, int] = {}
    for span in found:
        lasted[span.cls.value] = lasted.get(span.cls.value, 0) + (span.t1_ms - span.t0_ms) // 1000
    return lasted


def rebuilt(book: Book) -> list[tuple[object, ...]]:
    """The rows after making everything anew."""
    spans.rebuild(book.connection, dict.fromkeys(book._ids.values()))
    return raw_spans(book)


@contextmanager
def a_record() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "probe.db"


def whole(reader: Reader, key: str = "shop") -> tuple[Span, ...]:
    return reader.spans(HOME, key, *EVER)


@given(st.text("UUUUDD?", min_size=1, max_size=40), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_the_record_says_what_classifying_all_samples_says(states: str, group: int) -> None:
    """The spans that a verdict comes from are those of the samples, however they were grouped on the way."""
    outcomes = states_each_minute(states)
    with a_record() as path:
        with a_book(path) as book:
            for place in range(0, len(outcomes), group):
                book.store(outcomes[place : place + group])
            assert raw_spans(book) == rebuilt(book)
        with open_reader(path) as reader:
            assert whole(reader) == classify(samples(outcomes))


def test_a_healthy_check_touches_no_span(tmp_path: Path) -> None:
    """A healthy outcome costs one row of hot and one upsert of latest."""
    with a_book(tmp_path / "probe.db") as book:
        for outcome in states_each_minute("U" * 50):
            book.store([outcome])
        assert book.connection.execute("SELECT count(*) FROM span").fetchone() == (0,)


Deed = tuple[str, int]
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("up"), st.integers(1, 100)),
        st.tuples(st.just("up"), st.just(60)),
        st.tuples(st.just("down"), st.integers(1, 100)),
        st.tuples(st.just("unknown"), st.just(60)),
        st.tuples(st.just("late up"), st.integers(1, 130)),
        st.tuples(st.just("late down"), st.integers(1, 130)),
        st.tuples(st.just("step"), st.integers(-100, 100)),
        st.tuples(st.just("sync"), st.integers(-100, 100)),
        st.tuples(st.just("unsync"), st.integers(-100, 100)),
        st.tuples(st.just("reboot"), st.integers(-500, 500)),
        st.tuples(st.just("stall"), st.integers(1, 40)),
        st.tuples(st.just("late stall"), st.integers(1, 150)),
        st.tuples(st.just("revision"), st.just(0)),
        st.tuples(st.just("confirm"), st.integers(1, 4)),
    ),
    min_size=2,
    max_size=40,
)


class Story:
    """Tells a book what happened, in the order in which it came to be known."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.segment = book.segment
        self.boot_ms = 1_000_000
        self.revision = 1
        self.confirm = 3
        self.used: set[int] = set()
        self.since_ms = self.boot_ms
        self.opened = [(self.boot_ms, self.segment)]

    def tell(self, deed: str, seconds: int) -> None:
        if deed in ("up", "down", "unknown"):
            self.boot_ms += seconds * 1000
            self.sample(State(deed), self.boot_ms)
        elif deed.startswith("late ") and deed != "late stall":
            self.sample(State(deed.removeprefix("late ")), self.boot_ms - seconds * 1000)
        elif deed in ("step", "sync", "unsync"):
            synced = self.segment.is_synced if deed == "step" else deed == "sync"
            self.open(self.segment.boot_id, self.segment.offset_ms + seconds * 1000, synced)
        elif deed == "reboot":
            offset = self.segment.offset_ms + self.boot_ms + seconds * 1000
            self.boot_ms = self.since_ms = 5_000
            self.opened = []
            self.open(f"{self.segment.boot_id}+", offset, self.segment.is_synced)
        elif deed.endswith("stall"):
            self.stall(deed, seconds * 1000)
        else:
            self.revision += deed == "revision"
            self.confirm = seconds or self.confirm
            check = a_check(revision=f"r{self.revision}", confirm=self.confirm)
            self.boot_ms += 1
            self.book.register([check], self.boot_ms + self.segment.offset_ms)

    def sample(self, state: State, boot_ms: int) -> None:
        """Sent when an earlier segment was open, it is on that one's scale."""
        segment = next((each for since, each in reversed(self.opened) if since <= boot_ms), self.segment)
        at = boot_ms + segment.offset_ms
        if boot_ms >= self.since_ms and at not in self.used:
            self.used.add(at)
            one = an_outcome(at, state, clock=segment.id, revision=f"r{self.revision}")
            self.book.store([one])

    def open(self, boot: str, offset_ms: int, is_synced: bool) -> None:
        number = max(self.book.segments) + 1
        self.segment = a_segment(number, offset_ms=offset_ms, boot=boot, is_synced=is_synced)
        self.book.open_clock(self.segment)
        self.boot_ms += 1
        self.opened.append((self.boot_ms, self.segment))

    def stall(self, deed: str, lasted_ms: int) -> None:
        if deed == "stall":
            start, self.boot_ms = self.boot_ms + 1, self.boot_ms + lasted_ms
        else:
            start = self.boot_ms - lasted_ms
        at = start + self.segment.offset_ms
        self.book.tell(Event(at, self.segment.id, EventKind.STALL, min(lasted_ms, 20_000), {}))


def hold(story: list[Deed]) -> None:
    """The spans kept are those made anew, and they tile the line."""
    with a_record() as path:
        with a_book(path) as book:
            telling = Story(book)
            for deed in story:
                telling.tell(*deed)
            kept = raw_spans(book)
            assert kept == rebuilt(book)
        with open_reader(path) as reader:
            found = whole(reader)
            assert all(before.t1_ms == after.t0_ms for before, after in pairwise(found))
            assert all(span.t0_ms < span.t1_ms for span in found)
            assert len({outcome.at_ms for outcome in reader.outcomes(HOME, "shop", *EVER)}) > 0 or not found


@given(DEEDS)
@example([("up", 60), ("step", 1), ("up", 1), ("late down", 2), ("late stall", 2)])
@settings(max_examples=120, deadline=None)
def test_spans_made_anew_are_the_spans_kept(story: list[Deed]) -> None:
    """What is kept can always be checked against the outcomes, to the byte, whatever the clocks did."""
    hold(story)


@pytest.mark.soak
@given(DEEDS)
@settings(max_examples=3000, deadline=None)
def test_spans_made_anew_are_the_spans_kept_in_thousands_of_stories(story: list[Deed]) -> None:
    """The same, far more widely."""
    hold(story)


Fillings = list[tuple[int, State]]
FILLINGS = st.lists(st.tuples(st.integers(0, 4000), st.sampled_from([UP, DOWN])), max_size=12)


@given(DEEDS, FILLINGS)
@settings(max_examples=60, deadline=None)
def test_an_import_amid_anything_leaves_what_making_anew_gives(story: list[Deed], more: Fillings) -> None:
    """Imports may fill gaps anywhere; the spans are then those of all the outcomes, and go on from there."""
    fill_in(story, more)


@pytest.mark.soak
@given(DEEDS, FILLINGS)
@settings(max_examples=2000, deadline=None)
def test_thousands_of_imports_amid_anything_leave_what_making_anew_gives(story: list[Deed], more: Fillings) -> None:
    """The same, far more widely."""
    fill_in(story, more)


def fill_in(story: list[Deed], more: Fillings) -> None:
    """Half a story, then the import."""
    rows = tuple(Imported("shop", T0 + 990_000 + at * 1000, state, None, None) for at, state in more)
    with a_record() as path, a_book(path) as book:
        telling = Story(book)
        for deed in story[: len(story) // 2]:
            telling.tell(*deed)
        book.change(ImportOutcomes(rows=rows, at_ms=T0 + 10**9, by="test", vantage=HOME))
        assert raw_spans(book) == rebuilt(book)


def test_v23_a_clock_step_between_two_failures(tmp_path: Path) -> None:
    """The wall clock goes back 30 s between two failures 60 s apart: 60 s are proven, 180 s at most (metrology V23)."""
    path = tmp_path / "probe.db"
    outcomes = []
    for boot_s in range(180, 1260, 60):
        clock, offset = (2, 1_030_000) if boot_s < 640 else (3, 1_000_000)
        state = DOWN if boot_s in (600, 660) else UP
        outcomes.append(an_outcome(boot_s * 1000 + offset, state, clock=clock))
    with a_book(path, [a_check(confirm=1)]) as book:
        book.open_clock(a_segment(2, offset_ms=1_030_000, is_synced=False))
        book.store([outcome for outcome in outcomes if outcome.clock == 2])
        book.open_clock(a_segment(3, offset_ms=1_000_000))
        book.store([outcome for outcome in outcomes if outcome.clock == 3])
        assert raw_spans(book) == rebuilt(book)
    with open_reader(path) as reader:
        found = reader.spans(HOME, "shop", 1_000_000, 2_200_000)
        assert seconds(found) == {"up": 420 + 480 - 60, "trans_down": 60, "down": 60, "trans_up": 60}
        (down,) = (span for span in found if span.cls is SpanClass.DOWN)
        assert (down.t0_ms, down.t1_ms) == (1_600_000, 1_660_000)
        assert all(before.t1_ms == after.t0_ms for before, after in pairwise(found))
        instants = [outcome.at_ms for outcome in reader.outcomes(HOME, "shop", *(0, 10**10))]
        assert instants == [(1000 + boot_s) * 1000 for boot_s in range(180, 1260, 60)]
        assert reader.latest(HOME)["shop"].at_ms == instants[-1]


def test_an_unsynchronised_segment_takes_the_next_synchronised_one_of_its_boot(tmp_path: Path) -> None:
    """A machine without a battery clock starts in 1970; its first minutes are still in the right place."""
    path = tmp_path / "probe.db"
    with a_book(path) as book:
        book.open_clock(a_segment(2, offset_ms=0, boot="pi", is_synced=False))
        book.store(states_each_minute("UDDDU", 60_000, clock=2))
        book.open_clock(a_segment(3, offset_ms=T0, boot="pi"))
        book.store(states_each_minute("UU", T0 + 360_000, clock=3))
        assert [book.segments[number].quality for number in (2, 3)] == ["synchronised"] * 2
    with open_reader(path) as reader:
        found = whole(reader)
        assert [span.cls.value for span in found] == ["trans_down", "down", "trans_up", "up", "up"]
        assert (found[0].t0_ms, found[-1].t1_ms) == (T0 + 60_000, T0 + 420_000)
        near = reader.around(HOME, "shop", T0 + 200_000, 2)
        assert [outcome.at_ms - T0 for outcome in near] == [120_000, 180_000, 240_000, 300_000]
        assert [outcome.at_ms - T0 for outcome in reader.last(HOME, "shop", 2)] == [360_000, 420_000]
        kept = reader.spans(HOME, "shop", T0 + 310_000, T0 + 320_000)
        assert [span.t0_ms - T0 for span in kept] == [300_000, 360_000]


def test_a_reboot_is_unknown_and_counts_its_last_sample(tmp_path: Path) -> None:
    """Nothing links two boots; the hole is told, from the last sample to the next."""
    path = tmp_path / "probe.db"
    with a_book(path) as book:
        book.store(states_each_minute("UU"))
        book.open_clock(a_segment(2, offset_ms=T0 + 100_000, boot="next"))
        book.store(states_each_minute("UU", T0 + 120_000, clock=2))
    with open_reader(path) as reader:
        found = whole(reader)
    assert [(span.cls.value, span.t0_ms - T0, span.n) for span in found] == [
        ("up", 0, 1),
        ("unknown", 60_000, 1),
        ("up", 120_000, 1),
    ]


@pytest.mark.parametrize("kind", [EventKind.SUSPEND, EventKind.STALL])
@pytest.mark.parametrize("is_late", [False, True])
def test_a_break_makes_the_pair_around_it_unknown(tmp_path: Path, kind: EventKind, is_late: bool) -> None:
    """The agent slept between two good samples: nobody knows what was; also when it notices only afterwards."""
    path = tmp_path / "probe.db"
    outcomes = states_each_minute("UUUUU")
    with a_book(path) as book:
        book.store(outcomes[:3] if not is_late else outcomes)
        book.tell(Event(T0 + 130_000, 1, kind, 20_000, {}))
        book.store(outcomes[3:] if not is_late else [])
        assert raw_spans(book) == rebuilt(book)
    with open_reader(path) as reader:
        assert seconds(whole(reader)) == {"up": 180, "unknown": 60}


def test_an_outcome_that_comes_late_takes_its_place(tmp_path: Path) -> None:
    """An overrun is recorded at once, the attempt that caused it only when it ends."""
    with a_book(tmp_path / "probe.db") as book:
        book.store(states_each_minute("UUU"))
        book.store([an_outcome(T0 + 185_000, UNKNOWN)])
        book.store([an_outcome(T0 + 180_000, DOWN)])
        kept = raw_spans(book)
        assert kept == rebuilt(book)
        assert len(kept) == 3
        book.store([an_outcome(T0 + 100_000, DOWN), an_outcome(T0 + 101_000, UP)])
        assert raw_spans(book) == rebuilt(book)


def test_manual_outcomes_are_kept_and_never_judged(tmp_path: Path) -> None:
    """A check by hand shows in the log, in no span and in no state."""
    from probe.model import Origin

    with recorded(tmp_path / "probe.db", states_each_minute("UU")) as reader:
        before = whole(reader), reader.latest(HOME)
    with a_book(tmp_path / "probe.db") as book:
        book.store([an_outcome(T0 + 70_000, DOWN, origin=Origin.MANUAL)])
        book.store([an_outcome(T0 + 5_000, DOWN, origin=Origin.MANUAL)])
        assert raw_spans(book) == rebuilt(book)
    with open_reader(tmp_path / "probe.db") as reader:
        assert (whole(reader), reader.latest(HOME)) == before
        assert reader.counts().outcomes == 4


def test_a_later_setting_never_judges_the_past_anew(tmp_path: Path) -> None:
    """g_max holds for pairs that begin under it: 90 s apart stays linked after the interval became 30 s."""
    path = tmp_path / "probe.db"
    with a_book(path) as book:
        book.store([an_outcome(T0 + n * 90_000) for n in range(3)])
        book.register([a_check(interval_ms=30_000, g_max_ms=45_000)], T0 + 200_000)
        book.store([an_outcome(T0 + 270_000), an_outcome(T0 + 360_000)])
        assert raw_spans(book) == rebuilt(book)
    with open_reader(path) as reader:
        assert seconds(whole(reader)) == {"up": 270, "unknown": 90}
        assert [setting.from_ms for setting in reader.settings(HOME, "shop")] == [T0, T0 + 200_000]


def test_another_meaning_is_another_revision(tmp_path: Path) -> None:
    """What was measured before and after a changed target is not one line."""
    path = tmp_path / "probe.db"
    with a_book(path) as book:
        book.store(states_each_minute("UU"))
        book.register([a_check(revision="r2", meaning="other")], T0 + 70_000)
        book.store([an_outcome(T0 + n * MINUTE, revision="r2") for n in (2, 3)])
        assert raw_spans(book) == rebuilt(book)
    with open_reader(path) as reader:
        assert seconds(whole(reader)) == {"up": 120, "unknown": 60}
        assert list(reader.revisions(HOME, "shop").values()) == ["r1", "r2"]
        assert reader.series(HOME)[0].revision == "r2"
