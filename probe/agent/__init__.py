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
    opened, both before the first probe. After an orderly end these signals stay blocked, so that none turns it
    into another: the process has nothing left but to exit.
    """
    import asyncio

    from probe.agent.agent import Agent

    agent = Agent(load(path), SystemClock(), watch)

    async def whole() -> int:
        code = await agent.run()
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        return code

    return asyncio.run(whole())
