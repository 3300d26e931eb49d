"""Several checks as one: up while enough of them are, down while too many are not, else unknown.

Nothing is sent and nothing is recorded: what a group is, follows from its checks whenever it is looked at
(probe/judge/groups.py), so that no failure is in the record twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from probe.model import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    """The keys under `group.` of a check."""

    of: tuple[str, ...]
    """The checks that it is made of; one of family "both" is two, `NAME/4` and `NAME/6`."""
    at_least: int
    """So many of them must be up."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; every problem in one message."""
        problems = []
        if len(set(self.of)) < max(len(self.of), 2):
            problems.append("of: name two checks or more, each once")
        if not 1 <= self.at_least <= max(len(self.of), 1):
            problems.append(f"at_least: {self.at_least} of {len(self.of)} is not possible; use 1 to {len(self.of)}")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def usual_interval_ms(self) -> None:
        """It has no schedule; its checks have."""

    @property
    def needed(self) -> int:
        """So many must be down for the group to be."""
        return len(self.of) - self.at_least + 1


class GroupProber:
    """Kind "group"; the target says in a few words what it stands for."""

    Settings = GroupSettings

    @staticmethod
    def target(text: str) -> str:
        """Any words."""
        return text.strip()

    def prepare(self, check: Check) -> None:
        """Nothing is shared."""

    async def probe(self, check: Check) -> NoReturn:
        """Nobody tries a group: a bug of the caller."""
        raise TypeError(f"{check.key} follows from other checks; it cannot be tried")

    async def aclose(self) -> None:
        """Nothing is kept."""
