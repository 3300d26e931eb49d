"""Reading what a miss pays, and how it must be asked for."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from probe.sla import vocabulary
from probe.sla.clauses import Cap, ClaimRule, CreditRow, Deadline, Remedy, Termination
from probe.sla.table import Table

PLAIN_KINDS = ("rows", "pro_rata", "lost_time")
A_SHARE = (
    "%",
    'is no availability; rows in another unit need `lookup`: "event_duration" or "cumulative_duration" of downtime,'
    ' or "metric"',
)
A_LENGTH = ("ms", 'is no length of time such as "4 h", which this `lookup` looks up')
LOOKED_UP = {
    None: A_SHARE,
    "availability": A_SHARE,
    "event_duration": A_LENGTH,
    "cumulative_duration": A_LENGTH,
}
"""What the edges of rows are in, and what is wrong with others; of a metric any one unit is right."""


def remedies(table: Table) -> tuple[Remedy, ...]:
    """Every remedy of the file, the one for the first promise first."""
    return tuple(_remedy(each) for each in table.one_or_more("remedy"))


def headline(found: tuple[Remedy, ...]) -> Remedy | None:
    """The remedy that is a share of the fee by the availability of the period; None when there is none."""
    return next((each for each in found if _is_plain(each)), None)


def _is_plain(one: Remedy) -> bool:
    shares = all(row.credit_unit == "share" for row in one.rows)
    is_whole = one.trigger in (None, "missed_commitment") and one.credit is None and one.promise is None
    return one.kind in PLAIN_KINDS and one.lookup in (None, "availability") and shares and is_whole


def _remedy(table: Table) -> Remedy:
    lookup = table.choice("lookup", vocabulary.LOOKUPS)
    rows = tuple(_row(each, lookup) for each in table.tables("rows"))
    kind = table.choice("kind", vocabulary.REMEDIES) or "rows"
    remedy = Remedy(
        kind=kind,
        rows=rows,
        fee_base=table.text("fee_base"),
        trigger=table.choice("trigger", vocabulary.TRIGGERS),
        promise=table.text("promise"),
        lookup=lookup,
        allowance_ms=table.span("allowance"),
        unit_base=table.choice("unit_base", vocabulary.UNIT_BASES),
        unit_round=table.choice("unit_round", vocabulary.UNIT_ROUNDS),
        caps=tuple(_cap(each) for each in table.tables("caps")),
        min_credit=_min_credit(table),
        stacking=table.choice("stacking", vocabulary.STACKINGS),
        automatic=table.flag("automatic"),
        discretionary=table.flag("discretionary"),
        termination=tuple(_termination(each) for each in table.tables("termination")),
        applies=table.text("applies"),
        fee_spans=table.spans("fee_span"),
        **_amount(table),
        **_per_unit(table),
    )
    table.done()
    _complete(table, remedy)
    return remedy


def _complete(table: Table, remedy: Remedy) -> None:
    """What each kind of remedy needs."""
    if remedy.kind == "rows" and not remedy.rows and not remedy.termination:
        table.problem("rows", "at least one row is needed")
    if remedy.trigger == "each_day" and remedy.kind != "flat":
        table.problem("trigger", 'needs kind = "flat" and its credit: so much for each day')
    if remedy.kind in ("per_unit", "flat") and remedy.credit is None:
        table.problem("credit", f'is needed with kind = "{remedy.kind}"')
    if remedy.kind == "per_unit" and remedy.per_unit is None:
        table.problem("per_unit", 'is needed, such as "1 h" or "1 %"')
    if remedy.per_unit == 0:
        table.problem("per_unit", 'is nothing: such as "1 h" or "1 %" is needed')


def _amount(table: Table) -> dict[str, Any]:
    found = table.credit("credit")
    if found is None:
        return {}
    return {"credit": found[0], "credit_unit": found[1], "currency": found[2]}


def _per_unit(table: Table) -> dict[str, Any]:
    found = table.quantity("per_unit")
    return {} if found is None else {"per_unit": found[0], "per_unit_of": found[1]}


def _row(table: Table, lookup: str | None) -> CreditRow:
    found = table.credit("credit")
    if found is None:
        table.problem("credit", 'is needed, such as "10 %" of the fee, "12 h" or "1 day" of it')
    edges = {key: table.quantity(key) for key in ("at_least", "above", "up_to", "below")}
    table.done()
    for key, edge in edges.items():
        if edge and lookup != "metric" and edge[1] != LOOKED_UP[lookup][0]:
            table.problem(key, LOOKED_UP[lookup][1])
    units = {edge[1] for edge in edges.values() if edge}
    return CreditRow(
        **{key: edge[0] if edge else None for key, edge in edges.items()},
        unit=units.pop() if lookup == "metric" and units else None,
        credit=found[0] if found else Fraction(0),
        credit_unit=found[1] if found else "share",
    )


def _cap(table: Table) -> Cap:
    found = table.credit("amount")
    if found is None:
        table.problem("amount", 'is needed, such as "100 %" or "30 days"')
    made = Cap(
        amount=found[0] if found else Fraction(0),
        unit=found[1] if found else "share",
        per=table.choice("per", vocabulary.CAP_PERS),
        of=table.text("of"),
    )
    table.done()
    return made


def _min_credit(table: Table) -> tuple[Fraction, str] | None:
    found = table.credit("min_credit")
    if found and found[2] is None:
        table.problem("min_credit", 'is an amount of money such as "1 USD"')
        return None
    return None if found is None else (found[0], str(found[2]))


def _termination(table: Table) -> Termination:
    made = Termination(
        condition=table.needed("condition"),
        window=table.wait("window"),
        total_ms=table.span("total_over"),
        share=table.ratio("share_over"),
        consecutive_periods=table.count("consecutive_periods"),
        misses=table.count("misses"),
        periods=table.count("periods"),
        metric=table.choice("metric", vocabulary.METRICS),
    )
    table.done()
    if (made.misses is None) is not (made.periods is None):
        table.problem("misses", "misses and periods go together: so many misses in so many periods")
    return made


def claim(table: Table) -> ClaimRule | None:
    """The [claim] table; None when the terms say nothing of claims."""
    found = table.table("claim")
    if found is None:
        return None
    deadline, notice = _deadline(found), found.table("notice_deadline")
    rule = ClaimRule(
        within=deadline.n if deadline else None,
        unit=deadline.unit if deadline else None,
        after=deadline.anchor if deadline else None,
        needs=found.texts("needs"),
        how=found.text("how"),
        authority=found.text("authority"),
        notice_deadline=_deadline(notice) if notice else None,
    )
    for each in (found, notice):
        if each:
            each.done()
    return rule


def _deadline(table: Table) -> Deadline | None:
    within = table.count("within")
    unit, after = table.choice("unit", vocabulary.WITHIN_UNITS), table.choice("after", vocabulary.ANCHORS)
    if within is None:
        return None
    if unit is None:
        table.problem("within", "unit is needed with it, and after where the text says it")
        return None
    return Deadline(n=within, unit=unit, anchor=after)
