"""What the clocks say about the agent, by clocks turned by hand."""

from __future__ import annotations

from probe.agent.clockwatch import ClockWatch, Noticed
from probe.model import EventKind
from tests.clocks import HandClock


def watched() -> tuple[HandClock, ClockWatch]:
    clock = HandClock()
    return clock, ClockWatch(clock.read(), stall_ms=500)


def test_an_ordinary_second_is_nothing() -> None:
    """A healthy agent has nothing to say."""
    clock, watch = watched()
    for _ in range(1_000):
        clock.advance(1_010)
        assert watch.glance(clock.read()) == []
        assert watch.look(clock.read()) == []
    assert watch.late_ms == 10


def test_a_suspend_is_the_whole_stretch_between_two_looks() -> None:
    """Boottime outran monotonic: between the two looks nothing is known."""
    clock, watch = watched()
    clock.advance(400)
    clock.suspend(3_600_000)
    before_ms = 5_000_000
    assert watch.look(clock.read()) == [Noticed(EventKind.SUSPEND, before_ms, 3_600_400, 3_600_000)]


def test_a_stall_is_what_is_missing_to_the_promised_look() -> None:
    """The loop stood still from when the look was promised until it came."""
    clock, watch = watched()
    clock.advance(1_501)
    assert watch.look(clock.read()) == [Noticed(EventKind.STALL, 5_001_000, 501, 501)]
    clock.advance(1_500)
    assert watch.look(clock.read()) == []


def test_a_glance_notices_before_the_promised_look_comes() -> None:
    """An outcome that ends after a stall is recorded behind the stall's event."""
    clock, watch = watched()
    clock.advance(9_000)
    assert [one.kind for one in watch.glance(clock.read())] == [EventKind.STALL]
    assert watch.glance(clock.read()) == []
    assert watch.look(clock.read()) == []


def test_a_step_is_told_once_and_small_ones_add_up() -> None:
    """Each step opens a segment; corrections too small to see are seen once they have grown."""
    clock, watch = watched()
    clock.advance(1_000)
    clock.step_wall(-3_600_000)
    assert watch.look(clock.read()) == [Noticed(EventKind.CLOCK_STEP, 5_001_000, None, -3_600_000)]
    clock.advance(1_000)
    assert watch.look(clock.read()) == []
    told = []
    for _ in range(3):
        clock.advance(1_000)
        clock.step_wall(200)
        told += watch.look(clock.read())
    assert [(one.kind, one.moved_ms) for one in told] == [(EventKind.CLOCK_STEP, 600)]
