"""The live view beside a running agent: its own thread, its own reader, a new look about once a second.

The thread only reads the record, so a slow or vanished terminal cannot hold up a probe. The agent's log
goes into the view's last lines while it is shown.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call
from probe.errors import ProbeError
from probe.logs import KeyValueFormatter
from probe.view import plain
from probe.view.page import BLANK, Page, faint, paragraph

if TYPE_CHECKING:
    from probe.config import Config
    from probe.view.terminal import Screen

log = logging.getLogger(__name__)

EVERY_S: Final = 1.0
LOG_LINES: Final = 3
STOP_S: Final = 3.0
"""How long the end waits for a look that is under way."""


class LastLines(logging.Handler):
    """Keeps the last log lines instead of writing them across the screen."""

    def __init__(self) -> None:
        """Nothing was logged yet."""
        super().__init__()
        self.setFormatter(KeyValueFormatter(datefmt="%H:%M:%S"))
        self.lines: deque[str] = deque(maxlen=LOG_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        self.lines.append(self.format(record))


class Watch:
    """A context in which the live view can be shown; the terminal is as before after it, however it ends."""

    def __init__(self, call: Call) -> None:
        """Nothing is drawn before `follow`."""
        self._call = call
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = LastLines()

    def __enter__(self) -> Watch:
        """The log goes to the view from now on."""
        root = logging.getLogger()
        root.handlers[:] = [self._log]
        root.setLevel(logging.WARNING)
        logging.getLogger("probe").setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking, give the terminal back, and leave the last log lines on it."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        for line in self._log.lines:
            self._call.out.note(line)

    def follow(self, config: Config) -> None:
        """Called by the agent once the record is open, and again after each reload."""
        self._config = config
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
            self._thread.start()

    def _look(self) -> None:
        from probe.view.terminal import Screen

        try:
            out = self._call.out
            with Screen(out.console(), is_ascii=out.is_ascii, size=lambda: out.size) as screen:
                while not self._ended.is_set():
                    screen.update(self._page(screen))
                    self._ended.wait(EVERY_S)
        except OSError:
            return  # the terminal went away; the agent goes on
        except Exception:  # a bug of the view is logged once and costs the view, not the agent
            log.exception("the live view broke; the agent goes on")

    def _page(self, screen: Screen) -> Page:
        from probe import judge
        from probe.view.status import fitted

        lines = [paragraph(faint(line)) for line in self._log.lines]
        footer = (BLANK, *lines, paragraph(faint("Ctrl-C stops the agent")))
        columns, height = screen.size
        try:
            with self._call.reader(self._config) as reader:
                snapshot = judge.snapshot(self._config, reader, self._call.now_ms)
        except ProbeError as error:
            return (paragraph(str(error)), *footer)
        room = height - sum(1 for _ in plain.lines(footer, columns))
        return (*fitted(snapshot, (columns, room), zone=self._call.zone()), *footer)
