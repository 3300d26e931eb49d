"""The recording way: ticks become attempts, attempts become outcomes, outcomes become the record.

Importing this loads no network library; `run` does.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from probe.clock import SystemClock
from probe.config import Config, load

Watch = Callable[[Config], None]
"""Called once the record is open, and again after each reload; must not block."""


def run(path: Path, *, watch: Watch | None = None) -> int:
    """Be the agent of this configuration until SIGTERM or SIGINT: 0 after an orderly end, 3 when it failed.

    Raises ConfigError for a configuration that cannot be used and StoreError for a record that cannot be
    opened, both before the first probe.
    """
    import asyncio

    from probe.agent.agent import Agent

    agent = Agent(load(path), SystemClock(), watch)

    async def whole() -> int:
        try:
            return await agent.run()
        finally:  # the end is decided: no signal may turn it into another
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))

    return asyncio.run(whole())
