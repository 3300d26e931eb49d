"""How an attempt without a task lands when it could not go on: with a fault of the other side, or a bug of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from probe.model import Finding
from probe.probers.net.fault import Fault
from probe.runner import Land, Stop
from probe.trail import Trail


def fail_later(fault: Fault, trail: Trail, land: Land) -> Stop:
    """Land with a fault that was known before anything was sent; the answer takes that back."""
    return asyncio.get_running_loop().call_soon(land, partial(fault.finding, trail)).cancel


def breaking(bug: Exception) -> Callable[[], Finding]:
    """To land with: raised again by whoever lands, as a bug of ours."""

    def break_again() -> Finding:
        raise bug

    return break_again
