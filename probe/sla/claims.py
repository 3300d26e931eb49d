"""Until when a credit must be asked for, what the claim must hold, and what is missing (section 7).

Deadlines are dates in the period's zone; business days are Monday to Friday, since nobody states
whose holidays count. Of several outages the first decides, so that none is late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from dateutil.relativedelta import relativedelta

from probe.model import Ticket
from probe.sla import tickets, wallclock
from probe.sla.assessment import Claim, Outage, PeriodSpan
from probe.sla.clauses import ClaimRule, Deadline, Wait
from probe.sla.notice import business_days
from probe.sla.service import Question
from probe.sla.terms import Terms

UNITS_MS: Final = {"minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}

FAR_MS: Final = 1 << 62

UNSEEN: Final = "the state of the host decides, which only the provider sees: no probe from outside proves it"

AUTHORITIES: Final[Mapping[str, str]] = {
    "provider": "the provider's own measuring decides: this log is evidence, not proof; ask for its figures",
    "joint": "the figures of both sides decide together: this log is yours; ask for the provider's",
}
"""What it means for a claim who measures by the terms; where the customer's evidence does, nothing is added."""

REFUSED: Final = "the terms refuse the reports of outside monitors: this log alone proves nothing to this provider"


def asked(terms: Terms, question: Question, outages: Sequence[Outage]) -> Claim:
    """What a claim under these terms needs, for the outages of a question."""
    found = claim(terms.claim, question.period, outages, question.tickets, terms.outage.report_within)
    said = (*found.missing, *measured_by(terms), *([UNSEEN] if _is_unseen(terms) else []))
    return found._replace(missing=said, authority=terms.outage.authority)


def measured_by(terms: Terms) -> tuple[str, ...]:
    """What this log is worth where the terms say whose measuring decides."""
    said = AUTHORITIES.get(terms.outage.authority or "")
    is_refused = terms.outage.third_party_ok is False
    return (*([said] if said else []), *([REFUSED] if is_refused else []))


def is_claimable(found: Claim, terms: Terms, question: Question, outages: Sequence[Outage]) -> bool:
    """Whether a miss can still be claimed: before its deadline, an outage reported in time, of what a probe can see."""
    counted = [each for each in outages if each.counted_ms]
    late = unreported(terms.outage.report_within, question.period, counted, question.tickets)
    is_heard = not counted or len(late) < len(counted)
    is_ours_to_prove = not _is_unseen(terms) and terms.outage.third_party_ok is not False
    return is_heard and is_ours_to_prove and is_open(found, question.period, question.as_of_ms)


def _is_unseen(terms: Terms) -> bool:
    """Whether everything that these terms count as down is the state of the host, which only the provider knows."""
    return bool(terms.symptoms) and all(each.kind == "host_state" for each in terms.symptoms or ())


def is_open(found: Claim, period: PeriodSpan, as_of_ms: int) -> bool:
    """Whether no deadline is known, or it has not passed."""
    today = wallclock.local(as_of_ms, wallclock.zone(period.timezone)).date()
    return found.deadline is None or today <= date.fromisoformat(found.deadline)


def claim(
    rule: ClaimRule | None,
    period: PeriodSpan,
    outages: Sequence[Outage],
    told: Sequence[Ticket] = (),
    report: Wait | None = None,
) -> Claim:
    """The deadline of a claim as the last day in the period's zone, what it must hold, and what is missing."""
    last = rule.claim_deadline if rule else None
    deadline = day_of(last, period, outages, told) if last else None
    counted = [each for each in outages if each.counted_ms]
    missing = []
    if last is None:
        missing.append("no deadline was seen in the terms")
    elif deadline is None:
        missing.append(f"the deadline is {last.n} {_words(last.unit)} after {_words(last.anchor)}")
    if rule and rule.authority:
        missing.append(f"the terms let {rule.authority} decide")
    if rule and any("ticket" in need for need in rule.needs or ()):
        missing += [f"no ticket is recorded for the outage of {_day(each, period)}" for each in _untold(counted, told)]
    missing += [
        f"no ticket was opened within {report} of the outage of {_day(each, period)}"
        for each in unreported(report, period, counted, told)
    ]
    return Claim(deadline, rule.needs if rule else None, tuple(dict.fromkeys(missing)))


def unreported(
    report: Wait | None, period: PeriodSpan, outages: Sequence[Outage], told: Sequence[Ticket]
) -> tuple[Outage, ...]:
    """The outages that were not reported in time, where the terms ask for that."""
    if report is None:
        return ()
    return tuple(each for each in outages if not _is_in_time(report, period, each, _about(each, outages, told)))


def day_of(deadline: Deadline, period: PeriodSpan, outages: Sequence[Outage], told: Sequence[Ticket]) -> str | None:
    """The last day for something, as an ISO date; None when its anchor is not known."""
    anchor_ms = _anchor(deadline.anchor, period, outages, told)
    if anchor_ms is None:
        return None
    where = wallclock.zone(period.timezone)
    length = UNITS_MS.get(deadline.unit) if deadline.unit in {"minutes", "hours"} else None
    if length:
        return wallclock.local(anchor_ms + deadline.n * length, where).date().isoformat()
    return _AFTER[deadline.unit](wallclock.local(anchor_ms, where).date(), deadline.n).isoformat()


def _end_of_cycle(day: date, n: int) -> date:
    """The last day of the n-th month after the one in which a day lies."""
    return day + relativedelta(months=n, day=31)


_AFTER: Final[Mapping[str, Callable[[date, int], date]]] = {
    "days": lambda day, n: day + timedelta(days=n),
    "business_days": business_days,
    "months": lambda day, n: day + relativedelta(months=n),
    "billing_cycles": _end_of_cycle,
    "day_of_month": lambda day, n: day + relativedelta(months=1, day=n),
}


def _anchor(word: str | None, period: PeriodSpan, outages: Sequence[Outage], told: Sequence[Ticket]) -> int | None:
    """The instant from which a deadline runs."""
    if word == "period_end":
        return period.end_ms - 1
    if word == "ticket_close":
        return min((each.closed_ms for each in told if each.closed_ms is not None), default=None)
    starts = {"incident_start": True, "first_noticed": True, "incident_end": False}
    if word not in starts:
        return None
    counted = [each for each in outages if each.counted_ms]
    ends = [each.start_earliest_ms if starts[word] else each.end_earliest_ms for each in counted]
    return min((instant for instant in ends if instant is not None), default=None)


def _is_in_time(report: Wait, period: PeriodSpan, outage: Outage, told: Sequence[Ticket]) -> bool:
    opened = [each.opened_ms for each in told if each.opened_ms is not None]
    if not opened:
        return False
    if report.unit == "business_days":
        where = wallclock.zone(period.timezone)
        last = business_days(wallclock.local(outage.start_latest_ms, where).date(), report.n)
        return wallclock.local(min(opened), where).date() <= last
    return min(opened) <= outage.start_latest_ms + report.n * UNITS_MS[report.unit]


def _untold(outages: Sequence[Outage], told: Sequence[Ticket]) -> list[Outage]:
    return [each for each in outages if not _about(each, outages, told)]


def _about(outage: Outage, outages: Sequence[Outage], told: Sequence[Ticket]) -> tuple[Ticket, ...]:
    """The tickets of an outage; one that was opened after it without saying so belongs to the day that follows.

    Where several checks make a service, one of a check that failed first is about those that failed meanwhile too.
    """
    start = outage.start_earliest_ms
    for each in sorted(outages, key=lambda each: each.start_earliest_ms, reverse=True):
        if each.start_earliest_ms < start <= _last(each):
            start = each.start_earliest_ms
    return tickets.about(told, start, _last(outage) + UNITS_MS["days"])


def _last(outage: Outage) -> int:
    """Until when an outage may have lasted; one that goes on has no end yet."""
    return FAR_MS if outage.end_latest_ms is None else outage.end_latest_ms


def _day(outage: Outage, period: PeriodSpan) -> str:
    return wallclock.local(outage.start_latest_ms, wallclock.zone(period.timezone)).date().isoformat()


def _words(word: str | None) -> str:
    return (word or "").replace("_", " ")
