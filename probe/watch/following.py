"""A screen that asks something of the record and shows the answer, again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.screen import Screen

from probe.view.board import WINDOWS
from probe.view.page import Page, Piece, Tone, faint, paragraph
from probe.watch.sheet import Sheet
from probe.watch.source import Manner, Source

if TYPE_CHECKING:
    from probe.watch.app import Watch

Question = Callable[[Source], Any]


class Following(Screen[None]):
    """What all screens have: a body that scrolls or moves, a last line with the keys, and the keys themselves."""

    AUTO_FOCUS = ""
    KEYS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)"),
        Binding("down,j", "move(1)"),
        Binding("pageup,ctrl+b", "page(-1)"),
        Binding("pagedown,ctrl+f", "page(1)"),
        Binding("home,g", "end(False)"),
        Binding("end,G,shift+g", "end(True)"),
        Binding("left_square_bracket", "window(-1)"),
        Binding("right_square_bracket", "window(1)"),
        *(Binding(str(place), f"choose_window({place})") for place in range(1, len(WINDOWS) + 1)),
        Binding("space", "pause"),
        Binding("r", "look"),
        Binding("question_mark", "help"),
        Binding("escape,backspace", "back"),
        Binding("q", "app.quit"),
    ]

    def __init__(self, manner: Manner) -> None:
        """Nothing was asked yet."""
        super().__init__()
        self.manner = manner
        self.trouble: str | None = None
        self.body = Sheet(manner, id="body")
        self.keys = Sheet(manner, id="keys")

    @property
    def live(self) -> Watch:
        """The application."""
        return cast("Watch", self.app)

    def question(self) -> Question | None:
        """What to ask of the record now; None for a screen that asks nothing."""
        return None

    def answer(self, found: Any) -> None:
        """Show what was found."""

    def refuse(self, trouble: str) -> None:
        """Say why nothing could be looked at."""
        self.trouble = trouble
        self.redraw()

    def redraw(self) -> None:
        """Draw everything from what is known."""

    def troubled(self) -> Page:
        """The lines that say what is wrong; none while nothing is."""
        return tuple(paragraph(Piece(line, Tone.WARN)) for line in (self.trouble or "").splitlines())

    def on_resize(self) -> None:
        """The screen has another size."""
        self.call_after_refresh(self.redraw)

    def on_screen_resume(self) -> None:
        """The screen is in front again."""
        self.call_after_refresh(self.redraw)
        self.live.nudge()

    def draw_keys(self) -> None:
        """The last line."""
        keys = self.KEYS if self.live.beside is None else self.KEYS.replace("q quit", "q stop")
        self.keys.show_page((paragraph(faint(keys)),))

    def action_move(self, step: int) -> None:
        """A line up or down."""
        self.body.scroll(self.body.top + step)

    def action_page(self, step: int) -> None:
        """A screenful up or down."""
        self.action_move(step * max(self.body.rows - 1, 1))

    def action_end(self, is_last: bool) -> None:
        """To the first or the last line."""
        self.action_move(self.body.count if is_last else -self.body.count)

    def action_window(self, step: int) -> None:
        """A longer or shorter window."""
        self.live.look_back(self.live.view.place + step)

    def action_choose_window(self, place: int) -> None:
        """The window of that number, from 1 on."""
        self.live.look_back(place - 1)

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self.live.pause()

    def action_look(self) -> None:
        """Look now."""
        self.live.nudge()

    def action_help(self) -> None:
        """Keys and words."""
        self.live.open_help()

    def action_back(self) -> None:
        """To the screen before."""
        self.live.pop_screen()
