"""What the keys and words of a terms file are called in sentences for people."""

from __future__ import annotations

from typing import Final

CAUSES: Final = {
    "customer": "what the customer causes",
    "ddos": "attacks",
    "upstream": "failures in the networks of others",
    "third_party_access": "access lines of others",
    "live_migration": "moving the machine to another host",
    "suspension": "suspension of the account",
    "beta": "trial features",
    "measurement_failure": "failure of what measures",
    "transient": "passing and intermittent errors",
    "equipment": "the customer's equipment",
}

FIELDS: Final = {
    "promise": "what is promised",
    "period": "the period",
    "period.kind": "which period it is",
    "period.partial_life": "what a part of a period counts",
    "outage": "what counts as an outage",
    "symptoms": "what down means",
    "subject": "what is judged",
    "combine": "how several parts are judged",
    "exclusion": "what is excused",
    "formula": "how it is worked out",
    "formula.archetype": "how it is worked out",
    "formula.denominator": "what it is measured over",
    "remedy": "what a miss pays",
    "remedy.rows": "the rows of the credit",
    "remedy.caps": "the most that is paid",
    "remedy.min_credit": "the least that is paid",
    "remedy.automatic": "whether it is paid without a claim",
    "claim": "how to claim",
    "claim.after": "from when the time to claim runs",
    "applies_when": "when it applies",
    "binding": "how binding it is",
    "speed": "the rule for the speed",
    "notes": "the notes",
    "valid_from": "the day it began",
    "valid_to": "the day it ended",
}

METRICS: Final = {
    "latency_rtt": "round trip",
    "latency_oneway": "one-way delay",
    "jitter_mean": "mean jitter",
    "jitter_share_over": "jitter",
    "jitter_max": "highest jitter",
    "response_time": "time to answer",
    "notification_time": "time to notify you",
    "speed_down": "download speed",
    "speed_up": "upload speed",
}

SYMPTOMS: Final = {
    "http_status": "HTTP errors",
    "request_errors": "failed requests",
    "loss": "packet loss",
    "no_output": "no answer",
    "disk_io": "loss of the disk",
    "severity_1": "a ticket of the highest priority",
    "both_feeds_off": "both feeds off",
    "all_nameservers_silent": "no name server answers",
}

COMPARED: Final = {
    "=": "{}",
    "!=": "not {}",
    ">=": "{} or more",
    ">": "more than {}",
    "<=": "{} or fewer",
    "<": "fewer than {}",
    "in": "one of {}",
}


def cause(word: str) -> str:
    """A cause of downtime: `what the customer causes`, `scheduled maintenance`."""
    return CAUSES.get(word, word.replace("_", " "))


def field(name: str) -> str:
    """A key of a terms file: `what is promised`; of one entry among several `what is promised (packet delivery)`."""
    first, _, rest = name.partition(".")
    whole = FIELDS.get(first, first.replace("_", " "))
    return FIELDS.get(name) or (f"{whole} ({rest.replace('_', ' ')})" if rest else whole)


def metric(word: str) -> str:
    """A metric: `round trip`, `packet loss`."""
    return METRICS.get(word, word.replace("_", " "))


def symptom(kind: str) -> str:
    """What makes a service down: `HTTP errors`, `packet loss`."""
    return SYMPTOMS.get(kind, kind.replace("_", " "))
