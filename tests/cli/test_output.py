"""Where a command writes: a terminal, a pipe, a device that is full, an encoding that has few signs."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable

import pytest

from probe.cli import main
from probe.cli.exits import Exit, OutputBroken
from probe.cli.output import Output
from probe.view.page import paragraph
from tests.cli.office import Office


class Stream(io.StringIO):
    """A stream that may be a terminal, and may refuse."""

    def __init__(self, *, is_terminal: bool = False, error: OSError | None = None) -> None:
        """What it is."""
        super().__init__()
        self._is_terminal = is_terminal
        self._error = error

    def isatty(self) -> bool:
        """As told."""
        return self._is_terminal

    def write(self, text: str) -> int:
        """As told."""
        if self._error is not None:
            raise self._error
        return super().write(text)

    def flush(self) -> None:
        """As told."""
        if self._error is not None:
            raise self._error


FULL = OSError(28, "No space left on device")


def test_a_terminal_gets_a_page_within_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS decides, and long lines are wrapped, not cut."""
    stream = Stream(is_terminal=True)
    monkeypatch.setattr(sys, "stdout", stream)
    Output(environ={"COLUMNS": "40"}).page((paragraph("word " * 30),))
    lines = stream.getvalue().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 40
    assert stream.getvalue().count("word") == 30


@pytest.mark.parametrize(
    ("environ", "is_tty", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"TTY_COMPATIBLE": "1"}, False, True),
        ({"TTY_COMPATIBLE": "0"}, True, False),
        ({"TTY_COMPATIBLE": "0", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_what_a_terminal_is_follows_the_conventions(
    environ: dict[str, str], is_tty: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe is a pipe unless the person says otherwise."""
    monkeypatch.setattr(sys, "stdout", Stream(is_terminal=is_tty))
    assert Output(environ=environ).is_terminal is expected


@pytest.mark.parametrize(
    ("columns", "expected"), [("132", 132), ("0", 80), ("-5", 80), ("many", 80), ("", 80), ("99999", 80)]
)
def test_columns_is_believed_only_when_it_makes_sense(
    columns: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nonsense is 80."""
    monkeypatch.setattr(sys, "stdout", Stream())
    assert Output(environ={"COLUMNS": columns}).size.columns == expected


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_full_device_ends_every_way_of_writing(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages, documents, lines and the last flush end alike."""
    monkeypatch.setattr(sys, "stdout", Stream(is_terminal=is_terminal, error=FULL))
    out = Output(environ={})
    ways: list[Callable[[], None]] = [
        lambda: out.page((paragraph("x"),)),
        lambda: out.document({}),
        lambda: out.line("x"),
        out.flush,
    ]
    for write in ways:
        with pytest.raises(OutputBroken) as broken:
            write()
        assert broken.value.exit_code is Exit.UNWRITABLE


def test_a_full_stderr_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code still speaks."""
    monkeypatch.setattr(sys, "stderr", Stream(error=FULL))
    Output(environ={}).note("nobody reads this")
    assert main(["statsu"]) == Exit.USAGE


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cron mail holds no bars."""
    for is_terminal in (True, False):
        stream = Stream(is_terminal=is_terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        with Output(environ={}).progress("importing", 2) as advance:
            advance(2)
        assert ("importing" in stream.getvalue()) is is_terminal


def test_an_encoding_with_few_signs_gets_words_and_escapes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """LANG=C is no reason to fail."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    assert main(["--config", str(office.config), "status"]) in {0, 1}
    assert raw.getvalue().isascii()
    assert b"mail" in raw.getvalue()
    assert b"\\u" not in raw.getvalue()


def test_every_control_character_is_escaped_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Also DEL and C1, which JSON would let through."""
    Output(environ={}).document({"x": "\x7f\x9b\u202e\x1b"})
    assert capsys.readouterr().out == '{\n  "x": "\\u007f\\u009b\\u202e\\u001b"\n}\n'


def test_a_live_view_that_cannot_start_leaves_the_terminal_alone(
    empty: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad configuration under --watch is the same one line as without."""
    empty.config.write_text("[agent\n")
    stream = Stream(is_terminal=True)
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["--config", str(empty.config), "run", "--watch"]) == Exit.USAGE
    assert stream.getvalue() == ""
    assert "probe.toml" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_ends_nothing(closed: str) -> None:
    """As services and cron jobs start programs: the exit code is the same, and no traceback is anywhere."""
    command = f'"$0" -m probe check tcp://127.0.0.1:9 {closed}'
    told = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, text=True, check=False)
    assert told.returncode == Exit.FAILED
    assert "Traceback" not in told.stdout + told.stderr
    assert ("tcp://127.0.0.1:9  down" in told.stdout) == (">&-" not in closed.replace("2>&-", ""))
