"""`probe run`: the live view beside the agent, and the log without a terminal."""

from __future__ import annotations

import fcntl
import logging
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from probe.cli.exits import Exit
from probe.cli.watching import LastLines
from tests.cli.office import Office

ALONE = """\
[agent]
vantage = "office-berlin"
[references]
gateway = "none"
"""
LOOPBACK = """\
[[check]]
name = "discard"
kind = "tcp"
target = "127.0.0.1:9"
allow_private = true
interval = "2s"
timeout = "1s"
"""


ENTER = b"\x1b[?1049h"
LEAVE = b"\x1b[?1049l"
SEATS = 5


def _until(read: int, wanted: bytes, seconds: float = 20) -> bytes:
    seen = b""
    while wanted not in seen and select.select([read], [], [], seconds)[0]:
        try:
            part = os.read(read, 65536)
        except OSError:  # Linux: the other side of the terminal is closed
            return seen
        if not part:
            return seen
        seen += part
    return seen


class Seat:
    """A terminal with an agent and its screen on it."""

    def __init__(self, folder: Path, text: str = ALONE + LOOPBACK) -> None:
        """80 columns, 24 lines."""
        self.config = folder / "probe.toml"
        self.config.write_text(text)
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before: list[Any] = termios.tcgetattr(self.slave)
        self.agent = subprocess.Popen(
            [sys.executable, "-m", "probe", "run", "--watch", "--config", str(self.config)],
            stdin=self.slave,
            stdout=self.slave,
            stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        self.drawn = b""

    def read_until(self, wanted: bytes) -> None:
        """Read what is drawn until it is there; the screen is drawn each second, so waiting ends by the clock."""
        until_s = time.monotonic() + 60
        while wanted not in self.drawn:
            assert time.monotonic() < until_s, self.drawn[-2000:]
            assert select.select([self.master], [], [], 30)[0], self.drawn[-2000:]
            self.drawn += os.read(self.master, 65536)

    def screen(self) -> int:
        """The process of the screen."""
        (child,) = Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children").read_text().split()
        return int(child)

    def ended(self) -> tuple[int, str]:
        """Exit code and stderr of the agent."""
        _, err = self.agent.communicate(timeout=30)
        return self.agent.returncode, err.decode()

    def close(self) -> None:
        """Nothing is left of it."""
        self.agent.kill()
        self.agent.communicate()
        for end in (self.master, self.slave):
            with suppress(OSError):
                os.close(end)


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Seat]]:
    """One for each test that wants one, begun together: they get ready while others are at work."""
    made = [Seat(tmp_path_factory.mktemp("seat")) for _ in range(SEATS)]
    yield iter(made)
    for each in made:
        each.close()


@pytest.fixture
def seat(seats: Iterator[Seat]) -> Seat:
    """The screen shows the check."""
    made = next(seats)
    made.read_until(b"discard")
    made.read_until(b"stop\x1b")  # the last of the keys
    return made


def ends_together(seat: Seat) -> None:
    """The agent stops in good order, the terminal is as before, the last lines are left."""
    seat.read_until(LEAVE)
    code, err = seat.ended()
    assert code == 0
    assert "INFO stopped recorded=" in err.splitlines()[-1]
    assert termios.tcgetattr(seat.slave) == seat.before
    assert seat.drawn.index(ENTER) < seat.drawn.index(b"discard") < seat.drawn.index(LEAVE)


def test_leaving_the_screen_stops_the_agent(seat: Seat) -> None:
    """By a key."""
    os.write(seat.master, b"q")
    ends_together(seat)


def test_what_the_agent_logs_is_shown_on_the_screen_which_ends_with_it(seat: Seat) -> None:
    """A refused reload is read where the person looks; a signal to the agent ends both."""
    seat.config.write_text("[agent")
    seat.agent.send_signal(signal.SIGHUP)
    seat.read_until(b"ERROR")
    seat.agent.send_signal(signal.SIGINT)
    ends_together(seat)


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGKILL], ids=str)
def test_a_screen_that_goes_away_does_not_stop_the_agent(seat: Seat, how: signal.Signals) -> None:
    """Closing the window is not an outage: the agent goes on and logs to stderr."""
    os.kill(seat.screen(), how)
    assert seat.agent.stderr is not None
    assert b"the live screen ended; the agent goes on" in _until(seat.agent.stderr.fileno(), b"goes on")
    assert seat.agent.poll() is None
    seat.agent.send_signal(signal.SIGTERM)
    assert seat.ended()[0] == 0


def test_an_agent_that_is_killed_gives_the_terminal_back(seat: Seat) -> None:
    """The screen ends with its agent, however that ends."""
    seat.agent.kill()
    seat.read_until(LEAVE)
    assert seat.ended()[0] == -signal.SIGKILL


def test_an_agent_that_cannot_start_shows_no_screen(tmp_path: Path) -> None:
    """The reason is on stderr, the terminal untouched."""
    made = Seat(tmp_path, "[agent")
    try:
        code, err = made.ended()
        assert not select.select([made.master], [], [], 0)[0]
    finally:
        made.close()
    assert code == Exit.USAGE
    assert "probe.toml" in err


def test_only_the_last_lines_are_kept_and_a_full_pipe_holds_nobody_up() -> None:
    """A month of log does not grow the agent, nor does a screen that reads nothing stop it."""
    read, write = os.pipe()
    last = LastLines(write)
    for number in range(10_000):
        last.emit(logging.makeLogRecord({"msg": f"line {number}", "levelno": 20, "levelname": "INFO"}))
    assert [line.rpartition(" ")[2] for line in last.lines] == ["9997", "9998", "9999"]
    last.end()
    last.say("nobody hears")
    os.close(read)


def test_without_a_terminal_one_line_an_event_is_logged(empty: Office) -> None:
    """A service manager's journal gets lines, not frames."""
    empty.write(ALONE, LOOPBACK)
    command = [sys.executable, "-m", "probe", "run", "--watch", "--config", str(empty.config)]
    agent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert agent.stderr is not None
        seen = _until(agent.stderr.fileno(), b"first outcome")
        agent.send_signal(signal.SIGTERM)
        out, err = agent.communicate(timeout=20)
    finally:
        agent.kill()
        agent.wait()
    assert agent.returncode == 0
    assert out == b""
    assert b"\x1b" not in seen + err
    assert b"first outcome" in seen
    assert Path(empty.database).exists()


def test_a_start_that_fails_leaves_the_signals_of_its_process_alone(empty: Office) -> None:
    """Whoever called it goes on, and can still be told to stop."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    empty.database.mkdir(parents=True)
    assert empty.probe("run").code == Exit.AGENT
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
