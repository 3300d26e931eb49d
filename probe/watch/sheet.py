"""A stretch of lines on the screen: only those that can be seen are made, and only those that changed are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from probe.view import plain
from probe.view.page import Page, Piece, Tone
from probe.view.terminal import STYLES
from probe.watch.source import Manner

Line = Sequence[Piece]
NO_STYLE: Final = Style()
UNDER_CURSOR: Final = Style(reverse=True)
MONOCHROME: Final[Mapping[Tone, str]] = {Tone.STRONG: "bold", Tone.BAD: "bold"}


@cache
def style(tone: Tone, has_color: bool) -> Style:
    """How a tone is drawn; without colour what is bad is bold."""
    return Style.parse(STYLES[tone] if has_color else MONOCHROME.get(tone, ""))


class Sheet(Widget):
    """Lines from `top` on, as many as there is room for. The line at `cursor`, if any, is reversed."""

    DEFAULT_CSS = "Sheet { width: 100%; height: 1fr; }"

    def __init__(self, manner: Manner, *, id: str | None = None) -> None:
        """Empty."""
        super().__init__(id=id)
        self._manner = manner
        self._line: Callable[[int], Line] = lambda _number: ()
        self._strips: list[Strip] = []
        self.count = 0
        self.top = 0
        self.cursor: int | None = None

    @property
    def rows(self) -> int:
        """Lines that there is room for."""
        return self.size.height

    def show(self, count: int, line: Callable[[int], Line], cursor: int | None = None) -> None:
        """Show other lines; `line` is asked for those that can be seen, and for no other."""
        self.count, self._line, self.cursor = count, line, cursor
        self.draw()

    def show_page(self, page: Page) -> None:
        """Show a page, wrapped to the width."""
        lines = list(plain.lines(page, max(self.size.width, 1), is_ascii=self._manner.is_ascii))
        self.show(len(lines), lines.__getitem__)

    def scroll(self, top: int) -> None:
        """Show what begins at line `top`, or as near as there are lines."""
        self.top = top
        self.draw()

    def draw(self) -> None:
        """Make the lines that can be seen; what differs from the screen is drawn anew."""
        self.top = max(0, min(self.top, self.count - self.rows))
        if self.cursor is not None:
            self.top = max(min(self.top, self.cursor), self.cursor - self.rows + 1)
        before, width = self._strips, self.size.width
        self._strips = [self._strip(number, width) for number in range(self.top, self.top + self.rows)]
        if len(before) != len(self._strips):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, self._strips, strict=True)):
            if old != new:
                self.refresh(Region(0, y, width, 1))

    def on_resize(self) -> None:
        """There is more or less room."""
        self.draw()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def _strip(self, number: int, width: int) -> Strip:
        if number >= self.count:
            return Strip.blank(width, NO_STYLE)
        is_under = number == self.cursor
        segments = [
            Segment(piece.text, UNDER_CURSOR if is_under else style(piece.tone, self._manner.has_color))
            for piece in self._line(number)
            if piece.text
        ]
        return Strip(segments).adjust_cell_length(width, UNDER_CURSOR if is_under else NO_STYLE)
