"""Plans on a screen: what the SLA allows, what the schedule leaves open, what interval would decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.sla.plan import Plan, Schedule
from probe.view import wording
from probe.view.page import (
    BLANK,
    Block,
    Column,
    Fields,
    Page,
    Piece,
    Table,
    Tone,
    Words,
    faint,
    paragraph,
    row,
    stacked,
    strong,
    words,
)
from probe.view.wording import exact_percent, percent, rough, span


def plans(found: Sequence[Plan]) -> Page:
    """Every plan below the other."""
    if not found:
        return (paragraph("Nothing to plan: no service with SLA terms or an objective has a check."),)
    return stacked([_plan(one) for one in found])


def _plan(one: Plan) -> Page:
    name = one.service if one.check in {None, one.service} else f"{one.service} / {one.check}"
    described = ", ".join(part for part in (one.provider, one.agreement) if part)
    page: list[Block] = [
        paragraph(strong(name), f" — {described}" if described else ""),
        Fields(tuple(_fields(one))),
        BLANK,
        _by_outages(one),
        BLANK,
        _chances(one),
    ]
    return tuple(page)


def _fields(one: Plan) -> Iterator[tuple[str, Words]]:
    yield "promised", words(wording.promise(one.promise, one.unit))
    yield "rule", words(one.rule)
    yield "period", words(one.period.label or wording.instant(one.period.start_ms))
    yield "schedule", words(_schedule(one.schedule))
    if one.budget_ms is None:
        yield "error budget", words("none in time: the terms count otherwise")
    else:
        yield "error budget", words(f"{span(one.budget_ms)} in the period")
    yield f"{wording.count(one.outages, 'outage')}", _width(one)
    yield "decides", _decides(one)
    if one.budget_ms is not None:
        yield (
            "agent off",
            words(
                f"at most {span(one.spare_ms)} for met when nothing fails any more, "
                f"{span(one.spare_with_outages_ms)} with {wording.count(one.outages, 'short outage')} yet to come"
            ),
        )


def _schedule(schedule: Schedule) -> str:
    recheck = "no rechecks" if schedule.recheck_ms is None else f"rechecks every {span(schedule.recheck_ms)}"
    said = f"every {span(schedule.interval_ms)}, {recheck}, timeout {span(schedule.timeout_ms)}"
    return f"{said}; {wording.count(schedule.confirm, 'failure')} to confirm"


def _width(one: Plan) -> Words:
    said = f"leave {span(one.headline.width_ms)} open"
    if one.unknown_ms:
        said += f", {span(one.unknown_ms)} of it unknown time"
    if one.budget_ms:
        said += f"; {percent(one.headline.width_ms / one.budget_ms, 1)} % of the budget"
    return words(said, faint(f" ({wording.count(one.seen, 'outage')} in the period so far)"))


def _decides(one: Plan) -> Words:
    if one.can_decide is None:
        return words("it is not a question of downtime within a budget")
    largest = one.headline.decides_ms
    if one.can_decide:
        return words(Piece("yes", Tone.GOOD), f"; up to an interval of {rough(largest)}")
    if largest is None:
        return words(Piece("no", Tone.BAD), ", and no interval would: shorten recheck and timeout, or measure more")
    return words(Piece("no", Tone.BAD), f"; an interval of at most {rough(largest)} would")


def _by_outages(one: Plan) -> Table:
    columns = (
        Column("OUTAGES", is_number=True),
        Column("LEFT OPEN", is_number=True),
        Column("LARGEST INTERVAL TO DECIDE", is_number=True),
        Column(f"FOR {exact_percent(one.share)} OF THE BUDGET", is_number=True),
    )
    rows = tuple(
        row(str(each.outages), span(each.width_ms), rough(each.decides_ms), rough(each.sharp_ms)) for each in one.rows
    )
    return Table(columns, rows, indent=2)


def _chances(one: Plan) -> Table:
    columns = (
        Column("AN OUTAGE OF", is_number=True),
        Column("IS SEEN", is_number=True),
        Column("IS CONFIRMED", is_number=True),
    )
    rows = tuple(
        row(span(each.lasting_ms), f"{percent(each.seen, 1)} %", f"{percent(each.confirmed, 1)} %")
        for each in one.sights
    )
    return Table(columns, rows, indent=2)
