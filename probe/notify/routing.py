"""Which channel hears of what, and when it is not to be disturbed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from probe.config.configuration import Channel

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Routes:
    """The channels of a configuration."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        """In their order."""
        self._channels = tuple(channels)

    def of(self, kind: str, service: str | None) -> tuple[str, ...]:
        """The names of those that hear of such a thing; what concerns no service concerns all of them."""
        return tuple(one.name for one in self._channels if _wants(one, kind) and _serves(one, kind, service))


def is_quiet(channel: Channel, now_ms: int) -> bool:
    """Whether the wall clock of the channel's zone is within its quiet hours."""
    if channel.quiet is None:
        return False
    start, end = channel.quiet
    now = (EPOCH + timedelta(milliseconds=now_ms)).astimezone(ZoneInfo(channel.zone)).strftime("%H:%M")
    return start <= now < end if start < end else now >= start or now < end


def _wants(channel: Channel, kind: str) -> bool:
    return channel.events is None or kind in channel.events


def _serves(channel: Channel, kind: str, service: str | None) -> bool:
    return channel.services is None or service in channel.services or kind in OF_ALL


OF_ALL: Final = frozenset({"line_down", "line_up", "agent_gap"})
"""What concerns every service."""
