"""Reading who promises what over which time: promises, predicates, period, subject and how subjects combine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from probe.sla import period, vocabulary, wallclock
from probe.sla.clauses import Combining, Commitment, Predicate, Symptom
from probe.sla.speed_rule import SpeedRule
from probe.sla.table import Table


def promises(table: Table) -> tuple[Commitment, ...]:
    """Every promise of the file, the one that decides the verdict first."""
    found = tuple(_promise(each) for each in table.one_or_more("promise"))
    if "promise" not in table.values:
        table.problem("promise", "the table is missing")
    elif table.values["promise"] == []:
        table.problem("promise", "at least one is needed; leave its target out where it was not seen")
    return found


def _promise(table: Table) -> Commitment:
    metric, op = table.choice("metric", vocabulary.METRICS), table.choice("op", vocabulary.OPERATORS)
    target = table.quantity("target")
    for key, word in (("metric", metric), ("op", op)):
        if word is None:
            table.problem(key, "metric and op are needed; leave target out where it was not seen")
    made = Commitment(
        metric=metric or "",
        op=op or "",
        target=target[0] if target else None,
        unit=target[1] if target else None,
        name=table.text("name"),
        statistic=table.choice("statistic", vocabulary.STATISTICS),
        over_ms=table.span("over"),
        sample_every_ms=table.length("sample_every"),
        samples_exclude_outage=table.flag("samples_exclude_outage"),
        consecutive_periods=table.count("consecutive_periods"),
        binding=table.choice("binding", vocabulary.BINDINGS),
        between=table.text("between"),
    )
    table.done()
    if metric == "availability" and target and target[1] != "%":
        table.problem("target", "an availability is a percentage")
    return made


def predicates(table: Table) -> tuple[Predicate, ...]:
    """The conditions under which these terms apply."""
    return tuple(_predicate(each) for each in table.tables("applies_when"))


def _predicate(table: Table) -> Predicate:
    op = table.choice("op", vocabulary.PREDICATES)
    if op is None:
        table.problem("op", f"one of {', '.join(vocabulary.PREDICATES)} is needed")
    made = Predicate(key=table.needed("key"), op=op or "", value=table.needed("value"), says=table.text("says") or "")
    table.done()
    return made


def period_fields(table: Table) -> dict[str, Any]:
    """The fields of `Terms` that the [period] table decides."""
    found = table.table("period")
    if found is None:
        return {"period": None, "timezone": None, "partial_life": None}
    word = found.choice("kind", period.WORDS)
    days, months = found.count("days"), found.count("months")
    for key, kind in (("days", "trailing_days"), ("months", "trailing_months")):
        if word == kind and key not in found.values:
            found.problem(key, f'is needed with kind = "{kind}"')
    made = {
        "period": period.PeriodKind(word, days or 30, months or 12) if word else None,
        "timezone": _zone(found),
        "partial_life": found.choice("partial_life", vocabulary.LIVES),
        "period_anchor": found.choice("anchor", vocabulary.PERIOD_ANCHORS),
        "fixed_period_ms": found.length("fixed"),
    }
    found.done()
    if (days and word != "trailing_days") or (months and word != "trailing_months"):
        found.problem("days" if days else "months", f'does not go with kind = "{word or ""}"')
    return made


def _zone(table: Table) -> str | None:
    name = table.text("timezone")
    try:
        return wallclock.zone(name).key if name is not None else None
    except ValueError as error:
        table.problem("timezone", str(error))
        return None


def speed(table: Table) -> SpeedRule | None:
    """A regulator's rule for the speed of a line; None for other terms."""
    found = table.table("speed")
    if found is None:
        return None
    rule = found.choice("rule", vocabulary.SPEED_RULES)
    if rule is None:
        found.problem("rule", f"one of {', '.join(vocabulary.SPEED_RULES)} is needed")
    made = SpeedRule(
        rule=rule or "",
        days=found.count("days"),
        per_day=found.count("per_day"),
        within_ms=found.span("within"),
        spacing_ms=found.span("spacing"),
        pause_ms=found.span("pause"),
        normal=found.ratio("normal"),
        minimum=found.ratio("minimum"),
        seen=found.texts("seen") or (),
        unverified=found.texts("unverified") or (),
    )
    found.done()
    return made


def combining(table: Table) -> Combining | None:
    """How several subjects make one: a word, or a table with its arguments."""
    if not isinstance(table.values.get("combine"), Mapping):
        word = table.choice("combine", vocabulary.COMBINES)
        return Combining(how=word) if word else None
    found = table.table("combine")
    if found is None:  # pragma: no cover - it is a table, as seen above
        return None
    word = found.choice("how", vocabulary.COMBINES)
    if word is None:
        found.problem("how", f"one of {', '.join(vocabulary.COMBINES)} is needed")
    made = Combining(
        how=word or "each",
        min_groups=found.count("min_groups"),
        group_key=found.text("group_key"),
        weight=found.text("weight"),
    )
    found.done()
    return made


def symptoms(table: Table) -> tuple[Symptom, ...] | None:
    """What makes the service down; None when the text does not say."""
    found = tuple(_symptom(each) for each in table.tables("symptoms"))
    return found or None


def _symptom(table: Table) -> Symptom:
    kind = table.choice("kind", vocabulary.SYMPTOMS)
    if kind is None:
        table.problem("kind", f"one of {', '.join(vocabulary.SYMPTOMS)} is needed")
    threshold = table.quantity("threshold")
    made = Symptom(
        kind=kind or "",
        of=table.text("of"),
        threshold=threshold[0] if threshold else None,
        unit=threshold[1] if threshold else None,
        says=table.text("says") or "",
    )
    table.done()
    return made
