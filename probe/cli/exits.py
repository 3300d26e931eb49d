"""Exit codes: what every command tells the shell, and which error has which. Documented in README.md."""

from __future__ import annotations

from enum import IntEnum

from probe.errors import ConfigError, ProbeError, TermsError, UsageError


class Exit(IntEnum):
    """The codes that this program ends with, each with its meaning."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Exit:
        """An exit is its number, with a sentence for people."""
        self = int.__new__(cls, code)
        self._value_ = code
        self.meaning = meaning
        return self

    FINE = 0, "all is well"
    FAILED = 1, "something is down, a promise was missed, or a verification failed"
    USAGE = 2, "the command line or the configuration is wrong"
    AGENT = 3, "the agent or the record failed: storage, permission, or a bug"
    UNWRITABLE = 74, "the output could not be written: the disk is full, for example"
    INTERRUPTED = 130, "interrupted from the keyboard"
    PIPE = 141, "whoever read the output went away"


class OutputBroken(Exception):
    """Writing to stdout failed; `exit_code` says how. Not an error of ours to explain at length."""

    def __init__(self, error: OSError) -> None:
        """Tell a reader that went away from a device that takes no more."""
        super().__init__(f"cannot write the output: {error.strerror or error}")
        self.exit_code = Exit.PIPE if isinstance(error, BrokenPipeError) else Exit.UNWRITABLE


def exit_of(error: ProbeError) -> Exit:
    """The one place where errors get their codes."""
    return Exit.USAGE if isinstance(error, UsageError | ConfigError | TermsError) else Exit.AGENT
