"""Wall-clock times of a zone as instants, with a rule for the hours that a zone skips or repeats.

A time that the zone skips (spring) means the first instant after the gap. A time that it repeats
(autumn) is two instants: `first` and `last` say which. Everything is turned into UTC at once, since
arithmetic on two aware times of one zone ignores the change between them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
DAY_MS: Final = 86_400_000


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of that name; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f'"{name}" is not a time zone; one is "Europe/Berlin"') from error


def first(wall: datetime, where: ZoneInfo) -> int:
    """The first instant (ms) at which clocks in the zone show `wall`, a naive time."""
    return _instant(wall, where, 0)


def last(wall: datetime, where: ZoneInfo) -> int:
    """The last instant (ms) at which clocks in the zone show `wall`, a naive time."""
    return _instant(wall, where, 1)


def midnight(day: date, where: ZoneInfo) -> int:
    """The first instant (ms) of a local day."""
    return first(datetime.combine(day, time()), where)


def local(instant_ms: int, where: ZoneInfo) -> datetime:
    """What clocks in the zone show at an instant: a naive time."""
    return (EPOCH + instant_ms * MILLISECOND).astimezone(where).replace(tzinfo=None)


def offset_ms(instant_ms: int, where: ZoneInfo) -> int:
    """How far clocks in the zone are ahead of UTC at an instant, in ms."""
    if where.key == "UTC":
        return 0
    ahead = (EPOCH + instant_ms * MILLISECOND).astimezone(where).utcoffset()
    return (ahead or timedelta()) // MILLISECOND


def _instant(wall: datetime, where: ZoneInfo, fold: int) -> int:
    instant = _utc_ms(wall, where, fold)
    if local(instant, where) == wall:
        return instant
    return _end_of_gap(_utc_ms(wall, where, 1), _utc_ms(wall, where, 0), where)


def _utc_ms(wall: datetime, where: ZoneInfo, fold: int) -> int:
    return (wall.replace(tzinfo=where, fold=fold).astimezone(UTC) - EPOCH) // MILLISECOND


def _end_of_gap(before: int, after: int, where: ZoneInfo) -> int:
    """The instant of the change of offset that lies in (before, after]."""
    early = local(before, where) - EPOCH.replace(tzinfo=None) - before * MILLISECOND
    while after - before > 1:
        middle = (before + after) // 2
        if local(middle, where) - EPOCH.replace(tzinfo=None) - middle * MILLISECOND == early:
            before = middle
        else:
            after = middle
    return after
