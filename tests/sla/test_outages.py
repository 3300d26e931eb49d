"""Outages as people read them, and unknown time with its cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from probe.model import Cause
from probe.sla import attribution
from probe.sla.assessment import Outage, Stretch
from probe.sla.attribution import Witness
from probe.sla.outages import outages, stretches
from tests.sla.build import member

END = 3_600_000
GOOD = [[0, 60, 61, "G"]]
LOST = [[0, 60, 5, "G"], [300, 60, 30, "B"], [2100, 60, 26, "G"]]


def seen(references: Sequence[Sequence[Sequence[Any]]] = (GOOD,), gateway: Any = None) -> Witness:
    """What the references prove over an hour."""
    members = [member(runs, f"r{i}", confirm=1, network=f"n{i}") for i, runs in enumerate(references)]
    return attribution.witness(members, gateway and member(gateway, confirm=1), 0, END)


def found(runs: Sequence[Sequence[Any]], witness: Witness | None = None, **more: Any) -> tuple[Outage, ...]:
    """The outages of a check with these runs."""
    return outages(member(runs, **more), witness or seen(), 0, END)


def secs(outage: Outage) -> tuple[int | None, ...]:
    """Earliest and latest start, earliest and latest end, in seconds."""
    return tuple(None if value is None else value // 1000 for value in outage[1:5])


def test_an_outage_has_an_earliest_and_a_latest_start_and_end() -> None:
    """What lies between the last good and the first bad sample nobody knows."""
    [outage] = found([[0, 60, 10, "G"], [600, 60, 4, "B"], [840, 60, 10, "G"]])
    assert secs(outage) == (540, 600, 780, 840)
    assert (outage.key, outage.is_confirmed, outage.attempts) == ("shop-front", True, 4)
    assert (outage.counted_ms, outage.gap_ms, outage.cause) == (180_000, 0, Cause.PROVIDER_OR_PATH)


def test_a_gap_inside_is_shown_and_does_not_split() -> None:
    """The agent was off for ten minutes while the target was down: one outage."""
    [outage] = found([[0, 60, 10, "G"], [600, 60, 4, "B"], [1380, 60, 4, "B"], [1620, 60, 10, "G"]])
    assert secs(outage) == (540, 600, 1560, 1620)
    assert (outage.attempts, outage.gap_ms, outage.counted_ms) == (8, 600_000, 360_000)


def test_an_outage_that_goes_on_has_no_end() -> None:
    """No good sample has been seen since."""
    [outage] = found([[0, 60, 10, "G"], [600, 60, 4, "B"]])
    assert secs(outage) == (540, 600, None, None)
    assert outage.attempts == 4


def test_unconfirmed_failures_are_suspects() -> None:
    """They are listed, and nobody is told."""
    alone, after_gap = found([[0, 60, 10, "G"], [600, 60, 1, "B"], [660, 60, 5, "G"], [1500, 60, 1, "B"]])
    assert (alone.is_confirmed, secs(alone), alone.attempts, alone.counted_ms) == (False, (540, 660, 540, 660), 1, 0)
    assert (after_gap.is_confirmed, secs(after_gap), after_gap.attempts) == (False, (900, 1500, None, None), 1)


def test_a_failure_between_two_gaps_is_confirmed_only_where_one_confirms() -> None:
    """It proves an instant, not a length."""
    runs = [[0, 60, 5, "G"], [600, 60, 1, "B"], [1200, 60, 5, "G"]]
    assert [outage.is_confirmed for outage in found(runs)] == [False]
    assert [(outage.is_confirmed, secs(outage)) for outage in found(runs, confirm=1)] == [(True, (240, 600, 600, 1200))]


def test_silence_alone_is_no_outage() -> None:
    """A gap is unknown, never down."""
    assert found([[0, 60, 5, "G"], [1200, 60, 5, "U"], [2000, 60, 5, "G"]]) == ()


def test_only_outages_that_touch_the_span_are_listed() -> None:
    """The record reaches beyond the period on both sides."""
    runs = [[-600, 60, 5, "G"], [-300, 60, 4, "B"], [-60, 60, 62, "G"], [3660, 60, 4, "B"]]
    assert found(runs) == ()


def test_a_single_failure_is_ours_unless_a_witness_was_up_all_along() -> None:
    """A suspect while our line went down must not be the provider's."""
    suspect = [[0, 60, 5, "G"], [300, 60, 2, "B"], [420, 60, 20, "G"]]
    [outage] = found(suspect, seen([LOST] * 3, GOOD))
    assert outage.cause is Cause.ISP
    [outage] = found(suspect)
    assert outage.cause is Cause.PROVIDER_OR_PATH


def test_every_unknown_stretch_has_its_cause() -> None:
    """Agent off, attempt not judged, a local reason, nothing recorded yet."""
    runs = [[600, 60, 5, "G"], [1200, 60, 5, "G"], [1500, 60, 2, "U"], [1620, 60, 10, "G"], [2220, 60, 1, "U"]]
    checked = member([*runs, [2280, 60, 10, "G"]], local=((2160_000, 2280_000),))
    assert stretches(checked, seen([]), 0, END) == (
        Stretch(0, 600_000, Cause.AGENT_GAP),
        Stretch(840_000, 1_200_000, Cause.AGENT_GAP),
        Stretch(1_440_000, 1_620_000, Cause.UNKNOWN_TARGET),
        Stretch(2_160_000, 2_280_000, Cause.OWN_NETWORK),
        Stretch(2_820_000, 3_600_000, Cause.AGENT_GAP),
    )


def test_a_local_reason_is_our_line_only_while_no_reference_was_up() -> None:
    """No route to one target while others are reached is that route's trouble."""
    checked = member([[0, 60, 5, "G"], [300, 60, 1, "U"], [360, 60, 55, "G"]], local=((240_000, 360_000),))
    assert [each.cause for each in stretches(checked, seen(), 0, END)] == [Cause.UNKNOWN_TARGET]


def test_a_failure_that_is_not_charged_is_unknown_with_its_cause() -> None:
    """Our own line was down for the first part of it."""
    runs = [[0, 60, 6, "G"], [360, 60, 40, "B"], [2760, 60, 20, "G"]]
    causes = {stretch.cause for stretch in stretches(member(runs), seen([LOST] * 3, LOST), 0, 3_000_000)}
    assert causes == {Cause.OWN_NETWORK, Cause.UNKNOWN_REFERENCE}
