"""Rules about requests: buckets, error rates and what is not known."""

from __future__ import annotations

from fractions import Fraction

import pytest

from probe.model import State
from probe.sla.interval import EMPTY, Intervals
from probe.sla.requests import (
    Bucket,
    BucketRule,
    Request,
    Requests,
    Share,
    attempts,
    backed_off,
    bad_share,
    buckets,
    mean_rate,
    merged,
    pooled,
)

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
F = Fraction
TWELVE = [Bucket(i, 10, 0) for i in range(10)] + [Bucket(10, 10, 6), Bucket(11, 10, 10)]


def test_v26_the_mean_of_error_rates_and_an_interval_without_a_probe() -> None:
    """13/15; [47/60, 13/15] when one interval was not seen; 13/15 again when it was provably empty."""
    assert 1 - mean_rate(TWELVE, "up").high == F(13, 15)
    unseen = mean_rate([Bucket(0, 0, 0, 1), *TWELVE[1:]], "up")
    assert (1 - unseen.high, 1 - unseen.low) == (F(47, 60), F(13, 15))
    empty = [Bucket(0, 0, 0), *TWELVE[1:]]
    assert mean_rate(empty, "up") == Share(F(2, 15), F(2, 15), F(2, 15))
    assert mean_rate(empty, "skip").low == F(16, 110)
    assert mean_rate(empty, "down").low == F(26, 120)
    assert (mean_rate(empty, None).low, mean_rate(empty, None).high) == (F(2, 15), F(26, 120))
    assert mean_rate([Bucket(0, 0, 0)], "skip") == Share(F(0), None, F(0))


@pytest.mark.parametrize(
    ("rule", "bucket", "expected"),
    [
        (BucketRule(), Bucket(0, 4, 4), (1, 1, 1)),
        (BucketRule(), Bucket(0, 4, 3), (0, 0, 0)),
        (BucketRule(), Bucket(0, 4, 3, 1), (0, 0, 0)),
        (BucketRule(), Bucket(0, 4, 4, 1), (0, 1, 1)),
        (BucketRule(any_fail=True), Bucket(0, 4, 1), (1, 1, 1)),
        (BucketRule(any_fail=True), Bucket(0, 4, 0, 1), (0, 0, 1)),
        (BucketRule(more_than=F(1, 2)), Bucket(0, 4, 2), (0, 0, 0)),
        (BucketRule(more_than=F(1, 2), min_requests=10), Bucket(0, 4, 4), (0, 0, 0)),
        (BucketRule(more_than=F(1, 2), min_requests=5), Bucket(0, 4, 4, 1), (0, 0, 1)),
        (BucketRule(), Bucket(0, 0, 0, 1), (0, None, 1)),
        (BucketRule(empty="up"), Bucket(0, 0, 0), (0, 0, 0)),
        (BucketRule(empty="down"), Bucket(0, 0, 0), (1, 1, 1)),
        (BucketRule(), Bucket(0, 0, 0), (0, None, 1)),
    ],
)
def test_an_interval_is_bad_surely_or_perhaps(
    rule: BucketRule, bucket: Bucket, expected: tuple[int | None, ...]
) -> None:
    """Low takes what is not known as good, high as bad."""
    assert bad_share([bucket], rule) == Share(*expected)  # type: ignore[arg-type]


def test_pooled_requests_are_one_ratio() -> None:
    """Whenever they were made."""
    assert pooled([Bucket(0, 8, 2), Bucket(1, 1, 0, 1)]) == Share(F(2, 10), F(2, 9), F(3, 10))
    assert pooled([Bucket(0, 0, 0, 2)]) == Share(F(0), None, F(1))
    assert pooled([]) == Share(F(0), None, F(0))


def test_attempts_that_were_due_and_are_missing_are_unknown() -> None:
    """Before the first, between and after the last; a jittered grid misses none."""
    given = Requests(samples=[Request(65, UP), Request(120, DOWN), Request(300, UP), Request(900, UP)], interval_ms=60)
    assert list(attempts(given, 0, 480)) == [
        (65, UP),
        (120, DOWN),
        (300, UP),
        (0, UNKNOWN),
        (180, UNKNOWN),
        (240, UNKNOWN),
        (360, UNKNOWN),
        (420, UNKNOWN),
    ]


def test_samples_become_buckets_and_excused_failures_are_good() -> None:
    """An interval without any attempt is unseen, not empty."""
    given = Requests(
        samples=[Request(0, DOWN), Request(60, UP), Request(120, UNKNOWN), Request(180, DOWN)], interval_ms=60
    )
    cells = (0, 120, 240)
    assert buckets(given, cells, 360, EMPTY) == (Bucket(0, 2, 1, 0), Bucket(120, 1, 1, 1), Bucket(240, 0, 0, 2))
    assert buckets(given, cells, 360, Intervals.of([(150, 360)]))[1:] == (Bucket(120, 1, 0, 1), Bucket(240, 2, 0, 0))
    assert buckets(given, (), 360, EMPTY) == ()
    sparse = Requests(samples=[Request(0, UP)], interval_ms=1000)
    assert buckets(sparse, (0, 100), 200, EMPTY) == (Bucket(0, 1, 0), Bucket(100, 0, 0, 1))
    assert buckets(sparse, (0, 100), 200, Intervals.of([(100, 200)]))[1] == Bucket(100, 1, 0)


def test_counts_that_are_handed_in_are_taken_as_they_are() -> None:
    """What is not in them was provably not requested; forgiven intervals hold no errors."""
    given = Requests(
        buckets=[Bucket(-5, 9, 9), Bucket(0, 4, 2, 1), Bucket(50, 4, 4), Bucket(100, 1, 1), Bucket(300, 1, 1)]
    )
    assert buckets(given, (0, 100, 200), 300, EMPTY) == (Bucket(0, 8, 6, 1), Bucket(100, 1, 1), Bucket(200, 0, 0))
    assert buckets(given, (0, 100), 200, Intervals.of([(0, 10)]))[0] == Bucket(0, 9, 4)


def test_a_retry_that_does_not_back_off_is_not_counted() -> None:
    """One second after the first failure, then two, four … up to 32; a success starts again."""
    at = [(0, DOWN), (500, DOWN), (1000, DOWN), (2999, DOWN), (3000, DOWN), (3100, UP), (3200, DOWN), (3300, UP)]
    kept = backed_off([Request(*each) for each in at])
    assert [each.at_ms for each in kept] == [0, 1000, 3000, 3100, 3200, 3300]
    assert len(backed_off([Request(i * 32_000, DOWN) for i in range(9)])) == 9


def test_several_checks_are_counted_as_one() -> None:
    """Their attempts in time order; counts go before attempts."""
    one = Requests(samples=[Request(5, UP)], interval_ms=60, timeout_ms=3)
    two = Requests(samples=[Request(1, DOWN, None, (1, None))], interval_ms=30)
    assert merged([one]) is one
    both = merged([one, two])
    assert ([each.at_ms for each in both.samples], both.interval_ms, both.timeout_ms, both.buckets) == (
        [1, 5],
        60,
        3,
        None,
    )
    assert merged([one, Requests(buckets=[Bucket(0, 1, 0)])]).buckets == [Bucket(0, 1, 0)]
