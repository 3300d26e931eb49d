"""What a screen shows, as values. Made by the judging way, read by every view and by --json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from probe.model import Cause, Evidence, Outcome, Reason, Role, Ticket, Window
from probe.sla.assessment import Assessment, Outage, Verdict, Why

if TYPE_CHECKING:
    from probe.sla.beside import Mark  # with it comes all that reads terms, and `status` must start fast


class Standing(StrEnum):
    """The attributed condition of a check now."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    PAUSED = "paused"
    PENDING = "pending"  # configured, nothing recorded yet


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStatus:
    """One row of `probe status`.

    failures, confirm: "down (1 of 3)" while failures < confirm. since_ms: start of the present
    condition. strip: one character a slice of the last hours, oldest first: U up, D down,
    S suspect or transition, ? unknown, space nothing. is_campaign: tried at planned instants, not every interval.
    """

    key: str
    kind: str
    target: str
    service: str | None
    role: Role
    standing: Standing
    failures: int
    confirm: int
    since_ms: int | None
    last_at_ms: int | None
    next_at_ms: int | None
    reason: Reason | None
    detail: str
    cause: Cause | None
    latency_us: int | None
    in_maintenance: bool
    strip: str
    is_campaign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """The short form of a running assessment, enough for one row of `probe status`.

    as_of_ms: the instant that it is as of, where that is not the one of the look: no agent has run since.
    """

    service: str
    check: str | None
    provider: str | None
    agreement: str | None
    target: Fraction | None
    period: str
    low: Fraction | None
    point: Fraction | None
    high: Fraction | None
    budget_left_ms: tuple[Fraction, Fraction] | None
    budget_ms: Fraction | None
    verdict: Verdict
    reason: Why | None
    as_of_ms: int | None = None


class Line(StrEnum):
    """Our own connection, from its references and gateway."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    UNWATCHED = "unwatched"  # no references configured


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All of one look at the record. agent: "running", "stopped" or "never"; as_of_ms is the instant looked at."""

    as_of_ms: int
    vantage: str
    agent: str
    agent_since_ms: int | None
    line: Line
    line_cause: Cause | None
    strip_slice_ms: int
    checks: tuple[CheckStatus, ...]
    services: tuple[ServiceStatus, ...]
    assessments: tuple[Assessment, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDetail:
    """One check looked at closely. snapshot: the look, with this check's strip and no services.

    schedule: interval, timeout, recheck (None: none) in ms. outcomes: the last ones, oldest first. outages,
    marks, evidence: those of the window that the strip shows.
    """

    key: str
    snapshot: Snapshot
    schedule: tuple[int, int, int | None]
    outcomes: tuple[Outcome, ...]
    outages: tuple[Outage, ...]
    marks: Mapping[Outage, Mark] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()

    @property
    def status(self) -> CheckStatus:
        """Its row."""
        return next(one for one in self.snapshot.checks if one.key == self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDetail:
    """One service looked at closely. snapshot: the look, with its checks only.

    assessments: of the period that runs, empty where nothing is promised. windows: those declared that speak of
    it, tickets: those about it.
    """

    name: str
    provider: str | None
    snapshot: Snapshot
    assessments: tuple[Assessment, ...]
    marks: Mapping[Outage, Mark]
    windows: tuple[Window, ...]
    tickets: tuple[Ticket, ...]
