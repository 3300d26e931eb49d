"""One full reading of the terms, ready to judge by: the rule, the frame and what it is applied to."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from probe.sla.assessment import Ms
from probe.sla.clauses import CreditRow
from probe.sla.counting import Counting
from probe.sla.events import Recognition
from probe.sla.frame import Frame
from probe.sla.requests import BucketRule, Requests

WHOLE: Final = (Fraction(1), Fraction(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One reading. requests: what request rules count, None when none were handed in.

    rows: what an archetype that looks durations up pays. share: the least and the most of the
    customers that an outage hits (F9). resolution_ms: how finely "met" is decided. round_result: the
    decimals of a percentage to which the terms round before they compare.
    """

    rule: Counting
    frame: Frame
    denominator_ms: Ms
    resolution_ms: int
    is_running: bool = False
    requests: Requests | None = None
    bucket_rule: BucketRule | None = None
    rows: tuple[CreditRow, ...] = ()
    share: tuple[Fraction, Fraction] = WHOLE
    round_result: int | None = None

    @property
    def recognition(self) -> Recognition:
        """Which outages count, as far as single outages matter."""
        rule = self.rule
        return Recognition(shortest_ms=rule.shortest_ms, strict=rule.strict, edge=rule.edge, net=rule.net)
