"""The clauses of published terms in plain words, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from probe.sla.clauses import (
    Cap,
    ClaimRule,
    Clause,
    Commitment,
    CreditRow,
    Deadline,
    ImpactNotice,
    OutageRule,
    Remedy,
    Shortest,
    Sustain,
    Wait,
)
from probe.sla.metric_promises import BY_TICKET
from probe.sla.naming import cause, metric
from probe.sla.quantities import in_words
from probe.sla.speed_rule import SpeedRule
from probe.sla.unstated import IN_TIME
from probe.view import phrases
from probe.view.wording import exact_percent

UNSTATED: Final = "not stated: a verdict that depends on it shows every reading"
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
OPERATORS: Final = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}


def outage_words(rule: OutageRule, archetype: str) -> str:
    """What counts as an outage: `at least 5 min; the whole of it counts`; by some archetypes no length matters."""
    is_open = rule.shortest is None and not rule.sustain
    said = [] if is_open and (rule.unit_ms or archetype not in IN_TIME) else [_lengths(rule)]
    if rule.shortest and any(one.span_ms for one in rule.shortest):
        said.append("only what exceeds that counts" if rule.excess else "the whole of it counts")
    if rule.unit_ms:
        said.append(f"only whole units of {in_words(rule.unit_ms)} count; {phrases.ALIGNS[rule.unit_align]}")
    if rule.bucket_ms:
        said.append(f"judged in intervals of {in_words(rule.bucket_ms)}, {_bucket(rule, archetype)}")
    if rule.rounding:
        rounding = rule.rounding
        mode = phrases.ROUNDED[rounding.mode]
        said.append(f"rounded {mode} to {in_words(rounding.unit_ms)} for each {rounding.level}")
    if rule.max_interruptions is not None:
        said.append(f"or more than {rule.max_interruptions} a period, however short")
    return "; ".join([*said, *_clock(rule)]) or phrases.NOT_BY_TIME.get(archetype, "what counts is not stated")


def _bucket(rule: OutageRule, archetype: str) -> str:
    if archetype == "F3" and rule.bucket_rule is None:
        return "each by its share of failed requests"
    if rule.bucket_rule is None:
        return "when one is bad is not stated"
    if rule.bucket_over is None:
        return f"bad when {rule.bucket_rule} of it fails"
    least = f" of at least {rule.min_requests} requests" if rule.min_requests else ""
    what = "are lost" if rule.bucket_rule == "loss" else "fail"
    return f"bad when more than {exact_percent(rule.bucket_over)}{least} {what}"


def _clock(rule: OutageRule) -> Iterator[str]:
    if rule.clock_start:
        yield phrases.CLOCKS[rule.clock_start]
    if rule.clock_stop:
        yield f"to {phrases.CLOCK_STOPS[rule.clock_stop]}"
    if rule.pauses:
        yield "without the time in which the provider waits for you"
    if rule.report_within:
        yield f"reported within {rule.report_within}"
    if rule.service_hours:
        hours = rule.service_hours
        yield f"on {', '.join(WEEKDAYS[day - 1] for day in hours.days)} from {hours.start} to {hours.end}"


def _impact(one: ImpactNotice) -> str:
    edge = f"over {in_words(one.over_ms)}" if one.over_ms is not None else f"up to {in_words(one.up_to_ms or 0)}"
    return f"announced at least {one.notice} before when it cuts for {edge}"


def commitment(one: Commitment) -> str:
    """One promise: `round trip ≤ 45 ms, as the mean of what was measured, between hubs`."""
    sign, name = {">=": "≥", "<=": "≤"}.get(one.op, one.op), metric(one.metric)
    said = [
        f"{name}: the figure was not seen" if one.target is None else f"{name} {sign} {figure(one.target, one.unit)}"
    ]
    if one.name:
        said[0] = f"{one.name}: {said[0]}"
    if one.statistic:
        said.append(phrases.STATISTICS[one.statistic].format(over=in_words(one.over_ms or 0)))
    if one.sample_every_ms:
        said.append(f"sampled every {in_words(one.sample_every_ms)}")
    if one.samples_exclude_outage:
        said.append("without the time of outages")
    if one.consecutive_periods:
        said.append(f"missed only when {one.consecutive_periods} periods in a row fail")
    if one.between:
        said.append(f"between {one.between}" if " and " in one.between else f"measured at {one.between}")
    if one.binding:
        said.append(f"as {phrases.BINDINGS[one.binding]}")
    return ", ".join(said)


def speed_lines(rule: SpeedRule) -> Iterator[str]:
    """A regulator's rule for the speed of a line: what must be measured, what was read, what was not."""
    yield f"by {phrases.SPEED_RULES.get(rule.rule, rule.rule)}"
    if rule.days and rule.per_day:
        within = f" within {in_words(rule.within_ms)}" if rule.within_ms else ""
        yield f"{rule.days * rule.per_day} measurements on {rule.days} days{within}"
    yield from rule.seen
    for line in rule.unverified:
        yield f"unverified: {line}"


def figure(value: Fraction, unit: str | None) -> str:
    """A target: `99.95 %`, `45 ms`, `95 F`."""
    if unit == "%":
        return exact_percent(value)
    if unit == "ms":
        return in_words(int(value)) if value.denominator == 1 else f"{float(value):g} ms"
    return f"{float(value):g} {unit}"


def remedy_lines(one: Remedy) -> Iterator[str]:
    """One remedy: each row, what else it pays, its caps, a right to leave."""
    of_what = _of(one)
    where = f"{metric(one.promise)}: " if one.promise else ""
    who = f", {one.applies}" if one.applies else ""
    for row in one.rows:
        yield f"{where}{row_range(row, one.lookup)}: {credit(row.credit, row.credit_unit, None)}{of_what}{who}"
    if not one.rows and (one.credit is not None or one.kind in ("pro_rata", "lost_time")):
        yield f"{where}{_amount(one, of_what)}{who}"
    for cap in one.caps:
        yield f"at most {_cap(cap)}"
    yield from _conditions(one)
    for right in one.termination:
        window = f", within {right.window}" if right.window else ""
        yield f"the right to leave: {right.condition}{window}"


def _conditions(one: Remedy) -> Iterator[str]:
    """On what a credit depends besides its rows."""
    if one.min_credit:
        yield f"paid only above {one.min_credit[1]} {_plain(one.min_credit[0])}"
    if one.fee_spans:
        spans = " or ".join(f"{length // 3_600_000} h" for length in one.fee_spans)
        yield f"the fee is taken as that of {spans}{', which is not stated' if len(one.fee_spans) > 1 else ''}"
    if one.stacking and one.stacking != "not_stated":
        yield phrases.STACKINGS[one.stacking]
    if one.automatic:
        yield "paid without a claim"


def _of(one: Remedy) -> str:
    """Of what a credit is a part."""
    if one.fee_base:
        return f" of {one.fee_base.replace('_', ' ')}"
    units = {one.credit_unit, *(row.credit_unit for row in one.rows)}
    return " of the fee" if units & {"hours_of_fee", "days_of_fee", "months_of_fee"} else ""


def _amount(one: Remedy, of_what: str) -> str:
    if one.kind == "pro_rata":
        return f"pro rata of the counted downtime{of_what}"
    if one.credit_unit == "waived" and one.fee_base:
        return f"{one.fee_base} waived"
    paid = (
        credit(one.credit, one.credit_unit, one.currency) if one.credit is not None else "the charge of the lost time"
    )
    paid += of_what
    more = " with more than {} down" if one.trigger == "each_hour" else " beyond {}"
    beyond = more.format(in_words(one.allowance_ms)) if one.allowance_ms else ""
    if one.kind == "per_unit" and one.per_unit is not None:
        what = "beyond the promise" if one.unit_base == "excess" else ""
        unit = figure(one.per_unit, one.per_unit_of)
        return f"{paid} for every {unit}{phrases.ROUNDS[one.unit_round]} {what}".rstrip() + beyond
    each = phrases.TRIGGERS.get(one.trigger or "", "")
    if one.trigger == "each_event" and one.promise in BY_TICKET:
        each = " for each case"
    return f"{paid}{each}{beyond}"


def credit(amount: Fraction, unit: str | None, currency: str | None) -> str:
    """What is paid: `10 %`, `1/30`, `12 h`, `USD 30 an ampere`."""
    if unit == "share":
        return exact_percent(amount)
    if unit == "waived":
        return "the fee waived"
    if unit in ("currency", "currency_per_amp"):
        return f"{currency} {_plain(amount)}{' an ampere' if unit == 'currency_per_amp' else ''}"
    word = phrases.CREDITS.get(unit or "", unit or "")
    return f"{_plain(amount)} {word.removesuffix('s') if amount == 1 else word}"


def _plain(amount: Fraction) -> str:
    return str(amount.numerator) if amount.denominator == 1 else f"{float(amount):g}"


def _cap(cap: Cap) -> str:
    per = f" per {phrases.PERS.get(cap.per, cap.per)}" if cap.per else ""
    of = "" if cap.unit in {"currency", "currency_per_amp"} and not cap.of else f" of {cap.of or 'the fee'}"
    return f"{credit(cap.amount, cap.unit, None)}{of}{per}"


def row_range(one: CreditRow, lookup: str | None) -> str:
    """What a row is for: `≥ 99 % and < 99.9 %`, or of a length of time `≥ 4 h and < 8 h`."""
    is_time = lookup in ("event_duration", "cumulative_duration", "metric")
    unit = one.unit or ("ms" if is_time else "%")
    edges = (("≥", one.at_least), (">", one.above), ("≤", one.up_to), ("<", one.below))
    said = " and ".join(f"{sign} {figure(value, unit)}" for sign, value in edges if value is not None)
    return said or "any availability"


def deadline(one: Deadline) -> str:
    """A deadline: `within 30 days after the period ended`, `by day 28 of the month after`."""
    after = f" after {phrases.ANCHORS[one.anchor]}" if one.anchor else "; from when is not stated"
    if one.unit == "day_of_month":
        return f"by day {one.n} of the month{after}"
    return f"within {Wait(n=one.n, unit=one.unit)}{after}"


def claim_lines(claim: ClaimRule | None) -> Iterator[tuple[str, str]]:
    """How a credit is asked for, as label and text."""
    if claim is None:
        yield "claim", "not stated"
        return
    asked = claim.claim_deadline
    yield "claim", deadline(asked) if asked else "no deadline was seen"
    if claim.notice_deadline:
        yield "report", deadline(claim.notice_deadline)
    if claim.needs:
        yield "claim needs", ", ".join(claim.needs)
    if claim.how:
        yield "claim through", claim.how
    if claim.authority:
        yield "decided by", claim.authority.replace("_", " ")


def _lengths(rule: OutageRule) -> str:
    if rule.sustain:
        return " or ".join(map(_sustained, rule.sustain))
    return " or ".join(map(_shortest, rule.shortest)) if rule.shortest else f"the shortest is {UNSTATED}"


def _sustained(one: Sustain) -> str:
    over = f"more than {exact_percent(one.threshold)} loss " if one.threshold is not None else ""
    return f"{over}for {'more than' if one.strict else 'at least'} {in_words(one.span_ms)}"


def _shortest(one: Shortest) -> str:
    length = f"longer than {in_words(one.span_ms)}" if one.strict else f"at least {in_words(one.span_ms)}"
    said = length if one.span_ms else "of any length"
    return f"{said} ({one.says})" if one.says else said


def clause_words(clause: Clause) -> str:
    """One clause: `scheduled maintenance, announced 3 days before, at most 1 h a period, out of the period as well`."""
    said = [f"{cause(clause.cause)}: {clause.says}" if clause.says else cause(clause.cause)]
    if clause.notice_ms is not None:
        said.append(f"announced at least {in_words(clause.notice_ms)} before")
    if clause.notice is not None:
        said.append(f"announced at least {clause.notice} before")
    said += [_impact(each) for each in clause.notice_by_impact]
    if clause.cap_ms is not None:
        said.append(f"at most {in_words(clause.cap_ms)} a period")
    if clause.cap_count is not None:
        said.append(f"at most {clause.cap_count} times a period")
    if clause.effect == "both":
        said.append("taken out of the period as well")
    return ", ".join(said)
