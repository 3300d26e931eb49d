"""The clauses of published terms, as values; None is a clause that nobody has seen.

Spans are milliseconds, shares of a whole are exact fractions. What an enumerated word may be stands
in `probe.sla.vocabulary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from probe.sla import naming
from probe.sla.counting import Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """One condition under which the terms apply: `zones: 2 or more`; `says` puts it in words where the three cannot."""

    key: str
    op: str
    value: str
    says: str = ""

    def __str__(self) -> str:
        return self.says or f"{self.key.replace('_', ' ')}: {naming.COMPARED[self.op].format(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One promise: a metric, an operator and a target in `unit` ("%": a share, "ms": any time; None: not seen).

    name: what remedies call it. statistic: how samples or incidents become one figure; over_ms: the
    bound of "share_over". between: the two ends that are measured, in the text's words.
    """

    metric: str
    op: str
    target: Fraction | None = None
    unit: str | None = None
    name: str | None = None
    statistic: str | None = None
    over_ms: int | None = None
    sample_every_ms: int | None = None
    samples_exclude_outage: bool | None = None
    consecutive_periods: int | None = None
    binding: str | None = None
    between: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Combining:
    """How several subjects make one: `how`, at least `min_groups` of `group_key`, weighted by `weight`."""

    how: str
    min_groups: int | None = None
    group_key: str | None = None
    weight: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that makes a service down. of: what it concerns; threshold in `unit`; says: the text's words."""

    kind: str
    of: str | None = None
    threshold: Fraction | None = None
    unit: str | None = None
    says: str = ""

    def __str__(self) -> str:
        return self.says or " ".join(part for part in (naming.symptom(self.kind), self.of) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A length of time as clauses give it: `n` of a unit such as "hours" or "business_days"."""

    n: int
    unit: str

    def __str__(self) -> str:
        unit = self.unit.replace("_", " ")
        return f"{self.n} {unit.removesuffix('s') if self.n == 1 else unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The last moment for something: `n` of `unit` after `anchor`, where the text says after what.

    unit "day_of_month": the n-th day of the month after the anchor.
    """

    n: int
    unit: str
    anchor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactNotice:
    """The notice that maintenance needs when its impact is longer than `over_ms`, or else at most `up_to_ms`."""

    notice: Wait
    over_ms: int | None = None
    up_to_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What the terms say of one cause of downtime. notice_ms, notice, effect None: not stated.

    notice: where it is not a plain span, business days, say. cap_ms, cap_count: forgiven per period.
    """

    cause: str
    excused: bool
    notice_ms: int | None = None
    cap_ms: int | None = None
    cap_count: int | None = None
    effect: str | None = None
    notice: Wait | None = None
    notice_by_impact: tuple[ImpactNotice, ...] = ()
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortest:
    """The shortest outage that counts, under one reading: at least `span_ms`, or longer with `strict`."""

    span_ms: int
    strict: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sustain:
    """One of several ways to be out: above `threshold` (of packet loss) for `span_ms`, longer with `strict`."""

    span_ms: int
    strict: bool = False
    threshold: Fraction | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHours:
    """When the promise holds: ISO weekdays (1 is Monday), from and to on the wall clock of the period's zone."""

    days: tuple[int, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRule:
    """What counts as an outage. shortest: every reading the text allows, None when it says nothing.

    sustain: alternatives of which any makes an outage. unit_ms: only whole units count, elapsed from
    the onset or on the clock (unit_align None: not stated). bucket_ms and bucket_rule belong to F2 to
    F4; bucket_over: the error rate or loss that a bad bucket exceeds. edge: what becomes of an outage
    over the period's end. max_interruptions: more of them in a period are a miss, however short.
    """

    shortest: tuple[Shortest, ...] | None = None
    sustain: tuple[Sustain, ...] = ()
    excess: bool = False
    unit_ms: int | None = None
    unit_align: str | None = None
    bucket_ms: int | None = None
    bucket_rule: str | None = None
    bucket_over: Fraction | None = None
    bucket_anchor: str = "period"
    min_requests: int | None = None
    empty_bucket: str | None = None
    retry_rule: str | None = None
    rounding: Rounding | None = None
    qualify: str | None = None
    max_interruptions: int | None = None
    clock_start: str | None = None
    clock_stop: str | None = None
    pauses: bool | None = None
    report_within: Wait | None = None
    authority: str | None = None
    third_party_ok: bool | None = None
    edge: str | None = None
    service_hours: ServiceHours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRow:
    """One row: a looked-up value from `at_least` or `above` to `below` or `up_to` pays `credit` of `credit_unit`.

    The value is a share (availability, loss) or milliseconds (the length of an outage, a latency), as
    the remedy's `lookup` says. unit: that of a metric's edges. credit_unit "share": that share of the fee.
    """

    at_least: Fraction | None = None
    above: Fraction | None = None
    up_to: Fraction | None = None
    below: Fraction | None = None
    unit: str | None = None
    credit: Fraction
    credit_unit: str = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most that is paid: `amount` in a credit unit, per event, period or months."""

    amount: Fraction
    unit: str
    per: str | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """A right to leave: what must have happened, and how long one has.

    metric: what `share` is of, where it is not the remedy's promise. misses: so many of `periods` periods.
    """

    condition: str
    window: Wait | None = None
    total_ms: int | None = None
    share: Fraction | None = None
    consecutive_periods: int | None = None
    misses: int | None = None
    periods: int | None = None
    metric: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What a miss pays. kind: by `rows`, `pro_rata` of what counts, the `lost_time` itself, `per_unit` or `flat`.

    trigger: what pays; promise: the name or metric of the promise that it belongs to (None: the first).
    lookup: what the rows are looked up on. per_unit: `credit` is paid for each such piece (ms, or a
    share with unit "%"), of the whole or of what exceeds `allowance_ms`; unit_round: begun pieces
    count ("ceil"), or only full ones ("floor").
    min_credit: (amount, currency), paid only above it. currency: of a credit in money. applies: to
    whom, in the text's words. fee_spans: the time that the fee is paid for, in ms, where hours or days of
    it are credited: every reading of it, () for the period's own.
    """

    kind: str
    rows: tuple[CreditRow, ...] = ()
    fee_base: str | None = None
    trigger: str | None = None
    promise: str | None = None
    lookup: str | None = None
    credit: Fraction | None = None
    credit_unit: str | None = None
    per_unit: Fraction | None = None
    per_unit_of: str | None = None
    unit_base: str | None = None
    unit_round: str | None = None
    allowance_ms: int | None = None
    caps: tuple[Cap, ...] = ()
    min_credit: tuple[Fraction, str] | None = None
    stacking: str | None = None
    automatic: bool | None = None
    discretionary: bool | None = None
    termination: tuple[Termination, ...] = ()
    currency: str | None = None
    applies: str | None = None
    fee_spans: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """How a credit is asked for. within: a count of `unit` after `after`; needs: what the claim must hold.

    notice_deadline: by when the outage itself must be reported, where the two differ.
    """

    within: int | None = None
    unit: str | None = None
    after: str | None = None
    needs: tuple[str, ...] | None = None
    how: str | None = None
    authority: str | None = None
    notice_deadline: Deadline | None = None

    @property
    def claim_deadline(self) -> Deadline | None:
        """The last moment to claim; None where it is not stated."""
        if self.within is None:
            return None
        return Deadline(n=self.within, unit=self.unit or "", anchor=self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where fields were read: an address or a document's name, the date it states, and how far to trust the reading."""

    url: str
    stated_date: str | None
    confidence: str
    fields: tuple[str, ...]
    seen_on: str | None = None
