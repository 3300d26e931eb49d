"""The log lines of outcomes made by hand: transitions, attributed, and never a storm."""

from __future__ import annotations

import logging

import pytest

from probe.agent.journal import LINES_A_MINUTE, Journal, say
from probe.model import Check, Finding, Origin, Outcome, Reason, Role, State
from probe.references import References
from tests.builders import a_check

WALL_MS = 1_790_000_000_000
REFERENCE = a_check("ref", role=Role.REFERENCE)
GATEWAY = a_check("gateway", role=Role.GATEWAY)


class Diary:
    """A journal, its references, and what it logged: (message, check, cause)."""

    def __init__(self, caplog: pytest.LogCaptureFixture, *witnesses: Check) -> None:
        caplog.set_level(logging.INFO, "probe")
        self.caplog = caplog
        self.references = References(witnesses)
        self.journal = Journal(self.references)

    def see(self, check: Check, state: State, second: int, reason: Reason | None = None) -> None:
        finding = Finding(state=state, reason=reason, latency_us=1_500 if state is State.UP else None, detail="seen")
        at_ms = second * 1_000
        outcome = Outcome(
            key=check.key, revision="r", at_ms=WALL_MS + at_ms, clock=1, origin=Origin.GRID, finding=finding
        )
        self.references.see(check.key, finding, at_ms)
        self.journal.tell(check, outcome, at_ms)
        say(self.journal.held())

    def lines(self) -> list[tuple[str, str | None, str | None]]:
        records = [vars(record) for record in self.caplog.records]
        return [(each["message"], each.get("check"), each.get("cause")) for each in records]


SHOP = a_check("shop", confirm=3)


def test_an_outage_is_told_when_it_is_confirmed_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Two lines for an outage of a day, with its true beginning."""
    diary = Diary(caplog, REFERENCE)
    diary.see(SHOP, State.UP, 0)
    for second in range(10, 100, 10):
        diary.see(REFERENCE, State.UP, second)
        diary.see(SHOP, State.DOWN, second, Reason.REFUSED)
    diary.see(SHOP, State.UP, 100)
    assert diary.lines() == [
        ("first outcome", "shop", None),
        ("first outcome", "ref", None),
        ("outage began", "shop", "provider_or_path"),
        ("outage ended", "shop", "provider_or_path"),
    ]
    began = vars(caplog.records[2])
    assert began["since"] == "2026-09-21T14:13:30.000Z"
    assert (began["reason"], began["failures"], caplog.records[2].levelno) == ("refused", 3, logging.WARNING)


def test_an_unconfirmed_failure_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """A suspect is listed, never notified."""
    diary = Diary(caplog, REFERENCE)
    for second, state in enumerate([State.UP, State.DOWN, State.DOWN, State.UP]):
        diary.see(SHOP, state, second)
    assert diary.lines() == [("first outcome", "shop", None)]


def test_our_own_line_is_told_once_and_blamed_on_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """While no reference answers, no line calls it the provider's outage."""
    diary = Diary(caplog, REFERENCE, GATEWAY)
    for second in range(0, 60, 10):
        for check in (REFERENCE, GATEWAY, SHOP):
            diary.see(check, State.UP if second < 20 else State.DOWN, second)
    for check in (REFERENCE, GATEWAY, SHOP):
        diary.see(check, State.UP, 70)
    told = [line for line in diary.lines() if line[0] != "first outcome"]
    assert ("our own line is down", None, None) in told
    assert ("our own line is up again", None, None) in told
    assert [line for line in told if line[1] == "shop"] == [
        ("outage began", "shop", "own_network"),
        ("outage ended", "shop", "own_network"),
    ]
    for role, key in (("reference", "ref"), ("gateway", "gateway")):
        assert [line for line in told if line[1] == key] == [
            (f"{role} does not answer", key, "own_network"),
            (f"{role} answers again", key, "own_network"),
        ]


def test_a_witness_that_fails_alone_has_no_cause(caplog: pytest.LogCaptureFixture) -> None:
    """While another reference answers, neither the line nor anybody is to blame for a gateway that drops pings."""
    diary = Diary(caplog, REFERENCE, a_check("ref2", role=Role.REFERENCE), GATEWAY)
    other = diary.references
    for second in range(0, 60, 10):
        other.see("ref2", Finding(state=State.UP), second * 1_000)
        for check in (REFERENCE, GATEWAY):
            diary.see(check, State.DOWN, second)
    diary.see(REFERENCE, State.UP, 60)
    assert [line for line in diary.lines() if line[0] != "first outcome"] == [
        ("reference does not answer", "ref", None),
        ("gateway does not answer", "gateway", None),
        ("reference answers again", "ref", None),
    ]
    assert "our own line" not in caplog.text


def test_a_stopped_agent_is_no_line_that_is_down(caplog: pytest.LogCaptureFixture) -> None:
    """After a SIGSTOP the missed ticks of references and gateway tell of us, not of the line."""
    diary = Diary(caplog, REFERENCE, GATEWAY)
    for check in (REFERENCE, GATEWAY, SHOP):
        diary.see(check, State.UP, 0)
    for second in (10, 20, 30):
        for check in (REFERENCE, GATEWAY, SHOP):
            diary.see(check, State.UNKNOWN, second, Reason.OVERRUN)
    for check in (REFERENCE, GATEWAY, SHOP):
        diary.see(check, State.UP, 40)
    assert "our own line" not in caplog.text


def test_an_outage_waits_a_little_for_a_reference_to_speak(caplog: pytest.LogCaptureFixture) -> None:
    """Whose fault it is may be known a moment later; for ever nobody waits."""
    diary = Diary(caplog, REFERENCE)
    for second in range(4):
        diary.see(SHOP, State.DOWN, second)
    assert [line[0] for line in diary.lines()] == ["first outcome"]
    diary.see(SHOP, State.DOWN, 4)
    assert diary.lines()[-1] == ("outage began", "shop", "unknown_reference")


def test_what_cannot_be_judged_is_told_once_for_each_reason(caplog: pytest.LogCaptureFixture) -> None:
    """Our own troubles are said, not repeated."""
    diary = Diary(caplog)
    for second, reason in enumerate([Reason.NO_PERMISSION] * 3 + [Reason.FD_LIMIT] * 2):
        diary.see(SHOP, State.UNKNOWN, second, reason)
    assert [line[0] for line in diary.lines()] == ["first outcome", "could not be judged"]


def test_ten_thousand_outages_are_a_handful_of_lines(caplog: pytest.LogCaptureFixture) -> None:
    """A storm of failures must not become a storm of messages; what was left out is counted."""
    diary = Diary(caplog)
    checks = [a_check(f"c{number}", confirm=1) for number in range(10_000)]
    for check in checks:
        diary.see(check, State.DOWN, 0)
    diary.see(checks[0], State.UP, 100)
    diary.see(checks[0], State.DOWN, 101)
    assert len(diary.lines()) <= 2 * LINES_A_MINUTE + 4
    left_out = next(vars(record) for record in caplog.records if record.getMessage() == "more lines were left out")
    assert left_out["lines"] == 10_000 - LINES_A_MINUTE


def test_a_forgotten_check_tells_its_first_outcome_again(caplog: pytest.LogCaptureFixture) -> None:
    """With another meaning a check begins anew."""
    diary = Diary(caplog)
    diary.see(SHOP, State.UP, 0)
    diary.journal.forget("shop")
    diary.see(SHOP, State.UP, 10)
    assert [line[0] for line in diary.lines()] == ["first outcome", "first outcome"]


def test_what_is_reported_down_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing follows it for a long time, perhaps."""
    diary = Diary(caplog, REFERENCE)
    diary.see(REFERENCE, State.UP, 0)
    diary.see(a_check("backup", kind="push", confirm=1), State.DOWN, 1, Reason.REPORTED)
    assert diary.lines()[-1] == ("outage began", "backup", "unknown_reference")
