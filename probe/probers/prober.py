"""What a kind of probe is: the contract that tests/contract holds every kind to.

A prober has no deadline and no clock of its own (the runner's Trail brings both), keeps nothing
between attempts but what makes the next one cheaper, and returns a Finding for everything that can
happen on a network. What it raises is a bug. When cancelled it leaves no socket and no task.
"""

from __future__ import annotations

from typing import Any, Protocol

from probe.model import Check, Finding


class Prober(Protocol):
    """Performs checks of one kind. Made without arguments, inside a running event loop or not."""

    Settings: type[Any]
    """Frozen dataclass of the kind's settings; refuses bad values with a ValueError that names all."""

    @staticmethod
    def target(text: str) -> str:
        """The target in its one spelling. Raises ValueError with a remedy."""
        ...

    def prepare(self, check: Check) -> None:
        """Make at start what attempts share. Raises ValueError when that cannot be made."""
        ...

    async def probe(self, check: Check) -> Finding:
        """Perform the check once."""
        ...

    async def aclose(self) -> None:
        """Give back everything that is kept between attempts."""
        ...
