"""The application: which screen is in front, how it is looked at, and when the record is looked at again."""

from __future__ import annotations

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Final

from textual.app import App
from textual.binding import Binding, BindingType
from textual.worker import WorkerFailed

from probe.errors import ProbeError
from probe.view.board import WINDOWS, View
from probe.watch.beside import Beside
from probe.watch.board import Board
from probe.watch.following import Following, Question
from probe.watch.pages import HelpScreen
from probe.watch.source import Manner, Source
from probe.watch.terminal import Terminal

EVERY_S: Final = 1.0
"""A look follows the last one after this long, if looking is cheap."""
REST: Final = 40
"""A look that cost more CPU is followed by so many times its cost of rest: at most a fortieth of a core."""
BREATH_S: Final = 0.05
"""Looks that were asked for by hand are at least so far apart, and as far as one costs."""
ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Watch(App[None]):
    """The live screen over one source. `broken` is the error that ended it, if one did.

    `is_left` tells whether the person ended it, by a key. beside: the agent whose screen this is, if it is one's.
    """

    CSS = """
    Screen { layers: base; background: ansi_default; color: ansi_default; }
    Sheet { background: ansi_default; color: ansi_default; }
    #head { height: 3; }
    #titles { height: 1; }
    #about { height: 2; }
    #log { height: 0; }
    #keys { height: 1; }
    Input, Input:focus { height: 1; background: ansi_default; color: ansi_default; background-tint: transparent 0%; }
    Input > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    Input > .input--placeholder { color: ansi_default; text-style: dim; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", priority=True),
        Binding("ctrl+z", "suspend_process", priority=True),
    ]

    def __init__(
        self, source: Source, manner: Manner, *, every_s: float = EVERY_S, beside: Beside | None = None
    ) -> None:
        """every_s: the least time between two looks that nobody asked for."""
        super().__init__(driver_class=Terminal, ansi_color=True)
        self._source, self._manner, self._every_s = source, manner, every_s
        self._eyes = ThreadPoolExecutor(1, "watch")
        self._nudged = asyncio.Event()
        self.animation_level = "none"
        self.view = View()
        self.broken: BaseException | None = None
        self.beside, self.is_left, self.looks = beside, False, 0

    def get_default_screen(self) -> Board:
        """The list."""
        return Board(self._manner)

    def on_mount(self) -> None:
        """Begin to look, and to listen."""
        self.run_worker(self._follow(), name="follow")
        if self.beside is not None:
            asyncio.get_running_loop().add_reader(self.beside.pipe, self._hear, self.beside)

    def _hear(self, agent: Beside) -> None:
        """The agent said something, or ended."""
        if not agent.read():
            asyncio.get_running_loop().remove_reader(agent.pipe)
            self.exit()
        elif self.return_code is None and isinstance(self.screen, Following):
            self.screen.redraw()

    # -- looking

    async def _follow(self) -> None:
        while True:
            self._nudged.clear()
            screen = self.screen
            cost_s = 0.0
            if isinstance(screen, Following) and (question := screen.question()) is not None:
                cost_s = await self._ask(screen, question)
            await asyncio.sleep(max(BREATH_S, cost_s))
            await self._rest(max(self._every_s, cost_s * REST))
            if isinstance(self._driver, Terminal) and self._driver.is_gone:
                self.exit()

    async def _ask(self, screen: Following, question: Question) -> float:
        """Ask, and have the answer shown if its screen is still in front; the CPU time that it took, in s."""
        found, cost_s = await asyncio.get_running_loop().run_in_executor(self._eyes, self._timed, question)
        self.looks += 1
        if screen is self.screen:
            if isinstance(found, ProbeError):
                screen.refuse(str(found))
            else:
                screen.answer(found)
        return cost_s

    def _timed(self, question: Question) -> tuple[Any, float]:
        began = time.thread_time()
        try:
            found = question(self._source)
        except ProbeError as error:
            found = error
        return found, time.thread_time() - began

    async def _rest(self, least_s: float) -> None:
        """Until the next look is due, or somebody asks for one; paused, only until somebody asks."""
        try:
            async with asyncio.timeout(None if self.view.is_paused else least_s):
                await self._nudged.wait()
        except TimeoutError:
            return

    def nudge(self) -> None:
        """Look soon."""
        self._nudged.set()

    async def shut(self) -> None:
        """Close the source in the thread that asked it, after the look under way."""
        await asyncio.get_running_loop().run_in_executor(self._eyes, self._source.close)
        self._eyes.shutdown()

    # -- how it is looked at

    def change(self, **changes: Any) -> None:
        """Another view of the same; what is on the screen is drawn anew at once."""
        self.view = self.view._replace(**changes)
        if isinstance(self.screen, Following):
            self.screen.redraw()
        self.nudge()

    def look_back(self, place: int) -> None:
        """Over another window."""
        for screen in self.screen_stack:
            if isinstance(screen, Board):
                screen.forget()
        self.change(place=max(0, min(place, len(WINDOWS) - 1)))

    def pause(self) -> None:
        """Stand still, or go on."""
        self.view = self.view._replace(is_paused=not self.view.is_paused)
        if isinstance(self.screen, Following):
            self.screen.redraw()
        if not self.view.is_paused:
            self.nudge()

    def open_help(self) -> None:
        """Keys and words."""
        self.push_screen(HelpScreen(self._manner))

    # -- the end

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The screen of an agent is not suspended: its shell would wait for the agent."""
        return action != "suspend_process" or self.beside is None

    async def action_quit(self) -> None:
        """The person leaves."""
        self.is_left = True
        self.exit()

    def _handle_exception(self, error: Exception) -> None:
        """A bug ends the screen; it is told in one line once the terminal is given back."""
        if self.broken is None:
            self.broken = error.error if isinstance(error, WorkerFailed) else error
        super()._handle_exception(error)
        self._exit_renderables.clear()


def watch(source: Source, manner: Manner, beside: Beside | None = None) -> bool:
    """Show the live screen until the person leaves, a signal or the agent ends it, or the terminal goes away.

    Whether it was the person. Raises the screen's bug.
    """
    app = Watch(source, manner, beside=beside)
    asyncio.run(_run(app))
    if app.broken is not None:
        raise app.broken
    return app.is_left


async def _run(app: Watch) -> None:
    loop = asyncio.get_running_loop()
    for one in ENDINGS:
        loop.add_signal_handler(one, app.exit)
    try:
        await app.run_async(mouse=False)
    finally:
        await app.shut()
