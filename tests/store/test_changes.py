"""What people change: windows with their audit trail, pauses, imports, one-off outcomes; with and without an agent."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from probe.errors import StoreLocked, UsageError
from probe.model import EventKind, Origin, Reason, Ticket, Window, WindowKind
from probe.store.changes import (
    AddTicket,
    AddWindow,
    Change,
    DeclareWindows,
    ImportOutcomes,
    ImportWindows,
    Pause,
    RecordManual,
    RemoveWindow,
    Resume,
    decode,
    encode,
    offline,
)
from probe.store.exchange import Imported
from probe.store.reader import open_reader
from tests.store.builders import DOWN, HOME, T0, UNKNOWN, UP, a_book, a_check, a_writer, an_outcome, raw_spans
from tests.store.test_spans import rebuilt

ONCE = Window(
    provider="DigitalOcean",
    service="shop",
    checks=("a", "b/4"),
    kind=WindowKind.EMERGENCY,
    start_ms=T0,
    end_ms=T0 + 3_600_000,
    announced_at_ms=T0 - 1,
    entered_at_ms=T0 - 2,
    entered_by="me",
    reason="disk",
)
WEEKLY = Window(
    every="FREQ=WEEKLY;BYDAY=SU",
    from_time="03:00",
    lasts_ms=1_800_000,
    zone="Europe/Berlin",
    starts="2026-01-11",
    until="2027-01-01",
    source="file",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "probe.db"


def windows(path: Path) -> tuple[Window, ...]:
    with open_reader(path) as reader:
        return reader.windows()


def imported(at: int, state: object = UP, key: str = "shop", **changed: object) -> Imported:
    return Imported(key, T0 + at * 1000, state, None, None)._replace(**changed)  # type: ignore[arg-type]


def an_import(*rows: Imported, at_ms: int = T0 + 10**9, **changed: int) -> ImportOutcomes:
    return ImportOutcomes(rows=rows, at_ms=at_ms, by="me", vantage=HOME, **changed)


@pytest.mark.parametrize("window", [ONCE, WEEKLY])
def test_a_window_comes_back_as_it_was_declared(path: Path, window: Window) -> None:
    """Every field, recurring or not."""
    with offline(path) as apply:
        number = apply(AddWindow(window))
    assert windows(path) == (replace(window, id=number),)


def test_removing_a_window_is_a_row_of_its_own(path: Path) -> None:
    """What was declared stays, with when and by whom it was taken back; there is no second removal."""
    with offline(path) as apply:
        first, second = apply(AddWindow(ONCE)), apply(AddWindow(WEEKLY))
        apply(RemoveWindow(first, T0 + 5, "you"))
        with pytest.raises(UsageError, match="removed already"):
            apply(RemoveWindow(first, T0 + 6, "you"))
        with pytest.raises(UsageError, match="no maintenance window 99"):
            apply(RemoveWindow(99, T0 + 6, "you"))
    assert [(window.id, window.removed_at_ms) for window in windows(path)] == [(first, T0 + 5), (second, None)]
    with a_book(path) as book:
        audit = book.connection.execute("SELECT id, entered_by, removed_by FROM windows").fetchall()
    assert audit == [(first, "me", "you"), (second, "", None)]


@pytest.mark.parametrize("table", ["window", "event"])
@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET kind = 'x'"])
def test_the_audit_trail_cannot_be_changed(path: Path, table: str, deed: str) -> None:
    """Not even by hand in the sqlite3 shell, short of dropping the trigger."""
    with offline(path) as apply:
        apply(AddWindow(ONCE))
        apply(Pause(key="shop", until_ms=None, reason="", by="me", at_ms=T0))
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        connection.execute(deed.format(table))
    connection.close()


def test_a_ticket_is_the_sum_of_its_rows(path: Path) -> None:
    """The later one on top; what it leaves open stays; contradictions are refused whole."""
    first = Ticket(service="shop", number="1", opened_ms=T0, entered_at_ms=T0 + 1, entered_by="me", note="called")
    later = Ticket(service="shop", number="1", closed_ms=T0 + 9, entered_at_ms=T0 + 10, entered_by="you")
    with offline(path) as apply:
        assert apply(decode(json.loads(json.dumps(encode(AddTicket(first)))))) == 1
        assert apply(AddTicket(later)) == 2
        with pytest.raises(UsageError, match="closed before"):
            apply(AddTicket(replace(later, closed_ms=T0 - 1)))
        with pytest.raises(UsageError, match="when was it opened"):
            apply(AddTicket(replace(later, number="2")))
        apply(AddTicket(replace(first, number="3", is_withdrawn=True)))
    with open_reader(path) as reader:
        whole, withdrawn = reader.tickets()
    assert whole == replace(first, closed_ms=T0 + 9, entries=2)
    assert withdrawn.is_withdrawn


def test_a_calendar_comes_in_once_and_again_as_it_is_now(path: Path) -> None:
    """The same adds nothing; what moved is removed and added; what it no longer says is removed, with who and when."""
    event = Window(start_ms=T0, end_ms=T0 + 9, uid="e#1", source="ical")
    other = replace(event, uid="e#2", start_ms=T0 + 100, end_ms=T0 + 200)
    past = replace(event, uid="e#0", start_ms=T0 - 9, end_ms=T0 - 1)
    once = replace(past, uid="g#")
    strange = replace(event, uid="f#1")

    def taken(*windows: Window, at_ms: int) -> ImportWindows:
        change = ImportWindows(at_ms=at_ms, by="me", windows=windows, events=("e", "g"))
        return decode(json.loads(json.dumps(encode(change))))  # type: ignore[return-value]

    with offline(path) as apply:
        apply(AddWindow(strange))
        assert apply(taken(event, other, past, once, at_ms=T0)) == [4, 0, 0, 0]
        assert apply(taken(other, once, event, past, at_ms=T0 + 1)) == [0, 4, 0, 0]
        assert apply(taken(replace(event, end_ms=T0 + 50), at_ms=T0 + 2)) == [1, 0, 2, 1]
    told = [(window.uid, window.end_ms, window.removed_at_ms, window.entered_by) for window in windows(path)]
    assert told == [
        ("f#1", T0 + 9, None, ""),
        ("e#1", T0 + 9, T0 + 2, "me"),
        ("e#2", T0 + 200, T0 + 2, "me"),
        ("e#0", T0 - 1, None, "me"),
        ("g#", T0 - 1, T0 + 2, "me"),
        ("e#1", T0 + 50, None, "me"),
    ]


def test_a_record_of_the_first_release_is_read_as_it_is(path: Path) -> None:
    """A reader never migrates: there are no tickets in it, and its windows came from no calendar."""
    with offline(path) as apply:
        apply(AddWindow(ONCE))
    connection = sqlite3.connect(path)
    connection.executescript("DROP VIEW tickets; DROP TABLE ticket; PRAGMA user_version = 1")
    connection.close()
    assert windows(path) == (replace(ONCE, id=1),)
    with open_reader(path) as reader:
        assert reader.tickets() == ()


def test_windows_of_the_files_follow_the_files(path: Path) -> None:
    """The same load twice adds nothing; one that left the files is removed; typed ones stay."""
    other = replace(WEEKLY, from_time="04:00")
    with offline(path) as apply:
        typed = apply(AddWindow(ONCE))
        assert apply(DeclareWindows((WEEKLY, other), T0)) == [2, 0]
        assert apply(DeclareWindows((other, WEEKLY), T0 + 1)) == [0, 0]
        assert apply(DeclareWindows((other,), T0 + 2)) == [0, 1]
        assert apply(DeclareWindows((WEEKLY, other), T0 + 3)) == [1, 0]
    found = {window.id: window.removed_at_ms for window in windows(path)}
    assert found == {typed: None, 2: T0 + 2, 3: None, 5: None}
    assert windows(path)[1].entered_at_ms == T0


def test_pauses_are_read_out_of_the_audit_trail(path: Path) -> None:
    """From when, until when or until resumed, why and by whom."""
    with a_writer(path, [a_check("a"), a_check("b")]) as writer:
        for change in (
            Pause(key="a", until_ms=None, reason="move", by="me", at_ms=T0),
            Pause(key="b", until_ms=T0 + 100, reason="", by="me", at_ms=T0 + 1),
            Resume(key="a", by="you", at_ms=T0 + 50),
            Resume(key="b", by="you", at_ms=T0 + 200),
            Pause(key="a", until_ms=None, reason="again", by="me", at_ms=T0 + 300),
            Pause(key="a", until_ms=T0 + 900, reason="longer", by="me", at_ms=T0 + 400),
        ):
            writer.change(change).result()
    with open_reader(path) as reader:
        pauses = reader.pauses(HOME)
        assert reader.pauses("elsewhere") == ()
    told = [(pause.key, pause.from_ms - T0, pause.resumed_ms and pause.resumed_ms - T0) for pause in pauses]
    assert told == [("a", 0, 50), ("b", 1, None), ("a", 300, 400), ("a", 400, None)]
    assert (pauses[0].reason, pauses[0].by) == ("move", "me")
    holding = [[pause.holds_at(T0 + at) for at in (0, 49, 50, 99, 100, 500, 900)] for pause in pauses]
    assert holding == [
        [True, True, False, False, False, False, False],
        [False, True, True, True, False, False, False],
        [False] * 7,
        [False, False, False, False, False, True, False],
    ]


def test_a_one_off_outcome_is_kept_for_the_log(path: Path) -> None:
    """`probe check --record` without an agent, also of a check that was never configured."""
    outcome = an_outcome(T0, DOWN, key="new", clock=0, origin=Origin.GRID)
    with offline(path) as apply:
        apply(RecordManual(outcome, HOME))
        with pytest.raises(UsageError, match="clock segment 9"):
            apply(RecordManual(replace(outcome, clock=9), HOME))
    with open_reader(path) as reader:
        assert reader.last(HOME, "new", 2) == [replace(outcome, origin=Origin.MANUAL)]
        assert reader.latest(HOME) == {}


def test_an_agent_goes_on_after_a_one_off_outcome(path: Path) -> None:
    """The running agent records it, and its own outcomes go on as before."""
    with a_writer(path) as writer:
        writer.record([an_outcome(T0)]).result()
        writer.change(RecordManual(an_outcome(T0 + 5, DOWN), HOME)).result()
        writer.record([an_outcome(T0 + 60_000)]).result()
    with open_reader(path) as reader:
        assert [span.cls.value for span in reader.spans(HOME, "shop", 0, T0 * 2)] == ["up"]
        assert reader.counts().outcomes == 3


def test_importing_twice_is_importing_once(path: Path) -> None:
    """One sample per vantage, check and instant, in whatever order the lines come."""
    rows = [imported(at * 60, DOWN if 3 <= at <= 6 else UP) for at in range(10)]
    with offline(path) as apply:
        first = apply(an_import(*reversed(rows), rows[4]))
        again = apply(an_import(*rows))
    assert first == {"added": 10, "same": 1, "refused": 0, "conflicts": []}
    assert again == {"added": 0, "same": 10, "refused": 0, "conflicts": []}
    with open_reader(path) as reader:
        assert [span.cls.value for span in reader.spans(HOME, "shop", 0, T0 * 2)] == [
            "up", "trans_down", "down", "trans_up", "up",
        ]  # fmt: skip
        (setting,) = reader.settings(HOME, "shop")
        assert (setting.from_ms, setting.interval_ms, setting.g_max_ms, setting.confirm) == (T0, 60_000, 90_000, 3)
        assert len(reader.events(0, T0 * 2, [EventKind.IMPORT])) == 2
        assert {outcome.origin for outcome in reader.last(HOME, "shop", 20)} == {Origin.IMPORT}


def test_what_lies_before_1970_or_after_now_is_no_part_of_a_record(path: Path) -> None:
    """No day can be made of it: it is refused and counted, and nothing of it is kept."""
    with offline(path) as apply:
        answer = apply(an_import(imported(0, at_ms=-1), imported(0, at_ms=T0 + 10**9 + 1), imported(60)))
    assert answer == {"added": 1, "same": 0, "refused": 2, "conflicts": []}
    with open_reader(path) as reader:
        assert [outcome.at_ms for outcome in reader.last(HOME, "shop", 20)] == [T0 + 60_000]


def test_a_contradiction_makes_the_sample_unknown_and_is_listed(path: Path) -> None:
    """Two records of one instant that differ: neither is believed, both are kept to be seen."""
    with a_book(path) as book:
        book.store([an_outcome(T0 + at * 60_000) for at in range(4)])
        answer = book.change(an_import(imported(60, DOWN), imported(120), imported(90, DOWN), imported(90)))
        assert answer == {
            "added": 1,
            "same": 1,
            "refused": 0,
            "conflicts": ["shop at 2026-09-21T14:14:20Z", "shop at 2026-09-21T14:14:50Z"],
        }
        assert book.change(an_import(imported(60, DOWN), imported(60)))["same"] == 2
        assert raw_spans(book) == rebuilt(book)
    with open_reader(path) as reader:
        outcome = reader.around(HOME, "shop", T0 + 60_000, 1)[1]
    assert (outcome.state, outcome.finding.reason) == (UNKNOWN, Reason.CONFLICT)
    assert outcome.finding.facts == {"recorded": "up", "imported": "down"}


def test_the_list_of_contradictions_has_an_end(path: Path) -> None:
    """A file for the wrong check must not answer with a million lines."""
    rows = [imported(at, state) for at in range(200) for state in (UP, DOWN)]
    with offline(path) as apply:
        conflicts = apply(an_import(*rows))["conflicts"]
    assert (len(conflicts), conflicts[-1]) == (101, "and more")


def test_the_future_is_not_imported(path: Path) -> None:
    """What has not been cannot have been seen."""
    with offline(path) as apply:
        answer = apply(an_import(imported(1), imported(100), at_ms=T0 + 50_000))
    assert (answer["added"], answer["refused"]) == (1, 1)


def test_an_import_fills_the_gap_of_an_agent_that_was_off(path: Path) -> None:
    """Imported and own outcomes of one check are one timeline; the agent goes on from there."""
    with a_book(path) as book:
        book.store([an_outcome(T0 + at * 60_000) for at in (0, 1, 8, 9)])
        book.change(an_import(*(imported(at * 60) for at in range(2, 8))))
        book.store([an_outcome(T0 + 600_000)])
        assert raw_spans(book) == rebuilt(book)
    with open_reader(path) as reader:
        found = reader.spans(HOME, "shop", 0, T0 * 2)
        assert {span.cls.value for span in found} == {"up"}
        assert sum(span.t1_ms - span.t0_ms for span in found) == 600_000


def test_an_import_finds_its_own_export_on_a_corrected_clock(path: Path) -> None:
    """What was exported with corrected instants is recognised when it comes back."""
    from tests.store.builders import a_segment

    with a_book(path) as book:
        book.open_clock(a_segment(2, offset_ms=T0 - 500, boot="b", is_synced=False))
        book.store([an_outcome(T0 + 60_000 - 500, clock=2)])
        book.open_clock(a_segment(3, offset_ms=T0, boot="b"))
        assert book.change(an_import(imported(60)))["same"] == 1


def test_imports_may_be_of_another_vantage(path: Path) -> None:
    """A line that names its vantage goes there; its interval may be given."""
    with offline(path) as apply:
        apply(an_import(imported(1, vantage="berlin"), imported(2), interval_ms=30_000))
    with open_reader(path) as reader:
        assert reader.vantages() == ("berlin", HOME)
        assert reader.settings("berlin", "shop")[0].interval_ms == 30_000
        assert len(reader.last("berlin", "shop", 9)) == 1


def test_imports_belong_to_the_meaning_of_their_time(path: Path) -> None:
    """History from before a changed target is history of the old target."""
    with a_book(path) as book:
        book.register([a_check(revision="r2", meaning="new")], T0 + 600_000)
        book.change(an_import(imported(-60), imported(60), imported(660)))
    with open_reader(path) as reader:
        assert [outcome.revision for outcome in reader.last(HOME, "shop", 9)] == ["r1", "r1", "r2"]


CHANGES: list[Change] = [
    AddWindow(ONCE),
    AddWindow(WEEKLY),
    RemoveWindow(3, T0, "me"),
    DeclareWindows((ONCE, WEEKLY), T0),
    Pause(key="a", until_ms=None, reason="why", by="me", at_ms=T0),
    Resume(key="a", by="me", at_ms=T0, vantage="x"),
    an_import(imported(1), imported(2, DOWN, reason=Reason.TIMEOUT, vantage="v", latency_us=5)),
    RecordManual(an_outcome(T0, DOWN), HOME),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)
def test_a_change_travels_as_json(change: Change) -> None:
    """The control socket carries it to the agent unchanged."""
    assert decode(json.loads(json.dumps(encode(change)))) == change


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"change": "DropEverything"},
        {"change": "Pause", "key": "a"},
        {"change": "AddWindow", "window": {"kind": "scheduled"}},
        {"change": "AddWindow", "window": {"kind": "odd", "checks": []}},
        {"change": "ImportOutcomes", "rows": [["a"]], "at_ms": 1, "by": "me"},
        {"change": "RecordManual", "outcome": {"finding": {"reason": "odd"}}},
        {"change": "RecordManual", "outcome": []},
    ],
)
def test_what_is_not_a_change_is_refused(said: dict[str, object]) -> None:
    """Anybody in the group may write to the socket; nonsense is one line back."""
    with pytest.raises(UsageError, match="not a change"):
        decode(said)


def test_changes_wait_for_no_agent(path: Path) -> None:
    """While an agent runs, the record is its own."""
    with a_writer(path), pytest.raises(StoreLocked, match="held by pid"), offline(path):
        pass


def test_a_refused_change_leaves_no_trace(path: Path) -> None:
    """A failing change is rolled back and the next one works."""
    with offline(path) as apply:
        with pytest.raises(UsageError):
            apply(RemoveWindow(1, T0, "me"))
        assert apply(AddWindow(ONCE)) == 1
    assert len(windows(path)) == 1
