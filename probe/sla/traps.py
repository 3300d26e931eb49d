"""Where a text says something else than one expects, and what a probe cannot see of it: sentences for people.

Everything here is worked out from the clauses and from how often one probes; no verdict uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Final

from probe.sla.clauses import CreditRow, Remedy
from probe.sla.naming import cause, field, metric
from probe.sla.quantities import in_words, percent
from probe.sla.terms import Terms

MONTH_MS: Final = 30 * 86_400_000
TOO_FEW: Final = 10
"""A budget of fewer probes than that is decided by where they happen to fall."""

UNPROVABLE: Final = {
    "host_state": "the state of the host is judged, not whether you reach it: a probe from outside proves nothing",
    "network_devices": "the provider's own devices are judged, not your server: a probe of yours proves little",
    "both_feeds_off": "only both feeds off at once count: a probe of your server sees at most that power is gone",
    "all_nameservers_silent": "every name server must be silent: probe each, in a service that fails when all do",
    "severity_1": "only what the provider files under its highest priority counts: keep the ticket's grade",
    "degraded": "degraded service counts only under conditions that a probe does not see",
    "disk_io": "a disk that hangs counts as well, which a probe from outside does not see",
}

COMBINED: Final = {
    "all_down": "one of several down is not an outage: only all of them at the same time are",
    "pooled": "all of your subjects are thrown together: one that is dead hides among many",
    "weighted": "an outage weighs as much as the share that it hit, which a probe does not know",
}

STARTED: Final = {
    "ticket": "the clock starts with your ticket, not with the outage: open one at once",
    "detection": "the clock starts when the provider notices",
    "provable": "the clock starts when you can prove the outage with logs",
    "ticket_within_else_void": "without a ticket in time the outage does not count at all",
}

BY_EVENT: Final = {
    "F5": "no percentage decides: each outage is looked up by its length",
    "F6": "no percentage decides: the credit goes by the total of the period",
    "F7": "the credit goes by units of time, not by the percentage",
    "F3": "the mean is over intervals, each worth the same: busy hours weigh no more than quiet ones",
}


DOUBTS: Final = {
    "secondary": "known from other people's descriptions only",
    "unsure": "uncertain, so read the page before you rely on it",
}


def traps(terms: Terms, interval_ms: int) -> tuple[str, ...]:
    """What to know before one relies on these terms with a probe every `interval_ms`."""
    return tuple(dict.fromkeys(said for each in TRAPS for said in each(terms, interval_ms)))


def holes(rows: tuple[CreditRow, ...]) -> tuple[tuple[Fraction, Fraction], ...]:
    """The gaps between rows as (from, to); a single value that two rows leave out is a gap to itself."""
    ordered = sorted(rows, key=_low)
    found = []
    for lower, higher in pairwise(ordered):
        top, bottom = _top(lower), _low(higher)
        both_open = lower.below is not None and higher.above is not None
        if top is not None and (top < bottom or (top == bottom and both_open)):
            found.append((top, bottom))
    return tuple(found)


def _low(row: CreditRow) -> Fraction:
    return next((edge for edge in (row.at_least, row.above) if edge is not None), Fraction(0))


def _top(row: CreditRow) -> Fraction | None:
    return row.below if row.below is not None else row.up_to


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _short(span_ms: int) -> str:
    minutes, rest = divmod(span_ms, 60_000)
    parts = (in_words(part) for part in (minutes * 60_000, rest) if part)
    return " ".join(parts)


def _buckets(terms: Terms, interval_ms: int) -> Iterator[str]:
    rule = terms.outage
    if rule.bucket_ms is None:
        return
    bucket, mine = in_words(rule.bucket_ms), in_words(interval_ms)
    looks = rule.bucket_ms // interval_ms
    if looks:
        yield f"judged in intervals of {bucket}; a probe every {mine} looks into each {_times(looks)}"
    else:
        yield f"judged in intervals of {bucket}; a probe every {mine} never looks into some of them"
    if rule.bucket_over is not None:
        yield f"an interval is bad only above {percent(rule.bucket_over)} errors: a milder brown-out never counts"
    if rule.min_requests is not None and rule.min_requests > looks:
        yield (
            f"an interval needs {rule.min_requests} requests to be bad; a probe every {mine} sends {looks}: "
            f"your own traffic is what counts"
        )
    if rule.empty_bucket == "up":
        yield "an interval without requests counts as good: who gave up asking loses"
    if rule.retry_rule == "honour_backoff":
        yield "retries faster than the text allows do not count"


def _shortest(terms: Terms, interval_ms: int) -> Iterator[str]:
    mine = in_words(interval_ms)
    for each in terms.outage.shortest or ():
        if each.span_ms == 0:
            yield f"every outage counts; a probe every {mine} may miss those shorter than {mine}"
            continue
        word = "longer than" if each.strict else "of at least"
        least, most = max(each.span_ms - 2 * interval_ms, 0), each.span_ms + 2 * interval_ms
        either = f"between {in_words(least)} and {in_words(most)}" if least else f"up to {in_words(most)}"
        yield (
            f"only outages {word} {in_words(each.span_ms)} count; of an outage {either} long "
            f"a probe every {mine} cannot say whether it does"
        )
    for one in terms.outage.sustain:
        over = f" with more than {percent(one.threshold)} loss" if one.threshold is not None else ""
        yield f"an outage is {'more than' if one.strict else 'at least'} {in_words(one.span_ms)}{over}"


def _units(terms: Terms, interval_ms: int) -> Iterator[str]:
    unit = terms.outage.unit_ms
    if unit is None:
        return
    yield f"only whole units of {in_words(unit)} count: many short outages may come to nothing"
    if terms.outage.unit_align is None:
        yield "whether a unit runs from the onset or on the clock is not stated: both are judged"
    if interval_ms >= unit:
        mine = in_words(interval_ms)
        yield f"a probe every {mine} knows each end of an outage to {mine} only, as coarse as the unit itself"


def _budget(terms: Terms, interval_ms: int) -> Iterator[str]:
    promise = terms.promise
    if promise is None:
        yield "what is promised was not seen: there is nothing to judge by"
        return
    if promise.metric != "availability":
        return
    if promise.target == 1:
        yield "any counted second is a miss: what your probe cannot resolve is the verdict"
        return
    allowed = int((1 - promise.target) * MONTH_MS) // 1000 * 1000
    count = allowed // interval_ms
    if count < TOO_FEW:
        times = f"{count} probe{'s' if count > 1 else ''}" if count else "less than one probe"
        yield f"30 days leave {_short(allowed)} of downtime, {times} of {in_words(interval_ms)}: probe faster"


def _proof(terms: Terms, interval_ms: int) -> Iterator[str]:
    del interval_ms
    for symptom in terms.symptoms or ():
        if symptom.kind in UNPROVABLE:
            yield UNPROVABLE[symptom.kind]
        if symptom.kind == "no_connectivity" and symptom.of == "any":
            yield "reached at a private address it is up: a probe from outside alone proves no outage"
    how = terms.combining.how if terms.combining else None
    if how in COMBINED:
        yield COMBINED[how]


def _clock(terms: Terms, interval_ms: int) -> Iterator[str]:
    del interval_ms
    rule = terms.outage
    if rule.clock_start in STARTED:
        yield STARTED[rule.clock_start]
    if rule.pauses:
        yield "the clock stands still while the provider waits for you"
    if rule.report_within is not None:
        yield f"an outage that is not reported within {rule.report_within} does not count"
    if rule.third_party_ok is False:
        yield "reports of outside monitors are refused, probe's included"
    if rule.authority == "provider":
        yield "the provider's own measurement decides; yours is an argument, no proof"


def _time(terms: Terms, interval_ms: int) -> Iterator[str]:
    del interval_ms
    if terms.archetype in BY_EVENT:
        yield BY_EVENT[terms.archetype]
    if any(each.trigger == "each_day" for each in terms.remedies):
        yield "one outage in a day earns that day's credit, whatever its length"
    if terms.outage.max_interruptions is not None:
        yield f"interrupted more than {_times(terms.outage.max_interruptions)} in a period is a miss, however briefly"
    if terms.period and terms.period.word.startswith("trailing"):
        yield "the period rolls: one outage is judged in many periods"
    if terms.partial_life == "assume_up":
        yield "a part of the month in which the resource did not exist counts as up"
    for each in terms.promises:
        if each.consecutive_periods:
            yield f"{metric(each.metric)} must fail {each.consecutive_periods} periods in a row"


def _excused(terms: Terms, interval_ms: int) -> Iterator[str]:
    del interval_ms
    for clause in terms.exclusions:
        if clause.excused and clause.cap_ms is not None:
            yield f"{cause(clause.cause)} beyond {in_words(clause.cap_ms)} a period counts as down"
        if clause.effect == "both":
            yield f"{cause(clause.cause)} shortens the period too, so a real outage weighs more"


def _credit(terms: Terms, interval_ms: int) -> Iterator[str]:
    del interval_ms
    for remedy in terms.remedies:
        yield from _holes(remedy)
        edge = terms.promise.target if terms.promise and remedy.lookup in (None, "availability") else None
        if remedy.promise is None and edge is not None:
            yield from _unpaid(remedy, edge)
        if remedy.promise is None and edge is not None and any(row.up_to == edge for row in remedy.rows):
            yield f"exactly {percent(edge)} keeps the promise and earns a credit all the same"
        if remedy.trigger == "each_hour" and remedy.allowance_ms:
            yield f"an hour on the clock pays only when more than {in_words(remedy.allowance_ms)} of it are down"
        if remedy.kind == "per_unit" and remedy.unit_round is None:
            yield "whether a begun unit pays is not stated"
        if remedy.discretionary:
            yield "the credit is at the provider's discretion"


def _trust(terms: Terms, interval_ms: int) -> Iterator[str]:
    del interval_ms
    for grade, says in DOUBTS.items():
        named = [field for source in terms.sources if source.confidence == grade for field in source.fields]
        doubtful = dict.fromkeys(field for field in named if terms.confidence(field) == grade and field != "notes")
        if doubtful:
            yield f"{says}: {', '.join(dict.fromkeys(map(field, doubtful)))}"


def _unpaid(remedy: Remedy, edge: Fraction) -> Iterator[str]:
    """Values that miss the promise and lie above every row."""
    tops = [_top(row) for row in remedy.rows]
    highest = max((top for top in tops if top is not None), default=None)
    if highest is not None and None not in tops and highest < edge:
        yield f"above {percent(highest)} and below {percent(edge)} the promise is missed and no row pays"


def _holes(remedy: Remedy) -> Iterator[str]:
    is_time = remedy.lookup in ("event_duration", "cumulative_duration", "metric")
    for low, high in holes(remedy.rows):
        if low == high:
            yield f"no row pays at exactly {in_words(int(low)) if is_time else percent(low)}"
        elif is_time:
            yield f"no row pays between {in_words(int(low))} and {in_words(int(high))}"
        else:
            yield f"no row pays between {percent(low)} and {percent(high)}"


TRAPS: Final[tuple[Callable[[Terms, int], Iterator[str]], ...]] = (
    _time,
    _buckets,
    _shortest,
    _units,
    _budget,
    _excused,
    _proof,
    _clock,
    _credit,
    _trust,
)
