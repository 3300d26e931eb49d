"""V35 as far as figures of the report rest on it: quantiles of delay with losses, by RFC 2681."""

from __future__ import annotations

from probe.model import State
from probe.sla.beside import latency


def test_v35_a_lost_attempt_is_later_than_all_others() -> None:
    """RFC 2681's example ten times: the median of 100, 110, undefined, 90 and 500 is 110."""
    seen = [(State.UP, 100), (State.UP, 110), (State.DOWN, None), (State.UP, 90), (State.UP, 500)] * 10
    assert latency(seen).all_us["p50"] == 110
    most_lost = [(State.UP, 90), (State.DOWN, None), (State.DOWN, None)] * 10
    assert latency(most_lost).all_us["p50"] is None
