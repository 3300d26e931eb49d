"""The codec: every outcome comes back as it was, whatever is in it; what is no piece is refused."""

from __future__ import annotations

import lzma
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.store import codec, sketch, tally
from probe.store.columns import pack_numbers, unpack_numbers
from probe.store.outcomes import Row


def a_row(**changed: Any) -> Row:
    """A row of `hot`."""
    ordinary = {"at_ms": 1000, "series": 3, "clock": 1, "revision": 2, "origin": 0, "state": 0, "reason": None}
    return Row(**{**ordinary, "latency_us": 5, "due_ms": 999, "more": None, **changed})


INSTANTS = st.integers(-(10**14), 10**14)
ROWS = st.lists(
    st.builds(
        a_row,
        at_ms=INSTANTS,
        clock=st.integers(0, 300),
        revision=st.integers(1, 5),
        origin=st.integers(0, 4),
        state=st.integers(0, 2),
        reason=st.none() | st.sampled_from(["timeout", "status"]),
        latency_us=st.none() | st.integers(0, 2**40),
        due_ms=st.none() | INSTANTS,
        more=st.none()
        | st.text(max_size=40)
        | st.from_regex(r'\{"phases_us":\{"a":[0-9]{1,20},"b":[0-9]{1,4}\}\}', fullmatch=True),
    ),
    min_size=1,
    max_size=40,
)


@given(ROWS)
def test_outcomes_come_back_exactly(rows: list[Row]) -> None:
    """Whatever the columns hold, and in any order."""
    assert codec.decode(codec.encode(rows), 3) == rows


@given(st.lists(st.integers(-(2**62), 2**62), max_size=50))
def test_numbers_come_back_exactly(values: list[int]) -> None:
    """Of any sign and size."""
    how, data = pack_numbers(values)
    assert unpack_numbers(how, data, len(values)) == values


def test_phases_that_add_up_to_the_latency_cost_one_phase_less() -> None:
    """What the latency tells is not kept twice; it comes back all the same, and so does what does not add up."""
    chance = random.Random(4)

    def a_timed(n: int, extra: int) -> Row:
        dns, connect, wait = (chance.randrange(1, 60_000) for _ in range(3))
        phases = f'{{"phases_us":{{"dns":{dns},"connect":{connect},"ttfb":{wait}}}}}'
        return a_row(at_ms=n * 60_000, latency_us=connect + wait + extra, more=phases)

    sizes = []
    for extra in (0, 1):
        rows = [a_timed(n, extra * chance.randrange(9)) for n in range(2000)]
        piece = codec.encode(rows)
        assert codec.decode(piece, 3) == rows
        sizes.append(len(piece))
    assert sizes[0] < sizes[1] - 3 * 1000


def test_what_is_no_piece_is_refused() -> None:
    """Damage is a ValueError, never something else, never wrong outcomes with the same length of time."""
    piece = codec.encode([a_row(at_ms=n * 60_000, latency_us=n * 977 % 5000) for n in range(300)])
    chance = random.Random(1)
    for _ in range(300):
        place = chance.randrange(len(piece))
        spoilt = piece[:place] + bytes((piece[place] ^ 1 << chance.randrange(8),)) + piece[place + 1 :]
        try:
            codec.decode(spoilt[: chance.choice((len(spoilt), place))], 3)
        except ValueError:
            continue
    for body in (b"", b"\5\0\0\0[1,2]", b'\x0e\0\0\0{"columns":[]}', b'\x17\0\0\0{"n":0,"columns":[[1]]}'):
        with pytest.raises(ValueError, match=r"piece|Expecting value|not enough values|missing"):
            codec.decode(lzma.compress(body, lzma.FORMAT_RAW, filters=list(codec.FILTERS)), 3)


def test_realistic_outcomes_take_little_room() -> None:
    """Milliseconds and microseconds, exact, in a little over two bytes; the figure of the bench is the real one."""
    chance = random.Random(3)
    rows, latency = [], 40_000.0
    for n in range(4320):
        latency = 40_000 * chance.lognormvariate(0, 0.06)
        due = n * 60_000
        rows.append(a_row(at_ms=due + int(chance.gammavariate(1.5, 0.25)), due_ms=due, latency_us=int(latency)))
    assert len(codec.encode(rows)) / len(rows) < 2.4


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200), st.integers(0, 5), st.fractions(0, 1))
def test_quantiles_are_within_one_percent_of_the_rank(values: list[int], lost: int, share: Fraction) -> None:
    """What was lost is slower than anything that was answered."""
    rows = [a_row(latency_us=value) for value in values] + [a_row(state=1, latency_us=None)] * lost
    counted = tally.of(rows)
    rank = int(share * (len(rows) - 1))
    found = counted.quantile_us(share)
    if rank >= len(values):
        assert found is None
    else:
        true = sorted(values)[rank]
        assert found is not None
        assert abs(found - true) <= true / 100 + 0.5
    given_answer = counted.quantile_us(share, given_answer=True)
    assert given_answer is not None
    assert (counted.lost, counted.answered, counted.sum_us) == (lost, len(values), sum(values))


@given(st.lists(st.lists(st.none() | st.integers(0, 10**12 + 5), max_size=20), max_size=6))
def test_counts_add_up_whichever_way_they_are_grouped(parts: list[list[int | None]]) -> None:
    """A month is its days, exactly: the same bytes."""
    rows = [[a_row(latency_us=value, state=int(value is None)) for value in part] for part in parts]
    whole = tally.of(row for part in rows for row in part)
    assert tally.together(tally.of(part) for part in rows) == whole
    assert sketch.pack(sketch.unpack(whole.latencies)) == whole.latencies


def test_nothing_has_no_mean_and_no_quantile() -> None:
    """Absence is None; another version of a sketch is refused."""
    nothing = tally.of([])
    assert (nothing.mean_us, nothing.quantile_us(Fraction(1, 2)), nothing.min_us) == (None, None, None)
    assert tally.of([a_row(latency_us=7)]).mean_us == 7
    with pytest.raises(ValueError, match="version"):
        sketch.unpack(b"\2")


def test_the_buckets_are_those_of_the_method() -> None:
    """The checks that the method gives for its mapping."""
    assert sketch.count([1, 20_000, 1_234_567]) == {0: 1, 496: 1, 702: 1}
    assert [sketch.at_rank({bucket: 1}, 0) for bucket in (496, 702, sketch.ZERO)] == [20_136, 1_239_747, 0]
