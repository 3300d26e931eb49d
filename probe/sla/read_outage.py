"""Reading what counts as an outage, and what is forgiven."""

from __future__ import annotations

import re
from typing import Any, Final

from probe.sla import counting, vocabulary
from probe.sla.clauses import Clause, ImpactNotice, OutageRule, ServiceHours, Shortest, Sustain, Wait
from probe.sla.quantities import UNITS_MS
from probe.sla.table import Table

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_HOURS: Final = re.compile(r"([A-Z][a-z]{2})-([A-Z][a-z]{2}) ([01]\d:[0-5]\d|2[0-3]:[0-5]\d)-(\d\d:[0-5]\d)")
_PLAIN: Final = {"seconds": UNITS_MS["s"], "minutes": UNITS_MS["min"], "hours": UNITS_MS["h"], "days": UNITS_MS["d"]}


def outage(table: Table) -> OutageRule:
    """The [outage] table; absent keys are clauses that nobody has seen."""
    found = table.table("outage")
    if found is None:
        return OutageRule()
    rule = OutageRule(
        shortest=_shortest(found),
        sustain=tuple(_sustain(each) for each in found.tables("sustain")),
        excess=found.choice("counts", ("whole", "excess")) == "excess",
        unit_ms=found.length("whole_unit"),
        unit_align=found.choice("whole_unit_align", vocabulary.UNIT_ALIGNS),
        rounding=_rounding(found),
        qualify=found.choice("qualify", vocabulary.QUALIFIES),
        max_interruptions=found.count("max_interruptions"),
        edge=found.choice("edge", vocabulary.EDGES),
        service_hours=_service_hours(found),
        **_buckets(found),
        **_clock(found),
    )
    found.done()
    if rule.unit_ms and rule.rounding:
        found.problem("round", "is another word for whole_unit: give one of them")
    if rule.sustain and rule.shortest:
        found.problem("sustain", "says the shortest outage: leave shortest out")
    return rule


def _buckets(table: Table) -> dict[str, Any]:
    made: dict[str, Any] = {
        "bucket_ms": table.length("bucket"),
        "bucket_rule": table.choice("bucket_rule", vocabulary.BUCKET_RULES),
        "bucket_over": table.ratio("bucket_over"),
        "bucket_anchor": table.choice("bucket_anchor", counting.GRIDS) or "period",
        "min_requests": table.count("min_requests"),
        "empty_bucket": table.choice("empty_bucket", vocabulary.EMPTY_BUCKETS),
        "retry_rule": table.choice("retry_rule", vocabulary.RETRIES),
    }
    if made["bucket_rule"] in ("error_rate", "loss") and made["bucket_over"] is None:
        table.problem("bucket_over", f'is needed with bucket_rule = "{made["bucket_rule"]}": the rate that it exceeds')
    return made


def _clock(table: Table) -> dict[str, Any]:
    return {
        "clock_start": table.choice("clock_start", vocabulary.CLOCK_STARTS),
        "clock_stop": table.choice("clock_stop", vocabulary.CLOCK_STOPS),
        "pauses": table.flag("pauses"),
        "report_within": table.wait("report_within"),
        "authority": table.choice("authority", vocabulary.AUTHORITIES),
        "third_party_ok": table.flag("third_party_ok"),
    }


def _service_hours(table: Table) -> ServiceHours | None:
    text = table.text("service_hours")
    if text is None:
        return None
    matched = _HOURS.fullmatch(text)
    if not matched or not {matched[1], matched[2]} <= set(WEEKDAYS) or matched[4] > "24:00":
        table.problem("service_hours", f'"{text}" is not written as "Mon-Fri 08:00-18:00"')
        return None
    first, last = WEEKDAYS.index(matched[1]), WEEKDAYS.index(matched[2])
    days = [(first + i) % 7 + 1 for i in range((last - first) % 7 + 1)]
    return ServiceHours(days=tuple(sorted(days)), start=matched[3], end=matched[4])


def _shortest(table: Table) -> tuple[Shortest, ...] | None:
    tables = table.tables("reading")
    readings = tuple(_one_shortest(each, each.needed("says")) for each in tables)
    for each in tables:
        each.done()
    alone = [key for key in ("shortest", "strict") if key in table.values]
    for key in alone if readings or alone == ["strict"] else ():
        table.asked.add(key)
        table.problem(key, "every reading has its own" if readings else "goes with shortest, which is not there")
    if readings:
        return readings
    return (_one_shortest(table, ""),) if "shortest" in table.values else None


def _one_shortest(table: Table, says: str) -> Shortest:
    span_ms, strict = table.span("shortest") or 0, table.flag("strict")
    if span_ms and strict is None:
        table.problem("strict", "is needed with shortest: true when an outage must be longer, not just as long")
    return Shortest(span_ms=span_ms, strict=bool(strict), says=says)


def _sustain(table: Table) -> Sustain:
    span_ms, strict = table.span("for"), table.flag("strict")
    for key, given in (("for", span_ms), ("strict", strict)):
        if given is None:
            table.problem(key, "for and strict are needed: how long, and whether longer than that")
    made = Sustain(span_ms=span_ms or 0, strict=bool(strict), threshold=table.ratio("loss_over"), of=table.text("of"))
    table.done()
    return made


def _rounding(table: Table) -> counting.Rounding | None:
    found = table.table("round")
    if found is None:
        return None
    unit = found.length("unit")
    mode, level = found.choice("mode", counting.MODES), found.choice("level", counting.LEVELS)
    found.done()
    for key, given in (("unit", unit), ("mode", mode), ("level", level)):
        if given is None:
            found.problem(key, "unit, mode and level are needed")
    if not unit or mode is None or level is None:
        return None
    return counting.Rounding(unit_ms=unit, mode=mode, level=level)


def exclusions(table: Table) -> tuple[Clause, ...]:
    """What the terms say of each cause of downtime."""
    return tuple(_clause(each) for each in table.tables("exclusion"))


def _clause(table: Table) -> Clause:
    excused = table.flag("excused")
    if excused is None:
        table.problem("excused", "true or false is needed; leave the clause out where the terms are silent")
    cause = table.choice("cause", vocabulary.CAUSES)
    if cause is None:
        table.problem("cause", f"one of {', '.join(vocabulary.CAUSES)} is needed")
    notice = table.wait("notice")
    length = _PLAIN.get(notice.unit) if notice else None
    clause = Clause(
        cause=cause or "",
        excused=bool(excused),
        notice_ms=notice.n * length if notice and length else None,
        notice=notice if notice and not length else None,
        notice_by_impact=tuple(_impact(each) for each in table.tables("notice_by_impact")),
        cap_ms=table.span("cap_per_period"),
        cap_count=table.count("cap_count"),
        effect=table.choice("effect", vocabulary.EFFECTS),
        says=table.text("says") or "",
    )
    table.done()
    return clause


def _impact(table: Table) -> ImpactNotice:
    notice = table.wait("notice")
    if notice is None:
        table.problem("notice", 'is needed, such as "7 business days"')
    made = ImpactNotice(
        notice=notice or Wait(n=0, unit="days"), over_ms=table.span("over"), up_to_ms=table.span("up_to")
    )
    table.done()
    return made
