"""The regular expressions of the configuration, searched for without holding anything else back.

The only home of regex: unlike `re`, it lets other threads run while it searches, and gives up in
time. What is searched may be hostile and the expression careless; when both meet, the search is cut
off, and that is our fault and not the target's.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, AnyStr, Final

from probe.model import Reason
from probe.probers.net.fault import Fault
from probe.trail import Trail

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from regex import Pattern

PHASE: Final = "expression"
"""What the runner's deadline finds when it strikes in here."""
THREADS: Final = 4
AT_ONCE: Final = 16 * 1024
"""Characters that are searched without a thread first: most answers never wait for one."""
AT_ONCE_S: Final = 0.005
TRIES: Final = 2
"""regex counts the processor time of all threads: a slow search beside a quick one can end that too early."""
LEAST_S: Final = 0.001

_threads: list[ThreadPoolExecutor] = []


def find_problem(pattern: AnyStr) -> str | None:
    """Why this is not a regular expression; None when it is one."""
    import regex

    try:
        regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        return f"not a regular expression: {str(error) or type(error).__name__}"
    return None


async def search(pattern: AnyStr, subject: AnyStr, trail: Trail) -> bool:
    """Whether the expression matches somewhere. Raises Fault when that cannot be told before the deadline."""
    import regex

    compiled = regex.compile(pattern)
    phase, trail.phase = trail.phase, PHASE
    try:
        held = _at_once(compiled, subject) if len(subject) <= AT_ONCE else None
        if held is None:
            held = await _aside(compiled, subject, max(trail.left_s(), LEAST_S))
    except (TimeoutError, MemoryError) as error:
        raise Fault(Reason.EXPRESSION, f"{len(subject)} characters are too many for {pattern!r}") from error
    trail.phase = phase
    return held


def _at_once(compiled: Pattern[AnyStr], subject: AnyStr) -> bool | None:
    """Whether it matches; None when it takes longer."""
    for _ in range(TRIES):
        with suppress(TimeoutError):
            return compiled.search(subject, timeout=AT_ONCE_S) is not None
    return None


async def _aside(compiled: Pattern[AnyStr], subject: AnyStr, timeout_s: float) -> bool:
    """In a thread of our own kind: the agent's threads are for the agent."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    if not _threads:
        _threads.append(ThreadPoolExecutor(THREADS, thread_name_prefix=PHASE))

    def work() -> bool:
        return compiled.search(subject, concurrent=True, timeout=timeout_s) is not None

    return await asyncio.get_running_loop().run_in_executor(_threads[0], work)
