"""What is long and the same while all is well is kept of failures only."""

from __future__ import annotations

import json

import pytest

from probe.model import FAILURE_FACTS, Finding, Reason, State
from probe.store.outcomes import more_of

FACTS = {"status": 200, "chain": [{"subject": "shop.example"}], "tried": [{"address": "192.0.2.7:443"}]}


@pytest.mark.parametrize(
    ("state", "reason", "kept"),
    [(State.UP, None, {"status"}), (State.DOWN, Reason.STATUS, set(FACTS)), (State.UNKNOWN, Reason.PROXY, set(FACTS))],
)
def test_long_facts_are_kept_of_failures(state: State, reason: Reason | None, kept: set[str]) -> None:
    """Somebody will ask what was seen when it failed, and nobody for the millionth equal chain."""
    more = json.loads(more_of(Finding(state=state, reason=reason, facts=FACTS)) or "{}")
    assert set(more["facts"]) == kept
    assert {"chain", "tried"} <= FAILURE_FACTS


def test_nothing_but_long_facts_is_nothing() -> None:
    """An outcome without anything to keep takes no text at all."""
    assert more_of(Finding(state=State.UP, facts={"tried": []})) is None
