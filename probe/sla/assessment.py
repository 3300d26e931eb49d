"""What judging says of one service, check and period: values only, each figure exact.

Times are milliseconds (int or Fraction), ratios Fractions. None means "cannot be said".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from probe.model import Cause

Ms = int | Fraction
"""An instant or a span in milliseconds; a Fraction only where a midpoint falls between two."""

METHOD = "1"
"""Version of the arithmetic; part of every verdict."""


class Verdict(StrEnum):
    """What the measurement can say about the promise."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"


class Why(StrEnum):
    """Why a verdict is undecided."""

    COVERAGE = "coverage"
    RESOLUTION = "resolution"
    BOTH = "both"
    TERMS = "terms"
    RUNNING = "running"
    NO_TIME = "no_time"
    REFERENCES = "references"


class PeriodSpan(NamedTuple):
    """A period as judged: [start_ms, end_ms) in UTC, named in its zone. is_complete: it lies wholly in the past.

    is_calendar: its edges are midnights of the zone; False for instants that a person named.
    """

    start_ms: int
    end_ms: int
    timezone: str
    label: str
    is_complete: bool
    is_calendar: bool = True


class Promise(NamedTuple):
    """What was promised: metric, operator (">=" or ">") and exact target, such as 9999/10000."""

    metric: str
    op: str
    target: Fraction


class Figures(NamedTuple):
    """Counted downtime in ms: proven, best estimate, highest without and with the unknown time.

    high: None where the log does not bound it. at_resolution: the high figure at the declared resolution.
    """

    low: Ms
    point: Ms
    observed_high: Ms
    high: Ms | None
    at_resolution: Ms | None = None


class Bounds(NamedTuple):
    """An availability as a range; point is None when nothing is known."""

    low: Fraction
    point: Fraction | None
    high: Fraction


class Exclusion(NamedTuple):
    """One declared window as the terms treated it: what it forgave, or why it was refused; when and by whom entered."""

    start_ms: int
    end_ms: int
    cause: str
    effect: str
    forgiven_ms: Ms
    refused: str | None
    window: int | None
    entered_at_ms: int | None = None
    entered_by: str = ""

    @property
    def is_after_the_fact(self) -> bool:
        """Whether it came into the record when it had begun already."""
        return self.entered_at_ms is not None and self.entered_at_ms > self.start_ms


class Outage(NamedTuple):
    """A cluster of failures between two good samples. end_* None: it goes on. counted_ms: proven, after exclusions."""

    key: str
    start_earliest_ms: int
    start_latest_ms: int
    end_earliest_ms: int | None
    end_latest_ms: int | None
    cause: Cause
    is_confirmed: bool
    attempts: int
    counted_ms: Ms
    gap_ms: int


class Stretch(NamedTuple):
    """A stretch of unknown time and why nothing is known about it."""

    start_ms: int
    end_ms: int
    cause: Cause


class Credit(NamedTuple):
    """What is owed: certain from the proven downtime, possible from the highest; None where unstated.

    why: what keeps an amount from being named, and caps that could not be applied.
    """

    certain: Decimal | None
    possible: Decimal | None
    currency: str
    rule: str
    why: tuple[str, ...] = ()


class Reading(NamedTuple):
    """One reading of a clause that the terms leave open, the verdict and what is owed under it."""

    clause: str
    says: str
    verdict: Verdict
    reason: Why | None
    availability: Bounds
    credit: Credit | None = None


class Right(NamedTuple):
    """A right to leave under a condition of the terms, in their words; reached None: it cannot be told."""

    condition: str
    reached: bool | None


class Claim(NamedTuple):
    """What the terms ask of a claim: the last day (ISO date) or None, what they need, what is missing.

    authority: whose measuring decides, as the terms say ("provider", "joint", "customer_evidence"); None: unstated.
    """

    deadline: str | None
    needs: tuple[str, ...] | None
    missing: tuple[str, ...]
    authority: str | None = None


class Resolution(NamedTuple):
    """declared_ms: shorter outages are not assessed by "met". h1/h2: largest spacing inside down / up stretches."""

    declared_ms: int
    h1_ms: int | None
    h2_ms: int | None


class Measured(NamedTuple):
    """A metric that is not availability, in `unit` ("%": a share, "ms"); high None: not bounded by the log."""

    unit: str
    low: Fraction
    point: Fraction | None
    high: Fraction | None
    samples: int


class SpeedTest(NamedTuple):
    """One test of a speed rule. deviates: whether the line falls short; None: the measurements cannot tell."""

    test: str
    deviates: bool | None
    says: str


class LineSpeed(NamedTuple):
    """What a regulator's rule makes of a line in one direction ("down", "up").

    contract: the contract's speeds by name, in bit/s. progress: how far the protocol is; missing: what it still
    asks. seen, unverified: what of the rule was read in a source, and what was not.
    """

    rule: str
    direction: str
    contract: Mapping[str, Ms]
    progress: str
    missing: tuple[str, ...]
    tests: tuple[SpeedTest, ...]
    seen: tuple[str, ...]
    unverified: tuple[str, ...]


class Objective(NamedTuple):
    """The user's own target for the same service, under the plain measure."""

    target: Fraction
    verdict: Verdict
    reason: Why | None
    budget_ms: Fraction
    budget_left: tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One promise applied to one service (and check, where each is judged by itself) over one period.

    budget_left: [worst, best] ms of downtime still allowed. burn: window name ("1h", "6h", "3d") →
    rate on proven downtime; 1 spends the budget exactly. parameters: g_max, confirm, T, recheck, W and
    what else a verdict carries, as text by name. measured: the figure of a promise that is not about
    availability; its budget and availability are None. line: of a speed rule, where the contract promises.
    """

    service: str
    check: str | None
    vantage: str
    provider: str | None
    agreement: str | None
    agreement_version: str | None
    promise: Promise | None
    rule: str
    period: PeriodSpan
    as_of_ms: int
    downtime: Figures
    raw_downtime: Figures
    unknown_ms: Ms
    denominator_ms: Ms
    budget_ms: Fraction | None
    budget_left: tuple[Fraction, Fraction] | None
    coverage: Fraction | None
    availability: Bounds | None
    verdict: Verdict
    reason: Why | None
    claimable: bool | None
    readings: tuple[Reading, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    outages: tuple[Outage, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    credit: Credit | None = None
    rights: tuple[Right, ...] = ()
    claim: Claim | None = None
    objective: Objective | None = None
    resolution: Resolution
    burn: Mapping[str, Fraction] = field(default_factory=dict)
    samples: int
    revisions: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    measured: Measured | None = None
    line: LineSpeed | None = None
    method: str = METHOD
