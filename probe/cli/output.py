"""Where a command writes: data to stdout as a page, a document or lines; everything else to stderr.

A terminal gets Rich, colour and its own width. A pipe gets plain text: no escape codes, nothing cut,
nothing wrapped, and Rich is not even imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from io import UnsupportedOperation
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from probe.cli.exits import OutputBroken
from probe.view import plain
from probe.view.cells import printable
from probe.view.page import Page

if TYPE_CHECKING:
    from probe.view.terminal import Console

DEFAULT_SIZE: Final = os.terminal_size((80, 24))
DELETE: Final = "\x7f"


class Output:
    """The two streams of a command. `environ` decides on colour and width as the conventions have it."""

    def __init__(self, *, no_color: bool = False, environ: Mapping[str, str] | None = None) -> None:
        """Take the present stdout and stderr; text that their encoding lacks is shown as escapes."""
        self._environ = os.environ if environ is None else environ
        self._no_color = no_color
        self._console: Console | None = None
        for stream in (sys.stdout, sys.stderr):
            _tolerate(stream)
        self.is_terminal = self._is_terminal(sys.stdout)
        self.is_ascii = "utf" not in (getattr(sys.stdout, "encoding", None) or "ascii").lower()

    def page(self, page: Page) -> None:
        """Show a page: in colour and within the width on a terminal, as plain text elsewhere."""
        if not self.is_terminal:
            self.write(plain.text(page, is_ascii=self.is_ascii))
            return
        from probe.view import terminal

        try:
            terminal.show(page, self.console(), is_ascii=self.is_ascii)
        except OSError as error:
            raise OutputBroken(error) from error

    def document(self, document: Mapping[str, Any]) -> None:
        """Print one JSON document; every character outside printable ASCII is escaped."""
        import json

        self.write(json.dumps(document, indent=2).replace(DELETE, "\\u007f") + "\n")

    def line(self, text: str) -> None:
        """Print one line of data, made printable."""
        self.write(printable(text) + "\n")

    def write(self, text: str) -> None:
        """Print text as it is."""
        try:
            sys.stdout.write(text)
        except OSError as error:
            raise OutputBroken(error) from error

    def note(self, text: str) -> None:
        """Tell the person something, on stderr, each line made printable."""
        try:
            for line in text.splitlines():
                sys.stderr.write(printable(line) + "\n")
        except OSError:
            return  # nobody listens there; the exit code still speaks

    def flush(self) -> None:
        """Everything is written when this returns."""
        try:
            sys.stdout.flush()
        except OSError as error:
            raise OutputBroken(error) from error

    def console(self) -> Console:
        """The Rich console of stdout."""
        from probe.view import terminal

        if self._console is None:
            self._console = terminal.console(sys.stdout, no_color=self._no_color, width=self.size.columns)
        return self._console

    def progress(self, label: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        """A progress bar on stderr where that is a terminal, else nothing; gives the callable that moves it."""
        if not self._is_terminal(sys.stderr):
            return nullcontext(_stand_still)
        from probe.view import terminal

        return terminal.progress(terminal.console(sys.stderr, no_color=self._no_color), label, total)

    @property
    def has_color(self) -> bool:
        """Whether a screen may be coloured: neither --no-color nor NO_COLOR says otherwise."""
        return not (self._no_color or self._environ.get("NO_COLOR"))

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines: COLUMNS and LINES if set, else the terminal's, else 80 by 24."""
        try:
            found = os.get_terminal_size(sys.stdout.fileno())
        except (OSError, ValueError, UnsupportedOperation):
            found = DEFAULT_SIZE
        columns = self._number("COLUMNS") or found.columns or DEFAULT_SIZE.columns
        return os.terminal_size((columns, self._number("LINES") or found.lines or DEFAULT_SIZE.lines))

    def _number(self, name: str) -> int | None:
        text = self._environ.get(name, "")
        return int(text) if text.isdecimal() and text.isascii() and 0 < int(text) < 10_000 else None

    def _is_terminal(self, stream: IO[str]) -> bool:
        compatible = self._environ.get("TTY_COMPATIBLE", "")
        if compatible in {"0", "1"}:
            return compatible == "1"
        return bool(self._environ.get("FORCE_COLOR")) or stream.isatty()


def stand_in() -> None:
    """Whoever closed one of our three streams gets nothing there, and no socket of ours takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - till the end


def _tolerate(stream: object) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _stand_still(_step: int) -> None:
    """The progress bar of a pipe."""
