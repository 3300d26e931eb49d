"""Work whose amount the other side decides is done in short stretches: in between, the loop goes on.

A read that finds bytes waiting, and a parser that has some left, never give the loop its turn by
themselves: a server that says enough, in small enough pieces, would hold back every other check,
and our own deadline.
"""

from __future__ import annotations

from typing import Final

STRETCH: Final = 64
"""Units of work between two turns of the loop; a unit is some 10 µs, as one piece of a body."""
READ: Final = STRETCH // 8
"""Units of one read, or of 64 KiB inflated."""


class Breath:
    """Counts work, and gives the loop its turn when it is enough."""

    def __init__(self) -> None:
        """Nothing is done yet."""
        self._done = 0

    def is_due(self, units: int = 1) -> bool:
        """Count so much work; whether the loop must have its turn now."""
        self._done += units
        if self._done < STRETCH:
            return False
        self._done = 0
        return True

    async def take(self, units: int = 1) -> None:
        """Count so much work; the deadline can strike here."""
        import asyncio

        if self.is_due(units):
            await asyncio.sleep(0)
