"""The live screen beside a running agent: `probe watch` in a process of its own on the same terminal.

It only reads the record, so neither a slow or vanished terminal nor a bug of the screen can hold up a probe. The
agent's log goes to the screen's last lines while it is shown. Leaving the screen stops the agent.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from probe import logs
from probe.cli.command import Call
from probe.logs import KeyValueFormatter

if TYPE_CHECKING:
    from probe.config import Config

log = logging.getLogger(__name__)

LOG_LINES: Final = 3
STOP_S: Final = 10.0
"""How long the end waits for a screen whose look is under way."""
LEFT: Final = 0
BROKE: Final = 1
"""How the screen's process ends: its person left, or nobody looks any more."""


class LastLines(logging.Handler):
    """Hands log lines to the screen instead of writing them across it, and keeps the last ones."""

    def __init__(self, pipe: int) -> None:
        """pipe: the descriptor to write to; what it does not take at once is not shown."""
        super().__init__()
        self.setFormatter(KeyValueFormatter(datefmt="%H:%M:%S"))
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self._pipe = pipe
        os.set_blocking(pipe, False)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line and show it."""
        self.lines.append(self.format(record))
        self.say(self.lines[-1])

    def say(self, line: str) -> None:
        """A line to the screen."""
        with suppress(OSError):
            os.write(self._pipe, f"{line[:1000]}\n".encode())

    def end(self) -> None:
        """Nobody reads any more: that tells the screen to end."""
        os.close(self._pipe)
        self._pipe = -1


def has_seat(call: Call) -> bool:
    """Whether a person sits at a terminal here: keys come from it, and the screen is on it."""
    return call.out.is_terminal and sys.stdout.isatty() and sys.stdin.isatty()


class Watch:
    """A context in which the screen can be shown; the terminal is as before after it, however it ends."""

    def __init__(self, call: Call) -> None:
        """Nothing is drawn before `follow`."""
        self._call = call
        self._is_ending = False
        self._is_shown = False
        self._child: int | None = None
        self._waiting = threading.Thread(target=self._wait, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        """The screen's process begins, while this one has no other thread; the log goes to it from now on."""
        read, write = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            os.close(write)
            _be_the_screen(self._call, read)
        os.close(read)
        self._log = LastLines(write)
        logs.set_up(self._call.options.verbose)
        logging.getLogger().handlers[:] = [self._log]
        return self

    def __exit__(self, *_: object) -> None:
        """End the screen, and leave the last log lines on the terminal."""
        self._is_ending = True
        self._log.end()
        if not self._is_shown:
            self._waiting.start()
        self._waiting.join(STOP_S)
        if self._waiting.is_alive() and self._child is not None:
            os.kill(self._child, signal.SIGKILL)
        for line in self._log.lines:
            self._call.out.note(line)

    def follow(self, _config: Config) -> None:
        """Called by the agent once the record is open, and again after each reload."""
        if not self._is_shown:
            self._is_shown = True
            self._log.say("Ctrl-C or q stops the agent")
            self._waiting.start()

    def _wait(self) -> None:
        """The screen ends before the agent: its person wants the agent stopped, or there is none any more."""
        assert self._child is not None
        _, status = os.waitpid(self._child, 0)
        if self._is_ending:
            return
        if os.waitstatus_to_exitcode(status) == LEFT:
            os.kill(os.getpid(), signal.SIGINT)
            return
        logs.set_up(self._call.options.verbose)
        log.warning("the live screen ended; the agent goes on")


def _be_the_screen(call: Call, pipe: int) -> None:
    """The other process, from its begin to its end: no cleaning up of what is the agent's."""
    code = BROKE
    try:
        code = LEFT if _shown(call, pipe) else BROKE
    except KeyboardInterrupt:
        code = LEFT
    except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the screen alone, and is told in a line
        call.out.note(f"probe: the live screen broke: {type(error).__name__}: {error}; please report it")
    finally:
        os._exit(code)


def _shown(call: Call, pipe: int) -> bool:
    from probe.cli.deployment import Deployment
    from probe.watch import Beside, Manner, watch

    agent = Beside(pipe)
    if not agent.read():
        return False
    out = call.out
    return watch(Deployment(call), Manner(call.zone(), out.has_color, out.is_ascii), agent)
