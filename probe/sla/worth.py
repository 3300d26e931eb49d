"""Where requests are counted, not time: what the failed requests of one outage, or in one window, come to.

Each error has its part in the figure, so that all errors together are the downtime that is proven. Where time is
counted, the stretches that count say the same by themselves (`counting.counted_set`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from probe.model import State
from probe.sla import forgiving, formula, requests
from probe.sla.assessment import Ms
from probe.sla.basis import Basis
from probe.sla.interval import Intervals
from probe.sla.requests import BucketRule, Request, Requests


@dataclass(frozen=True, slots=True)
class Worth:
    """What an error is worth in ms, by the start of the interval it lies in. Excused ones are worth nothing."""

    starts: tuple[int, ...]
    each_ms: Mapping[int, Ms]
    excused: Intervals
    bounds: tuple[int, int]

    def of(self, samples: Sequence[Request], start: Ms, end: Ms) -> Ms:
        """The worth of the failed ones of these requests in [start, end)."""
        first, last = max(start, self.bounds[0]), min(end, self.bounds[1])
        return sum(
            (
                self.each_ms.get(self.starts[bisect_right(self.starts, each.at_ms) - 1], 0)
                for each in samples
                if each.state is State.DOWN and first <= each.at_ms < last and not self.excused.covers(each.at_ms)
            ),
            Fraction(0),
        )


def worth(basis: Basis) -> Worth:
    """What an error is worth under a reading that counts requests."""
    given, rule = basis.requests or Requests(), basis.bucket_rule or BucketRule()
    excused = forgiving.excused(basis.frame, given)
    found = formula.in_intervals(basis, given, excused)
    if basis.rule.archetype == "F4":
        parts = requests.per_pooled_error(found)
    elif basis.rule.archetype == "F3":
        parts = requests.per_error(found, requests.rates(found, rule.empty))
    else:
        parts = requests.per_error(found, requests.bads(found, rule))
    return Worth(
        starts=formula.starts(basis, given),
        each_ms={each.start_ms: part * basis.denominator_ms for each, part in zip(found, parts, strict=True)},
        excused=excused,
        bounds=(basis.frame.start_ms, basis.frame.end_ms),
    )
