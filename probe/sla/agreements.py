"""Agreement vectors: an outage log, an agreement, and what any correct evaluator says (docs/vectors.md).

Everything is text that a person can write: instants in ISO form, percentages, money. Percentages are
compared at the decimals that are written, half up, as published examples are printed; a fraction such
as "719/720" is compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from probe.model import Rule, Sample, Span, SpanClass, State, Ticket, Window, WindowKind
from probe.sla import period, terms
from probe.sla.assess import assess
from probe.sla.assessment import Assessment, PeriodSpan
from probe.sla.classify import classify
from probe.sla.quantities import rounded
from probe.sla.requests import Bucket, Requests
from probe.sla.service import Combine, How, Member, Question, Service
from probe.sla.terms import Terms

Find = Callable[[str], Mapping[str, Any]]
LONG_AFTER_MS: Final = 30 * 86_400_000
DAY_MS: Final = 86_400_000
STATES: Final = {"G": State.UP, "B": State.DOWN, "U": State.UNKNOWN}


def differences(vector: Mapping[str, Any], find: Find) -> tuple[str, ...]:
    """One line for each expectation that comes out otherwise. find: the tables of a shipped agreement by its id."""
    found = judged(vector, find)
    lines = []
    for field, expected in vector["expect"].items():
        computed = FIELDS[field](found)
        if not _agrees(expected, computed):
            lines.append(f"{vector['id']} {field}: expected {_shown(expected)}, computed {_shown(computed)}")
    return tuple(lines)


def judged(vector: Mapping[str, Any], find: Find) -> Assessment:
    """The first assessment of a vector, or that of the check or promise that it names."""
    found = assess(question(vector, find))
    wanted = vector.get("check"), vector.get("promise", "availability")
    return next(
        each
        for each in found
        if wanted[0] in {None, each.check} and (each.promise is None or each.promise.metric == wanted[1])
    )


def question(vector: Mapping[str, Any], find: Find) -> Question:
    """The question that a vector asks."""
    agreement = _agreement(vector["agreement"], find)
    zone = vector.get("timezone", "UTC")
    span = _period(vector["period"], zone)
    as_of_ms = _moment(vector["as_of"], zone) if "as_of" in vector else span.end_ms + LONG_AFTER_MS
    whole = (span.start_ms - DAY_MS, span.end_ms + DAY_MS)
    checks = vector.get("checks") or {"check": vector}
    members = [_member(key, _spans(each, zone, span, whole)) for key, each in checks.items()]
    members += [_member(f"up-{i}", _known((), whole)) for i in range(1, vector.get("also_up", 0) + 1)]
    return Question(
        service=_service(vector, agreement, zone),
        vantage="vector",
        members=tuple(members),
        references=(_member("reference", _known((), whole)),),
        gateway=None,
        period=span,
        as_of_ms=as_of_ms,
        windows=tuple(_window(each, zone) for each in vector.get("maintenance", ())),
        tickets=tuple(_ticket(each, zone, i) for i, each in enumerate(vector.get("tickets", ()), start=1)),
        pauses=_pairs(vector.get("waiting", ()), zone),
        requests={members[0].key: _requests(vector["requests"], zone)} if "requests" in vector else {},
    )


def _agreement(given: str | Mapping[str, Any], find: Find) -> Terms:
    if isinstance(given, str):
        return terms.parse(find(given), given)
    changed = given.get("changes")
    table = {**find(changed), **{key: value for key, value in given.items() if key != "changes"}} if changed else given
    return terms.parse(table, str(table.get("id", "the agreement")))


def _service(vector: Mapping[str, Any], agreement: Terms, zone: str) -> Service:
    combine = Combine(How(vector["combine"])) if "combine" in vector else None
    return Service(
        name="vector",
        terms=agreement,
        combine=combine,
        timezone=zone,
        monthly_fee=_money(vector.get("fee", "100.00 EUR")),
        fees={words: _money(each) for words, each in vector.get("fees", {}).items()},
        affected=_affected(vector.get("affected")),
        since_ms=_stated(vector, "since", zone),
        until_ms=_stated(vector, "until", zone),
    )


def _money(text: str) -> tuple[Decimal, str]:
    amount, currency = text.split(" ")
    return Decimal(amount), currency


def _period(text: str, zone: str) -> PeriodSpan:
    start, _, end = text.partition("/")
    far = 1 << 53
    return period.between(start, end, zone, far) if end else period.parse(text, zone, far)


def _moment(text: str, zone: str) -> int:
    return period.moment(text, zone)


def _stated(given: Mapping[str, Any], key: str, zone: str) -> int | None:
    return _moment(given[key], zone) if key in given else None


def _pairs(given: Iterable[Sequence[str]], zone: str) -> tuple[tuple[int, int], ...]:
    return tuple((_moment(start, zone), _moment(end, zone)) for start, end in given)


def _spans(given: Mapping[str, Any], zone: str, span: PeriodSpan, whole: tuple[int, int]) -> tuple[Span, ...]:
    """The spans of a check: from samples, in seconds after the period's start, or from outages known exactly."""
    if "samples" not in given:
        return _known(sorted(_pairs(given.get("down", ()), zone)), whole)
    rule = Rule(given.get("gmax", 90) * 1000, given.get("confirm", 1))
    seen = [
        Sample(span.start_ms + (first + i * step) * 1000, STATES[state], 1, rule)
        for first, step, count, state in given["samples"]
        for i in range(count)
    ]
    return classify(seen)


def _known(down: Sequence[tuple[int, int]], whole: tuple[int, int]) -> tuple[Span, ...]:
    """Spans of a check of which everything is known to the millisecond."""
    spans, since = [], whole[0]
    for start, end in down:
        spans.append(Span(since, start, SpanClass.UP, 2, 1, State.UP, State.UP, 1))
        spans.append(Span(start, end, SpanClass.DOWN, 2, 1, State.DOWN, State.DOWN, 1))
        since = end
    return (*spans, Span(since, whole[1], SpanClass.UP, 2, 1, State.UP, State.UP, 1))


def _member(key: str, spans: tuple[Span, ...]) -> Member:
    return Member(
        key=key,
        spans=spans,
        declared_ms=0,
        g_max_ms=1,
        confirm=1,
        interval_ms=1,
        recheck_ms=None,
        timeout_ms=1,
        network=key,
    )


def _window(given: Mapping[str, Any], zone: str) -> Window:
    announced = given.get("announced")
    return Window(
        start_ms=_moment(given["from"], zone),
        end_ms=_moment(given["to"], zone),
        kind=WindowKind(given.get("kind", "scheduled")),
        announced_at_ms=_moment(announced, zone) if announced else None,
        zone=zone,
    )


def _ticket(given: Mapping[str, str], zone: str, i: int) -> Ticket:
    return Ticket(
        service="vector",
        number=given.get("number", str(i)),
        opened_ms=_stated(given, "opened", zone),
        answered_ms=_stated(given, "answered", zone),
        closed_ms=_stated(given, "closed", zone),
        outage_ms=_stated(given, "outage", zone),
    )


def _requests(given: Iterable[Mapping[str, Any]], zone: str) -> Requests:
    """Counts by interval: from, to, every (seconds), requests, errors, unknown; later rows replace earlier ones."""
    buckets: dict[int, Bucket] = {}
    for row in given:
        for start in range(_moment(row["from"], zone), _moment(row["to"], zone), row["every"] * 1000):
            buckets[start] = Bucket(start, row["requests"], row.get("errors", 0), row.get("unknown", 0))
    return Requests(buckets=tuple(buckets[start] for start in sorted(buckets)))


def _affected(given: str | None) -> tuple[Fraction, Fraction] | None:
    return None if given is None else (Fraction(given), Fraction(given))


def _agrees(expected: object, computed: object) -> bool:
    if isinstance(expected, list) and isinstance(computed, (list, tuple)):
        pairs = zip(expected, computed, strict=False)
        return len(expected) == len(computed) and all(_agrees(*pair) for pair in pairs)
    if isinstance(expected, str) and isinstance(computed, Fraction):
        if "." not in expected or "/" in expected:
            return Fraction(expected) == computed
        decimals = len(expected.partition(".")[2])
        return rounded(computed, decimals) == Fraction(expected)
    return expected == computed


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_shown(each) for each in value)}]"
    return "nothing" if value is None else str(value)


def _percent(share: Fraction | None) -> Fraction | None:
    return None if share is None else share * 100


def _seconds(value: int | Fraction | None) -> Fraction | None:
    return None if value is None else Fraction(value) / 1000


FIELDS: Final[Mapping[str, Callable[[Assessment], Any]]] = {
    "verdict": lambda found: found.verdict.value,
    "reason": lambda found: found.reason and found.reason.value,
    "availability": lambda found: _percent(found.availability and found.availability.high),
    "availability_low": lambda found: _percent(found.availability and found.availability.low),
    "readings": lambda found: [_percent(each.availability.high) for each in found.readings],
    "verdicts": lambda found: [each.verdict.value for each in found.readings],
    "counted": lambda found: _seconds(found.downtime.low),
    "counted_high": lambda found: _seconds(found.downtime.high),
    "denominator": lambda found: _seconds(found.denominator_ms),
    "unknown": lambda found: _seconds(found.unknown_ms),
    "forgiven": lambda found: _seconds(sum(each.forgiven_ms for each in found.exclusions)),
    "credit": lambda found: found.credit and found.credit.certain and str(found.credit.certain),
    "credit_possible": lambda found: found.credit and found.credit.possible and str(found.credit.possible),
    "deadline": lambda found: found.claim and found.claim.deadline,
    "claimable": lambda found: found.claimable,
    "missing": lambda found: found.claim and list(found.claim.missing),
    "value": lambda found: found.measured and found.measured.point,
}
"""What a vector may expect, by name; percentages in percent, spans in seconds."""
