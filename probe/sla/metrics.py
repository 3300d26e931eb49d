"""F10: promises about samples and tickets: loss, round trip, jitter, repair and response times.

Every figure has bounds: an attempt that was due and is not known counts as the best one it can be
in the low figure and as the worst in the high, which is not bounded where no timeout bounds it.
Jitter is PDV, delay minus the least delay of its burst, never across bursts (metrology, section 1.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from probe.model import State, Ticket
from probe.sla.assessment import Measured
from probe.sla.clauses import Commitment
from probe.sla.interval import EMPTY, Intervals
from probe.sla.requests import Request, Requests, attempts

MICROSECONDS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a metric is worked out from, inside [start_ms, end_ms). outage: instants that are left out."""

    requests: Requests
    start_ms: int
    end_ms: int
    tickets: tuple[Ticket, ...] = ()
    outage: Intervals = EMPTY

    @property
    def samples(self) -> list[Request]:
        """The samples that count: judged, inside, and not during an outage that is left out."""
        return [
            each
            for each in self.requests.samples
            if self.start_ms <= each.at_ms < self.end_ms
            and each.state is not State.UNKNOWN
            and not self.outage.covers(each.at_ms)
        ]

    @property
    def unknown(self) -> int:
        """How many attempts were due and are not known."""
        due = attempts(self.requests, self.start_ms, self.end_ms)
        return sum(state is State.UNKNOWN and not self.outage.covers(at_ms) for at_ms, state in due)


def measure(promise: Commitment, source: Source) -> Measured | None:
    """The figure that a promise is about, in its unit; None for a metric that no probe measures."""
    how = METRICS.get(promise.metric)
    return how(promise, source) if how else None


def holds(promise: Commitment, value: Fraction) -> bool:
    """Whether a figure keeps the promise."""
    target = promise.target or Fraction(0)
    if promise.op in {">=", ">"}:
        return value > target if promise.op == ">" else value >= target
    return value < target if promise.op == "<" else value <= target


def is_broken(promise: Commitment, found: Measured) -> bool | None:
    """Whether a promise is surely broken, surely kept (False), or cannot be told (None)."""
    is_kept = holds(promise, found.low)
    if found.high is None:
        is_sure = is_kept == (promise.op in {">=", ">"})  # only the other end is open
        return not is_kept if is_sure else None
    return not is_kept if is_kept == holds(promise, found.high) else None


def _loss(promise: Commitment, source: Source) -> Measured:
    samples = source.samples
    lost, sent = (
        (sum(values) for values in zip(*(_packets(each) for each in samples), strict=True)) if samples else (0, 0)
    )
    each = max((len(sample.burst_us) for sample in samples), default=1) or 1
    unseen = source.unknown * each
    return _share(lost, sent, unseen, flip=promise.metric == "packet_delivery")


def _share(hits: int, seen: int, unseen: int, *, flip: bool = False) -> Measured:
    total = seen + unseen
    if not total:
        return Measured("%", Fraction(0), None, Fraction(1), 0)
    low, high = Fraction(hits, total), Fraction(hits + unseen, total)
    point = Fraction(hits, seen) if seen else None
    if flip:
        return Measured("%", 1 - high, None if point is None else 1 - point, 1 - low, seen)
    return Measured("%", low, point, high, seen)


def _packets(each: Request) -> tuple[int, int]:
    """How many packets of a sample were lost, and how many it had."""
    if each.burst_us:
        return each.burst_us.count(None), len(each.burst_us)
    return int(each.state is State.DOWN), 1


def _latency(promise: Commitment, source: Source) -> Measured:
    samples = source.samples
    if promise.statistic == "share_over":
        over = sum(each.latency_us is None or each.latency_us > _limit(promise) for each in samples)
        return _share(over, len(samples), source.unknown)
    return _mean([each.latency_us for each in samples if each.latency_us is not None], source, promise)


def _jitter(promise: Commitment, source: Source) -> Measured:
    bursts = [variations(each.burst_us) for each in source.samples]
    values = [value for burst in bursts for value in burst]
    if promise.metric == "jitter_share_over" or promise.statistic == "share_over":
        each = max((len(burst) for burst in bursts), default=1) or 1
        return _share(sum(value > _limit(promise) for value in values), len(values), source.unknown * each)
    if promise.metric == "jitter_max" or promise.statistic == "maximum":
        highest = _ms(max(values, default=0))
        worst = _worst(source) if source.unknown else highest
        return Measured("ms", highest, highest if values else None, worst, len(values))
    means = [Fraction(sum(burst), len(burst)) for burst in bursts if burst]
    return _mean(means, source, promise)


def variations(burst_us: Sequence[int | None]) -> list[int]:
    """The PDV of a burst: each delay minus its least; empty when fewer than two packets came back."""
    came = [packet for packet in burst_us if packet is not None]
    return [packet - min(came) for packet in came] if len(came) > 1 else []


def _limit(promise: Commitment) -> int:
    return (promise.over_ms or 0) * MICROSECONDS


def _mean(values: Sequence[int | Fraction], source: Source, promise: Commitment) -> Measured:
    """The mean in ms; what is not known lies between nothing and the timeout."""
    if promise.statistic == "maximum":
        highest = _ms(max(values, default=0))
        return Measured(
            "ms", highest, highest if values else None, _worst(source) if source.unknown else highest, len(values)
        )
    total, unseen = sum(values, Fraction(0)), source.unknown
    if not values:
        return Measured("ms", Fraction(0), None, _worst(source), 0)
    worst = _worst(source)
    high = None if worst is None and unseen else _ms(total) + (worst or 0) * unseen
    count = len(values) + unseen
    return Measured(
        "ms", _ms(total) / count, _ms(total) / len(values), None if high is None else high / count, len(values)
    )


def _worst(source: Source) -> Fraction | None:
    return None if source.requests.timeout_ms is None else Fraction(source.requests.timeout_ms)


def _ms(value: int | Fraction) -> Fraction:
    return Fraction(value) / MICROSECONDS


def _per_ticket(promise: Commitment, source: Source) -> Measured:
    """Repair, response or notification times of the tickets opened in the period; open ones have no upper bound."""
    ends = {"time_to_repair": _closed, "mean_time_to_repair": _closed}.get(promise.metric, _answered)
    lasted = [_lasted(ticket, ends(ticket), source.end_ms) for ticket in _opened(source)]
    if not lasted:
        return Measured("ms", Fraction(0), Fraction(0), Fraction(0), 0)
    is_mean = promise.statistic == "mean_per_ticket" or promise.metric == "mean_time_to_repair"
    low = [Fraction(least) for least, _ in lasted]
    high = None if any(not is_over for _, is_over in lasted) else low
    pick: Callable[[list[Fraction]], Fraction] = _average if is_mean else max
    return Measured("ms", pick(low), pick(low), None if high is None else pick(high), len(lasted))


def _opened(source: Source) -> Iterable[Ticket]:
    return (
        ticket
        for ticket in source.tickets
        if not ticket.is_withdrawn
        and ticket.opened_ms is not None
        and source.start_ms <= ticket.opened_ms < source.end_ms
    )


def _lasted(ticket: Ticket, end_ms: int | None, now_ms: int) -> tuple[int, bool]:
    return (now_ms if end_ms is None else end_ms) - (ticket.opened_ms or 0), end_ms is not None


def _closed(ticket: Ticket) -> int | None:
    return ticket.closed_ms


def _answered(ticket: Ticket) -> int | None:
    return ticket.answered_ms


def _average(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


METRICS: Final[Mapping[str, Callable[[Commitment, Source], Measured]]] = {
    "packet_loss": _loss,
    "packet_delivery": _loss,
    "latency_rtt": _latency,
    "jitter_mean": _jitter,
    "jitter_share_over": _jitter,
    "jitter_max": _jitter,
    "time_to_repair": _per_ticket,
    "mean_time_to_repair": _per_ticket,
    "response_time": _per_ticket,
    "notification_time": _per_ticket,
}
"""What a probe and its tickets can show; one-way delay, power and climate need other instruments."""
