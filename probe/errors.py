"""What can go wrong with us. An outage of a target is not here: it is a Finding.

ProbeError
├── UsageError        the command line asks for something that does not exist
├── ConfigError       probe.toml or checks.d is wrong; carries every problem found
├── TermsError        published terms that cannot be read or evaluated; carries every problem found
├── StoreError        the database cannot be used
│   ├── StoreMissing  there is no database yet
│   ├── StoreLocked   another agent owns it
│   ├── StoreNewer    a newer version of probe wrote it
│   └── StoreDamaged  it is not a database, or its pages are damaged
└── AgentError        the running agent refused a request or cannot be reached
"""

from __future__ import annotations


class ProbeError(Exception):
    """Root of all; str() is one line for people, naming the place and the remedy."""


class UsageError(ProbeError):
    """The command line asks for something that does not exist."""


class ConfigError(ProbeError):
    """The configuration cannot be used. `problems` holds every located problem, one line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep every problem; str() is all of them, one a line."""
        super().__init__("\n".join(problems))
        self.problems = problems


class TermsError(ProbeError):
    """Terms that cannot be used. `problems` holds every located problem, one line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep every problem; str() is all of them, one a line."""
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreError(ProbeError):
    """The database cannot be used."""


class StoreMissing(StoreError):
    """There is no database yet."""


class StoreLocked(StoreError):
    """Another agent owns the database."""


class StoreNewer(StoreError):
    """A newer version of probe wrote the database."""


class StoreDamaged(StoreError):
    """The file is not a database, or its pages are damaged."""


class AgentError(ProbeError):
    """The running agent refused a request or cannot be reached."""
