"""Reports of others: each is a sample, a missing one is down, and what we may have missed is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from probe.agent.pushes import MOST_A_MINUTE, Pushes
from probe.errors import UsageError
from probe.lanes import Ending
from probe.model import Check, Origin, Reason, State
from tests.clocks import HandClock
from tests.probers.attempts import a_check

LATE_MS = 300_000


class Desk:
    """Awaits one check on a clock turned by hand; looks once a second."""

    def __init__(self, heard_ms_ago: int | None = None) -> None:
        self.clock, self.endings = HandClock(), list[Ending]()
        self.pushes = Pushes(self.clock, self.endings.append)
        self.check: Check = a_check("push", "backup", late_after_ms=LATE_MS)
        heard = {} if heard_ms_ago is None else {"shop": self.now_ms - heard_ms_ago}
        self.pushes.follow([self.check, a_check("tcp", "192.0.2.1:1")], heard)

    @property
    def now_ms(self) -> int:
        return self.clock.read().boot_ms

    def wait(self, ms: int) -> None:
        """Time passes; who is late is looked for every second."""
        for _ in range(ms // 1000):
            self.clock.advance(1000)
            self.pushes.look()

    def said(self) -> list[tuple[State, Reason | None, Origin]]:
        return [(one.finding.state, one.finding.reason, one.origin) for one in self.endings]

    def report(self, state: State = State.UP, **more: Any) -> int:
        return self.pushes.report("shop", state, **more)


UP = (State.UP, None, Origin.PUSH)
LATE = (State.DOWN, Reason.LATE, Origin.GRID)
AGAIN = (State.DOWN, Reason.LATE, Origin.RECHECK)
DEAF = (State.UNKNOWN, Reason.DEAF, Origin.GRID)


def test_between_two_reports_nothing_is_made_up() -> None:
    """Two reports in time are two samples."""
    desk = Desk()
    desk.report()
    desk.wait(LATE_MS - 1000)
    desk.report()
    assert desk.said() == [UP, UP]
    assert desk.endings[1].at_boot_ms - desk.endings[0].at_boot_ms == LATE_MS - 1000


def test_a_report_that_does_not_come_is_down_from_then_on() -> None:
    """Once when it is late, once a minute while it stays so, and up when one comes."""
    desk = Desk()
    sent_ms = desk.report()
    desk.wait(LATE_MS + 120_000)
    desk.report()
    assert desk.said() == [UP, LATE, LATE, LATE, UP]
    assert desk.endings[1].due_boot_ms == sent_ms + LATE_MS
    assert desk.endings[1].at_boot_ms == sent_ms + LATE_MS
    assert desk.endings[3].at_boot_ms == sent_ms + LATE_MS + 120_000


def test_what_counts_is_one_a_period() -> None:
    """Lateness said again is no further missing report."""
    desk = Desk()
    desk.check = a_check("push", "backup", late_after_ms=LATE_MS)
    from dataclasses import replace

    desk.pushes.follow([replace(desk.check, interval_ms=LATE_MS)])
    desk.wait(2 * LATE_MS)
    assert desk.said() == [LATE, AGAIN, AGAIN, AGAIN, AGAIN, LATE]


def test_one_who_never_reported_is_late_after_the_same_time() -> None:
    """The agent has listened all that while."""
    desk = Desk()
    desk.wait(LATE_MS - 1000)
    assert desk.said() == []
    desk.wait(1000)
    assert desk.said() == [LATE]


def test_a_report_of_a_failure_is_down_with_its_words() -> None:
    """And cleaned: the words are remote."""
    desk = Desk()
    desk.report(State.DOWN, detail="disk\x1b[2J full")
    assert desk.said() == [(State.DOWN, Reason.REPORTED, Origin.PUSH)]
    assert desk.endings[0].finding.detail == r"disk\x1b[2J full"


def test_after_a_restart_a_report_may_have_been_missed() -> None:
    """Unknown until the agent has listened for as long as a report may take, then down."""
    desk = Desk(heard_ms_ago=LATE_MS - 10_000)
    desk.wait(9_000)
    assert desk.said() == []
    desk.wait(1_000)
    assert desk.said() == [DEAF]
    desk.wait(LATE_MS - 10_000 - 1_000)
    assert {one[1] for one in desk.said()} == {Reason.DEAF}
    desk.wait(1_000)
    assert desk.said()[-1] == LATE


def test_a_report_after_a_restart_is_in_time() -> None:
    """A short restart between two reports leaves no trace."""
    desk = Desk(heard_ms_ago=LATE_MS - 10_000)
    desk.wait(5_000)
    desk.report()
    desk.wait(LATE_MS - 1_000)
    assert desk.said() == [UP]


def test_after_a_suspend_a_report_may_have_been_missed() -> None:
    """Nobody could reach a machine that slept."""
    desk = Desk()
    desk.report()
    desk.clock.suspend(LATE_MS + 5_000)
    desk.pushes.look()
    assert desk.said() == [UP, DEAF]


def test_a_paused_check_is_not_late() -> None:
    """And when it is resumed, waiting begins anew."""
    desk = Desk()
    desk.pushes.paused = {"shop"}
    desk.wait(2 * LATE_MS)
    desk.pushes.paused = ()
    desk.wait(LATE_MS - 1_000)
    assert desk.said() == []
    desk.wait(1_000)
    assert desk.said() == [LATE]


def test_the_send_time_is_the_senders() -> None:
    """Where it can be true; else the time of arrival."""
    desk = Desk()
    desk.clock.advance(30_000)
    assert desk.report(sent_ms=desk.now_ms - 5_000) == desk.now_ms - 5_000
    assert desk.report(sent_ms=desk.now_ms + 5_000) == desk.now_ms
    desk.clock.advance(200_000)
    assert desk.report(sent_ms=desk.now_ms - 100_000) == desk.now_ms


def test_two_reports_at_once_are_two_instants() -> None:
    """An instant of the record names one outcome."""
    desk = Desk()
    desk.clock.advance(1_000)
    assert desk.report() < desk.report()


def test_too_many_reports_are_refused() -> None:
    """A loop somewhere must not fill the record; a minute later all is well."""
    desk = Desk()
    for _ in range(MOST_A_MINUTE):
        desk.report()
    with pytest.raises(UsageError, match="more than 60 reports a minute"):
        desk.report()
    desk.clock.advance(60_000)
    desk.report()


def test_only_what_is_awaited_can_be_reported() -> None:
    """A check that is probed is not, nor one that went."""
    desk = Desk()
    with pytest.raises(UsageError, match="not a check of kind push"):
        desk.pushes.report("other", State.UP)
    desk.pushes.follow([])
    with pytest.raises(UsageError, match="not a check of kind push"):
        desk.report()
    assert len(desk.pushes) == 0


def test_a_reload_forgets_nothing() -> None:
    """What is awaited stays so while the check means the same."""
    desk = Desk()
    desk.report()
    desk.wait(LATE_MS - 1_000)
    desk.pushes.follow([desk.check])
    desk.wait(1_000)
    assert desk.said() == [UP, LATE]
