"""File descriptors: raise our limit as far as we may, and say how many attempts may wait at once."""

from __future__ import annotations

import resource
from typing import Final

RESERVE: Final = 64
"""Descriptors that are not for probing: database, log, control socket, configuration."""

CEILING: Final = 1 << 20


def raise_limit() -> int:
    """Raise the soft limit to the hard one, where the service manager lets us; the limit that holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CEILING if hard == resource.RLIM_INFINITY else min(hard, CEILING)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return CEILING if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted


def attempts_in_flight(limit: int) -> int:
    """How many attempts may wait for their peers: half of the limit, less if that leaves no reserve, at least 8."""
    return max(min(limit // 2, limit - RESERVE), 8)
