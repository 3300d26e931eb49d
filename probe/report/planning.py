"""The document of `probe plan --json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.report.figures import exact_ratio, instant, ratio, seconds
from probe.sla.plan import Plan, Row, Sight

Document = dict[str, Any]


def plans_document(plans: Iterable[Plan], *, generated_at_ms: int) -> Document:
    """Every plan, every key always there; spans are exact seconds."""
    return {"schema": 1, "generated_at": instant(generated_at_ms), "plans": [_plan(one) for one in plans]}


def _plan(one: Plan) -> Document:
    return {
        "service": one.service,
        "check": one.check,
        "provider": one.provider,
        "agreement": one.agreement,
        "promise": {
            "metric": one.promise.metric,
            "op": one.promise.op,
            "target": exact_ratio(one.promise.target),
            "unit": one.unit,
        },
        "rule": one.rule,
        "period": {"start": instant(one.period.start_ms), "end": instant(one.period.end_ms), "label": one.period.label},
        "schedule": {
            "interval": seconds(one.schedule.interval_ms),
            "recheck": seconds(one.schedule.recheck_ms),
            "timeout": seconds(one.schedule.timeout_ms),
            "confirm": one.schedule.confirm,
            "confirmation": seconds(one.schedule.confirmation_ms),
        },
        "budget": seconds(one.budget_ms),
        "share": exact_ratio(one.share),
        "outages": one.outages,
        "seen": one.seen,
        "unknown": seconds(one.unknown_ms),
        "width": seconds(one.headline.width_ms),
        "can_decide": one.can_decide,
        "largest_interval": seconds(one.headline.decides_ms),
        "agent_may_be_off": {
            "without_outages": seconds(one.spare_ms),
            "with_outages": seconds(one.spare_with_outages_ms),
        },
        "by_outages": [_row(row) for row in one.rows],
        "chances": [_sight(sight) for sight in one.sights],
    }


def _row(row: Row) -> Document:
    return {
        "outages": row.outages,
        "width": seconds(row.width_ms),
        "largest_interval": seconds(row.decides_ms),
        "largest_interval_for_share": seconds(row.sharp_ms),
    }


def _sight(sight: Sight) -> Document:
    return {
        "lasting": seconds(sight.lasting_ms),
        "seen": ratio(sight.seen),
        "confirmed": ratio(sight.confirmed),
    }
