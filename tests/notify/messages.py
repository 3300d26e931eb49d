"""Messages of every kind, as the agent makes them."""

from __future__ import annotations

from typing import Any, Final

from probe.store.outbox import Kind, Message
from tests.store.builders import T0

START: Final = {"earliest": "2026-10-03T04:10:00.000Z", "latest": "2026-10-03T04:10:30.000Z"}
END: Final = {"earliest": "2026-10-03T04:20:00.000Z", "latest": "2026-10-03T04:20:05.000Z"}
DOCUMENTS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.OUTAGE_BEGAN: {
        "provider": "DigitalOcean",
        "cause": "provider_or_path",
        "start": START,
        "reason": "timeout",
        "detail": "",
        "failures": 3,
    },
    Kind.OUTAGE_ENDED: {"provider": None, "cause": "unknown_reference", "start": START, "end": END, "outage": "x"},
    Kind.LINE_DOWN: {"since": START["latest"], "until": None, "outage": "l"},
    Kind.LINE_UP: {"since": START["latest"], "until": END["latest"], "outage": "l"},
    Kind.AGENT_GAP: {"since": START["latest"], "until": END["latest"], "why": "it ended without a word"},
    Kind.BUDGET_BURN: {"provider": None, "about": "1h", "rate": "14.4", "target": "99.9 %", "period": "2026-10"},
    Kind.VERDICT: {
        "provider": None,
        "about": "2026-10",
        "period": "2026-10",
        "verdict": "missed",
        "before": "undecided",
    },
    Kind.CERTIFICATE: {"ends": END["latest"], "days": "6", "about": "x"},
    Kind.CLAIM_DEADLINE: {"provider": None, "period": "2026-10", "deadline": "2026-11-30", "about": "x"},
}


def a_message(kind: Kind = Kind.OUTAGE_BEGAN, number: int = 0, **changed: Any) -> Message:
    """One of that kind for the channel `hook`."""
    is_of_all = kind in {Kind.LINE_DOWN, Kind.LINE_UP, Kind.AGENT_GAP}
    made = Message(
        id=f"office/{kind}/{number}",
        kind=kind,
        service=None if is_of_all else "store",
        key=None if is_of_all else f"shop{number}",
        at_ms=T0 + number,
        channels=("hook",),
        document={"vantage": "office", **DOCUMENTS[kind]},
    )
    return made._replace(**changed)
