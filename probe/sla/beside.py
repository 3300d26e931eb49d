"""What stands beside a verdict and never decides one: context, severity, tickets, and figures of quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from probe.model import Evidence, State, Ticket
from probe.sla import losses
from probe.sla import tickets as about_tickets
from probe.sla.assessment import Assessment, Ms, Outage, Verdict
from probe.sla.jitter import Jitter, jitter
from probe.sla.losses import Pattern
from probe.sla.severity import Severity

QUANTILES: Final[Mapping[str, tuple[Fraction, int]]] = {
    "p50": (Fraction(1, 2), 5),
    "p95": (Fraction(95, 100), 59),
    "p99": (Fraction(99, 100), 299),
    "p99.9": (Fraction(999, 1000), 2995),
}
"""Each with the number of samples from which it is bounded with 95 % confidence: 1 − q^n ≥ 0.95."""

WORST_WINDOWS_MS: Final[Mapping[str, int]] = {"1h": 3_600_000, "1d": 86_400_000, "7d": 604_800_000}
DAY_MS: Final = 86_400_000


class Mark(NamedTuple):
    """What is known of one outage beside the outage: how bad it was, the tickets about it, what was seen meanwhile."""

    severity: Severity | None
    tickets: tuple[Ticket, ...]
    evidence: tuple[Evidence, ...] = ()


class Before(NamedTuple):
    """An earlier period in short; point_ms None: nothing was measured. measured_ms: how much of it was."""

    label: str
    outages: int
    low_ms: Ms
    point_ms: Ms | None
    verdict: Verdict
    measured_ms: Ms | None = None


class Share(NamedTuple):
    """How many of the grid's attempts failed, of those that could be judged."""

    failed: int
    attempts: int


class Context(NamedTuple):
    """Failures in proportion: how many, of how many attempts, what share of the time, and against the periods before.

    grid: of the grid's attempts, None where nobody counted them. share: the best estimate of downtime in the
    measured time, None when nothing was measured. before: the preceding periods, the latest first.
    """

    outages: int
    suspects: int
    grid: Share | None
    share: Fraction | None
    point_ms: Ms | None
    before: tuple[Before, ...]
    measured_ms: Ms | None = None

    @property
    def trend(self) -> str | None:
        """Whether more of the measured time was down than in the periods before together; None without any."""
        known = [(one.point_ms, one.measured_ms or 1) for one in self.before if one.point_ms is not None]
        if self.point_ms is None or not known:
            return None
        down, measured = (sum((Fraction(each[i]) for each in known), Fraction(0)) for i in (0, 1))
        mean, share = down / measured, Fraction(self.point_ms) / (self.measured_ms or 1)
        return "as before" if share == mean else "worse" if share > mean else "better"


class Latency(NamedTuple):
    """Latencies of grid attempts in µs by quantile; None where it lies among the lost, missing where n is too small.

    all_us: lost attempts count as infinitely late. arrived_us: given that an answer came. pattern: how the
    losses lie, in the order of the attempts. jitter: of RFC 3550, where attempts are bursts of packets.
    """

    attempts: int
    lost: int
    unknown: int
    all_us: Mapping[str, int | None]
    arrived_us: Mapping[str, int]
    pattern: Pattern = Pattern(0, 0, None)
    jitter: Jitter | None = None

    @property
    def loss(self) -> Fraction | None:
        """The share of attempts without a good answer; None without any."""
        return Fraction(self.lost, self.attempts) if self.attempts else None

    @property
    def loss_bounds(self) -> tuple[Fraction, Fraction] | None:
        """The 95 % bounds of the loss where attempts are few; None without any, and with many."""
        return losses.bounds(self.lost, self.attempts) if 0 < self.attempts <= losses.FEW else None


class Worst(NamedTuple):
    """The availability of the worst window of a length: at least, at most."""

    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Figures of quality on demand. mtbf_ms, mttr_ms: point estimates that the log does not bound; None without
    an outage that ended. worst: by length of the window; latency: by check."""

    mtbf_ms: Fraction | None
    mttr_ms: Fraction | None
    worst: Mapping[str, Worst]
    latency: Mapping[str, Latency]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """All that stands beside one assessment."""

    marks: Mapping[Outage, Mark] = field(default_factory=dict)
    context: Context | None = None
    quality: Quality | None = None


def tickets_of(outage: Outage, told: Iterable[Ticket], service: str | None) -> tuple[Ticket, ...]:
    """The tickets about an outage of a service's check; opened within a day after it is still about it."""
    end = outage.start_latest_ms if outage.end_latest_ms is None else outage.end_latest_ms
    mine = [ticket for ticket in told if ticket.service == service and ticket.key in {None, outage.key}]
    last = max((ticket.opened_ms or 0 for ticket in mine), default=end) if outage.end_latest_ms is None else end
    return about_tickets.about(mine, outage.start_earliest_ms, max(end, last) + DAY_MS)


def context(one: Assessment, before: Sequence[Assessment], grid: Share | None = None) -> Context:
    """An assessment's failures in proportion; `before`: the same of the preceding periods, the latest first."""
    measured = _measured(one)
    confirmed = [outage for outage in one.outages if outage.is_confirmed]
    return Context(
        outages=len(confirmed),
        suspects=len(one.outages) - len(confirmed),
        grid=grid,
        share=Fraction(one.downtime.point) / measured if measured > 0 else None,
        point_ms=one.downtime.point if measured > 0 else None,
        before=tuple(map(_before, before)),
        measured_ms=measured,
    )


def _measured(one: Assessment) -> Ms:
    """The time that something is known about: of a running period, none of what has yet to come."""
    start, end = one.period.start_ms, one.period.end_ms
    share = Fraction(1) if one.period.is_complete else Fraction(max(one.as_of_ms - start, 0), end - start)
    return max(one.denominator_ms * share - one.unknown_ms, Fraction(0))


def _before(one: Assessment) -> Before:
    measured = _measured(one)
    number = sum(outage.is_confirmed for outage in one.outages)
    point = one.downtime.point if measured > 0 else None
    return Before(one.period.label, number, one.downtime.low, point, one.verdict, measured)


def between_failures(one: Assessment) -> tuple[Fraction | None, Fraction | None]:
    """MTBF and MTTR in ms from the outages that ended, each from middle of beginning to middle of end."""
    lengths = [
        Fraction(one.end_earliest_ms + one.end_latest_ms - one.start_earliest_ms - one.start_latest_ms, 2)
        for one in one.outages
        if one.is_confirmed and one.end_earliest_ms is not None and one.end_latest_ms is not None
    ]
    if not lengths:
        return None, None
    down = sum(lengths, Fraction(0))
    up = max(Fraction(one.denominator_ms) - one.unknown_ms - down, Fraction(0))
    return up / len(lengths), down / len(lengths)


def latency(seen: Iterable[tuple[State, int | None]], bursts_us: Iterable[Sequence[int | None]] = ()) -> Latency:
    """Loss and quantiles of attempts, each its state and its latency in µs; unknown ones are counted apart.

    bursts_us: the round trips of each attempt that sends several packets.
    """
    known = list(seen)
    arrived = sorted(us for state, us in known if state is State.UP and us is not None)
    attempts = sum(state is not State.UNKNOWN for state, _ in known)
    lost = sum(state is State.DOWN for state, _ in known)
    with_lost = len(arrived) + lost
    ranks = {name: _rank(share, with_lost) for name, (share, least) in QUANTILES.items() if with_lost >= least}
    return Latency(
        attempts=attempts,
        lost=lost,
        unknown=len(known) - attempts,
        all_us={name: arrived[rank] if rank < len(arrived) else None for name, rank in ranks.items()},
        arrived_us={
            name: arrived[_rank(share, len(arrived))]
            for name, (share, least) in QUANTILES.items()
            if len(arrived) >= least
        },
        pattern=losses.pattern([state is State.DOWN for state, _ in known]),
        jitter=jitter(bursts_us),
    )


def _rank(share: Fraction, count: int) -> int:
    """The place of a quantile in a sorted list: the first that at least that share does not exceed."""
    return max(-(-share.numerator * count // share.denominator) - 1, 0)
