"""Pages in colour on a terminal, and progress bars: the only module that knows Rich.

Rich is given finished, printable lines as Text: it finds no markup, no emoji and no links in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import IO, Final

from rich.console import Console
from rich.text import Text

from probe.view import plain
from probe.view.cells import printable
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

__all__ = ["Console", "console", "progress", "rendered", "show"]


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


@contextmanager
def progress(target: Console, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar that is moved forward by the returned callable, and gone when the work is done."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=target, transient=True)
    with bar:
        task = bar.add_task(printable(label), total=total)
        yield lambda step: bar.update(task, advance=step)
