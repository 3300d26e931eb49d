"""Who is paused now."""

from __future__ import annotations

from probe.agent.pauses import Pauses
from tests.builders import a_check


def test_pauses_end_when_their_time_is_over_or_when_resumed() -> None:
    """Until an instant, or until somebody resumes."""
    pauses = Pauses()
    pauses.add("a", None)
    pauses.add("b", 1_000)
    assert [check.key for check in pauses.others([a_check("a"), a_check("b"), a_check("c")])] == ["c"]
    assert pauses.expire(999) == ()
    assert pauses.expire(1_000) == ("b",)
    assert "a" in pauses
    assert pauses.remove("a")
    assert not pauses.remove("a")
    assert len(pauses) == 0
