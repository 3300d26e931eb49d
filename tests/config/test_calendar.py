"""Calendars and notices become windows: rules, exceptions, zones, what is called off, and what hostile files try."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

import pytest

from probe.config.calendar import SIZE_LIMIT, Notices, Reading, read
from probe.model import Window, WindowKind

NOW = 1_790_812_800_000
"""2026-10-01T00:00:00Z."""
HOUR = 3_600_000

HANG_S = 10
"""CPU time that says that a rule keeps us busy: an endless one would take for ever."""


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of events, each the lines between BEGIN and END."""
    parts = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\n{head}{parts}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def told(content: bytes, **how: object) -> Notices:
    """What a file says on the first of October, for one provider."""
    return read(content, Reading(now_ms=NOW, scope=Window(provider="Acme", reason=""), **how))  # type: ignore[arg-type]


def at(text: str) -> int:
    """An instant such as 20261003T0200 in UTC."""
    return int(datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=UTC).timestamp()) * 1000


def begins(found: Notices) -> list[str]:
    """The beginnings of all windows."""
    ordered = sorted(window.start_ms or 0 for window in found.windows)
    return [f"{datetime.fromtimestamp(start / 1000, UTC):%Y%m%dT%H%M}" for start in ordered]


ONCE = """
UID:1@acme
DTSTAMP:20260901T000000Z
CREATED:20260902T000000Z
DTSTART:20261003T020000Z
DTEND:20261003T040000Z
SUMMARY:Switch\\, rack 4
"""
WEEKLY = """
UID:2@acme
DTSTART;TZID=Europe/Berlin:20261003T020000
DURATION:PT2H
RRULE:FREQ=WEEKLY;UNTIL=20261107T235959Z
EXDATE;TZID=Europe/Berlin:20261010T020000
RDATE;TZID=Europe/Berlin:20261012T020000
"""


def test_an_event_is_a_window() -> None:
    """With its beginning, its end, what it is for, and when it was announced."""
    found = told(calendar(ONCE))
    (window,) = found.windows
    assert (window.start_ms, window.end_ms) == (at("20261003T0200"), at("20261003T0400"))
    assert (window.uid, window.provider, window.source, window.reason) == ("1@acme#", "Acme", "ical", "Switch, rack 4")
    assert (window.announced_at_ms, window.kind) == (at("20260902T0000"), WindowKind.SCHEDULED)
    assert (found.events, found.problems, found.left_out) == (("1@acme",), (), ())


def test_a_series_follows_its_wall_clock_with_exceptions_and_additions() -> None:
    """02:00 in Berlin is 00:00Z before the change of clocks and 01:00Z after it."""
    found = told(calendar(WEEKLY))
    expected = ["20261003T0000", "20261012T0000", "20261017T0000", "20261024T0000", "20261031T0100", "20261107T0100"]
    assert begins(found) == expected
    assert {(window.end_ms or 0) - (window.start_ms or 0) for window in found.windows} == {2 * HOUR}
    assert found.windows[0].uid == "2@acme#20261003T000000Z"


def test_an_occurrence_that_was_moved_or_cancelled_stands_in_for_the_one_of_the_rule() -> None:
    """In whatever order they come; its uid stays that of the rule's occurrence."""
    moved = """
UID:2@acme
RECURRENCE-ID;TZID=Europe/Berlin:20261017T020000
DTSTART;TZID=Europe/Berlin:20261018T030000
DTEND;TZID=Europe/Berlin:20261018T040000
"""
    gone = """
UID:2@acme
RECURRENCE-ID;TZID=Europe/Berlin:20261024T020000
DTSTART;TZID=Europe/Berlin:20261024T020000
STATUS:CANCELLED
"""
    found = told(calendar(moved, gone, WEEKLY))
    assert begins(found) == ["20261003T0000", "20261012T0000", "20261018T0100", "20261031T0100", "20261107T0100"]
    assert "2@acme#20261017T000000Z" in {window.uid for window in found.windows}
    assert found.left_out == ("2@acme: cancelled",)


@pytest.mark.parametrize(
    ("more", "head"),
    [("STATUS:CANCELLED", ""), ("X-MAINTNOTE-STATUS:CANCELLED", ""), ("", "METHOD:CANCEL\n")],
)
def test_what_is_called_off_has_no_window_and_is_known(more: str, head: str) -> None:
    """So that what the record has of it is removed."""
    found = told(calendar(f"UID:1@acme\n{more}", head=head))
    assert (found.windows, found.events, found.left_out) == ((), ("1@acme",), ("1@acme: cancelled",))


def test_what_is_tentative_is_not_announced() -> None:
    """It is said, and no window is made of it."""
    found = told(calendar(ONCE + "STATUS:TENTATIVE"))
    assert (found.windows, found.left_out) == ((), ("1@acme: tentative, not announced yet",))


@pytest.mark.parametrize(
    ("more", "head", "expected"),
    [
        ("", "METHOD:PUBLISH\n", "20260902T0000"),
        ("SEQUENCE:2\nLAST-MODIFIED:20260920T000000Z", "", "20260920T0000"),
        ("SEQUENCE:2", "METHOD:REQUEST\n", "20260901T0000"),
        ("SEQUENCE:2", "", None),
    ],
)
def test_when_it_was_announced_is_what_the_event_says_of_itself(more: str, head: str, expected: str | None) -> None:
    """A changed event was announced, as it is now, when it was changed last; what nobody says is not known."""
    (window,) = told(calendar(ONCE + more, head=head)).windows
    assert window.announced_at_ms == (None if expected is None else at(expected))
    assert told(calendar(ONCE), announced_at_ms=7).windows[0].announced_at_ms == 7


def test_a_notice_by_mail_was_announced_when_it_was_sent() -> None:
    """With the fields of the maintenance notification standard."""
    notice = ONCE + "X-MAINTNOTE-PROVIDER:Acme\nX-MAINTNOTE-IMPACT:OUTAGE\nCATEGORIES:EMERGENCY,NETWORK"
    mail = (
        b"From: noc@example.net\r\nDate: Mon, 28 Sep 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
        b"--x\r\nContent-Type: text/calendar\r\n\r\n" + calendar(notice) + b"\r\n--x--\r\n"
    )
    found = told(mail)
    (window,) = found.windows
    assert (window.source, window.announced_at_ms) == ("mail", at("20260928T0800"))
    assert (window.impact, window.kind) == ("outage", WindowKind.EMERGENCY)
    assert found.providers == ("Acme",)


def test_days_and_times_without_a_zone_need_one() -> None:
    """From the person, or from the calendar itself."""
    day = "UID:d\nDTSTART;VALUE=DATE:20261025\n"
    assert "say which is meant with --zone" in told(calendar(day)).problems[0]
    (window,) = told(calendar(day), zone="Europe/Berlin").windows
    assert (window.start_ms, (window.end_ms or 0) - (window.start_ms or 0)) == (at("20261024T2200"), 25 * HOUR)
    named = told(calendar(day, head="X-WR-TIMEZONE:Europe/Berlin\n")).windows
    assert named == (window,)
    assert told(calendar(day, head="X-WR-TIMEZONE:Mars/Olympus\n")).problems


def test_rules_end_with_a_day_or_not_at_all_and_days_are_excepted() -> None:
    """An endless rule is followed for 400 days."""
    rule = "UID:r\nDTSTART:20261001T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    assert len(told(calendar(rule)).windows) == 401
    few = told(calendar(rule + ";UNTIL=20261004\nEXDATE;VALUE=DATE:20261002"), zone="UTC")
    assert begins(few) == ["20261001T0000", "20261003T0000", "20261004T0000"]
    long_ago = told(calendar(rule.replace("2026", "1990")))
    assert len(long_ago.windows) == 801


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ("DTSTART:20261003T020000Z\nDTEND:20261003T040000Z", "has no UID of its own"),
        (f"UID:{'x' * 500}", "UID is longer"),
        ("UID:a", "has no DTSTART"),
        ("UID:a\nDTSTART:20261003T020000Z", "has neither DTEND nor DURATION"),
        ("UID:a\nDTSTART:20261003T020000Z\nDTEND:20261003T010000Z", "ends before it begins"),
        ("UID:a\nDTSTART:20261003T020000Z\nDTEND:20281003T010000Z", "after more than a year"),
        ("UID:a\nDTSTART:20261003T020000Z\nDURATION:P-1D", "cannot be read"),
        ("UID:a\nDTSTART:20261003T020000Z\nDURATION:soon", "cannot be read"),
        ("UID:a\nDTSTART:20261003T020000Z\nDURATION:20261003", ""),
        ("UID:a\nDTSTART:yesterday\nDURATION:PT1H", "cannot be read"),
        ("UID:a\nDTSTART:20261003T020000Z\nDTSTART:20261004T020000Z\nDURATION:PT1H", "has more than one DTSTART"),
        ("UID:a\nDTSTART:00010101T000000Z\nDURATION:PT1H", "is in the year 1"),
        ("UID:a\nDTSTART;TZID=Mars/Olympus:20261003T020000\nDURATION:PT1H", "a time zone that nobody knows"),
    ],
)
def test_an_event_that_cannot_be_read_is_a_problem_and_the_others_are_taken(event: str, complaint: str) -> None:
    """What the record has of it stays: its uid is not among those that came."""
    found = told(calendar(event, ONCE.replace("1@", "9@")))
    assert any(complaint in problem for problem in found.problems), found.problems
    assert "a" not in found.events


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("FREQ=DAILY;INTERVAL=0", ""),
        ("FREQ=DAILY;INTERVAL=99999", "INTERVAL and COUNT are"),
        ("FREQ=DAILY;COUNT=100000000", "INTERVAL and COUNT are"),
        ("FREQ=SECONDLY", "has no FREQ of"),
        ("FREQ=MINUTELY;INTERVAL=1", "has no FREQ of"),
        ("FREQ=DAILY;BYHOUR=1,2,3", "has BYHOUR"),
        ("FREQ=DAILY;BYMONTHDAY=" + ",".join(["1"] * 400), "RRULE is too long"),
        ("INTERVAL=1", ""),
        ("FREQ=DAILY\nRRULE:FREQ=WEEKLY", "has more than one RRULE"),
    ],
)
def test_a_hostile_rule_is_refused_at_once(rule: str, complaint: str) -> None:
    """No rule may keep us busy, and none passes for another."""
    before = time.process_time()
    found = told(calendar(f"UID:a\nDTSTART:20261003T020000Z\nDURATION:PT1H\nRRULE:{rule}"))
    assert time.process_time() - before < HANG_S
    assert found.windows == ()
    assert len(found.problems) == 1
    assert complaint in found.problems[0]


def test_a_rule_that_never_happens_is_no_window_and_costs_nothing() -> None:
    """The thirtieth of February is looked for up to the horizon only."""
    before = time.process_time()
    found = told(calendar("UID:a\nDTSTART:20261003T020000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"))
    assert (found.windows, found.problems) == ((), ())
    assert time.process_time() - before < HANG_S


def test_an_addition_with_a_length_of_its_own_is_refused() -> None:
    """A period in RDATE; and more additions than anybody needs."""
    period = "RDATE;VALUE=PERIOD:20261005T020000Z/PT3H"
    start = "UID:a\nDTSTART:20261003T020000Z\nDURATION:PT1H\n"
    assert "has a length of its own" in told(calendar(start + period)).problems[0]
    many = "RDATE:" + ",".join(
        f"{day:%Y%m%dT%H%M%SZ}" for day in map(datetime.fromtimestamp, range(10**8, 10**8 + 10**9, 10**6 - 1))
    )
    assert (
        "happens more than"
        in told(calendar(start.replace("2026", "1990") + many + "\nRDATE:20261005T020000Z")).problems[0]
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "neither a calendar nor a mail with one; type the notice by hand: probe maintenance add"),
        (b"From: noc@example.com\n\nWe will work on 3 October from 02:00 to 04:00 UTC.\n", "type the notice by hand"),
        (b"\x00\xff" * 50, "neither a calendar nor a mail with one"),
        (b"BEGIN:VCALENDAR\r\nnonsense\r\n", ""),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", ""),
        (b"x" * (SIZE_LIMIT + 1), "is larger than 1 MiB"),
        (calendar(*["UID:a"] * 2001), "more than 2000 events"),
    ],
)
def test_a_file_that_is_no_calendar_is_one_line(content: bytes, complaint: str) -> None:
    """Whatever is handed in."""
    found = told(content)
    assert found.windows == ()
    assert all(complaint in problem for problem in found.problems)


def test_text_from_a_calendar_is_made_printable() -> None:
    """Control characters of strangers reach neither the record nor a terminal."""
    (window,) = told(calendar(ONCE.replace("Switch", "a\x1b]52;c;x\u202e").replace("1@acme", "u\x07#id"))).windows
    assert window.reason.isprintable()
    assert window.uid is not None
    assert window.uid.isprintable()
    assert window.uid.count("#") == 1


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_calendar_never_ends_in_an_exception(seed: int) -> None:
    """Bytes are changed, dropped and doubled at random; what comes out is windows or problems."""
    dice = random.Random(seed)
    whole = calendar(ONCE, WEEKLY, head="METHOD:PUBLISH\n")
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(content))
            content[place : place + dice.randint(0, 3)] = dice.choice([b"", b":", b"9", b";", b"\r\n", b"\xff", b"=0"])
        found = told(bytes(content))
        assert all(window.uid for window in found.windows)
