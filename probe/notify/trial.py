"""A test message: to see that a channel works before it is needed."""

from __future__ import annotations

from collections.abc import Sequence

from probe.clock import Clock
from probe.config.configuration import Channel
from probe.notify.channels import Channels, Problem
from probe.notify.parcel import Parcel

SUBJECT = "probe: a test"
TEXT = "This is a test of a channel of probe. Nothing has happened."


async def trial(channels: Sequence[Channel], clock: Clock) -> list[tuple[str, Problem]]:
    """Each channel's name and why it did not take the message, "" where it did; all at the same time."""
    import asyncio

    identity = f"test-{clock.read().wall_ms}"
    document = {
        "schema": 1,
        "id": identity,
        "subject": SUBJECT,
        "text": TEXT,
        "counts": {},
        "left_out": 0,
        "events": [],
    }
    sender = Channels(clock)
    parcel = Parcel(identity, SUBJECT, TEXT, document)
    found = await asyncio.gather(*(sender.send(channel, parcel) for channel in channels))
    return [(channel.name, problem) for channel, problem in zip(channels, found, strict=True)]
