"""The terminal as Textual's driver, made to survive one that goes away: no thread hangs, spins or complains."""

from __future__ import annotations

import sys
import termios
from contextlib import suppress
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class Tolerant:
    """A stream that drops what a vanished terminal does not take."""

    def __init__(self, stream: IO[str]) -> None:
        """Write to `stream` as long as it takes anything."""
        self._stream = stream
        self.is_gone = False

    def write(self, text: str) -> int:
        """Write, or forget."""
        if not self.is_gone:
            try:
                return self._stream.write(text)
            except (OSError, ValueError):
                self.is_gone = True
        return len(text)

    def flush(self) -> None:
        """Have it written, or forget it."""
        if not self.is_gone:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self.is_gone = True

    def fileno(self) -> int:
        """The descriptor of the stream."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()


class Terminal(LinuxDriver):
    """Draws on stdout, where the person looks, also while stderr goes to a file."""

    def __init__(self, *arguments: Any, **about: Any) -> None:
        """Nothing is drawn before the application starts."""
        super().__init__(*arguments, **about)
        self._file: Any = Tolerant(sys.__stdout__ or sys.stdout)

    @property
    def is_gone(self) -> bool:
        """Whether nobody can be at the other end any more."""
        try:
            termios.tcgetattr(self.fileno)
        except termios.error:
            return True
        return bool(self._file.is_gone)

    def run_input_thread(self) -> None:
        """Read keys until told to stop; a terminal that went away is the end of reading, not an error."""
        with suppress(OSError):
            super().run_input_thread()
