"""The help of the live screen: its keys, the marks of a strip, and the product's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from probe.view.page import BLANK, Fields, Page, faint, paragraph, strong, words
from probe.view.strip import legend

KEYS: Final[Mapping[str, str]] = {
    "↑ ↓ k j": "up and down; PgUp, PgDn, Home, End (or g, G)",
    "Enter": "all about the check or service under the cursor",
    "Esc": "back; on a list: the filter goes",
    "Tab": "checks, our own line, services",
    "/": "filter by name, target, kind, service, provider, state; Enter keeps it, Esc drops it",
    "s": "another order",
    "[ ]": "a shorter or longer window, 1 h to 30 d; 1 to 5 choose it",
    "Space": "pause: nothing moves until Space again",
    "r": "look now",
    "?": "this help",
    "q": "quit; Ctrl-C too",
}

GLOSSARY: Final[Mapping[str, str]] = {
    "provider": "who publishes the SLA: a host, a cloud, an ISP",
    "service": "what is bought from a provider under one SLA; has one or more checks",
    "check": "one thing tested on a schedule: kind, target, interval, expectations",
    "kind": "http, icmp, tcp, dns, …: how a check tests",
    "attempt": "one try of a check",
    "outcome": "the recorded result of one attempt: send time, state, latency, reason, origin",
    "up, down": "what an attempt saw; down (1 of 3) is not confirmed yet",
    "unknown": "the attempt could not be judged: own host, own line, local error; never charged to a provider",
    "pending": "configured, nothing recorded yet",
    "maint": "a declared maintenance window covers this moment",
    "outage": "confirmed failures between two good samples, with an earliest and a latest possible start and end",
    "suspect": "failures that were not confirmed; listed, never counted as proven",
    "cause": "whose fault an outage is, decided when judging",
    "gap": "a stretch without samples: unknown, never up, never down",
    "our own line": "our connection; its references tell an own fault from a provider's",
    "vantage point": "one agent in one place",
    "maintenance window": "declared planned work; what it is worth, the terms decide",
    "SLA terms": "the published promise, as data",
    "period": "the span that the SLA is judged over",
    "availability": "a range: the samples and the gaps leave it open in between",
    "error budget": "the downtime that the SLA still allows in the period; less than nothing: overspent",
    "verdict": "met, missed, or undecided with the reason; open while the period runs and nothing is decided",
    "credit": "the remedy that the terms give for a miss",
}


def help_page() -> Page:
    """Keys, marks, words."""
    return (
        paragraph(strong("keys")),
        Fields(tuple((key, words(text)) for key, text in KEYS.items())),
        BLANK,
        paragraph(strong("marks of a strip, oldest first")),
        paragraph(*legend(), indent=2),
        BLANK,
        paragraph(strong("words")),
        Fields(tuple((word, words(text)) for word, text in GLOSSARY.items())),
        BLANK,
        paragraph(faint("`probe log NAME`, `probe outages`, `probe report` tell more of each.")),
    )
