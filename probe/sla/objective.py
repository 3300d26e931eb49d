"""The user's own target (SLO) put into the form of terms, so that one way judges both."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from probe.sla.assessment import Promise
from probe.sla.clauses import Clause, OutageRule, Shortest
from probe.sla.terms import Terms


@lru_cache
def of_objective(target: Fraction | None, op: str) -> Terms:
    """The user's own target as terms: the plain measure, scheduled maintenance excused, the service's own life."""
    return Terms(
        id="",
        provider="",
        service="",
        service_class=None,
        version="",
        valid_from=None,
        valid_to=None,
        applies_when=(),
        promise=Promise("availability", op, Fraction(1) if target is None else target),
        period=None,
        timezone="UTC",
        partial_life="own_lifetime",
        combine=None,
        symptoms=None,
        archetype="F1",
        denominator="period",
        outage=OutageRule(shortest=(Shortest(span_ms=0),), qualify="gross", clock_start="onset"),
        exclusions=(
            Clause(cause="scheduled_maintenance", excused=True, notice_ms=0),
            Clause(cause="emergency_maintenance", excused=False),
        ),
        remedy=None,
        claim=None,
        sources=(),
        notes=(),
        unevaluated=(),
    )
