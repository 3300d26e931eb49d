"""Instants as people type them: `now`, `+2h`, `-30m`, `2026-10-03T04:10:00Z`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
HOW: Final = 'write "now", "+2h", "-30m" or 2026-10-03T04:10:00Z'


def instant_ms(text: str, now_ms: int) -> int:
    """Milliseconds since 1970 UTC; ValueError with the remedy for what is no instant or has no offset."""
    given = text.strip()
    if given.lower() == "now":
        return now_ms
    if given[:1] in {"+", "-"}:
        return now_ms + _signed_span(given)
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        raise ValueError(f'"{given[:40]}" is not an instant; {HOW}') from error
    if at.tzinfo is None:
        raise ValueError(f'"{given[:40]}" has no offset; end it with Z or an offset such as +02:00')
    try:
        return (at.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)
    except OverflowError as error:
        raise ValueError(f'"{given[:40]}" is out of range') from error


def _signed_span(given: str) -> int:
    from probe.config import values

    length = values.span(given[1:])
    return -length if given[0] == "-" else length


def moment(at_ms: int) -> datetime:
    """An instant as an aware datetime."""
    return EPOCH + timedelta(milliseconds=at_ms)
