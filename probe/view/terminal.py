"""Pages in colour on a terminal, live screens and progress bars: the only module that knows Rich.

Rich is given finished, printable lines as Text: it finds no markup, no emoji and no links in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import IO, Final

from rich.console import Console, ConsoleDimensions, Group
from rich.text import Text

from probe.view import plain
from probe.view.page import Page, Piece, Tone

STYLES: Final = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.FAINT: "color(243)",
    Tone.GOOD: "color(28)",
    Tone.BAD: "bold color(160)",
    Tone.WARN: "color(130)",
}
"""Greys and colours half way between black and white, so that they read on a light terminal as on a dark one."""

__all__ = ["Console", "Screen", "console", "progress", "rendered", "show"]


def console(stream: IO[str], *, no_color: bool = False, width: int | None = None) -> Console:
    """A console for data: NO_COLOR, FORCE_COLOR, TTY_COMPATIBLE and COLUMNS are honoured by Rich itself."""
    return Console(
        file=stream,
        width=width,
        no_color=True if no_color else None,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )


def rendered(page: Page, width: int, *, is_ascii: bool = False) -> list[Text]:
    """The lines of a page as Rich texts."""
    return [
        Text.assemble(*((text, STYLES[tone]) for text, tone in _joined(line)), no_wrap=True, end="\n")
        for line in plain.lines(page, width, is_ascii=is_ascii)
    ]


def _joined(line: list[Piece]) -> Iterator[Piece]:
    """The line with neighbours of one tone as one piece."""
    for tone, pieces in groupby(line, key=lambda piece: piece.tone):
        yield Piece("".join(piece.text for piece in pieces), tone)


def show(page: Page, target: Console, *, is_ascii: bool = False) -> None:
    """Write a page to the terminal."""
    for line in rendered(page, target.width, is_ascii=is_ascii):
        target.print(line)


class Screen:
    """A live page: each `update` replaces what is on the screen; the terminal is as before afterwards."""

    def __init__(
        self, target: Console, *, is_ascii: bool = False, size: Callable[[], tuple[int, int]] | None = None
    ) -> None:
        """Nothing is drawn before the screen is entered. size: asked at each frame (default: the console's own)."""
        from rich.live import Live

        self._target = target
        self._is_ascii = is_ascii
        self._size = size
        self._live = Live(console=target, screen=True, auto_refresh=False, transient=True, vertical_overflow="crop")

    def __enter__(self) -> Screen:
        """Take the alternate screen."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the terminal back, cursor and all."""
        self._live.stop()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines that fit now: the console follows a terminal that was resized."""
        if self._size is not None:
            self._target.size = ConsoleDimensions(*self._size())
        return self._target.width, self._target.height

    def update(self, page: Page) -> None:
        """Draw a page at the present size of the terminal."""
        columns, _ = self.size
        self._live.update(Group(*rendered(page, columns, is_ascii=self._is_ascii)), refresh=True)


@contextmanager
def progress(target: Console, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar that is moved forward by the returned callable, and gone when the work is done."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=target, transient=True)
    with bar:
        task = bar.add_task(plain.printable(label), total=total)
        yield lambda step: bar.update(task, advance=step)
