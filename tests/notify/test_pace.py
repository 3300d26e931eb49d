"""When a channel gets something: decided from the record alone, by instants made by hand."""

from __future__ import annotations

import pytest

from probe.notify.pace import Pace, Waiting, due, orphans
from probe.notify.routing import is_quiet
from probe.store.outbox import Letter
from tests.agent.test_notices import ALL

PACE = Pace()
GATHER = 5_000
NOW = 10_000_000


def a_letter(number: int, next_at_ms: int, attempts: int = 0, error: str | None = None) -> Letter:
    return Letter(number, "hook", attempts, next_at_ms, error)


def taken(letters: list[Letter], sent: tuple[int, ...] = (), now: int = NOW) -> list[int]:
    return [one.outbox for one in due(Waiting(letters, sent, GATHER), now, PACE)]


def test_the_first_waits_a_moment_for_the_others() -> None:
    """What happens within seconds is one message."""
    assert taken([]) == []
    assert taken([a_letter(1, NOW - 4_999), a_letter(2, NOW)]) == []
    assert taken([a_letter(1, NOW - 5_000), a_letter(2, NOW)]) == [1, 2]


@pytest.mark.parametrize(
    ("ago", "is_due"),
    [
        ((60_000,), True),
        ((59_999,), False),
        ((400_000, 299_999), False),
        ((400_000, 300_000), True),
        ((2_000_000,), True),
    ],
)
def test_while_much_goes_on_they_come_at_growing_distances(ago: tuple[int, ...], is_due: bool) -> None:
    """The second after a minute, the third after five; long ago does not count."""
    assert bool(taken([a_letter(1, NOW - 6_000)], tuple(NOW - each for each in ago))) is is_due


def test_ten_thousand_within_minutes_are_three_messages() -> None:
    """Checks that fail one after the other for six minutes, looked at every second."""
    waiting: list[Letter] = []
    sent: list[int] = []
    for second in range(600):
        now = NOW + second * 1000
        if second < 360:
            waiting += [a_letter(second * 28 + each, now) for each in range(28)]
        if found := due(Waiting(waiting, sent, GATHER), now, PACE):
            waiting = [one for one in waiting if one not in found]
            sent.append(now)
    assert waiting == []
    assert len(sent) == 3


def test_a_group_that_failed_goes_again_as_it_was_before_anything_new() -> None:
    """The same letters, the same key; new ones wait behind it."""
    failed = [a_letter(1, NOW, 1, "no"), a_letter(2, NOW, 1, "no")]
    fresh = [a_letter(3, NOW - 60_000)]
    assert taken([*failed, *fresh]) == [1, 2]
    assert taken([*failed, *fresh], now=NOW - 1) == []
    assert taken([a_letter(1, NOW + 3_600_001, 1, "no")]) == [1], "the clock was set back"
    assert taken([a_letter(1, NOW + 3_600_001)]) == [1], "the clock was set back"


def test_tries_come_at_doubling_distances() -> None:
    """Half a minute to an hour."""
    assert [PACE.again_after_ms(each) for each in (1, 2, 3, 99)] == [30_000, 60_000, 120_000, 3_600_000]


def test_what_an_agent_was_sending_when_it_ended_goes_again() -> None:
    """Nobody knows whether it arrived; what was refused is known and waits its time."""
    known = a_letter(1, NOW + 30_000, 1, "no")
    lost = [a_letter(2, NOW + 20_000, 1), a_letter(3, NOW + 20_000, 1)]
    assert orphans([known, *lost, a_letter(4, NOW), a_letter(5, NOW + 25_000, 2)]) == lost
    assert orphans([known, a_letter(4, NOW)]) == []


@pytest.mark.parametrize(
    ("quiet", "hour", "expected"),
    [
        (None, 3, False),
        (("22:00", "07:00"), 3, True),
        (("22:00", "07:00"), 23, True),
        (("22:00", "07:00"), 7, False),
        (("12:00", "13:00"), 12, True),
        (("12:00", "13:00"), 13, False),
    ],
)
def test_quiet_hours_are_on_the_wall_clock_of_their_zone(
    quiet: tuple[str, str] | None, hour: int, expected: bool
) -> None:
    """Half-open, also over midnight; Kathmandu is 5:45 ahead."""
    from dataclasses import replace

    midnight = 1_790_035_200_000
    assert is_quiet(replace(ALL, quiet=quiet), midnight + hour * 3_600_000) is expected
    there = midnight + hour * 3_600_000 - (5 * 60 + 45) * 60_000
    assert is_quiet(replace(ALL, quiet=quiet, zone="Asia/Kathmandu"), there) is expected
