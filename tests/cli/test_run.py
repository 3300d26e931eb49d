"""`probe run`: the live view beside the agent, and the log without a terminal."""

from __future__ import annotations

import fcntl
import logging
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from probe.cli.command import Call
from probe.cli.exits import Exit
from probe.cli.output import Output
from probe.cli.watching import LastLines, Watch
from probe.config.loading import load
from tests.cli.office import Office, StandingClock

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


class Tty(StringIO):
    """A stream that says it is a terminal and tells when something was drawn."""

    def __init__(self) -> None:
        """Nothing was drawn yet."""
        super().__init__()
        self.drawn = threading.Event()

    def isatty(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Keep it."""
        if "discard" in text or "shop-front" in text or "no database" in text:
            self.drawn.set()
        return super().write(text)


class Gone(Tty):
    """A terminal whose window was closed."""

    def write(self, text: str) -> int:
        """Refuse."""
        self.drawn.set()
        raise OSError(5, "Input/output error")


@pytest.fixture
def _own_log() -> Iterator[None]:
    """What is logged to is as before afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def watched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], _own_log: None
) -> Callable[[Office, Tty], str]:
    """Watch a deployment until something was drawn, and say what was left on stderr."""

    def watch(office: Office, stream: Tty) -> str:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setenv("TERM", "xterm-256color")
        call = Call(Namespace(config=office.config, no_color=True, verbose=0), Output(no_color=True), StandingClock())
        with Watch(call) as live:
            logging.getLogger("probe").info("outage began", extra={"check": "mail"})
            live.follow(load(office.config))
            live.follow(load(office.config))
            assert stream.drawn.wait(5)
        return capsys.readouterr().err

    return watch


def test_the_live_view_shows_the_status_and_gives_the_terminal_back(
    office: Office, watched: Callable[[Office, Tty], str]
) -> None:
    """After the last frame the screen, the cursor and the last log lines are the person's again."""
    stream = Tty()
    err = watched(office, stream)
    said = stream.getvalue()
    assert "shop-front" in said
    assert "Ctrl-C stops the agent" in said
    assert "outage began check=mail" in said
    assert said.rindex("\x1b[?1049l") > said.rindex("shop-front")
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l")
    assert "outage began check=mail" in err


def test_a_record_that_cannot_be_read_is_said_on_the_screen(
    empty: Office, watched: Callable[[Office, Tty], str]
) -> None:
    """The view waits for the record instead of ending."""
    stream = Tty()
    watched(empty, stream)
    assert "there is no database" in " ".join(stream.getvalue().split())


def test_a_terminal_that_went_away_does_not_stop_the_agent(
    office: Office, watched: Callable[[Office, Tty], str]
) -> None:
    """Closing the window is not an outage."""
    stream = Gone()
    watched(office, stream)
    assert stream.drawn.is_set()


def test_only_the_last_lines_are_kept() -> None:
    """A month of log does not grow the view."""
    last = LastLines()
    for number in range(10):
        last.emit(logging.makeLogRecord({"msg": f"line {number}", "levelno": 20, "levelname": "INFO"}))
    assert [line.rpartition(" ")[2] for line in last.lines] == ["7", "8", "9"]


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


def test_a_real_terminal_is_restored_after_ctrl_c(empty: Office) -> None:
    """The whole program on a pseudo-terminal: it draws, it ends in good order, it leaves nothing behind."""
    empty.write(ALONE, LOOPBACK)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "probe", "run", "--watch", "--config", str(empty.config)]
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    agent = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=environ)
    os.close(slave)
    try:
        seen = _until(master, b"Ctrl-C stops the agent")
        agent.send_signal(signal.SIGINT)
        seen += _until(master, b"\x1b[?1049l")
        assert agent.wait(20) == 0
    finally:
        agent.kill()
        agent.wait()
        os.close(master)
        if agent.stderr is not None:
            agent.stderr.close()
    assert b"discard" in seen
    assert seen.rindex(b"\x1b[?1049l") > seen.rindex(b"\x1b[?1049h")
    assert b"\x1b[?25h" in seen


def _resize(terminal: int, columns: int, lines: int, agent: subprocess.Popen[bytes]) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    agent.send_signal(signal.SIGWINCH)


def test_the_live_view_follows_the_size_of_the_terminal(empty: Office) -> None:
    """From 80 × 24 to 120 × 40 and back: every frame fills the terminal as it is then."""
    empty.write(ALONE, LOOPBACK)
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "probe", "run", "--watch", "--config", str(empty.config)]
    environ = {**os.environ, "TERM": "xterm-256color"}
    agent = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, env=environ)
    os.close(slave)
    try:
        for columns, lines in ((80, 24), (120, 40), (80, 24)):
            _resize(master, columns, lines, agent)
            assert _framed(master, columns, lines)
        agent.send_signal(signal.SIGINT)
        _until(master, b"\x1b[?1049l")
        assert agent.wait(20) == 0
    finally:
        agent.kill()
        agent.wait()
        os.close(master)


def _framed(read: int, columns: int, lines: int) -> bool:
    """Whether a frame of that size is drawn before ten others are."""
    seen = b""
    for _ in range(10):
        seen = seen[seen.rfind(b"\x1b[H") :] if b"\x1b[H" in seen else seen
        while seen.count(b"\x1b[H") < 2 and select.select([read], [], [], 20)[0]:
            seen += os.read(read, 65536)
        frame = seen.rpartition(b"\x1b[H")[0].rpartition(b"\x1b[H")[2].decode(errors="replace")
        rows = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", row) for row in frame.replace("\r", "").split("\n")]
        if len(rows) == lines and {len(row) for row in rows} == {columns}:
            return True
    return False


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
