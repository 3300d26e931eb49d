"""V35: the jitter of RFC 3550, on round trips."""

from __future__ import annotations

from fractions import Fraction

from probe.sla.jitter import Jitter, jitter, running


def test_v35_the_jitter_of_rfc_3550() -> None:
    """20, 20, 24, 20 ms: 0, then 0.25, then 0.484375 ms, exactly."""
    burst = [20_000, 20_000, 24_000, 20_000]
    assert [each / 1000 for each in running([burst])] == [0, Fraction("0.25"), Fraction("0.484375")]
    assert jitter([burst]) == Jitter(Fraction("484.375"), Fraction("484.375"))


def test_bursts_are_not_compared_with_each_other_and_a_lost_packet_ends_a_pair() -> None:
    """What lies a minute apart is drift, not jitter; the running mean goes on and falls again."""
    assert jitter([[20_000, None, 90_000], [50_000]]) is None
    found = jitter([[20_000, 36_000], [90_000, 90_000]])
    assert found == Jitter(Fraction("937.5"), Fraction(1000))
