"""Outcomes as text: what goes out comes back, what is wrong is told by line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Finding, Origin, Outcome, Reason, State
from probe.store.changes import ImportOutcomes, decode, encode, offline
from probe.store.exchange import FORMULA, Imported, iso, parse_csv, parse_jsonl, parts, to_csv, to_jsonl
from probe.store.reader import open_reader
from tests.store.builders import DOWN, HOME, T0, UP, an_outcome, recorded

LINE = {"check": "shop", "at": "2026-10-03T04:10:00Z", "state": "down", "latency_ms": None, "reason": "timeout"}

OUTCOMES = st.builds(
    lambda at, state, key, latency, origin: an_outcome(
        at,
        key=key,
        origin=origin,
        finding=Finding(state=state, reason=Reason.TIMEOUT if state is DOWN else None, latency_us=latency),
    ),
    st.integers(0, 4_000_000_000_000),
    st.sampled_from(State),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20) | st.sampled_from(["a/4", "=1+1"]),
    st.none() | st.integers(0, 86_400_000_000),
    st.sampled_from(Origin),
)


def as_imported(outcome: Outcome) -> Imported:
    finding = outcome.finding
    said = finding.state, finding.reason, finding.latency_us
    return Imported(outcome.key, outcome.at_ms, *said, outcome.origin, "home")


@given(st.lists(OUTCOMES, max_size=5))
def test_json_lines_come_back(outcomes: list[Outcome]) -> None:
    """An export is an import."""
    parsed = parse_jsonl(to_jsonl(outcome, "home") for outcome in outcomes)
    assert parsed == (tuple(map(as_imported, outcomes)), ())


@given(st.lists(OUTCOMES, max_size=5))
def test_csv_comes_back_and_starts_no_formula(outcomes: list[Outcome]) -> None:
    """No cell that a spreadsheet would run; the apostrophe that prevents it goes away again."""
    text = "".join(to_csv(outcomes, "home"))
    assert parse_csv(io.StringIO(text, newline="")) == (tuple(map(as_imported, outcomes)), ())
    assert not any(line.startswith(FORMULA[:-1]) for line in text.splitlines())


def test_the_documented_line_is_read() -> None:
    """The example of the interface, with and without what is optional."""
    (plain,), problems = parse_jsonl([json.dumps(LINE), "", "  \n"])
    assert problems == ()
    assert plain == Imported("shop", 1_791_000_600_000, DOWN, Reason.TIMEOUT, None)
    more = {**LINE, "family": "4", "origin": "grid", "vantage": "berlin", "latency_ms": 12.5, "reason": None}
    (full,), _ = parse_jsonl([json.dumps(more)])
    assert full == Imported("shop/4", 1_791_000_600_000, DOWN, Reason.UNSTATED, 12_500, Origin.GRID, "berlin")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"check": ""}, "check is not a text"),
        ({"check": 7}, "check is not a text"),
        ({"check": "a\x1b[31m"}, "check is not a text"),
        ({"at": "yesterday"}, "at 'yesterday' is not an instant such as"),
        ({"at": "2026-10-03T04:10:00"}, "says no zone; end it with Z"),
        ({"at": "1969-12-31T23:59:59.999Z"}, "at '1969-12-31T23:59:59.999Z' lies before 1970"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "lies before 1970"),
        ({"at": 5}, "at is not a text"),
        ({"state": "broken"}, "state 'broken' is not one of up, down, unknown"),
        ({"state": ["up"]}, "state ['up'] is not one of"),
        ({"reason": "odd"}, "reason 'odd' is not known; leave it out"),
        ({"state": "up"}, "an outcome that is up has no reason"),
        ({"latency_ms": -1}, "latency_ms -1 is not a number of milliseconds"),
        ({"latency_ms": "soon"}, "latency_ms 'soon' is not a number"),
        ({"latency_ms": True}, "latency_ms true is not a number"),
        ({"latency_ms": 1e300}, "latency_ms 1e+300 is not a number of milliseconds from 0 to a day"),
        ({"origin": "cron"}, "origin 'cron' is not one of"),
        ({"family": "5"}, "family '5' is neither 4 nor 6"),
        ({"vantage": ""}, "vantage is not a text"),
        ({"latency": 5}, "unknown field 'latency'; known are check, at"),
    ],
)
def test_a_bad_line_is_told_with_its_number(changed: dict[str, object], problem: str) -> None:
    """The good lines are read all the same."""
    rows, problems = parse_jsonl([json.dumps(LINE), json.dumps({**LINE, **changed}), json.dumps(LINE)])
    assert len(rows) == 2
    assert len(problems) == 1
    assert problems[0].startswith("line 2: ")
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is not JSON: Expecting"),
        ("[1]", "is not a JSON object"),
        ("x" * 70_000, "is longer than 65536 characters"),
        ("[" * 60_000, "is nested too deep"),
        ("9" * 5_000, "holds a number of too many digits"),
    ],
)
def test_what_is_not_json_is_told(line: str, problem: str) -> None:
    """No traceback for any bytes."""
    assert problem in parse_jsonl([line]).problems[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the header lacks check, at, state"),
        ("check,at\n", "line 1: the header lacks state"),
        ("check,at,state\nshop,2026-10-03T04:10:00Z\n", "line 2: has another number of cells"),
        ("check,at,state\nshop,2026-10-03T04:10:00Z,up,5\n", "line 2: has another number of cells"),
        ('check,at,state\nshop,"2026', "line 2: unexpected end of data"),
        ('check,at,"state', "line 1: "),
    ],
)
def test_bad_csv_is_told(text: str, problem: str) -> None:
    """By line, like JSON."""
    parsed = parse_csv(io.StringIO(text, newline=""))
    assert parsed.rows == ()
    assert parsed.problems[0].startswith(problem)


@given(st.text(max_size=60))
def test_any_text_is_read_or_told(text: str) -> None:
    """Import files come from anywhere."""
    for parsed in (parse_jsonl(text.split("\n")), parse_csv(io.StringIO("check,at,state\n" + text, newline=""))):
        assert all(problem.startswith("line ") for problem in parsed.problems)


FACTS = {"down_bps": 93_000_000, "other_traffic": False, "hops": [{"ttl": 1, "rtt_ms": 0.5}], "banner": "ready"}


def test_facts_go_out_and_come_back() -> None:
    """JSON Lines carry what an attempt showed; CSV has no place for it; without facts the line has no such key."""
    outcome = an_outcome(T0, finding=Finding(state=UP, facts=FACTS))
    (row,), problems = parse_jsonl([to_jsonl(outcome, "home")])
    assert (row.facts, problems) == (FACTS, ())
    assert "facts" not in json.loads(to_jsonl(an_outcome(T0), "home"))
    assert "93000000" not in "".join(to_csv([outcome], "home"))


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ("5", "facts is not an object such as"),
        ('{"": 1}', "facts has a name that is not of 1 to 64 printable characters"),
        ('{"a\\u001b": 1}', "facts has a name that is not"),
        ('{"a": 1e999}', "facts has a number that is not between"),
        ('{"a": NaN}', "facts has a number that is not between"),
        ('{"a": -9223372036854775808}', "facts has a number that is not between"),
        ('{"a": [[[[[[[1]]]]]]]}', "facts is nested deeper than 6 levels"),
        ('{"a": "' + "x" * 17_000 + '"}', "facts is longer than 16384 characters"),
    ],
)
def test_facts_that_no_record_should_hold_are_told(facts: str, problem: str) -> None:
    """Facts come from anywhere, like every other field."""
    text = json.dumps(LINE)[:-1] + f', "facts": {facts}}}'
    assert problem in parse_jsonl([text]).problems[0]


def test_facts_are_made_printable_and_none_are_none() -> None:
    """What a terminal would obey is shown as its number; an empty object says nothing."""
    (row,), _ = parse_jsonl([json.dumps({**LINE, "facts": {"a": "x\x1b[31m\u202e", "b": 1.5, "c": None}})])
    assert row.facts == {"a": "x\\x1b[31m\\u202e", "b": 1.5, "c": None}
    (bare,), _ = parse_jsonl([json.dumps({**LINE, "facts": {}})])
    assert bare.facts is None


def test_long_facts_go_to_the_agent_in_smaller_parts() -> None:
    """A part holds so many rows, and never more facts than one request takes."""
    plain = Imported("shop", T0, UP, None, None)
    assert [len(part) for part in parts([plain] * 5, 2)] == [2, 2, 1]
    long = plain._replace(facts={"text": "x" * 16_000})
    assert [len(part) for part in parts([long] * 40, 2000)] == [32, 8]
    assert list(parts([], 5)) == []


def test_imported_facts_are_in_the_record(tmp_path: Path) -> None:
    """Also through the agent's socket, which hands a change on as JSON."""
    rows = (Imported("line", T0, UP, None, None, facts=FACTS), Imported("line", T0 + 60_000, DOWN, None, None))
    change = decode(json.loads(json.dumps(encode(ImportOutcomes(rows=rows, at_ms=T0 * 2, by="me", vantage=HOME)))))
    with offline(tmp_path / "probe.db") as apply:
        apply(change)
    with open_reader(tmp_path / "probe.db") as reader:
        found = list(reader.outcomes(HOME, "line", 0, T0 * 2))
    assert [each.finding.facts for each in found] == [FACTS, {}]


def test_instants_show_milliseconds_only_where_there_are_some() -> None:
    """Whole seconds read easily, and nothing is rounded."""
    assert [iso(0), iso(T0 + 7)] == ["1970-01-01T00:00:00Z", "2026-09-21T14:13:20.007Z"]


def test_a_record_travels_by_its_export(tmp_path: Path) -> None:
    """Exported from one record and imported to another one, spans and log are the same."""
    outcomes = [an_outcome(T0 + n * 60_000, DOWN if 3 < n < 8 else UP) for n in range(20)]
    with recorded(tmp_path / "one.db", outcomes) as reader:
        lines = [to_jsonl(outcome, HOME) for outcome in reader.outcomes(HOME, "shop", 0, T0 * 2)]
        spans = reader.spans(HOME, "shop", 0, T0 * 2)
    with offline(tmp_path / "two.db") as apply:
        apply(ImportOutcomes(rows=parse_jsonl(lines).rows, at_ms=T0 * 2, by="me"))
    with open_reader(tmp_path / "two.db") as reader:
        assert reader.spans(HOME, "shop", 0, T0 * 2) == spans
        assert len(reader.last(HOME, "shop", 99)) == 20


def test_rechecks_do_not_pass_for_the_schedule(tmp_path: Path) -> None:
    """The interval of an unknown check is that of its scheduled attempts, however many rechecks an outage had."""
    grid = [Imported("new", T0 + n * 60_000, UP, None, None, origin=Origin.GRID) for n in range(10)]
    again = [Imported("new", T0 + 1_000 + n * 5_000, DOWN, None, None, origin=Origin.RECHECK) for n in range(60)]
    with offline(tmp_path / "probe.db") as apply:
        apply(ImportOutcomes(rows=(*grid, *again), at_ms=T0 * 2, by="me", vantage=HOME))
    with open_reader(tmp_path / "probe.db") as reader:
        (setting,) = reader.settings(HOME, "new")
    assert (setting.interval_ms, setting.g_max_ms) == (60_000, 90_000)
