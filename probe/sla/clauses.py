"""The clauses of published terms, as values; None is a clause that nobody has seen."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from probe.sla.counting import Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What the terms say of one cause of downtime. notice_ms, effect None: not stated."""

    cause: str
    excused: bool
    notice_ms: int | None = None
    cap_ms: int | None = None
    cap_count: int | None = None
    effect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortest:
    """The shortest outage that counts, under one reading: at least `span_ms`, or longer with `strict`."""

    span_ms: int
    strict: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRule:
    """What counts as an outage. shortest: every reading the text allows, None when it says nothing.

    unit_ms: only whole units count, elapsed from the onset or on the clock (unit_align None: not
    stated). bucket_ms and bucket_rule belong to F2.
    """

    shortest: tuple[Shortest, ...] | None = None
    excess: bool = False
    unit_ms: int | None = None
    unit_align: str | None = None
    bucket_ms: int | None = None
    bucket_rule: str | None = None
    bucket_anchor: str = "period"
    rounding: Rounding | None = None
    qualify: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRow:
    """One row: availability from `at_least` or `above` to `below` or `up_to` pays that share of the fee."""

    at_least: Fraction | None = None
    above: Fraction | None = None
    up_to: Fraction | None = None
    below: Fraction | None = None
    credit: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What a miss pays, as a share of the fee: by `rows`, `pro_rata` of what counts, or the `lost_time` itself."""

    kind: str
    rows: tuple[CreditRow, ...] = ()
    fee_base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """How a credit is asked for. within: a count of `unit` after `after`; needs: what the claim must hold."""

    within: int | None = None
    unit: str | None = None
    after: str | None = None
    needs: tuple[str, ...] | None = None
    how: str | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where fields were read: an address, the date it states, and how far the reading is to be trusted."""

    url: str
    stated_date: str | None
    confidence: str
    fields: tuple[str, ...]
