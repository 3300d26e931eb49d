"""The real command on a real terminal: however it ends, the terminal is as it was."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.office import CHECKS, CONFIG

ENTER: Final = b"\x1b[?1049h"
LEAVE: Final = b"\x1b[?1049l"
SHOW_CURSOR: Final = b"\x1b[?25h"
DRAWN: Final = b"database"


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """Configured, never run: the screen says so."""
    (tmp_path / "checks.d").mkdir()
    (tmp_path / "checks.d" / "10.toml").write_text(CHECKS)
    (tmp_path / "probe.toml").write_text(CONFIG)
    return tmp_path / "probe.toml"


class Seat:
    """A terminal with the live screen on it."""

    def __init__(self, path: Path) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before: list[Any] = termios.tcgetattr(self.slave)
        self.drawn = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "probe", "--config", str(path), "watch"],
            stdin=self.slave,
            stdout=self.slave,
            stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )

    def read_until(self, text: bytes) -> None:
        """Read what is drawn until a text is in it."""
        while text not in self.drawn:
            assert select.select([self.master], [], [], 30)[0], self.drawn[-2000:]
            self.drawn += os.read(self.master, 65536)

    def ended(self) -> tuple[int, bytes]:
        """Exit code and stderr."""
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


@pytest.fixture
def seat(configured: Path) -> Iterator[Seat]:
    """The screen is drawn."""
    made = Seat(configured)
    made.read_until(DRAWN)
    yield made
    made.process.kill()
    made.process.wait()
    os.close(made.slave)


@pytest.mark.parametrize("how", [b"q", b"\x03", signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=str)
def test_the_terminal_is_given_back(seat: Seat, how: bytes | signal.Signals) -> None:
    """Keys and signals end it in good order: main screen, cursor, echo and line mode as before."""
    assert termios.tcgetattr(seat.slave) != seat.before
    if isinstance(how, bytes):
        os.write(seat.master, how)
    else:
        seat.process.send_signal(how)
    seat.read_until(LEAVE)
    assert seat.ended() == (0, b"")
    seat.read_until(SHOW_CURSOR)
    assert seat.drawn.index(ENTER) < seat.drawn.index(LEAVE)
    assert termios.tcgetattr(seat.slave) == seat.before
    os.close(seat.master)


def test_a_terminal_that_goes_away_ends_it_without_a_word(seat: Seat) -> None:
    """No hang, no spinning, no traceback, also where no signal tells of it."""
    os.close(seat.slave)
    seat.slave = os.open(os.devnull, os.O_RDONLY)
    os.close(seat.master)
    assert seat.ended() == (0, b"")


def test_without_a_terminal_one_line_says_what_to_use(configured: Path) -> None:
    """A pipe gets no screen."""
    command = [sys.executable, "-m", "probe", "--config", str(configured), "watch"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "probe: watch needs a terminal; `probe status` shows the same once, anywhere\n"
