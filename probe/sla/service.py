"""What is bought under one SLA, and the checks that stand for it, as the judging way hands them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from probe.model import Span, Ticket, Window
from probe.sla.assessment import Assessment, PeriodSpan
from probe.sla.requests import Requests
from probe.sla.speed import Contract, Speed
from probe.sla.terms import Terms


class How(StrEnum):
    """How several checks make one service."""

    EACH = "each"  # every check is judged by itself
    ANY = "any"  # down while any is
    ALL_DOWN = "all_down"  # down only while all are
    AT_LEAST = "at_least"  # down while `count` of them are
    POOLED = "pooled"  # their downtimes add up over their added lives
    WEIGHTED = "weighted"  # the same, each by its weight


@dataclass(frozen=True, slots=True)
class Combine:
    """How several checks make one service; `count` belongs to AT_LEAST."""

    how: How = How.EACH
    count: int = 1

    def needed(self, members: int) -> int:
        """How many of so many members must be down for the service to be."""
        return {How.ALL_DOWN: members, How.AT_LEAST: self.count}.get(self.how, 1)

    def __str__(self) -> str:
        return f"at least {self.count}" if self.how is How.AT_LEAST else self.how.value


EACH = Combine()


class Impact(StrEnum):
    """How much a service matters to those who bought it."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Quorum(NamedTuple):
    """Vantage points that are judged together: down while so many of them see it down."""

    of: tuple[str, ...]
    at_least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One thing bought from a provider under one SLA.

    terms None: only `objective`, the user's own target, is judged. combine None: as the terms say,
    else each. keys: the checks' keys. since_ms, until_ms: its life, where it is known. is_uplink:
    it is our own connection, and the references are the evidence. groups: what it belongs to and
    inherits from, the widest first. vantages None: each vantage point is judged by itself. fees: others than
    the monthly one that credits and caps are of, by the terms' words for them. weights: of the checks that are
    pooled by weight. affected: the least and the most of the customers that an outage hits, where a formula
    weighs with that; None: not known. speed: what the contract says of "down" and "up".
    """

    name: str
    provider: str | None = None
    terms: Terms | None = None
    objective: Fraction | None = None
    objective_op: str = ">="
    combine: Combine | None = None
    timezone: str | None = None
    monthly_fee: tuple[Decimal, str] | None = None
    fees: Mapping[str, tuple[Decimal, str]] = field(default_factory=dict)
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    affected: tuple[Fraction, Fraction] | None = None
    speed: Mapping[str, Contract] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None
    is_uplink: bool = False
    impact: Impact = Impact.NORMAL
    groups: tuple[str, ...] = ()
    vantages: Quorum | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One check as evidence: its spans in time order and the schedule that made them.

    spans reach outward beyond the period, provisional tail included. declared_ms: its resolution r.
    samples: how many lie in the period. local: stretches whose unknown outcomes had a local reason;
    idle: those whose were the agent's own doing (late, asleep, stalled). until_ms: when it ceased to be a
    check, None where it still is one. parts: of a group, which is down while at least `needed` of them are;
    it has no samples of its own.
    """

    key: str
    spans: Sequence[Span]
    declared_ms: int
    g_max_ms: int
    confirm: int
    interval_ms: int
    recheck_ms: int | None
    timeout_ms: int
    network: str | None = None
    samples: int = 0
    revisions: tuple[str, ...] = ()
    local: tuple[tuple[int, int], ...] = ()
    idle: tuple[tuple[int, int], ...] = ()
    until_ms: int | None = None
    parts: tuple[Member, ...] = ()
    needed: int = 1

    @property
    def last_ms(self) -> int | None:
        """The instant of its latest sample that ends a span; None when there is none."""
        return self.spans[-1].t1_ms if self.spans else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that one judgement needs. as_of_ms is handed in; nothing below reads a clock.

    tickets: those of the service. pauses: stretches in which the provider waited for the customer.
    requests: the grid attempts of each check by key, where a promise is about requests or a metric.
    speeds: the throughput measurements by key, where a rule is about the speed of a line. elsewhere: the
    same question to the other vantage points, where the service has a quorum of them. before: the
    assessments of the preceding periods, the latest first, where the terms look back (`history.reach`).
    """

    service: Service
    vantage: str
    members: tuple[Member, ...]
    references: tuple[Member, ...]
    gateway: Member | None
    period: PeriodSpan
    as_of_ms: int
    windows: tuple[Window, ...] = ()
    tzdata: str = ""
    tickets: tuple[Ticket, ...] = ()
    pauses: tuple[tuple[int, int], ...] = ()
    requests: Mapping[str, Requests] = field(default_factory=dict)
    speeds: Mapping[str, Sequence[Speed]] = field(default_factory=dict)
    elsewhere: tuple[Question, ...] = ()
    before: tuple[tuple[Assessment, ...], ...] = ()


def declared_resolution(interval_ms: int, timeout_ms: int) -> int:
    """The default r: max(2 × interval, 1.2 × interval + timeout + 2 s), in whole ms rounded up."""
    return max(2 * interval_ms, -(-interval_ms * 6 // 5) + timeout_ms + 2000)
