"""Every question to the record, against a plain model in Python."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.model import Event, EventKind, Origin, Outcome, Reason, Role, Rule, Sample, Span, SpanClass, State
from probe.sla.classify import classify
from probe.store.clocks import carried
from probe.store.exchange import iso
from probe.store.reader import Reader, open_reader
from probe.store.series import Setting, Settings
from tests.store.builders import BOOT, DOWN, HOME, T0, UNKNOWN, UP, a_book, a_check, a_segment, an_outcome, recorded

KEYS = ("alpha", "beta/4", "beta/6")
CHECKS = [a_check(key, name=key.partition("/")[0]) for key in KEYS]
SHIFT = 3_600_000
"""The first segment runs an hour behind until the second one says so."""


class Model(NamedTuple):
    """What was recorded, with corrected instants, in order of time."""

    outcomes: list[Outcome]

    def of(self, key: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.key == key]

    def between(self, key: str, start: int, end: int) -> list[Outcome]:
        return [outcome for outcome in self.of(key) if start <= outcome.at_ms < end]

    def around(self, key: str, at: int, count: int) -> list[Outcome]:
        before = [outcome for outcome in self.of(key) if outcome.at_ms < at]
        after = [outcome for outcome in self.of(key) if outcome.at_ms >= at]
        return before[len(before) - min(count, len(before)) :] + after[:count]

    def spans(self, key: str) -> tuple[Span, ...]:
        return classify(Sample(outcome.at_ms, outcome.state, 1, Rule(90_000, 3)) for outcome in self.of(key))


def sets(spans: tuple[Span, ...], start: int, end: int) -> dict[SpanClass, list[tuple[int, int]]]:
    """The time of each class in [start, end), merged where it touches."""
    found: dict[SpanClass, list[tuple[int, int]]] = {}
    for span in spans:
        low, high = max(span.t0_ms, start), min(span.t1_ms, end)
        if low < high:
            mine = found.setdefault(span.cls, [])
            if mine and mine[-1][1] == low:
                mine[-1] = mine[-1][0], high
            else:
                mine.append((low, high))
    return found


LINES = st.lists(
    st.tuples(
        st.sampled_from(KEYS), st.integers(1, 100), st.sampled_from([UP, UP, UP, DOWN, DOWN, UNKNOWN]), st.booleans()
    ),
    min_size=1,
    max_size=60,
)


def written(path: Path, lines: list[tuple[str, int, State, bool]]) -> Model:
    """Told to a record on two segments of one boot, the first an hour behind; and to the model."""
    half, boot_s, model = len(lines) // 2, 1000, Model([])
    with a_book(path, CHECKS) as book:
        book.open_clock(a_segment(2, offset_ms=T0 - SHIFT, boot="b", is_synced=False))
        for place, (key, wait, state, _) in enumerate(lines):
            if place == half:
                book.open_clock(a_segment(3, offset_ms=T0, boot="b"))
            boot_s += wait
            clock, offset = (2, T0 - SHIFT) if place < half else (3, T0)
            outcome = an_outcome(boot_s * 1000 + offset, state, key=key, clock=clock)
            book.store([outcome])
            corrected = outcome.at_ms + (SHIFT if clock == 2 else 0)
            model.outcomes.append(an_outcome(corrected, state, key=key, clock=clock))
    return model


@given(LINES, st.integers(900, 5000), st.integers(0, 2000), st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_every_question_is_answered_as_the_model_does(
    lines: list[tuple[str, int, State, bool]], start_s: int, length_s: int, count: int
) -> None:
    """Whatever was recorded, on whatever clock, each answer is the one that a list of all outcomes gives."""
    start, end = T0 + start_s * 1000, T0 + (start_s + length_s) * 1000
    with tempfile.TemporaryDirectory() as folder:
        model = written(Path(folder) / "probe.db", lines)
        with open_reader(Path(folder) / "probe.db") as reader:
            for key in KEYS:
                compare(reader, model, key, (start, end, count))
            latest = reader.latest(HOME)
            assert {key: latest[key].at_ms for key in latest} == {o.key: o.at_ms for o in model.outcomes}
            assert all(latest[o.key].state is o.state for key in KEYS for o in model.of(key)[-1:])


def compare(reader: Reader, model: Model, key: str, asked: tuple[int, int, int]) -> None:
    start, end, count = asked
    between = model.between(key, start, end)
    assert list(reader.outcomes(HOME, key, start, end)) == between
    assert list(reader.outcomes(HOME, key, start, end, limit=count)) == between[:count]
    assert reader.around(HOME, key, start, count) == model.around(key, start, count)
    assert reader.last(HOME, key, count) == model.of(key)[len(model.of(key)) - min(count, len(model.of(key))) :]
    spans = reader.spans(HOME, key, start, end)
    assert sets(spans, start, end) == sets(model.spans(key), start, end)
    assert reader.spans_of_all(HOME, start, end).get(key, ()) == spans
    assert all(before.t1_ms == after.t0_ms for before, after in pairwise(spans))
    reach_out(spans, model.spans(key), start, end)


def reach_out(spans: tuple[Span, ...], whole: tuple[Span, ...], start: int, end: int) -> None:
    """On either side the first up span of the whole is in it, if there is one."""
    before = [span for span in whole if span.cls is SpanClass.UP and span.t0_ms <= start]
    after = [span for span in whole if span.cls is SpanClass.UP and span.t0_ms >= end]
    if spans and before:
        assert spans[0].cls is SpanClass.UP
        assert before[-1].t0_ms <= spans[0].t0_ms <= start
    if spans and after:
        assert spans[-1].cls is SpanClass.UP
    if spans and not before:
        assert spans[0].t0_ms == whole[0].t0_ms
    if spans and not after:
        assert spans[-1].t1_ms == whole[-1].t1_ms


@pytest.fixture
def month(tmp_path: Path) -> Iterator[Reader]:
    """Up, three failures in the middle, up; a long gap; up."""
    states = [UP] * 10 + [DOWN] * 3 + [UP] * 10
    outcomes = [an_outcome(T0 + n * 60_000, state) for n, state in enumerate(states)]
    outcomes += [an_outcome(T0 + 10_000_000 + n * 60_000) for n in range(3)]
    with recorded(tmp_path / "probe.db", outcomes) as reader:
        yield reader


def test_spans_reach_out_to_the_up_span_on_either_side(month: Reader) -> None:
    """A run of failures that crosses the edge of a period is recognised whole."""
    inside = month.spans(HOME, "shop", T0 + 11 * 60_000, T0 + 11 * 60_000 + 1)
    assert [span.cls.value for span in inside] == ["up", "trans_down", "down", "trans_up", "up"]
    early = month.spans(HOME, "shop", T0, T0 + 1000)
    assert [span.cls.value for span in early] == ["up", "trans_down", "down", "trans_up", "up"]
    assert month.spans(HOME, "nobody", 0, 1) == ()


def test_the_open_end_is_there_although_it_is_not_final(month: Reader) -> None:
    """`status` shows the present minute."""
    last = month.spans(HOME, "shop", T0 + 10_000_000, T0 + 20_000_000)[-1]
    assert (last.cls, last.t1_ms) == (SpanClass.UP, T0 + 10_120_000)


def test_the_state_lasts_since_its_first_unbroken_sample(month: Reader) -> None:
    """After a gap nobody knows what was: up since the first sample after it."""
    latest = month.latest(HOME)["shop"]
    assert (latest.since_ms, latest.run.bad, latest.shift_ms) == (T0 + 10_000_000, 0, 0)


def test_a_failure_is_counted_until_it_is_confirmed(tmp_path: Path) -> None:
    """`down (1 of 3)` needs the run."""
    outcomes = [an_outcome(T0), an_outcome(T0 + 60_000, DOWN), an_outcome(T0 + 65_000, DOWN)]
    with recorded(tmp_path / "probe.db", outcomes) as reader:
        latest = reader.latest(HOME)["shop"]
    assert (latest.state, latest.run.bad, latest.run.run_confirm, latest.run.is_confirmed) == (DOWN, 2, 3, False)
    assert latest.since_ms == T0 + 60_000


def test_what_is_measured_is_described(tmp_path: Path) -> None:
    """The series of a vantage point, with what the configuration says of them now."""
    checks = [a_check("a", service="s", network="n", role=Role.REFERENCE), a_check("b")]
    with recorded(tmp_path / "probe.db", [], checks) as reader:
        first, second = reader.series(HOME)
        assert (first.key, first.service, first.network, first.role) == ("a", "s", "n", Role.REFERENCE)
        assert (second.kind, second.target, second.revision, second.is_configured) == (
            "tcp",
            "192.0.2.1:443",
            "r1",
            True,
        )
        assert reader.vantages() == (HOME,)
        assert reader.series("elsewhere") == ()
        assert reader.latest(HOME) == {}
        assert reader.spans_of_all(HOME, 0, 1) == {}
        assert reader.config() is None
        assert reader.counts() == (2, 0, 0, 0, 0)
        assert reader.settings_of_all(HOME)["a"] == reader.settings(HOME, "a")
        assert reader.settings(HOME, "a")[0] == Setting(T0, 60_000, 5_000, 5_000, 3, 90_000, 1)


def test_a_check_that_left_and_came_back_finds_its_series(tmp_path: Path) -> None:
    """Removing a check from the configuration deletes nothing."""
    with a_book(tmp_path / "probe.db", [a_check("a"), a_check("b")]) as book:
        book.store([an_outcome(T0, key="b")])
        book.register([a_check("a")], T0 + 1)
        with open_reader(tmp_path / "probe.db") as reader:
            assert [series.is_configured for series in reader.series(HOME)] == [True, False]
        book.register([a_check("a"), a_check("b")], T0 + 2)
    with open_reader(tmp_path / "probe.db") as reader:
        assert [series.id for series in reader.series(HOME)] == [1, 2]
        assert len(reader.last(HOME, "b", 5)) == 1


def test_a_renamed_check_takes_its_history_along(tmp_path: Path) -> None:
    """renamed_from moves the series, once; the old name stays on record, and an event tells when."""
    renamed = [a_check("new/4", name="new", renamed_from="shop"), a_check("new/6", name="new", renamed_from="shop")]
    with a_book(tmp_path / "probe.db", [a_check("shop/4", name="shop"), a_check("shop/6", name="shop")]) as book:
        book.store([an_outcome(T0, key="shop/4"), an_outcome(T0, key="shop/6")])
        book.register(renamed, T0 + 1)
        book.register(renamed, T0 + 2)
        book.store([an_outcome(T0 + 60_000, key="new/4")])
    with open_reader(tmp_path / "probe.db") as reader:
        assert [(series.key, series.former) for series in reader.series(HOME)] == [
            ("new/4", ("shop/4",)),
            ("new/6", ("shop/6",)),
        ]
        assert [outcome.at_ms - T0 for outcome in reader.last(HOME, "new/4", 5)] == [0, 60_000]
        events = reader.events(T0, T0 + 10, [EventKind.RELOAD])
        assert [event.facts for event in events] == [
            {"renamed": "shop/4", "to": "new/4"},
            {"renamed": "shop/6", "to": "new/6"},
        ]


def test_events_are_found_by_time_and_kind(tmp_path: Path) -> None:
    """Half-open, in order, with their facts."""
    with a_book(tmp_path / "probe.db") as book:
        for n, kind in enumerate((EventKind.START, EventKind.RELOAD, EventKind.STOP)):
            book.tell(Event(T0 + n, 1, kind, None, {"n": n, "of": ["x"]}))
    with open_reader(tmp_path / "probe.db") as reader:
        assert [event.kind for event in reader.events(T0, T0 + 2)] == [EventKind.START, EventKind.RELOAD]
        assert reader.events(T0, T0 + 9, [EventKind.STOP]) == (
            Event(T0 + 2, 1, EventKind.STOP, None, {"n": 2, "of": ["x"]}),
        )
        assert reader.counts().events == 3
        last = reader.last_event(EventKind.RELOAD)
        assert last is not None
        assert last.at_ms == T0 + 1
        assert reader.last_event(EventKind.SUSPEND) is None


def test_samples_and_reasons_are_counted_in_their_stretch(tmp_path: Path) -> None:
    """Manual outcomes are no samples; a reason is told once."""
    outcomes = [an_outcome(T0 + n * 1000, DOWN if n % 2 else UP) for n in range(10)]
    outcomes.append(an_outcome(T0 + 50, UNKNOWN, origin=Origin.MANUAL))
    with recorded(tmp_path / "probe.db", outcomes) as reader:
        assert reader.samples(HOME, T0, T0 + 4000) == {"shop": 4}
        assert reader.reasons(HOME, "shop", T0 + 1000, T0 + 9000) == {Reason.TIMEOUT}


def test_many_outcomes_are_read_page_by_page(tmp_path: Path) -> None:
    """No transaction is held while they are looked at: the agent's WAL must not grow behind a slow reader."""
    path = tmp_path / "probe.db"
    outcomes = [an_outcome(T0 + n * 1000) for n in range(4500)]
    with recorded(path, outcomes) as reader:
        found = reader.outcomes(HOME, "shop", T0, T0 + 10**9)
        first = next(found)
        with a_book(path) as book:
            assert book.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        assert [first, *found] == outcomes


def test_the_views_speak_to_people(tmp_path: Path) -> None:
    """Names, ISO times and words, for whoever opens the file with sqlite3 or Datasette."""
    with a_book(tmp_path / "probe.db") as book:
        book.store([an_outcome(T0 + n * 60_000 + 7, state) for n, state in enumerate([UP, DOWN, UP, UNKNOWN])])
        book.tell(Event(T0 - 5000, 1, EventKind.STALL, 1500, {"why": "load"}))
        ask = book.connection.execute
        outcomes = ask('SELECT vantage, "check", at, state, reason, latency_ms, origin FROM outcomes').fetchall()
        assert outcomes[:2] == [
            (HOME, "shop", "2026-09-21T14:13:20.007Z", "up", None, 12.345, "grid"),
            (HOME, "shop", "2026-09-21T14:14:20.007Z", "down", "timeout", None, "grid"),
        ]
        assert ask("SELECT class, start, seconds FROM spans").fetchall() == [
            ("suspect", "2026-09-21T14:13:20.007Z", 120.0)
        ]
        assert ask('SELECT "check", state, reason FROM checks').fetchall() == [("shop", "unknown", "no_route_local")]
        assert ask("SELECT at, kind, seconds, facts FROM agent_events").fetchall() == [
            ("2026-09-21T14:13:15.000Z", "stall", 1.5, '{"why": "load"}')
        ]
        words = [row[0] for row in ask("SELECT DISTINCT state FROM outcomes ORDER BY state")]
        assert words == ["down", "unknown", "up"]
        assert ask("SELECT at FROM outcomes").fetchone()[0] == iso(T0 + 7)


def test_the_words_of_the_views_are_those_of_the_program(tmp_path: Path) -> None:
    """The CASE of each view and codes.py say the same of every code."""
    from probe.store import codes

    with a_book(tmp_path / "probe.db") as book:
        insert = "INSERT INTO hot VALUES (?, 1, 1, 1, ?, ?, NULL, NULL, NULL, NULL)"
        pairs = [(origin, state) for origin in range(len(codes.ORIGINS)) for state in range(len(codes.STATES))]
        book.connection.executemany(insert, [(n, *pair) for n, pair in enumerate(pairs)])
        found = book.connection.execute("SELECT origin, state FROM outcomes ORDER BY at").fetchall()
        assert found == [(codes.ORIGINS[origin].value, codes.STATES[state].value) for origin, state in pairs]
        insert = "INSERT INTO span VALUES (1, ?, 1, ?, ?, 1, 1, 0, 0, 1, NULL)"
        book.connection.executemany(insert, [(n, n + 1, n) for n in range(len(codes.CLASSES))])
        found = book.connection.execute("SELECT class FROM spans ORDER BY start").fetchall()
        assert [word for (word,) in found] == [cls.value for cls in codes.CLASSES]
    assert set(codes.CLASSES) == set(SpanClass)
    assert set(codes.STATES) == set(State)


def test_a_minute_lived_twice_belongs_to_the_later_span(tmp_path: Path) -> None:
    """A synchronised clock that is set back makes two figures of one minute; spans stay disjoint."""
    path = tmp_path / "probe.db"
    with a_book(path) as book:
        book.store([an_outcome(T0 + n * 60_000) for n in range(6)])
        book.open_clock(a_segment(2, offset_ms=T0 - 3_600_000, boot="next"))
        book.store([an_outcome(T0 + 200_000 + n * 60_000, DOWN, clock=2) for n in range(4)])
        book.open_clock(a_segment(3, offset_ms=T0 - 7_200_000, boot="third"))
        book.store([an_outcome(T0 - 500_000 + n * 60_000, clock=3) for n in range(2)])
    with open_reader(path) as reader:
        found = reader.spans(HOME, "shop", T0 - 10**6, T0 + 10**6)
    assert all(before.t1_ms == after.t0_ms for before, after in pairwise(found))
    assert found[-1].t1_ms == T0 - 440_000


def test_segments_are_linked_by_boottime_or_by_utc_or_not_at_all() -> None:
    """One boot is one scale; an import and a synchronised segment share UTC; two boots share nothing."""
    absolute = a_segment(0, offset_ms=0, boot="")
    one, two = a_segment(1), a_segment(2, offset_ms=T0 + 500)
    other, unsynced = a_segment(3, boot="other"), a_segment(4, is_synced=False)
    assert carried(T0 + 10, one, two) == T0 + 510
    assert carried(T0 + 10, absolute, one) == T0 + 10
    assert carried(T0 + 10, one, absolute) == T0 + 10
    assert carried(T0 + 10, one, other) is None
    assert carried(T0 + 10, absolute, unsynced) is None
    assert (unsynced.quality, one.quality, one.boot_id) == ("unsynced", "synchronised", BOOT)


def test_the_setting_in_force_is_that_of_its_time() -> None:
    """By figure on one scale, by order of segments across scales, the first one before the first."""
    first, second, third = (
        Setting(at, 60_000, None, None, 3, g, c) for at, g, c in ((10, 1, 1), (20, 2, 1), (5, 3, 2))
    )
    settings_of = Settings([third, first, second])
    asked = [(0, 1), (10, 1), (19, 1), (20, 1), (99, 1), (4, 2), (5, 2), (0, 3)]
    assert [settings_of.rule_at(at, clock).g_max_ms for at, clock in asked] == [1, 1, 1, 2, 2, 2, 3, 3]
