"""Conformance vectors: a log, a rule and the exact figures that any correct evaluator gives.

The format is that of metrology, section 7.1: seconds; `runs` = [first, step, count, "G"|"B"|"U"].
A vector with an `agreement` is judged by that whole agreement (`probe.sla.agreements`).
The caller reads the file; nothing here touches one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from probe.model import Rule, Sample, State
from probe.sla import agreements, timeline
from probe.sla.agreements import Find
from probe.sla.assessment import Ms, Promise
from probe.sla.basis import Basis
from probe.sla.classify import classify
from probe.sla.counting import Counting, Grid
from probe.sla.frame import Frame, Pardon
from probe.sla.interval import Intervals
from probe.sla.verdict import judge

SECOND_MS: Final = 1000
HORIZON_MS: Final = 366 * 86_400_000
"""How far beyond the period unknown time reaches when runs are recognised."""

_STATES: Final = {"G": State.UP, "B": State.DOWN, "U": State.UNKNOWN}


def differences(vectors: Iterable[Mapping[str, Any]], find: Find | None = None) -> tuple[str, ...]:
    """One line for each field of each vector that comes out otherwise: its id, the expected, the computed.

    find: the tables of a shipped agreement by its id, for vectors that name one; KeyError for an unknown id.
    """
    return tuple(line for vector in vectors for line in _differences(vector, find or _unknown))


def _differences(vector: Mapping[str, Any], find: Find) -> Iterable[str]:
    if "agreement" in vector:
        return agreements.differences(vector, find)
    computed = evaluate(vector)
    return [
        f"{vector['id']} {field}: expected {expected}, computed {computed.get(field)}"
        for field, expected in vector["exp"].items()
        if computed.get(field) != expected
    ]


def _unknown(name: str) -> Mapping[str, Any]:
    raise KeyError(name)


def evaluate(vector: Mapping[str, Any]) -> dict[str, str | None]:
    """Every figure of one vector, as it is written there."""
    start, end = (second * SECOND_MS for second in vector["P"])
    spans = classify(_samples(vector))
    known = timeline.of_spans(spans, start - HORIZON_MS, end + HORIZON_MS)
    excused = Intervals.of((a * SECOND_MS, b * SECOND_MS) for a, b in vector.get("excl", []))
    whole = end - start
    is_full = vector.get("denom", "net") == "full"
    basis = Basis(
        rule=_rule(vector.get("func", ["measure"])),
        frame=Frame(start_ms=start, end_ms=end, pardons=(Pardon(excused),)),
        denominator_ms=whole if is_full else whole - excused.clip(start, end).measure,
        resolution_ms=0,
    )
    found = judge(known, basis, Promise("availability", ">=", Fraction(vector["target"])))
    figures, bounds = found.downtime, found.availability
    seconds: dict[str, Ms | None] = {
        "D_lo": figures.low,
        "D_pt": figures.point,
        "D_hi_obs": figures.observed_high,
        "D_hi": figures.high,
        "U": found.unknown_ms,
        "M": basis.denominator_ms,
        "budget": found.budget_ms,
    }
    ratios = {"A_lo": bounds.low, "A_pt": bounds.point, "A_hi": bounds.high} if bounds else {}
    texts = {name: str(Fraction(value) / SECOND_MS) for name, value in seconds.items() if value is not None}
    exact = {name: None if value is None else str(value) for name, value in ratios.items()}
    return {**texts, **exact, "verdict": found.verdict.value, "reason": found.reason and found.reason.value}


def _samples(vector: Mapping[str, Any]) -> list[Sample]:
    rule = Rule(vector["gmax"] * SECOND_MS, vector.get("confirm", 1))
    return [
        Sample((first + i * step) * SECOND_MS, _STATES[state], 1, rule)
        for first, step, count, state in vector["runs"]
        for i in range(count)
    ]


def _rule(func: list[Any]) -> Counting:
    name, *arguments = func
    if name == "minutes":
        least, seconds = arguments
        return Counting(grid=Grid(cell_ms=seconds * SECOND_MS, anchor="period", least=least))
    if name in {"runs", "runs_net"}:
        return Counting(shortest_ms=arguments[0] * SECOND_MS, excess=arguments[1:] == [True], net=name == "runs_net")
    if name == "measure":
        return Counting()
    raise ValueError(f'no such function in a vector: "{name}"')
