"""Latencies by logarithmic buckets: quantiles to within 1 %, merged by adding counts, the same bytes always.

Bucket i holds the whole microseconds x with gamma^(i-1) < x <= gamma^i, gamma = 101/99 (DDSketch's mapping, never
collapsed). The edges are worked out in whole numbers, so no machine's logarithm matters. What was lost has no
bucket: whoever asks for a quantile says how many were, and they count as infinitely slow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

VERSION: Final = 1
"""The first byte: alpha = 1 %, unit 1 µs."""
ZERO: Final = -1
"""The bucket of 0 µs, written as the first one."""
SLOWEST_US: Final = 10**12
"""About eleven days; what is slower is counted there."""


@cache
def edges() -> tuple[int, ...]:
    """The largest whole microsecond of each bucket."""
    found, above, below = [1], 1, 1
    while found[-1] < SLOWEST_US:
        above, below = above * 101, below * 99
        found.append(above // below)
    return tuple(found)


def count(latencies_us: Iterable[int]) -> Counter[int]:
    """How many of these lie in each bucket."""
    limits = edges()
    last = len(limits) - 1
    return Counter(ZERO if value < 1 else min(bisect_left(limits, value), last) for value in latencies_us)


def pack(buckets: Mapping[int, int]) -> bytes:
    """Version, then distance and count of each bucket in order, as varints."""
    found, before = bytearray((VERSION,)), ZERO
    for bucket in sorted(buckets):
        _put(found, bucket - before)
        _put(found, buckets[bucket])
        before = bucket
    return bytes(found)


def unpack(packed: bytes) -> Counter[int]:
    """What `pack` was given. ValueError for another version."""
    if packed[:1] != bytes((VERSION,)):
        raise ValueError(f"sketch version {packed[:1].hex()} is not known")
    numbers = _numbers(packed[1:])
    found: Counter[int] = Counter()
    bucket = ZERO
    for distance, many in zip(numbers[::2], numbers[1::2], strict=True):
        bucket += distance
        found[bucket] = many
    return found


def merged(sketches: Iterable[bytes]) -> Counter[int]:
    """The buckets of several sketches together."""
    found: Counter[int] = Counter()
    for packed in sketches:
        found.update(unpack(packed))
    return found


def at_rank(buckets: Mapping[int, int], rank: int) -> int | None:
    """The latency of the one at that rank (0 is the fastest), to within 1 %; None where no answer has that rank."""
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank < 0:
            return _middle(bucket)
    return None


def _middle(bucket: int) -> int:
    """2·gamma^i/(gamma+1), in whole µs: no value of the bucket is further than 1 % from it."""
    if bucket == ZERO:
        return 0
    return round(99 / 100 * (101 / 99) ** bucket)


def _put(found: bytearray, number: int) -> None:
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)


def _numbers(packed: bytes) -> list[int]:
    found, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(number)
            number, shift = 0, 0
    return found
