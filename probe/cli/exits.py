"""Exit codes: what every command tells the shell, and which error has which. Documented in README.md."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from probe.errors import ConfigError, ProbeError, TermsError, UsageError


class Exit(IntEnum):
    """The codes that this program ends with."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    AGENT = 3
    UNWRITABLE = 74
    INTERRUPTED = 130
    PIPE = 141


MEANINGS: Final[Mapping[Exit, str]] = {
    Exit.FINE: "all is well",
    Exit.FAILED: "something is down, a promise or an own objective was missed, or a verification failed",
    Exit.USAGE: "the command line or the configuration is wrong",
    Exit.AGENT: "the agent or the record failed: storage, permission, or a bug",
    Exit.UNWRITABLE: "the output could not be written: the disk is full, for example",
    Exit.INTERRUPTED: "interrupted from the keyboard",
    Exit.PIPE: "whoever read the output went away",
}
"""What each code means; README.md has the same table."""


class OutputBroken(Exception):
    """Writing to stdout failed; `exit_code` says how. Not an error of ours to explain at length."""

    def __init__(self, error: OSError) -> None:
        """Tell a reader that went away from a device that takes no more."""
        super().__init__(f"cannot write the output: {error.strerror or error}")
        self.exit_code = Exit.PIPE if isinstance(error, BrokenPipeError) else Exit.UNWRITABLE


def exit_of(error: ProbeError) -> Exit:
    """The one place where errors get their codes."""
    return Exit.USAGE if isinstance(error, UsageError | ConfigError | TermsError) else Exit.AGENT
