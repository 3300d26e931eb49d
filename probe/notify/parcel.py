"""What goes out at once to a channel: one message however many things happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from probe.notify import wording
from probe.store.outbox import Message

MOST_EVENTS: Final = 1_000
"""Spelled out in the document of a webhook; of more than these only the number is told."""


class Parcel(NamedTuple):
    """id: the idempotency key, the same each time it is sent; the rest is for people and for programs."""

    id: str
    subject: str
    text: str
    document: Mapping[str, Any]


def parcel(messages: Sequence[Message]) -> Parcel:
    """These messages as one."""
    identity = sha256("\n".join(one.id for one in messages).encode()).hexdigest()[:32]
    subject, text = wording.subject(messages), wording.text(messages)
    counts = Counter(one.kind.value for one in messages)
    document = {
        "schema": 1,
        "id": identity,
        "subject": subject,
        "text": text,
        "counts": dict(sorted(counts.items())),
        "left_out": max(len(messages) - MOST_EVENTS, 0),
        "events": [_event(one) for one in messages[:MOST_EVENTS]],
    }
    return Parcel(identity, subject, text, document)


def _event(one: Message) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": one.id,
        "kind": one.kind.value,
        "service": one.service,
        "check": one.key,
        "at": at,
        **one.document,
    }
