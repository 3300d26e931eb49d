"""The live view of our own line, by hand-made outcomes."""

from __future__ import annotations

import pytest

from probe.model import Cause, Finding, Reason, Role, State
from probe.references import References
from tests.builders import a_check

GATEWAY = a_check("gateway", role=Role.GATEWAY)
A, B = a_check("a", role=Role.REFERENCE), a_check("b", role=Role.REFERENCE)
SHOP = a_check("shop")
UP, DOWN = Finding(state=State.UP), Finding(state=State.DOWN, reason=Reason.TIMEOUT)


def test_a_round_is_shared_and_at_most_every_two_seconds() -> None:
    """Ten thousand failing checks ask the references once."""
    references = References([SHOP, A, B, GATEWAY])
    assert references.keys() == ("a", "b", "gateway")
    assert references.round_ms(1_000) == 1_000
    assert references.round_ms(1_500) == 3_000
    assert references.round_ms(2_900) is None
    assert references.round_ms(9_000) == 9_000


def test_without_references_there_is_no_round() -> None:
    """Nobody to ask."""
    assert References([SHOP]).round_ms(1_000) is None


def test_a_failure_is_nobodys_until_a_reference_has_answered_after_it() -> None:
    """What a reference said before the failure proves nothing."""
    references = References([SHOP, A, B])
    assert references.fault(5_000) is Cause.UNKNOWN_REFERENCE
    references.see("a", UP, 4_000)
    references.see("b", UP, 4_000)
    assert references.fault(5_000) is Cause.UNKNOWN_REFERENCE
    references.see("a", UP, 5_500)
    assert references.fault(5_000) is Cause.PROVIDER_OR_PATH


def test_all_references_down_is_our_own_line_or_the_isp() -> None:
    """The gateway tells which; without one it stays open."""
    references = References([SHOP, A, B])
    references.see("shop", UP, 9_000)
    for key in ("a", "b"):
        references.see(key, DOWN, 6_000)
    assert references.is_line_down
    assert references.fault(5_000) is Cause.OWN_NETWORK_OR_ISP
    references.set_checks([SHOP, A, B, GATEWAY])
    assert references.fault(5_000) is Cause.OWN_NETWORK_OR_ISP
    references.see("gateway", DOWN, 6_000)
    assert references.fault(5_000) is Cause.OWN_NETWORK
    references.see("gateway", UP, 7_000)
    assert references.fault(5_000) is Cause.ISP


def test_the_line_is_not_down_while_a_reference_is_silent_or_up() -> None:
    """Not known is not down."""
    references = References([A, B])
    assert not references.is_line_down
    references.see("a", DOWN, 1_000)
    assert not references.is_line_down
    references.see("b", UP, 1_000)
    assert not references.is_line_down


def test_what_a_removed_reference_said_is_forgotten() -> None:
    """Only those that are configured speak."""
    references = References([A])
    references.see("a", DOWN, 1_000)
    references.set_checks([B])
    references.set_checks([A])
    assert not references.is_line_down


@pytest.mark.parametrize(
    "reason", [Reason.OVERRUN, Reason.STALL, Reason.SUSPEND, Reason.CLOCK_STEP, Reason.FD_LIMIT, Reason.INTERNAL]
)
def test_an_agent_that_was_held_up_says_nothing_about_the_line(reason: Reason) -> None:
    """SIGSTOP for 20 s: every reference misses its ticks, and the line was up all the while."""
    references = References([A, B, GATEWAY])
    for key in ("a", "b"):
        references.see(key, UP, 1_000)
    for key in ("a", "b", "gateway"):
        references.see(key, Finding(state=State.UNKNOWN, reason=reason), 20_000)
    assert not references.is_line_down
    assert references.fault(15_000) is Cause.UNKNOWN_REFERENCE
    assert references.fault(500) is Cause.PROVIDER_OR_PATH


def test_a_line_that_is_down_stays_so_while_the_agent_is_held_up() -> None:
    """What says nothing takes nothing back."""
    references = References([A])
    references.see("a", DOWN, 1_000)
    references.see("a", Finding(state=State.UNKNOWN, reason=Reason.OVERRUN), 2_000)
    assert references.is_line_down


@pytest.mark.parametrize("reason", [Reason.NO_ROUTE_LOCAL, Reason.RESOLVER_UNREACHABLE])
def test_no_way_out_is_our_own_line(reason: Reason) -> None:
    """A pulled cable leaves no route and no resolver: unjudged for a check, telling for the line."""
    references = References([A, B, GATEWAY])
    for key in ("a", "b", "gateway"):
        references.see(key, Finding(state=State.UNKNOWN, reason=reason), 6_000)
    assert references.is_line_down
    assert references.fault(5_000) is Cause.OWN_NETWORK
